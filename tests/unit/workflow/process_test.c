/* What a process must be before the engine relies on it. Each row breaks one thing in a sound process. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include <string.h>

static enum fault_code unpack(const char *text, struct fault *f)
{
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    struct process *p = NULL;
    text_pack(text, &packed);
    enum fault_code code = process_unpack(buffer_bytes(&packed), &p, f);
    process_free(p);
    return code;
}

struct row {
    const char *text, *cause; /* NULL: accepted */
};

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fault f = {0};
        enum fault_code code = unpack(rows[i].text, &f);
        if (rows[i].cause ? code != FAULT_MALFORMED || !strstr(f.text, rows[i].cause) : code)
            fail_msg("%s\n  gave %s, must be %s", rows[i].text, f.text, rows[i].cause ? rows[i].cause : "accepted");
    }
}

static void refuses_what_cannot_run(void **state)
{
    static const struct row rows[] = {
        {"start s\n end e\n s > e", NULL},
        {"end e", "no flow leads to it"},
        {"task a\n end e\n a > e", "no flow leads to it"},
        {"task a\n a > a", "has no start"},
        {"start s\n start s2 op=s\n end e\n s > e\n s2 > e", "a second start"},
        {"start s\n task a\n s > a", "no flow leaves it"},
        {"start s\n end e\n s > e\n e > e", "no flow may leave it"},
        {"start s\n task a\n end e\n s > a > e\n a > s", "no flow may lead to it"},
        {"start s\n subprocess p\n end e\n s > p > e", "the subprocess has no start"},
        {"start s\n task p\n start ps in=p\n end e\n s > p > e\n ps > e", "crosses the edge"},
        {"start s\n task p\n start ps in=p\n end pe in=p\n end e\n s > p > e\n ps > pe", "its scope is no subprocess"},
        {"start s\n subprocess p\n start ps in=p\n end e\n s > p > e\n ps > e", "crosses the edge"},
        {"start s\n subprocess p in=p\n end e\n s > e", "nest too deeply"},
        {"start s\n on-timer t elapsed=1\n end e\n s > e\n t > e", "must be attached"},
        {"start s\n send n\n on-timer t at=n elapsed=1\n end e\n s > n > e\n t > e", "must be attached"},
        {"start s\n task a at=s\n end e\n s > a > e", "only a boundary event is attached"},
        {"start s\n subprocess p\n start ps in=p\n end pe in=p\n task a\n on-timer t at=a in=p elapsed=1\n end e\n s > p > a > e\n"
         "ps > pe\n t > pe",
         "in the scope of its activity"},
        {"start s\n receive r\n on-error x at=r\n end e\n s > r > e\n x > e", "a receive task raises no error"},
        {"start s\n task a\n on-timer t at=a\n end e\n s > a > e\n t > e", "exactly one rule"},
        {"start s\n task a\n on-timer t at=a after=60m elapsed=5\n end e\n s > a > e\n t > e", "exactly one rule"},
        {"start s\n task a\n on-timer t at=a spent\n end e\n s > a > e\n t > e", "needs an activity with a budget"},
        {"start s\n task a\n on-timer t at=a before=3d\n end e\n s > a > e\n t > e", "no usable working time"},
        {"start s\n task a after=60m\n end e\n s > a > e", "only a timer event has a timer rule"},
        {"start s\n task a budget=0m\n end e\n s > a > e", "a budget needs"},
        {"start s\n task a budget=4000000000m\n end e\n s > a > e", "a budget needs"},
        {"start s\n task a status=11\n end e\n s > a > e", "unknown status"},
        {"start s\n task a status=255\n end e\n s > a > e", "unknown status"},
        {"start s\n task a status-done=11\n end e\n s > a > e", "unknown status"},
        {"start s receipt=stop\n end e\n s > e", "only a task has a receipt"},
        {"start s\n task a reschedules\n end e\n s > a > e", "needs an appointment"},
        {"start s\n send a irrevocable\n end e\n s > a > e", "only a task is irrevocable"},
        {"fact y yes-no\n start s requires=y:=:yes\n end e\n s > e", "only a task requires"},
        {"start s\n task a role=\n end e\n s > a > e", "needs a role and an operation"},
        {"start s\n catch a op=\n end e\n s > a > e", "needs a role and a type"},
        {"start s\n task a raises=X\n end e\n s > a > e", "no boundary event takes an error"},
        {"start s\n task a raises=X,Y\n on-error x at=a error=X\n end e\n s > a > e\n x > e",
         "no boundary event takes an error"},
        {"start s\n receive a raises=X\n end e\n s > a > e", "only a task raises"},
        {"start s\n error-end e\n s > e", "needs its code"},
        {"start s\n subprocess p\n start ps in=p\n error-end pe in=p error=X\n end e\n s > p > e\n ps > pe",
         "takes its error"},
        {"start s\n error-end e error=X\n s > e", NULL},
        {"fact y yes-no\n start s\n task a\n end e\n s > a > e ? y = yes",
         "only behind an exclusive or inclusive gateway"},
        {"fact y yes-no\n start s\n exclusive g default=e\n end e\n s > g > e ? y = yes",
         "default flow has a condition"},
        {"fact y yes-no\n start s\n exclusive g\n task a\n end e\n s > g > e ? y = yes\n g > a > e",
         "is not the default"},
        {"start s\n task g default=e\n end e\n s > g > e", "only an exclusive or inclusive gateway has a default"},
        {"part p T\n start s\n task a returns=p,p\n end e\n s > a > e", "names a part twice"},
        {"part p T\n part p T\n start s\n end e\n s > e", "part \"p\" stands twice"},
        {"fact x text\n fact x text\n start s\n end e\n s > e", "fact \"x\" stands twice"},
        {"start s\n end e\n end e\n s > e", "node \"e\" stands twice"},
        {"fact x\n start s\n end e\n s > e", "has no type"},
        {"fact dossier.late text setters=engine\n start s\n end e\n s > e", "is the engine's"},
        {"fact dossier.late yes-no setters=land\n start s\n end e\n s > e", "is the engine's"},
        {"process jurisdiction=d\n start s\n end e\n s > e", "jurisdiction fact"},
        {"process jurisdiction=d\n fact d decimal\n start s\n end e\n s > e", "jurisdiction fact"},
    };
    (void)state;
    check_rows(rows, LENGTH(rows));
}

static void refuses_facts_that_cannot_come(void **state)
{
    static const struct row rows[] = {
        {"fact x text setters=land\n start s\n task a sets=x,x?\n end e\n s > a > e", "sets a fact twice"},
        {"fact x text setters=tax\n start s\n task a sets=x\n end e\n s > a > e", "no setter of a fact"},
        {"fact x text setters=tax\n start s sets=x\n end e\n s > e", "no setter of a fact"},
        {"fact x text setters=tax\n start s sets=x?\n end e\n s > e", "no setter of a fact"},
        {"fact x text setters=desk\n start s sets=x\n end e\n s > e", NULL},
        {"fact dossier.late yes-no setters=engine\n start s\n task a sets=dossier.late\n end e\n s > a > e",
         "no setter of a fact"},
        {"fact x text setters=land\n start s\n send a sets=x\n end e\n s > a > e", "a task, a message and"},
        {"fact x text setters=land\n start s\n exclusive a sets=x\n end e\n s > a > e", "a task, a message and"},
        {"fact x text setters=land\n start s\n subprocess p\n start ps in=p sets=x\n end pe in=p\n end e\n s > p > e\n ps > pe",
         "a task, a message and"},
        {"fact x text setters=land\n start s\n receive a sets=x\n catch b sets=x?\n task c\n on-message d at=c sets=x\n end e\n"
         "s > a > b > c > e\n d > e",
         NULL},
    };
    (void)state;
    check_rows(rows, LENGTH(rows));
}

static void finds_by_name(void **state)
{
    struct process *p = text_process("fact b text\n fact a text\n part q T\n part p T\n start s\n end e\n s > e");
    (void)state;
    assert_int_equal(process_find_fact(p, "b"), 0);
    assert_int_equal(process_find_fact(p, "a"), 1);
    assert_int_equal(process_find_fact(p, "c"), -1);
    assert_int_equal(process_find_part(p, "p"), 1);
    assert_int_equal(process_find_node(p, "e"), 1);
    assert_int_equal(process_find_node(p, ""), -1);
    assert_null(process_node(p, 2));
    assert_string_equal(process_node(p, 1)->id, "e");
    process_free(p);
    assert_null(process_free(NULL));
}

/* Every single byte of a sound process changed in turn: refused or accepted, never a crash (with the sanitizers). */
static void survives_damage(void **state)
{
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    (void)state;
    text_pack(
        "fact y yes-no setters=land\n part q T\n start s\n exclusive g default=a\n task a sets=y budget=60m returns=q raises=X\n on-timer t at=a spent\n"
        "on-error x at=a\n subprocess p\n start ps in=p\n end pe in=p\n end e\n s > g > a > e\n g > p > e ? y = yes\n t > e\n"
        "x > e\n ps > pe",
        &packed);
    for (size_t i = 0; i < packed.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            struct process *p = NULL;
            struct fault f;
            packed.data[i] ^= (uint8_t)(1 << bit);
            if (!process_unpack(buffer_bytes(&packed), &p, &f))
                process_free(p);
            else
                assert_true(f.text[0]);
            packed.data[i] ^= (uint8_t)(1 << bit);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(refuses_what_cannot_run),
                                       cmocka_unit_test(refuses_facts_that_cannot_come),
                                       cmocka_unit_test(finds_by_name), cmocka_unit_test(survives_damage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
