#include "rights.h"
#include "base/system.h"
#include "base/text.h"
#include "command.h"
#include "need.h"
#include "options.h"
#include "workflow/process.h"
#include <jansson.h>
#include <stdio.h>

static const char usage[] =
    "usage: lt rights list [PROCEDURE] [--at INSTANT] [--all] [--json] --database CONNECTION\n"
    "       lt rights check PROCEDURE SENDER TYPE RECIPIENT [--at INSTANT] [--json] --database CONNECTION\n"
    "       lt rights explain PROCEDURE SENDER TYPE RECIPIENT [--at INSTANT] [--json] --database CONNECTION\n"
    "       lt rights wanted PROCEDURE [--json] --database CONNECTION\n"
    "       lt rights grant PROCEDURE SENDER TYPE RECIPIENT --reason TEXT [--from INSTANT] [--until INSTANT] --operator FILE\n"
    "       lt rights revoke PROCEDURE SENDER TYPE RECIPIENT --reason TEXT [--from INSTANT] [--until INSTANT] --operator FILE\n"
    "\n"
    "A right: agencies with the role SENDER may have a message of TYPE reach agencies with the role RECIPIENT, in PROCEDURE (* for\n"
    "every one; in quotes). What no right allows is refused. RECIPIENT is \"router\" for what is said to the procedure itself:\n"
    "\n"
    "  1.013831 desk submission router               who has the role desk may open a land transfer\n"
    "  1.013831 desk police.identity.check police    and for its dossiers the police may be asked who somebody is\n"
    "\n"
    "  list     the rights in force. --at: as it was, or will be, then. --all: every act ever, also what is over\n"
    "  check    exit status 0: allowed; 1: denied\n"
    "  explain  every act on one right, newest first; the one that decides is marked\n"
    "  wanted   the rights that the newest version needs, and how each stands\n"
    "  grant    gives a right, from now or --from on, without end or --until\n"
    "  revoke   takes it away, from now or --from on, for ever or --until. What is delivered already may be answered\n"
    "\n"
    "grant and revoke are commands signed by an agency with the role security-officer. The router records each in the ledger (who, why,\n"
    "the signed message) and acts on it from the next message on; the others within a second. Nothing\n"
    "is ever changed: the newest act whose time includes an instant decides.\n"
    "\n"
    "  INSTANT             RFC 3339: 2027-01-15T08:00:00+07:00\n"
    "  --database CONNECTION  the routers' (or LIENTHONG_DATABASE)\n"
    "  --operator FILE     who signs, with which keys, and where the routers are (or LIENTHONG_OPERATOR)\n"
    "  --officer NAME, --timeout SECONDS, --message-id UUID: as with lt retry\n"
    "\n"
    "Exit status of a change: 0 accepted and committed; 1 refused, or nothing was sent (the cause is on stderr); 2 wrong use; 3 the\n"
    "outcome is not known: repeat it with the --message-id that is printed.\n";

#define COLUMNS \
    "r.procedure, r.sender, r.type, r.recipient, r.granted, r.valid_from, r.valid_until, r.at, r.event, r.officer, r.reason"
#define DECIDES                                                                                                                  \
    "r.valid_from <= $1::timestamptz AND $1::timestamptz < r.valid_until AND NOT EXISTS (SELECT FROM rights n WHERE n.id > r.id" \
    " AND n.procedure IN (r.procedure, '*') AND n.sender = r.sender AND n.type = r.type AND n.recipient = r.recipient"           \
    " AND n.valid_from <= $1::timestamptz AND $1::timestamptz < n.valid_until)"
static const char list_sql[] =
    "SELECT " COLUMNS " FROM rights r WHERE r.granted AND ($2 = '' OR r.procedure IN ($2, '*'))"
    " AND " DECIDES " ORDER BY r.procedure, r.sender, r.type, r.recipient";
static const char all_sql[] =
    "SELECT " COLUMNS " FROM rights r WHERE $1::timestamptz IS NOT NULL AND ($2 = '' OR r.procedure IN"
    " ($2, '*')) ORDER BY r.id";
static const char one_sql[] =
    "SELECT " COLUMNS
    ", r.valid_from <= $1::timestamptz AND $1::timestamptz < r.valid_until FROM rights r WHERE r.procedure IN"
    " ($2, '*') AND r.sender = $3 AND r.type = $4 AND r.recipient = $5 ORDER BY r.id DESC";
static const char newest_sql[] = "SELECT packed FROM process WHERE procedure = $1 ORDER BY version DESC LIMIT 1";

OWNED_CLEANUP(process)

static json_t *instant_json(const struct rows *r, int row, int column)
{
    char text[INSTANT_TEXT_SIZE];
    struct instant at = rows_instant(r, row, column);
    if (rows_null(r, row, column) || at.us == INT64_MAX || at.us == INT64_MIN)
        return json_null();
    instant_print(at, text);
    return json_string(text);
}

static json_t *act_json(const struct rows *r, int i)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:s, s:s}", "procedure", rows_text(r, i, 0),
                     "sender", rows_text(r, i, 1), "type", rows_text(r, i, 2), "recipient", rows_text(r, i, 3),
                     "granted", (int)rows_yes(r, i, 4), "from", instant_json(r, i, 5), "until", instant_json(r, i, 6),
                     "at", instant_json(r, i, 7), "event",
                     rows_null(r, i, 8) ? json_null() : json_integer(rows_integer(r, i, 8)), "officer",
                     rows_text(r, i, 9), "reason", rows_text(r, i, 10));
}

static const char *text_of(const json_t *object, const char *key, const char *none)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text_empty(text) ? none : text;
}

static void print_act(const json_t *act, bool whole)
{
    printf("%s %s %s %s", text_of(act, "procedure", ""), text_of(act, "sender", ""), text_of(act, "type", ""),
           text_of(act, "recipient", ""));
    if (whole)
        printf("  %s", json_is_true(json_object_get(act, "granted")) ? "granted" : "revoked");
    printf("  from %s until %s", text_of(act, "from", "ever"), text_of(act, "until", "further notice"));
    if (whole)
        printf("\n    at %s by %s%s: %s", text_of(act, "at", "?"), text_of(act, "officer", "?"),
               json_is_null(json_object_get(act, "event")) ? ", not signed" : "", text_of(act, "reason", ""));
    printf("\n");
}

static void dump(json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    printf("\n");
}

static enum fault_code list(struct database *d, const struct options *o, struct instant at, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_instant(p, at);
    parameters_text(p, o->count == 2 ? o->words[1] : "");
    enum fault_code code = database_run(d, o->all ? all_sql : list_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    json_t *acts = json_array();
    for (int i = 0; i < rows_count(rows); i++) {
        json_t *act = act_json(rows, i);
        if (!o->json)
            print_act(act, o->all);
        json_array_append_new(acts, act);
    }
    if (o->json)
        dump(acts);
    else if (json_array_size(acts) == 0)
        printf("no rights: everything is refused\n");
    json_decref(acts);
    return FAULT_NONE;
}

/* All acts on one right, newest first, the deciding one marked. Caller owns *ret. */
static enum fault_code read_one(struct database *d, const struct options *o, struct instant at, json_t **ret,
                                bool *ret_allowed, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    bool decided = false;
    parameters_instant(p, at);
    for (size_t i = 1; i < 5; i++)
        parameters_text(p, o->words[i]);
    enum fault_code code = database_run(d, one_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    *ret = json_array();
    *ret_allowed = false;
    for (int i = 0; i < rows_count(rows); i++) {
        json_t *act = act_json(rows, i);
        bool decides = !decided && rows_yes(rows, i, 11);
        decided |= decides;
        *ret_allowed |= decides && rows_yes(rows, i, 4);
        json_object_set_new(act, "decides", json_boolean(decides));
        json_array_append_new(*ret, act);
    }
    return FAULT_NONE;
}

static enum fault_code look(struct database *d, const struct options *o, struct instant at, bool *ret_allowed,
                            struct fault *f)
{
    json_t *acts, *act;
    size_t i;
    char when[INSTANT_TEXT_SIZE];
    enum fault_code code = read_one(d, o, at, &acts, ret_allowed, f);
    if (code != FAULT_NONE)
        return code;
    instant_print(at, when);
    if (o->json) {
        json_t *out = json_pack("{s:b, s:s, s:O}", "allowed", (int)*ret_allowed, "at", when, "acts", acts);
        dump(out);
        json_decref(out);
    } else {
        printf("%s at %s%s\n", *ret_allowed ? "allowed" : "denied", when,
               json_array_size(acts) ? "" : ": no act ever gave this right");
        json_array_foreach(acts, i, act)
        {
            if (text_equal(o->words[0], "check") && !json_is_true(json_object_get(act, "decides")))
                continue;
            printf("%s", json_is_true(json_object_get(act, "decides")) ? "decides: " : "         ");
            print_act(act, true);
        }
    }
    json_decref(acts);
    return FAULT_NONE;
}

static enum fault_code wanted(struct database *d, const struct options *o, struct instant at, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    OWNED(process) process = NULL;
    json_t *list = NULL, *need;
    size_t i;
    parameters_text(p, o->words[1]);
    enum fault_code code = database_run(d, newest_sql, p, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "no procedure %.40s is deployed", o->words[1]);
    if (code == FAULT_NONE)
        code = process_unpack(rows_bytes(rows, 0, 0), &process, f);
    if (code == FAULT_NONE)
        code = need_list(d, process_definition(process), at, &list, f);
    if (code != FAULT_NONE)
        return code;
    if (o->json)
        dump(list);
    json_array_foreach(list, i, need) if (!o->json)
        printf("%-8s %s %s %s %s%s\n", text_of(need, "state", ""), o->words[1], text_of(need, "sender", ""),
               text_of(need, "type", ""), text_of(need, "recipient", ""),
               json_is_true(json_object_get(need, "personal")) ? "  (personal data)" : "");
    json_decref(list);
    return FAULT_NONE;
}

static int change(const struct options *o)
{
    struct command_parameter parameters[6] = {
        {"procedure", o->words[1]}, {"sender", o->words[2]}, {"type", o->words[3]}, {"recipient", o->words[4]}};
    size_t count = 4;
    if (o->from)
        parameters[count++] = (struct command_parameter){"from", o->from};
    if (o->until)
        parameters[count++] = (struct command_parameter){"until", o->until};
    return command_on_directory(o, "rights", text_equal(o->words[0], "grant") ? "rights.grant" : "rights.revoke",
                                parameters, count);
}

static int ask(const struct options *o, struct instant at)
{
    struct fault f;
    bool allowed = true;
    OWNED(database) d = NULL;
    enum fault_code code = options_database(o, &d, &f);
    if (code == FAULT_NONE && text_equal(o->words[0], "list"))
        code = list(d, o, at, &f);
    else if (code == FAULT_NONE && text_equal(o->words[0], "wanted"))
        code = wanted(d, o, at, &f);
    else if (code == FAULT_NONE)
        code = look(d, o, at, &allowed, &f);
    if (code != FAULT_NONE)
        return options_failed("rights", &f);
    return text_equal(o->words[0], "check") && !allowed ? 1 : 0;
}

/* Whether the words are as their command wants them. */
static bool used_right(const struct options *o)
{
    static const struct {
        const char *name;
        size_t least, most;
    } commands[] = {{"list", 1, 2},   {"check", 5, 5}, {"explain", 5, 5},
                    {"wanted", 2, 2}, {"grant", 5, 5}, {"revoke", 5, 5}};
    for (size_t i = 0; i < LENGTH(commands) && o->count; i++)
        if (text_equal(o->words[0], commands[i].name))
            return o->count >= commands[i].least && o->count <= commands[i].most;
    return false;
}

int rights_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    struct instant at = system_now();
    int status;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    if (!used_right(&o)) {
        fputs(usage, stderr);
        return 2;
    }
    if (o.at && instant_parse(o.at, &at, &f) != FAULT_NONE) {
        fprintf(stderr, "lt rights: --at: %s\n", f.text);
        return 2;
    }
    bool changes = text_equal(o.words[0], "grant") || text_equal(o.words[0], "revoke");
    return changes ? change(&o) : ask(&o, at);
}
