#include "attempt.h"
#include "ledger.h"
#include <string.h>

/* --- Where the parts come from ------------------------------------------------------------------------------------- */

/* An envelope of this attempt or of the cache; NULL: it must be read. */
static const struct envelope *source_at_hand(struct attempt *a, struct uuid dossier, uint64_t sequence)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->inputs[i]->sequence == sequence && a->inputs[i]->envelope && uuid_equal(a->inputs[i]->dossier, dossier))
            return a->inputs[i]->envelope;
    return parcels_find(a->router->parcels, dossier, sequence);
}

static bool key_listed(const struct event_key *keys, size_t count, struct event_key key)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i].sequence == key.sequence && uuid_equal(keys[i].dossier, key.dossier))
            return true;
    return false;
}

/* Reads what is in neither into the cache, which is large enough for one batch's worth. */
static enum fault_code fetch_missing(struct attempt *a, struct fault *f)
{
    size_t room = 0, count = 0;
    for (size_t i = 0; i < a->drafts.count; i++)
        room += a->drafts.items[i].part_count;
    struct event_key *keys = arena_alloc(&a->arena, room * sizeof(*keys));
    for (size_t i = 0; i < a->drafts.count; i++)
        for (size_t j = 0; j < a->drafts.items[i].part_count; j++) {
            struct event_key key = {a->drafts.items[i].dossier, a->drafts.items[i].parts[j].sequence};
            if (!source_at_hand(a, key.dossier, key.sequence) && !key_listed(keys, count, key))
                keys[count++] = key;
        }
    if (count == 0)
        return FAULT_NONE;
    struct bytes *found = arena_alloc(&a->arena, count * sizeof(*found));
    enum fault_code code = a->router->store.envelopes(a->router->store.context, keys, count, &a->arena, found, f);
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        struct envelope *e = NULL;
        if (!found[i].data)
            code =
                fault_set(f, FAULT_INTERNAL, "event %llu of a dossier is gone", (unsigned long long)keys[i].sequence);
        else if ((code = envelope_decode(found[i], &e, NULL, f)) == FAULT_NONE)
            parcels_put(a->router->parcels, keys[i].dossier, keys[i].sequence, e);
    }
    return code == FAULT_NONE ? FAULT_NONE : fault_wrap(f, "reading parts");
}

/* --- Envelopes ----------------------------------------------------------------------------------------------------- */

static bool is_request(const struct outbox_row *row)
{
    return row->kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL_REQUEST;
}

/* Received, given up or void by this batch. */
static bool gone_now(const struct attempt *a, const struct loaded_queue *q)
{
    for (size_t i = 0; i < a->count; i++)
        if (uuid_equal(a->inputs[i]->received, q->id))
            return true;
    return writes_marked(&a->writes, q->dossier, q->id) != NULL;
}

/* Deliveries of a dossier to an agency are given in order: one goes when all before it are received, or behind them over the same
 * session, which keeps the order and loses all of them or none. AHEAD: the nearest of those; nil: all are received. */
static bool may_follow(const struct attempt *a, const struct outbox_row *row, size_t index, struct uuid *ret_ahead)
{
    uint64_t peer = HUB_NO_PEER;
    if (attempt_resends(a, row->dossier, row->agency)) /* it waits from the commit on, unsent */
        return false;
    for (size_t i = 0; i < a->loaded.queue_count; i++) {
        const struct loaded_queue *q = &a->loaded.queues[i];
        if (q->agency != row->agency || !uuid_equal(q->dossier, row->dossier) || gone_now(a, q))
            continue;
        uint64_t taken_by = peers_carrier(a->router->peers, q->id);
        if (taken_by == HUB_NO_PEER || (peer != HUB_NO_PEER && taken_by != peer))
            return false;
        peer = taken_by;
        *ret_ahead = q->id;
    }
    for (size_t i = 0; i < index; i++) {
        const struct outbox_row *before = &a->writes.outbox.items[i];
        if (before->dropped || is_request(before) || before->agency != row->agency ||
            !uuid_equal(before->dossier, row->dossier))
            continue;
        if (!before->leased)
            return false;
        *ret_ahead = before->id;
    }
    return true;
}

static void lease(struct attempt *a, struct outbox_row *row, size_t index)
{
    struct router *r = a->router;
    struct draft *d = &a->drafts.items[index];
    d->blocked = !row->dropped && !is_request(row) && !may_follow(a, row, index, &d->ahead);
    d->blocked |= row->unsealed || row->remade; /* which is claimed, in its place */
    d->blocked |= directory_paused(r->directory, row->agency) || writes_marked(&a->writes, row->dossier, row->id);
    row->leased =
        !row->dropped && !d->blocked &&
        (!uuid_is_nil(d->ahead) || peers_choose(r->peers, &r->wire, row->agency, row->envelope.size) != HUB_NO_PEER);
    row->away = !row->dropped && !row->leased && row->kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK &&
                (row->unsealed || !peers_connected(r->peers, row->agency));
    row->next = row->leased     ? a->writes.lease_until
                : row->unsealed ? (struct instant){a->now.us + r->settings.reseal_us}
                                : a->now;
}

/* What each draft carries, as far as that is not known yet. */
static enum fault_code gather(struct attempt *a, struct fault *f)
{
    struct bytes seed = BYTES(a->router->settings.seed, sizeof(a->router->settings.seed));
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < a->drafts.count && code == FAULT_NONE; i++) {
        struct draft *d = &a->drafts.items[i];
        const struct envelope **sources = arena_alloc(&a->arena, d->part_count * sizeof(*sources));
        for (size_t j = 0; j < d->part_count; j++)
            sources[j] = source_at_hand(a, d->dossier, d->parts[j].sequence);
        if (!d->pieces)
            code = delivery_pieces(d, sources, seed, &a->arena, &d->pieces, &d->piece_count, f);
    }
    return code;
}

/* Up to 256 deliveries share one signature: they are one Merkle batch. */
static enum fault_code make_envelopes(struct attempt *a, struct fault *f)
{
    struct envelope_draft drafts[1 << SIGNATURE_PATH_MAX];
    struct envelope *made[1 << SIGNATURE_PATH_MAX];
    for (size_t from = 0; from < a->drafts.count; from += LENGTH(drafts)) {
        size_t count = a->drafts.count - from < LENGTH(drafts) ? a->drafts.count - from : LENGTH(drafts);
        enum fault_code code = FAULT_NONE;
        for (size_t i = 0; i < count; i++) {
            struct draft *d = &a->drafts.items[from + i];
            drafts[i] = (struct envelope_draft){&d->header, d->pieces, d->piece_count};
        }
        code = envelope_make_batch(drafts, count, a->router->key, made, f);
        if (code != FAULT_NONE)
            return fault_wrap(f, "signing deliveries");
        for (size_t i = 0; i < count; i++) {
            struct outbox_row *row = &a->writes.outbox.items[from + i];
            *LIST_ADD(&a->made) = made[i];
            row->envelope = envelope_bytes(made[i]);
            row->digest = envelope_digest(made[i]);
            lease(a, row, from + i);
        }
    }
    return FAULT_NONE;
}

/* --- Dossiers ------------------------------------------------------------------------------------------------------ */

static enum fault_code record_dossier(struct attempt *a, struct held *h, struct fault *f)
{
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    if (dossier_pack(h->state, &packed, f) != FAULT_NONE)
        return fault_wrap(f, "dossier state");
    h->size = packed.size;
    const struct clock *clock = dossier_clock(h->state);
    *LIST_ADD(&a->writes.dossiers) = (struct dossier_row){
        .id = h->id,
        .opened = h->opened,
        .version = h->version + 1,
        .process = h->process->id,
        .submitter = h->submitter,
        .code = h->code,
        .officer = h->officer,
        .status = (int)dossier_status(h->state),
        .sequence = dossier_sequence(h->state),
        .last_digest = h->last_digest,
        .opened_at = h->opened_at,
        .updated_at = dossier_now(h->state),
        .due_at = clock->running ? clock->due : (struct instant){0},
        .ended_at = dossier_ended(h->state) ? dossier_now(h->state) : (struct instant){0},
        .open_steps = dossier_open_steps(h->state),
        .incidents = dossier_open_incidents(h->state),
        .state = arena_bytes(&a->arena, buffer_bytes(&packed)),
    };
    return FAULT_NONE;
}

enum fault_code attempt_finish(struct attempt *a, struct fault *f)
{
    struct router *r = a->router;
    enum fault_code code = fetch_missing(a, f);
    if (code == FAULT_NONE)
        code = gather(a, f);
    if (code == FAULT_NONE) {
        attempt_seals(a);
        code = make_envelopes(a, f);
    }
    for (size_t i = 0; i < a->held_count && code == FAULT_NONE; i++)
        if (a->helds[i].changed)
            code = record_dossier(a, &a->helds[i], f);
    if (code == FAULT_NONE)
        code = ledger_block(&a->writes, &r->head, r->heads, r->head_count, r->key, &a->arena, f);
    return code;
}
