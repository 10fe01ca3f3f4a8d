#include "difference.h"
#include "base/instant.h"
#include "base/memory.h"
#include "base/text.h"
#include <string.h>

#define TEXT_SIZE 2000
#define WORKDAY_MINUTES 480

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_
static const char *const kinds[] = {
    [KIND(START)] = "start event",
    [KIND(END)] = "end event",
    [KIND(END_TERMINATE)] = "terminate end event",
    [KIND(END_ERROR)] = "error end event",
    [KIND(SERVICE_TASK)] = "service task",
    [KIND(USER_TASK)] = "user task",
    [KIND(SEND_TASK)] = "send task",
    [KIND(RECEIVE_TASK)] = "receive task",
    [KIND(EXCLUSIVE)] = "exclusive gateway",
    [KIND(PARALLEL)] = "parallel gateway",
    [KIND(SUBPROCESS)] = "subprocess",
    [KIND(CATCH_MESSAGE)] = "message catch event",
    [KIND(CATCH_TIMER)] = "timer catch event",
    [KIND(BOUNDARY_MESSAGE)] = "message boundary event",
    [KIND(BOUNDARY_TIMER)] = "timer boundary event",
    [KIND(BOUNDARY_ERROR)] = "error boundary event",
    [KIND(INCLUSIVE)] = "inclusive gateway",
    [KIND(EVENT_GATEWAY)] = "event-based gateway",
    [KIND(BOUNDARY_ESCALATION)] = "escalation boundary event",
    [KIND(BOUNDARY_COMPENSATION)] = "compensation boundary event",
    [KIND(THROW_ESCALATION)] = "escalation throw event",
    [KIND(THROW_COMPENSATION)] = "compensation throw event",
    [KIND(END_MESSAGE)] = "message end event",
    [KIND(END_ESCALATION)] = "escalation end event",
    [KIND(END_COMPENSATION)] = "compensation end event",
    [KIND(EVENT_SUBPROCESS)] = "event subprocess",
    [KIND(ON_MESSAGE)] = "message start event",
    [KIND(ON_TIMER)] = "timer start event",
    [KIND(ON_ERROR)] = "error start event",
    [KIND(ON_ESCALATION)] = "escalation start event",
    [KIND(START_TIMER)] = "timer start event of the process",
};

/* --- Texts ----------------------------------------------------------------------------------------------------------- */

static void say(json_t *thing, const char *what, const char *text)
{
    if (!text_empty(text))
        json_object_set_new(thing, what, json_string(text));
}

static void say_if(json_t *thing, const char *what, bool holds)
{
    say(thing, what, holds ? "yes" : NULL);
}

static void say_number(json_t *thing, const char *what, uint32_t number)
{
    char text[20];
    snprintf(text, sizeof(text), "%u", number);
    say(thing, what, number ? text : NULL);
}

static void append(char text[TEXT_SIZE], const char *word, const char *mark)
{
    size_t used = strlen(text);
    snprintf(text + used, TEXT_SIZE - used, "%s%s%s", used ? " " : "", word, mark);
}

static void say_words(json_t *thing, const char *what, char **words, size_t count)
{
    char text[TEXT_SIZE] = "";
    for (size_t i = 0; i < count; i++)
        append(text, words[i], "");
    say(thing, what, text);
}

/* "3 wd", "90 min", "30 d". */
static const char *budget_text(const Lienthong__V1__Budget *b, char text[40])
{
    if (b->calendar_days)
        snprintf(text, 40, "%u d", b->calendar_days);
    else if (b->minutes && b->minutes % (WORKDAY_MINUTES / 2) == 0)
        snprintf(text, 40, "%g wd", (double)b->minutes / WORKDAY_MINUTES);
    else
        snprintf(text, 40, "%u min", b->minutes);
    return text;
}

static void say_budget(json_t *thing, const char *what, const Lienthong__V1__Budget *b)
{
    char text[40];
    if (b)
        say(thing, what, budget_text(b, text));
}

/* Of a timer start: "first at" is the clock on the wall, unless it says Z. */
static void say_schedule(json_t *thing, const Lienthong__V1__TimerRule *t)
{
    char text[INSTANT_TEXT_SIZE];
    if (t->begins_us) {
        instant_print((struct instant){t->begins_us}, text);
        text[strlen(text) - !t->begins_utc] = '\0';
        say(thing, "first at", text);
    }
    if (t->times) {
        snprintf(text, sizeof(text), "%u", t->times);
        say(thing, "times at most", text);
    }
}

static void say_timer(json_t *thing, const Lienthong__V1__TimerRule *t)
{
    char budget[40], text[80];
    if (!t)
        return;
    say_schedule(thing, t);
    if (t->begins_us && !t->after && !t->elapsed_ms)
        return;
    if (t->after)
        snprintf(text, sizeof(text), "%s after it is entered", budget_text(t->after, budget));
    else if (t->before_due)
        snprintf(text, sizeof(text), "%s before the dossier is due", budget_text(t->before_due, budget));
    else if (t->budget_spent)
        snprintf(text, sizeof(text), "when the budget is spent");
    else
        snprintf(text, sizeof(text), "%g s of plain time after it is entered", (double)t->elapsed_ms / 1000);
    say(thing, "due", text);
}

static void say_clock(json_t *thing, const char *what, Lienthong__V1__ClockAction action)
{
    static const char *const actions[] = {NULL, "starts", "stops", "restarts", "ends"};
    say(thing, what, (size_t)action < LENGTH(actions) ? actions[action] : NULL);
}

static const char *node_id(const Lienthong__V1__Process *p, uint32_t reference)
{
    return reference ? p->nodes[reference - 1]->id : NULL;
}

static const char *source_of(const Lienthong__V1__Process *p, uint32_t reference)
{
    return reference ? p->expressions[reference - 1]->source : NULL;
}

static const char *fact_name(const Lienthong__V1__Process *p, uint32_t reference)
{
    return reference ? p->facts[reference - 1]->name : NULL;
}

/* --- Things ---------------------------------------------------------------------------------------------------------- */

static json_t *thing_new(json_t *things, const char *kind, const char *id)
{
    char name[300];
    json_t *thing = json_object();
    snprintf(name, sizeof(name), "%s %s", kind, id);
    json_object_set_new(things, name, thing);
    return thing;
}

static void describe_fact(json_t *things, const Lienthong__V1__FactDeclaration *d)
{
    static const char *const types[] = {"", "text", "decimal", "date", "yes-no", "list"};
    json_t *thing = thing_new(things, "fact", d->name);
    say(thing, "type", (size_t)d->type < LENGTH(types) ? types[d->type] : NULL);
    say_words(thing, "setters", d->setters, d->n_setters);
    say_words(thing, "values", d->values, d->n_values);
}

static void describe_part(json_t *things, const Lienthong__V1__PartDeclaration *d)
{
    json_t *thing = thing_new(things, "part", d->name);
    say(thing, "type", d->type);
    say_words(thing, "readers", d->roles, d->n_roles);
    say_words(thing, "authors", d->authors, d->n_authors);
}

static void describe_flow(json_t *things, const Lienthong__V1__Process *p, const Lienthong__V1__Flow *flow)
{
    json_t *thing = thing_new(things, "flow", flow->id);
    say(thing, "from", p->nodes[flow->from]->id);
    say(thing, "to", p->nodes[flow->to]->id);
    say(thing, "condition", source_of(p, flow->condition));
    say(thing, "name", flow->name);
}

static void say_parts(json_t *thing, const char *what, const Lienthong__V1__Process *p, Lienthong__V1__PartUse **uses,
                      size_t count)
{
    char text[TEXT_SIZE] = "";
    for (size_t i = 0; i < count; i++)
        append(text, p->parts[uses[i]->part]->name, uses[i]->optional ? "?" : "");
    say(thing, what, text);
}

static void describe_data(json_t *thing, const Lienthong__V1__Process *p, const Lienthong__V1__Node *n)
{
    char text[TEXT_SIZE] = "";
    say_parts(thing, "receives", p, n->receives, n->n_receives);
    say_parts(thing, "returns", p, n->returns, n->n_returns);
    for (size_t i = 0; i < n->n_sets; i++)
        append(text, p->facts[n->sets[i]->fact]->name, n->sets[i]->optional ? "?" : "");
    say(thing, "sets", text);
    say_words(thing, "raises", n->raises, n->n_raises);
    say(thing, "error", n->error);
    say(thing, "requires", source_of(p, n->requires));
}

static void describe_status(json_t *thing, const Lienthong__V1__Node *n)
{
    say_number(thing, "status", n->status);
    if (n->status_on_complete == 255)
        say(thing, "status on completion", "the one before");
    else
        say_number(thing, "status on completion", n->status_on_complete);
    say_clock(thing, "clock on entering", n->on_enter);
    say_clock(thing, "clock on receipt", n->on_receipt);
    say_clock(thing, "clock on completion", n->on_complete);
    say_budget(thing, "appointment", n->appointment);
    say_if(thing, "gives the new appointment", n->reschedules);
}

static void describe_instances(json_t *thing, const Lienthong__V1__Process *p, const Lienthong__V1__MultiInstance *m)
{
    char text[TEXT_SIZE] = "", one[400], silence[200];
    if (!m)
        return;
    say(thing, "for each of", p->facts[m->over]->name);
    say(thing, "picks", m->role);
    say(thing, "until", source_of(p, m->completion));
    say_if(thing, "silence agrees", m->silence_agrees);
    for (size_t i = 0; i < m->n_collects; i++) {
        const Lienthong__V1__LiteralValue *v = m->collects[i]->silence;
        snprintf(silence, sizeof(silence), ":%s",
                 !v                                                   ? ""
                 : v->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_YES ? (v->yes ? "yes" : "no")
                                                                      : v->text);
        snprintf(one, sizeof(one), "%s:%s%s", p->facts[m->collects[i]->fact]->name,
                 p->facts[m->collects[i]->into]->name, v ? silence : "");
        append(text, one, "");
    }
    say(thing, "collects", text);
    say(thing, "counts asked", fact_name(p, m->asked));
    say(thing, "counts answered", fact_name(p, m->answered));
    say(thing, "counts silent", fact_name(p, m->silent));
}

static void describe_node(json_t *things, const Lienthong__V1__Process *p, const Lienthong__V1__Node *n)
{
    json_t *thing = thing_new(things, "element", n->id);
    say(thing, "kind", (size_t)n->kind < LENGTH(kinds) ? kinds[n->kind] : NULL);
    say(thing, "name", n->name);
    say(thing, "in", node_id(p, n->scope));
    say(thing, "at", node_id(p, n->attached));
    say_if(thing, "interrupting", n->interrupting);
    say(thing, "role", n->role);
    say(thing, "operation", n->operation);
    say_budget(thing, "budget", n->budget);
    say_timer(thing, n->timer);
    say_if(thing, "irrevocable", n->irrevocable);
    say_if(thing, "queries personal data", n->personal);
    say(thing, "default", n->default_flow ? p->flows[n->default_flow - 1]->id : NULL);
    say(thing, "undone by", node_id(p, n->handler));
    say(thing, "undoes", node_id(p, n->undoes));
    say_if(thing, "for compensation", n->for_compensation);
    say(thing, "calls", n->called);
    describe_data(thing, p, n);
    describe_status(thing, n);
    describe_instances(thing, p, n->multiple);
}

json_t *difference_describe(const Lienthong__V1__Process *p, const char *calendar)
{
    json_t *things = json_object();
    json_t *whole = thing_new(things, "procedure", p->procedure);
    say(whole, "name", p->name);
    say(whole, "calendar", calendar);
    say_words(whole, "opened by", p->trigger_roles, p->n_trigger_roles);
    say_words(whole, "informs", p->inform_roles, p->n_inform_roles);
    say(whole, "jurisdiction", p->jurisdiction_fact);
    for (size_t i = 0; i < p->n_facts; i++)
        describe_fact(things, p->facts[i]);
    for (size_t i = 0; i < p->n_parts; i++)
        describe_part(things, p->parts[i]);
    for (size_t i = 0; i < p->n_nodes; i++)
        describe_node(things, p, p->nodes[i]);
    for (size_t i = 0; i < p->n_flows; i++)
        describe_flow(things, p, p->flows[i]);
    return things;
}

/* --- Differences ------------------------------------------------------------------------------------------------------ */

static void compare(json_t *changed, const char *name, const json_t *before, const json_t *after)
{
    const char *what;
    json_t *text, *changes = json_object();
    json_object_foreach((json_t *)before, what, text)
    {
        const json_t *now = json_object_get(after, what);
        if (!now || !json_equal(text, now))
            json_object_set_new(changes, what,
                                json_pack("[O, o]", text, now ? json_incref((json_t *)now) : json_null()));
    }
    json_object_foreach((json_t *)after, what, text) if (!json_object_get(before, what))
        json_object_set_new(changes, what, json_pack("[n, O]", text));
    if (json_object_size(changes))
        json_object_set(changed, name, changes);
    json_decref(changes);
}

json_t *difference_of(const json_t *before, const json_t *after)
{
    json_t *added = json_object(), *removed = json_object(), *changed = json_object(), *thing;
    const char *name;
    json_object_foreach((json_t *)after, name, thing)
    {
        const json_t *was = json_object_get(before, name);
        if (was)
            compare(changed, name, was, thing);
        else
            json_object_set(added, name, thing);
    }
    json_object_foreach((json_t *)before, name, thing) if (!json_object_get(after, name))
        json_object_set(removed, name, thing);
    return json_pack("{s:o, s:o, s:o}", "added", added, "removed", removed, "changed", changed);
}

static const char *shown(const json_t *text)
{
    return json_is_string(text) ? json_string_value(text) : "nothing";
}

static void print_whole(const json_t *things, char sign, FILE *to)
{
    const char *name, *what;
    json_t *thing, *text;
    json_object_foreach((json_t *)things, name, thing)
    {
        const char *before = ": ";
        fprintf(to, "  %c %s", sign, name);
        json_object_foreach(thing, what, text)
        {
            fprintf(to, "%s%s %s", before, what, shown(text));
            before = ", ";
        }
        fprintf(to, "\n");
    }
}

bool difference_print(const json_t *difference, FILE *to)
{
    const char *name, *what;
    json_t *thing, *pair;
    const json_t *added = json_object_get(difference, "added"), *removed = json_object_get(difference, "removed"),
                 *changed = json_object_get(difference, "changed");
    print_whole(removed, '-', to);
    json_object_foreach((json_t *)changed, name, thing)
    {
        const char *before = ": ";
        fprintf(to, "  ~ %s", name);
        json_object_foreach(thing, what, pair)
        {
            fprintf(to, "%s%s %s -> %s", before, what, shown(json_array_get(pair, 0)), shown(json_array_get(pair, 1)));
            before = ", ";
        }
        fprintf(to, "\n");
    }
    print_whole(added, '+', to);
    return json_object_size(added) + json_object_size(removed) + json_object_size(changed) > 0;
}
