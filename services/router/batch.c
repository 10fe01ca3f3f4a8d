#include "batch.h"
#include "attempt.h"
#include <stdio.h>
#include <stdlib.h>

#define BATCH_CONFLICTS_MAX 3 /* a lost race is tried again whole so often before it counts as a failure */
#define BATCH_RANGES_MAX 64   /* halving depth: log2 of the batch, and some */

struct range {
    size_t from, count;
    bool poisoned;
};

struct batch {
    struct router *router;
    struct attempt attempt;
    struct input **inputs;
    size_t count;
    struct range ranges[BATCH_RANGES_MAX]; /* a stack: the last is next */
    size_t range_count;
    unsigned conflicts;
    bool in_doubt; /* the top range's attempt may or may not be committed */
    char poison[FAULT_TEXT_SIZE_MAX];
};

struct batch *batch_new(struct router *r)
{
    struct batch *b = memory_new(sizeof(*b));
    b->router = r;
    b->inputs = memory_array(r->settings.batch_messages, sizeof(*b->inputs));
    attempt_init(&b->attempt, r);
    return b;
}

static void batch_empty(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        input_free(b->inputs[i]);
    b->count = 0;
}

struct batch *batch_free(struct batch *b)
{
    if (!b)
        return NULL;
    attempt_clear(&b->attempt);
    batch_empty(b);
    free(b->inputs);
    free(b);
    return NULL;
}

bool batch_idle(const struct batch *b)
{
    return b->range_count == 0;
}

bool batch_fill(struct batch *b)
{
    const struct router_settings *settings = &b->router->settings;
    size_t bytes = 0;
    batch_empty(b);
    for (struct input *in; b->count < settings->batch_messages && bytes < settings->batch_bytes;) {
        if (!(in = inlet_take(&b->router->inlet)))
            break;
        bytes += input_size(in);
        b->inputs[b->count++] = in;
        if (uuid_equal(in->dossier, ENVELOPE_DIRECTORY))
            break; /* what comes behind it goes by what it changes */
    }
    b->conflicts = 0;
    b->range_count = b->count ? 1 : 0;
    b->ranges[0] = (struct range){.from = 0, .count = b->count};
    return b->count != 0;
}

static void batch_settle(struct batch *b)
{
    b->range_count--;
    b->conflicts = 0;
    attempt_settle(&b->attempt);
}

static enum fault_code batch_resolve(struct batch *b, struct fault *f)
{
    struct router *r = b->router;
    bool committed = false;
    struct uuid fence = router_draw_id(r);
    enum fault_code code = r->store.resolve(r->store.context, r->id, b->attempt.writes.batch, fence, &committed, f);
    if (code != FAULT_NONE)
        return fault_wrap(f, "asking whether a batch was committed") == FAULT_UNKNOWN ? FAULT_UNKNOWN : FAULT_LOST;
    b->in_doubt = false;
    router_note(r, &(struct fault){.code = FAULT_NONE}, committed ? "COMMIT-WAS-DONE" : "COMMIT-WAS-NOT-DONE");
    if (committed)
        batch_settle(b);
    else {
        attempt_undo(&b->attempt);
        router_forget(r); /* what it had read may be gone with it */
    }
    return FAULT_NONE;
}

/* The second half waits below the first. */
static void batch_halve(struct batch *b, struct range *range)
{
    size_t half = range->count / 2;
    b->router->totals.halvings++;
    struct range first = {.from = range->from, .count = half};
    *range = (struct range){.from = range->from + half, .count = range->count - half};
    b->ranges[b->range_count++] = first;
}

static void batch_give_up(struct batch *b, const struct range *range, const struct fault *f)
{
    struct input *in = b->inputs[range->from];
    router_note(b->router, f, "INPUT-GIVEN-UP");
    b->range_count--;
    if (in->kind != INPUT_MESSAGE)
        return; /* its lease runs out, and it comes again */
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    struct uuid id = envelope_message_id(in->envelope);
    refuse.message_id = (ProtobufCBinaryData){.len = sizeof(id.bytes), .data = id.bytes};
    refuse.code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNAVAILABLE;
    refuse.text = (char *)"the router can neither apply it nor record why; its log says more";
    refuse.retryable = true;
    refuse.retry_after_ms = 60000;
    b->router->wire.refuse(b->router->wire.context, in->peer, &refuse);
    b->router->wire.done(b->router->wire.context, in->peer, in->size);
}

/* A statement failed, or a rule of our own. */
static void batch_failed(struct batch *b, struct range *range, const struct fault *f)
{
    if (f->code == FAULT_CONFLICT && ++b->conflicts <= BATCH_CONFLICTS_MAX) {
        b->router->totals.conflicts++;
        b->router->head_due = true; /* it may have been about our next block */
        return;
    }
    b->conflicts = 0;
    if (range->count > 1) {
        batch_halve(b, range);
    } else if (range->poisoned || f->code == FAULT_AGAIN) { /* no fault of the input's: it is not refused for ever */
        batch_give_up(b, range, f);
    } else {
        range->poisoned = true;
        snprintf(b->poison, sizeof(b->poison), "%s", f->text);
        router_note(b->router, f, "INPUT-POISONED");
    }
}

enum fault_code batch_turn(struct batch *b, struct fault *f)
{
    if (batch_idle(b))
        return FAULT_NONE;
    if (b->in_doubt)
        return batch_resolve(b, f);
    struct range *range = &b->ranges[b->range_count - 1];
    enum fault_code code = router_read_head(b->router, f);
    if (code != FAULT_NONE)
        return code;
    code = attempt_run(&b->attempt, b->inputs + range->from, range->count, range->poisoned ? b->poison : NULL, f);
    switch (code) {
    case FAULT_NONE: batch_settle(b); return FAULT_NONE;
    case FAULT_UNKNOWN:
        b->in_doubt = true;
        b->router->totals.doubts++;
        return code;
    case FAULT_LOST: return code;
    default: batch_failed(b, range, f); return FAULT_NONE;
    }
}
