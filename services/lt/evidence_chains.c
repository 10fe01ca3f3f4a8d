#include "evidence.h"
#include "ledger.h"
#include "runs.h"
#include "trust/chain.h"
#include <inttypes.h>
#include <stdlib.h>

static const char stamp_sql[] =
    "SELECT coalesce(min(s.height), 0) FROM block_stamp s WHERE s.chain = $1 AND s.height >= $2"
    " AND EXISTS (SELECT FROM block b WHERE b.chain = s.chain AND b.height = s.height)";
static const char blocks_sql[] =
    "SELECT b.chain, b.height, b.batch, b.at, b.events, b.root, b.previous, b.heads FROM block b"
    " WHERE b.chain = $1 AND b.height BETWEEN $2 AND $3 ORDER BY b.height";
static const char block_sql[] =
    "SELECT b.chain, b.height, b.batch, b.at, b.events, b.root, b.previous, b.heads, b.key_id, b.signature, b.seen, s.token"
    " FROM block b LEFT JOIN block_stamp s ON s.chain = b.chain AND s.height = b.height"
    " WHERE b.chain = $1 AND b.height = $2";

static enum fault_code gone(uint32_t chain, uint64_t height, struct fault *f)
{
    return fault_set(f, FAULT_NOT_FOUND,
                     "block %" PRIu64 " of chain %" PRIu32 " is not in the database; lt ledger verify tells more",
                     height, chain);
}

/* LINES_BLOCKS_MAX at a time. */
static enum fault_code write_piece(struct export *e, uint32_t chain, uint64_t first, uint64_t last, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    OWNED_BUFFER bytes = BUFFER((size_t)LINES_BLOCKS_MAX * CHAIN_BLOCK_SIZE);
    parameters_integer(p, chain);
    parameters_integer(p, (int64_t)first);
    parameters_integer(p, (int64_t)last);
    enum fault_code code = database_run(e->database, blocks_sql, p, &rows, f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
        uint8_t block[CHAIN_BLOCK_SIZE];
        const struct chain_block b = ledger_block_at(rows, i);
        if (b.height != first + (uint64_t)i)
            return gone(chain, first + (uint64_t)i, f);
        chain_block_write(&b, block);
        code = buffer_append(&bytes, BYTES(block, sizeof(block)), f);
    }
    if (code == FAULT_NONE && (uint64_t)rows_count(rows) != last - first + 1)
        code = gone(chain, first + (uint64_t)rows_count(rows), f);
    if (code == FAULT_NONE)
        code = maker_blocks(e->maker, chain, first, buffer_bytes(&bytes), f);
    e->blocks += last - first + 1;
    evidence_progress(e);
    return code;
}

static enum fault_code write_run(struct export *e, const struct lines_run *run, struct fault *f)
{
    enum fault_code code = maker_run(e->maker, run, f);
    for (uint64_t first = run->first; first <= run->last && code == FAULT_NONE; first += LINES_BLOCKS_MAX) {
        uint64_t last = first + LINES_BLOCKS_MAX - 1;
        code = write_piece(e, run->chain, first, last < run->last ? last : run->last, f);
    }
    return code;
}

static enum fault_code write_signed(struct export *e, const struct lines_block *line, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, line->chain);
    parameters_integer(p, (int64_t)line->height);
    enum fault_code code = database_run(e->database, block_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    if (rows_count(rows) == 0)
        return gone(line->chain, line->height, f);
    const struct chain_block b = ledger_block_at(rows, 0);
    struct maker_block m = {.line = *line,
                            .digest = chain_block_digest(&b),
                            .signature = rows_bytes(rows, 0, 9),
                            .seen = rows_bytes(rows, 0, 10)};
    m.line.key = ledger_digest_at(rows, 0, 8);
    if (line->stamped)
        m.stamp = rows_bytes(rows, 0, 11);
    evidence_progress(e);
    return maker_block(e->maker, &m, f);
}

static enum fault_code find_stamps(struct export *e, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    size_t count = runs_count(e->runs);
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        uint32_t chain;
        uint64_t height;
        OWNED(rows) rows = NULL;
        OWNED(parameters) p = parameters_new();
        runs_at(e->runs, i, &chain, &height);
        parameters_integer(p, chain);
        parameters_integer(p, (int64_t)height);
        code = database_run(e->database, stamp_sql, p, &rows, f);
        if (code == FAULT_NONE)
            runs_stamp(e->runs, i, (uint64_t)rows_integer(rows, 0, 0));
    }
    return code;
}

enum fault_code evidence_write_chains(struct export *e, struct fault *f)
{
    enum fault_code code = find_stamps(e, f);
    if (code != FAULT_NONE)
        return code;
    OWNED_MEMORY struct lines_run *runs = NULL;
    OWNED_MEMORY struct lines_block *signed_ones = NULL;
    size_t count = runs_plan(e->runs, RUNS_GAP, &runs), signed_count = runs_signed(e->runs, &signed_ones), next = 0;
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        code = write_run(e, &runs[i], f);
        for (; next < signed_count && signed_ones[next].chain == runs[i].chain &&
               signed_ones[next].height <= runs[i].last && code == FAULT_NONE;
             next++)
            code = write_signed(e, &signed_ones[next], f);
    }
    return code;
}
