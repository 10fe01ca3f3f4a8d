#include "ledger.h"
#include "message/envelope.h"
#include "trust/chain.h"
#include <inttypes.h>
#include <stdio.h>

#define ROOTS_MAX 4096

/* Those of blocks after the checkpoint, and those of no block at all. A page is at most 64 MiB of envelopes. */
static const char events_sql[] =
    "DECLARE ledger_event NO SCROLL CURSOR FOR"
    " SELECT e.dossier, e.sequence, e.previous, e.happened, e.arrived, e.kind, e.status, e.type, e.node, e.detail, e.digest,"
    " e.envelope, e.message_id, e.router, b.chain, b.height,"
    " (SELECT p.digest FROM event p WHERE p.shard = e.shard AND p.dossier = e.dossier AND p.sequence = e.sequence - 1)"
    " FROM event e LEFT JOIN block b ON b.batch = e.batch"
    " LEFT JOIN unnest($1::int[], $2::bigint[]) AS c (chain, height) ON c.chain = b.chain"
    " WHERE b.height IS NULL OR b.height > coalesce(c.height, 0) ORDER BY e.shard, e.dossier, e.sequence";
static const char next_events_sql[] = "FETCH FORWARD 64 FROM ledger_event";

/* The dossiers name their last events, and what is never done twice is remembered for ever: both outlive a cut tail. */
static const char dossiers_sql[] = "SELECT d.id, d.sequence FROM dossier d LEFT JOIN event e ON e.shard = d.shard"
                                   " AND e.dossier = d.id AND e.sequence = d.sequence"
                                   " WHERE e.digest IS DISTINCT FROM d.last_digest ORDER BY d.updated_at LIMIT 1";
/* So does the directory, whose acts are events of a dossier that is none. */
static const char directory_sql[] =
    "SELECT '00000000-0000-8000-8000-000000000001'::uuid, v.sequence FROM directory_version v LEFT JOIN event e"
    " ON e.shard = 1 AND e.dossier = '00000000-0000-8000-8000-000000000001' AND e.sequence = v.sequence"
    " WHERE v.sequence > 0 AND e.digest IS DISTINCT FROM v.last_digest";
static const char messages_sql[] =
    "SELECT m.dossier, m.message_id FROM message m WHERE m.code = 0 AND m.text = '' AND NOT EXISTS"
    " (SELECT FROM event e WHERE e.shard = m.shard AND e.dossier = m.dossier AND e.message_id = m.message_id) LIMIT 1";
struct place {
    uint32_t chain;
    uint64_t height;
    char event[UUID_TEXT_SIZE + 40]; /* "event N of dossier ID" */
};

static struct chain_event event_of(const struct rows *r, int row)
{
    return (struct chain_event){.dossier = rows_uuid(r, row, 0),
                                .sequence = (uint64_t)rows_integer(r, row, 1),
                                .previous = ledger_digest_at(r, row, 2),
                                .happened = rows_instant(r, row, 3),
                                .arrived = rows_instant(r, row, 4),
                                .kind = (int)rows_integer(r, row, 5),
                                .status = (int)rows_integer(r, row, 6),
                                .type = rows_text(r, row, 7),
                                .node = rows_text(r, row, 8),
                                .detail = rows_text(r, row, 9)};
}

/* An event of no block stands where its router's next block would be. */
static struct place place_of(struct ledger *l, const struct rows *r, int row, const struct chain_event *e)
{
    struct place p;
    char dossier[UUID_TEXT_SIZE];
    bool in_block = !rows_null(r, row, 14);
    uuid_print(e->dossier, dossier);
    p.chain = (uint32_t)rows_integer(r, row, in_block ? 14 : 13);
    p.height = in_block ? (uint64_t)rows_integer(r, row, 15) : ledger_chain_of(l, p.chain)->height + 1;
    snprintf(p.event, sizeof(p.event), "event %" PRIu64 " of dossier %s", e->sequence, dossier);
    if (!in_block && p.height == 1)
        ledger_bad(l, p.chain, p.height, "the router vanished: %s is of it, and it has no block", p.event);
    else if (!in_block)
        ledger_bad(l, p.chain, p.height, "the block is gone: %s is there, its block is not", p.event);
    return p;
}

/* The message as it came: its form, its parts' digests, its sender's signature. */
static enum fault_code check_envelope(struct ledger *l, struct signature_cache *roots, const struct rows *r, int row,
                                      const struct place *p, struct chain_event *e, struct fault *f)
{
    OWNED(envelope) envelope = NULL;
    const struct certificate *c;
    if (rows_null(r, row, 11))
        return FAULT_NONE;
    if (envelope_decode(rows_bytes(r, row, 11), &envelope, NULL, f) != FAULT_NONE) {
        ledger_bad(l, p->chain, p->height, "the envelope of %s was changed: %s", p->event, f->text);
        return FAULT_NONE;
    }
    e->header = envelope_digest(envelope);
    if (!rows_null(r, row, 12) && !uuid_equal(rows_uuid(r, row, 12), envelope_message_id(envelope)))
        ledger_bad(l, p->chain, p->height, "%s: its message id is not its envelope's", p->event);
    enum fault_code code = ledger_keys_find(l->keys, false, envelope_signature(envelope)->key_id, e->arrived, &c, f);
    if (code == FAULT_NONE)
        code = envelope_verify(envelope, c, roots, f);
    if (code == FAULT_UNTRUSTED) {
        ledger_bad(l, p->chain, p->height, "the envelope of %s is not proved: %s", p->event, f->text);
        return FAULT_NONE;
    }
    return code;
}

static void check_previous(struct ledger *l, const struct rows *r, int row, const struct place *p,
                           const struct chain_event *e)
{
    const struct digest before = ledger_digest_at(r, row, 16); /* zero before the first */
    if (e->sequence > 1 && rows_null(r, row, 16))
        ledger_bad(l, p->chain, p->height, "%s follows on an event that is gone", p->event);
    else if (!digest_equal(&before, &e->previous))
        ledger_bad(l, p->chain, p->height,
                   "%s does not follow on the one before it: the digest that it names is another", p->event);
}

static enum fault_code check_event(struct ledger *l, struct signature_cache *roots, const struct rows *r, int row,
                                   struct fault *f)
{
    struct chain_event e = event_of(r, row);
    const struct place p = place_of(l, r, row, &e);
    enum fault_code code = check_envelope(l, roots, r, row, &p, &e, f);
    if (code != FAULT_NONE)
        return code;
    const struct digest said = ledger_digest_at(r, row, 10), digest = chain_event_digest(&e);
    if (!digest_equal(&said, &digest))
        ledger_bad(l, p.chain, p.height,
                   "%s does not have the digest that it says: its row or its envelope was changed", p.event);
    check_previous(l, r, row, &p, &e);
    l->events++;
    return FAULT_NONE;
}

enum fault_code ledger_verify_events(struct ledger *l, struct fault *f)
{
    OWNED(signature_cache) roots = signature_cache_new(ROOTS_MAX);
    OWNED(parameters) p = ledger_checked(l);
    bool ended = false;
    enum fault_code code = database_run(l->database, events_sql, p, NULL, f);
    while (code == FAULT_NONE && !ended) {
        OWNED(rows) rows = NULL;
        code = database_run(l->database, next_events_sql, NULL, &rows, f);
        ended = code == FAULT_NONE && rows_count(rows) == 0;
        for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++)
            code = check_event(l, roots, rows, i, f);
        ledger_progress(l);
    }
    return code;
}

enum fault_code ledger_verify_tails(struct ledger *l, struct fault *f)
{
    char id[UUID_TEXT_SIZE], message[UUID_TEXT_SIZE];
    OWNED(rows) dossiers = NULL;
    OWNED(rows) directory = NULL;
    OWNED(rows) messages = NULL;
    enum fault_code code = database_run(l->database, directory_sql, NULL, &directory, f);
    if (code == FAULT_NONE && rows_count(directory))
        ledger_astray(l, "the directory: its last act, event %lld, is gone or another one",
                      (long long)rows_integer(directory, 0, 1));
    if (code == FAULT_NONE)
        code = database_run(l->database, dossiers_sql, NULL, &dossiers, f);
    if (code == FAULT_NONE && rows_count(dossiers)) {
        uuid_print(rows_uuid(dossiers, 0, 0), id);
        ledger_astray(l, "dossier %s: its last event, %lld, is gone or another one", id,
                      (long long)rows_integer(dossiers, 0, 1));
    }
    if (code == FAULT_NONE)
        code = database_run(l->database, messages_sql, NULL, &messages, f);
    if (code == FAULT_NONE && rows_count(messages)) {
        uuid_print(rows_uuid(messages, 0, 0), id);
        uuid_print(rows_uuid(messages, 0, 1), message);
        ledger_astray(l, "dossier %s: message %s was accepted, and its event is gone", id, message);
    }
    return code;
}
