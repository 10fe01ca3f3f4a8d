/* Withdrawals and other interruptions, above all against steps that cannot be undone. */
#include "script.h"
#include "base/memory.h"

/* Register entry R beside ordinary work A, within P; withdrawal W interrupts P. */
#define REGISTER                                                                                                           \
    "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task r in=p irrevocable\n task a in=p\n parallel j in=p\n" \
    "end pe in=p\n on-message w at=p op=withdraw role=citizen\n task back\n task out\n end e\n end we\n"                   \
    "s > p > out > e\n ps > f > r > j > pe\n f > a > j\n w > back > we\n"

/* Two irrevocable steps at once, a third one after ordinary work. */
#define THREE                                                                                                                      \
    "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task r in=p irrevocable\n task q in=p irrevocable\n task a in=p\n" \
    "task t in=p irrevocable\n parallel j in=p\n end pe in=p\n on-message w at=p op=withdraw role=citizen\n"                       \
    "on-timer x at=p after=960m\n task back\n end e\n end we\n end xe\n s > p > e\n ps > f > r > j > pe\n f > q > j\n"             \
    "f > a > t > j\n w > back > we\n x > xe\n"

#define SINGLE                                                                                                                    \
    "fact ok text setters=land\n start s\n task r irrevocable raises=BAD sets=ok?\n on-message w at=r op=withdraw role=citizen\n" \
    "on-error b at=r\n task back\n task out\n end e\n end we\n end be\n s > r > out > e\n w > back > we\n b > be\n"

#define TIMED                                                                                                                    \
    "start s\n task r irrevocable\n on-message w at=r op=withdraw role=citizen\n on-timer x at=r elapsed=36000000\n task back\n" \
    "end e\n end we\n end xe\n s > r > e\n w > back > we\n x > xe\n"

static const struct script_case cases[] = {
    {"ordinary steps are given up at once",
     "start s\n subprocess p\n start ps in=p\n parallel f in=p\n task a in=p\n task b in=p\n end pe in=p\n end pf in=p\n"
     "on-message w at=p op=withdraw role=citizen\n task back\n end e\n end we\n s > p > e\n ps > f > a > pe\n f > b > pf\n w > back > we",
     "open => deliver a; deliver b\n receipt a =>\n receipt b =>\n message withdraw => cancel a; cancel b; deliver back\n"
     "cancelled a =>\n answer b =>\n answer b => refused STEP_CLOSED\n receipt back =>\n answer back => ended"},
    {"the answer to a step that was given up is recorded and decides nothing",
     "fact x text setters=land\n start s\n task a sets=x\n on-message w at=a op=withdraw role=citizen\n task back\n exclusive g default=n\n"
     "task n\n task y\n end e\n s > a > e\n w > back > g > y ? x = null\n g > n > e\n y > e",
     "open => deliver a\n receipt a =>\n message withdraw => cancel a; deliver back\n answer a x=1 =>\n receipt back =>\n"
     "answer back => deliver y"},
    {"an irrevocable step is asked first; cancelled: the withdrawal happens", REGISTER,
     "open => deliver r; deliver a\n receipt r =>\n receipt a =>\n message withdraw => cancel r\n"
     "cancelled r => cancel a; deliver back\n cancelled a =>\n receipt back =>\n answer back => ended"},
    {"answered: the answer wins and the withdrawal is refused", REGISTER,
     "open => deliver r; deliver a\n receipt r =>\n receipt a =>\n message withdraw => cancel r\n"
     "answer r => inform citizen withdraw.refused\n answer a => deliver out\n message withdraw => refused TOO_LATE\n"
     "receipt out =>\n answer out => ended"},
    {"meanwhile everything else goes on", REGISTER,
     "open => deliver r; deliver a\n receipt r =>\n receipt a =>\n message withdraw => cancel r\n answer a =>\n"
     "cancelled r => deliver back"},
    {"and the answer lets the whole go on", REGISTER,
     "open => deliver r; deliver a\n receipt r =>\n receipt a =>\n message withdraw => cancel r\n answer a =>\n"
     "answer r => inform citizen withdraw.refused; deliver out"},
    {"after a register entry only the ordinary rest is given up", REGISTER,
     "open => deliver r; deliver a\n receipt r =>\n receipt a =>\n answer r =>\n message withdraw => cancel a; deliver back"},
    {"a second withdrawal is refused while one is pending", REGISTER,
     "open => deliver r; deliver a\n message withdraw => drop r; cancel r\n message withdraw => refused UNEXPECTED"},
    {"all irrevocable steps are asked, all must let go", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n cancelled r =>\n cancelled q => cancel a; disarm x; deliver back"},
    {"one answer wins; what was given up for it is done again", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n cancelled r =>\n answer q => inform citizen withdraw.refused; deliver r"},
    {"in the other order too", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n answer q => inform citizen withdraw.refused\n cancelled r => deliver r"},
    {"no further irrevocable step opens while one is pending", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n answer a =>\n cancelled r =>\n answer q => inform citizen withdraw.refused; "
     "deliver r; deliver t"},
    {"and it vanishes with the withdrawal", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n answer a =>\n cancelled r =>\n cancelled q => disarm x; deliver back"},
    {"a timer that would interrupt meanwhile is an incident, which ends with the activity", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n message withdraw => cancel r; cancel q\n"
     "at 2024-06-05 08:00\n timer x => incident x\n timer x => ignored\n cancelled r =>\n"
     "cancelled q => drop a; cancel a; resolved x; deliver back"},
    {"or happens on an operator's word when the withdrawal was refused", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n at 2024-06-05 08:00\n timer x => incident x\n"
     "answer q => inform citizen withdraw.refused\n cancelled r => deliver r\n"
     "correct => resolved x; drop r; cancel r\n cancelled r => cancel a; ended"},
    {"a timer that could not happen stands beside a step that could not be delivered: each needs its own act", TIMED,
     "open => arm x 06-03 18:00; deliver r\n message withdraw => drop r; cancel r\n undeliverable r => incident r\n"
     "at 2024-06-03 18:00\n timer x => incident x\n ? incidents 2\n skip element=x reason=late => resolved x\n ? incidents 1\n"
     "retry r => resolved r; cancel r\n cancelled r => deliver back"},
    {"and what moves the token on closes both", TIMED,
     "open => arm x 06-03 18:00; deliver r\n message withdraw => drop r; cancel r\n undeliverable r => incident r\n"
     "at 2024-06-03 18:00\n timer x => incident x\n cancelled r => resolved r; resolved x; deliver back\n ? incidents 0"},
    {"an irrevocable task with the boundary on itself: cancelled", SINGLE,
     "open => deliver r\n receipt r =>\n message withdraw => cancel r\n cancelled r => deliver back"},
    {"answered", SINGLE,
     "open => deliver r\n receipt r =>\n message withdraw => cancel r\n answer r ok=1 => inform citizen withdraw.refused; deliver out"},
    {"answered with an error, which is an answer too", SINGLE,
     "open => deliver r\n receipt r =>\n message withdraw => cancel r\n answer r error=BAD => inform citizen withdraw.refused; ended"},
    {"a request to give up that cannot be delivered is an incident, and is asked again", SINGLE,
     "open => deliver r\n receipt r =>\n message withdraw => cancel r\n undeliverable r => incident r\n retry r => resolved r; cancel r\n"
     "cancelled r => deliver back"},
    {"given up after all: the incident closes while another step is still asked", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n undeliverable r => incident r\n cancelled r => resolved r\n ? incidents 0\n"
     "cancelled q => cancel a; disarm x; deliver back"},
    {"a receipt while it is being given up is ignored", SINGLE,
     "open => deliver r\n message withdraw => drop r; cancel r\n receipt r => ignored\n answer r => inform citizen withdraw.refused; deliver out"},
    {"a withdrawal whose own way breaks a rule is an incident, not a refusal of who gave up",
     "fact x text setters=operator\n start s status=1\n task r irrevocable status=2\n on-message w at=r op=withdraw role=citizen\n task back status=9\n end e\n end we\n"
     "s > r > e\n w > back > we",
     "open => status 1; status 2; deliver r\n receipt r =>\n message withdraw => cancel r\n cancelled r => incident w\n ? incidents 1\n"
     "abort => resolved w; ended"},
    {"a request to give up that cannot be delivered, when the withdrawal is off already", THREE,
     "open => arm x 06-05 08:00; deliver r; deliver q; deliver a\n receipt r =>\n receipt q =>\n receipt a =>\n"
     "message withdraw => cancel r; cancel q\n answer q => inform citizen withdraw.refused\n undeliverable r => incident r\n"
     "retry r => resolved r; cancel r\n cancelled r => deliver r"},
    {"what is done again when the withdrawal is off breaks a rule by now: an incident, not a refusal of who gave up",
     "fact x text setters=operator\n start s status=1\n subprocess p\n start ps in=p\n parallel f in=p\n task r in=p irrevocable status=2\n task q in=p irrevocable\n"
     "task a in=p status=4\n end pe in=p\n on-message w at=p op=withdraw role=citizen\n end e\n end we\n s > p > e\n ps > f > r > pe\n f > q > a > pe\n w > we",
     "open => status 1; status 2; deliver r; deliver q\n receipt r =>\n receipt q =>\n message withdraw => cancel r; cancel q\n"
     "answer q => inform citizen withdraw.refused; status 4; deliver a\n cancelled r => incident r\n ? incidents 1"},
    {"a terminate end outside takes the pending withdrawal with it and says so",
     "start s\n parallel f\n task b\n subprocess p\n start ps in=p\n task r in=p irrevocable\n end pe in=p\n"
     "on-message w at=p op=withdraw role=citizen\n terminate t\n end e\n end we\n s > f > b > t\n f > p > e\n ps > r > pe\n w > we",
     "open => deliver b; deliver r\n receipt b =>\n receipt r =>\n message withdraw => cancel r\n"
     "answer b => inform citizen withdraw.refused; ended\n answer r =>\n answer r => refused STEP_CLOSED"},
};

int main(void)
{
    return script_run_all(cases, LENGTH(cases));
}
