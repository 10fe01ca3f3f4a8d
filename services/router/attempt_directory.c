/* Operators' acts on the directory: commands that name it instead of a dossier. Each is an event of the directory, in the ledger like all
 * others. A further operation is a row of OPERATIONS, and a function that takes its parameters and writes rows. */
#include "attempt.h"
#include "base/text.h"
#include "command.h"
#include "ledger.h"
#include <string.h>

#define REFUSE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define PROCEDURE_SIZE_MAX 20
#define ROLE_SIZE_MAX 100

struct act {
    struct attempt *attempt;
    struct input *in;
    const Lienthong__V1__Header *header;
    const char *reason;
    uint64_t sequence; /* of its event */
};

static bool refuse(struct act *x, Lienthong__V1__RefusalCode code, const char *what, const char *which)
{
    refusal_set(&x->in->refusal, code, "%.100s: %.200s%.60s", x->header->type, what, which);
    return false;
}

/* The text fact NAME; NULL: it is not there, or no text. */
static const char *text_fact(const Lienthong__V1__Header *header, const char *name)
{
    for (size_t i = 0; i < header->n_facts; i++) {
        const Lienthong__V1__Fact *fact = header->facts[i];
        if (text_equal(fact->name, name) && fact->value && fact->value->is_case == LIENTHONG__V1__VALUE__IS_TEXT)
            return fact->value->text;
    }
    return NULL;
}

static const char *parameter(const struct act *x, const char *name)
{
    return text_fact(x->header, name);
}

static bool no_others(struct act *x, const char *const *known, size_t count)
{
    for (size_t i = 0; i < x->header->n_facts; i++) {
        const char *name = x->header->facts[i]->name;
        bool found = text_equal(name, COMMAND_REASON);
        for (size_t k = 0; k < count && !found; k++)
            found = text_equal(name, known[k]);
        if (!found)
            return refuse(x, REFUSE(FACT), "it has no parameter ", name);
        if (!text_fact(x->header, name)) /* else a date in place of an instant would be passed over */
            return refuse(x, REFUSE(FACT), "a parameter is no text: ", name);
    }
    return true;
}

/* --- Rights -------------------------------------------------------------------------------------------------------- */

static bool is_token(const char *text, size_t size_max)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t size = text ? strlen(text) : 0;
    return size && size <= size_max && strspn(text, allowed) == size;
}

static bool names_right(struct act *x, struct right_row *row)
{
    row->procedure = parameter(x, "procedure");
    row->sender = parameter(x, "sender");
    row->type = parameter(x, "type");
    row->recipient = parameter(x, "recipient");
    if (!text_equal(row->procedure, RIGHT_ANY_PROCEDURE) && !is_token(row->procedure, PROCEDURE_SIZE_MAX))
        return refuse(x, REFUSE(FACT), "`procedure` is missing, or neither a procedure's code nor *", "");
    if (!is_token(row->sender, ROLE_SIZE_MAX) || !is_token(row->recipient, ROLE_SIZE_MAX))
        return refuse(x, REFUSE(FACT), "`sender` or `recipient` is missing, or no role", "");
    if (!is_token(row->type, ENVELOPE_TYPE_SIZE_MAX))
        return refuse(x, REFUSE(FACT), "`type` is missing, or no type of a message", "");
    return true;
}

static bool read_instant(struct act *x, const char *name, struct instant *ret)
{
    struct fault f;
    const char *text = parameter(x, name);
    if (text && instant_parse(text, ret, &f) != FAULT_NONE)
        return refuse(x, REFUSE(FACT), "an instant is no time of RFC 3339, such as 2027-01-15T08:00:00Z: ", name);
    if (text && ret->us <= 0) /* which says "none" below */
        return refuse(x, REFUSE(FACT), "an instant is of 1970 or before: ", name);
    return true;
}

/* From when on: now, or later; nobody changes what was. A command that lay in an outbox for a while still says "from now". */
static bool dates_right(struct act *x, struct right_row *row)
{
    struct instant now = x->attempt->now;
    if (!read_instant(x, "from", &row->from) || !read_instant(x, "until", &row->until))
        return false;
    if (row->from.us && row->from.us < x->header->happened_us)
        return refuse(x, REFUSE(FACT), "`from` is past: what was allowed yesterday is not changed today", "");
    if (row->from.us < now.us)
        row->from = now;
    if (row->until.us && row->until.us <= row->from.us)
        return refuse(x, REFUSE(FACT), "`until` is not after `from`, or past", "");
    return true;
}

static bool change_right(struct act *x, bool granted)
{
    static const char *const known[] = {"procedure", "sender", "type", "recipient", "from", "until"};
    struct right_row row = {
        .granted = granted, .event = x->sequence, .officer = x->header->purpose->officer, .reason = x->reason};
    if (!no_others(x, known, LENGTH(known)) || !names_right(x, &row) || !dates_right(x, &row))
        return false;
    *LIST_ADD(&x->attempt->writes.rights) = row;
    return true;
}

static bool grant(struct act *x)
{
    return change_right(x, true);
}

static bool revoke(struct act *x)
{
    return change_right(x, false);
}

/* --- Schedules ------------------------------------------------------------------------------------------------------ */

#define SCHEDULE_PAUSE "schedule.pause"
#define SCHEDULE_RESUME "schedule.resume"

const char *attempt_schedule_of(const Lienthong__V1__Header *h)
{
    bool changes = text_equal(h->type, SCHEDULE_PAUSE) || text_equal(h->type, SCHEDULE_RESUME);
    return changes ? text_fact(h, "procedure") : NULL;
}

static const struct loaded_schedule *find_schedule(const struct attempt *a, const char *procedure)
{
    for (size_t i = 0; i < a->loaded.schedule_count; i++)
        if (text_equal(a->loaded.schedules[i].procedure, procedure))
            return &a->loaded.schedules[i];
    return NULL;
}

/* What the pause has let pass by now begins nothing. What cannot be counted here is refused: it would begin at once. */
static bool pass_over(struct act *x, const struct loaded_schedule *s, struct schedule_row *ret)
{
    const struct router *r = x->attempt->router;
    const struct catalogue_entry *entry = catalogue_process(r->catalogue, s->process);
    const struct calendar *calendar = entry ? catalogue_calendar(r->catalogue, entry->calendar) : NULL;
    struct schedule_tick next = {s->due, s->number};
    struct instant now = x->attempt->now;
    struct fault f;
    *ret = (struct schedule_row){.from = s->due, .missed_until = now};
    while (next.due.us && next.due.us <= now.us) {
        const Lienthong__V1__Node *start = calendar ? schedule_node(process_definition(entry->process)) : NULL;
        struct schedule_turn turn;
        if (!start) { /* deployed since the directory was last read; lt sends it again */
            x->attempt->router->directory_at_ms = 0;
            return refuse(x, REFUSE(UNAVAILABLE), "this router cannot read the newest version, or its calendar", "");
        }
        if (schedule_turn(start, calendar, next, now, &turn, &f) != FAULT_NONE)
            return refuse(x, REFUSE(UNEXPECTED), f.text, "");
        ret->missed += turn.missed + 1;
        next = turn.next;
    }
    ret->next = next.due;
    ret->next_number = next.number;
    return true;
}

static bool change_schedule(struct act *x, bool pause)
{
    static const char *const known[] = {"procedure"};
    struct schedule_act row = {.pause = pause,
                               .procedure = parameter(x, "procedure"),
                               .event = x->sequence,
                               .agency = x->in->agency,
                               .officer = x->header->purpose->officer,
                               .reason = x->reason};
    if (!no_others(x, known, LENGTH(known)))
        return false;
    if (text_empty(row.procedure))
        return refuse(x, REFUSE(FACT), "the text fact is missing: ", "procedure");
    const struct loaded_schedule *s = find_schedule(x->attempt, row.procedure);
    if (!s)
        return refuse(x, REFUSE(UNEXPECTED), "it does not begin by time: procedure ", row.procedure);
    row.changes = s->paused != pause;
    if (row.changes && !pause && !pass_over(x, s, &row.resumed))
        return false;
    *LIST_ADD(&x->attempt->writes.schedule_acts) = row;
    return true;
}

static bool pause_schedule(struct act *x)
{
    return change_schedule(x, true);
}

static bool resume_schedule(struct act *x)
{
    return change_schedule(x, false);
}

/* --- All of them --------------------------------------------------------------------------------------------------- */

static const struct operation {
    const char *type, *role;
    bool (*apply)(struct act *x); /* false: the refusal is set, nothing is written */
} operations[] = {{SCHEDULE_PAUSE, ROLE_OPERATOR, pause_schedule},
                  {SCHEDULE_RESUME, ROLE_OPERATOR, resume_schedule},
                  {"rights.grant", ROLE_SECURITY_OFFICER, grant},
                  {"rights.revoke", ROLE_SECURITY_OFFICER, revoke}};

static const struct operation *find_operation(const char *type)
{
    for (size_t i = 0; i < LENGTH(operations); i++)
        if (text_equal(operations[i].type, type))
            return &operations[i];
    return NULL;
}

static bool well_formed(struct act *x, const struct operation *o)
{
    const struct router *r = x->attempt->router;
    x->reason = parameter(x, COMMAND_REASON);
    if (x->header->kind != KIND(COMMAND)) {
        refusal_set(&x->in->refusal, REFUSE(UNKNOWN_DOSSIER),
                    "this is the id of the directory, which takes commands only");
        return false;
    }
    if (!o)
        return refuse(
            x, REFUSE(MALFORMED),
            "no such act on the directory; rights.grant, rights.revoke, schedule.pause and schedule.resume are known",
            "");
    if (!directory_has_role(r->directory, x->in->agency, o->role, NULL, x->attempt->now)) {
        refusal_set(&x->in->refusal, REFUSE(NOT_ENTITLED),
                    "%s is for the role \"%s\", which %s has not; the directory gives it (`lt agencies`)", o->type,
                    o->role, x->header->sender);
        return false;
    }
    if (text_empty(x->reason) || strlen(x->reason) > COMMAND_REASON_SIZE_MAX)
        return refuse(x, REFUSE(FACT), "it says why: the text fact is missing, or too long: ", COMMAND_REASON);
    if (x->header->n_parts || x->header->step_id.len)
        return refuse(x, REFUSE(MALFORMED), "an act on the directory has no part and no step", "");
    return true;
}

static void record(struct act *x)
{
    struct attempt *a = x->attempt;
    struct event_row *row = LIST_ADD(&a->writes.events);
    *row = (struct event_row){.dossier = ENVELOPE_DIRECTORY,
                              .sequence = x->sequence,
                              .kind = DIRECTORY_EVENT,
                              .agency = x->in->agency,
                              .message_id = envelope_message_id(x->in->envelope),
                              .type = x->header->type,
                              .node = "directory",
                              .detail = x->reason,
                              .happened = {x->header->happened_us},
                              .arrived = x->in->arrived,
                              .header = envelope_digest(x->in->envelope),
                              .previous = a->loaded.directory_digest,
                              .envelope = envelope_bytes(x->in->envelope)};
    row->digest = ledger_event_digest(row);
    a->writes.directory_sequence = x->sequence;
    a->writes.directory_digest = row->digest;
}

bool attempt_directory(struct attempt *a, struct input *in)
{
    struct act x = {
        .attempt = a, .in = in, .header = envelope_header(in->envelope), .sequence = a->loaded.directory_sequence + 1};
    const struct operation *o = find_operation(x.header->type);
    if (!well_formed(&x, o) || !o->apply(&x))
        return false;
    record(&x);
    return true;
}
