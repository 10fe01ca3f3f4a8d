/* Several instances of an activity, one for each item of a list. */
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/model.h"
#include <string.h>

static int find_fact(struct model *m, const struct element *e, const char *attribute, const char *name,
                     Lienthong__V1__ValueType type, bool kept)
{
    int fact = name ? model_find_fact(m, name) : -1;
    const Lienthong__V1__FactDeclaration *d = fact < 0 ? NULL : m->wire.facts[fact];
    bool by_engine = d && words_have(d->setters, d->n_setters, "engine");
    if (!d)
        finding_error(m->report, e, "lt:%s: fact \"%.60s\" is not declared: add <lt:fact …/> to the process", attribute,
                      name ? name : "");
    else if (d->type != type || (kept && (!by_engine || strncmp(name, "dossier.", 8) == 0)))
        finding_error(m->report, e, "lt:%s: fact %s must be declared with type=\"%s\"%s", attribute, name,
                      type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST ? "list" : "decimal",
                      kept ? " and setters=\"engine\"" : "");
    else
        return fact;
    return -1;
}

static uint32_t read_order(struct model *m, const struct element *e)
{
    const char *name = element_lt(e, "order");
    if (!name)
        return 0;
    return (uint32_t)(1 + find_fact(m, e, "order", name, LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST, true));
}

static uint32_t read_count(struct model *m, const struct element *e, const char *attribute)
{
    const char *name = element_lt(e, attribute);
    if (!name)
        return 0;
    return (uint32_t)(1 + find_fact(m, e, attribute, name, LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL, true));
}

static bool must_set(const struct model_node *n, uint32_t fact)
{
    for (size_t i = 0; i < n->wire.n_sets; i++)
        if (n->wire.sets[i]->fact == fact && !n->wire.sets[i]->optional)
            return true;
    return false;
}

/* "list=fact": cut in two. NULL: no "=". */
static char *cut(char *word)
{
    char *equal = strchr(word, '=');
    if (equal)
        *equal++ = '\0';
    return equal;
}

static void read_collect(struct model *m, const struct model_node *n, const struct element *e,
                         Lienthong__V1__MultiInstance *to)
{
    size_t count;
    char **words = words_split(element_lt(e, "collect"), m->arena, &count);
    to->collects = model_take(m, count, sizeof *to->collects);
    for (size_t i = 0; i < count; i++) {
        const char *name = cut(words[i]);
        int fact = name ? model_find_fact(m, name) : -1;
        if (!name || fact < 0 || !must_set(n, (uint32_t)fact)) {
            finding_error(
                m->report, e,
                "lt:collect: write list=fact, where each answer must set the fact: name it in lt:sets of the task");
            continue;
        }
        int into = find_fact(m, e, "collect", words[i], LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST, true);
        if (into < 0)
            continue;
        Lienthong__V1__Collected *c = model_take(m, 1, sizeof *c);
        lienthong__v1__collected__init(c);
        c->fact = (uint32_t)fact;
        c->into = (uint32_t)into;
        to->collects[to->n_collects++] = c;
    }
}

/* What silence stands for, as a value of fact D; NULL: it cannot. */
static Lienthong__V1__LiteralValue *read_value(struct model *m, const Lienthong__V1__FactDeclaration *d,
                                               const char *text)
{
    Lienthong__V1__LiteralValue *v = model_take(m, 1, sizeof *v);
    lienthong__v1__literal_value__init(v);
    if (d->type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO &&
        (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)) {
        v->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_YES;
        v->yes = *text == 't';
        return v;
    }
    if (d->type != LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT ||
        (d->n_values > 0 && !words_have(d->values, d->n_values, text)))
        return NULL;
    v->is_case = LIENTHONG__V1__LITERAL_VALUE__IS_TEXT;
    v->text = arena_text(m->arena, text);
    return v;
}

static void set_silence(struct model *m, const struct element *e, Lienthong__V1__MultiInstance *to, const char *name,
                        const char *text)
{
    bool found = false;
    for (size_t i = 0; i < to->n_collects; i++) {
        const Lienthong__V1__FactDeclaration *d = m->wire.facts[to->collects[i]->fact];
        if (strcmp(d->name, name) != 0)
            continue;
        found = true;
        to->collects[i]->silence = read_value(m, d, text);
        if (!to->collects[i]->silence)
            finding_error(m->report, e,
                          "lt:silence: \"%.60s\" is no value of fact %s: a text that it may have, or true or false",
                          text, name);
    }
    if (!found)
        finding_error(m->report, e, "lt:silence: fact \"%.60s\" is not collected: name it in lt:collect", name);
}

static void read_silence(struct model *m, const struct model_node *n, const struct element *e,
                         Lienthong__V1__MultiInstance *to)
{
    size_t count;
    char **words = words_split(element_lt(e, "silence"), m->arena, &count);
    to->silence_agrees = count > 0;
    if (count > 0 && !node_is_task(n))
        finding_error(m->report, e,
                      "lt:silence: only a serviceTask or userTask falls silent: put it into the subProcess");
    for (size_t i = 0; i < count; i++) {
        const char *text = cut(words[i]);
        if (text)
            set_silence(m, e, to, words[i], text);
        else if (strcmp(words[i], "agrees") != 0 || count > 1)
            finding_error(m->report, e, "lt:silence: write fact=value for what is collected, else \"agrees\"");
    }
    for (size_t i = 0; count > 0 && i < to->n_collects; i++)
        if (!to->collects[i]->silence)
            finding_error(m->report, e, "lt:silence does not say what silence stands for in fact %s: write %s=…",
                          m->wire.facts[to->collects[i]->fact]->name, m->wire.facts[to->collects[i]->fact]->name);
}

static void read_completion(struct model *m, const struct element *e, Lienthong__V1__MultiInstance *to)
{
    for (const struct element *c = e->first; c; c = c->next) {
        if (!element_is(c, "completionCondition")) {
            if (!model_is_ignorable(m, c))
                model_refuse(m, c);
        } else if (to->completion) {
            finding_error(m->report, e, "a second completionCondition: join them with or");
        } else {
            model_check_attributes(m, c, "language evaluatesToTypeRef", "");
            to->completion = model_add_expression(m, e, c->text, c, NULL);
        }
    }
}

static void check(struct model *m, const struct model_node *n, const struct element *e)
{
    const char *problem = NULL;
    if (!node_is_task(n) && n->wire.kind != KIND(SUBPROCESS))
        problem = "only a serviceTask, userTask, subProcess or callActivity has several instances";
    else if (n->wire.irrevocable)
        problem = "a step that cannot be undone is done once: remove lt:irrevocable, or the instances";
    else if (n->wire.on_receipt)
        problem = "no receipt of one of several acts on the dossier's clock: remove lt:clock-on-receipt";
    else if (n->wire.for_compensation)
        problem = "what undoes is done once: remove isForCompensation, or the instances";
    else if (!node_is_task(n) && !element_lt(e, "role"))
        problem = "lt:role is missing: which role's agency does each item pick, for the steps inside";
    else if (node_is_task(n) && element_lt(e, "role"))
        problem = "lt:role: each item picks the agency of the task's own role: remove it";
    else if (element_lt(e, "collect") && !node_is_task(n))
        problem = "lt:collect: only a serviceTask or userTask collects what its answers say";
    if (problem)
        finding_error(m->report, n->element, "multiInstanceLoopCharacteristics: %s", problem);
}

void model_read_multiple(struct model *m, struct model_node *n)
{
    const struct element *e = node_multiple(n);
    if (!e)
        return;
    model_check_attributes(m, e, "", "over role collect order silence asked answered silent");
    check(m, n, e);
    Lienthong__V1__MultiInstance *to = model_take(m, 1, sizeof *to);
    lienthong__v1__multi_instance__init(to);
    const char *role = element_lt(e, "role");
    int over = find_fact(m, e, "over", element_lt(e, "over"), LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_LIST, false);
    to->over = over < 0 ? 0 : (uint32_t)over;
    to->role = role ? arena_text(m->arena, role) : n->wire.role;
    to->asked = read_count(m, e, "asked");
    to->answered = read_count(m, e, "answered");
    to->silent = read_count(m, e, "silent");
    to->order = read_order(m, e);
    read_collect(m, n, e, to);
    read_silence(m, n, e, to);
    read_completion(m, e, to);
    n->wire.multiple = to;
}
