/* Facts and parts before use. What may be there when a node is reached grows along every way; what must be there is what
 * all ways bring (a parallel join: any of them). */
#include "bpmn/relation.h"
#include <string.h>

#define PART(index_) (PROCESS_FACTS_MAX + (index_)) /* the bit of a part; a fact's is its index */
#define DATA_WORDS ((PROCESS_FACTS_MAX + PROCESS_PARTS_MAX) / 64 + 1)

struct knowledge {
    uint64_t maybe[DATA_WORDS];  /* that something on some way could have brought */
    uint64_t surely[DATA_WORDS]; /* that every way has brought */
};

struct data {
    struct model *m;
    const struct relation *relation;
    struct knowledge *in, *out;
    bool changed;
};

static bool has(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void put(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static void add_may(struct knowledge *to, const struct knowledge *from)
{
    for (size_t i = 0; i < DATA_WORDS; i++)
        to->maybe[i] |= from->maybe[i];
}

static void add(struct knowledge *to, uint32_t bit, bool optional)
{
    put(to->maybe, bit);
    if (!optional)
        put(to->surely, bit);
}

/* What the engine itself keeps of several instances. */
static void add_kept(const Lienthong__V1__MultiInstance *m, struct knowledge *to)
{
    const uint32_t counts[] = {m->asked, m->answered, m->silent, m->order};
    for (int i = 0; i < 4; i++)
        if (counts[i])
            add(to, counts[i] - 1, false);
    for (size_t i = 0; i < m->n_collects; i++)
        add(to, m->collects[i]->into, false);
}

/* What the message or answer of N brings; of several instances there may be none. */
static void add_own(const struct model_node *n, struct knowledge *to)
{
    bool none = n->wire.multiple;
    for (size_t i = 0; i < n->wire.n_sets; i++)
        add(to, n->wire.sets[i]->fact, none || n->wire.sets[i]->optional);
    for (size_t i = 0; i < n->wire.n_returns; i++)
        add(to, PART(n->wire.returns[i]->part), none || n->wire.returns[i]->optional);
    if (none)
        add_kept(n->wire.multiple, to);
}

static void store(struct data *d, struct knowledge *to, const struct knowledge *from)
{
    if (memcmp(to, from, sizeof *to) == 0)
        return;
    *to = *from;
    d->changed = true;
}

static void join_ways(const struct data *d, const struct model_node *n, struct knowledge *k)
{
    bool all = n->wire.kind == KIND(PARALLEL);
    memset(k->surely, all ? 0 : 0xff, sizeof k->surely);
    for (size_t i = 0; i < n->wire.n_incoming; i++) {
        const struct knowledge *from = &d->out[d->m->flows[n->wire.incoming[i]].wire.from];
        add_may(k, from);
        for (size_t w = 0; w < DATA_WORDS; w++)
            k->surely[w] = all ? k->surely[w] | from->surely[w] : k->surely[w] & from->surely[w];
    }
}

static bool stands_within(const struct model *m, uint32_t node, uint32_t activity)
{
    for (uint32_t at = m->nodes[node].wire.scope; at; at = m->nodes[at - 1].wire.scope)
        if (at == activity + 1)
            return true;
    return false;
}

/* What is there as soon as SCOPE (1 + node; 0: the process) is open, and what anything in it may have brought. */
static void enter_beside(const struct data *d, uint32_t scope, struct knowledge *k)
{
    if (scope) {
        *k = d->in[scope - 1];
    } else {
        memset(k->surely, 0xff, sizeof k->surely);
        for (uint32_t i = 0; i < d->m->node_count; i++)
            for (size_t w = 0; !d->m->nodes[i].wire.scope && node_begins(&d->m->nodes[i]) && w < DATA_WORDS; w++)
                k->surely[w] &= d->out[i].surely[w];
    }
    for (uint32_t i = 0; i < d->m->node_count; i++)
        if (scope == 0 || stands_within(d->m, i, scope - 1))
            add_may(k, &d->out[i]);
}

static void enter(struct data *d, uint32_t node)
{
    const struct model_node *n = &d->m->nodes[node];
    struct knowledge k = {0};
    if (node_begins(n) && n->wire.scope) {
        k = d->in[n->wire.scope - 1];
        if (d->m->nodes[n->wire.scope - 1].wire.multiple)
            add_kept(d->m->nodes[n->wire.scope - 1].wire.multiple, &k);
    } else if (node_is_apart(n)) {
        enter_beside(d, n->wire.scope, &k);
    } else if (n->wire.attached) {
        uint32_t host = n->wire.attached - 1;
        k = d->in[host];
        add_may(&k, &d->out[host]);
        for (uint32_t i = host; i < d->m->node_count; i++) /* what stands within comes after it */
            if (stands_within(d->m, i, host))
                add_may(&k, &d->out[i]);
    } else if (!node_begins(n)) {
        join_ways(d, n, &k);
    }
    store(d, &d->in[node], &k);
}

/* Whether the event subprocess NODE interrupts what is around it. */
static bool interrupts(const struct model *m, uint32_t node)
{
    for (uint32_t i = 0; i < m->node_count; i++)
        if (node_is_handler(&m->nodes[i]) && m->nodes[i].wire.scope == node + 1)
            return m->nodes[i].wire.interrupting;
    return false;
}

/* A scope is over when all its tokens have ended: what an end misses, another one that was reached beside it may bring. */
static void leave_scope(const struct data *d, uint32_t scope, struct knowledge *k)
{
    uint64_t surely[DATA_WORDS];
    memset(surely, 0xff, sizeof surely);
    for (uint32_t e = 0; e < d->m->node_count; e++) {
        const Lienthong__V1__Node *end = &d->m->nodes[e].wire;
        if (end->scope != scope + 1)
            continue;
        add_may(k, &d->out[e]);
        if (end->kind == KIND(EVENT_SUBPROCESS) && interrupts(d->m, e))
            for (size_t w = 0; w < DATA_WORDS; w++)
                surely[w] &= d->out[e].surely[w]; /* the scope is over when this one is */
        if (!node_is_final(&d->m->nodes[e]) || end->kind == KIND(END_ERROR))
            continue;
        for (size_t w = 0; w < DATA_WORDS; w++) {
            uint64_t brought = d->in[e].surely[w];
            for (uint32_t o = 0; end->kind != KIND(END_TERMINATE) && o < d->m->node_count; o++)
                if (d->m->nodes[o].wire.scope == end->scope && node_is_final(&d->m->nodes[o]) &&
                    relation_of_nodes(d->relation, e, o))
                    brought |= d->in[o].surely[w];
            surely[w] &= brought;
        }
    }
    for (size_t w = 0; w < DATA_WORDS; w++)
        k->surely[w] |= surely[w];
}

static void leave(struct data *d, uint32_t node)
{
    const struct model_node *n = &d->m->nodes[node];
    struct knowledge k = d->in[node];
    add_own(n, &k);
    if (node_is_scope(n)) {
        struct knowledge within = k;
        leave_scope(d, node, &within);
        add_may(&k, &within);
        if (!n->wire.multiple) /* of several instances there may be none */
            k = within;
    }
    store(d, &d->out[node], &k);
}

static void solve(struct data *d)
{
    for (uint32_t i = 0; i < d->m->node_count; i++) {
        memset(d->in[i].surely, 0xff, sizeof d->in[i].surely);
        memset(d->out[i].surely, 0xff, sizeof d->out[i].surely);
    }
    size_t count;
    const uint32_t *order = model_order(d->m, &count);
    do { /* ends: "maybe" only grows, "surely" only shrinks */
        d->changed = false;
        for (size_t i = 0; i < count; i++) {
            enter(d, order[i]);
            leave(d, order[i]);
        }
    } while (d->changed);
}

static bool asks_for_null(const Lienthong__V1__Expression *e)
{
    for (size_t i = 0; i < e->n_code; i++)
        if (e->code[i]->op == LIENTHONG__V1__OPCODE__OPCODE_NULL)
            return true;
    return false;
}

static bool is_engines(const char *fact)
{
    return strncmp(fact, "dossier.", 8) == 0;
}

/* FACT, which is read AT, must be there as K says; FORGIVES: the condition says what null means. */
static void check_fact(const struct data *d, const struct element *at, const struct knowledge *k, uint32_t fact,
                       bool forgives)
{
    const Lienthong__V1__FactDeclaration *f = d->m->wire.facts[fact];
    bool kept = words_have(f->setters, f->n_setters, "engine");
    if (has(k->surely, fact) || is_engines(f->name))
        return;
    if (!has(k->maybe, fact) && kept)
        finding_error(
            d->m->report, at,
            "fact %s is read before anything could set it: the engine keeps it of several instances behind here",
            f->name);
    else if (!has(k->maybe, fact))
        finding_error(d->m->report, at,
                      "fact %s is read before anything could set it: name it in lt:sets of a step, message or "
                      "start of role %s%s on the way to here",
                      f->name, f->n_setters ? f->setters[0] : "", f->n_setters > 1 ? " (or another setter)" : "");
    else if (!forgives)
        finding_warning(d->m->report, at,
                        "fact %s may be absent here: not every way sets it; set it on every way, or let the "
                        "condition say what null means",
                        f->name);
}

static void check_expression_with(const struct data *d, const struct element *at, const struct knowledge *k,
                                  uint32_t index)
{
    if (index == 0)
        return;
    const Lienthong__V1__Expression *e = d->m->wire.expressions[index - 1];
    uint64_t told[DATA_WORDS] = {0};
    for (size_t i = 0; i < e->n_code; i++) {
        uint32_t fact = e->code[i]->argument;
        if (e->code[i]->op != LIENTHONG__V1__OPCODE__OPCODE_FACT || has(told, fact))
            continue;
        put(told, fact);
        check_fact(d, at, k, fact, asks_for_null(e));
    }
}

static void check_expression(const struct data *d, const struct element *at, uint32_t node, uint32_t index)
{
    check_expression_with(d, at, &d->in[node], index);
}

/* The list must be there; the completion condition is asked after an instance has completed. */
static void check_multiple(const struct data *d, uint32_t node)
{
    const struct model_node *n = &d->m->nodes[node];
    const Lienthong__V1__MultiInstance *m = n->wire.multiple;
    if (!m)
        return;
    struct knowledge k = d->in[node];
    check_fact(d, n->element, &k, m->over, false);
    add_kept(m, &k);
    for (size_t i = 0; i < n->wire.n_sets; i++)
        add(&k, n->wire.sets[i]->fact, n->wire.sets[i]->optional || m->silence_agrees);
    add_may(&k, &d->out[node]);
    check_expression_with(d, n->element, &k, m->completion);
}

/* What a submission would bring to the called process must be there when it is called. */
static void check_needs(const struct data *d, uint32_t node)
{
    const struct model_node *n = &d->m->nodes[node];
    for (size_t i = 0; i < n->need_count; i++)
        if (!n->needs[i]->optional && !has(d->in[node].surely, n->needs[i]->fact))
            finding_error(d->m->report, n->element,
                          "the called process begins with fact %s, which not every way to here sets",
                          d->m->wire.facts[n->needs[i]->fact]->name);
    for (size_t i = 0; i < n->needs_part_count; i++)
        if (!n->needs_parts[i]->optional && !has(d->in[node].surely, PART(n->needs_parts[i]->part)))
            finding_error(d->m->report, n->element,
                          "the called process begins with part %s, which not every way to here brings",
                          d->m->wire.parts[n->needs_parts[i]->part]->name);
}

static bool is_kept(const struct model *m, uint32_t fact)
{
    for (size_t i = 0; i < m->node_count; i++) {
        const Lienthong__V1__MultiInstance *x = m->nodes[i].wire.multiple;
        if (x && (x->asked == fact + 1 || x->answered == fact + 1 || x->silent == fact + 1 || x->order == fact + 1))
            return true;
        for (size_t k = 0; x && k < x->n_collects; k++)
            if (x->collects[k]->into == fact)
                return true;
    }
    return false;
}

static void check_kept(const struct model *m)
{
    for (uint32_t i = 0; i < m->wire.n_facts; i++) {
        const Lienthong__V1__FactDeclaration *f = m->wire.facts[i];
        if (words_have(f->setters, f->n_setters, "engine") && !is_engines(f->name) && !is_kept(m, i))
            finding_error(m->report, m->fact_elements[i],
                          "the engine keeps no fact of this name: dossier.supplements, dossier.reschedules, "
                          "dossier.status, dossier.late, dossier.channel, and what a multiInstanceLoopCharacteristics "
                          "names in lt:collect, lt:order, lt:asked, lt:answered and lt:silent");
    }
}

/* Who sends what N brings: anyone who may open a dossier, or N's role. */
static void check_sets(const struct data *d, const struct model_node *n)
{
    bool start = n->wire.kind == KIND(START);
    const struct model *m = d->m;
    for (size_t i = 0; i < n->wire.n_sets; i++) {
        const Lienthong__V1__FactUse *use = n->wire.sets[i];
        const Lienthong__V1__FactDeclaration *f = m->wire.facts[use->fact];
        const char *unable = start || words_have(f->setters, f->n_setters, n->wire.role) ? NULL : n->wire.role;
        size_t able = 0;
        for (size_t k = 0; start && k < m->wire.n_trigger_roles; k++) {
            if (words_have(f->setters, f->n_setters, m->wire.trigger_roles[k]))
                able++;
            else
                unable = m->wire.trigger_roles[k];
        }
        if (unable && !(use->optional && able > 0))
            finding_error(m->report, n->element, "role %s may not set fact %s: add it to its setters%s", unable,
                          f->name, start && !use->optional ? ", as every role that opens dossiers must" : "");
    }
}

static void check_receives(const struct data *d, uint32_t node)
{
    const struct model_node *n = &d->m->nodes[node];
    for (size_t i = 0; i < n->wire.n_receives; i++) {
        const Lienthong__V1__PartUse *use = n->wire.receives[i];
        const Lienthong__V1__PartDeclaration *part = d->m->wire.parts[use->part];
        if (!words_have(part->roles, part->n_roles, n->wire.role))
            finding_error(d->m->report, n->element,
                          "role %s is not entitled to part %s: add it to its readers, or do not send it", n->wire.role,
                          part->name);
        if (!has(d->in[node].maybe, PART(use->part)))
            finding_error(d->m->report, n->element,
                          "part %s is received before anything brings it: let an earlier step return it", part->name);
        else if (!use->optional && !has(d->in[node].surely, PART(use->part)))
            finding_error(d->m->report, n->element,
                          "part %s is missing on some way to here: bring it on every way, or write %s?", part->name,
                          part->name);
    }
    for (size_t i = 0; i < n->wire.n_returns; i++) {
        const Lienthong__V1__PartDeclaration *part = d->m->wire.parts[n->wire.returns[i]->part];
        if (!words_have(part->authors, part->n_authors, n->wire.role))
            finding_error(d->m->report, n->element, "role %s may not write part %s: add it to its authors",
                          n->wire.role, part->name);
    }
}

static void check_jurisdiction(const struct data *d)
{
    int fact = *d->m->wire.jurisdiction_fact ? model_find_fact(d->m, d->m->wire.jurisdiction_fact) : -1;
    for (uint32_t i = 0; fact >= 0 && i < d->m->node_count; i++)
        if (node_begins(&d->m->nodes[i]) && !d->m->nodes[i].wire.scope && !has(d->out[i].surely, (uint32_t)fact))
            finding_error(d->m->report, d->m->nodes[i].element,
                          "the fact %s, which picks the competent agency, is not surely set by the submission: name it "
                          "in lt:sets",
                          d->m->wire.jurisdiction_fact);
}

static bool takes_part(const struct model *m, const char *role)
{
    for (size_t i = 0; i < m->node_count; i++)
        if (strcmp(m->nodes[i].wire.role, role) == 0)
            return true;
    return strcmp(role, "engine") == 0 || strcmp(role, "operator") == 0 ||
           words_have(m->wire.trigger_roles, m->wire.n_trigger_roles, role);
}

/* A role that sets or writes and does nothing in the procedure is most often misspelt. */
static void check_roles(const struct model *m)
{
    for (size_t i = 0; i < m->wire.n_facts; i++)
        for (size_t k = 0; k < m->wire.facts[i]->n_setters; k++)
            if (!takes_part(m, m->wire.facts[i]->setters[k]))
                finding_warning(m->report, m->process, "fact %s: its setter %s does nothing in this procedure",
                                m->wire.facts[i]->name, m->wire.facts[i]->setters[k]);
    for (size_t i = 0; i < m->wire.n_parts; i++)
        for (size_t k = 0; k < m->wire.parts[i]->n_authors; k++)
            if (!takes_part(m, m->wire.parts[i]->authors[k]))
                finding_warning(m->report, m->process, "part %s: its author %s does nothing in this procedure",
                                m->wire.parts[i]->name, m->wire.parts[i]->authors[k]);
}

void lint_data(struct model *m, const struct relation *r)
{
    struct data d = {.m = m,
                     .relation = r,
                     .in = model_take(m, m->node_count, sizeof *d.in),
                     .out = model_take(m, m->node_count, sizeof *d.out)};
    solve(&d);
    for (uint32_t i = 0; i < m->node_count; i++) {
        check_expression(&d, m->nodes[i].element, i, m->nodes[i].wire.requires);
        check_multiple(&d, i);
        check_needs(&d, i);
        check_receives(&d, i);
        check_sets(&d, &m->nodes[i]);
    }
    for (size_t i = 0; i < m->flow_count; i++)
        check_expression(&d, m->flows[i].element, m->flows[i].wire.from, m->flows[i].wire.condition);
    check_jurisdiction(&d);
    check_kept(m);
    check_roles(m);
}
