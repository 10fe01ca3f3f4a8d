/* Errors: each that is raised or thrown is caught, and each that is caught can happen. */
#include "bpmn/model.h"
#include <string.h>

static bool is_caught(const struct model *m, uint32_t activity, const char *error)
{
    for (uint32_t at = activity; at; at = m->nodes[at - 1].wire.scope)
        for (size_t i = 0; i < m->node_count; i++) {
            const Lienthong__V1__Node *b = &m->nodes[i].wire;
            if (b->kind == KIND(BOUNDARY_ERROR) && b->attached == at && (!*b->error || strcmp(b->error, error) == 0))
                return true;
        }
    return false;
}

static bool stands_in(const struct model *m, const struct model_node *n, uint32_t activity)
{
    for (uint32_t at = n->wire.scope; at; at = m->nodes[at - 1].wire.scope)
        if (at == activity)
            return true;
    return false;
}

static bool can_raise(const struct model_node *n, const char *error)
{
    if (n->wire.kind == KIND(END_ERROR))
        return !*error || strcmp(n->wire.error, error) == 0;
    return *error ? words_have(n->wire.raises, n->wire.n_raises, error) : n->wire.n_raises > 0;
}

static bool can_happen(const struct model *m, const struct model_node *boundary)
{
    uint32_t activity = boundary->wire.attached;
    for (size_t i = 0; i < m->node_count; i++)
        if ((i + 1 == activity || stands_in(m, &m->nodes[i], activity)) &&
            can_raise(&m->nodes[i], boundary->wire.error))
            return true;
    return false;
}

static void check_twice(struct model *m, const struct model_node *b)
{
    for (const struct model_node *other = m->nodes; other < b; other++)
        if (other->wire.kind == KIND(BOUNDARY_ERROR) && other->wire.attached == b->wire.attached &&
            strcmp(other->wire.error, b->wire.error) == 0)
            finding_error(m->report, b->element, "%s catches the same error on the same activity", other->wire.id);
}

void lint_errors(struct model *m)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        for (size_t k = 0; k < n->wire.n_raises; k++)
            if (!is_caught(m, i + 1, n->wire.raises[k]))
                finding_error(m->report, n->element,
                              "nothing catches error %s that it raises: draw a boundary event with an "
                              "errorEventDefinition on it or on an enclosing subProcess",
                              n->wire.raises[k]);
        if (n->wire.kind == KIND(END_ERROR) && !is_caught(m, n->wire.scope, n->wire.error))
            finding_error(m->report, n->element,
                          "nothing catches its error %s: draw a boundary event with an errorEventDefinition on "
                          "an enclosing subProcess",
                          n->wire.error);
        if (n->wire.kind != KIND(BOUNDARY_ERROR))
            continue;
        check_twice(m, n);
        if (!can_happen(m, n))
            finding_error(m->report, n->element,
                          "%s never raises error \"%s\": add it to lt:raises, or remove the boundary event",
                          m->nodes[n->wire.attached - 1].wire.id, n->wire.error);
    }
}
