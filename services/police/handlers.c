#include "handlers.h"

#include "adapter/handling.h"
#include "base/system.h"
#include "base/text.h"
#include "population.h"

#include <stdio.h>

/* Answers with the arrays that they point into. */
struct answers {
    Lienthong__V1__IdentityResult message;
    Lienthong__V1__IdentityAnswer list[HANDLERS_SUBJECTS_MAX];
    Lienthong__V1__IdentityAnswer *pointers[HANDLERS_SUBJECTS_MAX];
    struct identity identities[HANDLERS_SUBJECTS_MAX];
    Lienthong__V1__IdentityOutcome worst;
};

/* Every query carries its purpose: procedure and officer. The subject's own officer code is the more exact one. */
static enum fault_code handlers_purpose(const struct lt_delivery *d, const Lienthong__V1__IdentitySubject *s,
                                        struct population_access *ret, struct fault *f)
{
    const Lienthong__V1__Purpose *purpose = d->header->purpose;
    *ret = (struct population_access){.dossier = d->dossier, .step = d->step, .now = system_now()};
    ret->procedure = purpose ? purpose->procedure : "";
    ret->officer = !text_empty(s->officer_code) ? s->officer_code : purpose ? purpose->officer : "";
    if (text_empty(ret->procedure) || text_empty(ret->officer))
        return fault_set(f, FAULT_REFUSED, "the query carries no purpose: procedure and officer are both needed");
    return FAULT_NONE;
}

static enum fault_code handlers_answer_subject(struct database *db, const struct lt_delivery *d,
                                               const Lienthong__V1__IdentitySubject *s, struct identity *ret,
                                               struct fault *f)
{
    OWNED(rows) rows = NULL;
    struct population_access access;
    struct identity_record record;
    enum fault_code code = identity_check_form(s, f);
    if (!code)
        code = handlers_purpose(d, s, &access, f);
    if (!code)
        code = population_find(db, s, &rows, f);
    if (code)
        return code;
    bool found = rows_count(rows) > 0;
    if (found)
        record = (struct identity_record){.personal_number = rows_text(rows, 0, POPULATION_NUMBER),
                                          .old_card_number = rows_text(rows, 0, POPULATION_CARD),
                                          .full_name = rows_text(rows, 0, POPULATION_NAME),
                                          .birth_date = rows_text(rows, 0, POPULATION_BIRTH)};
    code = identity_compare(s, found ? &record : NULL, ret, f);
    if (!code)
        code = population_log(db, &access, s, found ? record.personal_number : NULL,
                              identity_outcome_name(ret->outcome), f);
    return code;
}

static void answers_add(struct answers *answers, size_t i, const Lienthong__V1__IdentitySubject *s)
{
    Lienthong__V1__IdentityAnswer *answer = &answers->list[i];
    struct identity *identity = &answers->identities[i];
    lienthong__v1__identity_answer__init(answer);
    answer->request_id = s->request_id;
    answer->outcome = identity->outcome;
    answer->differing_fields = (char **)identity->fields;
    answer->n_differing_fields = identity->field_count;
    answer->remarks = (char **)identity->remarks;
    answer->n_remarks = identity->remark_count;
    answers->pointers[i] = answer;
    answers->worst = identity_worse(answers->worst, identity->outcome);
}

static enum fault_code handlers_answer(struct lt_adapter *a, const struct lt_delivery *d, struct answers *answers,
                                       size_t count, struct fault *f)
{
    lienthong__v1__identity_result__init(&answers->message);
    answers->message.answers = answers->pointers;
    answers->message.n_answers = count;
    const struct lt_part_out part = {"identity-result", &answers->message.base};
    const struct lt_fact_out fact = {"identity.result", LT_TEXT, identity_outcome_name(answers->worst), false};
    return lt_answer(a, d, &(struct lt_message){.parts = &part, .part_count = 1, .facts = &fact, .fact_count = 1}, f);
}

static enum fault_code handlers_check_all(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    Lienthong__V1__IdentityQuery *query = NULL;
    OWNED_MEMORY struct answers *answers = memory_new(sizeof(*answers));
    enum fault_code code =
        lt_part_unpack(d, "identity-query", &lienthong__v1__identity_query__descriptor, (ProtobufCMessage **)&query, f);
    if (!code && (query->n_subjects < 1 || query->n_subjects > HANDLERS_SUBJECTS_MAX))
        code = fault_set(f, FAULT_MALFORMED, "%zu subjects; 1 to %d can be asked for", query->n_subjects,
                         HANDLERS_SUBJECTS_MAX);
    if (!code)
        code = population_available(lt_database(a), f);
    for (size_t i = 0; !code && i < query->n_subjects; i++) {
        code = handlers_answer_subject(lt_database(a), d, query->subjects[i], &answers->identities[i], f);
        if (code)
            return fault_wrap(f, "subject %zu", i + 1);
        answers_add(answers, i, query->subjects[i]);
    }
    return code ? code : handlers_answer(a, d, answers, query->n_subjects, f);
}

enum lt_result handlers_check(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return handling_result(handlers_check_all(a, d, f));
}
