/* Messages find the one place that waits for them. */
#include "workflow/run.h"
#include "base/text.h"
#include <string.h>

struct place {
    uint32_t token, node, scope, count;
};

static bool waits_for(const struct run *r, const Lienthong__V1__Node *n)
{
    return node_waits(n) && text_equal(n->operation, r->event->message) && text_equal(n->role, r->event->role);
}

/* Of several instances only the sender's own waits. */
static bool is_senders(const struct run *r, const char *role, const struct token *t)
{
    return !r->p->has_instances || !run_item(r, role, t) || run_resolve_at(r, role, t) == r->event->agency;
}

static void add(const struct run *r, struct place *found, uint32_t node, const struct token *t, uint32_t scope)
{
    if (!t || is_senders(r, run_node(r, node)->role, t))
        *found = (struct place){t ? t->id : 0, node, scope, found->count + 1};
}

/* Events behind the event-based gateway at which T waits. */
static void add_alternatives(const struct run *r, struct place *found, const struct token *t)
{
    const Lienthong__V1__Node *n = run_node(r, t->node);
    for (size_t i = 0; i < n->n_outgoing; i++) {
        uint32_t event = r->p->wire->flows[n->outgoing[i]]->to;
        if (waits_for(r, run_node(r, event)))
            add(r, found, event, t, t->scope);
    }
}

/* A subprocess counts only while its scope is open; a task or receive task while its token rests there. */
static void add_token(const struct run *r, struct place *found, const struct token *t)
{
    const struct node *n = &r->p->nodes[t->node];
    if (n->wire->kind == KIND(EVENT_GATEWAY))
        add_alternatives(r, found, t);
    else if (!node_is_boundary(n->wire) && waits_for(r, n->wire))
        add(r, found, t->node, t, t->scope);
    for (uint32_t b = 0; !t->item && b < n->boundary_count; b++) {
        uint32_t boundary = r->p->boundaries[n->boundary_from + b];
        if (waits_for(r, run_node(r, boundary)))
            add(r, found, boundary, t, t->scope);
    }
}

static void add_handlers(const struct run *r, struct place *found, const struct scope *s)
{
    uint32_t from, count;
    handler_range(r, s, &from, &count);
    for (uint32_t i = from; i < from + count; i++)
        if (waits_for(r, run_node(r, r->p->handlers[i])))
            add(r, found, r->p->handlers[i], dossier_token(r->d, s->token), s->id);
}

static struct place find(const struct run *r)
{
    struct place found = {0};
    for (uint32_t i = 0; i < r->d->core.token_count; i++)
        add_token(r, &found, &r->d->tokens[i]);
    for (uint32_t i = 0; r->p->has_handlers && i < r->d->core.scope_count; i++)
        add_handlers(r, &found, &r->d->scopes[i]);
    return found;
}

/* ACTIVITY: 1 + node; 0: the process. */
static bool is_in(const struct run *r, uint32_t node, uint32_t activity)
{
    for (uint32_t at = node + 1; at; at = run_node(r, at - 1)->scope)
        if (at == activity)
            return true;
    return activity == 0;
}

/* Whether what a boundary event or event subprocess for this message belongs to was under way and is over: some step of it
 * was opened. */
static bool is_over(const struct run *r)
{
    for (uint32_t b = 0; b < r->p->wire->n_nodes; b++) {
        const Lienthong__V1__Node *n = run_node(r, b);
        if ((n->kind != KIND(BOUNDARY_MESSAGE) && n->kind != KIND(ON_MESSAGE)) || !waits_for(r, n))
            continue;
        uint32_t activity = n->attached ? n->attached : run_node(r, n->scope - 1)->scope;
        for (uint32_t i = 0; i < r->d->core.tombstone_count; i++)
            if (is_in(r, r->d->tombstones[i].node, activity))
                return true;
    }
    return false;
}

static bool refuse(struct run *r, uint32_t count)
{
    const char *type = r->event->message ? r->event->message : "", *role = r->event->role ? r->event->role : "";
    if (count > 1)
        return run_refuse(r, REFUSAL(UNEXPECTED),
                          "\"%.100s\" from the role \"%.60s\" is waited for in %u places; the "
                          "definition must tell them apart",
                          type, role, count);
    if (is_over(r))
        return run_refuse(r, REFUSAL(TOO_LATE), "\"%.100s\" comes too late: what it would interrupt is over", type);
    return run_refuse(r, REFUSAL(UNEXPECTED), "the dossier does not wait for \"%.100s\" from the role \"%.60s\" now",
                      type, role);
}

static bool take(struct run *r)
{
    struct place place = find(r);
    if (place.count != 1)
        return refuse(r, place.count);
    const Lienthong__V1__Node *n = run_node(r, place.node);
    if (!fact_take_all(r, n, n->role, true) || !part_take_all(r, n, NULL, n->role, true))
        return false;
    if (n->kind == KIND(BOUNDARY_MESSAGE))
        return boundary_fire(r, place.node, place.token);
    if (n->kind == KIND(ON_MESSAGE))
        return handler_fire(r, place.node, place.scope);
    if (dossier_token(r->d, place.token)->node != place.node)
        return gateway_choose(r, place.token, place.node);
    return token_complete(r, place.token);
}

enum engine_result message_on_event(struct run *r)
{
    if (r->d->core.ended) {
        (void)!run_refuse(r, REFUSAL(DOSSIER_ENDED), "the dossier has ended");
        return ENGINE_REFUSED;
    }
    return take(r) ? ENGINE_APPLIED : ENGINE_REFUSED;
}
