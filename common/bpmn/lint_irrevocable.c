/* What clears a scope without asking: an irrevocable step in it would be given up although its agency may have done it. Messages
 * and timers that interrupt ask first (common/workflow/README.md, Interruption); errors, terminate ends, escalations and
 * completion conditions cannot wait. */
#include "bpmn/relation.h"
#include <string.h>

struct irrevocable {
    struct model *m;
    const struct relation *r;
    uint32_t *steps, *throws; /* the irrevocable ones; what throws a compensation */
    size_t step_count, throw_count;
    uint32_t *boundary, *handler; /* by 1 + node: 1 + the first on it, 1 + the first start right in it that waits */
    uint32_t *next;               /* by either of them: 1 + the next */
    uint32_t **hit;               /* by node: what find_hit() said of each clearing */
};

/* What is cleared: the scope (1 + index of its activity; 0: the process), of one instance or of ALL of the activity. */
struct clearing {
    bool happens, all;
    uint32_t scope;
};

/* Of the events from FIRST on the one of KIND that takes CODE, one that names it first; NULL: none. */
static const struct model_node *taker_of(const struct irrevocable *s, uint32_t first, Lienthong__V1__NodeKind kind,
                                         const char *code)
{
    const struct model_node *any = NULL;
    for (uint32_t i = first; i; i = s->next[i - 1]) {
        const struct model_node *n = &s->m->nodes[i - 1];
        if (n->wire.kind != kind)
            continue;
        if (strcmp(n->wire.error, code) == 0)
            return n;
        any = *n->wire.error ? any : n;
    }
    return any;
}

/* What an error (or an escalation) CODE clears on its way from SCOPE to what takes it. */
static struct clearing clearing_of(const struct irrevocable *s, uint32_t scope, const char *code, bool error)
{
    Lienthong__V1__NodeKind handler = error ? KIND(ON_ERROR) : KIND(ON_ESCALATION);
    Lienthong__V1__NodeKind boundary = error ? KIND(BOUNDARY_ERROR) : KIND(BOUNDARY_ESCALATION);
    bool open = true;
    for (uint32_t at = scope;; at = s->m->nodes[at - 1].wire.scope) {
        const struct model_node *taker = open ? taker_of(s, s->handler[at], handler, code) : NULL;
        if (taker)
            return (struct clearing){error || taker->wire.interrupting, false, at};
        if (at == 0) /* nobody takes it: an error ends the dossier, or goes on to a caller */
            return (struct clearing){error, true, 0};
        taker = taker_of(s, s->boundary[at], boundary, code);
        if (taker)
            return (struct clearing){error || taker->wire.interrupting, true, at};
        open = !node_closes(s->m, at - 1);
    }
}

/* 1 + the outermost activity for compensation that is, or holds, NODE; 0: none. */
static uint32_t undoing_of(const struct model *m, uint32_t node)
{
    uint32_t outermost = 0;
    for (uint32_t at = node + 1; at; at = m->nodes[at - 1].wire.scope)
        if (m->nodes[at - 1].wire.for_compensation)
            outermost = at;
    return outermost;
}

static bool throws_compensation(const struct model_node *n)
{
    return n->wire.kind == KIND(THROW_COMPENSATION) || n->wire.kind == KIND(END_COMPENSATION);
}

/* Whether something can be undone while a token is on NODE. */
static bool undoes_beside(const struct irrevocable *s, uint32_t node)
{
    for (size_t i = 0; i < s->throw_count; i++)
        if (relation_beside(s->r, s->throws[i], node, 0))
            return true;
    return false;
}

/* The step that may be under way in what is cleared while a token is on NODE; NOWHERE: none. What undoes runs only while a throw
 * waits, one after the other: to a node of it only its own inside is beside it, and all else is beside the throw. */
static uint32_t find_hit(const struct irrevocable *s, struct clearing c, uint32_t node)
{
    const struct model *m = s->m;
    uint32_t own = undoing_of(m, node);
    bool undoing = !own && undoes_beside(s, node);
    for (size_t i = 0; i < s->step_count; i++) {
        uint32_t step = s->steps[i], undone_by = undoing_of(m, step);
        if (!node_stands_in(m, step, c.scope))
            continue;
        bool all = c.all && c.scope && m->nodes[c.scope - 1].wire.multiple;
        bool beside = own == undone_by && relation_beside(s->r, step, node, c.scope);
        if (all || beside || (undoing && undone_by))
            return step;
    }
    return NOWHERE;
}

/* The same, looked up: many nodes throw much from few scopes. */
static uint32_t hit_of(struct irrevocable *s, struct clearing c, uint32_t node)
{
    size_t depth = 0, level = 0;
    for (uint32_t at = node + 1; at; at = s->m->nodes[at - 1].wire.scope, depth++)
        level = at == c.scope ? depth + 1 : level;
    if (!s->hit[node])
        s->hit[node] = model_take(s->m, 2 * (depth + 1), sizeof **s->hit);
    uint32_t *known = &s->hit[node][2 * level + c.all]; /* 2 + the step */
    if (!*known)
        *known = find_hit(s, c, node) + 2;
    return *known - 2;
}

/* NODE clears it while a token is on AT. Whether that is refused. */
static bool check(struct irrevocable *s, struct clearing c, uint32_t node, uint32_t at, const char *what)
{
    uint32_t step = c.happens && s->step_count ? hit_of(s, c, at) : NOWHERE;
    if (step == NOWHERE)
        return false;
    finding_error(s->m->report, s->m->nodes[node].element,
                  "%s gives up %s, which is irrevocable and may be under way then, and does not ask its agency: "
                  "join the ways before, or interrupt by a message or timer event, which asks",
                  what, s->m->nodes[step].wire.id);
    return true;
}

/* What NODE throws; what undoes throws from where the compensation was thrown. */
static bool check_thrown(struct irrevocable *s, uint32_t node, const char *code, bool error, const char *what)
{
    const struct model *m = s->m;
    bool refused = check(s, clearing_of(s, m->nodes[node].wire.scope, code, error), node, node, what);
    for (size_t i = 0; undoing_of(m, node) && !refused && i < s->throw_count; i++)
        refused = check(s, clearing_of(s, m->nodes[s->throws[i]].wire.scope, code, error), node, s->throws[i], what);
    return refused;
}

static void check_raised(struct irrevocable *s, uint32_t node)
{
    const struct model_node *n = &s->m->nodes[node];
    bool refused = false;
    for (size_t k = 0; k < n->wire.n_raises && !refused; k++)
        if (!taker_of(s, s->boundary[node + 1], KIND(BOUNDARY_ERROR), n->wire.raises[k]))
            refused = check_thrown(s, node, n->wire.raises[k], true, "an error that it raises");
}

static struct irrevocable irrevocable_of(struct model *m, const struct relation *r)
{
    struct irrevocable s = {.m = m, .r = r};
    s.steps = model_take(m, m->node_count, sizeof *s.steps);
    s.throws = model_take(m, m->node_count, sizeof *s.throws);
    s.boundary = model_take(m, m->node_count + 1, sizeof *s.boundary);
    s.handler = model_take(m, m->node_count + 1, sizeof *s.handler);
    s.next = model_take(m, m->node_count, sizeof *s.next);
    s.hit = model_take(m, m->node_count, sizeof *s.hit);
    for (uint32_t i = 0; i < m->node_count; i++) {
        const struct model_node *n = &m->nodes[i];
        uint32_t *first = n->wire.attached     ? &s.boundary[n->wire.attached]
                          : node_is_handler(n) ? &s.handler[m->nodes[n->wire.scope - 1].wire.scope]
                                               : NULL;
        if (first) {
            s.next[i] = *first;
            *first = i + 1;
        }
        if (n->wire.irrevocable)
            s.steps[s.step_count++] = i;
        if (throws_compensation(n))
            s.throws[s.throw_count++] = i;
    }
    return s;
}

void lint_irrevocable(struct model *m, const struct relation *r)
{
    struct irrevocable s = irrevocable_of(m, r);
    for (uint32_t i = 0; i < m->node_count && s.step_count; i++) {
        const Lienthong__V1__Node *n = &m->nodes[i].wire;
        check_raised(&s, i);
        if (n->multiple && n->multiple->completion)
            check(&s, (struct clearing){true, true, i + 1}, i, i, "its completion condition");
        if (n->kind == KIND(END_TERMINATE))
            check(&s, (struct clearing){true, false, n->scope}, i, i, "it");
        if (n->kind == KIND(END_ERROR))
            check_thrown(&s, i, n->error, true, "its error");
        if (n->kind == KIND(END_ESCALATION) || n->kind == KIND(THROW_ESCALATION))
            check_thrown(&s, i, n->error, false, "its escalation");
    }
}
