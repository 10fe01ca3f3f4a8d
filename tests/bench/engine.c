/* The engine alone: how many events one core applies in a second of its time.
 *   bench-engine [SECONDS]
 * OPEN: the happy way of the land transfer that is shipped, on so many dossiers that are open at the same time, event by event, so
 * that every event meets another dossier than the one before. HISTORY: receipt, answer and notice in a loop whose tasks can all be
 * undone, on dossiers that have so many events behind them; so many, because a dossier has at most 1,000 steps in its life.
 * MEMORY: the bare limit of OPEN, nanoseconds to copy 1 KiB, about the present of a dossier, out of as many blocks as large as a
 * dossier in turn; OPEN_RATIO is of the rates, OPEN_RATIO_BUT_MEMORY without that. Each figure is the best of several rounds, for other programs only ever take. Prints JSON. */
#include "../unit/bpmn/source.h"
#include "../unit/unit.h"
#include "../unit/workflow/text.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/compiler.h"
#include "workflow/engine.h"
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define OPEN_MIN 200 /* dossiers of a round, so that it can be measured */
#define LOOP_EVENTS 3
#define PAST_STEPS_MAX 900 /* in a past; of 1,000 in a life */
#define COPIES 20
#define LOOPS 60
#define COPY_SIZE 1024
#define COPIES_MIN 100000
#define MEMORY_ROUNDS 20
#define FACTS_MAX 8
#define PARTS_MAX 16

/* One event of the way: NODE whose step it concerns (NULL: the submission), its facts as "name=value name=value". */
struct act {
    enum event_kind kind;
    const char *node, *facts;
};
static const struct act way[] = {
    {EVENT_OPEN, NULL, "district=cho-gao applicant.kind=person delivery.method=desk paper.pending=no"},
    {EVENT_RECEIPT, "check-identity", ""},
    {EVENT_ANSWER, "check-identity", "identity.result=match"},
    {EVENT_RECEIPT, "query-evidence", ""},
    {EVENT_ANSWER, "query-evidence", "evidence.held=2"},
    {EVENT_RECEIPT, "accept", ""},
    {EVENT_ANSWER, "accept", "decision=accept"},
    {EVENT_RECEIPT, "check-conditions", ""},
    {EVENT_RECEIPT, "extract-map", ""},
    {EVENT_ANSWER, "check-conditions", "conditions.result=clear"},
    {EVENT_ANSWER, "extract-map", "map.matches=yes"},
    {EVENT_RECEIPT, "prepare-slip", ""},
    {EVENT_ANSWER, "prepare-slip", "levy.owed=no"},
    {EVENT_RECEIPT, "determine", ""},
    {EVENT_ANSWER, "determine", "obligation.exempt=no obligation.count=2 obligation.total=45000000"},
    {EVENT_RECEIPT, "collect", ""},
    {EVENT_ANSWER, "collect", "payment.settled=yes"},
    {EVENT_RECEIPT, "confirm", ""},
    {EVENT_ANSWER, "confirm", "obligation.settled=yes"},
    {EVENT_RECEIPT, "write", ""},
    {EVENT_ANSWER, "write", ""},
    {EVENT_RECEIPT, "store-result", ""},
    {EVENT_ANSWER, "store-result", ""},
    {EVENT_RECEIPT, "publish-result", ""},
    {EVENT_ANSWER, "publish-result", ""},
    {EVENT_RECEIPT, "hand-over", ""},
    {EVENT_ANSWER, "hand-over", ""},
};
#define WAY LENGTH(way)

/* The way with everything looked up: what the router hands over, but for the step's id. */
struct prepared {
    struct event event;
    uint32_t position;
    struct event_fact facts[FACTS_MAX];
    struct event_part parts[PARTS_MAX];
};

struct bench {
    struct process *process;
    struct calendar *calendar;
    struct effects effects;
    struct instant now;
    struct prepared way[WAY];
};

static uint32_t agency_of(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    (void)context, (void)jurisdiction, (void)now;
    return (uint32_t)strlen(role) * 8 + (uint32_t)role[0] % 8 + 1;
}

static void compile(struct bench *b)
{
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX), packed = BUFFER(PROCESS_SIZE_MAX);
    OWNED_ARENA arena;
    static struct bpmn_report report;
    Lienthong__V1__Process *wire;
    struct fault f;
    arena_init(&arena, 16 << 20);
    source_read("deploy/workflows/land-transfer.bpmn", &xml);
    if (bpmn_compile(buffer_bytes(&xml), &arena, &wire, &packed, &report, &f) ||
        process_unpack(buffer_bytes(&packed), &b->process, &f))
        fail_msg("%s", f.text);
}

static struct dossier *fresh(const struct bench *b, uint32_t number)
{
    struct uuid id = {{0}};
    memcpy(id.bytes, &number, sizeof(number));
    return dossier_new(id, b->process);
}

/* --- Preparing ----------------------------------------------------------------------------------------------------- */

static void add_facts(struct bench *b, struct prepared *p, const char *text)
{
    char word[100];
    while (text_word(&text, " ", word, sizeof(word))) {
        char *equal = strchr(word, '=');
        struct fault f;
        *equal = '\0';
        int index = process_find_fact(b->process, word);
        if (index < 0)
            fail_msg("fact \"%s\" is not declared", word);
        const Lienthong__V1__FactDeclaration *fact = process_definition(b->process)->facts[index];
        struct value v = {.kind = VALUE_TEXT, .text = memory_text(equal + 1)};
        if (fact->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO)
            v = (struct value){.kind = VALUE_YES_NO, .yes = text_equal(equal + 1, "yes")};
        if (fact->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL) {
            v = (struct value){.kind = VALUE_DECIMAL};
            assert_int_equal(decimal_parse(equal + 1, &v.decimal, &f), FAULT_NONE);
        }
        assert_true(p->event.fact_count < FACTS_MAX);
        p->facts[p->event.fact_count++] = (struct event_fact){fact->name, v};
    }
    p->event.facts = p->facts;
}

static void add_parts(struct bench *b, struct prepared *p, uint32_t node)
{
    const Lienthong__V1__Node *n = process_node(b->process, node);
    for (size_t i = 0; i < n->n_returns; i++) {
        const Lienthong__V1__PartDeclaration *part = process_definition(b->process)->parts[n->returns[i]->part];
        assert_true(p->event.part_count < PARTS_MAX);
        if (!n->returns[i]->optional)
            p->parts[p->event.part_count++] = (struct event_part){part->name, part->type};
    }
    p->event.parts = p->parts;
}

static uint32_t start_node(const struct bench *b)
{
    const Lienthong__V1__Process *p = process_definition(b->process);
    for (uint32_t i = 0; i < p->n_nodes; i++)
        if (text_equal(p->nodes[i]->operation, "submission"))
            return i;
    fail_msg("no node takes the submission");
    return 0;
}

static void aim(struct bench *b, const struct dossier *d, const struct act *act, struct prepared *p)
{
    static struct step_view views[DOSSIER_STEPS_MAX];
    int node = process_find_node(b->process, act->node);
    for (size_t i = dossier_steps(d, views, DOSSIER_STEPS_MAX); i > 0; i--)
        if (views[i - 1].node == (uint32_t)node) {
            p->position = views[i - 1].position;
            p->event.agency = views[i - 1].agency;
            p->event.role = process_node(b->process, (uint32_t)node)->role;
            return;
        }
    fail_msg("no step is open at \"%s\"", act->node);
}

static void apply(struct bench *b, struct dossier *d, struct prepared *p)
{
    struct engine_input input = {.calendar = b->calendar, .directory = {.resolve = agency_of}, .now = b->now};
    struct refusal refusal;
    p->event.step = uuid_step(dossier_id(d), p->position);
    effects_reset(&b->effects);
    if (engine_apply(d, &p->event, &input, &b->effects, &refusal) != ENGINE_APPLIED)
        fail_msg("event %d was not applied: %s", (int)(p - b->way), refusal.text);
}

static void prepare(struct bench *b)
{
    struct dossier *d = fresh(b, 1);
    for (size_t i = 0; i < WAY; i++) {
        struct prepared *p = &b->way[i];
        p->event = (struct event){.kind = way[i].kind, .sender = "000.00.00.H58", .happened = b->now};
        if (way[i].node)
            aim(b, d, &way[i], p);
        else
            p->event.role = "desk", p->event.agency = agency_of(NULL, "desk", NULL, b->now);
        add_facts(b, p, way[i].facts);
        if (way[i].kind != EVENT_RECEIPT)
            add_parts(b, p, way[i].node ? (uint32_t)process_find_node(b->process, way[i].node) : start_node(b));
        apply(b, d, p);
    }
    assert_true(dossier_ended(d));
    dossier_free(d);
}

/* --- Measuring ----------------------------------------------------------------------------------------------------- */

static int64_t cpu_us(void)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000LL + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
}

/* Events a second of one round: COUNT dossiers go the way together, and then as many others, until TOTAL have. */
static double open_round(struct bench *b, struct dossier **d, uint32_t count, uint32_t total)
{
    for (uint32_t n = 0; n < total; n++)
        d[n] = fresh(b, n);
    int64_t from = cpu_us();
    for (uint32_t first = 0; first < total; first += count)
        for (size_t i = 0; i < WAY; i++)
            for (uint32_t n = first; n < first + count; n++)
                apply(b, d[n], &b->way[i]);
    int64_t us = cpu_us() - from;
    for (uint32_t n = 0; n < total; n++)
        dossier_free(d[n]);
    return (double)WAY * total * 1e6 / (double)us;
}

/* What a dossier at its end takes. */
static size_t dossier_bytes(struct bench *b)
{
    struct dossier *d[OPEN_MIN];
    size_t before = mallinfo2().uordblks;
    for (uint32_t n = 0; n < OPEN_MIN; n++) {
        d[n] = fresh(b, n);
        for (size_t i = 0; i < WAY; i++)
            apply(b, d[n], &b->way[i]);
    }
    size_t bytes = (mallinfo2().uordblks - before) / OPEN_MIN;
    for (uint32_t n = 0; n < OPEN_MIN; n++)
        dossier_free(d[n]);
    return bytes;
}

/* Nanoseconds to copy COPY_SIZE from each of COUNT blocks, the best round. */
static double memory_ns(uint32_t count, size_t block)
{
    static uint8_t to[COPY_SIZE];
    uint8_t *blocks = memory_array(count, block);
    memset(blocks, 1, count * block);
    double best = 1e9;
    for (uint32_t round = 0; round < MEMORY_ROUNDS; round++) {
        uint32_t copies = count < COPIES_MIN ? COPIES_MIN : count;
        int64_t from = cpu_us();
        for (uint32_t i = 0; i < copies; i++) {
            memcpy(to, blocks + i % count * block, sizeof(to));
            __asm__ volatile("" ::"r"(to) : "memory"); /* it is really copied */
        }
        double ns = (double)(cpu_us() - from) * 1e3 / copies;
        best = ns < best ? ns : best;
    }
    memory_cleanup(&blocks);
    return best;
}

static double with_open(struct bench *b, uint32_t count, int64_t for_us)
{
    uint32_t total = count < OPEN_MIN ? OPEN_MIN : count;
    struct dossier **d = memory_array(total, sizeof(*d));
    double best = 0;
    int64_t from = cpu_us();
    do {
        double now = open_round(b, d, count, total);
        best = now > best ? now : best;
    } while (cpu_us() - from < for_us);
    memory_cleanup(&d);
    return best;
}

/* --- A past ---------------------------------------------------------------------------------------------------------- */

static const char loop[] =
    "fact again yes-no setters=land\n"
    "start s\nexclusive in\ntask a sets=again budget=480m\nexclusive g default=in\nend-compensate e\n"
    "on-compensation c at=a by=u\ntask u undo sets=again budget=480m\n"
    "event-subprocess h\nstart-message m in=h op=note role=citizen parallel-to\nend-send n in=h\n"
    "s > in > a > g\ng > in\ng > e ? again = no\nm > n\n";

static void loop_event(struct bench *b, struct dossier *d, enum event_kind kind, uint32_t position)
{
    static const struct event_fact again = {"again", {.kind = VALUE_YES_NO, .yes = true}};
    struct engine_input input = {.calendar = b->calendar, .directory = {.resolve = agency_of}, .now = b->now};
    struct event e = {
        .kind = kind, .agency = agency_of(NULL, "land", NULL, b->now), .role = "land", .happened = b->now};
    struct refusal refusal;
    if (kind == EVENT_OPEN)
        e.role = "desk";
    if (kind == EVENT_MESSAGE)
        e.role = "citizen", e.message = "note";
    else
        e.step = uuid_step(dossier_id(d), position);
    if (kind == EVENT_ANSWER)
        e.facts = &again, e.fact_count = 1;
    effects_reset(&b->effects);
    if (engine_apply(d, &e, &input, &b->effects, &refusal) != ENGINE_APPLIED)
        fail_msg("an event of the loop was not applied: %s", refusal.text);
}

static void loop_once(struct bench *b, struct dossier *d, uint32_t position)
{
    loop_event(b, d, EVENT_RECEIPT, position);
    loop_event(b, d, EVENT_MESSAGE, 0);
    loop_event(b, d, EVENT_ANSWER, position);
}

/* A dossier with EVENTS behind it, and the position of its open step. */
static struct dossier *with_past(struct bench *b, const struct process *p, uint32_t events, uint32_t *ret_position)
{
    struct dossier *d = dossier_new((struct uuid){{7}}, p);
    loop_event(b, d, EVENT_OPEN, 0);
    uint32_t position = 1, done = 1;
    for (; done + LOOP_EVENTS <= events && position < PAST_STEPS_MAX; done += LOOP_EVENTS)
        loop_once(b, d, position++);
    for (; done < events; done++)
        loop_event(b, d, EVENT_MESSAGE, 0);
    *ret_position = position;
    return d;
}

static double with_history(struct bench *b, const struct process *p, uint32_t events, int64_t for_us)
{
    uint32_t position;
    struct dossier *past = with_past(b, p, events, &position), *d[COPIES];
    double best = 0;
    int64_t begun = cpu_us();
    do {
        for (uint32_t i = 0; i < COPIES; i++)
            d[i] = dossier_copy(past);
        int64_t from = cpu_us();
        for (uint32_t i = 0; i < COPIES; i++)
            for (uint32_t k = 0; k < LOOPS; k++)
                loop_once(b, d[i], position + k);
        double now = COPIES * LOOPS * LOOP_EVENTS * 1e6 / (double)(cpu_us() - from);
        best = now > best ? now : best;
        for (uint32_t i = 0; i < COPIES; i++)
            dossier_free(d[i]);
    } while (cpu_us() - begun < for_us);
    dossier_free(past);
    return best;
}

/* --- All ------------------------------------------------------------------------------------------------------------ */

struct figure {
    uint32_t size;
    double rate, memory_ns;
};

/* The slowest against the first; without what memory costs more than there. */
static double ratio_but_memory(const struct figure *figures, size_t count)
{
    double ratio = 1;
    for (size_t i = 1; i < count; i++) {
        double ns = 1e9 / figures[i].rate - (figures[i].memory_ns - figures[0].memory_ns);
        ratio = 1e9 / figures[0].rate / ns < ratio ? 1e9 / figures[0].rate / ns : ratio;
    }
    return ratio;
}

static void print_figures(const char *what, const struct figure *figures, size_t count)
{
    double slowest = figures[0].rate;
    printf("\"%s\": [", what);
    for (size_t i = 0; i < count; i++) {
        slowest = figures[i].rate < slowest ? figures[i].rate : slowest;
        printf("%s{\"%s\": %u, \"events_per_second\": %.0f", i ? ", " : "", what, figures[i].size, figures[i].rate);
        if (figures[i].memory_ns > 0)
            printf(", \"memory_ns\": %.0f", figures[i].memory_ns);
        printf("}");
    }
    printf("], \"%s_ratio\": %.2f", what, slowest / figures[0].rate);
}

int main(int argc, char **argv)
{
    int64_t for_us = (argc > 1 ? strtol(argv[1], NULL, 10) : 3) * 1000000;
    struct figure open[] = {{.size = 1}, {.size = 1000}, {.size = 20000}, {.size = 100000}},
                  history[] = {{.size = 20}, {.size = 1000}, {.size = 10000}};
    static struct bench b;
    compile(&b);
    b.calendar = text_calendar();
    b.now = text_instant("2024-06-03 08:00");
    effects_init(&b.effects);
    prepare(&b);
    size_t bytes = dossier_bytes(&b);
    for (size_t i = 0; i < LENGTH(open); i++) {
        open[i].rate = with_open(&b, open[i].size, for_us);
        open[i].memory_ns = memory_ns(open[i].size, bytes);
    }
    struct process *p = text_process(loop);
    for (size_t i = 0; i < LENGTH(history); i++)
        history[i].rate = with_history(&b, p, history[i].size, for_us);
    printf("{\"events_per_dossier\": %zu, \"bytes_per_dossier\": %zu, ", WAY, bytes);
    print_figures("open", open, LENGTH(open));
    printf(", \"open_ratio_but_memory\": %.2f", ratio_but_memory(open, LENGTH(open)));
    printf(", ");
    print_figures("history", history, LENGTH(history));
    printf("}\n");
    process_free(p);
    effects_clear(&b.effects);
    calendar_free(b.calendar);
    process_free(b.process);
    return 0;
}
