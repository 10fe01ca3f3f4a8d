/* The engine alone, on the land transfer that is shipped: how many events one core applies in a second.
 *   bench-engine [SECONDS]
 * The happy way is applied to fresh dossiers, first to one after the other, then to many that are open at the same time, event by
 * event, so that every event meets another dossier than the one before. Prints JSON. */
#include "../unit/bpmn/source.h"
#include "../unit/unit.h"
#include "../unit/workflow/text.h"
#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"
#include "bpmn/compiler.h"
#include "workflow/engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANY 20000
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
    {EVENT_ANSWER, "write", "certificate.serial=AB123"},
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

static double one_after_the_other(struct bench *b, int64_t for_ms)
{
    int64_t from = system_monotonic_ms(), events = 0, ms;
    do {
        for (uint32_t n = 0; n < 200; n++) {
            struct dossier *d = fresh(b, n);
            for (size_t i = 0; i < WAY; i++)
                apply(b, d, &b->way[i]);
            dossier_free(d);
            events += (int64_t)WAY;
        }
        ms = system_monotonic_ms() - from;
    } while (ms < for_ms);
    return (double)events * 1000 / (double)ms;
}

static double many_at_once(struct bench *b, int64_t for_ms)
{
    struct dossier **d = memory_array(MANY, sizeof(struct dossier *));
    int64_t events = 0, ms = 0;
    do {
        for (uint32_t n = 0; n < MANY; n++)
            d[n] = fresh(b, n);
        int64_t from = system_monotonic_ms();
        for (size_t i = 0; i < WAY; i++)
            for (uint32_t n = 0; n < MANY; n++)
                apply(b, d[n], &b->way[i]);
        ms += system_monotonic_ms() - from;
        events += (int64_t)WAY * MANY;
        for (uint32_t n = 0; n < MANY; n++)
            dossier_free(d[n]);
    } while (ms < for_ms);
    free(d);
    return (double)events * 1000 / (double)ms;
}

int main(int argc, char **argv)
{
    int64_t for_ms = (argc > 1 ? strtol(argv[1], NULL, 10) : 3) * 1000;
    static struct bench b;
    compile(&b);
    b.calendar = text_calendar();
    b.now = text_instant("2024-06-03 08:00");
    effects_init(&b.effects);
    prepare(&b);
    printf(
        "{\"events_per_second\": %.0f, \"events_per_second_many_open\": %.0f, \"open\": %d, \"events_per_dossier\": %zu}\n",
        one_after_the_other(&b, for_ms), many_at_once(&b, for_ms), MANY, WAY);
    effects_clear(&b.effects);
    calendar_free(b.calendar);
    process_free(b.process);
    return 0;
}
