#pragma once
/* The statements that a connection has prepared, found by the address of their SQL. Internal to database/. */
#include "database/parameters.h"

#define STATEMENTS_COUNT_MAX 1024

struct statement {
    const char *sql;     /* the key; lives for ever */
    char *text;          /* a copy, to notice SQL that does not live for ever */
    uint64_t types;      /* of its parameters */
    unsigned generation; /* in its name on the server */
    unsigned index;
    bool prepared; /* on the present connection, or sent ahead in the pipeline */
};

struct statements {
    struct statement *entries;
    size_t count, capacity;
    uint32_t *slots; /* hash table: index into entries + 1 */
    size_t slot_count;
};

/* Finds or adds. *ret is valid until the next call. FAULT_INTERNAL when the same address now holds other SQL or takes
 * parameters of other types; FAULT_LIMIT beyond STATEMENTS_COUNT_MAX. */
MUST_USE enum fault_code statements_find(struct statements *s, const char *sql, const struct parameters *p,
                                         struct statement **ret, struct fault *f);
/* The connection is new: nothing is prepared. */
void statements_forget(struct statements *s);
void statements_clear(struct statements *s);

#define STATEMENT_NAME_SIZE 32
void statement_name(const struct statement *s, char name[STATEMENT_NAME_SIZE]);
/* The server refused its plan (a table has changed): it will be prepared anew under another name. */
void statement_renew(struct statement *s);
