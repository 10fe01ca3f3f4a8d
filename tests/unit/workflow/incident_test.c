/* What opens an incident, and how a person frees the dossier. */
#include "script.h"
#include "base/memory.h"

static const struct script_case cases[] = {
    {"nobody competent: the step does not open until the fact is corrected",
     "process jurisdiction=district\n fact district text setters=desk,operator\n start s sets=district\n task a\n end e\n s > a > e",
     "open district=south => incident a\n ? text nobody is competent\n ? incidents 1\n correct district=south => resolved a; incident a\n"
     "correct district=north => resolved a; deliver a\n ? incidents 0\n correct district=north => refused UNEXPECTED"},
    {"nobody competent for a send task", "start s\n send n role=nobody\n task a\n end e\n s > n > a > e",
     "open => incident n\n retry => resolved n; incident n"},
    {"a condition that is required",
     "fact paid yes-no setters=tax,operator\n start s\n task r requires=paid:=:yes\n end e\n s > r > e",
     "open => incident r\n ? text does not hold\n correct paid=no => resolved r; incident r\n correct paid=yes => resolved r; deliver r"},
    {"a condition over what nobody set cannot be evaluated",
     "fact n decimal setters=tax,operator\n start s\n exclusive g default=b\n task a\n task b\n end e\n s > g > a ? n > 5\n g > b > e\n a > e",
     "open => incident g\n ? text cannot be evaluated\n correct n=6 => resolved g; deliver a"},
    {"a part that the step is given is missing",
     "part p T authors=desk\n start s returns=p?\n task a receives=p\n end e\n s > a > e",
     "open => incident a\n ? text nobody has brought the part \"p\""},
    {"an undeliverable step, retried as a new step", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n undeliverable a reason=dead => incident a\n ? text dead\n retry a => drop a; resolved a; deliver a\n"
     "retry a => refused UNEXPECTED\n answer a#1 => refused STEP_CLOSED\n receipt a =>\n answer a => ended"},
    {"retried after it was received: the agency is asked to let go", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n receipt a =>\n undeliverable a => incident a\n retry a => cancel a; resolved a; deliver a\n"
     "answer a#1 =>\n answer a => drop a; ended"},
    {"it was deliverable after all: the receipt closes the incident", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n undeliverable a => incident a\n receipt a => resolved a\n ? incidents 0\n answer a => ended"},
    {"the answer closes the incident too", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n undeliverable a => incident a\n answer a => drop a; resolved a; ended"},
    {"a second failure of the same step is the same incident", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n undeliverable a => incident a\n undeliverable a => incident a\n ? incidents 1"},
    {"a request to an orphan that cannot be delivered closes it",
     "start s\n task a\n on-message w at=a op=stop role=citizen\n task b\n end e\n s > a > e\n w > b > e",
     "open => deliver a\n message stop => drop a; cancel a; deliver b\n undeliverable a =>\n answer a => refused STEP_CLOSED\n"
     "undeliverable a => ignored"},
    {"a correct is no answer to a failed delivery", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n undeliverable a => incident a\n correct => refused UNEXPECTED"},
    {"a correct sets only what operators may set", "fact x text setters=tax\n start s\n task a\n end e\n s > a > e",
     "open => deliver a\n correct x=1 => refused FACT\n ? text others answer for; an operator may correct here: none"},
    {"it names what operators may set",
     "fact x text setters=tax\n fact y text setters=desk,operator\n fact z text setters=operator\n start s\n task a\n end e\n s > a > e",
     "open => deliver a\n correct x=1 => refused FACT\n ? text an operator may correct here: y, z\n correct w=1 => refused FACT\n"
     " ? text fact \"w\" is not declared by the procedure; an operator may correct here: y, z"},
    {"a retry without an incident is refused", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n retry a => refused UNEXPECTED\n retry => refused UNEXPECTED"},
    {"an abort ends everything",
     "start s enter=start appointment=480m\n parallel f\n task a budget=60m\n on-timer t at=a spent\n task b\n end e\n"
     "s > f > a > e\n f > b > e\n t > e",
     "open => arm t 06-03 09:00; deliver a; deliver b\n receipt a =>\n abort reason=void => cancel a; disarm t; drop b; cancel b; ended\n"
     "? text void\n ? clock ended due 2024-06-04 08:00\n abort => refused DOSSIER_ENDED\n cancelled a =>\n answer b =>\n"
     "timer t => ignored\n correct => refused DOSSIER_ENDED"},
    {"a loop without end is an incident",
     "start s\n exclusive m\n exclusive g default=m\n fact x text setters=operator\n task a\n end e\n s > m > g > m\n g > a ? x = go\n a > e",
     "open => incident g\n ? text without end\n correct x=go => resolved g; deliver a"},
    {"tokens without end are an incident too, and an abort frees it",
     "start s\n exclusive m\n parallel f\n receive w role=citizen\n end e\n s > m > f > m\n f > w > e",
     "open => incident f\n ? text more than 512 tokens\n abort => resolved f; ended"},
    {"a loop that tells somebody each time stops early",
     "start s\n exclusive m\n send n role=nobody2\n exclusive g default=m\n task a\n end e\n fact x text setters=operator\n"
     "s > m > n > g > m\n g > a ? x = go\n a > e",
     "open => incident n"},
    {"a rule broken by a timer is an incident, and a retry lets it happen",
     "fact x text setters=operator\n start s status=1\n timer t after=60m\n exclusive g default=c\n task b status=9\n task c status=2\n"
     "end e\n s > t > g > b ? x = null\n g > c > e\n b > e",
     "open => status 1; arm t 06-03 09:00\n wait 60m\n timer t => incident t\n ? text may not follow\n ? status 1\n"
     "retry => refused STATUS\n correct x=1 => resolved t; status 2; deliver c"},
    {"a boundary timer likewise",
     "fact x text setters=operator\n start s status=1\n task a budget=60m\n on-timer t at=a spent parallel-to\n exclusive g default=c\n"
     "send b role=desk status=9\n send c role=desk\n end e\n s > a > e\n t > g > b ? x = null\n g > c > e\n b > e",
     "open => status 1; arm t 06-03 09:00; deliver a\n receipt a =>\n wait 60m\n timer t => incident t\n"
     "correct x=1 => resolved t; inform desk c\n timer t => ignored\n answer a => ended"},
    {"a calendar that does not reach so far is an incident where a step opens",
     "start s\n task a budget=2400m\n end e\n s > a > e",
     "at 2026-12-30 10:00\n open => incident a\n ? text deploy a newer version"},
    {"and a refusal where the dossier's clock would start",
     "start s enter=start appointment=2400m\n task a\n end e\n s > a > e",
     "at 2026-12-30 10:00\n open => refused INTERNAL"},
    {"a dossier that nothing can move says so",
     "fact x text setters=desk,operator\n start s sets=x\n exclusive g default=b\n task a\n task b\n parallel j\n end e\n"
     "s > g > a ? x = 1\n g > b > j > e\n a > j",
     "open x=1 => deliver a\n receipt a =>\n answer a => incident j\n ? text nothing can move\n abort => resolved j; ended"},
    {"nothing happens to a dossier that is not open", "start s\n task a\n end e\n s > a > e",
     "message x => refused UNEXPECTED\n abort => refused UNEXPECTED\n timer t => refused UNEXPECTED"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
