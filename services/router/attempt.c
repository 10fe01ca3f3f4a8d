#include "attempt.h"
#include "base/points.h"
#include <stdlib.h>

void attempt_init(struct attempt *a, struct router *r)
{
    *a = (struct attempt){.router = r};
    arena_init(&a->arena, SIZE_MAX / 4); /* bounded by batch_messages and batch_bytes */
    effects_init(&a->effects);
}

/* Dossiers go back to the cache when they are as the store has them; else the store's word counts. */
static void release_dossiers(struct attempt *a, bool committed)
{
    for (size_t i = 0; i < a->held_count; i++) {
        struct held *h = &a->helds[i];
        if (h->state && (committed || !h->changed) && h->exists)
            cache_put(a->router->cache, MOVE(h->state), h->version + (h->changed ? 1 : 0), h->size);
        h->state = dossier_free(h->state);
    }
    a->held_count = 0;
}

static void attempt_reset(struct attempt *a)
{
    for (size_t i = 0; i < a->made.count; i++)
        envelope_free(a->made.items[i]);
    for (size_t i = 0; i < a->opened.count; i++)
        envelope_free(a->opened.items[i]);
    a->made.count = a->opened.count = a->drafts.count = a->denied.count = 0;
    a->held_count = 0;
    a->loaded = (struct loaded){0};
    writes_reset(&a->writes);
    effects_reset(&a->effects);
    arena_reset(&a->arena);
}

void attempt_clear(struct attempt *a)
{
    release_dossiers(a, false);
    attempt_reset(a);
    writes_clear(&a->writes);
    effects_clear(&a->effects);
    arena_clear(&a->arena);
    free(a->made.items);
    free(a->opened.items);
    free(a->drafts.items);
    free(a->denied.items);
}

void attempt_undo(struct attempt *a)
{
    release_dossiers(a, false);
    attempt_reset(a);
}

static enum fault_code attempt_do(struct attempt *a, struct fault *f)
{
    enum fault_code code = attempt_load(a, f);
    if (code != FAULT_NONE)
        return code;
    for (size_t i = 0; i < a->count; i++) {
        if (a->poison)
            attempt_poison(a, a->inputs[i]);
        else
            attempt_apply(a, a->inputs[i]);
    }
    code = attempt_finish(a, f);
    if (code != FAULT_NONE)
        return code;
    point_pass("router.before-commit");
    return a->router->store.commit(a->router->store.context, &a->writes, f);
}

enum fault_code attempt_run(struct attempt *a, struct input **inputs, size_t count, const char *poison, struct fault *f)
{
    struct router *r = a->router;
    attempt_reset(a);
    a->inputs = inputs;
    a->count = count;
    a->poison = poison;
    a->now = r->now;
    a->writes.batch = router_draw_id(r);
    a->writes.router = r->id;
    a->writes.now = a->now;
    a->writes.lease_until = (struct instant){a->now.us + r->delays_us[0]};
    enum fault_code code = attempt_do(a, f);
    if (code != FAULT_NONE && code != FAULT_UNKNOWN) {
        r->store.rollback(r->store.context);
        attempt_undo(a);
    }
    return code;
}

/* --- After the commit ---------------------------------------------------------------------------------------------- */

static void tell(struct router *r, struct input *in)
{
    if (in->kind != INPUT_MESSAGE)
        return;
    struct uuid id = envelope_message_id(in->envelope);
    if (in->outcome == OUTCOME_ACKNOWLEDGED) {
        r->wire.acknowledge(r->wire.context, in->peer, uuid_bytes(&id));
        r->totals.acknowledged++;
    } else {
        Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
        refuse.message_id = (ProtobufCBinaryData){.len = sizeof(id.bytes), .data = id.bytes};
        refuse.code = in->refusal.code;
        refuse.text = in->refusal.text;
        refuse.retryable = !refusal_is_final(in->refusal.code);
        refuse.retry_after_ms = refuse.retryable ? 1000 : 0;
        r->wire.refuse(r->wire.context, in->peer, &refuse);
        r->totals.refused++;
    }
    r->wire.done(r->wire.context, in->peer, in->size);
    if (!uuid_is_nil(in->received))
        peers_landed(r->peers, in->received, NULL);
}

static void send_deliveries(struct attempt *a)
{
    struct router *r = a->router;
    for (size_t i = 0; i < a->writes.outbox.count; i++) {
        const struct outbox_row *row = &a->writes.outbox.items[i];
        const struct draft *d = &a->drafts.items[i];
        r->claim_again |= row->remade && !row->unsealed;
        if (!row->leased)
            r->starved |= !row->dropped && !d->blocked && peers_connected(r->peers, row->agency);
        else
            router_send(r,
                        &(struct flight){.id = row->id,
                                         .dossier = row->dossier,
                                         .step = row->step,
                                         .agency = row->agency,
                                         .kind = row->kind,
                                         .attempts = 1,
                                         .until = a->writes.lease_until},
                        d->ahead, row->envelope);
    }
}

static const struct loaded_queue *queued(const struct attempt *a, struct uuid id)
{
    for (size_t i = 0; i < a->loaded.queue_count; i++)
        if (uuid_equal(a->loaded.queues[i].id, id))
            return &a->loaded.queues[i];
    return NULL;
}

/* What waited behind a delivery that is received now, or given up, is due at once. */
static void wake_followers(struct attempt *a)
{
    struct router *r = a->router;
    for (size_t i = 0; i < a->writes.marks.count && !r->claim_again; i++) {
        const struct loaded_queue *ahead = queued(a, a->writes.marks.items[i].id);
        r->claim_again |= a->writes.marks.items[i].change == OUTBOX_AGAIN;
        for (size_t j = 0; ahead && j < a->loaded.queue_count; j++) {
            const struct loaded_queue *q = &a->loaded.queues[j];
            r->claim_again |= q->agency == ahead->agency && uuid_equal(q->dossier, ahead->dossier) &&
                              !writes_marked(&a->writes, q->dossier, q->id) &&
                              peers_carrier(r->peers, q->id) == HUB_NO_PEER;
        }
    }
}

/* The envelopes of events stay at hand for the deliveries that follow. */
static void keep_parcels(struct attempt *a)
{
    for (size_t i = 0; i < a->count; i++) {
        struct input *in = a->inputs[i];
        if (in->sequence && in->envelope && envelope_part_count(in->envelope))
            parcels_put(a->router->parcels, in->dossier, in->sequence, MOVE(in->envelope));
    }
}

void attempt_settle(struct attempt *a)
{
    struct router *r = a->router;
    point_pass("router.after-commit");
    if (a->writes.has_block) {
        r->head.height = a->writes.block.height;
        r->head.digest = a->writes.block.digest;
    }
    attempt_tell_missed(a);
    if (a->writes.directory_sequence)
        r->directory_due = true; /* the next batch goes by what this one has changed */
    r->totals.batches++;
    r->totals.events += a->writes.events.count;
    release_dossiers(a, true);
    point_pass("router.before-acknowledge");
    for (size_t i = 0; i < a->count; i++)
        tell(r, a->inputs[i]);
    send_deliveries(a);
    wake_followers(a);
    r->wire.flush(r->wire.context);
    point_pass("router.after-send");
    keep_parcels(a);
    attempt_reset(a);
}
