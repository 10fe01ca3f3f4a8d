/* Undoing what has completed, in reverse order of completion. */
#include "script.h"
#include "base/memory.h"

/* Tasks a and b, undone by ua and ub. */
#define UNDO(id_, in_) \
    "task " id_ " " in_ "\n on-compensation c" id_ " at=" id_ " by=u" id_ " " in_ "\n task u" id_ " undo " in_ "\n"

static const struct script_case cases[] = {
    {"handlers run one by one, the last completed first, then the throw goes on",
     "start s\n parallel f\n parallel j\n" UNDO("a", "") UNDO("b", "")
         UNDO("c", "") "compensate x\n task z\n end e\n s > f > a > j > x > z > e\n f > b > j\n f > c > j",
     "open => deliver a; deliver b; deliver c\n receipt a =>\n receipt b =>\n receipt c =>\n answer b =>\n answer c =>\n answer a => deliver ua\n"
     "receipt ua =>\n answer ua => deliver uc\n receipt uc =>\n answer uc => deliver ub\n receipt ub =>\n answer ub => deliver z"},
    {"what did not complete is not undone",
     "start s\n parallel f\n" UNDO("a", "") UNDO("b", "") "end-compensate x\n end e\n s > f > a > x\n f > b > e",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a => deliver ua\n answer b =>\n receipt ua =>\n answer ua => ended"},
    {"nothing to undo: the throw goes on at once", "start s\n compensate x\n" UNDO("a", "") "end e\n s > x > a > e",
     "open => deliver a\n receipt a =>\n answer a => ended"},
    {"each completion of a loop is undone, and none twice",
     "fact x text setters=land\n start s\n exclusive m\n task a sets=x\n on-compensation ca at=a by=ua\n task ua undo\n exclusive g default=c\n"
     "compensate c\n compensate d\n end e\n s > m > a > g > m ? x = again\n g > c > d > e",
     "open => deliver a\n receipt a =>\n answer a x=again => deliver a\n receipt a =>\n answer a x=no => deliver ua\n receipt ua =>\n"
     "answer ua => deliver ua\n receipt ua =>\n answer ua => ended"},
    {"a refused event has undone nothing",
     "fact x text setters=land\n start s\n" UNDO(
         "a",
         "") "task b sets=x\n exclusive q default=l\n parallel f\n compensate k\n"
             "exclusive m status=10\n compensate l\n end e\n end d\n end c\n s > a > b > q > f ? x = bad\n q > l > e\n f > k > d\n f > m > c",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b x=bad => refused STATUS\n"
     "answer b x=good => deliver ua\n receipt ua =>\n answer ua => ended"},
    {"one activity alone",
     "start s\n" UNDO("a", "") UNDO("b", "") "compensate x undoes=a\n task z\n end e\n s > a > b > x > z > e",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => deliver ua\n receipt ua =>\n answer ua => deliver z"},
    {"a completed subprocess is undone from within, in reverse, as one piece",
     "start s\n parallel f\n parallel j\n subprocess p\n start ps in=p\n" UNDO("a", "in=p")
         UNDO("b", "in=p") "end pe in=p\n" UNDO(
             "c", "") "compensate x\n task z\n end e\n s > f > p > j > x > z > e\n f > c > j\n ps > a > b > pe",
     "open => deliver c; deliver a\n receipt a =>\n receipt c =>\n answer a => deliver b\n answer c =>\n receipt b =>\n answer b => deliver ub\n"
     "receipt ub =>\n answer ub => deliver ua\n receipt ua =>\n answer ua => deliver uc\n receipt uc =>\n answer uc => deliver z"},
    {"subprocesses within subprocesses",
     "start s\n subprocess p\n start ps in=p\n" UNDO("a", "in=p") "subprocess q in=p\n start qs in=q\n" UNDO("b",
                                                                                                             "in=q")
         UNDO("c", "in=q") "end qe in=q\n" UNDO(
             "d", "in=p") "end pe in=p\n end-compensate x\n s > p > x\n ps > a > q > d > pe\n qs > b > c > qe",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => deliver c\n receipt c =>\n answer c => deliver d\n receipt d =>\n"
     "answer d => deliver ud\n receipt ud =>\n answer ud => deliver uc\n receipt uc =>\n answer uc => deliver ub\n receipt ub =>\n answer ub => deliver ua\n"
     "receipt ua =>\n answer ua => ended"},
    {"a subprocess with a handler of its own is undone by that alone",
     "start s\n subprocess p\n start ps in=p\n" UNDO(
         "a", "in=p") "end pe in=p\n on-compensation cp at=p by=up\n task up undo\n compensate x\n task z\n"
                      "end e\n s > p > x > z > e\n ps > a > pe",
     "open => deliver a\n receipt a =>\n answer a => deliver up\n receipt up =>\n answer up => deliver z"},
    {"the handler may be a subprocess",
     "start s\n task a\n on-compensation ca at=a by=u\n subprocess u undo\n start us in=u\n task b in=u\n task c in=u\n end ue in=u\n compensate x\n"
     "end e\n s > a > x > e\n us > b > c > ue",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => deliver c\n receipt c =>\n answer c => ended"},
    {"or a send task, and what is undone may be one",
     "start s\n send a role=desk op=done\n on-compensation ca at=a by=ua\n send ua role=desk op=undone undo\n compensate x\n task z\n end e\n s > a > x > z > e",
     "open => inform desk done; inform desk undone; deliver z"},
    {"an event subprocess undoes what its interrupted surroundings have done",
     "start s\n subprocess p\n start ps in=p\n" UNDO("a", "in=p") UNDO(
         "b",
         "in=p") "end pe in=p\n event-subprocess h in=p\n"
                 "start-message hs in=h op=withdraw role=citizen\n compensate x in=h\n end he in=h status=1\n task z\n end e\n s > p > z > e\n ps > a > b > pe\n hs > x > he",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n message withdraw => cancel b; deliver ua\n receipt ua =>\n"
     "answer ua => status 1; deliver z"},
    {"and one activity of them by name",
     "start s\n subprocess p\n start ps in=p\n" UNDO("a", "in=p") UNDO(
         "b",
         "in=p") "task c in=p\n end pe in=p\n event-subprocess h in=p\n"
                 "start-message hs in=h op=withdraw role=citizen\n compensate x in=h undoes=b\n end he in=h\n task z\n end e\n s > p > z > e\n ps > a > b > c > pe\n hs > x > he",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => deliver c\n receipt c =>\n message withdraw => cancel c; deliver ub\n"
     "receipt ub =>\n answer ub => deliver z"},
    {"what an interrupted subprocess had completed cannot be undone from outside",
     "start s\n subprocess p\n start ps in=p\n" UNDO(
         "a", "in=p") "task b in=p\n end pe in=p\n on-message m at=p op=stop role=citizen\n compensate x\n task z\n"
                      "end e\n s > p > e\n ps > a > b > pe\n m > x > z > e",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n message stop => cancel b; deliver z"},
    {"an error of a handler goes up from the throw",
     "start s\n subprocess p\n start ps in=p\n task a in=p\n on-compensation ca in=p at=a by=ua\n task ua in=p undo raises=BAD\n compensate x in=p\n end pe in=p\n"
     "on-error c at=p\n task z\n end e\n s > p > e\n ps > a > x > pe\n c > z > e",
     "open => deliver a\n receipt a =>\n answer a => deliver ua\n receipt ua =>\n answer ua error=BAD => deliver z"},
    {"an interruption while something is undone gives it up, and what is left may be undone by the event subprocess",
     "start s\n subprocess p\n start ps in=p\n" UNDO("a", "in=p") UNDO(
         "b",
         "in=p") "compensate x in=p\n end pe in=p\n event-subprocess h in=p\n"
                 "start-message hs in=h op=stop role=citizen\n compensate y in=h\n end he in=h\n end e\n s > p > e\n ps > a > b > x > pe\n hs > y > he",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => deliver ub\n receipt ub =>\n message stop => cancel ub; deliver ua\n"
     "receipt ua =>\n answer ua => ended"},
    {"each instance's work is undone, the last first",
     "fact who list setters=desk\n start s sets=who\n subprocess p over=who pick=board\n start ps in=p\n" UNDO(
         "a", "in=p role=board") "end pe in=p\n compensate x\n task z\n end e\n s > p > x > z > e\n ps > a > pe",
     "open who=x,y => deliver a; deliver a\n receipt a#1 =>\n receipt a#2 =>\n answer a#2 =>\n answer a#1 => deliver ua\n receipt ua as=y => refused NOT_YOUR_STEP\n"
     "receipt ua as=x =>\n answer ua as=x => deliver ua\n receipt ua as=y =>\n answer ua as=y => deliver z"},
    {"a handler to which nobody is competent is an incident, and is tried again",
     "start s\n task a\n on-compensation ca at=a by=ua\n task ua undo role=nobody\n compensate x\n end e\n s > a > x > e",
     "open => deliver a\n receipt a =>\n answer a => incident ua\n retry => resolved ua; incident ua\n abort => resolved ua; ended"},
    {"a withdrawal takes a subprocess away that is undoing",
     "start s\n subprocess p\n start ps in=p\n" UNDO(
         "a", "in=p") "end-compensate x in=p\n on-message w at=p op=withdraw role=citizen\n task z\n end e\n"
                      "s > p > e\n ps > a > x\n w > z > e",
     "open => deliver a\n receipt a =>\n answer a => deliver ua\n receipt ua =>\n message withdraw => cancel ua; deliver z"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
