/* What an event brings: facts on which the definition decides, and parts that travel on. */
#include "workflow/run.h"
#include "workflow/undo.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static bool may_set(const Lienthong__V1__Node *node, uint32_t declaration)
{
    for (size_t i = 0; i < node->n_sets; i++)
        if (node->sets[i]->fact == declaration)
            return true;
    return false;
}

/* Says which facts an operator may correct: the others are the word of those who answer for them. */
static bool refuse_operator(struct run *r, const char *name, const char *why)
{
    const Lienthong__V1__Process *w = r->p->wire;
    char names[200] = "";
    for (size_t i = 0; i < w->n_facts; i++) {
        const Lienthong__V1__FactDeclaration *d = w->facts[i];
        size_t used = strlen(names);
        if (process_has_role(d->setters, d->n_setters, "operator"))
            snprintf(names + used, sizeof(names) - used, "%s%.60s", used ? ", " : "", d->name);
    }
    return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\" %s; an operator may correct here: %s", name, why,
                      *names ? names : "none");
}

static bool take(struct run *r, const Lienthong__V1__Node *node, const char *role, const struct event_fact *fact)
{
    int index = fact->name ? process_find_fact(r->p, fact->name) : -1;
    if (index < 0 && !node && text_equal(role, "operator"))
        return refuse_operator(r, fact->name ? fact->name : "", "is not declared by the procedure");
    if (index < 0)
        return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\" is not declared by the procedure",
                          fact->name ? fact->name : "");
    const Lienthong__V1__FactDeclaration *d = r->p->wire->facts[index];
    if (node && !may_set(node, (uint32_t)index))
        return run_refuse(r, REFUSAL(FACT),
                          "fact \"%.100s\" is not of this step: it is not among those that \"%.100s\" sets", d->name,
                          node->id);
    bool may = process_has_role(d->setters, d->n_setters, role) && !text_equal(role, "engine");
    if (!may && text_equal(role, "operator"))
        return refuse_operator(r, d->name, "is what others answer for");
    if (!may)
        return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\" is not for the role \"%.60s\" to set", d->name, role);
    if (fact->value.kind != fact_kind(d))
        return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\" has another type than its declaration", d->name);
    if (!fact_allows(d, &fact->value))
        return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\": \"%.100s\" is not one of its allowed values", d->name,
                          fact->value.text);
    if (fact->value.kind == VALUE_LIST && r->p->has_instances && instances_hold(r, (uint32_t)index) &&
        !value_equal(&r->d->facts[index], &fact->value))
        return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\" stands until all its items have been dealt with", d->name);
    if (!dossier_set_fact(r->d, (uint32_t)index, &fact->value))
        return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\": the dossier's facts would take more than %d bytes",
                          d->name, DOSSIER_FACTS_SIZE_MAX);
    return true;
}

static bool brings(const struct event *e, const char *name)
{
    for (size_t i = 0; i < e->fact_count; i++)
        if (text_equal(e->facts[i].name, name))
            return true;
    return false;
}

static bool once(struct run *r, size_t index)
{
    for (size_t k = 0; k < index; k++)
        if (text_equal(r->event->facts[index].name, r->event->facts[k].name))
            return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\" stands twice", r->event->facts[index].name);
    return true;
}

static bool all_there(struct run *r, const Lienthong__V1__Node *node)
{
    for (size_t i = 0; i < node->n_sets; i++) {
        const char *name = r->p->wire->facts[node->sets[i]->fact]->name;
        if (!node->sets[i]->optional && !brings(r->event, name))
            return run_refuse(r, REFUSAL(FACT), "fact \"%.100s\" is missing: \"%.100s\" must set it", name, node->id);
    }
    return true;
}

bool fact_take_all(struct run *r, const Lienthong__V1__Node *node, const char *role, bool whole)
{
    for (size_t i = 0; i < r->event->fact_count; i++)
        if (!once(r, i) || !take(r, node, role, &r->event->facts[i]))
            return false;
    return !whole || !node || all_there(r, node);
}

/* The node whose `requires` reads fact DECLARATION; NULL: no rule depends on it. */
static const Lienthong__V1__Node *rule_on(const struct run *r, uint32_t declaration)
{
    const Lienthong__V1__Process *w = r->p->wire;
    for (size_t i = 0; i < w->n_nodes; i++) {
        const Lienthong__V1__Expression *rule =
            w->nodes[i]->requires ? w->expressions[w->nodes[i]->requires - 1] : NULL;
        for (size_t k = 0; rule && k < rule->n_code; k++)
            if (rule->code[k]->op == LIENTHONG__V1__OPCODE__OPCODE_FACT && rule->code[k]->argument == declaration)
                return w->nodes[i];
    }
    return NULL;
}

static bool take_skipped(struct run *r, const Lienthong__V1__Node *node, const struct event_fact *fact)
{
    int index = fact->name ? process_find_fact(r->p, fact->name) : -1;
    const Lienthong__V1__FactDeclaration *d = index < 0 ? NULL : r->p->wire->facts[index];
    bool own = d && process_has_role(d->setters, d->n_setters, "operator");
    const Lienthong__V1__Node *rule = d && !own ? rule_on(r, (uint32_t)index) : NULL;
    if (rule)
        return run_refuse(r, REFUSAL(FACT),
                          "fact \"%.100s\" is not for an operator to set: \"%.100s\" may be done only by what it says",
                          d->name, rule->id);
    return take(r, node, own ? "operator" : node->role, fact);
}

bool fact_take_skipped(struct run *r, const Lienthong__V1__Node *node)
{
    for (size_t i = 0; i < r->event->fact_count; i++)
        if (!once(r, i) || !take_skipped(r, node, &r->event->facts[i]))
            return false;
    return all_there(r, node);
}

static bool may_bring(const Lienthong__V1__Node *node, uint32_t declaration)
{
    for (size_t i = 0; i < node->n_returns; i++)
        if (node->returns[i]->part == declaration)
            return true;
    return false;
}

static bool part_take(struct run *r, const Lienthong__V1__Node *node, const struct token *token, const char *role,
                      const struct event_part *part)
{
    int index = part->name ? process_find_part(r->p, part->name) : -1;
    if (index < 0 || !may_bring(node, (uint32_t)index))
        return run_refuse(r, REFUSAL(PART), "part \"%.100s\" is not among those that \"%.100s\" returns",
                          part->name ? part->name : "", node->id);
    const Lienthong__V1__PartDeclaration *d = r->p->wire->parts[index];
    if (!text_equal(d->type, part->type))
        return run_refuse(r, REFUSAL(PART), "part \"%.100s\" is of type \"%.100s\", must be \"%.100s\"", d->name,
                          part->type ? part->type : "", d->type);
    if (!process_has_role(d->authors, d->n_authors, role))
        return run_refuse(r, REFUSAL(PART), "part \"%.100s\" is not for the role \"%.60s\" to write", d->name, role);
    if (r->d->parts[index] == r->d->core.sequence)
        return run_refuse(r, REFUSAL(PART), "part \"%.100s\" stands twice", d->name);
    undo_keep_part(r->d, (uint32_t)index);
    r->d->parts[index] = r->d->core.sequence;
    return !d->each || instances_keep_part(r, token, (uint32_t)index, part->size);
}

bool part_take_all(struct run *r, const Lienthong__V1__Node *node, const struct token *token, const char *role,
                   bool whole)
{
    for (size_t i = 0; i < r->event->part_count; i++)
        if (!part_take(r, node, token, role, &r->event->parts[i]))
            return false;
    for (size_t i = 0; whole && i < node->n_returns; i++)
        if (!node->returns[i]->optional && r->d->parts[node->returns[i]->part] != r->d->core.sequence)
            return run_refuse(r, REFUSAL(PART), "part \"%.100s\" is missing",
                              r->p->wire->parts[node->returns[i]->part]->name);
    return true;
}

static bool was_brought_by(const struct run *r, uint64_t sequence)
{
    for (size_t i = 0; i < r->event->was_count; i++)
        if (r->event->was[i] == sequence)
            return true;
    return false;
}

/* What was written anew meanwhile stays: the newest text counts, not the newest seal. */
bool part_reseal(struct run *r)
{
    const struct event_part *part = r->event->parts;
    int index = r->event->part_count == 1 && part->name ? process_find_part(r->p, part->name) : -1;
    const Lienthong__V1__PartDeclaration *d = index < 0 ? NULL : r->p->wire->parts[index];
    if (!d || !text_equal(d->type, part->type))
        return run_refuse(r, REFUSAL(PART), "a seal is of one part that the definition declares, and of its type");
    bool all = d->each && r->d->parts[index];
    if (!all && !was_brought_by(r, r->d->parts[index]))
        return true;
    undo_keep_part(r->d, (uint32_t)index);
    r->d->parts[index] = r->d->core.sequence; /* of a set: its newest */
    if (d->each)
        undo_keep_members(r->d);
    for (uint32_t i = 0; d->each && i < r->d->core.member_count; i++)
        if (r->d->members[i].declaration == (uint32_t)index && was_brought_by(r, r->d->members[i].sequence))
            r->d->members[i].sequence = r->d->core.sequence;
    return true;
}

enum fault_code fact_holds(struct run *r, uint32_t expression, bool *ret, struct fault *f)
{
    dossier_keep_late(r->d, r->now);
    struct expression_context context = {.facts = r->d->facts, .calendar = r->input->calendar, .now = r->now};
    return expression_holds(r->p, expression, &context, ret, f);
}
