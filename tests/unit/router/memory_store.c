#include "memory_store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct memory_dossier *find_dossier(struct memory_store *m, struct uuid id)
{
    for (size_t i = 0; i < m->dossiers.count; i++)
        if (uuid_equal(m->dossiers.items[i].id, id))
            return &m->dossiers.items[i];
    return NULL;
}

static void load_dossiers(struct memory_store *m, const struct load_request *q, struct loaded *ret)
{
    for (size_t i = 0; i < q->dossier_count; i++) {
        const struct memory_dossier *d = find_dossier(m, q->dossiers[i].id);
        if (i > 0)
            assert_true(uuid_compare(q->dossiers[i - 1].id, q->dossiers[i].id) < 0); /* the order of locks */
        if (!d)
            continue;
        ret->dossiers[ret->dossier_count++] = (struct loaded_dossier){
            .id = d->id,
            .version = d->version,
            .process = d->process,
            .submitter = d->submitter,
            .code = d->code,
            .officer = d->officer,
            .last_digest = d->last_digest,
            .opened = d->opened,
            .state = d->version == q->dossiers[i].version ? BYTES(NULL, 0) : buffer_bytes(&d->state),
        };
    }
}

static void load_messages(struct memory_store *m, const struct load_request *q, struct loaded *ret)
{
    for (size_t i = 0; i < m->messages.count; i++) {
        const struct memory_message *row = &m->messages.items[i];
        for (size_t j = 0; j < q->message_count; j++)
            if (uuid_equal(q->messages[j].id, row->id) && q->messages[j].agency == row->agency) {
                ret->messages[ret->message_count++] =
                    (struct loaded_message){row->dossier, row->id, row->agency, row->digest, row->code, row->text};
                break;
            }
    }
}

static void load_rest(struct memory_store *m, const struct load_request *q, struct loaded *ret)
{
    for (size_t i = 0; i < m->outbox.count; i++) {
        const struct memory_outbox *o = &m->outbox.items[i];
        for (size_t j = 0; j < q->delivery_count; j++)
            if (uuid_equal(q->deliveries[j].id, o->id)) {
                ret->deliveries[ret->delivery_count++] = (struct loaded_delivery){.dossier = o->dossier,
                                                                                  .id = o->id,
                                                                                  .step = o->step,
                                                                                  .agency = o->agency,
                                                                                  .kind = o->kind,
                                                                                  .digest = o->digest,
                                                                                  .waiting = o->waiting,
                                                                                  .received = !o->waiting,
                                                                                  .type = ""};
                break;
            }
    }
    for (size_t i = 0; i < m->submissions.count; i++) {
        const struct memory_submission *s = &m->submissions.items[i];
        for (size_t j = 0; j < q->submission_count; j++)
            if (q->submissions[j].agency == s->agency && strcmp(q->submissions[j].key, s->key) == 0) {
                ret->submissions[ret->submission_count++] =
                    (struct loaded_submission){s->agency, s->key, s->dossier, s->digest};
                break;
            }
    }
}

static enum fault_code memory_load(void *context, const struct load_request *q, struct arena *arena, struct loaded *ret,
                                   struct fault *f)
{
    struct memory_store *m = context;
    (void)f;
    m->loads++;
    ret->dossiers = arena_alloc(arena, (q->dossier_count + 1) * sizeof(*ret->dossiers));
    ret->messages = arena_alloc(arena, (m->messages.count + 1) * sizeof(*ret->messages));
    ret->deliveries = arena_alloc(arena, (m->outbox.count + 1) * sizeof(*ret->deliveries));
    ret->submissions = arena_alloc(arena, (m->submissions.count + 1) * sizeof(*ret->submissions));
    load_dossiers(m, q, ret);
    load_messages(m, q, ret);
    load_rest(m, q, ret);
    return FAULT_NONE;
}

static enum fault_code memory_envelopes(void *context, const struct event_key *keys, size_t count, struct arena *arena,
                                        struct bytes *ret, struct fault *f)
{
    struct memory_store *m = context;
    (void)f;
    for (size_t i = 0; i < count; i++) {
        ret[i] = BYTES(NULL, 0);
        for (size_t j = 0; j < m->events.count; j++)
            if (m->events.items[j].sequence == keys[i].sequence &&
                uuid_equal(m->events.items[j].dossier, keys[i].dossier))
                ret[i] = arena_bytes(arena, buffer_bytes(&m->events.items[j].envelope));
    }
    return FAULT_NONE;
}

static void keep(struct buffer *to, struct bytes bytes)
{
    struct fault f;
    if (to->size_max == 0)
        *to = BUFFER(1 << 20);
    buffer_reset(to);
    assert_int_equal(buffer_append(to, bytes, &f), FAULT_NONE);
}

static void write_dossier(struct memory_store *m, const struct dossier_row *row)
{
    struct memory_dossier *d = find_dossier(m, row->id);
    assert_true(row->opened == (d == NULL));
    if (!d) {
        d = LIST_ADD(&m->dossiers);
        d->id = row->id;
        d->process = row->process;
        d->submitter = row->submitter;
        d->opened = row->opened_at;
        snprintf(d->code, sizeof(d->code), "%s", row->code);
        snprintf(d->officer, sizeof(d->officer), "%s", row->officer);
    }
    assert_int_equal(row->version, d->version + 1);
    d->version = row->version;
    d->sequence = row->sequence;
    d->last_digest = row->last_digest;
    d->status = row->status;
    keep(&d->state, row->state);
}

static void write_event(struct memory_store *m, const struct event_row *row)
{
    struct memory_event *e = LIST_ADD(&m->events);
    *e = (struct memory_event){row->dossier, row->sequence, row->kind, row->previous, row->digest, {0}};
    keep(&e->envelope, row->envelope);
}

static void write_outbox(struct memory_store *m, const struct writes *w)
{
    for (size_t i = 0; i < w->outbox.count; i++) {
        const struct outbox_row *o = &w->outbox.items[i];
        *LIST_ADD(&m->outbox) =
            (struct memory_outbox){o->dossier, o->id, o->step, o->agency, o->kind, o->digest, !o->dropped};
    }
    for (size_t i = 0; i < w->marks.count; i++)
        for (size_t j = 0; j < m->outbox.count; j++)
            if (uuid_equal(m->outbox.items[j].id, w->marks.items[i].id))
                m->outbox.items[j].waiting = false;
}

static void write_message(struct memory_store *m, const struct message_row *row)
{
    for (size_t i = 0; i < m->messages.count; i++) /* the primary key */
        assert_false(m->messages.items[i].agency == row->agency && uuid_equal(m->messages.items[i].id, row->id) &&
                     uuid_equal(m->messages.items[i].dossier, row->dossier));
    struct memory_message *kept = LIST_ADD(&m->messages);
    *kept = (struct memory_message){row->dossier, row->id, row->agency, row->digest, row->code, ""};
    snprintf(kept->text, sizeof(kept->text), "%s", row->text);
}

static void write_all(struct memory_store *m, const struct writes *w)
{
    *LIST_ADD(&m->batches) = w->batch;
    for (size_t i = 0; i < w->dossiers.count; i++)
        write_dossier(m, &w->dossiers.items[i]);
    for (size_t i = 0; i < w->events.count; i++)
        write_event(m, &w->events.items[i]);
    write_outbox(m, w);
    for (size_t i = 0; i < w->messages.count; i++)
        write_message(m, &w->messages.items[i]);
    for (size_t i = 0; i < w->submissions.count; i++) {
        struct memory_submission *s = LIST_ADD(&m->submissions);
        *s = (struct memory_submission){w->submissions.items[i].agency, "", w->submissions.items[i].dossier,
                                        w->submissions.items[i].digest};
        snprintf(s->key, sizeof(s->key), "%s", w->submissions.items[i].key);
    }
    for (size_t i = 0; i < w->refusals.count; i++)
        *LIST_ADD(&m->refusals) = w->refusals.items[i];
    for (size_t i = 0; i < w->incidents.count; i++)
        *LIST_ADD(&m->incidents) = w->incidents.items[i];
    if (w->has_block) {
        assert_int_equal(w->block.height, m->block.height + 1);
        assert_memory_equal(&w->block.previous, &m->block.digest, sizeof(struct digest));
        m->block = w->block;
        m->blocks++;
    }
}

static bool poisoned(const struct memory_store *m, const struct writes *w)
{
    if (uuid_is_nil(m->poisoned))
        return false;
    for (size_t i = 0; i < w->events.count; i++)
        if (uuid_equal(w->events.items[i].dossier, m->poisoned))
            return true;
    for (size_t i = 0; m->poisoned_for_good && i < w->messages.count; i++)
        if (uuid_equal(w->messages.items[i].dossier, m->poisoned))
            return true;
    return false;
}

static enum fault_code memory_commit(void *context, const struct writes *w, struct fault *f)
{
    struct memory_store *m = context;
    enum memory_failure failure = m->failures ? m->next : MEMORY_GOOD;
    m->failures -= m->failures ? 1 : 0;
    m->largest = w->events.count > m->largest ? w->events.count : m->largest;
    if (poisoned(m, w))
        return fault_set(f, FAULT_DATABASE, "22P02: the statement does not like this dossier");
    switch (failure) {
    case MEMORY_GOOD: break;
    case MEMORY_LOST: return fault_set(f, FAULT_LOST, "the connection went");
    case MEMORY_UNKNOWN_DONE: write_all(m, w); return fault_set(f, FAULT_UNKNOWN, "the answer is lost");
    case MEMORY_UNKNOWN_UNDONE: return fault_set(f, FAULT_UNKNOWN, "the answer is lost");
    case MEMORY_CONFLICT: return fault_set(f, FAULT_CONFLICT, "40001: could not serialize access");
    case MEMORY_FULL: return fault_set(f, FAULT_AGAIN, "53100: could not extend file");
    }
    m->commits++;
    write_all(m, w);
    return FAULT_NONE;
}

static void memory_rollback(void *context)
{
    (void)context;
}

static enum fault_code memory_resolve(void *context, uint32_t router, struct uuid batch, struct uuid fence,
                                      bool *ret_committed, struct fault *f)
{
    struct memory_store *m = context;
    (void)router, (void)f;
    assert_false(uuid_equal(batch, fence));
    m->resolves++;
    *ret_committed = false;
    for (size_t i = 0; i < m->batches.count; i++)
        *ret_committed |= uuid_equal(m->batches.items[i], batch);
    return FAULT_NONE;
}

static enum fault_code memory_reconnect(void *context, struct fault *f)
{
    (void)context, (void)f;
    return FAULT_NONE;
}

static bool memory_alive(void *context)
{
    (void)context;
    return true;
}

static enum fault_code memory_head(void *context, struct chain_head *ret, struct fault *f)
{
    const struct memory_store *m = context;
    (void)f;
    *ret = (struct chain_head){.chain = 1, .height = m->block.height, .digest = m->block.digest};
    return FAULT_NONE;
}

static enum fault_code memory_claim(void *context, const struct claim_request *request, struct arena *arena,
                                    struct claimed_delivery **ret, size_t *ret_count, struct fault *f)
{
    (void)context, (void)request, (void)arena, (void)f;
    *ret = NULL;
    *ret_count = 0;
    return FAULT_NONE;
}

static enum fault_code memory_claim_timers(void *context, uint32_t router, struct instant now,
                                           struct instant lease_until, size_t max, struct arena *arena,
                                           struct claimed_timer **ret, size_t *ret_count, struct fault *f)
{
    struct memory_store *m = context;
    (void)router, (void)f, (void)arena;
    assert_true(lease_until.us > now.us && m->timers.count <= max);
    *ret = m->timers.items;
    *ret_count = m->timers.count;
    m->timers.count = 0;
    return FAULT_NONE;
}

static enum fault_code memory_claim_schedules(void *context, struct instant now, struct instant try_again, size_t max,
                                              struct arena *arena, struct claimed_schedule **ret, size_t *ret_count,
                                              struct fault *f)
{
    (void)context, (void)max, (void)arena, (void)f;
    assert_true(try_again.us > now.us);
    *ret = NULL;
    *ret_count = 0;
    return FAULT_NONE;
}

static enum fault_code memory_postpone(void *context, uint32_t router, const struct postponement *items, size_t count,
                                       struct fault *f)
{
    (void)context, (void)router, (void)items, (void)count, (void)f;
    return FAULT_NONE;
}

static enum fault_code memory_lines(void *context, const struct line_change *items, size_t count, struct fault *f)
{
    (void)context, (void)items, (void)f;
    assert_true(count > 0);
    return FAULT_NONE;
}

static enum fault_code memory_refusals(void *context, const struct refusal_count *items, size_t count, struct fault *f)
{
    (void)context, (void)items, (void)count, (void)f;
    return FAULT_NONE;
}

static enum fault_code memory_directory_version(void *context, int64_t *ret, struct fault *f)
{
    (void)f;
    *ret = ((struct memory_store *)context)->world->source.version;
    return FAULT_NONE;
}

static enum fault_code memory_directory(void *context, struct arena *arena, struct directory_source *ret,
                                        struct fault *f)
{
    (void)arena, (void)f;
    *ret = ((struct memory_store *)context)->world->source;
    return FAULT_NONE;
}

static enum fault_code memory_heartbeat(void *context, uint32_t router, struct instant now, struct arena *arena,
                                        struct chain_head **ret_heads, size_t *ret_count, struct fault *f)
{
    (void)context, (void)router, (void)now, (void)arena, (void)f;
    *ret_heads = NULL;
    *ret_count = 0;
    return FAULT_NONE;
}

void memory_store_open(struct memory_store *m, struct world *w)
{
    *m = (struct memory_store){.world = w};
}

void memory_store_close(struct memory_store *m)
{
    for (size_t i = 0; i < m->dossiers.count; i++)
        buffer_clear(&m->dossiers.items[i].state);
    for (size_t i = 0; i < m->events.count; i++)
        buffer_clear(&m->events.items[i].envelope);
    void *lists[] = {m->dossiers.items, m->events.items,   m->outbox.items,    m->messages.items, m->submissions.items,
                     m->batches.items,  m->refusals.items, m->incidents.items, m->timers.items};
    for (size_t i = 0; i < LENGTH(lists); i++)
        free(lists[i]);
}

struct store memory_store(struct memory_store *m)
{
    return (struct store){.context = m,
                          .load = memory_load,
                          .envelopes = memory_envelopes,
                          .commit = memory_commit,
                          .rollback = memory_rollback,
                          .resolve = memory_resolve,
                          .reconnect = memory_reconnect,
                          .alive = memory_alive,
                          .head = memory_head,
                          .claim = memory_claim,
                          .claim_timers = memory_claim_timers,
                          .claim_schedules = memory_claim_schedules,
                          .postpone = memory_postpone,
                          .lines = memory_lines,
                          .refusals = memory_refusals,
                          .directory_version = memory_directory_version,
                          .directory = memory_directory,
                          .heartbeat = memory_heartbeat};
}
