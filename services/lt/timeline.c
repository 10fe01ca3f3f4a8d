#include "timeline.h"
#include "base/fence.h"
#include "base/text.h"
#include "lienthong/v1/envelope.pb-c.h"
#include "lienthong/v1/portal.pb-c.h"
#include "lienthong/v1/process.pb-c.h"
#include "workflow/dossier.h"
#include <string.h>

#define ENVELOPE_ARENA_SIZE_MAX ((size_t)16 << 20)

/* The engine's are counted in the dossier; the routers' own are not. */
#define ROUTERS_INCIDENTS                                                           \
    "(SELECT count(*) FROM incident i WHERE i.shard = d.shard AND i.dossier = d.id" \
    " AND i.sequence = 0 AND i.closed_at IS NULL)"

static const char find_sql[] = "SELECT id FROM dossier WHERE code = $1 ORDER BY id LIMIT 2";
static const char dossier_sql[] =
    "SELECT d.id, d.code, p.procedure, p.version, d.status, d.opened_at, d.updated_at, d.due_at, d.ended_at, d.open_steps,"
    " d.incidents + " ROUTERS_INCIDENTS
    ", coalesce((SELECT c.code FROM agency_code c WHERE c.agency = d.submitter AND c.valid_from <= d.opened_at"
    "   AND d.opened_at < c.valid_until), ''),"
    " (SELECT c.packed FROM calendar c WHERE c.id = p.calendar ORDER BY c.version DESC LIMIT 1),"
    " coalesce((SELECT a.name FROM agency a WHERE a.id = d.submitter), '')"
    " FROM dossier d JOIN process p ON p.id = d.process WHERE d.shard = $1 AND d.id = $2";
static const char events_sql[] =
    "SELECT e.sequence, e.kind, coalesce((SELECT c.code FROM agency_code c WHERE c.agency = e.agency"
    "   AND c.valid_from <= e.arrived AND e.arrived < c.valid_until), ''), e.type, e.node, e.happened, e.arrived, e.status,"
    " e.used_us, e.budget_us, e.step_used_us, e.step_budget_us, e.detail, e.step, e.digest, e.envelope,"
    " coalesce((SELECT a.name FROM agency a WHERE a.id = e.agency), '')"
    " FROM event e WHERE e.shard = $1 AND e.dossier = $2 ORDER BY e.sequence";
static const char outbox_sql[] =
    "SELECT o.sequence, o.kind, coalesce((SELECT c.code FROM agency_code c WHERE c.agency = o.agency"
    "   AND c.valid_from <= o.created_at AND o.created_at < c.valid_until), ''), o.type,"
    " CASE WHEN o.state = 'waiting' AND o.unsealed IS NOT NULL THEN 'unsealed' ELSE o.state END, o.created_at,"
    " o.received_at, o.attempts, CASE WHEN o.state = 'waiting' THEN coalesce(o.unsealed, o.reason) ELSE o.reason END, o.step, o.envelope,"
    " coalesce((SELECT a.name FROM agency a WHERE a.id = o.agency), '')"
    " FROM outbox o WHERE o.shard = $1 AND o.dossier = $2 ORDER BY o.sequence, o.id";
static const char incidents_sql[] =
    "SELECT i.node, i.cause, i.opened_at, i.closed_at FROM incident i WHERE i.shard = $1 AND i.dossier = $2"
    " ORDER BY i.sequence, i.node";
static const char list_sql[] =
    "SELECT d.id, d.code, p.procedure, d.status, d.opened_at, d.due_at, d.ended_at, d.open_steps,"
    " d.incidents + " ROUTERS_INCIDENTS
    " FROM dossier d JOIN process p ON p.id = d.process ORDER BY d.id DESC LIMIT $1";

static json_t *json_instant(const struct rows *r, int row, int column)
{
    char text[INSTANT_TEXT_SIZE];
    if (rows_null(r, row, column))
        return json_null();
    instant_print(rows_instant(r, row, column), text);
    return json_string(text);
}

static json_t *json_id(const struct rows *r, int row, int column)
{
    char text[UUID_TEXT_SIZE];
    if (rows_null(r, row, column))
        return json_null();
    uuid_print(rows_uuid(r, row, column), text);
    return json_string(text);
}

/* --- Envelopes ------------------------------------------------------------------------------------------------------ */

static json_t *json_scalar(const Lienthong__V1__Scalar *s)
{
    switch (s->is_case) {
    case LIENTHONG__V1__SCALAR__IS_TEXT: return json_string(s->text);
    case LIENTHONG__V1__SCALAR__IS_DECIMAL: return json_string(s->decimal);
    case LIENTHONG__V1__SCALAR__IS_DATE: return json_string(s->date);
    case LIENTHONG__V1__SCALAR__IS_YES: return json_boolean(s->yes);
    default: return json_null();
    }
}

static json_t *json_list(const Lienthong__V1__ValueList *list)
{
    json_t *items = json_array();
    for (size_t i = 0; i < list->n_items; i++)
        json_array_append_new(items, json_scalar(list->items[i]));
    return items;
}

static json_t *json_value(const Lienthong__V1__Value *v)
{
    switch (v ? v->is_case : LIENTHONG__V1__VALUE__IS__NOT_SET) {
    case LIENTHONG__V1__VALUE__IS_TEXT: return json_string(v->text);
    case LIENTHONG__V1__VALUE__IS_DECIMAL: return json_string(v->decimal);
    case LIENTHONG__V1__VALUE__IS_DATE: return json_string(v->date);
    case LIENTHONG__V1__VALUE__IS_YES: return json_boolean(v->yes);
    case LIENTHONG__V1__VALUE__IS_LIST: return json_list(v->list);
    default: return json_null();
    }
}

static json_t *json_part(const Lienthong__V1__PartDescriptor *part)
{
    char digest[65] = "";
    if (part->digest.len == 32)
        bytes_to_hex(BYTES(part->digest.data, part->digest.len), digest);
    return json_pack("{s:s, s:s, s:I, s:s, s:b}", "name", part->name, "type", part->type, "size",
                     (json_int_t)part->size, "sha256", digest, "sealed", (int)part->sealed);
}

static enum fault_code read_envelope(struct bytes envelope, struct arena *arena,
                                     const Lienthong__V1__Envelope **ret_envelope, Lienthong__V1__Header **ret,
                                     struct fault *f)
{
    ProtobufCMessage *outer, *inner;
    enum fault_code code =
        fence_unpack(envelope, &lienthong__v1__envelope__descriptor, FENCE_LIMITS_DEFAULT, arena, &outer, f);
    if (code != FAULT_NONE)
        return code;
    const Lienthong__V1__Envelope *e = (const Lienthong__V1__Envelope *)outer;
    code = fence_unpack(BYTES(e->header.data, e->header.len), &lienthong__v1__header__descriptor, FENCE_LIMITS_DEFAULT,
                        arena, &inner, f);
    if (code == FAULT_NONE)
        *ret = (Lienthong__V1__Header *)inner;
    if (code == FAULT_NONE)
        *ret_envelope = e;
    return code;
}

/* The status of which the router told: "2 received" and "4 in process" may come from one event. */
static void add_status(json_t *to, const Lienthong__V1__Envelope *e, const Lienthong__V1__Header *header,
                       struct arena *arena)
{
    struct fault f;
    ProtobufCMessage *message;
    if (!text_equal(header->type, "dossier.status") || e->n_parts != 1 ||
        fence_unpack(BYTES(e->parts[0]->content.data, e->parts[0]->content.len),
                     &lienthong__v1__status_update__descriptor, FENCE_LIMITS_DEFAULT, arena, &message,
                     &f) != FAULT_NONE)
        return;
    const Lienthong__V1__StatusUpdate *update = (const Lienthong__V1__StatusUpdate *)message;
    json_object_set_new(to, "status_told", json_integer(update->status));
    json_object_set_new(to, "status_before", json_integer(update->status_before));
}

/* Names and digests of parts, and facts; never contents but the router's own status. */
static void add_contents(json_t *to, struct bytes envelope)
{
    OWNED_ARENA arena;
    struct fault f;
    Lienthong__V1__Header *header = NULL;
    const Lienthong__V1__Envelope *outer = NULL;
    arena_init(&arena, ENVELOPE_ARENA_SIZE_MAX);
    if (envelope.size == 0)
        return;
    if (read_envelope(envelope, &arena, &outer, &header, &f) != FAULT_NONE) {
        json_object_set_new(to, "unreadable", json_string(f.text));
        return;
    }
    json_t *parts = json_array(), *facts = json_object();
    for (size_t i = 0; i < header->n_parts; i++)
        json_array_append_new(parts, json_part(header->parts[i]));
    for (size_t i = 0; i < header->n_facts; i++)
        json_object_set_new(facts, header->facts[i]->name, json_value(header->facts[i]->value));
    json_object_set_new(to, "parts", parts);
    json_object_set_new(to, "facts", facts);
    if (header->purpose && header->purpose->officer[0])
        json_object_set_new(to, "officer", json_string(header->purpose->officer));
    add_status(to, outer, header, &arena);
}

/* --- Rows ----------------------------------------------------------------------------------------------------------- */

static int64_t calendar_offset(struct bytes packed)
{
    OWNED_ARENA arena;
    struct fault f;
    ProtobufCMessage *message;
    arena_init(&arena, ENVELOPE_ARENA_SIZE_MAX);
    if (fence_unpack(packed, &lienthong__v1__calendar__descriptor, FENCE_LIMITS_DEFAULT, &arena, &message, &f) !=
        FAULT_NONE)
        return 0;
    return ((const Lienthong__V1__Calendar *)message)->utc_offset_minutes;
}

static json_t *json_dossier(const struct rows *r)
{
    enum status status = (enum status)rows_integer(r, 0, 4);
    return json_pack("{s:o, s:s, s:s, s:I, s:I, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:I, s:I, s:I}", "id",
                     json_id(r, 0, 0), "code", rows_text(r, 0, 1), "procedure", rows_text(r, 0, 2), "version",
                     rows_integer(r, 0, 3), "status", (json_int_t)status, "status_name", status_name(status),
                     "submitter", rows_text(r, 0, 11), "submitter_name", rows_text(r, 0, 13), "opened",
                     json_instant(r, 0, 5), "updated", json_instant(r, 0, 6), "due", json_instant(r, 0, 7), "ended",
                     json_instant(r, 0, 8), "open_steps", rows_integer(r, 0, 9), "incidents", rows_integer(r, 0, 10),
                     "utc_offset_minutes", calendar_offset(rows_bytes(r, 0, 12)));
}

static const char *event_name(int64_t kind)
{
    static const char *const names[] = {"opened", "receipt",       "answer",     "cancelled", "message",
                                        "timer",  "undeliverable", "retry",      "correct",   "abort",
                                        "begun",  "skip",          "impossible", "resend",    "reseal"};
    return kind >= 0 && (size_t)kind < LENGTH(names) ? names[kind] : "?";
}

static json_t *json_event(const struct rows *r, int i)
{
    char digest[65] = "";
    struct bytes bytes = rows_bytes(r, i, 14);
    if (bytes.size == 32)
        bytes_to_hex(bytes, digest);
    json_t *event = json_pack(
        "{s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:s, s:s, s:[]}", "sequence",
        rows_integer(r, i, 0), "kind", event_name(rows_integer(r, i, 1)), "agency", rows_text(r, i, 2), "agency_name",
        rows_text(r, i, 16), "type", rows_text(r, i, 3), "node", rows_text(r, i, 4), "step", json_id(r, i, 13),
        "happened", json_instant(r, i, 5), "arrived", json_instant(r, i, 6), "status", rows_integer(r, i, 7), "used_us",
        rows_integer(r, i, 8), "budget_us", rows_integer(r, i, 9), "step_used_us", rows_integer(r, i, 10),
        "step_budget_us", rows_integer(r, i, 11), "detail", rows_text(r, i, 12), "digest", digest, "out");
    add_contents(event, rows_bytes(r, i, 15));
    return event;
}

static json_t *json_delivery(const struct rows *r, int i)
{
    static const char *const kinds[] = {"", "", "task", "inform", "cancel", "", "", "", "", "", "reseal"};
    int64_t kind = rows_integer(r, i, 1);
    json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:s, s:o}", "kind",
                            kind >= 0 && (size_t)kind < LENGTH(kinds) ? kinds[kind] : "", "agency", rows_text(r, i, 2),
                            "agency_name", rows_text(r, i, 11), "type", rows_text(r, i, 3), "state", rows_text(r, i, 4),
                            "created", json_instant(r, i, 5), "received", json_instant(r, i, 6), "attempts",
                            rows_integer(r, i, 7), "reason", rows_text(r, i, 8), "step", json_id(r, i, 9));
    add_contents(out, rows_bytes(r, i, 10));
    return out;
}

static void add_events(json_t *dossier, const struct rows *events, const struct rows *outbox)
{
    json_t *list = json_array();
    int next = 0;
    for (int i = 0; i < rows_count(events); i++) {
        json_t *event = json_event(events, i);
        json_t *out = json_object_get(event, "out");
        while (next < rows_count(outbox) && rows_integer(outbox, next, 0) <= rows_integer(events, i, 0))
            json_array_append_new(out, json_delivery(outbox, next++));
        json_array_append_new(list, event);
    }
    json_object_set_new(dossier, "events", list);
}

static void add_incidents(json_t *dossier, const struct rows *r)
{
    json_t *list = json_array();
    for (int i = 0; i < rows_count(r); i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o}", "node", rows_text(r, i, 0), "cause", rows_text(r, i, 1),
                                        "opened", json_instant(r, i, 2), "closed", json_instant(r, i, 3)));
    json_object_set_new(dossier, "incident_list", list);
}

enum fault_code timeline_find(struct database *d, const char *name, struct uuid *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    if (uuid_parse(name, ret))
        return FAULT_NONE;
    parameters_text(p, name);
    enum fault_code code = database_run(d, find_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    if (rows_count(rows) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "no dossier has the code or id \"%.60s\"", name);
    if (rows_count(rows) > 1)
        return fault_set(f, FAULT_CONFLICT, "several dossiers have the code \"%.60s\"; name one by its id", name);
    *ret = rows_uuid(rows, 0, 0);
    return FAULT_NONE;
}

enum fault_code timeline_read(struct database *d, const char *name, json_t **ret, struct fault *f)
{
    static const char *const queries[] = {dossier_sql, events_sql, outbox_sql, incidents_sql};
    struct rows *rows[LENGTH(queries)] = {NULL};
    struct uuid id;
    enum fault_code code = timeline_find(d, name, &id, f);
    if (code != FAULT_NONE)
        return code;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, uuid_shard(id));
    parameters_uuid(p, id);
    for (size_t i = 0; i < LENGTH(queries) && code == FAULT_NONE; i++)
        code = database_run(d, queries[i], p, &rows[i], f);
    if (code == FAULT_NONE && rows_count(rows[0]) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "no dossier has the id %.60s", name);
    if (code == FAULT_NONE) {
        *ret = json_dossier(rows[0]);
        add_events(*ret, rows[1], rows[2]);
        add_incidents(*ret, rows[3]);
    }
    for (size_t i = 0; i < LENGTH(rows); i++)
        rows_free(rows[i]);
    return code;
}

enum fault_code timeline_list(struct database *d, int64_t limit, json_t **ret, struct fault *f)
{
    OWNED(rows) r = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, limit);
    enum fault_code code = database_run(d, list_sql, p, &r, f);
    if (code != FAULT_NONE)
        return code;
    *ret = json_array();
    for (int i = 0; i < rows_count(r); i++)
        json_array_append_new(
            *ret, json_pack("{s:o, s:s, s:s, s:I, s:s, s:o, s:o, s:o, s:I, s:I}", "id", json_id(r, i, 0), "code",
                            rows_text(r, i, 1), "procedure", rows_text(r, i, 2), "status", rows_integer(r, i, 3),
                            "status_name", status_name((enum status)rows_integer(r, i, 3)), "opened",
                            json_instant(r, i, 4), "due", json_instant(r, i, 5), "ended", json_instant(r, i, 6),
                            "open_steps", rows_integer(r, i, 7), "incidents", rows_integer(r, i, 8)));
    return FAULT_NONE;
}
