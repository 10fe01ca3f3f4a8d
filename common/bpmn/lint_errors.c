/* Errors and escalations: each that is raised or thrown is caught, and each that is caught can happen. */
#include "bpmn/model.h"
#include <string.h>

/* Kinds of nodes that throw and take the same. */
struct trade {
    const char *name, *definition;
    Lienthong__V1__NodeKind end, throw, boundary, handler;
};

static const struct trade errors = {"error",           "errorEventDefinition", KIND(END_ERROR),
                                    KIND(UNSPECIFIED), KIND(BOUNDARY_ERROR),   KIND(ON_ERROR)};
static const struct trade escalations = {"escalation",           "escalationEventDefinition", KIND(END_ESCALATION),
                                         KIND(THROW_ESCALATION), KIND(BOUNDARY_ESCALATION),   KIND(ON_ESCALATION)};

static bool takes(const struct model_node *n, const char *code)
{
    return !*n->wire.error || strcmp(n->wire.error, code) == 0;
}

/* Whether a boundary event on ACTIVITY (1 + index), or an event subprocess right in it (0: the process), takes CODE. */
static bool is_taken_at(const struct model *m, const struct trade *t, uint32_t activity, bool open, const char *code)
{
    for (size_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->wire.kind == t->boundary && activity && n->wire.attached == activity && takes(n, code))
            return true;
        if (open && n->wire.kind == t->handler && m->nodes[n->wire.scope - 1].wire.scope == activity && takes(n, code))
            return true;
    }
    return false;
}

static bool is_caught(const struct model *m, const struct trade *t, uint32_t scope, const char *code)
{
    bool open = true;
    for (uint32_t at = scope;; at = m->nodes[at - 1].wire.scope) {
        if (is_taken_at(m, t, at, open, code))
            return true;
        if (at == 0)
            return false;
        open = !node_closes(m, at - 1);
    }
}

static bool can_raise(const struct trade *t, const struct model_node *n, const char *code)
{
    if (n->wire.kind == t->end || (t->throw &&n->wire.kind == t->throw))
        return !*code || strcmp(n->wire.error, code) == 0;
    if (t != &errors)
        return false;
    return *code ? words_have(n->wire.raises, n->wire.n_raises, code) : n->wire.n_raises > 0;
}

/* Where a catching event is: the activity (1 + index) that it watches; 0: the process. */
static uint32_t watched(const struct model *m, const struct model_node *n)
{
    return n->wire.attached ? n->wire.attached : m->nodes[n->wire.scope - 1].wire.scope;
}

static bool can_happen(const struct model *m, const struct trade *t, const struct model_node *catcher)
{
    uint32_t activity = watched(m, catcher);
    for (uint32_t i = 0; i < m->node_count; i++) {
        bool own = !catcher->wire.attached && node_stands_in(m, i, catcher->wire.scope);
        bool within = (i + 1 == activity && catcher->wire.attached) || node_stands_in(m, i, activity);
        if (within && !own && can_raise(t, &m->nodes[i], catcher->wire.error))
            return true;
    }
    return false;
}

static void check_twice(struct model *m, const struct model_node *n)
{
    for (const struct model_node *other = m->nodes; other < n; other++)
        if (other->wire.kind == n->wire.kind && watched(m, other) == watched(m, n) &&
            strcmp(other->wire.error, n->wire.error) == 0)
            finding_error(m->report, n->element, "%s catches the same %s on the same activity", other->wire.id,
                          n->wire.kind == KIND(BOUNDARY_ERROR) || n->wire.kind == KIND(ON_ERROR) ? "error"
                                                                                                 : "escalation");
}

static void check_catcher(struct model *m, const struct trade *t, const struct model_node *n)
{
    uint32_t activity = watched(m, n);
    check_twice(m, n);
    if (can_happen(m, t, n))
        return;
    if (t == &errors)
        finding_error(m->report, n->element,
                      "%s never raises error \"%s\": add it to lt:raises, or remove the boundary event",
                      activity ? m->nodes[activity - 1].wire.id : m->wire.id, n->wire.error);
    else
        finding_error(m->report, n->element, "%s never throws escalation \"%s\": throw it inside, or remove the event",
                      activity ? m->nodes[activity - 1].wire.id : m->wire.id, n->wire.error);
}

static void check_thrown(struct model *m, const struct trade *t, const struct model_node *n)
{
    bool by_caller = words_have(m->throws, m->throw_count, n->wire.error) && (t != &errors || n->wire.scope == 0);
    if (!by_caller && !is_caught(m, t, n->wire.scope, n->wire.error))
        finding_error(m->report, n->element,
                      "nothing catches its %s %s: draw a boundary event with an %s on an enclosing subProcess, or an "
                      "event subProcess; or name it in throws of lt:procedure, for callers",
                      t->name, n->wire.error, t->definition);
}

void lint_errors(struct model *m)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        for (size_t k = 0; k < n->wire.n_raises; k++)
            if (!is_taken_at(m, &errors, i + 1, false, n->wire.raises[k]) &&
                !is_caught(m, &errors, n->wire.scope, n->wire.raises[k]))
                finding_error(m->report, n->element,
                              "nothing catches error %s that it raises: draw a boundary event with an "
                              "errorEventDefinition on it or on an enclosing subProcess",
                              n->wire.raises[k]);
        if (n->wire.kind == KIND(END_ERROR))
            check_thrown(m, &errors, n);
        if (n->wire.kind == KIND(END_ESCALATION) || n->wire.kind == KIND(THROW_ESCALATION))
            check_thrown(m, &escalations, n);
        if (n->wire.kind == KIND(BOUNDARY_ERROR) || n->wire.kind == KIND(ON_ERROR))
            check_catcher(m, &errors, n);
        if (n->wire.kind == KIND(BOUNDARY_ESCALATION) || n->wire.kind == KIND(ON_ESCALATION))
            check_catcher(m, &escalations, n);
    }
}
