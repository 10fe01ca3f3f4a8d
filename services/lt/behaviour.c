/* Scenarios: what the pretended agencies do with what they are given. */
#include "base/memory.h"
#include "base/text.h"
#include "entry.h"
#include <string.h>

#define ELEMENT_SIZE_MAX 200

static enum fault_code take_receipt(struct reading *r, const yaml_node_t *node, void *to)
{
    struct reaction *x = to;
    x->never_received = text_equal(entry_scalar(node), "never");
    return x->never_received ? FAULT_NONE : entry_span(r, node, &x->receipt);
}

static enum fault_code take_answer(struct reading *r, const yaml_node_t *node, void *to)
{
    struct reaction *x = to;
    x->never_answered = text_equal(entry_scalar(node), "never");
    return x->never_answered ? FAULT_NONE : entry_span(r, node, &x->answer);
}

static enum fault_code take_answer_at(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_moment(r, node, &((struct reaction *)to)->answer_at);
}

static enum fault_code take_facts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_facts(r, node, &((struct reaction *)to)->facts);
}

static enum fault_code take_parts(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_parts(r, node, &((struct reaction *)to)->parts);
}

static enum fault_code take_error(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_text(r, node, "error", &((struct reaction *)to)->error);
}

static enum fault_code take_refuse(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_text(r, node, "refuse (the reason)", &((struct reaction *)to)->refuse);
}

static enum fault_code take_lost(struct reading *r, const yaml_node_t *node, void *to)
{
    struct reaction *x = to;
    x->is_lost = true;
    return entry_span(r, node, &x->lost);
}

static enum fault_code take_on_cancel(struct reading *r, const yaml_node_t *node, void *to)
{
    static const char *const names[] = {"yields", "answers", "ignores"};
    struct reaction *x = to;
    for (size_t i = 0; i < LENGTH(names); i++)
        if (text_equal(entry_scalar(node), names[i])) {
            x->on_cancel = (enum on_cancel)i;
            return FAULT_NONE;
        }
    return entry_wrong(r, node,
                       "on-cancel is yields (gives the step up), answers (its answer stands already) or ignores");
}

static enum fault_code take_cancelled(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_span(r, node, &((struct reaction *)to)->cancelled);
}

static enum fault_code take_refused(struct reading *r, const yaml_node_t *node, void *to)
{
    return entry_refusal(r, node, &((struct reaction *)to)->refused);
}

static const struct key keys[] = {
    {"receipt", take_receipt},     {"answer", take_answer},       {"answer-at", take_answer_at}, {"facts", take_facts},
    {"parts", take_parts},         {"error", take_error},         {"refuse", take_refuse},       {"lost", take_lost},
    {"on-cancel", take_on_cancel}, {"cancelled", take_cancelled}, {"refused", take_refused}};

static enum fault_code take_reaction(struct reading *r, const yaml_node_t *node, struct reaction *ret)
{
    *ret = r->scenario->usual;
    ret->mark = entry_mark(r, node);
    ret->facts = (struct settings){0};
    return entry_mapping(r, node, "what an agency does", keys, LENGTH(keys), ret);
}

/* --- For which element ------------------------------------------------------------------------------------------------ */

static bool is_meant(const Lienthong__V1__Node *node, const char *element)
{
    return text_equal(node->id, element) || text_equal(node->operation, element);
}

static bool may_set(const Lienthong__V1__Node *node, uint32_t fact)
{
    for (size_t i = 0; i < node->n_sets; i++)
        if (node->sets[i]->fact == fact)
            return true;
    return false;
}

static bool some_sets(const struct reading *r, const char *element, uint32_t fact)
{
    const Lienthong__V1__Process *p = process_definition(r->process);
    for (size_t i = 0; i < p->n_nodes; i++)
        if (is_meant(p->nodes[i], element) && may_set(p->nodes[i], fact))
            return true;
    return false;
}

static bool some_raises(const struct reading *r, const char *element, const char *error)
{
    const Lienthong__V1__Process *p = process_definition(r->process);
    for (size_t i = 0; i < p->n_nodes; i++)
        if (is_meant(p->nodes[i], element) && process_has_role(p->nodes[i]->raises, p->nodes[i]->n_raises, error))
            return true;
    return false;
}

static enum fault_code check_reaction(struct reading *r, const yaml_node_t *node, const char *element,
                                      const struct reaction *x)
{
    const Lienthong__V1__Process *p = process_definition(r->process);
    for (size_t i = 0; i < x->facts.count; i++)
        if (!some_sets(r, element, x->facts.items[i].fact))
            return fault_set(r->f, FAULT_CONFIG, "%s:%zu: \"%.100s\" does not set the fact %s (lt:sets)",
                             x->facts.items[i].mark.file, x->facts.items[i].mark.line, element,
                             p->facts[x->facts.items[i].fact]->name);
    if (x->error && !some_raises(r, element, x->error))
        return entry_wrong(r, node, "\"%.100s\" does not raise the error \"%.100s\" (lt:raises)", element, x->error);
    if (x->is_lost && (x->refuse || x->never_received))
        return entry_wrong(r, node, "lost says already that the delivery is never received");
    return FAULT_NONE;
}

/* "element" or "element@place": an element or operation that is delivered to an agency. */
static enum fault_code take_name(struct reading *r, const yaml_node_t *key, struct behaviour *x)
{
    const Lienthong__V1__Process *p = process_definition(r->process);
    char *element = arena_text(r->arena, entry_scalar(key)), *at = strchr(element, '@');
    if (at) {
        *at = '\0';
        x->place = at + 1;
    }
    x->element = element;
    const char **names = arena_alloc(r->arena, 2 * p->n_nodes * sizeof(*names));
    size_t count = 0;
    for (size_t i = 0; i < p->n_nodes; i++) {
        if (is_meant(p->nodes[i], element) && scenario_is_step(p->nodes[i]))
            return FAULT_NONE;
        names[count++] = p->nodes[i]->id;
        names[count++] = p->nodes[i]->operation;
    }
    const char *near = entry_near(element, names, count);
    return entry_wrong(r, key, "the procedure gives nobody a step \"%.*s\" (element or operation)%s%s%s",
                       ELEMENT_SIZE_MAX, element, near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static struct behaviour *find(struct scenario *s, const struct behaviour *like)
{
    for (size_t i = 0; i < s->behaviour_count; i++)
        if (text_equal(s->behaviours[i].element, like->element) && text_equal(s->behaviours[i].place, like->place))
            return &s->behaviours[i];
    return &s->behaviours[s->behaviour_count++];
}

static enum fault_code take_step(struct reading *r, const yaml_node_t *key, const yaml_node_t *value, void *to)
{
    struct behaviour x = {.mark = entry_mark(r, key), .count = 1};
    bool list = value->type == YAML_SEQUENCE_NODE;
    if (take_name(r, key, &x) != FAULT_NONE ||
        (list && entry_list(r, value, "a step's reactions", &x.count) != FAULT_NONE))
        return r->f->code;
    if (x.count == 0)
        return entry_wrong(r, value, "the list of what the agency does is empty");
    x.reactions = arena_alloc(r->arena, x.count * sizeof(*x.reactions));
    for (size_t i = 0; i < x.count; i++) {
        const yaml_node_t *item = list ? entry_item(r, value, i) : value;
        if (take_reaction(r, item, &x.reactions[i]) != FAULT_NONE ||
            check_reaction(r, item, x.element, &x.reactions[i]) != FAULT_NONE)
            return r->f->code;
    }
    *find(to, &x) = x;
    return FAULT_NONE;
}

enum fault_code behaviour_take_steps(struct reading *r, const yaml_node_t *node, void *to)
{
    struct scenario *s = to;
    struct behaviour *behaviours =
        arena_alloc(r->arena, (s->behaviour_count + SCENARIO_LIST_MAX) * sizeof(*behaviours));
    for (size_t i = 0; i < s->behaviour_count; i++)
        behaviours[i] = s->behaviours[i];
    s->behaviours = behaviours;
    return entry_each(r, node, "steps", take_step, s);
}

enum fault_code behaviour_take_usual(struct reading *r, const yaml_node_t *node, void *to)
{
    static const struct key usual[] = {{"receipt", take_receipt},
                                       {"answer", take_answer},
                                       {"on-cancel", take_on_cancel},
                                       {"cancelled", take_cancelled}};
    struct scenario *s = to;
    if (s->behaviour_count)
        return entry_wrong(r, node, "usual stands before steps, as what steps do not say is taken from it");
    return entry_mapping(r, node, "usual", usual, LENGTH(usual), &s->usual);
}
