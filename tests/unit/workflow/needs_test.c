/* What rights a definition has a use for. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/needs.h"
#include <stdio.h>
#include <string.h>

static struct process *process;
static struct arena arena;

/* "sender type recipient" of each but operators' commands, a line each. */
static const char *needs_text(const char *text)
{
    static char out[4096];
    struct need *needs;
    size_t size = 0;
    process_free(process);
    arena_clear(&arena);
    arena_init(&arena, 1 << 20);
    process = text_process(text);
    size_t count = needs_of(process_definition(process), &arena, &needs);
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (strcmp(needs[i].sender, NEED_OPERATOR) != 0)
            size += (size_t)snprintf(out + size, sizeof(out) - size, "%s %s %s\n", needs[i].sender, needs[i].type,
                                     needs[i].recipient);
    return out;
}

static const struct {
    const char *name, *text, *want;
} rows[] = {
    {"whoever may open it has it opened, and its tasks done",
     "process trigger=desk\n start s\n task a role=land op=land.check\n end e\n s > a > e",
     "desk s router\ndesk land.check land\n"},
    {"a start that names its message is called by it",
     "process trigger=desk\n start s op=transfer.request\n end e\n s > e", "desk transfer.request router\n"},
    {"what is waited for, and what is told of; twice is once",
     "process trigger=desk inform=portal\n start s\n receive r role=tax op=tax.paid\n send n role=desk op=desk.notice\n send m "
     "role=desk op=desk.notice\n end e\n s > r > n > m > e",
     "desk s router\ntax tax.paid router\ndesk desk.notice desk\ndesk dossier.status portal\n"},
};

static void lists_what_is_said_to_whom(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const char *got = needs_text(rows[i].text);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s:\n%s", rows[i].name, got);
    }
}

static void operators_need_each_command(void **state)
{
    struct need *needs;
    size_t commands = 0;
    (void)state;
    (void)needs_text(rows[0].text);
    size_t count = needs_of(process_definition(process), &arena, &needs);
    for (size_t i = 0; i < count; i++)
        commands += strcmp(needs[i].sender, NEED_OPERATOR) == 0 && strcmp(needs[i].recipient, NEED_ROUTER) == 0 &&
                    strncmp(needs[i].type, "dossier.", 8) == 0;
    assert_int_equal(commands, 5);
}

static void each_of_several_openers_needs_its_own(void **state)
{
    char *both[] = {(char *)"desk", (char *)"bank"},
         *names[] = {(char *)"desk s router", (char *)"bank s router", (char *)"desk land.check land",
                     (char *)"bank land.check land"};
    struct need *needs;
    size_t found = 0;
    (void)state;
    (void)needs_text(rows[0].text);
    Lienthong__V1__Process p = *process_definition(process);
    p.trigger_roles = both;
    p.n_trigger_roles = LENGTH(both);
    size_t count = needs_of(&p, &arena, &needs);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < LENGTH(names); k++) {
            char text[200];
            snprintf(text, sizeof(text), "%s %s %s", needs[i].sender, needs[i].type, needs[i].recipient);
            found += strcmp(text, names[k]) == 0;
        }
    assert_int_equal(found, LENGTH(names));
}

static void a_submission_is_named_by_its_start(void **state)
{
    (void)state;
    (void)needs_text("process trigger=desk\n start s op=transfer.request\n end e\n s > e");
    const Lienthong__V1__Process *p = process_definition(process);
    assert_string_equal(needs_submission(p, "transfer.request"), "transfer.request");
    assert_string_equal(needs_submission(p, ""), "transfer.request");
    assert_string_equal(needs_submission(p, "another"), "transfer.request");
    char *named = p->nodes[0]->operation;
    p->nodes[0]->operation = (char *)"";
    assert_string_equal(needs_submission(p, ""), NEED_SUBMISSION);
    assert_string_equal(needs_submission(p, "another"), NEED_SUBMISSION);
    p->nodes[0]->operation = named;
    assert_false(needs_purpose(p));
    p->nodes[0]->personal = true;
    assert_true(needs_purpose(p));
}

static int clean(void **state)
{
    (void)state;
    process = process_free(process);
    arena_clear(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_what_is_said_to_whom), cmocka_unit_test(operators_need_each_command),
        cmocka_unit_test(each_of_several_openers_needs_its_own), cmocka_unit_test(a_submission_is_named_by_its_start)};
    return cmocka_run_group_tests(tests, NULL, clean);
}
