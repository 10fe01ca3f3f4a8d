/* Activities with one instance for each item of a list: agencies x, y and z are asked in parallel. */
#include "script.h"
#include "base/memory.h"

#define ASK(more_)                                                                                             \
    "fact who list setters=desk,operator\n fact opinion text setters=board values=agree,refuse\n"              \
    "fact opinions list setters=engine\n fact asked decimal setters=engine\n"                                  \
    "fact answered decimal setters=engine\n fact silent decimal setters=engine\n"                              \
    "start s sets=who?\n task ask role=board sets=opinion budget=480m over=who asked=asked answered=answered " \
    "silent=silent " more_ "\n task z\n end e\n s > ask > z > e\n"

#define GIVE(parts_, more_)                                                                                  \
    "part paper x.Y each authors=board,tax\n part note x.Y authors=board\n fact who list setters=desk\n"     \
    "fact opinion text setters=board\n fact opinions list setters=engine\n fact whose list setters=engine\n" \
    "start s sets=who\n task ask role=board sets=opinion budget=480m over=who "                              \
    "order=whose returns=" parts_ " " more_ "\n task z receives=paper?\n end e\n s > ask > z > e\n"
#define INSIDE(edge_)                                                                                           \
    "part paper x.Y each authors=board\n fact who list setters=desk\n start s sets=who\n"                       \
    "subprocess p over=who pick=board\n start ps in=p\n task ask in=p role=board returns=paper\n end pe in=p\n" \
    "task z receives=paper\n end e\n s > p > z > e\n ps > ask > pe\n" edge_

static const struct script_case cases[] = {
    {"each answer's part is kept by its item, and the order in which they came",
     GIVE("paper", "silence collect=opinion:opinions:silent"),
     "open who=x,y,z => arm ask 06-04 08:00; deliver ask@x; arm ask 06-04 08:00; deliver ask@y; arm ask 06-04 08:00; deliver ask@z\n"
     "receipt ask@x =>\n receipt ask@y =>\n receipt ask@z =>\n answer ask@z opinion=a +paper => disarm ask\n"
     "answer ask@x opinion=b => refused PART\n answer ask@x opinion=b +paper => disarm ask\n ? members paper z@5,x@6\n"
     "? fact whose z,x\n at 2024-06-04 08:00\n timer ask@2 => silent ask@y; cancel ask@y; deliver z\n ? fact opinions a,b,silent\n ? fact whose z,x,y\n"
     "? members paper z@5,x@6"},
    {"a late answer, asked for or not, brings nothing to them",
     GIVE("paper", "silence collect=opinion:opinions:silent"),
     "open who=x,y => arm ask 06-04 08:00; deliver ask@x; arm ask 06-04 08:00; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n"
     "answer ask@y opinion=a +paper => disarm ask\n at 2024-06-04 08:00\n timer ask@1 => silent ask@x; cancel ask@x; deliver z\n ? members paper y@4\n"
     "answer ask@x opinion=b +paper =>\n ? text recorded, without consequence\n ? members paper y@4\n ? fact opinions a,silent\n"
     "answer ask@x opinion=b +paper => refused STEP_CLOSED"},
    {"nor does one after it was given up", GIVE("paper", "silence collect=opinion:opinions:silent"),
     "open who=x,y => arm ask 06-04 08:00; deliver ask@x; arm ask 06-04 08:00; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n"
     "answer ask@y opinion=a +paper => disarm ask\n at 2024-06-04 08:00\n timer ask@1 => silent ask@x; cancel ask@x; deliver z\n cancelled ask@x =>\n"
     "answer ask@x opinion=b +paper => refused STEP_CLOSED\n ? members paper y@4\n ? fact opinions a,silent"},
    {"nobody is asked: no part, and the step that may be given them opens", GIVE("paper", ""),
     "open who= => deliver z\n ? members paper \n ? fact whose "},
    {"each has its share of a delivery", GIVE("paper,note?", ""),
     "open who=x,y,z => deliver ask@x; deliver ask@y; deliver ask@z\n receipt ask@x =>\n answer ask@x opinion=a +paper size=262145 => refused PART\n"
     "? text one of 3 may take 262144\n answer ask@x opinion=a +paper size=262144 +note size=900000 =>\n ? members paper x@3"},
    {"a second round begins anew",
     "part paper x.Y each authors=board\n fact who list setters=desk,land\n fact whose list setters=engine\n fact again text setters=land\n"
     "start s sets=who\n exclusive m\n task ask role=board over=who order=whose returns=paper?\n task look role=land sets=again,who? receives=paper?\n"
     "exclusive g default=e\n end e\n s > m > ask > look > g > e\n g > m ? again = yes",
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n answer ask@x +paper =>\n receipt ask@y =>\n answer ask@y +paper => deliver look\n"
     "? members paper x@3,y@5\n receipt look =>\n answer look again=yes who=y => deliver ask@y\n ? members paper \n ? fact whose \n receipt ask@y =>\n"
     "answer ask@y => deliver look\n ? members paper \n ? fact whose y"},
    {"an instance's task within a subprocess brings one too", INSIDE(""),
     "open who=x,y => deliver ask; deliver ask\n receipt ask#2 =>\n answer ask#2 +paper =>\n receipt ask#1 =>\n answer ask#1 +paper => deliver z\n"
     "? members paper y@3,x@5"},
    {"again in the same instance: the newer one stands", INSIDE("on-timer t in=p at=ask elapsed=60000\n t > ask"),
     "open who=x => arm t 06-03 08:01; deliver ask\n receipt ask =>\n answer ask +paper => disarm t; deliver z\n ? members paper x@3"},

    {"each item has its own step at its own agency, and all must answer", ASK("collect=opinion:opinions"),
     "open who=x,y,z => deliver ask@x; deliver ask@y; deliver ask@z\n ? fact asked 3\n ? fact answered 0\n"
     "receipt ask@y =>\n answer ask@y opinion=refuse =>\n ? fact answered 1\n receipt ask@x =>\n"
     "answer ask@x opinion=agree =>\n ? fact opinions refuse,agree\n receipt ask@z =>\n"
     "answer ask@z opinion=agree => deliver z\n ? fact opinions refuse,agree,agree\n ? fact answered 3\n"
     "answer ask@x opinion=agree => refused STEP_CLOSED\n answer ask@x as=y opinion=agree => refused NOT_YOUR_STEP"},
    {"an empty list is done at once", ASK("collect=opinion:opinions"),
     "open who= => deliver z\n ? fact asked 0\n ? fact opinions "},
    {"when enough have answered the others are given up", ASK("until=answered:>=:2"),
     "open who=x,y,z => deliver ask@x; deliver ask@y; deliver ask@z\n receipt ask@x =>\n receipt ask@z =>\n"
     "answer ask@x opinion=agree =>\n answer ask@z opinion=agree => drop ask@y; cancel ask@y; deliver z\n"
     "answer ask@y opinion=refuse =>\n answer ask@y opinion=refuse => refused STEP_CLOSED\n ? fact answered 2"},
    {"a condition that cannot be evaluated is an incident, which a correction frees",
     "fact who list setters=desk\n fact limit decimal setters=operator\n start s sets=who\n task ask role=board over=who until=limit:>=:2\n"
     "task z\n end e\n s > ask > z > e",
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@x => incident ask\n"
     "correct limit=1 => resolved ask\n answer ask@y => deliver z"},
    {"and when it holds then the rest is given up",
     "fact who list setters=desk\n fact limit decimal setters=operator\n start s sets=who\n task ask role=board over=who until=limit:>=:2\n"
     "task z\n end e\n s > ask > z > e",
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@x => incident ask\n"
     "correct limit=2 => resolved ask; cancel ask@y; deliver z"},
    {"silence past the budget counts as agreement, and is recorded as such",
     ASK("silence collect=opinion:opinions:agree"),
     "open who=x,y => arm ask 06-04 08:00; deliver ask@x; arm ask 06-04 08:00; deliver ask@y\n"
     "receipt ask@x =>\n receipt ask@y =>\n at 2024-06-03 09:00\n answer ask@y opinion=refuse => disarm ask\n"
     "at 2024-06-04 08:00\n timer ask@1 => silent ask@x; cancel ask@x; deliver z\n ? fact opinions refuse,agree\n ? fact silent 1\n"
     "? fact answered 1\n answer ask@x opinion=refuse =>\n ? fact opinions refuse,agree\n ? text recorded"},
    {"the timeline says so", ASK("silence collect=opinion:opinions:agree"),
     "open who=x,y => arm ask 06-04 08:00; deliver ask@x; arm ask 06-04 08:00; deliver ask@y\n"
     "receipt ask@x =>\n receipt ask@y =>\n at 2024-06-04 08:00\n timer ask@1 => silent ask@x; cancel ask@x\n ? text silence counts as agreement"},
    {"who has not received it is not silent: an incident, and the budget counts from the receipt", ASK("silence"),
     "open who=x => arm ask 06-04 08:00; deliver ask@x\n at 2024-06-04 08:00\n timer ask => incident ask\n"
     "? text silence counts for nothing\n at 2024-06-05 08:00\n receipt ask@x => resolved ask; arm ask 06-06 08:00\n"
     "at 2024-06-06 08:00\n timer ask => silent ask@x; cancel ask@x; deliver z\n ? fact silent 1"},
    {"while its line is away it is not silent: the budget counts from the receipt", ASK("silence"),
     "open who=x => arm ask 06-04 08:00; deliver ask@x\n at 2024-06-03 10:00\n receipt ask@x away=120 => arm ask 06-04 10:00; away ask@x\n"
     "timer ask@1 => ignored\n at 2024-06-04 10:00\n timer ask@2 => silent ask@x; cancel ask@x; deliver z\n ? fact silent 1"},
    {"or an operator has it delivered anew", ASK("silence"),
     "open who=x => arm ask 06-04 08:00; deliver ask@x\n at 2024-06-04 08:00\n timer ask => incident ask\n"
     "retry ask@x => drop ask@x; resolved ask; arm ask 06-05 08:00; deliver ask@x"},
    {"the list stands while its items are asked", ASK(""),
     "open who=x,y => deliver ask@x; deliver ask@y\n undeliverable ask@x => incident ask\n correct who=x => refused FACT\n"
     "correct who=x,y => refused UNEXPECTED\n receipt ask@x => resolved ask"},
    {"no list: an incident, and a correction sets it", ASK(""),
     "open => incident ask\n ? text is not set\n correct who=x => resolved ask; deliver ask@x"},
    {"one agency twice: an incident", ASK(""), "open who=x,x => incident ask\n ? text stands twice"},
    {"an item for which nobody is competent: an incident of that instance", ASK(""),
     "open who=x,nowhere => deliver ask@x; incident ask\n ? text nobody is competent as \"board\" for nowhere\n"
     "receipt ask@x =>\n answer ask@x opinion=agree =>\n ? incidents 1"},
    {"an error of one goes to the boundary event of all, and the others are given up",
     "fact who list setters=desk\n start s sets=who\n task ask role=board over=who raises=BAD\n on-error b at=ask\n task y\n task z\n end e\n"
     "s > ask > z > e\n b > y > e",
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@x error=BAD => cancel ask@y; deliver y"},
    {"a boundary message and a boundary timer stand around all",
     "fact who list setters=desk\n start s sets=who\n task ask role=board over=who budget=480m\n on-message m at=ask op=stop role=citizen\n"
     "on-timer t at=ask spent parallel-to\n send n role=desk op=late\n task y\n end e\n s > ask > e\n m > y > e\n t > n > e",
     "open who=x,y => arm t 06-04 08:00; deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n at 2024-06-04 08:00\n"
     "timer t => inform desk late\n message stop => cancel ask@x; cancel ask@y; deliver y"},
    {"status and clock change once", ASK("status=1 status-done=2 enter=start appointment=480m"),
     "open who=x,y => status 1; deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@x opinion=agree =>\n"
     "answer ask@y opinion=agree => status 2; deliver z\n ? clock running due 2024-06-04 08:00"},
    {"instances of a subprocess: the named role follows the item, the others the dossier",
     "process jurisdiction=place\n fact place text setters=desk\n fact who list setters=desk\n fact done decimal setters=engine\n"
     "start s sets=who,place\n subprocess p over=who pick=board answered=done\n start ps in=p\n task ask in=p role=board\n task file in=p role=tax\n"
     "end pe in=p\n task z\n end e\n s > p > z > e\n ps > ask > file > pe",
     "open place=north who=x,y => deliver ask; deliver ask\n receipt ask#1 =>\n receipt ask#2 =>\n answer ask#1 as=y => refused NOT_YOUR_STEP\n"
     "answer ask#1 => deliver file\n receipt file =>\n answer file =>\n ? fact done 1\n answer ask#2 => deliver file\n receipt file =>\n answer file => deliver z"},
    {"a message for an instance comes from its own agency",
     "fact who list setters=desk\n start s sets=who\n subprocess p over=who pick=board\n start ps in=p\n catch m in=p op=go role=board\n"
     "end pe in=p\n task z\n end e\n s > p > z > e\n ps > m > pe",
     "open who=x,y =>\n message go from=board as=z => refused UNEXPECTED\n message go from=board as=y =>\n"
     "message go from=board as=y => refused UNEXPECTED\n message go from=board as=x => deliver z"},
    {"a terminate end ends its instance only",
     "fact who list setters=desk\n start s sets=who\n subprocess p over=who pick=board\n start ps in=p\n parallel f in=p\n task a in=p role=board\n"
     "task b in=p role=board\n terminate t in=p\n end pe in=p\n task z\n end e\n s > p > z > e\n ps > f > a > t\n f > b > pe",
     "open who=x,y => deliver a; deliver b; deliver a; deliver b\n receipt a#1 =>\n receipt b#2 =>\n receipt a#3 =>\n receipt b#4 =>\n"
     "answer a#1 => cancel b\n answer a#3 => cancel b; deliver z"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
