/* Conditions of flows and of steps, and default flows. */
#include "bpmn/feel.h"
#include "bpmn/model.h"
#include <string.h>

/* Characters of SOURCE in front of LINE and COLUMN, which count from 1. */
static size_t characters_before(const char *source, int line, int column)
{
    size_t count = 0;
    int at_line = 1, at_column = 1;
    for (; *source && (at_line < line || (at_line == line && at_column < column)); source++) {
        bool begins = ((unsigned char)*source & 0xc0) != 0x80;
        count += begins;
        at_column = *source == '\n' ? 1 : at_column + begins;
        at_line += *source == '\n';
    }
    return count;
}

uint32_t model_add_expression(struct model *m, const struct element *at, const char *source,
                              const struct element *holder, const char *attribute)
{
    size_t skipped = strspn(source, " \t\r\n");
    int line, column, bad_line, bad_column;
    char *trimmed = arena_text(m->arena, source + skipped);
    for (size_t size = strlen(trimmed); size > 0 && strchr(" \t\r\n", trimmed[size - 1]); size--)
        trimmed[size - 1] = '\0';
    Lienthong__V1__Expression *e;
    struct fault f;
    element_find_place(holder, attribute, skipped, &line, &column);
    if (feel_compile(trimmed, 1, 1, m->wire.facts, m->wire.n_facts, m->arena, &e, &bad_line, &bad_column, &f)) {
        element_find_place(holder, attribute, skipped + characters_before(trimmed, bad_line, bad_column), &line,
                           &column);
        finding_error_at(m->report, at, line, column, "condition \"%.120s\": %s", trimmed, f.text);
        return 0;
    }
    e->line = (uint32_t)line;
    m->wire.expressions[m->wire.n_expressions++] = e;
    return (uint32_t)m->wire.n_expressions;
}

static void read_flow_condition(struct model *m, struct model_flow *flow)
{
    const struct element *condition = NULL;
    for (const struct element *c = flow->element->first; c; c = c->next)
        if (!element_is(c, "conditionExpression")) {
            if (!model_is_ignorable(m, c))
                model_refuse(m, c);
        } else if (condition) {
            finding_error(m->report, flow->element, "a second condition: join them with and");
        } else {
            condition = c;
        }
    if (!condition)
        return;
    const char *language = element_attribute(condition, "language");
    if (language && !strcasestr(language, "feel"))
        finding_error(m->report, flow->element, "the condition's language \"%.60s\" is not run: write FEEL", language);
    model_check_attributes(m, condition, "language evaluatesToTypeRef", "");
    flow->wire.condition = model_add_expression(m, flow->element, condition->text, condition, NULL);
}

static void read_default(struct model *m, struct model_node *n)
{
    const char *id = element_attribute(n->element, "default");
    if (!id || !node_chooses(n))
        return;
    const struct element *e = model_find_id(m, id);
    uint32_t flow = e ? model_find_flow(m, e) : NOWHERE;
    if (flow == NOWHERE || m->flows[flow].wire.from != (uint32_t)(n - m->nodes))
        finding_error(m->report, n->element, "default=\"%.100s\" is no sequence flow that leaves this gateway", id);
    else
        n->wire.default_flow = flow + 1;
}

void model_read_conditions(struct model *m)
{
    for (size_t i = 0; i < m->flow_count; i++)
        read_flow_condition(m, &m->flows[i]);
    for (size_t i = 0; i < m->node_count; i++) {
        struct model_node *n = &m->nodes[i];
        const char *needed = element_lt(n->element, "requires");
        read_default(m, n);
        if (needed && node_is_task(n))
        n->wire.requires = model_add_expression(m, n->element, needed, n->element, "requires");
    }
}
