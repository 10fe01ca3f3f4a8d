#include "adapter/prompt.h"

#include "adapter/arrivals.h"
#include "adapter/delivery.h"
#include "adapter/duties.h"
#include "adapter/drafts.h"
#include "base/memory.h"
#include "base/points.h"

/* What could not be handled on arrival is likely to come again soon: so long, all is journalled first. */
#define PROMPT_PAUSE_MS 1000

bool prompt_may(const struct lt_adapter *a)
{
    return a->now_ms >= a->prompt_from_ms;
}

/* How many of the first may be handled together: CANCEL comes alone, and a step once. 0 when a later one of a dossier is to come
 * before: the journal knows their order. */
static size_t prompt_count(const struct journal_arrival *page, size_t count)
{
    size_t most = count;

    for (size_t i = 0; i < count; i++) {
        bool alone = page[i].kind == KIND(CANCEL);
        for (size_t k = 0; k < i; k++) {
            if (uuid_equal(page[i].dossier, page[k].dossier) && page[i].sequence < page[k].sequence)
                return 0;
            alone |= page[i].kind == KIND(TASK) && uuid_equal(page[i].step, page[k].step);
        }
        if (alone && i < most)
            most = i;
    }
    return most;
}

static enum fault_code prompt_one(struct lt_adapter *a, const struct envelope *e, struct journal_arrival *arrival,
                                  struct fault *f)
{
    struct delivery d;
    enum fault_code code = FAULT_NONE;

    delivery_open(&d, a->credentials, e, a->now, 1);
    enum lt_result result = duties_call(a, &d, f);
    if (result == LT_DONE || result == LT_OPEN)
        code = delivery_check(&d, result, f);
    else
        code = database_alive(a->database)
                   ? fault_set(f, FAULT_AGAIN, "%s wants more care", d.seen.operation)
                   : fault_set(f, FAULT_LOST, "handling %s: the connection to the database is gone", d.seen.operation);
    arrival->taken = JOURNAL_FRESH;
    arrival->reply = d.answer;
    delivery_close(&d);
    return code;
}

/* Receipts and all that was said meanwhile, under one signature. */
static enum fault_code prompt_sign(struct lt_adapter *a, struct journal_arrival *page, size_t count, struct fault *f)
{
    struct envelope *receipts[LT_BATCH_MAX];

    for (size_t i = 0; i < count; i++)
        receipts[i] = arrivals_receipt(a->arrivals, i);
    enum fault_code code = drafts_sign(a, receipts, count, f);
    for (size_t i = 0; i < count && !code; i++)
        page[i].receipt_envelope = envelope_bytes(receipts[i]);
    return code;
}

static enum fault_code prompt_write(struct lt_adapter *a, const struct journal_arrival *page, size_t count,
                                    struct fault *f)
{
    OWNED_MEMORY struct journal_outgoing *said = memory_array(a->draft_count + 1, sizeof(*said));
    size_t said_count = 0;

    for (size_t i = 0; i < a->draft_count; i++)
        if (a->drafts[i].ours) {
            said[said_count++] = a->drafts[i].outgoing;
            a->drafts[i].written = true;
        }
    return journal_take_handled(a->journal, page, count, said, said_count, a->now,
                                instant_after_ms(a->now, a->settings.resend_ms), f);
}

enum fault_code prompt_handle(struct lt_adapter *a, struct fault *f)
{
    struct journal_arrival page[LT_BATCH_MAX];
    size_t count = 0;
    bool untouched = false;

    enum fault_code code = arrivals_describe(a->arrivals, LT_BATCH_MAX, page, &count, f);
    if (!code)
        code = journal_untouched(a->journal, page, count = prompt_count(page, count), &untouched, f);
    if (!code && (!count || !untouched))
        code = fault_set(f, FAULT_CONFLICT, "not all that arrived is new");
    a->in_batch = a->in_prompt = true;
    for (size_t i = 0; !code && i < count; i++)
        code = prompt_one(a, arrivals_envelope(a->arrivals, i), &page[i], f);
    a->in_batch = a->in_prompt = false;
    if (!code)
        code = duties_gathered(a, f);
    if (!code)
        code = prompt_sign(a, page, count, f);
    if (!code)
        code = prompt_write(a, page, count, f);
    if (!code)
        arrivals_journalled(a->arrivals, page, count);
    if (!code)
        point_pass("adapter.before-commit");
    return code;
}

void prompt_end(struct lt_adapter *a, enum fault_code code)
{
    if (!code) {
        point_pass("adapter.after-commit");
        return;
    }
    duties_forget(a);
    if (code != FAULT_CONFLICT) /* which is of what arrived, not of the handlers */
        a->prompt_from_ms = a->now_ms + PROMPT_PAUSE_MS;
}
