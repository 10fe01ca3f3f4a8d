/* Packed states in the middle of instances, races, event subprocesses and undoing: every bit turned gives a fault, or a state that
 * packs to what unpacks again and on which the engine does not stumble. */
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"

static const struct {
    const char *process, *script;
} rows[] = {
    {"fact who list setters=desk\n fact what text setters=board\n fact some list setters=engine\n fact n decimal setters=engine\n start s sets=who\n"
     "task a role=board sets=what budget=60m over=who silence collect=what:some:x asked=n answered=n2 silent=n3\n fact n2 decimal setters=engine\n"
     "fact n3 decimal setters=engine\n on-timer t at=a elapsed=600000 parallel-to\n end te\n task z\n end e\n s > a > z > e\n t > te",
     "open who=x,y,z => arm t 06-03 08:10; arm a 06-03 09:00; deliver a@x; arm a 06-03 09:00; deliver a@y; arm a 06-03 09:00; deliver a@z\n"
     "receipt a@x =>\n answer a@x what=1 => disarm a"},
    {"fact who list setters=desk\n start s sets=who\n subprocess p over=who pick=board\n start ps in=p\n event-gateway g in=p\n catch m in=p role=board\n"
     "timer t in=p elapsed=60000\n end pe in=p\n event-subprocess h in=p\n start-timer hs in=h elapsed=90000 parallel-to\n task b in=h irrevocable\n end he in=h\n"
     "end e\n event-subprocess w\n start-message ws in=w op=withdraw role=citizen\n task back in=w\n end we in=w\n s > p > e\n ps > g > m > pe\n g > t > pe\n"
     "hs > b > he\n ws > back > we",
     "open who=x,y => arm hs 06-03 08:01; arm hs 06-03 08:01; arm t 06-03 08:01; arm t 06-03 08:01\n wait 5m\n timer hs@1 => deliver b\n"
     "message withdraw => drop b; cancel b"},
    {"start s\n subprocess p\n start ps in=p\n task a in=p\n on-compensation ca in=p at=a by=ua\n task ua in=p undo\n task b in=p\n on-compensation cb in=p at=b by=ub\n"
     "task ub in=p undo\n end pe in=p\n task c\n on-compensation cc at=c by=uc\n task uc undo\n compensate x\n end e\n s > p > c > x > e\n ps > a > b > pe",
     "open => deliver a\n receipt a =>\n answer a => deliver b\n receipt b =>\n answer b => deliver c\n receipt c =>\n answer c => deliver uc\n receipt uc =>\n"
     "answer uc => deliver ub"},
    {"fact ok text setters=operator\n start s status=1\n task r irrevocable status=2\n end e\n event-subprocess h\n"
     "start-message hs in=h op=withdraw role=citizen\n task b in=h status=10\n end he in=h\n event-subprocess k\n start-timer ks in=k elapsed=60000 status=9\n end ke in=k\n"
     "s > r > e\n hs > b > he\n ks > ke",
     "open => arm ks 06-03 08:01; status 1; status 2; deliver r\n receipt r =>\n message withdraw => cancel r\n cancelled r => incident hs\n wait 1m\n timer ks => incident ks"},
    {"part paper x.Y each authors=board\n fact who list setters=desk\n fact whose list setters=engine\n start s sets=who\n"
     "task a role=board over=who order=whose returns=paper\n task z receives=paper?\n end e\n s > a > z > e",
     "open who=x,y,z => deliver a@x; deliver a@y; deliver a@z\n receipt a@y =>\n answer a@y +paper =>\n receipt a@x =>\n answer a@x +paper =>"},
    {"start s\n parallel f\n task a\n task b\n inclusive j\n end e\n s > f > a > j > e\n f > b > j",
     "open => deliver a; deliver b\n receipt a =>\n answer a =>"},
};

static void pack(const struct dossier *d, struct buffer *to)
{
    struct fault f;
    buffer_clear(to);
    if (dossier_pack(d, to, &f))
        fail_msg("pack: %s", f.text);
}

/* Whatever the state says, an event finds a way. */
static void try_events(const struct script *s, struct dossier *d)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    struct engine_input input = script_input(s);
    struct effects effects;
    struct refusal refusal;
    size_t count = dossier_steps(d, views, DOSSIER_STEPS_MAX);
    effects_init(&effects);
    for (size_t i = 0; i < count; i++) {
        struct event e = {
            .kind = EVENT_CANCELLED, .step = uuid_step(dossier_id(d), views[i].position), .agency = views[i].agency};
        (void)engine_apply(d, &e, &input, &effects, &refusal);
        e.kind = EVENT_ANSWER;
        (void)engine_apply(d, &e, &input, &effects, &refusal);
    }
    struct event e = {.kind = EVENT_RETRY, .role = "operator"};
    (void)engine_apply(d, &e, &input, &effects, &refusal);
    e.kind = EVENT_ABORT;
    (void)engine_apply(d, &e, &input, &effects, &refusal);
    effects_clear(&effects);
}

static void survives_damage(void **state)
{
    (void)state;
    for (size_t row = 0; row < LENGTH(rows); row++) {
        struct script s;
        OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
        OWNED_BUFFER again = BUFFER(DOSSIER_STATE_SIZE_MAX);
        char line[500];
        const char *at = rows[row].script;
        unsigned refused = 0;
        script_init(&s, rows[row].process);
        while (text_word(&at, "\n", line, sizeof line))
            script_line(&s, line);
        pack(s.dossier, &packed);
        for (size_t i = 0; i < packed.size * 8; i++) {
            struct dossier *d = NULL, *second = NULL;
            struct fault f = {0};
            packed.data[i / 8] ^= (uint8_t)(1 << i % 8);
            if (dossier_unpack(dossier_id(s.dossier), s.process, buffer_bytes(&packed), &d, &f)) {
                assert_true(f.text[0] && (f.code == FAULT_MALFORMED || f.code == FAULT_LIMIT));
                refused++;
            } else {
                pack(d, &again);
                assert_int_equal(dossier_unpack(dossier_id(s.dossier), s.process, buffer_bytes(&again), &second, &f),
                                 FAULT_NONE);
                try_events(&s, second);
            }
            dossier_free(d);
            dossier_free(second);
            packed.data[i / 8] ^= (uint8_t)(1 << i % 8);
        }
        assert_true(refused > packed.size);
        script_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
