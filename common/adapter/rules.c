#include "adapter/rules.h"

#include "base/digest.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PACK_DIGEST_BYTES 4

struct rules {
    size_t count;
    char *(*triples)[3];
    char day[DATE_TEXT_SIZE];
    char pack[DATE_TEXT_SIZE + 1 + 2 * PACK_DIGEST_BYTES + 1];
};

static void rules_name(struct rules *r)
{
    char hex[2 * PACK_DIGEST_BYTES + 1];
    struct bytes *pieces = memory_array(r->count * 3 + 1, sizeof(*pieces));
    for (size_t i = 0; i < r->count * 3; i++) {
        const char *text = r->triples[i / 3][i % 3];
        pieces[i] = BYTES(text, strlen(text) + 1); /* the NUL keeps neighbours apart */
    }
    struct digest digest = digest_of_all(pieces, r->count * 3);
    bytes_to_hex(BYTES(digest.bytes, PACK_DIGEST_BYTES), hex);
    snprintf(r->pack, sizeof(r->pack), "%.10s/%s", r->day, hex);
    memory_cleanup(&pieces);
}

struct rules *rules_new(const char *const (*triples)[3], size_t count)
{
    struct rules *r = memory_new(sizeof(*r));
    r->triples = memory_array(count + 1, sizeof(*r->triples));
    r->count = count;
    for (size_t i = 0; i < count * 3; i++)
        r->triples[i / 3][i % 3] = memory_text(triples[i / 3][i % 3]);
    date_print(0, r->day);
    rules_name(r);
    return r;
}

struct rules *rules_free(struct rules *r)
{
    if (r) {
        for (size_t i = 0; i < r->count * 3; i++)
            memory_cleanup(&r->triples[i / 3][i % 3]);
        memory_cleanup(&r->triples);
        memory_cleanup(&r);
    }
    return NULL;
}

enum fault_code rules_queue(struct database *d, const char *sql, int32_t day, struct fault *f)
{
    char text[DATE_TEXT_SIZE];
    OWNED(parameters) p = parameters_new();
    date_print(day, text);
    parameters_text(p, text);
    return database_queue(d, sql, p, f);
}

struct rules *rules_of(const struct rows *rows, int32_t day)
{
    size_t count = (size_t)rows_count(rows);
    const char *(*triples)[3] = memory_array(count + 1, sizeof(*triples));
    for (size_t i = 0; i < count * 3; i++)
        triples[i / 3][i % 3] = rows_text(rows, (int)(i / 3), (int)(i % 3));
    struct rules *r = rules_new((const char *const(*)[3])triples, count);
    memory_cleanup(&triples);
    date_print(day, r->day);
    rules_name(r);
    return r;
}

enum fault_code rules_load(struct database *d, const char *sql, int32_t day, struct rules **ret, struct fault *f)
{
    char text[DATE_TEXT_SIZE];
    OWNED(rows) rows = NULL;
    enum fault_code code = rules_queue(d, sql, day, f);
    if (!code)
        code = database_flush(d, &rows, 1, f);
    if (code) {
        date_print(day, text);
        return fault_wrap(f, "reading the rules in force on %s", text);
    }
    *ret = rules_of(rows, day);
    return FAULT_NONE;
}

static const char *rules_column(const struct rules *r, const char *rule, int column)
{
    for (size_t i = 0; i < r->count; i++)
        if (!strcmp(r->triples[i][0], rule))
            return r->triples[i][column];
    return NULL;
}

const char *rules_value(const struct rules *r, const char *rule)
{
    return rules_column(r, rule, 1);
}

const char *rules_source(const struct rules *r, const char *rule)
{
    const char *source = rules_column(r, rule, 2);
    return source ? source : "";
}

enum fault_code rules_need(const struct rules *r, const char *rule, const char **ret, struct fault *f)
{
    const char *value = rules_value(r, rule);
    if (!value)
        return fault_set(f, FAULT_CONFIG, "no rule \"%s\" is in force on %s: add its row to the rule table", rule,
                         r->day);
    *ret = value;
    return FAULT_NONE;
}

const char *rules_pack(const struct rules *r)
{
    return r->pack;
}
