/* What is skipped, what may not be, and what an impossible answer does. */
#include "script.h"
#include "base/memory.h"

#define PLAIN "start s\n task a\n task b\n end e\n s > a > b > e"
#define DEAD "open => deliver a\n undeliverable a reason=dead => incident a\n "

static const struct script_case cases[] = {
    {"an undeliverable step is void, and the token goes on as if it were answered", PLAIN,
     DEAD
     "skip a reason=x => drop a; resolved a; deliver b\n ? incidents 0\n answer a => refused STEP_CLOSED\n receipt b =>\n answer b => ended"},
    {"one that the agency holds is asked back, and what it still answers is only recorded", PLAIN,
     "open => deliver a\n receipt a =>\n undeliverable a => incident a\n skip a reason=x => cancel a; resolved a; deliver b\n"
     "answer a =>\n receipt b =>\n answer b => ended"},
    {"or it lets go", PLAIN,
     "open => deliver a\n receipt a =>\n undeliverable a => incident a\n skip a reason=x => cancel a; resolved a; deliver b\n"
     "cancelled a =>\n receipt b =>\n answer b => ended"},
    {"a reason is obligatory", PLAIN, DEAD "skip a => refused UNEXPECTED\n ? text needs a reason\n ? incidents 1"},
    {"by its element", PLAIN, DEAD "skip element=a reason=x => drop a; resolved a; deliver b"},
    {"the only incident need not be named", PLAIN, DEAD "skip reason=x => drop a; resolved a; deliver b"},
    {"an element without incident", PLAIN,
     DEAD "skip element=b reason=x => refused UNEXPECTED\n ? text no open incident at b"},
    {"of several the one that is meant is named",
     "start s\n parallel f\n task a\n task b\n parallel j\n end e\n s > f > a > j > e\n f > b > j",
     "open => deliver a; deliver b\n undeliverable a => incident a\n undeliverable b => incident b\n"
     "skip reason=x => refused UNEXPECTED\n ? text several incidents\n retry => refused UNEXPECTED\n"
     "skip element=b reason=x => drop b; resolved b\n retry => drop a; resolved a; deliver a\n receipt a =>\n answer a => ended"},
    {"a step without incident waits for its agency", PLAIN,
     "open => deliver a\n skip a reason=x => refused UNEXPECTED\n ? text waits for its agency\n skip reason=x => refused UNEXPECTED"},
    {"not twice", PLAIN,
     DEAD
     "skip a reason=x => drop a; resolved a; deliver b\n skip a#1 reason=x => refused UNEXPECTED\n ? text answered or given up"},
    {"not after the end", "start s\n task a\n end e\n s > a > e",
     DEAD "skip a reason=x => drop a; resolved a; ended\n skip reason=x => refused DOSSIER_ENDED"},
    {"a task that never opened enters and completes: status and clock",
     "start s enter=start appointment=480m status=1\n task a role=nobody status=2 receipt=stop done=restart status-done=4\n task b\n end e\n s > a > b > e",
     "open => status 1; incident a\n skip reason=x => status 2; resolved a; status 4; deliver b\n ? status 4\n ? clock running due 2024-06-04 08:00"},
    {"a notice that nobody is competent to get",
     "start s\n send n role=nobody status=1\n task b\n end e\n s > n > b > e",
     "open => incident n\n skip reason=x => status 1; resolved n; deliver b"},

    {"what the task must say comes with the command",
     "fact x text setters=tax values=paid,exempt\n start s\n task a role=tax sets=x\n exclusive g default=c\n task b\n task c\n end e\n"
     "s > a > g > b ? x = paid\n g > c > e\n b > e",
     DEAD
     "skip a reason=x => refused FACT\n ? text is missing\n skip a reason=x x=maybe => refused FACT\n ? text allowed values\n"
     "skip a reason=x x=paid => drop a; resolved a; deliver b\n ? fact x paid"},
    {"what it may say need not",
     "fact x text setters=tax\n start s\n task a role=tax sets=x?\n task b\n end e\n s > a > b > e",
     DEAD "skip a reason=x => drop a; resolved a; deliver b\n ? fact x null"},
    {"what is another's it may not",
     "fact x text setters=tax\n fact y text setters=land\n start s\n task a role=tax sets=x?\n task b role=land sets=y?\n end e\n s > a > b > e",
     DEAD "skip a reason=x y=1 => refused FACT\n skip a reason=x z=1 => refused FACT"},
    {"a fact on which a rule depends is not for an operator",
     "fact paid yes-no setters=tax\n start s\n task a role=tax sets=paid?\n task r requires=paid:=:yes\n end e\n s > a > r > e",
     DEAD "skip a reason=x paid=yes => refused FACT\n ? text may be done only by what it says\n"
          "skip a reason=x => drop a; resolved a; incident r\n ? text which does not hold"},
    {"unless the definition lets operators set it",
     "fact paid yes-no setters=tax,operator\n start s\n task a role=tax sets=paid\n task r requires=paid:=:yes\n end e\n s > a > r > e",
     DEAD
     "skip a reason=x paid=no => drop a; resolved a; incident r\n skip reason=x => refused UNEXPECTED\n ? text which does not hold\n"
     "correct paid=yes => resolved r; deliver r"},
    {"a part that a later task needs cannot be missing",
     "part p T authors=tax\n start s\n task a role=tax returns=p\n task b\n task c receives=p\n end e\n s > a > b > c > e",
     DEAD "skip a reason=x => refused PART\n ? text \"c\" needs the part \"p\"\n ? incidents 1"},
    {"also when it is needed within a subprocess, behind its boundary event, or in an event subprocess",
     "part p T authors=tax\n start s\n task a role=tax returns=p\n subprocess u\n start us in=u\n task ua in=u\n end ue in=u\n"
     "on-message w at=u op=stop role=citizen\n task c receives=p\n end e\n s > a > u > e\n us > ua > ue\n w > c > e",
     DEAD "skip a reason=x => refused PART\n ? text \"c\" needs"},
    {"and when the skipped task stands in a subprocess",
     "part p T authors=tax\n start s\n subprocess u\n start us in=u\n task a in=u role=tax returns=p\n end ue in=u\n task c receives=p\n end e\n"
     "s > u > c > e\n us > a > ue",
     DEAD "skip a reason=x => refused PART"},
    {"one that only earlier tasks needed, or that may be missing, can",
     "part p T authors=tax,desk\n start s returns=p?\n task z receives=p?\n task a role=tax returns=p\n task c receives=p?\n end e\n s > z > a > c > e",
     "open => deliver z\n receipt z =>\n answer z => deliver a\n undeliverable a => incident a\n skip a reason=x => drop a; resolved a; deliver c"},
    {"what somebody has brought before is there",
     "part p T authors=tax,desk\n start s returns=p\n task a role=tax returns=p\n task c receives=p\n end e\n s > a > c > e",
     "open +p => deliver a\n undeliverable a => incident a\n skip a reason=x => drop a; resolved a; deliver c"},
    {"a skip brings no parts", "part p T authors=tax\n start s\n task a role=tax returns=p?\n end e\n s > a > e",
     DEAD "skip a reason=x +p => refused PART"},

    {"an irrevocable step may have been done", "start s\n task a irrevocable\n task b\n end e\n s > a > b > e",
     DEAD "skip a reason=x => refused UNEXPECTED\n ? text irrevocable\n retry a => drop a; resolved a; deliver a"},
    {"but one that never opened has not", "start s\n task a irrevocable role=nobody\n task b\n end e\n s > a > b > e",
     "open => incident a\n skip reason=x => resolved a; deliver b"},
    {"nor is one skipped while it is asked back",
     "start s\n task a irrevocable\n on-message w at=a op=stop role=citizen\n task b\n end e\n s > a > e\n w > b > e",
     "open => deliver a\n receipt a =>\n message stop => cancel a\n undeliverable a => incident a\n skip a reason=x => refused UNEXPECTED\n ? text a retry asks again"},
    {"nor one whose rule cannot be evaluated",
     "fact n decimal setters=operator\n start s\n task a requires=n:>=:2\n end e\n s > a > e",
     "open => incident a\n skip reason=x => refused UNEXPECTED\n ? text cannot be skipped"},
    {"or does not hold", "fact n decimal setters=desk\n start s sets=n\n task a requires=n:>=:2\n end e\n s > a > e",
     "open n=1 => incident a\n skip reason=x => refused UNEXPECTED\n ? text which does not hold"},
    {"gateways decide and are not skipped",
     "fact n decimal setters=tax,operator\n start s\n exclusive g default=b\n task a\n task b\n end e\n s > g > a ? n > 5\n g > b > e\n a > e",
     "open => incident g\n skip reason=x => refused UNEXPECTED\n ? text only tasks and timers"},
    {"a timer whose way breaks a rule does not happen",
     "start s status=1\n task a budget=60m\n on-timer t at=a spent parallel-to\n send b role=desk status=9\n end e\n s > a > e\n t > b > e",
     "open => status 1; arm t 06-03 09:00; deliver a\n receipt a =>\n wait 60m\n timer t => incident t\n skip reason=x => resolved t\n"
     "answer a => ended"},
    {"what was skipped was not done: compensation does not undo it",
     "start s\n task a\n on-compensation oa at=a by=ua\n task ua undo\n task b\n on-compensation ob at=b by=ub\n task ub undo\n compensate c\n end e\n s > a > b > c > e",
     DEAD
     "skip a reason=x => drop a; resolved a; deliver b\n receipt b =>\n answer b => deliver ub\n receipt ub =>\n answer ub => ended"},
    {"an instance is skipped by its step, and what it must say is collected",
     "fact who list setters=desk\n fact says text setters=board\n fact said list setters=engine\n start s sets=who\n task a role=board over=who sets=says collect=says:said\n end e\n s > a > e",
     "open who=x,y => deliver a@x; deliver a@y\n undeliverable a@x => incident a\n undeliverable a@y => incident a\n"
     "skip element=a reason=x says=no => refused UNEXPECTED\n ? text name the step\n skip a@x reason=x => refused FACT\n"
     "skip a@x reason=x says=no => drop a@x; resolved a\n receipt a@y => resolved a\n answer a@y says=yes => ended\n ? fact said no,yes"},

    {"an impossible answer is an incident until the agency answers again", PLAIN,
     "open => deliver a\n receipt a =>\n answer a x=1 => refused FACT\n impossible a reason=bad => incident a\n ? text bad\n ? incidents 1\n"
     "answer a => resolved a; deliver b"},
    {"a late receipt does not hide it", PLAIN,
     "open => deliver a\n impossible a reason=bad => incident a\n receipt a =>\n ? incidents 1"},
    {"its step is retried without asking for it back: it has answered", PLAIN,
     "open => deliver a\n receipt a =>\n impossible a reason=bad => incident a\n retry => resolved a; deliver a\n answer a#1 => refused STEP_CLOSED\n"
     "receipt a =>\n answer a => deliver b"},
    {"or skipped, even when it is irrevocable", "start s\n task a irrevocable\n task b\n end e\n s > a > b > e",
     "open => deliver a\n receipt a =>\n impossible a reason=bad => incident a\n skip reason=x => resolved a; deliver b"},
    {"it came before a withdrawal: the skip counts as the answer that won",
     "start s\n subprocess u\n start us in=u\n task a in=u irrevocable\n task b in=u\n end ue in=u\n on-message w at=u op=stop role=citizen\n task c\n end e\n"
     "s > u > e\n us > a > b > ue\n w > c > e",
     "open => deliver a\n receipt a =>\n impossible a reason=bad => incident a\n message stop => cancel a\n"
     "skip reason=x => resolved a; inform citizen stop.refused; deliver b"},
    {"nobody minds an impossible answer to what was given up",
     "start s\n task a\n on-message w at=a op=stop role=citizen\n task b\n end e\n s > a > e\n w > b > e",
     "open => deliver a\n message stop => drop a; cancel a; deliver b\n impossible a reason=bad => ignored"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
