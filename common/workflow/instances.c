/* Activities with several parallel instances, one for each item of a list: N agencies are asked. The activity's own token
 * rests on it with a scope of kind INSTANCES, in which each instance has a token with its item, on the same activity. */
#include "workflow/run.h"
#include "workflow/undo.h"
#include "base/memory.h"
#include <string.h>

static const Lienthong__V1__MultiInstance *multiple_of(const struct run *r, uint32_t node)
{
    return run_node(r, node)->multiple;
}

const char *instances_item(const struct run *r, const Lienthong__V1__MultiInstance *m, uint32_t index)
{
    const struct value *list = &r->d->facts[m->over];
    if (list->kind != VALUE_LIST || index >= list->list.count || list->list.items[index].kind != VALUE_TEXT)
        return NULL;
    return list->list.items[index].text;
}

/* Why instances cannot be made; NULL: they can. */
static const char *obstacle(struct run *r, const Lienthong__V1__MultiInstance *m)
{
    const char *name = r->p->wire->facts[m->over]->name;
    const struct value *list = &r->d->facts[m->over];
    if (list->kind != VALUE_LIST)
        return run_text(r, "the fact \"%s\", which says how many there are, is not set", name);
    if (list->list.count > INSTANCES_MAX)
        return run_text(r, "\"%s\" has %zu items; at most %d at a time", name, list->list.count, INSTANCES_MAX);
    if (r->d->core.token_count + list->list.count > DOSSIER_TOKENS_MAX ||
        r->d->core.scope_count + 1 + list->list.count > DOSSIER_SCOPES_MAX)
        return run_text(r, "\"%s\" has %zu items, but of at most %d tokens the dossier has %u already", name,
                        list->list.count, DOSSIER_TOKENS_MAX, r->d->core.token_count);
    for (uint32_t i = 0; i < list->list.count; i++) {
        const char *item = instances_item(r, m, i);
        if (!item || !item[0])
            return run_text(r, "item %u of \"%s\" is no text", i + 1, name);
        if (strlen(item) > DOSSIER_ITEM_SIZE_MAX)
            return run_text(r, "item %u of \"%s\" is longer than %d bytes", i + 1, name, DOSSIER_ITEM_SIZE_MAX);
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(item, instances_item(r, m, k)) == 0)
                return run_text(r, "\"%.100s\" stands twice in \"%s\"", item, name);
    }
    return NULL;
}

static void set_count(struct run *r, uint32_t reference, uint32_t count)
{
    struct value v = {.kind = VALUE_DECIMAL, .decimal = {.coefficient = count}};
    if (reference)
        (void)!dossier_set_fact(r->d, reference - 1, &v); /* a number takes no room */
}

static void set_counts(struct run *r, const struct scope *s)
{
    const Lienthong__V1__MultiInstance *m = multiple_of(r, s->node);
    set_count(r, m->asked, s->asked);
    set_count(r, m->answered, s->answered);
    set_count(r, m->silent, s->silent);
}

/* Whether NODE is the activity, or stands within it. */
static bool is_of(const struct run *r, uint32_t node, uint32_t activity)
{
    for (uint32_t at = node + 1; at; at = run_node(r, at - 1)->scope)
        if (at == activity + 1)
            return true;
    return false;
}

static void forget_part(struct run *r, uint32_t declaration)
{
    undo_keep_part(r->d, declaration);
    undo_keep_members(r->d);
    r->d->parts[declaration] = 0;
    for (uint32_t i = 0; i < r->d->core.member_count;)
        if (r->d->members[i].declaration == declaration)
            DOSSIER_REMOVE(r->d, member, i);
        else
            i++;
}

/* What is collected begins anew: the lists, and the part sets of the answers in ACTIVITY. */
static void begin_anew(struct run *r, uint32_t activity)
{
    const Lienthong__V1__MultiInstance *m = multiple_of(r, activity);
    const struct value none = {.kind = VALUE_LIST};
    for (size_t i = 0; i < m->n_collects; i++)
        (void)!dossier_set_fact(r->d, m->collects[i]->into, &none); /* nothing takes no room */
    if (m->order)
        (void)!dossier_set_fact(r->d, m->order - 1, &none);
    for (uint32_t i = 0; i < r->p->wire->n_nodes; i++)
        for (size_t k = 0; k < run_node(r, i)->n_returns; k++) {
            uint32_t part = run_node(r, i)->returns[k]->part;
            if (r->p->wire->parts[part]->each && is_of(r, i, activity))
                forget_part(r, part);
        }
}

static struct scope *open_scope(struct run *r, const struct token *t, uint32_t count)
{
    struct scope *s = DOSSIER_APPEND(r->d, scope);
    s->id = r->d->core.next_id++;
    s->node = t->node;
    s->parent = t->scope;
    s->token = t->id;
    s->kind = SCOPE_INSTANCES;
    s->asked = count;
    return s;
}

bool instances_open(struct run *r, uint32_t token)
{
    const struct token *t = dossier_token(r->d, token);
    uint32_t node = t->node;
    const Lienthong__V1__MultiInstance *m = multiple_of(r, node);
    const char *cause = obstacle(r, m);
    struct fault f;
    if (!cause && timer_arm_boundaries(r, t, NULL, &f))
        cause = f.text;
    if (cause) {
        timer_disarm_token(r, token);
        incident_open(r, token, node, 0, cause);
        return true;
    }
    run_trace(r, node, "");
    if (!mark_enter(r, node))
        return false;
    uint32_t count = (uint32_t)r->d->facts[m->over].list.count;
    struct scope *s = open_scope(r, t, count);
    uint32_t scope = s->id;
    set_counts(r, s);
    begin_anew(r, node);
    for (uint32_t i = 0; i < count; i++) {
        struct token *instance = token_new(r, node, scope);
        instance->item = i + 1;
        token_enter_later(r, instance->id);
    }
    return count > 0 || instances_check(r, scope);
}

static struct value literal(const Lienthong__V1__LiteralValue *v)
{
    if (v->is_case == LIENTHONG__V1__LITERAL_VALUE__IS_YES)
        return (struct value){.kind = VALUE_YES_NO, .yes = v->yes};
    return (struct value){.kind = VALUE_TEXT, .text = v->text};
}

/* VALUE goes to the end of list fact INTO. */
static bool append(struct run *r, uint32_t into, const struct value *value)
{
    const struct value *list = &r->d->facts[into];
    size_t count = list->kind == VALUE_LIST ? list->list.count : 0;
    struct value items[INSTANCES_MAX + 1];
    if (count > INSTANCES_MAX - 1)
        count = INSTANCES_MAX - 1; /* cannot be: one for each instance */
    for (size_t i = 0; i < count; i++)
        items[i] = list->list.items[i];
    items[count] = *value;
    struct value longer = {.kind = VALUE_LIST, .list = {.items = items, .count = count + 1}};
    if (!dossier_set_fact(r->d, into, &longer))
        return run_refuse(r, REFUSAL(UNEXPECTED), "fact \"%.100s\": the dossier's facts would take more than %d bytes",
                          r->p->wire->facts[into]->name, DOSSIER_FACTS_SIZE_MAX);
    return true;
}

/* What the answer, or silence, says, and whose it is. */
static bool collect(struct run *r, const Lienthong__V1__MultiInstance *m, uint32_t item, bool silent)
{
    for (size_t i = 0; i < m->n_collects; i++) {
        const Lienthong__V1__Collected *c = m->collects[i];
        struct value value = silent ? literal(c->silence) : r->d->facts[c->fact];
        if (!append(r, c->into, &value))
            return false;
    }
    struct value whose = {.kind = VALUE_TEXT, .text = instances_item(r, m, item - 1)};
    return !m->order || append(r, m->order - 1, &whose);
}

/* An equal share of the room that a delivery has: who answers late finds as much as who answers first. */
static bool fits_share(struct run *r, const struct scope *s, uint32_t declaration, size_t size)
{
    size_t share = PART_SET_SIZE_MAX / s->asked;
    return size <= share ||
           run_refuse(
               r, REFUSAL(PART),
               "part \"%.100s\" takes %zu bytes with the header that proves its author; one of %u may take %zu: put "
               "documents into the repository and refer to them",
               r->p->wire->parts[declaration]->name, size, s->asked, share);
}

bool instances_keep_part(struct run *r, const struct token *token, uint32_t declaration, size_t size)
{
    const struct token *t = token;
    const struct scope *s = dossier_scope(r->d, t->scope);
    for (; s->kind != SCOPE_INSTANCES; s = dossier_scope(r->d, t->scope)) /* process_check: there is one */
        t = dossier_token(r->d, s->token);
    const char *item = instances_item(r, multiple_of(r, s->node), t->item - 1);
    struct part_member *m = NULL;
    if (!fits_share(r, s, declaration, size))
        return false;
    for (uint32_t i = 0; i < r->d->core.member_count && !m; i++)
        if (r->d->members[i].declaration == declaration && strcmp(r->d->members[i].item, item) == 0)
            m = &r->d->members[i];
    if (!m && r->d->core.member_count == DOSSIER_MEMBERS_MAX)
        return run_refuse(r, REFUSAL(PART), "part \"%.100s\": all sets together have %d parts, which is the limit",
                          r->p->wire->parts[declaration]->name, DOSSIER_MEMBERS_MAX);
    if (m) {
        undo_keep_members(r->d);
    } else {
        m = DOSSIER_APPEND(r->d, member);
        m->declaration = declaration;
        memcpy(m->item, item, strlen(item));
    }
    m->sequence = r->d->core.sequence;
    return true;
}

bool instances_check(struct run *r, uint32_t scope)
{
    const struct scope *s = dossier_scope(r->d, scope);
    const Lienthong__V1__MultiInstance *m = multiple_of(r, s->node);
    uint32_t token = s->token, node = s->node;
    bool over = s->answered + s->silent == s->asked;
    struct fault f;
    if (!over && m->completion && fact_holds(r, m->completion - 1, &over, &f)) {
        incident_open(r, token, node, 0, f.text);
        return true;
    }
    if (!over)
        return true;
    scope_clear(r, scope); /* the others are given up */
    if (r->p->nodes[node].undoable && !compensation_keep(r, node, s->parent, scope, 0)) {
        incident_open(r, token, node, 0, "loop: more than 1000 completed activities that could be undone");
        return true;
    }
    scope_remove(r, scope);
    return token_complete(r, token);
}

bool instances_complete(struct run *r, uint32_t token, bool silent)
{
    const struct token *t = dossier_token(r->d, token);
    uint32_t scope = t->scope;
    struct scope *s = dossier_scope(r->d, scope);
    const Lienthong__V1__MultiInstance *m = multiple_of(r, s->node);
    if (!collect(r, m, t->item, silent))
        return false;
    *(silent ? &s->silent : &s->answered) += 1;
    set_counts(r, s);
    token_remove(r, token);
    return instances_check(r, scope);
}

enum fault_code instances_watch(struct run *r, const struct token *token, struct instant due, struct fault *f)
{
    const Lienthong__V1__MultiInstance *m = multiple_of(r, token->node);
    if (!token->item || !m->silence_agrees || timer_of_token(r->d, token->id, token->node))
        return FAULT_NONE;
    return timer_add(r, token->node, token, due, f);
}

bool instances_fall_silent(struct run *r, uint32_t token)
{
    struct step *s = dossier_step_of_token(r->d, token);
    if (!s)
        return true; /* an incident stands in its place */
    if (!s->was_received) {
        incident_open(r, token, s->node, s->position,
                      "the budget is spent, but the agency has not received it: its silence counts for nothing");
        return true;
    }
    struct effect *e = run_effect(r, EFFECT_SILENT, s->node);
    e->text = "no answer within the budget: silence counts as agreement";
    e->step = s->position;
    e->agency = s->agency;
    e->clock = s->clock;
    step_give_up(r, s, true);
    return instances_complete(r, token, true);
}

bool instances_hold(const struct run *r, uint32_t declaration)
{
    for (uint32_t i = 0; i < r->d->core.scope_count; i++) {
        const struct scope *s = &r->d->scopes[i];
        if (s->kind == SCOPE_INSTANCES && multiple_of(r, s->node)->over == declaration)
            return true;
    }
    return false;
}
