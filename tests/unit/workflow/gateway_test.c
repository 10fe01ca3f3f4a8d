/* Inclusive and event-based gateways. */
#include "script.h"
#include "base/memory.h"

/* Three optional branches a, b, c by the fact n: a from 1, b from 2, c from 3; none: d. */
#define BRANCHES                                                                                                       \
    "fact n decimal setters=desk,land,operator\n start s sets=n?\n inclusive g default=d\n task a\n task b\n task c\n" \
    "task d\n inclusive j\n task z\n end e\n"                                                                          \
    "s > g > a ? n > 0\n g > b ? n > 1\n g > c ? n > 2\n g > d > j\n a > j\n b > j\n c > j > z > e\n"

/* Join j of a and of what follows b: b can go to j or to the end. */
#define AWAY                                                                                                                 \
    "fact x text setters=land\n start s\n parallel f\n task a\n task b sets=x\n exclusive g default=j\n task c\n end away\n" \
    "inclusive j\n task z\n end e\n s > f > a > j > z > e\n f > b > g > away ? x = away\n g > c ? x = c\n g > j\n c > j\n"

static const struct script_case cases[] = {
    {"an inclusive gateway takes every way whose condition holds; its join waits for just those", BRANCHES,
     "open n=2 => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer b =>\n answer a => deliver z\n receipt z =>\n"
     "answer z => ended"},
    {"one way is enough", BRANCHES, "open n=1 => deliver a\n receipt a =>\n answer a => deliver z"},
    {"all ways", BRANCHES,
     "open n=3 => deliver a; deliver b; deliver c\n receipt a =>\n receipt b =>\n receipt c =>\n answer c =>\n answer a =>\n answer b => deliver z"},
    {"none: its default", BRANCHES, "open n=0 => deliver d\n receipt d =>\n answer d => deliver z"},
    {"a condition that cannot be evaluated is an incident", BRANCHES,
     "open => incident g\n correct n=1 => resolved g; deliver a"},
    {"no way and no default: an incident",
     "fact n decimal setters=desk,operator\n start s sets=n\n inclusive g\n task a\n task b\n end e\n s > g > a ? n > 1\n g > b ? n > 2\n a > e\n b > e",
     "open n=1 => incident g\n correct n=3 => resolved g; deliver a; deliver b"},
    {"the join waits while a token can still come, and goes on when it went elsewhere", AWAY,
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a =>\n answer b x=away => deliver z"},
    {"it waits along a longer way", AWAY,
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a =>\n answer b x=c => deliver c\n receipt c =>\n"
     "answer c => deliver z"},
    {"both come by different ways", AWAY,
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer b x=j =>\n answer a => deliver z\n receipt z =>\n answer z => ended"},
    {"what comes only by a way on which one waits already is not awaited",
     "start s\n parallel f\n exclusive m\n task a\n task b\n inclusive j\n task z\n end e\n"
     "s > f > a > m > j > z > e\n f > b > m\n f > j",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a => deliver z\n answer b => deliver z"},
    {"a join that cannot choose keeps what has come, and goes on after a correction without waiting for more",
     "fact n decimal setters=operator\n start s\n parallel f\n exclusive m\n task a\n task b\n inclusive j\n task z\n end e\n"
     "s > f > a > m > j > z ? n > 1\n z > e\n f > b > m\n f > j",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a => incident j\n"
     "correct n=2 => resolved j; deliver z\n answer b => deliver z"},
    {"a boundary event of an activity can still bring one",
     "start s\n parallel f\n task a\n task b\n on-message m at=b op=stop role=citizen\n end be\n inclusive j\n task z\n end e\n"
     "s > f > a > j > z > e\n f > b > be\n m > j",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a =>\n message stop => cancel b; deliver z"},
    {"or the activity ends without it",
     "start s\n parallel f\n task a\n task b\n on-message m at=b op=stop role=citizen\n end be\n inclusive j\n task z\n end e\n"
     "s > f > a > j > z > e\n f > b > be\n m > j",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a =>\n answer b => deliver z"},
    {"a way that leads through the join itself counts for nothing",
     "fact x text setters=land\n start s\n parallel f\n task a\n task b\n inclusive j\n task c sets=x\n exclusive g default=e\n end e\n"
     "s > f > a > j > c > g > j ? x = again\n g > e\n f > b > j",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a =>\n answer b => deliver c\n receipt c =>\n"
     "answer c x=again => deliver c\n receipt c =>\n answer c x=no => ended"},
    {"joins in different scopes do not wait for each other",
     "start s\n parallel f\n task b\n subprocess p\n start ps in=p\n parallel pf in=p\n task a in=p\n task c in=p\n inclusive j in=p\n"
     "end pe in=p\n end e\n s > f > p > e\n f > b > e\n ps > pf > a > j > pe\n pf > c > j",
     "open => deliver b; deliver a; deliver c\n receipt a =>\n receipt c =>\n answer a =>\n answer c =>\n receipt b =>\n answer b => ended"},
    {"an inclusive gateway may join and split at once",
     "fact n decimal setters=land\n start s\n parallel f\n task a sets=n\n task b\n inclusive j default=d\n task c\n task d\n end e\n"
     "s > f > a > j > c ? n > 1\n j > d\n c > e\n d > e\n f > b > j",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n answer a n=5 =>\n answer b => deliver c"},
    {"an event-based gateway waits for the first of its events: a message",
     "start s\n event-gateway g status=1\n catch m op=paid role=citizen\n timer t after=480m\n task a\n task b\n end e\n"
     "s > g > m > a > e\n g > t > b > e",
     "open => arm t 06-04 08:00; status 1\n message other => refused UNEXPECTED\n message paid => disarm t; deliver a\n"
     "timer t => ignored\n message paid => refused UNEXPECTED"},
    {"or a timer",
     "start s\n event-gateway g\n catch m op=paid role=citizen\n timer t after=480m\n task a\n task b\n end e\n s > g > m > a > e\n g > t > b > e",
     "open => arm t 06-04 08:00\n at 2024-06-04 08:00\n timer t => deliver b\n message paid => refused UNEXPECTED"},
    {"each message has its way, with its facts and parts",
     "fact x text setters=citizen\n part p T authors=citizen\n start s\n event-gateway g\n catch m op=paid role=citizen sets=x returns=p status=2\n"
     "receive r op=refused role=citizen\n timer t elapsed=60000\n timer u elapsed=30000\n task a\n task b\n end e\n"
     "s > g > m > a > e\n g > r > b > e\n g > t > e\n g > u > e",
     "open => arm t 06-03 08:01; arm u 06-03 08:00\n message paid x=1 => refused PART\n message paid +p => refused FACT\n"
     "message paid x=1 +p => disarm t; disarm u; status 2; deliver a"},
    {"the wait's status, clock and completion count",
     "start s\n event-gateway g\n catch m op=paid role=citizen status=2 enter=start appointment=480m done=stop status-done=4\n timer t after=480m\n"
     "task a\n end e\n s > g > m > a > e\n g > t > e",
     "open => arm t 06-04 08:00\n message paid => disarm t; status 2; status 4; deliver a\n ? clock stopped no due"},
    {"a timer whose way breaks a rule is an incident at the timer, which a correction lets happen",
     "fact ok yes-no setters=operator\n start s status=1\n event-gateway g\n catch m op=paid role=citizen\n timer t after=60m status=9\n"
     "end e\n s > g > m > e\n g > t > e",
     "open => status 1; arm t 06-03 09:00\n wait 60m\n timer t => incident t\n correct => refused STATUS\n message paid => resolved t; ended"},
    {"two gateways that wait for one message: refused, never one at random",
     "start s\n parallel f\n event-gateway g\n catch m op=paid role=citizen\n timer t elapsed=1\n event-gateway h\n catch n op=paid role=citizen\n"
     "timer u elapsed=1\n end e\n s > f > g > m > e\n g > t > e\n f > h > n > e\n h > u > e",
     "open => arm t 06-03 08:00; arm u 06-03 08:00\n message paid => refused UNEXPECTED"},
    {"an interruption takes the wait away",
     "start s\n subprocess p\n start ps in=p\n event-gateway g in=p\n catch m in=p op=paid role=citizen\n timer t in=p after=480m\n end pe in=p\n"
     "on-message w at=p op=withdraw role=citizen\n task z\n end e\n s > p > e\n ps > g > m > pe\n g > t > pe\n w > z > e",
     "open => arm t 06-04 08:00\n message withdraw => disarm t; deliver z\n message paid => refused UNEXPECTED"},
    {"a timer that the calendar does not reach is an incident",
     "start s\n event-gateway g\n catch m op=paid role=citizen\n timer u elapsed=5\n timer t after=2400000m\n end e\n s > g > m > e\n g > u > e\n g > t > e",
     "open => arm u 06-03 08:00; disarm u; incident g"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
