#include "schedule.h"
#include "base/text.h"
#include "command.h"
#include "options.h"
#include "workflow/process.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char usage[] =
    "usage: lt schedule list --database CONNECTION [--json]\n"
    "       lt schedule pause PROCEDURE --reason TEXT\n"
    "       lt schedule resume PROCEDURE --reason TEXT\n"
    "\n"
    "  list    procedures that begin by themselves: when next, what has begun, what was missed, what hinders it; who paused or resumed\n"
    "          it last, when and why\n"
    "  pause   nothing begins by time, until it is resumed; a new version stays paused. Dossiers that run go on\n"
    "  resume  from the next tick on; those of the pause are noted as missed, and begin nothing\n"
    "\n"
    "pause and resume are signed commands, kept with officer and reason; to give one twice changes nothing. As with lt retry:\n"
    "  --operator FILE     who signs, with which keys, and where the routers are (or LIENTHONG_OPERATOR)\n"
    "  --officer NAME, --timeout SECONDS, --message-id UUID, --json\n"
    "\n"
    "To end a schedule for good, deploy a version without timer start event.\n";

static const char calendar_sql[] = "SELECT packed FROM calendar WHERE id = $1 ORDER BY version DESC LIMIT 1";
/* Locked, so that no router begins meanwhile what is counted as missed here. */
static const char current_sql[] =
    "SELECT s.due_at, s.number, s.paused, p.packed,"
    " (SELECT c.packed FROM calendar c WHERE c.id = p.calendar ORDER BY c.version DESC LIMIT 1)"
    " FROM schedule s JOIN process p ON p.id = s.process WHERE s.procedure = $1 FOR UPDATE OF s";
static const char missed_sql[] =
    "INSERT INTO schedule_missed (procedure, from_at, until_at, ticks, reason, noted_at) VALUES ($1, $2, $3, $4, $5, $3)"
    " ON CONFLICT DO NOTHING";
static const char replace_sql[] =
    "INSERT INTO schedule (procedure, process, counts_from, due_at, number)"
    " SELECT $1, p.id, $3, $4, $5 FROM process p WHERE p.procedure = $1 AND p.version = $2"
    " ON CONFLICT (procedure) DO UPDATE SET process = excluded.process, counts_from = excluded.counts_from,"
    " due_at = excluded.due_at, number = excluded.number, try_at = NULL, trouble = '', begun = 0, begun_due = NULL,"
    " begun_id = NULL";
static const char remove_sql[] = "DELETE FROM schedule WHERE procedure = $1";
static const char list_sql[] =
    "SELECT s.procedure, p.version, s.counts_from, s.due_at, s.paused, s.trouble, s.begun, s.begun_due, s.begun_id,"
    " coalesce((SELECT sum(m.ticks) FROM schedule_missed m WHERE m.procedure = s.procedure), 0)::bigint,"
    " (SELECT c.packed FROM calendar c WHERE c.id = p.calendar ORDER BY c.version DESC LIMIT 1),"
    " a.pause, a.at, a.officer, a.reason,"
    " coalesce((SELECT max(c.code) FROM agency_code c WHERE c.agency = a.agency AND c.valid_from <= a.at AND a.at < c.valid_until), '')"
    " FROM schedule s JOIN process p ON p.id = s.process LEFT JOIN LATERAL (SELECT * FROM schedule_act x"
    " WHERE x.procedure = s.procedure ORDER BY x.event DESC LIMIT 1) a ON true ORDER BY s.procedure";

OWNED_CLEANUP(calendar)
OWNED_CLEANUP(process)

static int64_t offset_of(const struct calendar *c)
{
    return -calendar_instant(c, 0).us;
}

const char *schedule_text(struct instant due, int64_t offset_us, char text[SCHEDULE_TEXT_SIZE])
{
    char local[INSTANT_TEXT_SIZE];
    int minutes = (int)(offset_us / INSTANT_MINUTE_US), size = minutes < 0 ? -minutes : minutes;
    if (!due.us)
        return "never";
    instant_print((struct instant){due.us + offset_us}, local);
    snprintf(text, SCHEDULE_TEXT_SIZE, "%.*s%c%02d:%02d", (int)strlen(local) - 1, local, minutes < 0 ? '-' : '+',
             size / 60, size % 60);
    return text;
}

/* --- Deployment ------------------------------------------------------------------------------------------------------- */

enum fault_code schedule_plan(struct database *d, const Lienthong__V1__Process *p, const char *calendar,
                              struct instant now, struct schedule_plan *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(calendar) c = NULL;
    OWNED(parameters) parameters = parameters_new();
    *ret = (struct schedule_plan){.start = schedule_node(p), .now = now};
    if (!ret->start)
        return FAULT_NONE;
    if (strlen(p->procedure) > SCHEDULE_PROCEDURE_SIZE_MAX)
        return fault_set(f, FAULT_REFUSED, "%s: a procedure that begins by time has a code of at most %d characters",
                         ret->start->id, SCHEDULE_PROCEDURE_SIZE_MAX);
    parameters_text(parameters, calendar);
    enum fault_code code = database_run(d, calendar_sql, parameters, &rows, f);
    if (code == FAULT_NONE)
        code = calendar_unpack(rows_bytes(rows, 0, 0), &c, f);
    if (code == FAULT_NONE)
        code = schedule_first(ret->start, c, now, &ret->first, f);
    if (code == FAULT_NONE)
        ret->offset_us = offset_of(c);
    return code;
}

/* A schedule as it stands, and what it has let pass by NOW. */
struct current {
    bool found, paused;
    struct schedule_tick tick, next;
    uint64_t overdue; /* ticks from TICK on that are due */
};

static enum fault_code overdue_ticks(const struct rows *rows, struct instant now, struct current *x, struct fault *f)
{
    OWNED(process) process = NULL;
    OWNED(calendar) calendar = NULL;
    struct schedule_turn turn;
    x->next = x->tick;
    if (!x->tick.due.us || x->tick.due.us > now.us)
        return FAULT_NONE;
    if (process_unpack(rows_bytes(rows, 0, 3), &process, f) || calendar_unpack(rows_bytes(rows, 0, 4), &calendar, f))
        return f->code;
    while (x->next.due.us && x->next.due.us <= now.us) {
        if (schedule_turn(schedule_node(process_definition(process)), calendar, x->next, now, &turn, f) != FAULT_NONE)
            return f->code;
        x->overdue += turn.missed + 1;
        x->next = turn.next;
    }
    return FAULT_NONE;
}

static enum fault_code read_current(struct database *d, const char *procedure, struct instant now, struct current *ret,
                                    struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    *ret = (struct current){0};
    parameters_text(p, procedure);
    enum fault_code code = database_run(d, current_sql, p, &rows, f);
    if (code != FAULT_NONE || rows_count(rows) == 0)
        return code;
    ret->found = true;
    ret->paused = rows_yes(rows, 0, 2);
    ret->tick = (struct schedule_tick){rows_instant(rows, 0, 0), (uint64_t)rows_integer(rows, 0, 1)};
    return overdue_ticks(rows, now, ret, f);
}

static enum fault_code note_missed(struct database *d, const char *procedure, const struct current *x,
                                   struct instant now, const char *reason, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    if (!x->overdue)
        return FAULT_NONE;
    parameters_text(p, procedure);
    parameters_instant(p, x->tick.due);
    parameters_instant(p, now);
    parameters_integer(p, (int64_t)x->overdue);
    parameters_text(p, reason);
    return database_run(d, missed_sql, p, NULL, f);
}

enum fault_code schedule_deploy(struct database *d, const Lienthong__V1__Process *p, const struct schedule_plan *plan,
                                struct fault *f)
{
    struct current before;
    struct fault unusable;
    OWNED(parameters) parameters = parameters_new();
    /* What cannot be counted any more must not stop a better version. */
    if (read_current(d, p->procedure, plan->now, &before, &unusable) != FAULT_NONE && !before.found)
        return *f = unusable, f->code;
    enum fault_code code = note_missed(d, p->procedure, &before, plan->now,
                                       before.paused ? "it was paused" : "a newer version was deployed", f);
    if (code != FAULT_NONE)
        return code;
    parameters_text(parameters, p->procedure);
    if (!plan->start)
        return database_run(d, remove_sql, parameters, NULL, f);
    parameters_integer(parameters, p->version);
    parameters_instant(parameters, plan->now);
    parameters_instant(parameters, plan->first.due);
    parameters_integer(parameters, (int64_t)plan->first.number);
    return database_run(d, replace_sql, parameters, NULL, f);
}

/* --- lt schedule ------------------------------------------------------------------------------------------------------ */

static json_t *instant_or_null(const struct rows *r, int row, int column, int64_t offset_us)
{
    char text[SCHEDULE_TEXT_SIZE];
    return rows_null(r, row, column) ? json_null()
                                     : json_string(schedule_text(rows_instant(r, row, column), offset_us, text));
}

/* Who paused or resumed it last; null: nobody ever. */
static json_t *act_of(const struct rows *r, int i, int64_t offset_us)
{
    if (rows_null(r, i, 11))
        return json_null();
    return json_pack("{s:s, s:o, s:s, s:s, s:s}", "act", rows_yes(r, i, 11) ? "paused" : "resumed", "at",
                     instant_or_null(r, i, 12, offset_us), "officer", rows_text(r, i, 13), "agency",
                     rows_text(r, i, 15), "reason", rows_text(r, i, 14));
}

static json_t *entry_of(const struct rows *r, int i)
{
    struct fault f;
    char id[UUID_TEXT_SIZE] = "";
    OWNED(calendar) c = NULL;
    int64_t offset_us = calendar_unpack(rows_bytes(r, i, 10), &c, &f) == FAULT_NONE ? offset_of(c) : 0;
    if (!rows_null(r, i, 8))
        uuid_print(rows_uuid(r, i, 8), id);
    return json_pack("{s:s, s:I, s:o, s:o, s:b, s:s, s:I, s:o, s:s, s:I, s:o}", "procedure", rows_text(r, i, 0),
                     "version", (json_int_t)rows_integer(r, i, 1), "counts_from", instant_or_null(r, i, 2, offset_us),
                     "next", instant_or_null(r, i, 3, offset_us), "paused", (int)rows_yes(r, i, 4), "trouble",
                     rows_text(r, i, 5), "begun", (json_int_t)rows_integer(r, i, 6), "last",
                     instant_or_null(r, i, 7, offset_us), "last_dossier", id, "missed",
                     (json_int_t)rows_integer(r, i, 9), "last_act", act_of(r, i, offset_us));
}

static const char *text_of(const json_t *entry, const char *key, const char *none)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text_empty(text) ? none : text;
}

static long long number_of(const json_t *entry, const char *key)
{
    return json_integer_value(json_object_get(entry, key));
}

static void print_list(const json_t *list)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        printf("%s version %lld  next %s%s  begun %lld, last %s  missed %lld\n", text_of(entry, "procedure", ""),
               number_of(entry, "version"), text_of(entry, "next", "never"),
               json_is_true(json_object_get(entry, "paused")) ? " (paused)" : "", number_of(entry, "begun"),
               text_of(entry, "last", "never"), number_of(entry, "missed"));
        const json_t *act = json_object_get(entry, "last_act");
        if (json_is_object(act))
            printf("    %s %s by %s (%s): %s\n", text_of(act, "act", ""), text_of(act, "at", ""),
                   text_of(act, "officer", ""), text_of(act, "agency", "?"), text_of(act, "reason", ""));
        if (*text_of(entry, "trouble", ""))
            printf("    %s\n", text_of(entry, "trouble", ""));
    }
    if (json_array_size(list) == 0)
        printf("no procedure begins by time\n");
}

static enum fault_code list_all(struct database *d, bool json, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, list_sql, NULL, &rows, f);
    if (code != FAULT_NONE)
        return code;
    json_t *list = json_array();
    for (int i = 0; i < rows_count(rows); i++)
        json_array_append_new(list, entry_of(rows, i));
    if (json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        print_list(list);
    }
    json_decref(list);
    return FAULT_NONE;
}

int schedule_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool list = o.count == 1 && text_equal(o.words[0], "list");
    bool pause = o.count == 2 && text_equal(o.words[0], "pause");
    if (!list && !pause && !(o.count == 2 && text_equal(o.words[0], "resume"))) {
        fputs(usage, stderr);
        return 2;
    }
    if (!list)
        return command_on_directory(&o, pause ? "schedule pause" : "schedule resume",
                                    pause ? "schedule.pause" : "schedule.resume",
                                    &(struct command_parameter){"procedure", o.words[1]}, 1);
    OWNED(database) d = NULL;
    if (options_database(&o, &d, &f) != FAULT_NONE || list_all(d, o.json, &f) != FAULT_NONE)
        return options_failed("schedule", &f);
    return 0;
}
