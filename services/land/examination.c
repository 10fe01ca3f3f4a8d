#include "examination.h"

#include "adapter/day.h"
#include "base/text.h"
#include "block.h"
#include "database/sealed.h"
#include "party.h"

#include <stdio.h>

#define GROUNDS_SIZE_MAX (FINDINGS_MAX * (FINDING_TEXT_SIZE + 1))
#define PARCEL_NAME_SIZE 64
#define CONSENT_TYPE "creditor-consent"

static const char rules_sql[] = "SELECT rule, value, source FROM land.rule WHERE valid_from <= $1::date"
                                " AND (valid_until IS NULL OR valid_until >= $1::date) ORDER BY rule";

static const char record_sql[] =
    "INSERT INTO land.examination (step, dossier, at, operation, certificate, result, grounds)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)";

static const char spent_sql[] =
    "SELECT EXISTS (SELECT FROM land.examination WHERE dossier = $1 AND result = 'supplement')";

enum fault_code examination_look(struct database *d, struct uuid dossier, const char *serial, struct rules **ret_rules,
                                 struct parcel **ret_parcel, struct fault *f)
{
    struct rows *rows[2] = {NULL};
    int32_t day = day_of_dossier(dossier);
    enum fault_code code = rules_queue(d, rules_sql, day, f);
    if (!code)
        code = parcel_queue(d, serial, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code)
        return code;
    *ret_rules = rules_of(rows[0], day);
    rows_free(rows[0]);
    return parcel_of(rows[1], ret_parcel, f);
}

static bool examination_has_consent(const struct examination_order *o)
{
    const Lienthong__V1__Application *a = o->application;
    for (size_t i = 0; i < a->n_documents; i++)
        if (text_equal(a->documents[i]->type, CONSENT_TYPE) &&
            document_is_there(a->documents[i], o->held, day_of_dossier(o->dossier)))
            return true;
    return false;
}

/* Under the unit's lock: rules, parcel (NULL: unknown, a finding and no fault) and, into *ret_blocks, what stands on it. */
static enum fault_code examination_read(struct database *d, const struct examination_order *o, struct examination *e,
                                        struct rows **ret_blocks, struct fault *f)
{
    const char *serial = o->application->certificate_serial;
    struct rows *rows[4] = {NULL}; /* rules, lock, parcel, blocks */
    int32_t day = day_of_dossier(o->dossier);
    enum fault_code code = rules_queue(d, rules_sql, day, f);
    if (!code)
        code = parcel_lock(d, serial, f);
    if (!code)
        code = parcel_queue(d, serial, f);
    if (!code)
        code = block_queue(d, serial, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code)
        return code;
    e->rules = rules_of(rows[0], day);
    code = parcel_of(rows[2], &e->parcel, f);
    *ret_blocks = rows[3];
    rows_free(rows[0]);
    rows_free(rows[1]);
    return code ? code : block_open(rows[3], f);
}

static size_t examination_blocks(const struct rows *rows, struct conditions_block *blocks)
{
    size_t count = 0;
    for (; (int)count < rows_count(rows) && count < FINDINGS_MAX; count++)
        blocks[count] = (struct conditions_block){.kind = rows_text(rows, (int)count, BLOCK_KIND),
                                                  .source = rows_text(rows, (int)count, BLOCK_SOURCE),
                                                  .number = rows_text(rows, (int)count, BLOCK_NUMBER),
                                                  .since = rows_text(rows, (int)count, BLOCK_SINCE)};
    return count;
}

static enum fault_code examination_examine(struct database *d, const struct examination_order *o,
                                           const struct rows *rows, struct examination *e, struct fault *f)
{
    struct conditions_block blocks[FINDINGS_MAX];
    char registered[PARCEL_NAME_SIZE] = "", transferee[PARTY_OBJECTION_SIZE] = "";
    struct conditions_case c = {.serial = o->application->certificate_serial,
                                .known = e->parcel != NULL,
                                .today = day_of_instant(o->now),
                                .consent = examination_has_consent(o),
                                .registered_parcel = registered,
                                .transferee_objection = transferee,
                                .blocks = blocks};
    if (e->parcel) {
        snprintf(registered, sizeof(registered), "%.30s/%.30s", e->parcel->sheet, e->parcel->number);
        c.block_count = examination_blocks(rows, blocks);
        c.replaced_by = e->parcel->replaced_by;
        c.held = parcel_is_held_by(e->parcel, o->application->applicant);
        c.term_until = e->parcel->term_until;
        c.registered_area = e->parcel->area;
        c.stated_area = o->whole ? o->application->area : "";
        c.stated_parcel = o->whole ? o->application->parcel : "";
    }
    if (o->whole) {
        enum fault_code code = party_objection(d, o->application->transferee, transferee, f);
        if (code)
            return code;
    }
    return conditions_examine(&c, e->rules, &e->findings, f);
}

enum fault_code examination_make(struct database *d, const struct examination_order *o, struct examination *ret,
                                 struct fault *f)
{
    *ret = (struct examination){0};
    if (text_empty(o->application->certificate_serial) || !o->application->applicant)
        return fault_set(f, FAULT_MALFORMED, "the application names no certificate or no applicant");
    OWNED(rows) blocks = NULL;
    enum fault_code code = examination_read(d, o, ret, &blocks, f);
    if (!code)
        code = examination_examine(d, o, blocks, ret, f);
    if (!code)
        code = conditions_decide(&ret->findings, ret->rules, o->supplement_spent, &ret->decision, f);
    return code;
}

void examination_clear(struct examination *e)
{
    e->rules = rules_free(e->rules);
    e->parcel = parcel_free(e->parcel);
}

enum fault_code examination_record(struct database *d, const struct examination_order *o, const struct examination *e,
                                   const char *result, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED_BUFFER grounds = BUFFER(GROUNDS_SIZE_MAX);
    for (size_t i = 0; i < e->decision.text_count; i++) {
        enum fault_code code = buffer_print(&grounds, f, "%s%s", i ? "\n" : "", e->decision.texts[i]);
        if (code)
            return code;
    }
    parameters_uuid(p, o->step);
    parameters_uuid(p, o->dossier);
    parameters_instant(p, o->now);
    parameters_text(p, o->operation);
    parameters_text(p, o->application->certificate_serial);
    parameters_text(p, result);
    parameters_sealed_text(p, d, SEALED_AT(EXAMINATION_GROUNDS, uuid_bytes(&o->step)),
                           grounds.data ? (const char *)grounds.data : "");
    return database_queue(d, record_sql, p, f);
}

enum fault_code examination_supplement_spent(struct database *d, struct uuid dossier, bool *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, dossier);
    enum fault_code code = database_run(d, spent_sql, p, &rows, f);
    if (!code)
        *ret = rows_yes(rows, 0, 0);
    return code;
}
