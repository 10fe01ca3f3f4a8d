#include "assessment.h"

#include "adapter/day.h"
#include "base/text.h"
#include "database/sealed.h"

#include <inttypes.h>
#include <stdio.h>

#define TAXPAYER_INDEX "tax.taxpayer.number"
#define REMARK "tax.notice.remark"
#define CLAIM "tax.exemption.claim"
#define REJECTION "tax.assessment.rejection"

static const char rules_sql[] = "SELECT rule, value, source FROM tax.rule WHERE valid_from <= $1::date"
                                " AND (valid_until IS NULL OR valid_until >= $1::date) ORDER BY rule";
static const char replace_sql[] =
    "UPDATE tax.assessment SET replaced_at = $2 WHERE dossier = $1 AND replaced_at IS NULL";
static const char add_sql[] =
    "INSERT INTO tax.assessment (step, dossier, at, slip, value, rule_pack, rejection, rejected)"
    " VALUES ($1, $2, $3, $4, CASE WHEN NOT $8 THEN $5::numeric / 100 END, $6, $7, $8)";
static const char taxpayer_sql[] = "INSERT INTO tax.taxpayer (number_index, number, full_name, kind, first_seen)"
                                   " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number_index) DO NOTHING";
static const char counter_sql[] = "INSERT INTO tax.counter AS c (name, value) VALUES ($1, $2)"
                                  " ON CONFLICT (name) DO UPDATE SET value = c.value + $2 RETURNING value";
static const char notice_sql[] =
    "INSERT INTO tax.notice (number, assessment, position, kind, amount, due_date, payer, basis, remark)"
    " VALUES ($1, $2, $3, $4, $5, $6::date, $7, $8, $9)";
static const char exemption_sql[] =
    "INSERT INTO tax.exemption (assessment, kind, claim, source) VALUES ($1, $2, $3, $4)";
static const char notices_sql[] =
    "SELECT n.number, n.kind, n.amount::text, n.due_date::text, t.number, n.basis, n.paid, n.transactions,"
    " n.settled_at IS NOT NULL, n.remark, n.payer FROM tax.notice n JOIN tax.assessment a ON a.step = n.assessment"
    " JOIN tax.taxpayer t ON t.number_index = n.payer"
    " WHERE a.dossier = $1 AND a.replaced_at IS NULL ORDER BY n.position";
static const char assessed_sql[] =
    "SELECT step FROM tax.assessment WHERE dossier = $1 AND replaced_at IS NULL AND NOT rejected";
static const char exemptions_sql[] =
    "SELECT e.kind, e.claim, e.assessment FROM tax.exemption e JOIN tax.assessment a ON a.step = e.assessment"
    " WHERE a.dossier = $1 AND a.replaced_at IS NULL ORDER BY e.kind";
static const char lock_sql[] = "SELECT n.number FROM tax.notice n JOIN tax.assessment a ON a.step = n.assessment"
                               " WHERE n.number = $1 AND a.dossier = $2 AND a.replaced_at IS NULL FOR UPDATE OF n";
static const char receipt_sql[] =
    "INSERT INTO tax.receipt AS r (reference, notice, amount, transactions, paid_at, arrived_at)"
    " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (notice, reference) DO UPDATE"
    " SET amount = excluded.amount, transactions = excluded.transactions, paid_at = excluded.paid_at"
    " WHERE excluded.amount > r.amount";
static const char book_sql[] =
    "UPDATE tax.notice n SET paid = s.paid, transactions = s.transactions,"
    " settled_at = CASE WHEN s.paid >= n.amount THEN coalesce(n.settled_at, $2) END"
    " FROM (SELECT sum(amount)::bigint AS paid, string_agg(transactions, ' ' ORDER BY arrived_at, reference)"
    " AS transactions FROM tax.receipt WHERE notice = $1) s WHERE n.number = $1";
static const char chase_sql[] = "INSERT INTO tax.chase (message, dossier, type, at) VALUES ($1, $2, $3, $4)"
                                " ON CONFLICT (message) DO NOTHING";

enum fault_code assessment_rules(struct database *d, int32_t day, struct rules **ret, struct fault *f)
{
    return rules_load(d, rules_sql, day, ret, f);
}

static enum fault_code assessment_add_head(struct database *d, const struct assessment_order *o, struct fault *f)
{
    OWNED(parameters) replace = parameters_new();
    OWNED(parameters) add = parameters_new();
    parameters_uuid(replace, o->dossier);
    parameters_instant(replace, o->now);
    parameters_uuid(add, o->step);
    parameters_uuid(add, o->dossier);
    parameters_instant(add, o->now);
    parameters_text(add, o->slip);
    parameters_integer(add, o->determination->value);
    parameters_text(add, o->rule_pack);
    parameters_sealed_text(add, d, SEALED_AT(REJECTION, uuid_bytes(&o->step)), o->determination->rejection);
    parameters_yes(add, o->determination->rejection[0] != 0);
    enum fault_code code = database_queue(d, replace_sql, replace, f);
    return code ? code : database_queue(d, add_sql, add, f);
}

/* COUNT numbers: the first of them. */
static enum fault_code assessment_numbers(struct database *d, int year, int count, int64_t *ret_first, struct fault *f)
{
    char name[32];
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    if (!count)
        return FAULT_NONE;
    snprintf(name, sizeof(name), "notice-%d", year);
    parameters_text(p, name);
    parameters_integer(p, count);
    enum fault_code code = database_run(d, counter_sql, p, &rows, f);
    if (!code)
        *ret_first = rows_integer(rows, 0, 0) - count + 1;
    return code;
}

static enum fault_code assessment_add_taxpayer(struct database *d, const Lienthong__V1__Party *payer,
                                               struct instant now, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    const char *number = determination_payer_number(payer);
    struct digest owner = sealed_index(d, TAXPAYER_INDEX, number);
    parameters_index(p, d, TAXPAYER_INDEX, number);
    parameters_sealed_text(p, d, SEALED_AT("tax.taxpayer.number", digest_bytes(&owner)), number);
    parameters_sealed_text(p, d, SEALED_AT("tax.taxpayer.full_name", digest_bytes(&owner)), payer->full_name);
    parameters_integer(p, payer->kind);
    parameters_instant(p, now);
    return database_queue(d, taxpayer_sql, p, f);
}

static enum fault_code assessment_add_notice(struct database *d, const struct assessment_order *o,
                                             const struct charge *charge, int position, const char *number,
                                             struct fault *f)
{
    char due[DATE_TEXT_SIZE];
    OWNED(parameters) p = parameters_new();
    enum fault_code code = assessment_add_taxpayer(d, charge->payer, o->now, f);
    if (code)
        return code;
    date_print(day_of_instant(o->now) + o->due_days, due);
    parameters_text(p, number);
    parameters_uuid(p, o->step);
    parameters_integer(p, position);
    parameters_text(p, charge->kind);
    parameters_integer(p, charge->amount);
    parameters_text(p, due);
    parameters_index(p, d, TAXPAYER_INDEX, determination_payer_number(charge->payer));
    parameters_text(p, charge->basis);
    parameters_sealed_text(p, d, SEALED_AT(REMARK, bytes_of_text(number)), charge->remark);
    return database_queue(d, notice_sql, p, f);
}

static enum fault_code assessment_add_exemption(struct database *d, const struct assessment_order *o,
                                                const struct charge *charge, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, o->step);
    parameters_text(p, charge->kind);
    parameters_sealed_text(p, d, SEALED_AT(CLAIM, uuid_bytes(&o->step)), charge->claim);
    parameters_text(p, charge->source);
    return database_queue(d, exemption_sql, p, f);
}

enum fault_code assessment_add(struct database *d, const struct assessment_order *o, struct fault *f)
{
    const struct determination *n = o->determination;
    int year = day_year(day_of_instant(o->now)), notices = 0;
    int64_t number = 0;
    for (size_t i = 0; i < n->charge_count; i++)
        notices += n->charges[i].amount != 0;
    enum fault_code code = assessment_add_head(d, o, f);
    if (!code)
        code = assessment_numbers(d, year, notices, &number, f);
    for (size_t i = 0; !code && i < n->charge_count; i++) {
        char text[ASSESSMENT_NUMBER_SIZE];
        if (!n->charges[i].amount) {
            code = assessment_add_exemption(d, o, &n->charges[i], f);
            continue;
        }
        snprintf(text, sizeof(text), "TB-%d-%06" PRId64, year, number++);
        code = assessment_add_notice(d, o, &n->charges[i], (int)i, text, f);
    }
    return code ? fault_wrap(f, "slip %.40s", o->slip) : FAULT_NONE;
}

static enum fault_code assessment_open(struct rows *notices, struct rows *exemptions, struct fault *f)
{
    static const struct sealed_column payer = {NOTICE_PAYER, TAXPAYER_INDEX}, remark = {NOTICE_REMARK, REMARK},
                                      claim = {1, CLAIM};
    enum fault_code code = rows_open_all(notices, NOTICE_OWNER, &payer, 1, f);
    if (!code)
        code = rows_open_all(notices, NOTICE_NUMBER, &remark, 1, f);
    return code ? code : rows_open_all(exemptions, 2, &claim, 1, f);
}

enum fault_code assessment_read(struct database *d, struct uuid dossier, struct rows **ret_notices,
                                struct rows **ret_exemptions, struct fault *f)
{
    static const char *const list[] = {assessed_sql, notices_sql, exemptions_sql};
    struct rows *rows[LENGTH(list)] = {NULL};
    OWNED(parameters) p = parameters_new();
    enum fault_code code = FAULT_NONE;
    parameters_uuid(p, dossier);
    for (size_t i = 0; !code && i < LENGTH(list); i++)
        code = database_queue(d, list[i], p, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code)
        return code;
    *ret_notices = rows[1];
    *ret_exemptions = rows[2];
    if (rows_count(rows[0]) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "this dossier's obligation was never determined");
    rows_free(rows[0]);
    return code ? code : assessment_open(*ret_notices, *ret_exemptions, f);
}

static enum fault_code assessment_lock(struct database *d, struct uuid dossier, const char *notice, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, notice);
    parameters_uuid(p, dossier);
    enum fault_code code = database_run(d, lock_sql, p, &rows, f);
    if (!code && rows_count(rows) == 0)
        code = fault_set(f, FAULT_REFUSED, "%.60s is no notice of this dossier", notice);
    return code;
}

enum fault_code assessment_book(struct database *d, struct uuid dossier, const Lienthong__V1__PaymentReceipt *receipt,
                                const struct settlement *s, struct instant now, struct fault *f)
{
    OWNED(parameters) add = parameters_new();
    OWNED(parameters) book = parameters_new();
    parameters_text(add, receipt->reference);
    parameters_text(add, receipt->notice);
    parameters_integer(add, s->amount);
    parameters_text(add, s->transactions);
    parameters_text(add, receipt->paid_at);
    parameters_instant(add, now);
    parameters_text(book, receipt->notice);
    parameters_instant(book, now);
    enum fault_code code = assessment_lock(d, dossier, receipt->notice, f);
    if (!code)
        code = database_queue(d, receipt_sql, add, f);
    return code ? code : database_queue(d, book_sql, book, f);
}

enum fault_code assessment_chase(struct database *d, struct uuid message, struct uuid dossier, const char *type,
                                 struct instant now, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, message);
    parameters_uuid(p, dossier);
    parameters_text(p, type);
    parameters_instant(p, now);
    return database_queue(d, chase_sql, p, f);
}
