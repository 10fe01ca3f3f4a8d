#include "party.h"

#include "base/system.h"
#include "base/text.h"
#include "database/sealed.h"

#include <stdio.h>

/* A person is known by what the police have checked, never by a tax number that somebody states; an organisation by that alone. */
static const char find_sql[] =
    "SELECT coalesce((SELECT id FROM ("
    "  SELECT id, personal_index FROM land.party WHERE $4 = 2 AND kind = 2 AND tax_index = $3 UNION ALL"
    "  SELECT id, personal_index FROM land.party WHERE $4 <> 2 AND kind = $4 AND (personal_index = $1"
    "   OR (card_index = $2 AND (personal_index IS NULL OR $1 IS NULL)))) AS p"
    "  ORDER BY personal_index = $1 DESC NULLS LAST, id LIMIT 1), 0), EXISTS ("
    "  SELECT FROM land.party WHERE personal_index = $1 OR card_index = $2 OR tax_index = $3)";

static const char add_sql[] =
    "INSERT INTO land.party (personal_index, card_index, tax_index, kind, owner, full_name, address, personal_number,"
    " old_card_number, tax_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING RETURNING id";

static void party_identifiers(struct parameters *p, const struct database *d, const Lienthong__V1__Party *party)
{
    parameters_index(p, d, PARTY_PERSONAL, party->personal_number);
    parameters_index(p, d, PARTY_CARD, party->old_card_number);
    parameters_index(p, d, PARTY_TAX, party->tax_number);
}

/* *ret_id 0: not in the register; *ret_taken: but a number of it is, as another party's. */
static enum fault_code party_find(struct database *d, const Lienthong__V1__Party *party, int64_t *ret_id,
                                  bool *ret_taken, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    party_identifiers(p, d, party);
    parameters_integer(p, party->kind);
    enum fault_code code = database_run(d, find_sql, p, &rows, f);
    if (code)
        return code;
    *ret_id = rows_integer(rows, 0, 0);
    *ret_taken = !*ret_id && rows_yes(rows, 0, 1);
    return FAULT_NONE;
}

static bool party_is_nameless(const Lienthong__V1__Party *party)
{
    return text_empty(party->personal_number) && text_empty(party->old_card_number) && text_empty(party->tax_number);
}

/* *ret_why "": none; then *ret_id is its id, or 0. */
static enum fault_code party_look(struct database *d, const Lienthong__V1__Party *party, int64_t *ret_id,
                                  const char **ret_why, struct fault *f)
{
    bool taken = false;
    enum fault_code code = FAULT_NONE;
    *ret_why = "";
    *ret_id = 0;
    if (!party || text_empty(party->full_name))
        *ret_why = "the application names no transferee";
    else if (party_is_nameless(party))
        *ret_why = "the transferee has no identifier";
    else
        code = party_find(d, party, ret_id, &taken, f);
    if (taken)
        *ret_why = "a number of the transferee belongs to another party in the register";
    return code;
}

enum fault_code party_objection(struct database *d, const Lienthong__V1__Party *party, char ret[PARTY_OBJECTION_SIZE],
                                struct fault *f)
{
    int64_t id;
    const char *why;
    enum fault_code code = party_look(d, party, &id, &why, f);
    if (!code)
        text_copy(ret, PARTY_OBJECTION_SIZE, why);
    return code;
}

static void party_seal(struct parameters *p, const struct database *d, const char *place, const struct uuid *owner,
                       const char *text)
{
    parameters_sealed_text(p, d, SEALED_AT(place, uuid_bytes(owner)), text);
}

static const char *party_given(const char *number)
{
    return text_empty(number) ? NULL : number;
}

/* *ret 0: another transaction was first. */
static enum fault_code party_add(struct database *d, const Lienthong__V1__Party *party, int64_t *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    struct uuid owner;
    system_random(owner.bytes, sizeof(owner.bytes));
    party_identifiers(p, d, party);
    parameters_integer(p, party->kind);
    parameters_uuid(p, owner);
    party_seal(p, d, PARTY_NAME, &owner, party->full_name);
    party_seal(p, d, PARTY_ADDRESS, &owner, party->address);
    party_seal(p, d, PARTY_PERSONAL, &owner, party_given(party->personal_number));
    party_seal(p, d, PARTY_CARD, &owner, party_given(party->old_card_number));
    party_seal(p, d, PARTY_TAX, &owner, party_given(party->tax_number));
    enum fault_code code = database_run(d, add_sql, p, &rows, f);
    if (!code)
        *ret = rows_count(rows) ? rows_integer(rows, 0, 0) : 0;
    return code;
}

enum fault_code party_enter(struct database *d, const Lienthong__V1__Party *party, int64_t *ret, struct fault *f)
{
    const char *why;
    enum fault_code code = party_look(d, party, ret, &why, f);
    if (!code && !why[0] && !*ret)
        code = party_add(d, party, ret, f);
    if (!code && !why[0] && !*ret)
        code = party_look(d, party, ret, &why, f);
    if (!code && why[0])
        code = fault_set(f, FAULT_MALFORMED, "%s", why);
    return code ? fault_wrap(f, "transferee") : FAULT_NONE;
}
