/* Activities with several instances, and activities that undo others: what the engine relies on. */
#include "workflow/process_index.h"
#include <string.h>

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_
#define LITERAL(name_) LIENTHONG__V1__LITERAL_VALUE__IS_##name_

static enum fault_code wrong(const Lienthong__V1__Node *n, const char *what, struct fault *f)
{
    return fault_set(f, FAULT_MALFORMED, "node \"%.100s\" (line %u): %s", n->id, n->line, what);
}

/* Whether fact INDEX is one that the engine alone keeps for a definition: not one of its own facts of every dossier. */
static bool is_kept(const Lienthong__V1__Process *w, uint32_t index, enum value_kind kind)
{
    if (index >= w->n_facts)
        return false;
    const Lienthong__V1__FactDeclaration *d = w->facts[index];
    return fact_kind(d) == kind && d->n_setters == 1 && strcmp(d->setters[0], "engine") == 0 &&
           strncmp(d->name, "dossier.", 8) != 0;
}

static bool must_set(const Lienthong__V1__Node *n, uint32_t fact)
{
    for (size_t i = 0; i < n->n_sets; i++)
        if (n->sets[i]->fact == fact && !n->sets[i]->optional)
            return true;
    return false;
}

/* What silence stands for must be a text or a yes or no that the fact may have. */
static bool silence_fits(const Lienthong__V1__FactDeclaration *d, const Lienthong__V1__LiteralValue *v)
{
    struct value value = {0};
    if (v && v->is_case == LITERAL(TEXT))
        value = (struct value){.kind = VALUE_TEXT, .text = v->text};
    if (v && v->is_case == LITERAL(YES))
        value = (struct value){.kind = VALUE_YES_NO, .yes = v->yes};
    return value.kind != VALUE_NULL && fact_allows(d, &value);
}

static enum fault_code check_collects(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    const Lienthong__V1__MultiInstance *m = n->multiple;
    if (m->n_collects && !node_is_step(n))
        return wrong(n, "only a task collects what its answers say", f);
    for (size_t i = 0; i < m->n_collects; i++) {
        const Lienthong__V1__Collected *c = m->collects[i];
        if (c->fact >= w->n_facts || !must_set(n, c->fact) || !is_kept(w, c->into, VALUE_LIST))
            return wrong(n, "it collects a fact that each answer must set, into a list of setter \"engine\"", f);
        if (fact_kind(w->facts[c->fact]) == VALUE_LIST)
            return wrong(n, "a list cannot be collected into a list", f);
        if (m->silence_agrees ? !silence_fits(w->facts[c->fact], c->silence) : c->silence != NULL)
            return wrong(n, "what silence stands for is missing, not among the fact's values, or without effect", f);
        for (size_t k = 0; k < i; k++)
            if (m->collects[k]->into == c->into)
                return wrong(n, "two facts are collected into one list", f);
        if (m->order == c->into + 1)
            return wrong(n, "its order and a fact are collected into one list", f);
    }
    if (m->order && !is_kept(w, m->order - 1, VALUE_LIST))
        return wrong(n, "its order is kept in a list of setter \"engine\"", f);
    return FAULT_NONE;
}

static enum fault_code check_counts(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    const uint32_t counts[] = {n->multiple->asked, n->multiple->answered, n->multiple->silent};
    for (int i = 0; i < 3; i++) {
        if (counts[i] && !is_kept(w, counts[i] - 1, VALUE_DECIMAL))
            return wrong(n, "instances are counted in a decimal fact of setter \"engine\"", f);
        for (int k = 0; k < i; k++)
            if (counts[i] && counts[i] == counts[k])
                return wrong(n, "one fact cannot count two things", f);
    }
    return FAULT_NONE;
}

/* Whether N is, or stands within, exactly one activity of several instances: its item tells them apart. What undoes runs when
 * they are over. */
static bool is_of_one(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n)
{
    int count = 0;
    for (const Lienthong__V1__Node *at = n;; at = w->nodes[at->scope - 1]) {
        count += at->multiple != NULL;
        if (at->for_compensation)
            return false;
        if (!at->scope)
            return count == 1;
    }
}

/* A part set has one part from each instance, by its item; its parts are given to a step together. */
static enum fault_code check_members(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    size_t given = 0;
    for (size_t i = 0; i < n->n_returns; i++)
        if (w->parts[n->returns[i]->part]->each && (!node_is_step(n) || !is_of_one(w, n)))
            return wrong(n, "only a task of one of several instances returns a part of which there is one from each",
                         f);
    for (size_t i = 0; i < n->n_receives; i++)
        given += w->parts[n->receives[i]->part]->each;
    return given > 1 ? wrong(n, "it is given two part sets; one fits a delivery", f) : FAULT_NONE;
}

enum fault_code process_check_multiple(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    const Lienthong__V1__MultiInstance *m = n->multiple;
    if (check_members(w, n, f))
        return f->code;
    if (!m)
        return FAULT_NONE;
    if (!node_is_step(n) && n->kind != KIND(SUBPROCESS))
        return wrong(n, "only a task that is answered and a subprocess have several instances", f);
    if (n->irrevocable || n->on_receipt || n->for_compensation)
        return wrong(n,
                     "what has several instances is not irrevocable, undoes nothing, and no receipt of one of them "
                     "acts on the dossier's clock",
                     f);
    if (m->over >= w->n_facts || fact_kind(w->facts[m->over]) != VALUE_LIST)
        return wrong(n, "its instances are made over a fact that is no list", f);
    if (node_is_step(n) ? strcmp(m->role, n->role) != 0 : !m->role[0])
        return wrong(n, "the role that its items pick must be its own, and of a subprocess one must be named", f);
    if (m->completion > w->n_expressions)
        return wrong(n, "its completion condition does not exist", f);
    if (m->silence_agrees && (!node_is_step(n) || !n->budget))
        return wrong(n, "silence needs a task with a budget", f);
    return check_collects(w, n, f) ? f->code : check_counts(w, n, f);
}

static enum fault_code check_undoing(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n, struct fault *f)
{
    if (n->for_compensation && !node_is_step(n) && n->kind != KIND(SUBPROCESS) && n->kind != KIND(SEND_TASK))
        return wrong(n, "only a task or a subprocess undoes", f);
    if (n->kind != KIND(BOUNDARY_COMPENSATION))
        return n->handler ? wrong(n, "only a compensation boundary event names what undoes", f) : FAULT_NONE;
    if (n->handler == 0 || n->handler > w->n_nodes || !w->nodes[n->handler - 1]->for_compensation ||
        w->nodes[n->handler - 1]->scope != n->scope)
        return wrong(n, "it must name an activity for compensation in its scope", f);
    if (w->nodes[n->attached - 1]->multiple)
        return wrong(n, "instances are undone one by one: what undoes belongs into the subprocess", f);
    for (size_t i = 0; i < w->n_nodes; i++)
        if (w->nodes[i] != n && w->nodes[i]->kind == KIND(BOUNDARY_COMPENSATION) &&
            w->nodes[i]->attached == n->attached)
            return wrong(n, "its activity is undone by something else already", f);
    return FAULT_NONE;
}

enum fault_code process_check_compensation(const Lienthong__V1__Process *w, uint32_t index, struct fault *f)
{
    const Lienthong__V1__Node *n = w->nodes[index];
    bool throws = n->kind == KIND(THROW_COMPENSATION) || n->kind == KIND(END_COMPENSATION);
    if (check_undoing(w, n, f))
        return f->code;
    if (!throws)
        return n->undoes ? wrong(n, "only a compensation throw names what is undone", f) : FAULT_NONE;
    if (n->undoes == 0)
        return FAULT_NONE;
    if (n->undoes > w->n_nodes)
        return wrong(n, "what it undoes does not exist", f);
    for (uint32_t scope = n->scope;; scope = w->nodes[scope - 1]->scope) {
        if (w->nodes[n->undoes - 1]->scope == scope)
            return FAULT_NONE;
        if (scope == 0 || w->nodes[scope - 1]->kind != KIND(EVENT_SUBPROCESS))
            return wrong(n, "what it undoes must be an activity of its own scope", f);
    }
}
