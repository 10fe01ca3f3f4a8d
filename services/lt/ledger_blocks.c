#include "ledger.h"
#include "trust/chain.h"
#include "trust/merkle.h"
#include "trust/signature.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LEAVES_MAX (1 << 20) /* in one block */

static const char blocks_sql[] =
    "DECLARE ledger_block NO SCROLL CURSOR FOR"
    " SELECT b.chain, b.height, b.batch, b.at, b.events, b.root, b.previous, b.heads, b.seen, b.digest, b.key_id, b.signature"
    " FROM block b LEFT JOIN unnest($1::int[], $2::bigint[]) AS c (chain, height) ON c.chain = b.chain"
    " WHERE b.height > coalesce(c.height, 0) ORDER BY b.chain, b.height";
/* Only digests are sorted, so the server needs some hundred bytes of disk for each event. */
static const char leaves_sql[] =
    "DECLARE ledger_leaf NO SCROLL CURSOR FOR SELECT b.chain, b.height, e.digest"
    " FROM block b JOIN event e ON e.batch = b.batch"
    " LEFT JOIN unnest($1::int[], $2::bigint[]) AS c (chain, height) ON c.chain = b.chain"
    " WHERE b.height > coalesce(c.height, 0) ORDER BY b.chain, b.height, e.dossier, e.sequence";
static const char next_blocks_sql[] = "FETCH FORWARD 500 FROM ledger_block";
static const char next_leaves_sql[] = "FETCH FORWARD 5000 FROM ledger_leaf";
static const char seen_sql[] = "SELECT (SELECT max(height) FROM block WHERE chain = $1),"
                               " (SELECT digest FROM block WHERE chain = $1 AND height = $2)";

/* --- The events' digests, in the blocks' order ---------------------------------------------------------------------- */

struct leaves {
    struct database *database;
    struct rows *rows;
    int next;
    bool ended;
    struct digest *items; /* of the present block */
    size_t count, capacity;
};

static void leaves_clear(struct leaves *s)
{
    rows_free(s->rows);
    free(s->items);
}

static enum fault_code leaves_fill(struct leaves *s, struct fault *f)
{
    if (s->ended || (s->rows && s->next < rows_count(s->rows)))
        return FAULT_NONE;
    s->rows = rows_free(s->rows);
    s->next = 0;
    enum fault_code code = database_run(s->database, next_leaves_sql, NULL, &s->rows, f);
    s->ended = code == FAULT_NONE && rows_count(s->rows) == 0;
    return code;
}

static enum fault_code leaves_add(struct leaves *s, struct digest digest, struct fault *f)
{
    if (s->count == LEAVES_MAX)
        return fault_set(f, FAULT_LIMIT, "a block has more than %d events", LEAVES_MAX);
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? 2 * s->capacity : 256;
        s->items = memory_grow(s->items, s->capacity, sizeof(*s->items));
    }
    s->items[s->count++] = merkle_leaf(digest_bytes(&digest));
    return FAULT_NONE;
}

/* All of the block: both cursors go over the same blocks in the same order. */
static enum fault_code leaves_take(struct leaves *s, const struct chain_block *b, struct fault *f)
{
    s->count = 0;
    for (;;) {
        if (leaves_fill(s, f) != FAULT_NONE)
            return f->code;
        if (s->ended || rows_integer(s->rows, s->next, 0) != b->chain ||
            (uint64_t)rows_integer(s->rows, s->next, 1) != b->height)
            return FAULT_NONE;
        if (leaves_add(s, ledger_digest_at(s->rows, s->next++, 2), f) != FAULT_NONE)
            return f->code;
    }
}

/* --- One block ----------------------------------------------------------------------------------------------------- */

static void check_place(struct ledger *l, const struct ledger_chain *c, const struct chain_block *b)
{
    if (b->height > c->height + 1)
        ledger_bad(l, b->chain, c->height + 1, "the block is gone; the next one that there is, is block %" PRIu64,
                   b->height);
    else if (!digest_equal(&b->previous, &c->digest))
        ledger_bad(l, b->chain, b->height,
                   c->height ? "it does not follow on block %" PRIu64 ": the digest that it names is another"
                             : "it names a block before it (%" PRIu64 "), but is the first",
                   c->height);
}

static void check_content(struct ledger *l, const struct chain_block *b, const struct leaves *leaves)
{
    if (leaves->count != b->events) {
        ledger_bad(l, b->chain, b->height, "it says that it has %u events; there are %zu", b->events, leaves->count);
        return;
    }
    struct digest root = {{0}};
    if (leaves->count)
        root = merkle_root(leaves->items, leaves->count);
    if (!digest_equal(&root, &b->root))
        ledger_bad(l, b->chain, b->height, "its events' digests do not make its root: an event was changed or swapped");
}

static enum fault_code check_signature(struct ledger *l, const struct chain_block *b, const struct digest *digest,
                                       struct digest key_id, struct bytes value, struct fault *f)
{
    const struct certificate *c;
    struct signature s = {.key_id = key_id, .value_size = value.size, .leaf_count = 1};
    enum fault_code code = ledger_keys_find(l->keys, true, key_id, b->at, &c, f);
    if (code == FAULT_UNTRUSTED) {
        ledger_bad(l, b->chain, b->height, "it is signed with a key that is not to be believed: %s", f->text);
        return FAULT_NONE;
    }
    if (code != FAULT_NONE)
        return code;
    if (value.size > sizeof(s.value)) {
        ledger_bad(l, b->chain, b->height, "its signature does not match: it is too long");
        return FAULT_NONE;
    }
    memcpy(s.value, value.data, value.size);
    if (signature_check(c, SIGNATURE_TYPE_BLOCK, digest_bytes(digest), &s, f) != FAULT_NONE)
        ledger_bad(l, b->chain, b->height, "its signature does not match: %s", f->text);
    return FAULT_NONE;
}

/* A block that another chain saw must be there still, and be the same. */
static enum fault_code check_seen(struct ledger *l, const struct chain_block *b, const struct chain_seen *seen,
                                  struct fault *f)
{
    struct ledger_chain *c = ledger_chain_of(l, seen->chain);
    if (seen->height == 0 || (seen->height == c->seen && digest_equal(&seen->digest, &c->seen_digest)))
        return FAULT_NONE;
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, seen->chain);
    parameters_integer(p, (int64_t)seen->height);
    enum fault_code code = database_run(l->database, seen_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    uint64_t newest = rows_null(rows, 0, 0) ? 0 : (uint64_t)rows_integer(rows, 0, 0);
    struct digest digest = ledger_digest_at(rows, 0, 1);
    if (newest == 0)
        ledger_bad(l, seen->chain, 1, "the router vanished: block %" PRIu64 " of chain %u saw its block %" PRIu64,
                   b->height, b->chain, seen->height);
    else if (rows_null(rows, 0, 1))
        ledger_bad(l, seen->chain, seen->height > newest ? newest + 1 : seen->height,
                   "the block is gone: block %" PRIu64 " of chain %u saw block %" PRIu64, b->height, b->chain,
                   seen->height);
    else if (!digest_equal(&digest, &seen->digest))
        ledger_bad(l, seen->chain, seen->height,
                   "the chain is forked: block %" PRIu64 " of chain %u saw another one here", b->height, b->chain);
    c->seen = seen->height;
    c->seen_digest = seen->digest;
    return FAULT_NONE;
}

static enum fault_code check_heads(struct ledger *l, const struct chain_block *b, struct bytes bytes, struct fault *f)
{
    struct chain_seen seen;
    struct digest heads = digest_of(bytes);
    if (!digest_equal(&heads, &b->heads) || bytes.size % CHAIN_SEEN_SIZE) {
        ledger_bad(l, b->chain, b->height, "the other chains' heads that it saw were changed");
        return FAULT_NONE;
    }
    for (size_t i = 0; chain_seen_at(bytes, i, &seen); i++)
        if (seen.chain == b->chain)
            ledger_bad(l, b->chain, b->height, "it names its own chain among the others");
        else if (check_seen(l, b, &seen, f) != FAULT_NONE)
            return f->code;
    return FAULT_NONE;
}

struct chain_block ledger_block_at(const struct rows *r, int row)
{
    return (struct chain_block){.chain = (uint32_t)rows_integer(r, row, 0),
                                .height = (uint64_t)rows_integer(r, row, 1),
                                .batch = rows_uuid(r, row, 2),
                                .at = rows_instant(r, row, 3),
                                .events = (uint32_t)rows_integer(r, row, 4),
                                .root = ledger_digest_at(r, row, 5),
                                .previous = ledger_digest_at(r, row, 6),
                                .heads = ledger_digest_at(r, row, 7)};
}

static enum fault_code check_block(struct ledger *l, struct leaves *leaves, const struct rows *r, int row,
                                   struct fault *f)
{
    const struct chain_block b = ledger_block_at(r, row);
    const struct digest said = ledger_digest_at(r, row, 9), digest = chain_block_digest(&b);
    check_place(l, ledger_chain_of(l, b.chain), &b);
    if (!digest_equal(&said, &digest))
        ledger_bad(l, b.chain, b.height, "it does not have the digest that it says: the block was changed");
    enum fault_code code = leaves_take(leaves, &b, f);
    if (code != FAULT_NONE)
        return code;
    check_content(l, &b, leaves);
    code = check_signature(l, &b, &digest, ledger_digest_at(r, row, 10), rows_bytes(r, row, 11), f);
    if (code == FAULT_NONE)
        code = check_heads(l, &b, rows_bytes(r, row, 8), f);
    struct ledger_chain *c = ledger_chain_of(l, b.chain);
    c->height = b.height;
    c->digest = said;
    c->at = b.at;
    l->blocks++;
    return code;
}

static enum fault_code declare(struct ledger *l, const char *sql, struct fault *f)
{
    OWNED(parameters) p = ledger_checked(l);
    return database_run(l->database, sql, p, NULL, f);
}

enum fault_code ledger_verify_blocks(struct ledger *l, struct fault *f)
{
    struct leaves leaves = {.database = l->database};
    bool ended = false;
    enum fault_code code = declare(l, blocks_sql, f);
    if (code == FAULT_NONE)
        code = declare(l, leaves_sql, f);
    while (code == FAULT_NONE && !ended) {
        OWNED(rows) rows = NULL;
        code = database_run(l->database, next_blocks_sql, NULL, &rows, f);
        ended = code == FAULT_NONE && rows_count(rows) == 0;
        for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++)
            code = check_block(l, &leaves, rows, i, f);
        ledger_progress(l);
    }
    leaves_clear(&leaves);
    return code;
}
