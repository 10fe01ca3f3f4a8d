#include "need.h"
#include "base/text.h"

static const char state_sql[] =
    "SELECT (SELECT granted FROM rights r WHERE r.procedure IN ($1, '*') AND r.sender = $2 AND r.type = $3 AND r.recipient = $4"
    "  AND r.valid_from <= $5::timestamptz AND $5::timestamptz < r.valid_until ORDER BY id DESC LIMIT 1),"
    " EXISTS (SELECT FROM rights r WHERE r.procedure IN ($1, '*') AND r.sender = $2 AND r.type = $3 AND r.recipient = $4)";
static const char grant_sql[] =
    "INSERT INTO rights (procedure, sender, type, recipient, granted, valid_from, at, officer, reason)"
    " VALUES ($1, $2, $3, $4, true, $5, $5, $6 || ' (database role ' || current_user || ')', $7)";
static const char raise_sql[] = "UPDATE directory_version SET version = version + 1";

static enum fault_code state_of(struct database *d, const char *procedure, const struct need *n, struct instant at,
                                const char **ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, procedure);
    parameters_text(p, n->sender);
    parameters_text(p, n->type);
    parameters_text(p, n->recipient);
    parameters_instant(p, at);
    enum fault_code code = database_run(d, state_sql, p, &rows, f);
    if (code == FAULT_NONE)
        *ret = !rows_null(rows, 0, 0) && rows_yes(rows, 0, 0) ? "held" : rows_yes(rows, 0, 1) ? "denied" : "missing";
    return code;
}

enum fault_code need_list(struct database *d, const Lienthong__V1__Process *p, struct instant at, json_t **ret,
                          struct fault *f)
{
    OWNED_ARENA arena;
    struct need *needs;
    arena_init(&arena, (size_t)16 << 20);
    size_t count = needs_of(p, &arena, &needs);
    json_t *list = json_array();
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        const char *state = "";
        code = state_of(d, p->procedure, &needs[i], at, &state, f);
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:s}", "sender", needs[i].sender, "type",
                                              needs[i].type, "recipient", needs[i].recipient, "personal",
                                              (int)needs[i].personal, "state", state));
    }
    if (code == FAULT_NONE)
        *ret = list;
    else
        json_decref(list);
    return code;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

size_t need_count(const json_t *list, const char *state)
{
    size_t i, count = 0;
    json_t *need;
    json_array_foreach(list, i, need) count += text_equal(text_of(need, "state"), state);
    return count;
}

enum fault_code need_grant(struct database *d, const Lienthong__V1__Process *p, json_t *list, struct instant now,
                           const char *officer, const char *reason, size_t *ret_given, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    size_t i;
    json_t *need;
    *ret_given = 0;
    json_array_foreach(list, i, need)
    {
        OWNED(parameters) q = parameters_new();
        if (code != FAULT_NONE || !text_equal(text_of(need, "state"), "missing"))
            continue;
        parameters_text(q, p->procedure);
        parameters_text(q, text_of(need, "sender"));
        parameters_text(q, text_of(need, "type"));
        parameters_text(q, text_of(need, "recipient"));
        parameters_instant(q, now);
        parameters_text(q, officer);
        parameters_text(q, reason);
        code = database_run(d, grant_sql, q, NULL, f);
        json_object_set_new(need, "state", json_string("held"));
        ++*ret_given;
    }
    return code == FAULT_NONE && *ret_given ? database_run(d, raise_sql, NULL, NULL, f) : code;
}
