#include "incidents.h"
#include "base/text.h"
#include "options.h"
#include "timeline.h"
#include "workflow/process.h"
#include <stdio.h>
#include <string.h>

#define LIST_MAX 100000

static const char usage[] =
    "usage: lt incidents list --database CONNECTION [--all] [--limit N] [--json]\n"
    "       lt incidents show DOSSIER --database CONNECTION [--json]\n"
    "\n"
    "  list  open incidents, the newest first (default 100): where, since when, whose, why; --all: closed ones too\n"
    "  show  those of one dossier (code or UUID), open and closed, and what frees the open ones\n";

#define COLUMNS                                                                                                                 \
    "SELECT d.id, d.code, p.procedure, i.node, i.step, i.sequence, i.cause, i.opened_at, i.closed_at,"                          \
    " coalesce(i.agency, 0), coalesce((SELECT a.name FROM agency a WHERE a.id = i.agency), ''),"                                \
    " coalesce((SELECT c.code FROM agency_code c WHERE c.agency = i.agency AND c.valid_from <= i.opened_at"                     \
    "   AND i.opened_at < c.valid_until LIMIT 1), '') FROM incident i JOIN dossier d ON d.shard = i.shard AND d.id = i.dossier" \
    " JOIN process p ON p.id = d.process"
static const char list_sql[] =
    COLUMNS " WHERE (i.closed_at IS NULL OR $2::boolean) ORDER BY i.opened_at DESC, d.id, i.node LIMIT $1";
static const char show_sql[] =
    COLUMNS " WHERE i.shard = $1 AND i.dossier = $2 ORDER BY i.opened_at, i.sequence, i.node";

static const char process_sql[] = "SELECT p.packed FROM dossier d JOIN process p ON p.id = d.process"
                                  " WHERE d.shard = $1 AND d.id = $2";

static json_t *instant_of(const struct rows *r, int row, int column)
{
    char text[INSTANT_TEXT_SIZE];
    if (rows_null(r, row, column))
        return json_null();
    instant_print(rows_instant(r, row, column), text);
    return json_string(text);
}

static json_t *id_of(const struct rows *r, int row, int column)
{
    char text[UUID_TEXT_SIZE];
    if (rows_null(r, row, column))
        return json_null();
    uuid_print(rows_uuid(r, row, column), text);
    return json_string(text);
}

static json_t *incident_of(const struct rows *r, int i)
{
    bool router = rows_integer(r, i, 5) == 0;
    return json_pack("{s:o, s:s, s:s, s:s, s:o, s:b, s:s, s:s, s:s, s:o, s:o}", "dossier", id_of(r, i, 0), "code",
                     rows_text(r, i, 1), "procedure", rows_text(r, i, 2), "node", rows_text(r, i, 3), "step",
                     id_of(r, i, 4), "router", (int)router, "cause", rows_text(r, i, 6), "owner",
                     rows_integer(r, i, 9) ? rows_text(r, i, 10) : "operators", "owner_code", rows_text(r, i, 11),
                     "opened", instant_of(r, i, 7), "closed", instant_of(r, i, 8));
}

static enum fault_code read_list(struct database *d, int64_t limit, bool all, struct rows **ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, limit);
    parameters_yes(p, all);
    return database_run(d, list_sql, p, ret, f);
}

/* What `lt correct` may set in the version that the dossier keeps. Caller owns *ret. */
static enum fault_code read_correctable(struct database *d, struct uuid id, json_t **ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    struct process *process = NULL;
    parameters_integer(p, uuid_shard(id));
    parameters_uuid(p, id);
    enum fault_code code = database_run(d, process_sql, p, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) > 0)
        code = process_unpack(rows_bytes(rows, 0, 0), &process, f);
    if (code != FAULT_NONE)
        return code;
    *ret = json_array();
    for (size_t i = 0; process && i < process_definition(process)->n_facts; i++) {
        const Lienthong__V1__FactDeclaration *fact = process_definition(process)->facts[i];
        if (process_has_role(fact->setters, fact->n_setters, "operator"))
            json_array_append_new(*ret, json_string(fact->name));
    }
    process_free(process);
    return FAULT_NONE;
}

static enum fault_code read_dossier(struct database *d, const char *name, struct rows **ret, json_t **ret_correctable,
                                    struct fault *f)
{
    struct uuid id;
    OWNED(parameters) p = parameters_new();
    if (timeline_find(d, name, &id, f) != FAULT_NONE)
        return f->code;
    parameters_integer(p, uuid_shard(id));
    parameters_uuid(p, id);
    enum fault_code code = database_run(d, show_sql, p, ret, f);
    return code == FAULT_NONE ? read_correctable(d, id, ret_correctable, f) : code;
}

/* Agencies chose some of these texts, so nothing reaches the terminal that could steer it. */
static void put(const char *text)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text, next = (unsigned char)text[1];
        bool c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;
        putchar(byte < 0x20 || byte == 0x7f || c1 ? '?' : byte);
        text += c1;
    }
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void print_one(const json_t *incident)
{
    printf("%s  at ", text_of(incident, "code"));
    put(text_of(incident, "node"));
    printf("  opened %.19sZ", text_of(incident, "opened"));
    if (*text_of(incident, "closed"))
        printf("  closed %.19sZ", text_of(incident, "closed"));
    printf("  owner ");
    put(text_of(incident, "owner"));
    printf("\n    ");
    put(text_of(incident, "cause"));
    printf("\n");
}

/* Of the router's own: "delivery TYPE, agency N", of a notice when it has no step. */
static void print_own(const json_t *incident)
{
    static const char delivery[] = "delivery "; /* begins such a node */
    const char *node = text_of(incident, "node");
    size_t start = sizeof(delivery) - 1, end = strcspn(node, ",");
    if (!*text_of(incident, "step") && end > start && memcmp(node, delivery, start) == 0) {
        printf("    lt resend %s ", text_of(incident, "code"));
        for (size_t i = start; i < end; i++)
            putchar((unsigned char)node[i] < 0x20 || node[i] == 0x7f ? '?' : node[i]);
        printf(" --reason …\n    closes when it is received, or a later one of its type\n");
        return;
    }
    printf("    closes by itself when its cause is gone\n");
}

static void print_ways(const json_t *incident)
{
    const char *code = text_of(incident, "code"), *step = text_of(incident, "step");
    if (*text_of(incident, "closed"))
        return;
    if (json_is_true(json_object_get(incident, "router"))) {
        print_own(incident);
        return;
    }
    const char *place = *step ? step : text_of(incident, "node");
    printf("    lt retry %s --step %s --reason …\n    lt skip %s %s --reason … [FACT=VALUE…]\n", code, place, code,
           place);
    const json_t *correctable = json_object_get(incident, "correctable");
    if (!*step && json_array_size(correctable)) {
        printf("    lt correct %s FACT=VALUE… --reason …    FACT:", code);
        for (size_t i = 0; i < json_array_size(correctable); i++)
            printf("%s %s", i ? "," : "", json_string_value(json_array_get(correctable, i)));
        printf("\n");
    }
    printf("    lt abort %s --reason …\n", code);
}

static void print(const json_t *list, bool show)
{
    size_t i;
    json_t *incident;
    json_array_foreach(list, i, incident)
    {
        print_one(incident);
        if (show)
            print_ways(incident);
    }
    if (json_array_size(list) == 0)
        printf("no incident\n");
}

int incidents_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    int64_t limit;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool show = o.count == 2 && text_equal(o.words[0], "show");
    if ((!show && !(o.count == 1 && text_equal(o.words[0], "list"))) ||
        !options_number(o.limit, 1, LIST_MAX, 100, &limit)) {
        fputs(usage, stderr);
        return 2;
    }
    OWNED(database) d = NULL;
    OWNED(rows) rows = NULL;
    json_t *correctable = NULL;
    if (options_database(&o, &d, &f) != FAULT_NONE || (show ? read_dossier(d, o.words[1], &rows, &correctable, &f)
                                                            : read_list(d, limit, o.all, &rows, &f)) != FAULT_NONE)
        return options_failed("incidents", &f);
    json_t *list = json_array();
    for (int i = 0; i < rows_count(rows); i++) {
        json_t *incident = incident_of(rows, i);
        if (show)
            json_object_set(incident, "correctable", correctable);
        json_array_append_new(list, incident);
    }
    json_decref(correctable);
    if (o.json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        print(list, show);
    }
    json_decref(list);
    return 0;
}
