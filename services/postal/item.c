#include "item.h"
#include "s10.h"

#include "adapter/day.h"
#include "adapter/rules.h"
#include "base/text.h"
#include "database/sealed.h"
#include <stdlib.h>
#include <string.h>

#define NAME "postal.item.name"
#define ADDRESS "postal.item.address"
#define TELEPHONE "postal.item.telephone"
#define PLACE "postal.tracking.place"
#define REASON "postal.tracking.reason"
#define SIGNER "postal.tracking.signer"

static const char RULES_SQL[] = "SELECT rule, value, source FROM postal.rule WHERE valid_from <= $1::text::date "
                                "AND $1::text::date < valid_until ORDER BY rule";

/* The rule's value, or why there is none. */
static enum fault_code need_rule(struct database *d, const char *rule, int32_t day, struct rules **ret,
                                 const char **ret_value, struct fault *f)
{
    if (rules_load(d, RULES_SQL, day, ret, f) != FAULT_NONE)
        return f->code;
    return rules_need(*ret, rule, ret_value, f);
}

/* A new identifier; *RET_KNOWN when the step has an item already. */
static enum fault_code next_id(struct database *d, struct uuid step, int32_t day, char id[S10_TEXT_SIZE],
                               bool *ret_known, struct fault *f)
{
    static const char sql[] =
        "SELECT nextval('postal.item_serial'), (SELECT value FROM postal.rule WHERE rule = 'item.service' "
        "AND valid_from <= $2::text::date AND $2::text::date < valid_until) "
        "WHERE NOT EXISTS (SELECT FROM postal.item WHERE step = $1)";
    char text[DATE_TEXT_SIZE];
    const char *service = NULL;
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    OWNED(rules) rules = NULL;
    date_print(day, text);
    parameters_uuid(p, step);
    parameters_text(p, text);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    *ret_known = rows_count(rows) == 0;
    if (*ret_known)
        return FAULT_NONE;
    if (!rows_null(rows, 0, 1))
        service = rows_text(rows, 0, 1);
    else if (need_rule(d, "item.service", day, &rules, &service, f) != FAULT_NONE)
        return f->code;
    s10_make(service, (uint32_t)rows_integer(rows, 0, 0), "VN", id);
    return FAULT_NONE;
}

enum fault_code item_accept(struct database *d, struct uuid dossier, struct uuid step,
                            const Lienthong__V1__Dispatch *dispatch, struct instant now, struct fault *f)
{
    static const char add[] = "INSERT INTO postal.item (id, dossier, step, name, address, telephone, choice, state, "
                              "accepted_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 'accepted', $8) "
                              "ON CONFLICT (step) DO NOTHING";
    bool known = false;
    char id[S10_TEXT_SIZE];
    enum fault_code code = next_id(d, step, day_of_instant(now), id, &known, f);
    if (code != FAULT_NONE || known)
        return code;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, id);
    parameters_uuid(p, dossier);
    parameters_uuid(p, step);
    struct bytes owner = bytes_of_text(id);
    parameters_sealed_text(p, d, SEALED_AT(NAME, owner), dispatch->name);
    parameters_sealed_text(p, d, SEALED_AT(ADDRESS, owner), dispatch->address);
    parameters_sealed_text(p, d, SEALED_AT(TELEPHONE, owner), dispatch->telephone);
    parameters_integer(p, dispatch->choice <= 3 ? dispatch->choice : 0);
    parameters_instant(p, now);
    return database_queue(d, add, p, f);
}

struct item {
    char state[12];
    struct uuid step;
    int attempts, events;
};

static enum fault_code lock_item(struct database *d, const char *id, struct item *ret, struct fault *f)
{
    static const char sql[] = "SELECT state, step, attempts, events FROM postal.item WHERE id = $1 FOR UPDATE";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, id);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    if (rows_count(rows) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "no item %.20s%s", id, s10_valid(id) ? "" : " (its check digit is wrong)");
    text_copy(ret->state, sizeof(ret->state), rows_text(rows, 0, 0));
    ret->step = rows_uuid(rows, 0, 1);
    ret->attempts = (int)rows_integer(rows, 0, 2);
    ret->events = (int)rows_integer(rows, 0, 3);
    return FAULT_NONE;
}

/* Which scan may follow which state. */
static bool may_follow(const char *state, const char *kind)
{
    static const char *const rows[][2] = {
        {"accepted", "pickup"},  {"pickup", "transit"},    {"pickup", "delivered"}, {"pickup", "failed"},
        {"transit", "transit"},  {"transit", "delivered"}, {"transit", "failed"},   {"failed", "transit"},
        {"failed", "delivered"}, {"failed", "failed"},     {"transit", "returned"}, {"failed", "returned"},
        {"pickup", "returned"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (text_equal(rows[i][0], state) && text_equal(rows[i][1], kind))
            return true;
    return false;
}

/* FAULT_REFUSED with WHY, unless the same was told before. */
static enum fault_code repeated_or_refused(struct database *d, const char *id, const struct scan *scan,
                                           const struct fault *why, struct fault *f)
{
    static const char sql[] = "SELECT FROM postal.tracking WHERE item = $1 AND kind = $2 AND at = $3";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, id);
    parameters_text(p, scan->kind);
    parameters_instant(p, scan->at);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    return rows_count(rows) > 0 ? FAULT_NONE : fault_set(f, FAULT_REFUSED, "%s", why->text);
}

/* The event and the item's new state, as ITEM, which is locked, says; nothing when the same was told before (*RET_NOTED). */
static enum fault_code note(struct database *d, const char *id, struct item *item, const struct scan *s,
                            bool *ret_noted, struct fault *f)
{
    static const char sql[] =
        "WITH noted AS (INSERT INTO postal.tracking (item, number, kind, at, place, reason, signer) "
        "  SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT FROM postal.tracking "
        "    WHERE item = $1 AND kind = $3 AND at = $4) RETURNING item) "
        "UPDATE postal.item SET state = $3, attempts = $8, events = $2 FROM noted WHERE id = noted.item";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, id);
    parameters_integer(p, ++item->events);
    parameters_text(p, s->kind);
    parameters_instant(p, s->at);
    struct bytes owner = bytes_of_text(id);
    parameters_sealed_text(p, d, SEALED_AT(PLACE, owner), s->place);
    parameters_sealed_text(p, d, SEALED_AT(REASON, owner), s->reason);
    parameters_sealed_text(p, d, SEALED_AT(SIGNER, owner), s->signer);
    parameters_integer(p, item->attempts);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    *ret_noted = rows_affected(rows) > 0;
    return FAULT_NONE;
}

static enum fault_code attempts_max(struct database *d, int32_t day, int *ret, struct fault *f)
{
    const char *text = NULL;
    OWNED(rules) rules = NULL;
    if (need_rule(d, "delivery.attempts_max", day, &rules, &text, f) != FAULT_NONE)
        return f->code;
    *ret = (int)strtol(text, NULL, 10);
    return FAULT_NONE;
}

/* One attempt more; when it was the last that is allowed, the item goes back. */
static enum fault_code note_failed(struct database *d, const char *id, struct item *item, const struct scan *failed,
                                   enum scan_outcome *ret, struct fault *f)
{
    struct scan back = {
        .kind = "returned", .at = failed->at, .place = failed->place, .reason = "attempts are used up", .signer = ""};
    int most = 0;
    bool noted = false;
    item->attempts++;
    enum fault_code code = attempts_max(d, day_of_instant(failed->at), &most, f);
    if (code == FAULT_NONE)
        code = note(d, id, item, failed, &noted, f);
    if (code != FAULT_NONE || !noted)
        return code;
    *ret = item->attempts >= most ? SCAN_RETURNED : SCAN_NOTED;
    return *ret == SCAN_RETURNED ? note(d, id, item, &back, &noted, f) : FAULT_NONE;
}

enum fault_code item_scan(struct database *d, const char *id, const struct scan *scan, enum scan_outcome *ret_outcome,
                          struct uuid *ret_step, struct fault *f)
{
    struct item item;
    struct fault why = {0};
    bool noted = false, delivered = text_equal(scan->kind, "delivered"), returned = text_equal(scan->kind, "returned");
    if (lock_item(d, id, &item, f) != FAULT_NONE)
        return f->code;
    *ret_step = item.step;
    *ret_outcome = SCAN_REPEATED;
    if ((delivered || returned) && text_equal(item.state, scan->kind))
        return FAULT_NONE;
    if (!may_follow(item.state, scan->kind))
        (void)fault_set(&why, FAULT_REFUSED, "item %s is %s; %s cannot follow", id, item.state, scan->kind);
    else if (item.events >= ITEM_EVENTS_MAX && !delivered && !returned)
        (void)fault_set(&why, FAULT_REFUSED, "item %s has %d events; only delivered or returned may follow", id,
                        item.events);
    if (why.code != FAULT_NONE)
        return repeated_or_refused(d, id, scan, &why, f);
    if (delivered && text_empty(scan->signer))
        return fault_set(f, FAULT_MALFORMED, "/signer: is missing: who signed for it");
    if (text_equal(scan->kind, "failed"))
        return note_failed(d, id, &item, scan, ret_outcome, f);
    enum fault_code code = note(d, id, &item, scan, &noted, f);
    if (code == FAULT_NONE && noted)
        *ret_outcome = delivered ? SCAN_DELIVERED : returned ? SCAN_RETURNED : SCAN_NOTED;
    return code;
}

enum fault_code item_cancel(struct database *d, struct uuid step, bool *ret_given_up, struct fault *f)
{
    static const char sql[] = "UPDATE postal.item SET state = 'cancelled' WHERE step = $1 AND state = 'accepted'";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, step);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return f->code;
    *ret_given_up = rows_affected(rows) > 0;
    return FAULT_NONE;
}

static const char TRACKING_SQL[] =
    "SELECT kind, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), place, "
    "reason, signer, item FROM postal.tracking WHERE item = $1 ORDER BY number";

static enum fault_code read_tracking(struct database *d, const char *id, struct rows **ret, struct fault *f)
{
    static const struct sealed_column sealed[] = {{2, PLACE}, {3, REASON}, {4, SIGNER}};
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, id);
    enum fault_code code = database_run(d, TRACKING_SQL, p, &rows, f);
    if (code == FAULT_NONE)
        code = rows_open_all(rows, 5, sealed, LENGTH(sealed), f);
    if (code == FAULT_NONE)
        *ret = MOVE(rows);
    return code;
}

enum fault_code item_proof(struct database *d, const char *id, struct arena *arena, Lienthong__V1__DeliveryProof *ret,
                           struct fault *f)
{
    OWNED(rows) rows = NULL;
    if (read_tracking(d, id, &rows, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__delivery_proof__init(ret);
    ret->item = arena_text(arena, id);
    ret->events = arena_alloc(arena, ((size_t)rows_count(rows) + 1) * sizeof(*ret->events));
    for (int i = 0; i < rows_count(rows); i++) {
        Lienthong__V1__TrackingEvent *e = arena_alloc(arena, sizeof(*e));
        lienthong__v1__tracking_event__init(e);
        e->kind = arena_text(arena, rows_text(rows, i, 0));
        e->at = arena_text(arena, rows_text(rows, i, 1));
        e->place = arena_text(arena, rows_text(rows, i, 2));
        e->reason = arena_text(arena, rows_text(rows, i, 3));
        ret->events[ret->n_events++] = e;
        if (text_equal(e->kind, "delivered")) {
            ret->delivered_at = e->at;
            ret->signer = arena_text(arena, rows_text(rows, i, 4));
        }
    }
    return FAULT_NONE;
}

static json_t *tracking_json(const struct rows *rows)
{
    json_t *list = json_array();
    for (int i = 0; i < rows_count(rows); i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "kind", rows_text(rows, i, 0), "at",
                                              rows_text(rows, i, 1), "place", rows_text(rows, i, 2), "reason",
                                              rows_text(rows, i, 3)));
    return list;
}

enum fault_code item_json(struct database *d, const char *id, json_t **ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) item = NULL;
    OWNED(rows) events = NULL;
    parameters_text(p, id);
    if (database_run(d, "SELECT state, attempts FROM postal.item WHERE id = $1", p, &item, f) != FAULT_NONE ||
        read_tracking(d, id, &events, f) != FAULT_NONE)
        return f->code;
    if (rows_count(item) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "no item %.20s%s", id, s10_valid(id) ? "" : " (its check digit is wrong)");
    *ret = json_pack("{s:s, s:s, s:I, s:o}", "id", id, "state", rows_text(item, 0, 0), "attempts",
                     (json_int_t)rows_integer(item, 0, 1), "events", tracking_json(events));
    return FAULT_NONE;
}

enum fault_code item_list(struct database *d, const char *dossier, long limit, json_t **ret, struct fault *f)
{
    static const struct sealed_column sealed[] = {{3, NAME}, {4, ADDRESS}, {5, TELEPHONE}};
    static const char sql[] = "SELECT id, state, attempts, name, address, telephone, dossier::text FROM postal.item "
                              "WHERE state NOT IN ('delivered', 'returned', 'cancelled') "
                              "AND ($1::text = '' OR dossier::text = $1::text) ORDER BY accepted_at LIMIT $2";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, dossier);
    parameters_integer(p, limit);
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE ||
        rows_open_all(rows, 0, sealed, LENGTH(sealed), f) != FAULT_NONE)
        return f->code;
    json_t *list = json_array();
    for (int i = 0; i < rows_count(rows); i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s}", "id", rows_text(rows, i, 0), "state",
                                        rows_text(rows, i, 1), "attempts", (json_int_t)rows_integer(rows, i, 2), "name",
                                        rows_text(rows, i, 3), "address", rows_text(rows, i, 4), "telephone",
                                        rows_text(rows, i, 5), "dossier", rows_text(rows, i, 6)));
    *ret = json_pack("{s:o}", "items", list);
    return FAULT_NONE;
}
