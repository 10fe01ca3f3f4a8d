/* Gateways where two conditions may hold at once, so that the order in the file would decide. Every fact in the gateway's
 * conditions takes the values that can make a difference: allowed texts, yes and no, and for decimals, dates and free
 * texts each literal of the conditions and what lies beside it. The engine's own evaluator is asked for each combination. */
#include "base/instant.h"
#include "bpmn/model.h"
#include "workflow/expression.h"
#include <stdio.h>
#include <string.h>

#define CHOICE_FACTS_MAX 8
#define CHOICE_VALUES_MAX 64
#define CHOICE_COMBINATIONS_MAX 20000

struct choice {
    struct model *m;
    const struct process *process;
    const struct model_node *gateway;
    uint32_t facts[CHOICE_FACTS_MAX];
    size_t fact_count;
    struct value values[CHOICE_FACTS_MAX][CHOICE_VALUES_MAX];
    size_t value_counts[CHOICE_FACTS_MAX];
    struct value now[PROCESS_FACTS_MAX];
};

static bool add_fact(struct choice *c, uint32_t fact)
{
    for (size_t i = 0; i < c->fact_count; i++)
        if (c->facts[i] == fact)
            return true;
    if (c->fact_count == CHOICE_FACTS_MAX)
        return false;
    c->facts[c->fact_count++] = fact;
    return true;
}

static void add_value(struct choice *c, size_t fact, struct value v)
{
    for (size_t i = 0; i < c->value_counts[fact]; i++)
        if (value_equal(&c->values[fact][i], &v))
            return;
    if (c->value_counts[fact] < CHOICE_VALUES_MAX)
        c->values[fact][c->value_counts[fact]++] = v;
}

static void add_decimal(struct choice *c, size_t fact, const char *text, bool negative)
{
    struct fault f;
    struct decimal d, beside, small = {.coefficient = 1, .scale = 6};
    if (decimal_parse(text, &d, &f))
        return;
    if (negative)
        d.coefficient = -d.coefficient;
    add_value(c, fact, (struct value){.kind = VALUE_DECIMAL, .decimal = d});
    if (!decimal_add(d, small, &beside, &f))
        add_value(c, fact, (struct value){.kind = VALUE_DECIMAL, .decimal = beside});
    if (!decimal_subtract(d, small, &beside, &f))
        add_value(c, fact, (struct value){.kind = VALUE_DECIMAL, .decimal = beside});
}

static void add_literal(struct choice *c, size_t fact, const Lienthong__V1__LiteralValue *literal,
                        Lienthong__V1__ValueType type, bool negative)
{
    struct fault f;
    int32_t day;
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT && literal->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_TEXT)
        add_value(c, fact, (struct value){.kind = VALUE_TEXT, .text = literal->text});
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL &&
        literal->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_DECIMAL)
        add_decimal(c, fact, literal->decimal, negative);
    if (type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DATE &&
        literal->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_DATE && !date_parse(literal->date, &day, &f))
        for (int32_t beside = day - 1; beside <= day + 1; beside++)
            add_value(c, fact, (struct value){.kind = VALUE_DATE, .day = beside});
}

static const Lienthong__V1__Expression *condition_of(const struct choice *c, size_t way)
{
    uint32_t condition = c->m->flows[c->gateway->wire.outgoing[way]].wire.condition;
    return condition ? c->m->wire.expressions[condition - 1] : NULL;
}

static void collect_values(struct choice *c, size_t fact)
{
    const Lienthong__V1__FactDeclaration *declaration = c->m->wire.facts[c->facts[fact]];
    for (size_t i = 0; i < declaration->n_values; i++)
        add_value(c, fact, (struct value){.kind = VALUE_TEXT, .text = declaration->values[i]});
    if (declaration->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO) {
        add_value(c, fact, (struct value){.kind = VALUE_YES_NO, .yes = true});
        add_value(c, fact, (struct value){.kind = VALUE_YES_NO, .yes = false});
    }
    if (declaration->n_values > 0)
        return;
    for (size_t way = 0; way < c->gateway->wire.n_outgoing; way++) {
        const Lienthong__V1__Expression *e = condition_of(c, way);
        for (size_t i = 0; e && i < e->n_code; i++)
            if (e->code[i]->op == LIENTHONG__V1__OPCODE__OPCODE_LITERAL)
                add_literal(c, fact, e->code[i]->value, declaration->type,
                            i + 1 < e->n_code && e->code[i + 1]->op == LIENTHONG__V1__OPCODE__OPCODE_NEGATE);
    }
    if (declaration->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT)
        add_value(c, fact, (struct value){.kind = VALUE_TEXT, .text = "anything else"});
}

/* False: too many facts or combinations, or a list: not looked at. */
static bool collect(struct choice *c)
{
    for (size_t way = 0; way < c->gateway->wire.n_outgoing; way++) {
        const Lienthong__V1__Expression *e = condition_of(c, way);
        for (size_t i = 0; e && i < e->n_code; i++)
            if (e->code[i]->op == LIENTHONG__V1__OPCODE__OPCODE_FACT && !add_fact(c, e->code[i]->argument))
                return false;
    }
    size_t combinations = 1;
    for (size_t fact = 0; fact < c->fact_count; fact++) {
        collect_values(c, fact);
        combinations *= c->value_counts[fact];
        if (combinations == 0 || combinations > CHOICE_COMBINATIONS_MAX)
            return false;
    }
    return true;
}

static void print_value(const struct value *v, char *text, size_t size)
{
    char number[DECIMAL_TEXT_SIZE] = "";
    if (v->kind == VALUE_DECIMAL)
        decimal_print(v->decimal, number);
    if (v->kind == VALUE_DATE)
        date_print(v->day, number);
    if (v->kind == VALUE_TEXT)
        snprintf(text, size, "\"%.60s\"", v->text);
    else
        snprintf(text, size, "%s", v->kind == VALUE_YES_NO ? (v->yes ? "true" : "false") : number);
}

static void report(const struct choice *c, uint32_t first, uint32_t second)
{
    char text[240] = "";
    size_t used = 0;
    for (size_t fact = 0; fact < c->fact_count && used < sizeof text; fact++) {
        char value[80];
        print_value(&c->now[c->facts[fact]], value, sizeof value);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s = %s", used ? ", " : "",
                                 c->m->wire.facts[c->facts[fact]]->name, value);
    }
    finding_error(c->m->report, c->m->flows[second].element,
                  "ambiguous: it and %s both hold when %s; let them exclude each other", c->m->flows[first].wire.id,
                  text);
}

/* Whether two ways are open with the present values; says so. */
static bool is_ambiguous(const struct choice *c)
{
    uint32_t first = NOWHERE;
    for (size_t way = 0; way < c->gateway->wire.n_outgoing; way++) {
        uint32_t flow = c->gateway->wire.outgoing[way], condition = c->m->flows[flow].wire.condition;
        bool holds = false;
        struct expression_context context = {.facts = c->now}; /* no calendar: what depends on it is not looked at */
        struct fault f;
        if (!condition || expression_holds(c->process, condition - 1, &context, &holds, &f) || !holds)
            continue;
        if (first != NOWHERE) {
            report(c, first, flow);
            return true;
        }
        first = flow;
    }
    return false;
}

static void try_all(struct choice *c)
{
    size_t at[CHOICE_FACTS_MAX] = {0};
    for (;;) {
        for (size_t fact = 0; fact < c->fact_count; fact++)
            c->now[c->facts[fact]] = c->values[fact][at[fact]];
        if (is_ambiguous(c))
            return;
        size_t fact = 0;
        while (fact < c->fact_count && ++at[fact] == c->value_counts[fact])
            at[fact++] = 0;
        if (fact == c->fact_count)
            return;
    }
}

void lint_choice(struct model *m, const struct process *p)
{
    struct choice *c = model_take(m, 1, sizeof *c);
    for (size_t i = 0; i < m->node_count; i++) {
        if (m->nodes[i].wire.kind != KIND(EXCLUSIVE) || m->nodes[i].wire.n_outgoing < 3)
            continue;
        memset(c, 0, sizeof *c);
        c->m = m;
        c->process = p;
        c->gateway = &m->nodes[i];
        if (collect(c))
            try_all(c);
    }
}
