#include "router.h"
#include "attempt.h"
#include "batch.h"
#include "beginning.h"
#include "base/points.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTER_ROOTS_MAX 4096
#define AGENCIES_MAX 256 /* in one claim */
#define LINES_MAX 4096
#define ROUTER_EARLY_ATTEMPTS 3
#define ROUTER_LATE_REFUSALS_MAX 1024 /* nothing else bounds them: a refusal needs no credit */
#define RETRY_MS_MIN 50
#define SHORT_US INSTANT_SECOND_US /* what is too large for the credit that is left is not tried more often */
#define RETRY_MS_MAX 5000

/* --- What the parts use -------------------------------------------------------------------------------------------- */

void router_note(struct router *r, const struct fault *f, const char *event)
{
    if (r->edge.on_note)
        r->edge.on_note(r->edge.context, f->code, event, f->text);
}

void router_forget(struct router *r)
{
    cache_free(r->cache);
    parcels_free(r->parcels);
    r->cache = cache_new(r->settings.cache_bytes);
    r->parcels = parcels_new(r->settings.parcels_bytes);
    r->head_due = true;
}

enum fault_code router_read_head(struct router *r, struct fault *f)
{
    if (!r->head_due)
        return FAULT_NONE;
    enum fault_code code = r->store.head(r->store.context, &r->head, f);
    if (code != FAULT_NONE)
        return fault_wrap(f, "reading the head of our chain");
    r->head_due = false;
    return FAULT_NONE;
}

struct digest router_draw(struct router *r)
{
    uint64_t number = r->drawn++;
    struct bytes pieces[] = {BYTES("draw", 4), BYTES(r->settings.seed, sizeof(r->settings.seed)),
                             BYTES(&number, sizeof(number))};
    return digest_of_all(pieces, LENGTH(pieces));
}

struct uuid router_draw_id(struct router *r)
{
    struct digest d = router_draw(r);
    return uuid_v7(r->now, d.bytes);
}

void router_postpone(struct router *r, struct uuid dossier, struct uuid id, struct instant next, bool unsent)
{
    *LIST_ADD(&r->postponements) = (struct postponement){.dossier = dossier, .id = id, .next = next, .unsent = unsent};
}

void router_send(struct router *r, const struct flight *flight, struct uuid ahead, struct bytes envelope)
{
    struct fault f;
    struct flight sent = *flight;
    sent.peer = uuid_is_nil(ahead) ? peers_choose(r->peers, &r->wire, flight->agency, envelope.size)
                                   : peers_carrier(r->peers, ahead);
    if (sent.peer == HUB_NO_PEER || r->wire.deliver(r->wire.context, sent.peer, envelope, &f) != FAULT_NONE) {
        router_postpone(r, flight->dossier, flight->id, r->now, true);
        peers_short(r->peers, flight->agency, envelope.size, (struct instant){r->now.us + SHORT_US});
        r->starved = true;
        return;
    }
    r->totals.sent++;
    peers_sent(r->peers, &sent);
}

/* --- Refusals of what is not proved -------------------------------------------------------------------------------- */

static struct refusal_count *count_entry(struct router *r, struct instant hour, int code, const char *origin)
{
    for (size_t i = 0; i < r->count_count; i++)
        if (r->counts[i].code == code && r->counts[i].hour.us == hour.us && strcmp(r->counts[i].origin, origin) == 0)
            return &r->counts[i];
    if (r->count_count == ROUTER_COUNTS_MAX) /* the last takes the rest */
        return &r->counts[ROUTER_COUNTS_MAX - 1];
    struct refusal_count *count = &r->counts[r->count_count++];
    *count = (struct refusal_count){.hour = hour, .code = code};
    snprintf(count->origin, sizeof(count->origin), "%s", origin);
    return count;
}

void router_count_refusal(struct router *r, uint32_t agency, Lienthong__V1__RefusalCode code, const char *text)
{
    struct instant hour = {r->now.us - r->now.us % INSTANT_HOUR_US};
    const char *origin = directory_code_of_agency(r->directory, agency, r->now);
    struct refusal_count *count = count_entry(r, hour, (int)code, origin ? origin : "");
    count->count++;
    count->last = r->now;
    snprintf(count->text, sizeof(count->text), "%s", text);
    r->totals.unproved++;
}

static enum fault_code flush_counts(struct router *r, struct fault *f)
{
    if (r->count_count == 0)
        return FAULT_NONE;
    enum fault_code code = r->store.refusals(r->store.context, r->counts, r->count_count, f);
    if (code == FAULT_NONE)
        r->count_count = 0;
    return code;
}

/* --- The wire ------------------------------------------------------------------------------------------------------ */

/* More than LINES_MAX wait only when the database is long away and lines flap: what is passed over is charged to the agency. */
static void note_line(struct router *r, uint32_t agency, bool up)
{
    if (r->lines.count == LINES_MAX)
        return;
    *LIST_ADD(&r->lines) = (struct line_change){.agency = agency, .up = up, .at = r->now};
}

Lienthong__V1__RefusalCode router_prove(const struct router *r, uint32_t agency, const struct proof *proof, char *text,
                                        size_t size)
{
    const struct admission admission = {.directory = r->directory, .now = r->now, .skew_us = r->settings.skew_us};
    struct refusal refusal = {0};
    admission_prove(&admission, agency, proof, &refusal);
    text_copy(text, size, refusal.text);
    return refusal.code;
}

void router_on_open(struct router *r, uint64_t peer, uint32_t agency)
{
    note_line(r, agency, true);
    peers_add(r->peers, peer, agency);
    r->claim_again = true;
}

void router_on_lost(struct router *r, uint64_t peer)
{
    struct flight flight;
    uint32_t agency = peers_agency(r->peers, peer);
    peers_remove(r->peers, peer);
    if (agency && !peers_connected(r->peers, agency))
        note_line(r, agency, false);
    while (peers_lost_flight(r->peers, peer, &flight))
        router_postpone(r, flight.dossier, flight.id, r->now, false);
}

static void refuse_at_once(struct router *r, uint64_t peer, const struct envelope *e, const struct refusal *refusal)
{
    struct uuid id = e ? envelope_message_id(e) : (struct uuid){{0}};
    Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
    if (e)
        refuse.message_id = (ProtobufCBinaryData){.len = sizeof(id.bytes), .data = id.bytes};
    refuse.code = refusal->code;
    refuse.text = (char *)refusal->text;
    refuse.retryable = !refusal_is_final(refusal->code);
    refuse.retry_after_ms = refuse.retryable ? 1000 : 0;
    r->wire.refuse(r->wire.context, peer, &refuse);
}

void router_on_submit(struct router *r, uint64_t peer, uint32_t agency, struct bytes bytes)
{
    struct admission admission = {.directory = r->directory,
                                  .roots = r->roots,
                                  .now = r->now,
                                  .skew_us = r->settings.skew_us,
                                  .standing = r->standing};
    struct envelope *e = NULL;
    struct refusal refusal = {0};
    enum admission_result result = admission_check(&admission, bytes, agency, &e, &refusal);
    if (result == ADMISSION_UNPROVED) {
        refuse_at_once(r, peer, e, &refusal);
        r->wire.done(r->wire.context, peer, bytes.size);
        router_count_refusal(r, agency, refusal.code, refusal.text);
        envelope_free(e);
        return;
    }
    struct input *in = input_new(INPUT_MESSAGE, envelope_dossier_id(e), r->now);
    in->peer = peer;
    in->agency = agency;
    in->size = bytes.size;
    in->envelope = e;
    in->refused = result == ADMISSION_REFUSED;
    in->refusal = refusal;
    inlet_put(&r->inlet, in);
}

static void give_up_delivery(struct router *r, const struct flight *flight, bool by_agency, const char *cause,
                             const char *text)
{
    struct input *in = input_new(INPUT_UNDELIVERABLE, flight->dossier, r->now);
    in->agency = flight->agency;
    in->delivery = flight->id;
    snprintf(in->reason, sizeof(in->reason), "%s%s", cause, text);
    text_mend(in->reason); /* the database takes no half character */
    in->by_agency = by_agency;
    inlet_put(&r->inlet, in);
}

/* An agency may find out after its receipt that it can never do it. Passed over when too many wait: the agency tells it again to
 * its next session. */
static void refused_late(struct router *r, uint64_t peer, struct uuid id, const Lienthong__V1__Refuse *refuse)
{
    struct flight flight = {.id = id, .agency = peers_agency(r->peers, peer)};
    if (!refuse->retryable && flight.agency && r->inlet.refused < ROUTER_LATE_REFUSALS_MAX &&
        uuid_from_bytes(BYTES(refuse->dossier_id.data, refuse->dossier_id.len), &flight.dossier))
        give_up_delivery(r, &flight, true, OUTBOX_REFUSED_BY_AGENCY, refuse->text);
}

void router_on_refuse(struct router *r, uint64_t peer, const Lienthong__V1__Refuse *refuse)
{
    struct uuid id;
    struct flight flight;
    if (!uuid_from_bytes(BYTES(refuse->message_id.data, refuse->message_id.len), &id))
        return;
    if (!peers_landed(r->peers, id, &flight)) { /* received or given up meanwhile */
        refused_late(r, peer, id, refuse);
    } else if (flight.agency != peers_agency(r->peers, peer)) {
        peers_sent(r->peers, &flight); /* not this agency's to refuse */
    } else if (refuse->retryable) {
        int64_t delay = delivery_delay(r->delays_us, flight.attempts);
        int64_t wanted = (int64_t)refuse->retry_after_ms * 1000;
        bool early = flight.attempts < ROUTER_EARLY_ATTEMPTS; /* later the wish may only lengthen it */
        if (wanted > 0 && wanted < r->settings.retry_us_max && (early || wanted > delay))
            delay = wanted;
        router_postpone(r, flight.dossier, flight.id, (struct instant){r->now.us + delay}, false);
    } else {
        give_up_delivery(r, &flight, true, OUTBOX_REFUSED_BY_AGENCY, refuse->text);
    }
}

void router_on_violation(struct router *r, uint32_t agency, Lienthong__V1__RefusalCode code, const char *text)
{
    router_count_refusal(r, agency, code, text);
}

/* --- Claims -------------------------------------------------------------------------------------------------------- */

static enum fault_code write_postponements(struct router *r, struct fault *f)
{
    if (r->postponements.count == 0)
        return FAULT_NONE;
    enum fault_code code =
        r->store.postpone(r->store.context, r->id, r->postponements.items, r->postponements.count, f);
    if (code == FAULT_NONE)
        r->postponements.count = 0;
    return code;
}

/* Each run of the same kind at once. */
static enum fault_code write_lines(struct router *r, struct fault *f)
{
    size_t done = 0;
    enum fault_code code = FAULT_NONE;
    while (done < r->lines.count && code == FAULT_NONE) {
        size_t end = done + 1;
        while (end < r->lines.count && r->lines.items[end].up == r->lines.items[done].up)
            end++;
        code = r->store.lines(r->store.context, &r->lines.items[done], end - done, f);
        done = code == FAULT_NONE ? end : done;
    }
    memmove(r->lines.items, r->lines.items + done, (r->lines.count - done) * sizeof(*r->lines.items));
    r->lines.count -= done;
    return code;
}

/* What another router has put out, or has lost the line for, while one is up here. */
static void note_lines(struct router *r)
{
    uint32_t agencies[AGENCIES_MAX];
    size_t count = peers_all(r->peers, agencies, LENGTH(agencies));
    for (size_t i = 0; i < count; i++)
        note_line(r, agencies[i], true);
}

/* What was made before the agency's keys changed, and was never sent, is looked at again: its parts may be sealed to a key that is
 * gone. */
static bool is_unsealed(struct router *r, const struct claimed_delivery *c)
{
    struct envelope *e = NULL;
    if (c->attempts > 1 || c->created.us > directory_keys_since(r->directory, c->agency, r->now).us ||
        envelope_decode(c->envelope, &e, NULL, NULL) != FAULT_NONE)
        return false;
    bool openable = attempt_openable(r->directory, e, c->agency, r->now);
    envelope_free(e);
    return !openable;
}

/* It is looked at in a batch. */
static void seal_is_late(struct router *r, const struct flight *flight)
{
    struct input *in = input_new(INPUT_UNSEALED, flight->dossier, r->now);
    in->agency = flight->agency;
    in->delivery = flight->id;
    inlet_put(&r->inlet, in);
    router_postpone(r, flight->dossier, flight->id, (struct instant){r->now.us + r->settings.reseal_us}, true);
}

static enum fault_code claim_deliveries(struct router *r, struct arena *arena, struct fault *f)
{
    uint32_t agencies[AGENCIES_MAX];
    size_t rooms[AGENCIES_MAX], kept = 0;
    size_t agency_count = peers_agencies(r->peers, &r->wire, r->now, agencies, rooms, LENGTH(agencies));
    for (size_t i = 0; i < agency_count; i++) {
        if (directory_paused(r->directory, agencies[i]))
            continue;
        agencies[kept] = agencies[i];
        rooms[kept++] = rooms[i];
    }
    r->claim_again = false;
    if (kept == 0)
        return FAULT_NONE;
    point_pass("router.before-claim");
    struct claim_request request = {.router = r->id,
                                    .agencies = agencies,
                                    .rooms = rooms,
                                    .agency_count = kept,
                                    .max = r->settings.claims_max,
                                    .now = r->now,
                                    .delays_us = r->delays_us,
                                    .delay_count = DELIVERY_DELAYS};
    struct claimed_delivery *claimed = NULL;
    size_t count = 0;
    enum fault_code code = r->store.claim(r->store.context, &request, arena, &claimed, &count, f);
    r->totals.claimed += count;
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        const struct claimed_delivery *c = &claimed[i];
        struct flight flight = {.id = c->id,
                                .dossier = c->dossier,
                                .step = c->step,
                                .agency = c->agency,
                                .kind = c->kind,
                                .attempts = c->attempts,
                                .until = {r->now.us + delivery_delay(r->delays_us, c->attempts)}};
        if (c->unsealed || is_unsealed(r, c))
            seal_is_late(r, &flight);
        else if (c->attempts > r->settings.attempts_max)
            give_up_delivery(r, &flight, false, "no receipt after many sendings; ", "is the agency's adapter well?");
        else
            router_send(r, &flight, (struct uuid){{0}}, c->envelope);
    }
    r->claim_again = count > 0 && r->postponements.count == 0;
    if (count == 0)
        r->starved = false;
    return code;
}

static enum fault_code claim_timers(struct router *r, struct arena *arena, struct fault *f)
{
    struct claimed_timer *timers = NULL;
    size_t count = 0;
    struct instant until = {r->now.us + r->settings.lease_us};
    enum fault_code code = r->store.claim_timers(r->store.context, r->id, r->now, until, r->settings.timers_max, arena,
                                                 &timers, &count, f);
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        point_pass("router.timer");
        struct input *in = input_new(INPUT_TIMER, timers[i].dossier, r->now);
        in->timer = timers[i].timer;
        in->generation = timers[i].generation;
        inlet_put(&r->inlet, in);
    }
    return code;
}

static enum fault_code poll_claims(struct router *r, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, SIZE_MAX / 4); /* bounded by claims_max */
    peers_expire(r->peers, r->now);
    enum fault_code code = write_postponements(r, f);
    if (code == FAULT_NONE && r->lines.count)
        code = write_lines(r, f);
    if (code == FAULT_NONE)
        code = claim_deliveries(r, &arena, f);
    if (code == FAULT_NONE)
        code = claim_timers(r, &arena, f);
    if (code == FAULT_NONE)
        code = beginning_claim(r, &arena, f);
    r->wire.flush(r->wire.context);
    return code == FAULT_NONE ? FAULT_NONE : fault_wrap(f, "claiming");
}

/* --- The directory ------------------------------------------------------------------------------------------------- */

static enum fault_code directory_read(struct router *r, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, SIZE_MAX / 4);
    struct directory_source source = {.processes_after = catalogue_newest_id(r->catalogue)};
    enum fault_code code = r->store.directory(r->store.context, &arena, &source, f);
    if (code != FAULT_NONE)
        return fault_wrap(f, "reading the directory");
    struct fault unusable;
    if (catalogue_add(r->catalogue, &source, &unusable) != FAULT_NONE)
        router_note(r, &unusable, "PROCESS-UNUSABLE");
    directory_free(r->directory);
    r->directory = directory_new(&source);
    r->directory_due = false;
    directory_mark(r->directory, standing_lists(r->standing));
    router_reload(r); /* a list may be of an authority that is new here */
    size_t count;
    const struct gatekeeper_key *keys = directory_curves(r->directory, &count);
    if (r->edge.on_keys)
        r->edge.on_keys(r->edge.context, keys, count);
    r->claim_again = true; /* an agency may be resumed */
    return FAULT_NONE;
}

static enum fault_code heartbeat(struct router *r, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, SIZE_MAX / 4);
    struct chain_head *heads = NULL;
    size_t count = 0;
    enum fault_code code = r->store.heartbeat(r->store.context, r->id, r->now, &arena, &heads, &count, f);
    if (code != FAULT_NONE)
        return code;
    free(r->heads);
    r->heads = memory_copy(heads, count * sizeof(*heads));
    r->head_count = count;
    return FAULT_NONE;
}

static enum fault_code poll_directory(struct router *r, struct fault *f)
{
    int64_t version = 0;
    enum fault_code code = r->store.directory_version(r->store.context, &version, f);
    if (code == FAULT_NONE && version != directory_version(r->directory))
        code = directory_read(r, f);
    if (code == FAULT_NONE)
        code = heartbeat(r, f);
    if (r->lines.count == 0) /* or they are said when the database is back */
        note_lines(r);
    if (code == FAULT_NONE)
        code = flush_counts(r, f);
    return code == FAULT_NONE ? FAULT_NONE : fault_wrap(f, "keeping up with the database");
}

/* --- The loop ------------------------------------------------------------------------------------------------------ */

enum fault_code router_open(const struct router_settings *settings, struct store store, struct wire wire,
                            const struct key *key, uint32_t id, struct chain_head head, struct router_edge edge,
                            struct router **ret, struct fault *f)
{
    struct router *r = memory_new(sizeof(*r));
    r->settings = *settings;
    r->store = store;
    r->wire = wire;
    r->key = key;
    r->id = id;
    r->head = head;
    r->edge = edge;
    r->catalogue = catalogue_new();
    r->directory = directory_new(&(struct directory_source){0});
    r->standing = standing_new(settings->revocation, settings->revocation_us_max);
    r->expiring.said = expiry_new();
    r->roots = signature_cache_new(ROUTER_ROOTS_MAX);
    r->cache = cache_new(settings->cache_bytes);
    r->parcels = parcels_new(settings->parcels_bytes);
    r->peers = peers_new();
    r->counts = memory_array(ROUTER_COUNTS_MAX, sizeof(*r->counts));
    delivery_delays(settings->lease_us, settings->retry_us_max, r->delays_us);
    r->batch = batch_new(r);
    if (directory_read(r, f) != FAULT_NONE) {
        router_free(r);
        return f->code;
    }
    *ret = r;
    return FAULT_NONE;
}

struct router *router_free(struct router *r)
{
    if (!r)
        return NULL;
    batch_free(r->batch);
    inlet_clear(&r->inlet);
    cache_free(r->cache);
    parcels_free(r->parcels);
    peers_free(r->peers);
    signature_cache_free(r->roots);
    standing_free(r->standing);
    expiry_free(r->expiring.said);
    directory_free(r->directory);
    catalogue_free(r->catalogue);
    free(r->postponements.items);
    free(r->lines.items);
    free(r->counts);
    free(r->heads);
    free(r);
    return NULL;
}

void router_set_now(struct router *r, struct instant now)
{
    r->now = now;
}

bool router_idle(const struct router *r)
{
    return batch_idle(r->batch) && r->inlet.count == 0;
}

static bool database_needed(enum fault_code code)
{
    return code == FAULT_LOST || code == FAULT_UNKNOWN;
}

/* The database is away, or a statement outside any batch failed: again later, each time a little later. */
static void retry_later(struct router *r, const struct fault *f, int64_t now_ms)
{
    if (!r->store.alive(r->store.context))
        router_forget(r);
    r->retry_ms = r->retry_ms ? r->retry_ms * 2 : RETRY_MS_MIN;
    if (r->retry_ms > RETRY_MS_MAX)
        r->retry_ms = RETRY_MS_MAX;
    r->retry_at_ms = now_ms + r->retry_ms;
    router_note(r, f, database_needed(f->code) ? "DATABASE-AWAY" : "DATABASE-REFUSED");
}

/* Something waits, and an agency has credit. */
static bool may_feed(struct router *r)
{
    uint32_t agency;
    size_t room;
    return r->starved && peers_agencies(r->peers, &r->wire, r->now, &agency, &room, 1) > 0;
}

static enum fault_code work(struct router *r, int64_t now_ms, struct fault *f)
{
    enum fault_code code = r->store.reconnect(r->store.context, f);
    if (code != FAULT_NONE)
        return code;
    if (r->directory_due && batch_idle(r->batch))
        code = directory_read(r, f);
    if (code == FAULT_NONE && batch_idle(r->batch))
        batch_fill(r->batch);
    while (code == FAULT_NONE && !batch_idle(r->batch))
        code = batch_turn(r->batch, f);
    if (code != FAULT_NONE)
        return code;
    if (now_ms >= r->poll_at_ms || r->claim_again || r->postponements.count || may_feed(r)) {
        r->poll_at_ms = now_ms + r->settings.poll_ms;
        code = poll_claims(r, f);
    }
    if (code == FAULT_NONE && now_ms >= r->directory_at_ms) {
        r->directory_at_ms = now_ms + r->settings.directory_ms;
        code = poll_directory(r, f);
    }
    return code;
}

int64_t router_turn(struct router *r, struct instant now, int64_t now_ms)
{
    struct fault f = {0};
    r->now = now;
    router_poll_certificates(r, now_ms);
    if (now_ms < r->retry_at_ms)
        return r->retry_at_ms - now_ms;
    if (work(r, now_ms, &f) != FAULT_NONE) {
        retry_later(r, &f, now_ms);
        return r->retry_ms;
    }
    r->retry_at_ms = r->retry_ms = 0;
    if (!router_idle(r) || r->claim_again)
        return 0;
    return r->poll_at_ms > now_ms ? r->poll_at_ms - now_ms : 0;
}
