/* What clears a scope without asking: an irrevocable step in it would be given up although its agency may have done it. Messages
 * and timers that interrupt ask first (common/workflow/README.md, Interruption); errors, terminate ends, escalations and
 * completion conditions cannot wait. */
#include "bpmn/relation.h"
#include <string.h>

/* What is cleared: the scope (1 + index of its activity; 0: the process), of one instance or of ALL of the activity. */
struct clearing {
    bool happens, all;
    uint32_t scope;
};

/* The boundary event of KIND on ACTIVITY (1 + index) that takes CODE, one that names it first; NULL: none. */
static const struct model_node *boundary_of(const struct model *m, uint32_t activity, Lienthong__V1__NodeKind kind,
                                            const char *code)
{
    const struct model_node *any = NULL;
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->wire.kind != kind || n->wire.attached != activity)
            continue;
        if (strcmp(n->wire.error, code) == 0)
            return n;
        any = *n->wire.error ? any : n;
    }
    return any;
}

/* The same for an event subprocess right in SCOPE: its start. */
static const struct model_node *handler_of(const struct model *m, uint32_t scope, Lienthong__V1__NodeKind kind,
                                           const char *code)
{
    const struct model_node *any = NULL;
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        if (n->wire.kind != kind || m->nodes[n->wire.scope - 1].wire.scope != scope)
            continue;
        if (strcmp(n->wire.error, code) == 0)
            return n;
        any = *n->wire.error ? any : n;
    }
    return any;
}

/* What an error (or an escalation) CODE clears on its way from SCOPE to what takes it. */
static struct clearing clearing_of(const struct model *m, uint32_t scope, const char *code, bool error)
{
    Lienthong__V1__NodeKind handler = error ? KIND(ON_ERROR) : KIND(ON_ESCALATION);
    Lienthong__V1__NodeKind boundary = error ? KIND(BOUNDARY_ERROR) : KIND(BOUNDARY_ESCALATION);
    bool open = true;
    for (uint32_t at = scope;; at = m->nodes[at - 1].wire.scope) {
        const struct model_node *taker = open ? handler_of(m, at, handler, code) : NULL;
        if (taker)
            return (struct clearing){error || taker->wire.interrupting, false, at};
        if (at == 0) /* nobody takes it: an error ends the dossier, or goes on to a caller */
            return (struct clearing){error, true, 0};
        taker = boundary_of(m, at, boundary, code);
        if (taker)
            return (struct clearing){error || taker->wire.interrupting, true, at};
        open = !node_closes(m, at - 1);
    }
}

static bool undoes(const struct model *m, uint32_t node)
{
    for (uint32_t at = node + 1; at; at = m->nodes[at - 1].wire.scope)
        if (m->nodes[at - 1].wire.for_compensation)
            return true;
    return false;
}

static bool throws_compensation(const struct model_node *n)
{
    return n->wire.kind == KIND(THROW_COMPENSATION) || n->wire.kind == KIND(END_COMPENSATION);
}

/* Whether STEP may be under way in what is cleared while a token is on NODE. */
static bool is_hit(const struct model *m, const struct relation *r, struct clearing c, uint32_t node, uint32_t step)
{
    if (!node_stands_in(m, step, c.scope))
        return false;
    if (c.all && c.scope && m->nodes[c.scope - 1].wire.multiple)
        return true;
    if (relation_beside(r, step, node, c.scope))
        return true;
    for (uint32_t i = 0; undoes(m, step) && i < m->node_count; i++) /* it runs while the throw waits */
        if (throws_compensation(&m->nodes[i]) && relation_beside(r, i, node, c.scope))
            return true;
    return false;
}

/* NODE clears it while a token is on AT. */
static void check(struct model *m, const struct relation *r, struct clearing c, uint32_t node, uint32_t at,
                  const char *what)
{
    for (uint32_t step = 0; c.happens && step < m->node_count; step++)
        if (m->nodes[step].wire.irrevocable && is_hit(m, r, c, at, step)) {
            finding_error(
                m->report, m->nodes[node].element,
                "%s gives up %s, which is irrevocable and may be under way then, and does not ask its agency: "
                "join the ways before, or interrupt by a message or timer event, which asks",
                what, m->nodes[step].wire.id);
            return;
        }
}

/* What NODE throws; what undoes throws from where the compensation was thrown. */
static void check_thrown(struct model *m, const struct relation *r, uint32_t node, const char *code, bool error,
                         const char *what)
{
    check(m, r, clearing_of(m, m->nodes[node].wire.scope, code, error), node, node, what);
    for (uint32_t i = 0; undoes(m, node) && i < m->node_count; i++)
        if (throws_compensation(&m->nodes[i]))
            check(m, r, clearing_of(m, m->nodes[i].wire.scope, code, error), node, i, what);
}

static void check_raised(struct model *m, const struct relation *r, uint32_t node)
{
    const struct model_node *n = &m->nodes[node];
    for (size_t k = 0; k < n->wire.n_raises; k++)
        if (!boundary_of(m, node + 1, KIND(BOUNDARY_ERROR), n->wire.raises[k]))
            check_thrown(m, r, node, n->wire.raises[k], true, "an error that it raises");
}

void lint_irrevocable(struct model *m, const struct relation *r)
{
    for (uint32_t i = 0; i < m->node_count; i++) {
        const Lienthong__V1__Node *n = &m->nodes[i].wire;
        check_raised(m, r, i);
        if (n->multiple && n->multiple->completion)
            check(m, r, (struct clearing){true, true, i + 1}, i, i, "its completion condition");
        if (n->kind == KIND(END_TERMINATE))
            check(m, r, (struct clearing){true, false, n->scope}, i, i, "it");
        if (n->kind == KIND(END_ERROR))
            check_thrown(m, r, i, n->error, true, "its error");
        if (n->kind == KIND(END_ESCALATION) || n->kind == KIND(THROW_ESCALATION))
            check_thrown(m, r, i, n->error, false, "its escalation");
    }
}
