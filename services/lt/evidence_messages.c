#include "evidence.h"
#include "ledger.h"
#include "runs.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEAVES_MAX (1 << 20) /* in one block */

/* What came, then what went out: a delivery that waited for a seal carries what came after the event that it is of. */
static const char messages_sql[] =
    "DECLARE evidence_message NO SCROLL CURSOR FOR"
    " SELECT e.sequence, 0 AS part, e.sequence::text AS id, e.envelope FROM event e"
    " WHERE e.shard = $1 AND e.dossier = $2 AND e.envelope IS NOT NULL"
    " UNION ALL SELECT o.sequence, 1, o.id::text, o.envelope FROM outbox o WHERE o.shard = $1 AND o.dossier = $2"
    " ORDER BY 2, 1, 3";
static const char next_messages_sql[] = "FETCH FORWARD 16 FROM evidence_message";
static const char events_sql[] =
    "DECLARE evidence_event NO SCROLL CURSOR FOR"
    " SELECT e.dossier, e.sequence, e.previous, e.happened, e.arrived, e.kind, e.status, e.type, e.node, e.detail,"
    " e.digest, e.batch, b.chain, b.height, b.events, e.envelope IS NOT NULL"
    " FROM event e LEFT JOIN LATERAL (SELECT b.chain, b.height, b.events FROM block b WHERE b.batch = e.batch) b ON true"
    " WHERE e.shard = $1 AND e.dossier = $2 ORDER BY e.sequence";
static const char next_events_sql[] = "FETCH FORWARD 500 FROM evidence_event";
static const char envelope_sql[] =
    "SELECT e.envelope FROM event e WHERE e.shard = $1 AND e.dossier = $2 AND e.sequence = $3";
static const char leaves_sql[] =
    "SELECT e.dossier, e.sequence, e.digest FROM event e WHERE e.batch = $1 ORDER BY e.dossier, e.sequence";

static struct parameters *of_dossier(const struct export *e)
{
    struct parameters *p = parameters_new();
    parameters_integer(p, uuid_shard(e->dossier));
    parameters_uuid(p, e->dossier);
    return p;
}

static enum fault_code write_message(struct export *e, const struct rows *r, int row, struct fault *f)
{
    OWNED(envelope) envelope = NULL;
    enum fault_code code = envelope_decode(rows_bytes(r, row, 3), &envelope, NULL, f);
    if (code == FAULT_NONE)
        code = maker_message(e->maker, envelope, f);
    e->messages++;
    return code == FAULT_NONE
               ? code
               : fault_wrap(f, "the message of event %" PRId64 ", %s", rows_integer(r, row, 0), rows_text(r, row, 2));
}

enum fault_code evidence_write_messages(struct export *e, struct fault *f)
{
    OWNED(parameters) p = of_dossier(e);
    bool ended = false;
    enum fault_code code = database_run(e->database, messages_sql, p, NULL, f);
    while (code == FAULT_NONE && !ended) {
        OWNED(rows) rows = NULL;
        code = database_run(e->database, next_messages_sql, NULL, &rows, f);
        ended = code == FAULT_NONE && rows_count(rows) == 0;
        for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++)
            code = write_message(e, rows, i, f);
        evidence_progress(e);
    }
    return code;
}

/* --- Events ----------------------------------------------------------------------------------------------------------- */

/* Leaf, number and path of the event among those of its batch. */
static enum fault_code find_place(struct export *e, struct uuid batch, uint64_t sequence, struct lines_event *ret,
                                  struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, batch);
    enum fault_code code = database_run(e->database, leaves_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    int count = rows_count(rows), index = -1;
    if (count > LEAVES_MAX)
        return fault_set(f, FAULT_LIMIT, "its block has more than %d events", LEAVES_MAX);
    OWNED_MEMORY struct digest *leaves = memory_array((size_t)count + 1, sizeof(*leaves));
    for (int i = 0; i < count; i++) {
        struct digest digest = ledger_digest_at(rows, i, 2);
        leaves[i] = merkle_leaf(digest_bytes(&digest));
        if (uuid_equal(rows_uuid(rows, i, 0), e->dossier) && (uint64_t)rows_integer(rows, i, 1) == sequence)
            index = i;
    }
    if (index < 0)
        return fault_set(f, FAULT_INTERNAL, "its batch does not have it");
    ret->index = (uint32_t)index;
    ret->count = (uint32_t)count;
    ret->path_count = merkle_path(leaves, (size_t)count, (size_t)index, ret->path);
    return FAULT_NONE;
}

static enum fault_code read_header(struct export *e, uint64_t sequence, struct digest *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(envelope) envelope = NULL;
    OWNED(parameters) p = of_dossier(e);
    parameters_integer(p, (int64_t)sequence);
    enum fault_code code = database_run(e->database, envelope_sql, p, &rows, f);
    if (code == FAULT_NONE)
        code = envelope_decode(rows_bytes(rows, 0, 0), &envelope, NULL, f);
    if (code == FAULT_NONE)
        *ret = envelope_digest(envelope);
    return code;
}

static enum fault_code write_event(struct export *e, const struct rows *r, int row, struct fault *f)
{
    struct lines_event place = {.sequence = (uint64_t)rows_integer(r, row, 1)};
    struct chain_event event = {.dossier = rows_uuid(r, row, 0),
                                .sequence = place.sequence,
                                .previous = ledger_digest_at(r, row, 2),
                                .happened = rows_instant(r, row, 3),
                                .arrived = rows_instant(r, row, 4),
                                .kind = (int)rows_integer(r, row, 5),
                                .status = (int)rows_integer(r, row, 6),
                                .type = rows_text(r, row, 7),
                                .node = rows_text(r, row, 8),
                                .detail = rows_text(r, row, 9)};
    if (rows_null(r, row, 12))
        return fault_set(f, FAULT_UNTRUSTED, "it is in no block; lt ledger verify tells more");
    place.chain = (uint32_t)rows_integer(r, row, 12);
    place.height = (uint64_t)rows_integer(r, row, 13);
    enum fault_code code = rows_yes(r, row, 15) ? read_header(e, place.sequence, &event.header, f) : FAULT_NONE;
    const struct digest said = ledger_digest_at(r, row, 10), digest = chain_event_digest(&event);
    if (code == FAULT_NONE && !digest_equal(&said, &digest))
        code = fault_set(f, FAULT_UNTRUSTED,
                         "it does not have the digest that it says: its row or its envelope was changed");
    if (code == FAULT_NONE)
        code = find_place(e, rows_uuid(r, row, 11), place.sequence, &place, f);
    if (code == FAULT_NONE)
        code = maker_event(e->maker, &event, &place, f);
    runs_add(e->runs, place.chain, place.height);
    e->events++;
    return code;
}

enum fault_code evidence_write_events(struct export *e, struct fault *f)
{
    OWNED(parameters) p = of_dossier(e);
    bool ended = false;
    enum fault_code code = database_run(e->database, events_sql, p, NULL, f);
    while (code == FAULT_NONE && !ended) {
        OWNED(rows) rows = NULL;
        code = database_run(e->database, next_events_sql, NULL, &rows, f);
        ended = code == FAULT_NONE && rows_count(rows) == 0;
        for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
            code = write_event(e, rows, i, f);
            if (code != FAULT_NONE)
                fault_wrap(f, "event %" PRId64, rows_integer(rows, i, 1));
            evidence_progress(e);
        }
    }
    return code;
}
