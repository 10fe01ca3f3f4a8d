/* Messages find the one place that waits for them. */
#include "workflow/run.h"
#include "base/text.h"
#include <string.h>

struct place {
    uint32_t token, node, count;
};

static bool waits_for(const struct run *r, const Lienthong__V1__Node *n)
{
    return (n->kind == KIND(CATCH_MESSAGE) || n->kind == KIND(RECEIVE_TASK) || n->kind == KIND(BOUNDARY_MESSAGE)) &&
           text_equal(n->operation, r->event->message) && text_equal(n->role, r->event->role);
}

/* A subprocess counts only while its scope is open; a task or receive task while its token rests there. */
static struct place find(const struct run *r)
{
    struct place found = {0};
    for (uint32_t i = 0; i < r->d->core.token_count; i++) {
        const struct token *t = &r->d->tokens[i];
        const struct node *n = &r->p->nodes[t->node];
        if (n->wire->kind != KIND(BOUNDARY_MESSAGE) && waits_for(r, n->wire))
            found = (struct place){t->id, t->node, found.count + 1};
        for (uint32_t b = 0; b < n->boundary_count; b++) {
            uint32_t boundary = r->p->boundaries[n->boundary_from + b];
            if (waits_for(r, run_node(r, boundary)))
                found = (struct place){t->id, boundary, found.count + 1};
        }
    }
    return found;
}

static bool is_in(const struct run *r, uint32_t node, uint32_t activity)
{
    for (uint32_t at = node + 1; at; at = run_node(r, at - 1)->scope)
        if (at == activity + 1)
            return true;
    return false;
}

/* Whether the activity of a boundary event for this message was under way and is over: some step of it was opened. */
static bool is_over(const struct run *r)
{
    for (uint32_t b = 0; b < r->p->wire->n_nodes; b++) {
        const Lienthong__V1__Node *n = run_node(r, b);
        if (n->kind != KIND(BOUNDARY_MESSAGE) || !waits_for(r, n))
            continue;
        for (uint32_t i = 0; i < r->d->core.tombstone_count; i++)
            if (is_in(r, r->d->tombstones[i].node, n->attached - 1))
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
    if (!fact_take_all(r, n, n->role, true) || !part_take_all(r, n, n->role, true))
        return false;
    if (n->kind == KIND(BOUNDARY_MESSAGE))
        return boundary_fire(r, place.node, place.token);
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
