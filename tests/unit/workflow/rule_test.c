/* The rules of common/workflow/README.md on clocks, timers, status, facts and parts. */
#include "script.h"
#include "base/memory.h"

#define LINE "start s\n task a\n task b\n task c\n end e\n s > a > b > c > e\n"
#define SETS_X "start s\n task a sets=x\n task b\n end e\n s > a > b > e"

static const struct script_case cases[] = {
    /* The dossier's clock */
    {"the clock starts within hours at once", "start s enter=start appointment=2400m\n task a\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n ? clock running due 2024-06-10 08:00\n wait 60m\n ? used 60"},
    {"received at 14:59 counts at once", "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "at 2024-06-03 14:59\n open => deliver a\n ? clock running due 2024-06-04 14:59"},
    {"received at 15:00 counts from the next working morning",
     "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "at 2024-06-03 15:00\n open => deliver a\n ? clock running due 2024-06-04 17:00\n wait 60m\n ? used 0"},
    {"received late on a Friday counts from Monday",
     "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "at 2024-06-07 15:30\n open => deliver a\n ? clock running due 2024-06-10 17:00"},
    {"the 15:00 rule looks at when it happened, not when it arrived",
     "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "at 2024-06-03 16:30\n open happened=2024-06-03T14:00 => deliver a\n ? clock running due 2024-06-04 14:00"},
    {"what happened in the future counts as now", "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "at 2024-06-03 10:00\n open happened=2024-06-03T16:00 => deliver a\n ? clock running due 2024-06-04 10:00"},
    {"a second start changes nothing",
     "start s enter=start appointment=480m\n task a enter=start appointment=60m\n end e\n s > a > e",
     "open => deliver a\n ? clock running due 2024-06-04 08:00"},
    {"a receipt stops the clock, an answer lets it go on",
     "start s enter=start appointment=480m\n task a receipt=stop done=restart\n task b\n end e\n s > a > b > e",
     "open => deliver a\n ? clock running due 2024-06-04 08:00\n wait 60m\n receipt a =>\n ? clock stopped no due\n ? used 60\n"
     "at 2024-06-05 08:00\n ? used 60\n answer a => deliver b\n ? clock running due 2024-06-05 16:30"},
    {"a second receipt is ignored", "start s enter=start appointment=480m\n task a receipt=stop\n end e\n s > a > e",
     "open => deliver a\n receipt a =>\n receipt a => ignored"},
    {"an answer without a receipt counts as both",
     "start s enter=start appointment=480m\n task a receipt=stop\n task b\n end e\n s > a > b > e",
     "open => deliver a\n answer a => drop a; deliver b\n ? clock stopped no due"},
    {"a receipt never counts from before the step's opening",
     "start s enter=start appointment=480m\n task a\n task b receipt=stop\n end e\n s > a > b > e",
     "at 2024-06-03 08:00\n open => deliver a\n receipt a =>\n at 2024-06-03 10:00\n answer a => deliver b\n"
     "receipt b happened=2024-06-03T08:30 =>\n ? used 120"},
    {"the time that a receipt was on the line is not used",
     "start s enter=start appointment=480m\n task a receipt=stop\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-05 08:00\n receipt a happened=2024-06-03T09:00 =>\n ? used 60"},
    {"the second appointment begins anew",
     "start s enter=start appointment=2400m\n task a receipt=stop\n task b enter=restart appointment=1440m\n end e\n s > a > b > e",
     "open => deliver a\n receipt a =>\n at 2024-06-10 08:00\n answer a => deliver b\n ? clock running due 2024-06-13 08:00\n"
     "? used 0"},
    {"the clock ends for good",
     "start s enter=start appointment=480m\n task a done=end\n task b enter=restart appointment=480m\n end e\n s > a > b > e",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n ? clock ended due 2024-06-04 08:00"},
    {"the end of the dossier ends its clock", "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "open => deliver a\n receipt a =>\n answer a => ended\n ? clock ended due 2024-06-04 08:00"},
    {"an appointment in days as they come is due on a day off too",
     "start s enter=start appointment=5d\n task a\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n ? clock running due 2024-06-08 08:00"},

    {"three working days over Tết", "start s enter=start appointment=1440m\n task a\n end e\n s > a > e",
     "at 2025-01-24 08:00\n open => deliver a\n ? clock running due 2025-02-05 08:00"},
    {"three days as they come over Tết", "start s enter=start appointment=3d\n task a\n end e\n s > a > e",
     "at 2025-01-24 08:00\n open => deliver a\n ? clock running due 2025-01-27 08:00"},
    {"received after 15:00 before a half day", "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "at 2026-02-12 15:00\n open => deliver a\n ? clock running due 2026-02-23 11:30"},
    {"a worked Saturday counts", "start s enter=start appointment=480m\n task a\n end e\n s > a > e",
     "at 2026-01-09 14:00\n open => deliver a\n ? clock running due 2026-01-10 14:00"},

    /* The apology */
    {"an apology moves the appointment once, a second one on the main way is passed over, with its status and clock",
     "fact dossier.reschedules decimal setters=engine\n start s status=1 enter=start appointment=480m\n"
     "task a reschedules appointment=480m\n exclusive g default=b\n"
     "task b reschedules appointment=480m status=2 status-done=4 done=stop\n task c\n end e\n"
     "s > a > g > b > c > e\n g > e ? dossier.reschedules = 0",
     "open => status 1; deliver a\n receipt a =>\n wait 60m\n answer a => status 2; status 4; deliver c\n"
     "? clock stopped no due\n receipt c =>\n answer c => ended"},
    {"two apologies on ways that join: the join does not wait for the one that is passed over",
     "start s enter=start appointment=480m\n parallel f\n task a reschedules appointment=480m\n"
     "task b reschedules appointment=480m\n parallel j\n task c\n end e\n s > f > a > j > c > e\n f > b > j",
     "open => deliver a\n ? text not opened\n receipt a =>\n answer a => deliver c\n ? clock running due 2024-06-05 08:00"},
    {"behind a warning that does not ask whether there was an apology, a second one is not opened",
     "start s enter=start appointment=960m\n task a\n on-timer t at=a before=480m parallel-to\n"
     "task sorry role=tax reschedules appointment=480m\n end ne\n end e\n s > a > e\n t > sorry > ne",
     "open => arm t 06-04 08:00; deliver a\n receipt a =>\n at 2024-06-04 08:00\n timer t => deliver sorry\n receipt sorry =>\n"
     "answer sorry => arm t 06-05 08:00\n ? clock running due 2024-06-06 08:00\n at 2024-06-05 08:00\n timer t =>\n"
     "? text has had its one new appointment\n ? incidents 0\n answer a => ended"},
    {"an apology after the due instant counts from when it happened, and stays so over a pause",
     "start s enter=start appointment=480m\n task a reschedules appointment=480m\n task b receipt=stop\n"
     "task c enter=restart\n end e\n s > a > b > c > e",
     "at 2024-06-03 08:00\n open => deliver a\n receipt a =>\n at 2024-06-07 10:00\n answer a happened=2024-06-07T08:00 => deliver b\n"
     "? clock running due 2024-06-10 08:00\n receipt b =>\n at 2024-06-11 08:00\n answer b => deliver c\n"
     "? clock running due 2024-06-11 15:30"},
    {"an apology while the clock is paused counts when it goes on",
     "start s enter=start appointment=480m\n task a enter=stop reschedules appointment=480m\n task b enter=restart\n end e\n"
     "s > a > b > e",
     "open => deliver a\n receipt a =>\n at 2024-06-10 08:00\n answer a => deliver b\n ? clock running due 2024-06-12 08:00"},
    {"an apology that is not answered when the next appointment warns: no second one",
     "fact dossier.reschedules decimal setters=engine\n start s enter=start appointment=960m\n subprocess p\n start ps in=p\n task a in=p\n"
     "task b in=p enter=restart appointment=1440m\n end pe in=p\n on-timer t at=p before=480m parallel-to\n exclusive g default=ne\n"
     "task sorry role=tax reschedules appointment=480m\n end ne\n end e\n s > p > e\n ps > a > b > pe\n t > g > ne\n"
     "g > sorry ? dossier.reschedules = 0\n sorry > ne",
     "open => arm t 06-04 08:00; deliver a\n receipt a =>\n at 2024-06-04 08:00\n timer t => deliver sorry\n receipt sorry =>\n"
     "answer a => arm t 06-06 08:00; deliver b\n at 2024-06-06 08:00\n timer t =>\n ? text not opened\n ? incidents 0\n"
     "answer sorry => arm t 06-07 08:00\n ? clock running due 2024-06-10 08:00\n at 2024-06-07 08:00\n timer t =>\n receipt b =>\n answer b => ended"},
    {"one that was given up makes way for another",
     "start s enter=start appointment=960m\n subprocess p\n start ps in=p\n task x in=p reschedules appointment=480m\n end pe in=p\n"
     "on-timer t at=p elapsed=60000\n task y reschedules appointment=480m\n end e\n s > p > e\n ps > x > pe\n t > y > e",
     "open => arm t 06-03 08:01; deliver x\n receipt x =>\n wait 1m\n timer t => cancel x; deliver y"},
    {"an apology without an appointment is refused",
     "start s\n task a reschedules appointment=480m\n end e\n s > a > e",
     "open => deliver a\n receipt a =>\n answer a => refused UNEXPECTED"},

    /* The line */
    {"the time that the line was away before the receipt is charged to nobody, and said",
     "start s enter=start appointment=2400m\n task a budget=480m\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n ? step a running due 2024-06-04 08:00\n at 2024-06-05 10:00\n"
     "receipt a away=3000 => away a\n ? text away for 50 h 00 min before it had this, 18 h 00 min of them\n"
     "? step a running due 2024-06-06 10:00\n ? clock running due 2024-06-10 08:00\n ? used 1080"},
    {"an outage outside working time moves nothing", "start s\n task a budget=480m\n end e\n s > a > e",
     "at 2024-06-03 18:00\n open => deliver a\n at 2024-06-04 07:00\n receipt a away=780 => away a\n ? text 0 h 00 min of them\n"
     "? step a running due 2024-06-04 17:00"},
    {"an outage over a night counts what it took of the working day, not what as many hours would take elsewhere",
     "start s\n task a budget=480m\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-05 16:00\n"
     "receipt a away=2024-06-03T16:00/2024-06-04T08:00 => away a\n ? text away for 16 h 00 min before it had this, 1 h 30 min of them\n"
     "? step a running due 2024-06-04 09:30"},
    {"several outages pause where each was: two nights cost nothing, the morning between them what it had of working time",
     "start s\n task a budget=960m\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-05 10:00\n"
     "receipt a away=2024-06-03T17:00/2024-06-04T07:30 away=2024-06-04T09:00/2024-06-04T10:00 away=2024-06-04T18:00/2024-06-05T07:00 => away a\n"
     "? text away 3 times, for 28 h 30 min before it had this, 1 h 00 min of them\n ? step a running due 2024-06-05 09:00"},
    {"over a weekend and a holiday", "start s\n task a budget=960m\n end e\n s > a > e",
     "at 2024-08-30 08:00\n open => deliver a\n at 2024-09-04 08:00\n"
     "receipt a away=2024-08-30T16:00/2024-09-03T17:00 away=2024-09-04T07:30/2024-09-04T08:00 => away a\n"
     "? text away 2 times, for 97 h 30 min before it had this"},
    {"what lies before the opening, behind the receipt, or in another outage does not count again",
     "start s\n task a budget=480m\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-03 11:00\n"
     "receipt a away=2024-06-02T08:00/2024-06-03T09:00 away=2024-06-03T08:30/2024-06-03T09:00 away=2024-06-03T10:30/2024-06-04T10:00 => away a\n"
     "? text away 2 times, for 1 h 30 min before it had this, 1 h 30 min of them\n ? step a running due 2024-06-04 09:30"},
    {"an answer without a receipt: the time behind the answer is not counted, whatever the line did then",
     "start s\n task a budget=480m receipt=start appointment=960m\n task b\n end e\n s > a > b > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-05 10:00\n"
     "answer a happened=2024-06-04T09:00 away=2024-06-03T09:00/2024-06-03T10:00 away=2024-06-04T10:00/2024-06-05T10:00 => away a; drop a; deliver b\n"
     "? text away for 1 h 00 min before it had this, 1 h 00 min of them"},
    {"what was measured counts for no more than the wait, and right before the receipt",
     "start s\n task a budget=480m\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-03 10:00\n receipt a away=60000 happened=2024-06-03T09:00 => away a\n"
     "? step a running due 2024-06-04 09:00"},
    {"the wait while the line was up is the agency's", "start s\n task a budget=480m\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-04 08:00\n receipt a away=1440 happened=2024-06-04T08:00 => away a\n"
     "? step a running due 2024-06-05 08:00\n receipt a away=60 => ignored"},
    {"an hour waited over a line that stood, and an outage after it",
     "start s\n task a budget=480m\n end e\n s > a > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-03 11:00\n receipt a away=120 => away a\n"
     "? step a running due 2024-06-04 10:00"},
    {"after the receipt the line does not matter: when it was answered does",
     "start s\n task a budget=480m\n task b\n end e\n s > a > b > e",
     "at 2024-06-03 08:00\n open => deliver a\n receipt a =>\n at 2024-06-07 08:00\n"
     "answer a away=5000 happened=2024-06-03T16:00 => deliver b\n ? step b running no due"},
    {"an answer without a receipt: the line was away first",
     "start s\n task a budget=480m receipt=start appointment=960m\n task b\n end e\n s > a > b > e",
     "at 2024-06-03 08:00\n open => deliver a\n at 2024-06-05 10:00\n answer a away=1440 => away a; drop a; deliver b"},
    {"a timer at the end of the budget moves with it, one that rang before does not ring again",
     "start s\n task a budget=480m\n on-timer t at=a spent parallel-to\n on-timer u at=a elapsed=60000 parallel-to\n send n role=desk op=late\n"
     "end ne\n end ue\n end e\n s > a > e\n t > n > ne\n u > ue",
     "at 2024-06-03 08:00\n open => arm t 06-04 08:00; arm u 06-03 08:01; deliver a\n at 2024-06-03 10:00\n timer u =>\n"
     "receipt a away=120 => arm t 06-04 10:00; away a\n timer t generation=1 => ignored\n at 2024-06-04 10:00\n timer t => inform desk late\n"
     "answer a => ended"},
    {"a budget that ran out while the line was away is whole again when it is back",
     "start s\n task a budget=480m\n on-timer t at=a spent parallel-to\n send n role=desk op=late\n end ne\n end e\n s > a > e\n t > n > ne",
     "at 2024-06-03 08:00\n open => arm t 06-04 08:00; deliver a\n at 2024-06-04 08:00\n timer t => inform desk late\n at 2024-06-05 08:00\n"
     "receipt a away=2880 => away a\n ? step a running due 2024-06-06 08:00\n timer t => ignored"},
    {"outside the calendar nothing changes", "start s\n task a budget=60m\n end e\n s > a > e",
     "at 2026-12-31 15:00\n open => deliver a\n at 2027-01-04 10:00\n receipt a away=5000 => refused INTERNAL"},

    /* Timers before the due instant */
    {"a timer before the due instant is armed when the clock runs",
     "start s\n subprocess p\n start ps in=p\n task a in=p done=start appointment=960m\n task b in=p receipt=stop done=restart\n"
     "task c in=p\n end pe in=p\n on-timer t at=p before=480m parallel-to\n send n role=desk op=soon\n end ne\n end e\n"
     "s > p > e\n ps > a > b > c > pe\n t > n > ne",
     "open => deliver a\n receipt a =>\n answer a => arm t 06-04 08:00; deliver b\n"
     "wait 60m\n receipt b => disarm t\n timer t => ignored\n wait 60m\n answer b => arm t 06-04 09:00; deliver c\n"
     "timer t generation=1 => ignored\n at 2024-06-04 09:00\n timer t => inform desk soon\n receipt c =>\n answer c => ended"},
    {"it moves with a new appointment",
     "start s enter=start appointment=480m\n subprocess p\n start ps in=p\n task a in=p\n task b in=p enter=restart "
     "appointment=960m\n"
     "end pe in=p\n on-timer t at=p before=60m parallel-to\n end ne\n end e\n s > p > e\n ps > a > b > pe\n t > ne",
     "open => arm t 06-03 16:30; deliver a\n receipt a =>\n answer a => arm t 06-04 16:30; deliver b\n"
     "at 2024-06-03 16:30\n timer t generation=1 => ignored\n at 2024-06-04 16:30\n timer t => "},
    {"it warns of each appointment, once each, and of the one that an apology moved",
     "start s enter=start appointment=960m\n subprocess p\n start ps in=p\n task a in=p receipt=stop\n task b in=p enter=restart\n"
     "task c in=p enter=restart appointment=960m reschedules\n task d in=p\n end pe in=p\n"
     "on-timer t at=p before=480m parallel-to\n send n role=desk op=soon\n end ne\n end e\n"
     "s > p > e\n ps > a > b > c > d > pe\n t > n > ne",
     "open => arm t 06-04 08:00; deliver a\n at 2024-06-04 08:00\n timer t => inform desk soon\n timer t => ignored\n"
     "receipt a =>\n wait 60m\n answer a => deliver b\n" /* stopped and gone on: the same appointment */
     "receipt b =>\n answer b => arm t 06-05 09:00; deliver c\n at 2024-06-05 09:00\n timer t => inform desk soon\n"
     "receipt c =>\n answer c => arm t 06-07 09:00; deliver d\n at 2024-06-07 09:00\n timer t => inform desk soon\n"
     "timer t => ignored\n receipt d =>\n answer d => ended"},
    {"a warning in an event subprocess, too; one that interrupts warns once",
     "start s enter=start appointment=960m\n task a\n task b enter=restart appointment=960m\n end e\n event-subprocess h\n"
     "start-timer hs in=h before=480m parallel-to\n send n in=h role=desk op=soon\n end he in=h\n"
     "event-subprocess k\n start-timer ks in=k before=60m\n task c in=k enter=restart appointment=960m\n end ke in=k\n"
     "s > a > b > e\n hs > n > he\n ks > c > ke",
     "open => arm hs 06-04 08:00; arm ks 06-04 16:30; deliver a\n receipt a =>\n at 2024-06-04 08:00\n timer hs => inform desk soon\n"
     "answer a => arm hs 06-05 08:00; arm ks 06-05 16:30; deliver b\n at 2024-06-05 08:00\n timer hs => inform desk soon\n"
     "at 2024-06-05 16:30\n timer ks => drop b; cancel b; deliver c\n timer ks => ignored\n timer hs => ignored"},
    {"what is past on arming is due at once, once",
     "start s enter=start appointment=60m\n task a\n on-timer t at=a before=480m parallel-to\n send n role=desk op=soon\n end ne\n"
     "end e\n s > a > e\n t > n > ne",
     "open => arm t 06-03 08:00; deliver a\n timer t => inform desk soon\n timer t => ignored"},
    {"it falls silent with the clock's end",
     "start s enter=start appointment=960m\n subprocess p\n start ps in=p\n task a in=p done=end\n task b in=p\n end pe in=p\n"
     "on-timer t at=p before=480m parallel-to\n end ne\n end e\n s > p > e\n ps > a > b > pe\n t > ne",
     "open => arm t 06-04 08:00; deliver a\n receipt a =>\n answer a => disarm t; deliver b\n timer t => ignored"},
    {"a budget in days as they come",
     "start s\n task a budget=30d\n on-timer t at=a spent\n end e\n end f\n s > a > e\n t > f",
     "open => arm t 07-03 08:00; deliver a"},

    /* Status */
    {"a new appointment and the end inform them, too; a clock that stops does not",
     "process inform=portal\n start s status=1 enter=start appointment=480m\n task a receipt=stop\n"
     "task b enter=restart appointment=480m\n end e\n s > a > b > e",
     "at 2024-06-03 08:00\n open => status 1; inform portal dossier.status; deliver a\n receipt a =>\n"
     "answer a => deliver b; inform portal dossier.status\n receipt b =>\n answer b => ended; inform portal dossier.status"},
    {"each change informs the inform roles",
     "process inform=portal,desk\n start s status=1\n task a status=2\n end e\n s > a > e",
     "open => status 1; inform portal dossier.status; inform desk dossier.status; status 2; inform portal dossier.status; "
     "inform desk dossier.status; deliver a"},
    {"the same status again is no change", "start s status=1\n task a status=1\n end e\n s > a > e",
     "open => status 1; deliver a"},
    {"a move that the table does not allow is refused whole",
     "start s status=1\n task a status-done=9\n end e\n s > a > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => refused STATUS\n ? status 1\n answer a => refused STATUS"},
    {"also when it comes much later on the way",
     "fact x text setters=land\n start s status=1\n task a sets=x\n send n role=portal\n end e status=10\n s > a > n > e",
     "open => status 1; deliver a\n answer a x=1 => refused STATUS\n ? status 1"},
    {"a supplement returns to where it came from",
     "start s status=1\n task a status-done=5\n task b status-done=255\n end e\n s > a > b > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => status 5; deliver b\n receipt b =>\n answer b => status 1; ended"},
    {"a supplement is requested with every gap, the stage, the legal basis and the approver, or refused",
     "fact ask text setters=land\n fact supplement.gaps list setters=land\n fact supplement.stage text setters=land\n"
     "fact supplement.basis text setters=land\n fact supplement.approver text setters=land\n start s status=1\n"
     "task a sets=ask,supplement.gaps?,supplement.stage?,supplement.basis?,supplement.approver?\n exclusive g default=w\n"
     "receive w op=supplement role=citizen status=5 status-done=255\n end e\n s > a > g > w > e\n g > e ? ask = no",
     "open => status 1; deliver a\n receipt a =>\n answer a ask=yes => refused FACT\n ? text \"supplement.gaps\" is missing\n"
     "answer a ask=yes supplement.gaps=map,contract => refused FACT\n ? text \"supplement.stage\" is missing\n"
     "answer a ask=yes supplement.gaps= supplement.stage=appraisal supplement.basis=61/2018 supplement.approver=D-007 => refused FACT\n"
     "answer a ask=yes supplement.gaps=map supplement.stage=appraisal supplement.approver=D-007 => refused FACT\n"
     "? text \"supplement.basis\" is missing\n"
     "answer a ask=yes supplement.gaps=map supplement.stage=appraisal supplement.basis=61/2018 => refused FACT\n"
     "answer a ask=yes supplement.gaps=map,contract supplement.stage=appraisal supplement.basis=61/2018 supplement.approver=D-007 => status 5"},
    {"no supplement, nothing to say of it",
     "fact ask text setters=land\n fact supplement.basis text setters=land\n start s status=1\n task a sets=ask,supplement.basis?\n"
     "exclusive g default=w\n receive w op=supplement role=citizen status=5 status-done=255\n end e\n s > a > g > w > e\n g > e ? ask = no",
     "open => status 1; deliver a\n receipt a =>\n answer a ask=no => ended"},
    {"a supplement is requested once, whatever the definition says",
     "fact again text setters=land\n start s status=1\n exclusive m\n task a status-done=5\n task b status-done=255 sets=again\n"
     "exclusive g default=e\n end e\n s > m > a > b > g > m ? again = yes\n g > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => status 5; deliver b\n receipt b =>\n"
     "answer b again=yes => status 1; deliver a\n receipt a =>\n answer a => refused SUPPLEMENT_ONCE\n ? status 1"},
    {"a return while not in a supplement changes nothing",
     "start s status=1\n task a status-done=255\n end e\n s > a > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => ended"},

    /* Who may open, answer, set */
    {"only a trigger role opens", LINE,
     "open from=tax => refused NOT_ENTITLED\n open => deliver a\n open => refused UNEXPECTED"},
    {"another agency's step is not yours", LINE,
     "open => deliver a\n answer a as=tax => refused NOT_YOUR_STEP\n receipt a as=tax => refused NOT_YOUR_STEP\n"
     "cancelled a as=tax => refused NOT_YOUR_STEP"},
    {"nobody gives up a step unasked", LINE,
     "open => deliver a\n cancelled a => refused UNEXPECTED\n receipt a =>\n answer a => deliver b"},
    {"a closed step stays closed", LINE,
     "open => deliver a\n receipt a =>\n answer a => deliver b\n answer a => refused STEP_CLOSED\n receipt a => ignored\n"
     "cancelled a => ignored"},
    {"an undeclared fact is refused", LINE, "open => deliver a\n answer a x=1 => refused FACT"},
    {"a fact that the step does not set is refused", "fact x text setters=land\n fact y text setters=land\n" SETS_X,
     "open => deliver a\n answer a x=1 y=1 => refused FACT\n ? text \"y\" is not of this step\n answer a x=1 => drop a; deliver b\n"
     "answer b x=1 => refused FACT\n ? text \"x\" is not of this step\n answer b => drop b; ended"},
    {"a fact that the step sets must come, also when it came in an earlier round",
     "fact x text setters=land\n start s\n exclusive m\n task a sets=x\n exclusive g default=e\n end e\n"
     "s > m > a > g > m ? x = again\n g > e",
     "open => deliver a\n answer a => refused FACT\n ? text \"x\" is missing\n answer a x=again => drop a; deliver a\n"
     "answer a => refused FACT\n ? text \"x\" is missing\n answer a x=done => drop a; ended"},
    {"an optional fact need not, and keeps its value",
     "fact x text setters=land\n start s\n exclusive m\n task a sets=x\n task b sets=x?\n exclusive g default=e\n task c\n end e\n"
     "s > m > a > b > g > c ? x = yes\n g > e\n c > e",
     "open => deliver a\n answer a x=yes => drop a; deliver b\n answer b => drop b; deliver c"},
    {"an error answer need bring no fact, and may bring the step's own only",
     "fact x text setters=land\n fact y text setters=land\n start s\n task a sets=x raises=NO\n on-error n at=a\n"
     "exclusive g default=e\n task b\n end e\n s > a > e\n n > g > b ? x = why\n g > e\n b > e",
     "open => deliver a\n answer a error=NO y=1 => refused FACT\n answer a error=NO x=why => drop a; deliver b"},
    {"an error answer without a fact",
     "fact x text setters=land\n start s\n task a sets=x raises=NO\n on-error n at=a\n end e\n s > a > e\n n > e",
     "open => deliver a\n answer a => refused FACT\n answer a error=NO => drop a; ended"},
    {"a message brings its facts and no others",
     "fact x text setters=citizen\n fact y text setters=citizen\n start s\n catch m op=go role=citizen sets=x\n"
     "task a\n on-message n at=a op=note role=citizen sets=y\n end e\n s > m > a > e\n n > e",
     "open =>\n message go => refused FACT\n ? text \"x\" is missing\n message go x=1 y=1 => refused FACT\n"
     "message go x=1 => deliver a\n message note => refused FACT\n message note x=1 y=1 => refused FACT\n"
     "message note y=1 => drop a; cancel a; ended"},
    {"a submission brings its facts and no others",
     "fact x text setters=desk\n fact y text setters=desk,land\n start s sets=x\n task a sets=y\n end e\n s > a > e",
     "open => refused FACT\n ? text \"x\" is missing: \"s\" must set it\n open x=1 y=1 => refused FACT\n open x=1 => deliver a\n"
     "answer a y=1 => drop a; ended"},
    {"an operator's correction is of no step",
     "fact x text setters=operator,land\n start s\n task a requires=x:=:1\n end e\n s > a > e",
     "open => incident a\n correct x=1 => resolved a; deliver a"},
    {"an engine's fact is nobody's to set", "fact dossier.late yes-no setters=engine\n" LINE,
     "open => deliver a\n answer a dossier.late=yes => refused FACT"},
    {"a fact outside its allowed values is refused", "fact x text setters=land values=yes,no\n" SETS_X,
     "open => deliver a\n answer a x=maybe => refused FACT\n answer a x=yes => drop a; deliver b"},
    {"a fact of another type is refused", "fact x decimal setters=land\n" SETS_X,
     "open => deliver a\n answer a x=maybe => refused FACT\n ? text another type\n answer a x=1.50 => drop a; deliver b"},
    {"a fact that stands twice is refused", "fact x text setters=land\n" SETS_X,
     "open => deliver a\n answer a x=1 x=1 => refused FACT\n ? text stands twice"},
    {"a part must be brought", "part p T authors=land\n start s\n task a returns=p\n end e\n s > a > e",
     "open => deliver a\n answer a => refused PART\n answer a +p => drop a; ended"},
    {"an optional part need not", "part p T authors=land\n start s\n task a returns=p?\n end e\n s > a > e",
     "open => deliver a\n answer a => drop a; ended"},
    {"a part of another's is refused", "part p T authors=tax\n start s\n task a returns=p?\n end e\n s > a > e",
     "open => deliver a\n answer a +p => refused PART"},
    {"a part that the step does not return is refused", "part p T authors=land\n" LINE,
     "open => deliver a\n answer a +p => refused PART"},
    {"a part that stands twice is refused", "part p T authors=land\n start s\n task a returns=p\n end e\n s > a > e",
     "open => deliver a\n answer a +p +p => refused PART"},
    {"an error answer needs no parts",
     "part p T authors=land\n start s\n task a returns=p raises=NO\n on-error x at=a\n end e\n s > a > e\n x > e",
     "open => deliver a\n answer a error=NO => drop a; ended"},
    {"a submission brings what the start returns",
     "part p T authors=desk\n start s returns=p\n task a receives=p\n end e\n s > a > e",
     "open => refused PART\n open +p => deliver a"},
    {"the number of supplements is a fact",
     "fact dossier.supplements decimal setters=engine\n start s status=1\n exclusive m\n task a status-done=5\n task b status-done=255\n"
     "exclusive g default=e\n end e\n s > m > a > b > g > m ? dossier.supplements = 0\n g > e",
     "open => status 1; deliver a\n receipt a =>\n answer a => status 5; deliver b\n receipt b =>\n answer b => status 1; ended"},
    {"the status is a fact",
     "fact dossier.status decimal setters=engine\n start s status=2\n exclusive g default=c\n task b\n task c\n end e\n"
     "s > g > b ? dossier.status = 2\n g > c > e\n b > e",
     "open => status 2; deliver b"},
    {"late is what the clock says when it is asked",
     "fact dossier.late yes-no setters=engine\n start s enter=start appointment=60m\n task a\n exclusive g default=c\n task b\n task c\n"
     "end e\n s > a > g > b ? dossier.late = yes\n g > c > e\n b > e",
     "open => deliver a\n receipt a =>\n wait 61m\n answer a => deliver b"},
    {"and not before",
     "fact dossier.late yes-no setters=engine\n start s enter=start appointment=60m\n task a\n exclusive g default=c\n task b\n task c\n"
     "end e\n s > a > g > b ? dossier.late = yes\n g > c > e\n b > e",
     "open => deliver a\n receipt a =>\n wait 60m\n answer a => deliver c"},
    {"the channel of the submission is a fact",
     "fact dossier.channel decimal setters=engine\n start s\n exclusive g default=c\n task b\n task c\n end e\n"
     "s > g > b ? dossier.channel = 2\n g > c > e\n b > e",
     "open channel=2 => deliver b"},
    {"what opens while the router's time goes back opens at the dossier's",
     "start s\n task a\n timer t after=60m\n end e\n s > a > t > e",
     "at 2024-06-03 10:00\n open => deliver a\n receipt a =>\n at 2024-06-03 09:00\n answer a => arm t 06-03 11:00"},
    {"the router's time never goes back", "start s\n timer t after=60m\n end e\n s > t > e",
     "at 2024-06-03 10:00\n open => arm t 06-03 11:00\n at 2024-06-03 09:00\n timer t => refused UNEXPECTED"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
