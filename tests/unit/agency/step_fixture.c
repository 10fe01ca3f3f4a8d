#include "agency/step_fixture.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

struct step_fixture step_fixture;

static void keep(const struct lt_message *m)
{
    struct step_fixture *s = &step_fixture;
    s->parts[0] = s->facts[0] = '\0';
    text_copy(s->error, sizeof(s->error), m->error ? m->error : "");
    for (size_t i = 0; i < m->part_count; i++)
        snprintf(s->parts + strlen(s->parts), sizeof(s->parts) - strlen(s->parts), "%s ", m->parts[i].name);
    for (size_t i = 0; i < m->fact_count; i++)
        snprintf(s->facts + strlen(s->facts), sizeof(s->facts) - strlen(s->facts), "%s ", m->facts[i].name);
    s->message =
        uuid_v7((struct instant){INSTANT_SECOND_US * (int64_t)(s->answers + s->submissions)}, (uint8_t[10]){0});
}

enum fault_code lt_answer_step(struct lt_adapter *a, struct uuid step, const struct lt_message *m,
                               struct uuid *ret_message, struct fault *f)
{
    (void)a;
    if (step_fixture.refuse)
        return fault_set(f, step_fixture.refuse, "pretended");
    step_fixture.answers++;
    step_fixture.step = step;
    keep(m);
    if (ret_message)
        *ret_message = step_fixture.message;
    return FAULT_NONE;
}

enum fault_code lt_submit(struct lt_adapter *a, const struct lt_submission *s, struct uuid *ret_dossier,
                          struct uuid *ret_message, struct fault *f)
{
    (void)f;
    step_fixture.submissions++;
    text_copy(step_fixture.key, sizeof(step_fixture.key), s->key);
    text_copy(step_fixture.code, sizeof(step_fixture.code), s->dossier_code);
    keep(&s->message);
    *ret_dossier = uuid_dossier((struct instant){0}, lt_agency(a), s->key);
    *ret_message = step_fixture.message;
    return FAULT_NONE;
}
