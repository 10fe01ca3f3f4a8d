/* Facts that the engine itself keeps or reads: whoever declares one gives it the engine's type. */
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include <stdio.h>
#include <string.h>

static const struct {
    const char *declaration, *name;
} rows[] = {
    {"fact dossier.supplements text setters=engine", "dossier.supplements"},
    {"fact dossier.reschedules text setters=engine", "dossier.reschedules"},
    {"fact dossier.status text setters=engine", "dossier.status"},
    {"fact dossier.late text setters=engine", "dossier.late"},
    {"fact dossier.channel text setters=engine", "dossier.channel"},
    {"fact supplement.stage decimal setters=land", "supplement.stage"},
    {"fact supplement.basis decimal setters=land", "supplement.basis"},
    {"fact supplement.approver list setters=land", "supplement.approver"},
    {"process jurisdiction=place\n fact place decimal setters=desk", "place"},
    {"process jurisdiction=place", "place"},
};

static void of_another_type_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char text[300];
        struct process *p = NULL;
        struct fault f;
        OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
        snprintf(text, sizeof text, "%s\n start s\n task a\n end e\n s > a > e", rows[i].declaration);
        text_pack(text, &packed);
        if (process_unpack(BYTES(packed.data, packed.size), &p, &f) != FAULT_MALFORMED || !strstr(f.text, rows[i].name))
            fail_msg("%s: %s", rows[i].declaration, p ? "taken" : f.text);
        assert_null(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(of_another_type_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
