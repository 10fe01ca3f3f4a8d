/* Runs dossiers through the engine for model_test.py: reads procedures (in the words of tests/unit/workflow/text.h) and events,
 * prints what stands after each event. Input:
 *
 *   process            its lines follow, up to a line "."
 *   open x=1 who=x,y   answer NODE K [x=2] [error=E]   receipt NODE K   message OP [from=x]   timer NODE K
 *   cancelled NODE K   undeliverable NODE K   impossible NODE K   retry NODE K   retry-at NODE   skip NODE K x=2
 *   end                the dossier is over; another process may follow
 *
 * K: which of the open steps, or armed timers, at NODE, from 0 and the oldest first. Output, a line for each:
 * "lint" for a process, and "unasked", "stuck" as lint.h has them; for each event
 * applied or refused, then the live steps, the armed timers, what was sent, how many incidents there are, and "ended". */
#include "../unit/unit.h"
#include "../unit/workflow/text.h"
#include "lint.h"
#include "base/memory.h"
#include "base/text.h"
#include "workflow/dossier_state.h"
#include "workflow/engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE 600
#define FACTS_MAX 8

struct driver {
    struct process *process;
    struct calendar *calendar;
    struct dossier *dossier;
    struct effects effects;
    struct instant now;
    struct event_fact facts[FACTS_MAX];
    struct value items[16];
    char words[FACTS_MAX][100], members[16][20];
};

/* Everybody is agency 1; the board's members are the agencies of their letters. */
static uint32_t resolve(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    (void)context;
    (void)now;
    return !strcmp(role, "board") && jurisdiction ? (uint32_t)jurisdiction[0] : 1;
}

static const struct step *find_step(const struct driver *d, const char *node, unsigned long skip)
{
    for (uint32_t i = 0; i < d->dossier->core.step_count; i++) {
        const struct step *s = &d->dossier->steps[i];
        if (s->token && !strcmp(process_node(d->process, s->node)->id, node) && skip-- == 0)
            return s;
    }
    return NULL;
}

static const struct timer *find_timer(const struct driver *d, const char *node, unsigned long skip)
{
    for (uint32_t i = 0; i < d->dossier->core.timer_count; i++) {
        const struct timer *t = &d->dossier->timers[i];
        if (t->due.us && !strcmp(process_node(d->process, t->node)->id, node) && skip-- == 0)
            return t;
    }
    return NULL;
}

static struct value value_of(struct driver *d, const char *name, const char *text)
{
    int fact = process_find_fact(d->process, name);
    Lienthong__V1__ValueType type = process_definition(d->process)->facts[fact]->type;
    struct value v = {.kind = VALUE_TEXT, .text = text};
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL)
        v = (struct value){.kind = VALUE_DECIMAL, .decimal = {.coefficient = strtol(text, NULL, 10)}};
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST) {
        v = (struct value){.kind = VALUE_LIST, .list = {.items = d->items}};
        while (v.list.count < LENGTH(d->members) &&
               text_word(&text, ",", d->members[v.list.count], sizeof d->members[v.list.count])) {
            d->items[v.list.count] = (struct value){.kind = VALUE_TEXT, .text = d->members[v.list.count]};
            v.list.count++;
        }
    }
    return v;
}

static void take_words(struct driver *d, struct event *e, const char *at)
{
    char word[100];
    for (size_t i = 0; i < FACTS_MAX && text_word(&at, " ", word, sizeof word); i++) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        text_copy(d->words[i], sizeof d->words[i], value);
        if (!strcmp(word, "error")) {
            e->error = d->words[i];
        } else if (!strcmp(word, "from")) {
            e->agency = (uint32_t)value[0];
            e->role = "board";
        } else {
            int fact = process_find_fact(d->process, word);
            const char *name = process_definition(d->process)->facts[fact]->name;
            d->facts[e->fact_count++] = (struct event_fact){name, value_of(d, name, d->words[i])};
        }
    }
    e->facts = d->facts;
}

static void aim(struct driver *d, struct event *e, const char *node, unsigned long k)
{
    if (e->kind == EVENT_TIMER) {
        const struct timer *t = find_timer(d, node, k);
        e->timer = t ? t->id : 0;
        e->generation = t ? t->generation : 0;
        if (t)
            d->now = instant_later(d->now, t->due);
        return;
    }
    const struct step *s = find_step(d, node, k);
    if (s) {
        e->step = uuid_step(dossier_id(d->dossier), s->position);
        e->agency = s->agency;
        e->role = process_node(d->process, s->node)->role;
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void print_sorted(const char *what, char (*names)[100], size_t count)
{
    qsort(names, count, sizeof *names, compare);
    printf(" | %s", what);
    for (size_t i = 0; i < count; i++)
        printf(" %s", names[i]);
}

static void print_state(const struct driver *d, enum engine_result result)
{
    static char names[1024][100];
    const struct core *core = &d->dossier->core;
    size_t count = 0;
    printf("%s", result == ENGINE_APPLIED ? "applied" : "refused");
    for (uint32_t i = 0; i < core->step_count; i++) {
        const struct step *s = &d->dossier->steps[i];
        if (!s->token)
            continue;
        const Lienthong__V1__Node *n = process_node(d->process, s->node);
        char whose[3] = {'@', (char)s->agency, '\0'};
        snprintf(names[count++], sizeof *names, "%s%s", n->id, !strcmp(n->role, "board") ? whose : "");
    }
    print_sorted("steps", names, count);
    count = 0;
    for (uint32_t i = 0; i < core->timer_count; i++)
        if (d->dossier->timers[i].due.us)
            text_copy(names[count++], sizeof *names, process_node(d->process, d->dossier->timers[i].node)->id);
    print_sorted("timers", names, count);
    count = 0;
    for (size_t i = 0; i < d->effects.count; i++)
        if (d->effects.items[i].kind == EFFECT_INFORM)
            text_copy(names[count++], sizeof *names, process_node(d->process, d->effects.items[i].node)->id);
    print_sorted("sent", names, count);
    printf(" | incidents %u%s\n", core->incident_count, core->ended ? " | ended" : "");
}

/* The state must survive being packed. */
static void repack(struct driver *d)
{
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    struct dossier *copy = NULL;
    struct fault f;
    if (dossier_pack(d->dossier, &packed, &f) ||
        dossier_unpack(dossier_id(d->dossier), d->process, buffer_bytes(&packed), &copy, &f)) {
        printf("the state does not survive packing: %s\n", f.text);
        exit(1);
    }
    dossier_free(d->dossier);
    d->dossier = copy;
}

static void run_event(struct driver *d, const char *line)
{
    static const struct {
        const char *word;
        enum event_kind kind;
    } kinds[] = {{"open", EVENT_OPEN},
                 {"receipt", EVENT_RECEIPT},
                 {"answer", EVENT_ANSWER},
                 {"message", EVENT_MESSAGE},
                 {"timer", EVENT_TIMER},
                 {"cancelled", EVENT_CANCELLED},
                 {"undeliverable", EVENT_UNDELIVERABLE},
                 {"impossible", EVENT_IMPOSSIBLE},
                 {"retry", EVENT_RETRY},
                 {"retry-at", EVENT_RETRY},
                 {"skip", EVENT_SKIP}};
    char word[100], node[100] = "", number[20] = "";
    struct event e = {.kind = EVENT_ABORT, .agency = 1, .sender = "model", .role = "citizen", .reason = "a reason"};
    struct refusal refusal = {0};
    text_word(&line, " ", word, sizeof word);
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (!strcmp(word, kinds[i].word))
            e.kind = kinds[i].kind;
    if (e.kind == EVENT_OPEN)
        e.role = "desk";
    else
        text_word(&line, " ", node, sizeof node);
    e.message = node;
    if (!strcmp(word, "retry-at")) {
        e.element = node;
    } else if (e.kind != EVENT_OPEN && e.kind != EVENT_MESSAGE) {
        text_word(&line, " ", number, sizeof number);
        aim(d, &e, node, strtoul(number, NULL, 10));
    }
    take_words(d, &e, line);
    struct engine_input input = {.calendar = d->calendar, .directory = {.resolve = resolve}, .now = d->now};
    effects_reset(&d->effects);
    enum engine_result result = engine_apply(d->dossier, &e, &input, &d->effects, &refusal);
    print_state(d, result);
    repack(d);
}

static void begin(struct driver *d, char *line)
{
    static char text[200000];
    size_t used = 0;
    while (fgets(line, LINE_SIZE, stdin) && strcmp(line, ".\n") != 0)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", line);
    d->process = text_process(text);
    d->dossier = dossier_new((struct uuid){{9}}, d->process);
    d->now = text_instant("2024-06-03 08:00");
    struct said said = lint_say(process_definition(d->process));
    printf("lint%s%s\n", said.unasked ? " unasked" : "", said.stuck ? " stuck" : "");
}

int main(void)
{
    struct driver d = {.calendar = text_calendar()};
    char line[LINE_SIZE];
    effects_init(&d.effects);
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (!strcmp(line, "process")) {
            begin(&d, line);
        } else if (!strcmp(line, "end")) {
            d.dossier = dossier_free(d.dossier);
            d.process = process_free(d.process);
        } else {
            run_event(&d, line);
        }
    }
    effects_clear(&d.effects);
    calendar_free(d.calendar);
    return 0;
}
