/* Event subprocesses and escalations. */
#include "script.h"
#include "base/memory.h"

/* Within P: task A, and an event subprocess H with task B that EVENT begins. */
#define WITHIN(event_)                                                                         \
    "start s\n subprocess p\n start ps in=p\n task a in=p raises=BAD\n end pe in=p\n"          \
    "event-subprocess h in=p\n " event_ " in=h\n task b in=h\n end he in=h\n task z\n end e\n" \
    "s > p > z > e\n ps > a > pe\n hs > b > he\n on-error x at=p\n task y\n x > y > e\n"

#define REGISTER                                                                                                 \
    "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task r in=p irrevocable\n task a in=p\n"         \
    "parallel j in=p\n end pe in=p\n event-subprocess h in=p\n start-message hs in=h op=withdraw role=citizen\n" \
    "task back in=h\n end he in=h\n task z\n end e\n s > p > z > e\n ps > f > r > j > pe\n f > a > j\n hs > back > he\n"

#define ESCALATION(catch_)                                                                                                              \
    "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task a in=p\n task c in=p\n escalate x in=p error=LATE\n end pe in=p\n" \
    "end ce in=p\n task z\n end e\n s > p > z > e\n ps > f > a > x > pe\n f > c > ce\n" catch_

static const struct script_case cases[] = {
    {"a message begins an event subprocess, which interrupts its surroundings",
     WITHIN("start-message hs op=stop role=citizen"),
     "open => deliver a\n receipt a =>\n message stop => cancel a; deliver b\n message stop => refused TOO_LATE\n"
     "receipt b =>\n answer b => deliver z\n message stop => refused TOO_LATE\n answer a =>"},
    {"or goes on beside them, as often as it comes", WITHIN("start-message hs op=note role=citizen parallel-to"),
     "open => deliver a\n receipt a =>\n message note => deliver b\n message note => deliver b\n receipt b#2 =>\n answer b#2 =>\n"
     "answer a =>\n message note => deliver b\n receipt b#3 =>\n answer b#3 =>\n receipt b#4 =>\n answer b#4 => deliver z\n"
     "message note => refused TOO_LATE"},
    {"a timer, armed when the surroundings open and disarmed when they end", WITHIN("start-timer hs after=480m"),
     "open => arm hs 06-04 08:00; deliver a\n receipt a =>\n answer a => disarm hs; deliver z\n timer hs => ignored"},
    {"a timer that interrupts", WITHIN("start-timer hs after=480m"),
     "open => arm hs 06-04 08:00; deliver a\n receipt a =>\n at 2024-06-04 08:00\n timer hs => cancel a; deliver b"},
    {"a timer beside", WITHIN("start-timer hs after=480m parallel-to"),
     "open => arm hs 06-04 08:00; deliver a\n receipt a =>\n at 2024-06-04 08:00\n timer hs => deliver b\n timer hs => ignored\n"
     "answer a =>\n receipt b =>\n answer b => deliver z"},
    {"an error goes to the event subprocess before the boundary event", WITHIN("start-error hs error=BAD"),
     "open => deliver a\n receipt a =>\n answer a error=BAD => deliver b\n receipt b =>\n answer b => deliver z"},
    {"or to the boundary event when the event subprocess is for another error", WITHIN("start-error hs error=OTHER"),
     "open => deliver a\n receipt a =>\n answer a error=BAD => deliver y"},
    {"an error that leaves the event subprocess is not taken by it again",
     "start s\n subprocess p\n start ps in=p\n task a in=p raises=BAD\n end pe in=p\n event-subprocess h in=p\n start-error hs in=h\n"
     "task b in=h raises=BAD\n end he in=h\n on-error x at=p\n task y\n end e\n s > p > e\n ps > a > pe\n hs > b > he\n x > y > e",
     "open => deliver a\n receipt a =>\n answer a error=BAD => deliver b\n receipt b =>\n answer b error=BAD => deliver y"},
    {"but one beside its surroundings may be ended by their error subprocess",
     "start s\n event-subprocess n\n start-message ns in=n op=note role=citizen parallel-to\n task c in=n raises=BAD\n end ne in=n\n"
     "event-subprocess h\n start-error hs in=h error=BAD\n task b in=h\n end he in=h\n task a\n end e\n s > a > e\n ns > c > ne\n hs > b > he",
     "open => deliver a\n receipt a =>\n message note => deliver c\n receipt c =>\n answer c error=BAD => cancel a; deliver b\n receipt b =>\n"
     "answer b => ended"},
    {"an error end of the surroundings",
     "start s\n event-subprocess h\n start-error hs in=h\n task b in=h\n end he in=h\n task a\n error-end x error=BAD\n s > a > x\n hs > b > he",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => ended"},
    {"event subprocesses of the process itself",
     "start s\n task a\n end e\n event-subprocess h\n start-message hs in=h op=stop role=citizen\n task b in=h\n end he in=h\n"
     "event-subprocess k\n start-timer ks in=k after=480m parallel-to\n send n in=k role=desk op=late\n end ke in=k\n s > a > e\n hs > b > he\n ks > n > ke",
     "open => arm ks 06-04 08:00; deliver a\n receipt a =>\n message stop => cancel a; disarm ks; deliver b\n receipt b =>\n answer b => ended"},
    {"a subprocess within the interrupted surroundings vanishes",
     "start s\n subprocess q\n start qs in=q\n task a in=q\n end qe in=q\n end e\n event-subprocess h\n start-message hs in=h op=stop role=citizen\n"
     "task b in=h\n end he in=h\n s > q > e\n qs > a > qe\n hs > b > he",
     "open => deliver a\n receipt a =>\n message stop => cancel a; deliver b"},
    {"its start sets facts and status",
     "fact why text setters=citizen\n start s status=1\n task a status=2\n end e\n event-subprocess h\n"
     "start-message hs in=h op=withdraw role=citizen sets=why status=7\n task b in=h\n end he in=h status=9\n s > a > e\n hs > b > he",
     "open => status 1; status 2; deliver a\n receipt a =>\n message withdraw => refused FACT\n"
     "message withdraw why=moved => cancel a; status 7; deliver b\n receipt b =>\n answer b => status 9; ended"},
    {"a withdrawal by event subprocess waits for an irrevocable step: cancelled", REGISTER,
     "open => deliver r; deliver a\n receipt r =>\n receipt a =>\n message withdraw => cancel r\n message withdraw => refused UNEXPECTED\n"
     "cancelled r => cancel a; deliver back\n receipt back =>\n answer back => deliver z"},
    {"answered: the answer wins", REGISTER,
     "open => deliver r; deliver a\n receipt r =>\n receipt a =>\n message withdraw => cancel r\n"
     "answer r => inform citizen withdraw.refused\n answer a => deliver z"},
    {"a rule broken on its way when the step was given up: an incident that a correction frees",
     "fact ok text setters=operator\n start s status=1\n task r irrevocable status=2\n end e\n event-subprocess h\n"
     "start-message hs in=h op=withdraw role=citizen\n task b in=h status=10\n end he in=h\n s > r > e\n hs > b > he",
     "open => status 1; status 2; deliver r\n receipt r =>\n message withdraw => cancel r\n cancelled r => incident hs\n ? incidents 1\n"
     "correct => refused STATUS\n abort => resolved hs; ended"},
    {"a timer's way that breaks a rule is an incident too, and ends with its surroundings",
     "fact ok text setters=operator\n start s status=1\n subprocess p\n start ps in=p\n task a in=p\n end pe in=p\n event-subprocess h in=p\n"
     "start-timer hs in=h after=60m status=9\n end he in=h\n task z\n end e\n s > p > z > e\n ps > a > pe\n hs > he",
     "open => status 1; arm hs 06-03 09:00; deliver a\n wait 60m\n timer hs => incident hs\n correct => refused STATUS\n"
     "receipt a =>\n answer a => resolved hs; deliver z"},
    {"two places wait for a message, an event subprocess among them: refused",
     "start s\n catch c op=go role=citizen\n end e\n event-subprocess h\n start-message hs in=h op=go role=citizen\n end he in=h\n s > c > e\n hs > he",
     "open =>\n message go => refused UNEXPECTED"},
    {"an escalation goes to a boundary event beside the subprocess, and who throws it goes on",
     ESCALATION("on-escalation b at=p error=LATE parallel-to\n task y\n b > y > e"),
     "open => deliver a; deliver c\n receipt a =>\n receipt c =>\n answer a => deliver y\n answer c => deliver z"},
    {"or interrupts it", ESCALATION("on-escalation b at=p\n task y\n b > y > e"),
     "open => deliver a; deliver c\n receipt a =>\n receipt c =>\n answer a => cancel c; deliver y"},
    {"the one that names it comes first",
     ESCALATION(
         "on-escalation any at=p\n on-escalation b at=p error=LATE parallel-to\n task y\n task w\n any > w > e\n b > y > e"),
     "open => deliver a; deliver c\n receipt a =>\n receipt c =>\n answer a => deliver y"},
    {"nobody takes it: it goes on", ESCALATION("on-escalation b at=p error=OTHER\n b > e"),
     "open => deliver a; deliver c\n receipt a =>\n receipt c =>\n answer c =>\n answer a => deliver z"},
    {"an event subprocess takes it before the boundary",
     ESCALATION(
         "event-subprocess h in=p\n start-escalation hs in=h error=LATE parallel-to\n task b in=h\n end he in=h\n hs > b > he\n"
         "on-escalation any at=p\n any > e"),
     "open => deliver a; deliver c\n receipt a =>\n receipt c =>\n answer a => deliver b\n answer c =>\n receipt b =>\n answer b => deliver z"},
    {"an event subprocess that interrupts by escalation",
     ESCALATION(
         "event-subprocess h in=p\n start-escalation hs in=h error=LATE\n task b in=h\n end he in=h\n hs > b > he\n"),
     "open => deliver a; deliver c\n receipt a =>\n receipt c =>\n answer a => cancel c; deliver b\n receipt b =>\n answer b => deliver z"},
    {"an escalation end ends only its token",
     "start s\n subprocess p\n start ps in=p\n task a in=p\n end-escalate x in=p error=LATE\n on-escalation b at=p parallel-to\n task y\n task z\n end e\n"
     "s > p > z > e\n ps > a > x\n b > y > e",
     "open => deliver a\n receipt a =>\n answer a => deliver z; deliver y\n receipt z =>\n answer z =>\n receipt y =>\n answer y => ended"},
    {"an escalation end whose boundary interrupts",
     "start s\n subprocess p\n start ps in=p\n task a in=p\n end-escalate x in=p error=LATE\n on-escalation b at=p\n task y\n task z\n end e\n"
     "s > p > z > e\n ps > a > x\n b > y > e",
     "open => deliver a\n receipt a =>\n answer a => deliver y"},
    {"an escalation end into an event subprocess",
     "start s\n subprocess p\n start ps in=p\n task a in=p\n end-escalate x in=p error=LATE\n event-subprocess h in=p\n"
     "start-escalation hs in=h parallel-to\n task b in=h\n end he in=h\n task z\n end e\n s > p > z > e\n ps > a > x\n hs > b > he",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => deliver z"},
    {"an escalation goes up through subprocesses and instances",
     "fact who list setters=desk\n start s sets=who\n subprocess p over=who pick=board\n start ps in=p\n subprocess q in=p\n start qs in=q\n"
     "task a in=q role=board\n escalate x in=q error=LATE\n end qe in=q\n end pe in=p\n on-escalation b at=p parallel-to\n send n role=desk op=late\n end be\n"
     "task z\n end e\n s > p > z > e\n ps > q > pe\n qs > a > x > qe\n b > n > be",
     "open who=x,y => deliver a; deliver a\n receipt a#1 =>\n answer a#1 => inform desk late\n receipt a#2 =>\n answer a#2 => inform desk late; deliver z"},
    {"a send task and a message end tell",
     "start s\n send n role=desk op=news\n end-send e role=portal op=over\n s > n > e",
     "open => inform desk news; inform portal over; ended"},
    {"a message end to nobody is an incident", "start s\n end-send e role=nobody op=over\n s > e",
     "open => incident e\n retry => resolved e; incident e"},
    {"several message starts: each by its message",
     "fact x text setters=desk\n start s op=one sets=x\n start t op=two\n task a\n task b\n end e\n s > a > e\n t > b > e",
     "open type=three => refused UNEXPECTED\n open type=one => refused FACT\n open type=two => deliver b"},
    {"a start without a message takes what the others do not",
     "start s op=one\n start t op=\n task a\n task b\n end e\n s > a > e\n t > b > e", "open type=three => deliver b"},
    {"a timer start: no submission opens it, time does", "timed-start t elapsed=1000\n task a\n end e\n t > a > e",
     "open => refused UNEXPECTED\n begin => deliver a\n begin => refused UNEXPECTED"},
    {"a process that does not begin by time", "start s\n end e\n s > e", "begin => refused UNEXPECTED\n open => ended"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
