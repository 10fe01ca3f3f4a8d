#include "party.h"

#include "base/text.h"

#include <stdio.h>

/* A person is known by what the police have checked, never by a tax number that somebody states; an organisation by that alone. */
static const char find_sql[] =
    "SELECT id FROM land.party WHERE kind = $4 AND CASE WHEN $4 = 2 THEN tax_number = NULLIF($3, '')"
    " ELSE personal_number = NULLIF($1, '') OR (old_card_number = NULLIF($2, '')"
    " AND (personal_number IS NULL OR $1 = '')) END"
    " ORDER BY personal_number = NULLIF($1, '') DESC NULLS LAST, id LIMIT 1";

static const char add_sql[] =
    "INSERT INTO land.party (personal_number, old_card_number, tax_number, kind, full_name, address)"
    " VALUES (NULLIF($1, ''), NULLIF($2, ''), NULLIF($3, ''), $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id";

static const char taken_sql[] =
    "SELECT EXISTS (SELECT FROM land.party WHERE personal_number = NULLIF($1, '') OR old_card_number = NULLIF($2, '')"
    " OR tax_number = NULLIF($3, ''))";

static void party_identifiers(struct parameters *p, const Lienthong__V1__Party *party)
{
    parameters_text(p, party->personal_number);
    parameters_text(p, party->old_card_number);
    parameters_text(p, party->tax_number);
}

/* *ret 0: not in the register. */
static enum fault_code party_find(struct database *d, const Lienthong__V1__Party *party, int64_t *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    party_identifiers(p, party);
    parameters_integer(p, party->kind);
    enum fault_code code = database_run(d, find_sql, p, &rows, f);
    if (!code)
        *ret = rows_count(rows) ? rows_integer(rows, 0, 0) : 0;
    return code;
}

static enum fault_code party_is_taken(struct database *d, const Lienthong__V1__Party *party, bool *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    party_identifiers(p, party);
    enum fault_code code = database_run(d, taken_sql, p, &rows, f);
    if (!code)
        *ret = rows_yes(rows, 0, 0);
    return code;
}

static bool party_is_nameless(const Lienthong__V1__Party *party)
{
    return text_empty(party->personal_number) && text_empty(party->old_card_number) && text_empty(party->tax_number);
}

enum fault_code party_objection(struct database *d, const Lienthong__V1__Party *party, char ret[PARTY_OBJECTION_SIZE],
                                struct fault *f)
{
    int64_t id = 0;
    bool taken = false;
    const char *why = "";
    if (!party || text_empty(party->full_name)) {
        why = "the application names no transferee";
    } else if (party_is_nameless(party)) {
        why = "the transferee has no identifier";
    } else {
        enum fault_code code = party_find(d, party, &id, f);
        if (!code && !id)
            code = party_is_taken(d, party, &taken, f);
        if (code)
            return code;
        why = taken ? "a number of the transferee belongs to another party in the register" : "";
    }
    text_copy(ret, PARTY_OBJECTION_SIZE, why);
    return FAULT_NONE;
}

static enum fault_code party_add(struct database *d, const Lienthong__V1__Party *party, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    party_identifiers(p, party);
    parameters_integer(p, party->kind);
    parameters_text(p, party->full_name);
    parameters_text(p, party->address);
    return database_run(d, add_sql, p, NULL, f);
}

enum fault_code party_enter(struct database *d, const Lienthong__V1__Party *party, int64_t *ret, struct fault *f)
{
    char why[PARTY_OBJECTION_SIZE];
    *ret = 0;
    enum fault_code code = party_objection(d, party, why, f);
    if (!code && why[0])
        return fault_set(f, FAULT_MALFORMED, "%s", why);
    if (!code)
        code = party_find(d, party, ret, f);
    if (!code && !*ret)
        code = party_add(d, party, f);
    if (!code && !*ret)
        code = party_find(d, party, ret, f); /* ours, or another transaction's that was first */
    if (!code && !*ret)                      /* since the objection was looked for */
        code = fault_set(f, FAULT_MALFORMED, "a number of the transferee belongs to another party in the register");
    return code ? fault_wrap(f, "transferee") : FAULT_NONE;
}
