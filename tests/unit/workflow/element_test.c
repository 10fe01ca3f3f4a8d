/* What each kind of element does, one small procedure each. */
#include "script.h"
#include "base/memory.h"

static const struct script_case cases[] = {
    {"a task is delivered, received, answered, and the process ends", "start s\n task a\n end e\n s > a > e",
     "open => deliver a\n receipt a => \n answer a => ended\n answer a => refused STEP_CLOSED"},
    {"a user task is delivered like a service task", "start s\n user a role=desk\n end e\n s > a > e",
     "open => deliver a\n answer a => drop a; ended"},
    {"a send task goes on at once", "start s\n send n role=portal op=news\n task a\n end e\n s > n > a > e",
     "open => inform portal news; deliver a"},
    {"an exclusive gateway takes the flow whose condition holds",
     "fact x text setters=land\n start s\n task a sets=x\n exclusive g default=c\n task b\n task c\n end e\n"
     "s > a > g > b ? x = yes\n g > c > e\n b > e",
     "open => deliver a\n receipt a =>\n answer a x=yes => deliver b"},
    {"otherwise its default",
     "fact x text setters=land\n start s\n task a sets=x\n exclusive g default=c\n task b\n task c\n end e\n"
     "s > a > g > b ? x = yes\n g > c > e\n b > e",
     "open => deliver a\n receipt a =>\n answer a x=no => deliver c"},
    {"without a default and a condition that holds: an incident",
     "fact x text setters=land,operator\n start s\n task a sets=x\n exclusive g\n task b\n task c\n end e\n"
     "s > a > g > b ? x = yes\n g > c ? x = no\n b > e\n c > e",
     "open => deliver a\n receipt a =>\n answer a x=maybe => incident g\n correct x=no => resolved g; deliver c"},
    {"a parallel gateway splits, and joins when all have come",
     "start s\n parallel f\n task a\n task b\n task c\n parallel j\n end e\n s > f > a > j > e\n f > b > j\n f > c > j",
     "open => deliver a; deliver b; deliver c\n receipt b =>\n receipt a =>\n receipt c =>\n"
     "answer b => \n answer a => \n answer c => ended"},
    {"a join waits for its own flows, not for two tokens of one",
     "start s\n parallel f\n task a\n task b\n exclusive m\n parallel j\n task z\n end e\n"
     "s > f > a > m\n f > b > m > j > e\n f > z > j\n",
     "open => deliver a; deliver b; deliver z\n receipt a =>\n receipt b =>\n receipt z =>\n"
     "answer a =>\n answer b =>\n answer z => incident j\n ? text nothing can move"},
    {"several flows out of a task are a split",
     "start s\n task a\n task b\n task c\n end e\n s > a > b > e\n a > c > e",
     "open => deliver a\n receipt a =>\n answer a => deliver b; deliver c\n receipt b =>\n answer b =>\n"
     "receipt c =>\n answer c => ended"},
    {"a subprocess begins at its start and goes on when it is empty",
     "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task a in=p\n task b in=p\n end pe in=p\n end pf in=p\n"
     "task z\n end e\n s > p > z > e\n ps > f > a > pe\n f > b > pf",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a =>\n answer b => deliver z"},
    {"subprocesses nest",
     "start s\n subprocess p\n start ps in=p\n subprocess q in=p\n start qs in=q\n task a in=q\n end qe in=q\n end pe in=p\n"
     "end e\n s > p > e\n ps > q > pe\n qs > a > qe",
     "open => deliver a\n receipt a =>\n answer a => ended"},
    {"a terminate end gives up what is open in its scope",
     "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task a in=p\n task b in=p\n terminate t in=p\n end pf in=p\n"
     "task z\n end e\n s > p > z > e\n ps > f > a > t\n f > b > pf",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a => cancel b; deliver z\n cancelled b =>\n"
     "cancelled b => ignored"},
    {"a terminate end of the process ends the dossier",
     "start s\n parallel f\n task a\n task b\n terminate t\n end e\n s > f > a > t\n f > b > e",
     "open => deliver a; deliver b\n answer a => drop a; drop b; cancel b; ended\n answer b => "},
    {"an error end goes to the subprocess's boundary",
     "start s\n subprocess p\n start ps in=p\n task a in=p\n task b in=p\n parallel f in=p\n error-end x in=p error=BAD\n end pe in=p\n"
     "on-error c at=p error=BAD\n task z\n end e\n s > p > e\n ps > f > a > x\n f > b > pe\n c > z > e",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a => cancel b; deliver z"},
    {"an error end of the process ends the dossier", "start s\n task a\n error-end x error=BAD\n s > a > x",
     "open => deliver a\n receipt a =>\n answer a => ended\n ? text error BAD"},
    {"an error goes to the task's own boundary first",
     "start s\n subprocess p\n start ps in=p\n task a in=p raises=BAD\n end pe in=p\n on-error own in=p at=a error=BAD\n"
     "task y in=p\n end ye in=p\n on-error outer at=p error=BAD\n task z\n end e\n s > p > e\n ps > a > pe\n own > y > ye\n"
     "outer > z > e",
     "open => deliver a\n receipt a =>\n answer a error=BAD => deliver y"},
    {"else up the scopes, the one that names it before the one that takes any",
     "start s\n subprocess p\n start ps in=p\n subprocess q in=p\n start qs in=q\n task a in=q raises=BAD,WORSE\n end qe in=q\n"
     "end pe in=p\n on-error any at=p\n on-error named at=p error=BAD\n task y\n task z\n end e\n s > p > e\n ps > q > pe\n"
     "qs > a > qe\n named > y > e\n any > z > e",
     "open => deliver a\n receipt a =>\n answer a error=BAD => deliver y"},
    {"and the one that takes any error for the others",
     "start s\n subprocess p\n start ps in=p\n task a in=p raises=BAD,WORSE\n end pe in=p\n on-error any at=p\n"
     "on-error named at=p error=BAD\n task y\n task z\n end e\n s > p > e\n ps > a > pe\n named > y > e\n any > z > e",
     "open => deliver a\n receipt a =>\n answer a error=WORSE => deliver z"},
    {"an error that the task does not declare is refused",
     "start s\n task a raises=BAD\n on-error c at=a error=BAD\n end e\n s > a > e\n c > e",
     "open => deliver a\n answer a error=OTHER => refused UNEXPECTED\n answer a error=BAD => drop a; ended"},
    {"a catch event waits for its message, from its role", "start s\n catch m op=paid role=citizen\n end e\n s > m > e",
     "open => \n message other => refused UNEXPECTED\n message paid from=tax => refused UNEXPECTED\n message paid => ended\n"
     "message paid => refused DOSSIER_ENDED"},
    {"a receive task waits likewise, and has boundary timers",
     "start s\n receive m op=paid role=citizen\n on-timer t at=m after=480m\n end e\n end late\n s > m > e\n t > late",
     "open => arm t 06-04 08:00\n message paid => disarm t; ended"},
    {"its timer ends the waiting",
     "start s\n receive m op=paid role=citizen\n on-timer t at=m after=480m\n end e\n end late\n s > m > e\n t > late",
     "open => arm t 06-04 08:00\n timer t => refused UNEXPECTED\n at 2024-06-04 08:00\n timer t => ended\n"
     "message paid => refused DOSSIER_ENDED"},
    {"a catch timer waits working time", "start s\n timer t after=240m\n end e\n s > t > e",
     "open => arm t 06-03 13:30\n at 2024-06-03 13:30\n timer t => ended\n timer t => ignored"},
    {"a catch timer waits plain time", "start s\n timer t elapsed=600000\n end e\n s > t > e",
     "open => arm t 06-03 08:10\n wait 10m\n timer t => ended"},
    {"a catch timer waits days as they come", "start s\n timer t after=30d\n end e\n s > t > e",
     "open => arm t 07-03 08:00\n wait 43200m\n timer t => ended"},
    {"a boundary message interrupts a task",
     "start s\n task a\n on-message m at=a op=stop role=citizen\n task z\n end e\n s > a > e\n m > z > e",
     "open => deliver a\n receipt a =>\n message stop => cancel a; deliver z\n answer a =>\n answer a => refused STEP_CLOSED"},
    {"a boundary message beside a task lets it go on",
     "start s\n task a\n on-message m at=a op=note role=citizen parallel-to\n task z\n end e\n s > a > e\n m > z > e",
     "open => deliver a\n message note => deliver z\n message note => deliver z\n receipt a =>\n answer a =>\n"
     "message note => refused TOO_LATE"},
    {"a boundary timer interrupts a task when its budget is spent",
     "start s\n task a budget=480m\n on-timer t at=a spent\n task z\n end e\n s > a > e\n t > z > e",
     "open => arm t 06-04 08:00; deliver a\n receipt a =>\n at 2024-06-04 08:00\n timer t => cancel a; deliver z"},
    {"a boundary timer beside a task chases it once",
     "start s\n task a budget=480m\n on-timer t at=a spent parallel-to\n send n role=desk op=late\n end e\n s > a > e\n t > n > e",
     "open => arm t 06-04 08:00; deliver a\n receipt a =>\n at 2024-06-04 08:00\n timer t => inform desk late\n"
     "timer t => ignored\n answer a => ended"},
    {"a boundary timer is disarmed by the answer",
     "start s\n task a budget=480m\n on-timer t at=a spent\n task z\n end e\n s > a > z > e\n t > z",
     "open => arm t 06-04 08:00; deliver a\n receipt a =>\n answer a => disarm t; deliver z\n timer t => ignored"},
    {"a boundary timer of a subprocess takes everything in it away",
     "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task a in=p\n catch m in=p\n end pe in=p\n on-timer t at=p after=60m\n"
     "task z\n end e\n s > p > e\n ps > f > a > pe\n f > m > pe\n t > z > e",
     "open => arm t 06-03 09:00; deliver a\n receipt a =>\n wait 60m\n timer t => cancel a; deliver z"},
    {"a boundary message of a subprocess comes too late when it is over",
     "start s\n subprocess p\n start ps in=p\n task a in=p\n end pe in=p\n on-message m at=p op=withdraw role=citizen\n task z\n"
     "end e\n s > p > z > e\n ps > a > pe\n m > e",
     "open => deliver a\n receipt a =>\n answer a => deliver z\n message withdraw => refused TOO_LATE"},
    {"and is unexpected before it begins",
     "start s\n task y\n subprocess p\n start ps in=p\n task a in=p\n end pe in=p\n on-message m at=p op=withdraw role=citizen\n"
     "end e\n s > y > p > e\n ps > a > pe\n m > e",
     "open => deliver y\n message withdraw => refused UNEXPECTED"},
    {"a message for which two places wait is refused, never given to one of them",
     "start s\n parallel f\n catch a op=go role=citizen\n catch b op=go role=citizen\n end e\n s > f > a > e\n f > b > e",
     "open =>\n message go => refused UNEXPECTED\n ? text 2 places"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
