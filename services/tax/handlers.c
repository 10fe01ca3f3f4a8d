#include "handlers.h"

#include "adapter/day.h"
#include "adapter/handling.h"
#include "assessment.h"
#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "lienthong/v1/tax.pb-c.h"
#include "money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HANDLERS_ARENA_LIMIT (256 * 1024)
#define RECEIPTS_MAX 64
#define DUE_DAYS_MOST 3650

/* --- Parts ----------------------------------------------------------------------------------------------------------- */

struct notices {
    Lienthong__V1__Notices message;
    int64_t total;
};

static void *handlers_alloc(struct arena *arena, size_t count, size_t size)
{
    return arena_alloc(arena, (count + 1) * size);
}

static Lienthong__V1__Notice *handlers_notice(struct arena *arena, const struct rows *rows, int row)
{
    Lienthong__V1__Notice *n = handlers_alloc(arena, 1, sizeof(*n));
    if (!n)
        return NULL;
    lienthong__v1__notice__init(n);
    n->number = (char *)rows_text(rows, row, NOTICE_NUMBER);
    n->kind = (char *)rows_text(rows, row, NOTICE_KIND);
    n->amount = (char *)rows_text(rows, row, NOTICE_AMOUNT);
    n->due_date = (char *)rows_text(rows, row, NOTICE_DUE);
    n->payer = (char *)rows_text(rows, row, NOTICE_PAYER);
    n->basis = (char *)rows_text(rows, row, NOTICE_BASIS);
    n->remark = (char *)rows_text(rows, row, NOTICE_REMARK);
    return n;
}

static enum fault_code handlers_full(struct fault *f)
{
    return fault_set(f, FAULT_LIMIT, "the answer is larger than %d bytes", HANDLERS_ARENA_LIMIT);
}

/* Notices in ROWS, only the open ones with OPEN_ONLY; their total. Borrows ROWS. */
static enum fault_code handlers_notices(struct arena *arena, const struct rows *rows, bool open_only,
                                        struct notices *ret, struct fault *f)
{
    size_t count = (size_t)rows_count(rows);
    lienthong__v1__notices__init(&ret->message);
    ret->message.notices = handlers_alloc(arena, count, sizeof(*ret->message.notices));
    ret->total = 0;
    if (!ret->message.notices)
        return handlers_full(f);
    for (int i = 0; i < (int)count; i++) {
        int64_t amount = 0;
        if (open_only && rows_yes(rows, i, NOTICE_SETTLED))
            continue;
        Lienthong__V1__Notice *n = handlers_notice(arena, rows, i);
        if (!n || !money_parse_dong(n->amount, &amount))
            return handlers_full(f);
        ret->message.notices[ret->message.n_notices++] = n;
        ret->total += amount;
    }
    return FAULT_NONE;
}

static enum fault_code handlers_exemptions(struct arena *arena, const struct rows *rows, Lienthong__V1__Notices *m,
                                           struct fault *f)
{
    m->exemptions = handlers_alloc(arena, (size_t)rows_count(rows), sizeof(*m->exemptions));
    if (!m->exemptions)
        return handlers_full(f);
    for (int i = 0; i < rows_count(rows); i++) {
        char text[200];
        snprintf(text, sizeof(text), "%s: %s", rows_text(rows, i, 0), rows_text(rows, i, 1));
        m->exemptions[m->n_exemptions] = arena_text(arena, text);
        if (!m->exemptions[m->n_exemptions++])
            return handlers_full(f);
    }
    return FAULT_NONE;
}

/* --- tax.obligation.determine ------------------------------------------------------------------------------------------ */

static enum fault_code handlers_answer_notices(struct lt_adapter *a, const struct lt_delivery *d, const char *rule_pack,
                                               struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(rows) exemptions = NULL;
    OWNED_ARENA arena;
    struct notices notices;
    char count[24], total[24];
    arena_init(&arena, HANDLERS_ARENA_LIMIT);
    enum fault_code code = assessment_read(lt_database(a), d->dossier, &rows, &exemptions, f);
    if (!code)
        code = handlers_notices(&arena, rows, false, &notices, f);
    if (!code)
        code = handlers_exemptions(&arena, exemptions, &notices.message, f);
    if (code)
        return code;
    notices.message.rule_pack = (char *)rule_pack;
    snprintf(count, sizeof(count), "%zu", notices.message.n_notices);
    snprintf(total, sizeof(total), "%" PRId64, notices.total);
    const struct lt_part_out part = {"notices", &notices.message.base};
    const struct lt_fact_out facts[] = {
        {"obligation.exempt", LT_YES_NO, NULL, notices.message.n_notices == 0},
        {"obligation.count", LT_DECIMAL, count, false},
        {"obligation.total", LT_DECIMAL, total, false},
    };
    return lt_answer(
        a, d, &(struct lt_message){.parts = &part, .part_count = 1, .facts = facts, .fact_count = LENGTH(facts)}, f);
}

static enum fault_code handlers_due_days(const struct rules *rules, int *ret, struct fault *f)
{
    const char *value = NULL;
    int64_t days = 0;
    enum fault_code code = rules_need(rules, "due.days", &value, f);
    if (!code && (!money_parse_dong(value, &days) || days > DUE_DAYS_MOST))
        code = fault_set(f, FAULT_CONFIG, "rule due.days has value \"%.40s\"; use days, 0 to %d", value, DUE_DAYS_MOST);
    *ret = (int)days;
    return code;
}

/* The land registry is told every reason: only what it can mend does it mend. */
static enum fault_code handlers_reject(struct lt_adapter *a, const struct lt_delivery *d,
                                       const struct assessment_order *order, struct fault *f)
{
    char reasons[DETERMINATION_REASON_SIZE];
    char *list[DETERMINATION_REASONS_MAX];
    Lienthong__V1__SlipRejection rejection = LIENTHONG__V1__SLIP_REJECTION__INIT;
    enum fault_code code = assessment_add(lt_database(a), order, f);
    if (code)
        return code;
    text_copy(reasons, sizeof(reasons), order->determination->rejection);
    rejection.slip = (char *)order->slip;
    rejection.reasons = list;
    for (char *reason = reasons; reason && rejection.n_reasons < DETERMINATION_REASONS_MAX;) {
        char *end = strstr(reason, DETERMINATION_SEPARATOR);
        list[rejection.n_reasons++] = reason;
        if (end)
            *end = '\0';
        reason = end ? end + strlen(DETERMINATION_SEPARATOR) : NULL;
    }
    log_event(LOG_WARNING, "SLIP-REJECTED", order->determination->rejection, "slip", order->slip, NULL);
    const struct lt_part_out part = {"slip-rejection", &rejection.base};
    return lt_answer(a, d, &(struct lt_message){.error = "slip-rejected", .parts = &part, .part_count = 1}, f);
}

static enum fault_code handlers_assess(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    OWNED(rules) rules = NULL;
    struct determination determination;
    Lienthong__V1__TransferSlip *slip = NULL;
    struct assessment_order order = {
        .dossier = d->dossier, .step = d->step, .now = system_now(), .determination = &determination};
    enum fault_code code =
        lt_part_unpack(d, "transfer-slip", &lienthong__v1__transfer_slip__descriptor, (ProtobufCMessage **)&slip, f);
    if (code)
        return code;
    determination_read(slip, day_of_instant(order.now), &determination);
    order.slip = slip->number;
    order.rule_pack = "";
    if (determination.rejection[0])
        return handlers_reject(a, d, &order, f);
    code = assessment_rules(lt_database(a), determination.received, &rules, f);
    if (!code)
        code = determination_charge(slip, rules, &determination, f);
    if (!code)
        code = handlers_due_days(rules, &order.due_days, f);
    if (code)
        return code;
    order.rule_pack = rules_pack(rules);
    code = assessment_add(lt_database(a), &order, f);
    return code ? code : handlers_answer_notices(a, d, order.rule_pack, f);
}

enum lt_result handlers_determine(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    const struct tax *tax = context;
    const char *author = NULL;
    enum fault_code code = FAULT_NONE;
    lt_part(d, "transfer-slip", &author);
    if (author)
        code = handling_check_author(a, "transfer-slip", author, tax->land_agencies, f);
    if (!code)
        code = handlers_assess(a, d, f); /* without the part it says so */
    return handling_result(code);
}

/* --- tax.obligation.confirm -------------------------------------------------------------------------------------------- */

static enum fault_code handlers_book(struct lt_adapter *a, const struct lt_delivery *d, const struct tax *tax,
                                     struct fault *f)
{
    const char *author = NULL;
    struct instant now = system_now();
    Lienthong__V1__PaymentReceipts *receipts = NULL;
    if (!lt_part(d, "payment-receipts", &author).data)
        return FAULT_NONE; /* nothing was to be paid, or nothing has been */
    enum fault_code code = lt_part_unpack(d, "payment-receipts", &lienthong__v1__payment_receipts__descriptor,
                                          (ProtobufCMessage **)&receipts, f);
    if (!code)
        code = handling_check_author(a, "payment-receipts", author, tax->payment_agencies, f);
    if (!code && receipts->n_receipts > RECEIPTS_MAX)
        code = fault_set(f, FAULT_MALFORMED, "%zu receipts, limit %d", receipts->n_receipts, RECEIPTS_MAX);
    for (size_t i = 0; !code && i < receipts->n_receipts; i++) {
        struct settlement s;
        code = settlement_read(receipts->receipts[i], &s, f);
        if (!code)
            code = assessment_book(lt_database(a), d->dossier, receipts->receipts[i], &s, now, f);
    }
    return code;
}

static Lienthong__V1__SettledNotice *handlers_settled(struct arena *arena, const char *number, const char *amount,
                                                      const char *transaction)
{
    Lienthong__V1__SettledNotice *s = handlers_alloc(arena, 1, sizeof(*s));
    if (!s)
        return NULL;
    lienthong__v1__settled_notice__init(s);
    s->number = (char *)number;
    s->amount = (char *)amount;
    s->transaction = (char *)transaction;
    return s;
}

/* Settled notices with their transactions; every exemption as "exempt/<kind>" with amount 0 and no transaction. */
static enum fault_code handlers_obligation(struct arena *arena, const struct rows *notices,
                                           const struct rows *exemptions, Lienthong__V1__ObligationDone *ret,
                                           struct fault *f)
{
    size_t most = (size_t)rows_count(notices) + (size_t)rows_count(exemptions);
    lienthong__v1__obligation_done__init(ret);
    ret->settled = handlers_alloc(arena, most, sizeof(*ret->settled));
    if (!ret->settled)
        return handlers_full(f);
    for (int i = 0; i < rows_count(notices); i++)
        if (rows_yes(notices, i, NOTICE_SETTLED))
            ret->settled[ret->n_settled++] =
                handlers_settled(arena, rows_text(notices, i, NOTICE_NUMBER), rows_text(notices, i, NOTICE_AMOUNT),
                                 rows_text(notices, i, NOTICE_TRANSACTIONS));
    for (int i = 0; i < rows_count(exemptions); i++) {
        char number[100];
        snprintf(number, sizeof(number), "exempt/%s", rows_text(exemptions, i, 0));
        ret->settled[ret->n_settled++] = handlers_settled(arena, arena_text(arena, number), "0", "");
    }
    for (size_t i = 0; i < ret->n_settled; i++)
        if (!ret->settled[i] || !ret->settled[i]->number)
            return handlers_full(f);
    return FAULT_NONE;
}

static enum fault_code handlers_answer_obligation(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(rows) exemptions = NULL;
    OWNED_ARENA arena;
    struct notices open;
    Lienthong__V1__ObligationDone done;
    arena_init(&arena, HANDLERS_ARENA_LIMIT);
    enum fault_code code = assessment_read(lt_database(a), d->dossier, &rows, &exemptions, f);
    if (!code)
        code = handlers_notices(&arena, rows, true, &open, f);
    if (!code)
        code = handlers_obligation(&arena, rows, exemptions, &done, f);
    if (code)
        return code;
    bool settled = open.message.n_notices == 0;
    /* Not settled: payment is asked again, for what is still open and no more. */
    const struct lt_part_out parts[] = {{"obligation", &done.base}, {"notices", &open.message.base}};
    const struct lt_fact_out fact = {"obligation.settled", LT_YES_NO, NULL, settled};
    return lt_answer(
        a, d, &(struct lt_message){.parts = parts, .part_count = settled ? 1 : 2, .facts = &fact, .fact_count = 1}, f);
}

enum lt_result handlers_confirm(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    enum fault_code code = handlers_book(a, d, context, f);
    if (!code)
        code = handlers_answer_obligation(a, d, f);
    return handling_result(code);
}

enum lt_result handlers_chase(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return handling_result(assessment_chase(lt_database(a), d->message, d->dossier, d->operation, system_now(), f));
}
