#include "ledger.h"
#include <jansson.h>
#include <stdio.h>

static const char status_sql[] =
    "SELECT r.id, r.name, coalesce(b.height, 0), b.at, b.digest, coalesce(s.height, 0), s.at, coalesce(s.authority, '')"
    " FROM router r"
    " LEFT JOIN LATERAL (SELECT height, at, digest FROM block WHERE chain = r.id ORDER BY height DESC LIMIT 1) b ON true"
    " LEFT JOIN LATERAL (SELECT height, at, authority FROM block_stamp WHERE chain = r.id ORDER BY height DESC LIMIT 1) s"
    "  ON true ORDER BY r.id";

static json_t *instant_of(const struct rows *r, int row, int column)
{
    char text[INSTANT_TEXT_SIZE];
    if (rows_null(r, row, column))
        return json_null();
    instant_print(rows_instant(r, row, column), text);
    return json_string(text);
}

static void print_json(const struct rows *r)
{
    json_t *list = json_array();
    for (int i = 0; i < rows_count(r); i++) {
        char hex[2 * DIGEST_SIZE + 1];
        struct digest digest = ledger_digest_at(r, i, 4);
        bytes_to_hex(digest_bytes(&digest), hex);
        json_array_append_new(list, json_pack("{s:I, s:s, s:I, s:o, s:o, s:I, s:o, s:s, s:I}", "chain",
                                              (json_int_t)rows_integer(r, i, 0), "router", rows_text(r, i, 1), "height",
                                              (json_int_t)rows_integer(r, i, 2), "at", instant_of(r, i, 3), "digest",
                                              rows_null(r, i, 4) ? json_null() : json_string(hex), "stamped_height",
                                              (json_int_t)rows_integer(r, i, 5), "stamped_at", instant_of(r, i, 6),
                                              "stamp_authority", rows_text(r, i, 7), "unstamped",
                                              (json_int_t)(rows_integer(r, i, 2) - rows_integer(r, i, 5))));
    }
    json_dumpf(list, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(list);
}

static void print_one(const struct rows *r, int i)
{
    char at[INSTANT_TEXT_SIZE], hex[2 * DIGEST_SIZE + 1];
    struct digest digest = ledger_digest_at(r, i, 4);
    printf("chain %lld (%s): ", (long long)rows_integer(r, i, 0), rows_text(r, i, 1));
    if (rows_integer(r, i, 2) == 0) {
        printf("no block\n");
        return;
    }
    bytes_to_hex(digest_bytes(&digest), hex);
    instant_print(rows_instant(r, i, 3), at);
    printf("%lld blocks, the newest of %s, %.16s…; ", (long long)rows_integer(r, i, 2), at, hex);
    if (rows_integer(r, i, 5) == 0) {
        printf("no time stamp\n");
        return;
    }
    instant_print(rows_instant(r, i, 6), at);
    printf("time stamp of %s over block %lld and all before it\n", at, (long long)rows_integer(r, i, 5));
}

enum fault_code ledger_status(struct database *d, bool json, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, status_sql, NULL, &rows, f);
    if (code != FAULT_NONE)
        return code;
    for (int i = 0; i < rows_count(rows) && !json; i++)
        print_one(rows, i);
    if (json)
        print_json(rows);
    return FAULT_NONE;
}
