#include "database/statement.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t statement_types(const struct parameters *p)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a over the OIDs */
    for (int i = 0; p && i < p->count; i++)
        hash = (hash ^ p->types[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static size_t statements_slot(const struct statements *s, const char *sql)
{
    uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15);
    size_t mask = s->slot_count - 1;
    size_t slot = (size_t)(hash >> 32) & mask;
    while (s->slots[slot] && s->entries[s->slots[slot] - 1].sql != sql)
        slot = (slot + 1) & mask;
    return slot;
}

/* Slots are at least twice the entries, so that a search always meets an empty one. */
static void statements_grow(struct statements *s)
{
    s->capacity = s->capacity ? s->capacity * 2 : 32;
    s->entries = memory_grow(s->entries, s->capacity, sizeof(*s->entries));
    free(s->slots);
    s->slot_count = s->capacity * 4;
    s->slots = memory_array(s->slot_count, sizeof(*s->slots));
    for (size_t i = 0; i < s->count; i++)
        s->slots[statements_slot(s, s->entries[i].sql)] = (uint32_t)i + 1;
}

static enum fault_code statement_same(const struct statement *st, const char *sql, uint64_t types, struct fault *f)
{
    if (strcmp(st->text, sql) != 0)
        return fault_set(f, FAULT_INTERNAL, "SQL \"%.60s\" stands where \"%.60s\" was prepared: SQL must live for ever",
                         sql, st->text);
    if (st->types != types)
        return fault_set(f, FAULT_INTERNAL, "SQL \"%.60s\" is used with parameters of other types than before", sql);
    return FAULT_NONE;
}

enum fault_code statements_find(struct statements *s, const char *sql, const struct parameters *p,
                                struct statement **ret, struct fault *f)
{
    uint64_t types = statement_types(p);
    if (s->slot_count) {
        uint32_t found = s->slots[statements_slot(s, sql)];
        if (found) {
            *ret = &s->entries[found - 1];
            return statement_same(*ret, sql, types, f);
        }
    }
    if (s->count == STATEMENTS_COUNT_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d different statements on one connection", STATEMENTS_COUNT_MAX);
    if (s->count == s->capacity)
        statements_grow(s);
    struct statement *st = &s->entries[s->count];
    *st = (struct statement){.sql = sql, .text = memory_text(sql), .types = types, .index = (unsigned)s->count};
    s->slots[statements_slot(s, sql)] = (uint32_t)++s->count;
    *ret = st;
    return FAULT_NONE;
}

void statements_forget(struct statements *s)
{
    for (size_t i = 0; i < s->count; i++)
        s->entries[i].prepared = false;
}

void statements_clear(struct statements *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->entries[i].text);
    free(s->entries);
    free(s->slots);
    *s = (struct statements){0};
}

void statement_name(const struct statement *s, char name[STATEMENT_NAME_SIZE])
{
    snprintf(name, STATEMENT_NAME_SIZE, "s%u_%u", s->index, s->generation);
}

void statement_renew(struct statement *s)
{
    s->prepared = false;
    s->generation++;
}
