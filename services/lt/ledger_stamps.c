#include "ledger.h"
#include "trust/stamp.h"
#include <inttypes.h>

#define SKEW_US (60 * INSTANT_SECOND_US) /* between the authority's clock, which counts seconds, and a router's */

static const char stamps_sql[] =
    "DECLARE ledger_stamp NO SCROLL CURSOR FOR SELECT s.chain, s.height, s.digest, s.token, s.at, b.digest, b.at"
    " FROM block_stamp s LEFT JOIN block b ON b.chain = s.chain AND b.height = s.height"
    " LEFT JOIN unnest($1::int[], $2::bigint[]) AS c (chain, height) ON c.chain = s.chain"
    " WHERE s.height > coalesce(c.height, 0) ORDER BY s.chain, s.height";
static const char next_stamps_sql[] = "FETCH FORWARD 500 FROM ledger_stamp";

static void check_block(struct ledger *l, const struct ledger_chain *c, const struct rows *r, int row,
                        struct instant at)
{
    char text[INSTANT_TEXT_SIZE];
    uint64_t height = (uint64_t)rows_integer(r, row, 1);
    const struct digest stamped = ledger_digest_at(r, row, 2), there = ledger_digest_at(r, row, 5);
    instant_print(at, text);
    if (c->height == 0)
        ledger_bad(l, c->id, 1, "the router vanished: there is a time stamp of %s over its block %" PRIu64, text,
                   height);
    else if (rows_null(r, row, 5))
        ledger_bad(l, c->id, height > c->height ? c->height + 1 : height,
                   "the block is gone: there is a time stamp of %s over block %" PRIu64, text, height);
    else if (!digest_equal(&stamped, &there))
        ledger_bad(l, c->id, height, "the chain is forked: there is a time stamp of %s over another block", text);
    else if (at.us + SKEW_US < rows_instant(r, row, 6).us)
        ledger_bad(l, c->id, height, "its time stamp is of %s, before the time that the block names", text);
}

static void check_stamp(struct ledger *l, const struct rows *r, int row)
{
    struct fault why;
    struct instant at;
    uint64_t height = (uint64_t)rows_integer(r, row, 1);
    struct ledger_chain *c = ledger_chain_of(l, (uint32_t)rows_integer(r, row, 0));
    const struct digest stamped = ledger_digest_at(r, row, 2);
    l->stamps++;
    if (stamp_check(rows_bytes(r, row, 3), &stamped, l->stamp_authority, &at, &why) != FAULT_NONE) {
        ledger_bad(l, c->id, height, "its time stamp does not hold: %s", why.text);
        return;
    }
    if (rows_instant(r, row, 4).us != at.us)
        ledger_bad(l, c->id, height, "its time stamp's row names another time than the stamp");
    check_block(l, c, r, row, at);
    c->stamped = height;
    c->stamped_at = at;
}

enum fault_code ledger_verify_stamps(struct ledger *l, struct fault *f)
{
    OWNED(parameters) p = ledger_checked(l);
    bool ended = false;
    enum fault_code code = database_run(l->database, stamps_sql, p, NULL, f);
    while (code == FAULT_NONE && !ended) {
        OWNED(rows) rows = NULL;
        code = database_run(l->database, next_stamps_sql, NULL, &rows, f);
        ended = code == FAULT_NONE && rows_count(rows) == 0;
        for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++)
            check_stamp(l, rows, i);
        ledger_progress(l);
    }
    return code;
}
