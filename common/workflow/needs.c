#include "workflow/needs.h"
#include "base/memory.h"
#include "base/text.h"

#define KIND(kind_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##kind_

static const char *const commands[] = {"dossier.retry", "dossier.correct", "dossier.skip", "dossier.resend",
                                       "dossier.abort"};

struct list {
    struct need *items;
    size_t count;
};

static void add(struct list *l, const char *sender, const char *type, const char *recipient, bool personal)
{
    for (size_t i = 0; i < l->count; i++) {
        struct need *n = &l->items[i];
        if (text_equal(n->sender, sender) && text_equal(n->type, type) && text_equal(n->recipient, recipient)) {
            n->personal |= personal;
            return;
        }
    }
    l->items[l->count++] = (struct need){sender, type, recipient, personal};
}

static bool is_start(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(START) && n->scope == 0;
}

static bool waits_for_message(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(RECEIVE_TASK) || n->kind == KIND(CATCH_MESSAGE) || n->kind == KIND(BOUNDARY_MESSAGE) ||
           n->kind == KIND(ON_MESSAGE);
}

static bool is_said_to_role(const Lienthong__V1__Node *n)
{
    return n->kind == KIND(SERVICE_TASK) || n->kind == KIND(USER_TASK) || n->kind == KIND(SEND_TASK) ||
           n->kind == KIND(END_MESSAGE);
}

static const char *type_of_start(const Lienthong__V1__Node *n)
{
    return text_empty(n->operation) ? NEED_SUBMISSION : n->operation;
}

const char *needs_submission(const Lienthong__V1__Process *p, const char *type)
{
    const Lienthong__V1__Node *only = NULL;
    for (size_t i = 0; i < p->n_nodes; i++) {
        const Lienthong__V1__Node *n = p->nodes[i];
        if (!is_start(n))
            continue;
        if (!text_empty(type) && text_equal(n->operation, type))
            return n->operation;
        only = only ? only : n;
    }
    return only ? type_of_start(only) : NEED_SUBMISSION;
}

bool needs_purpose(const Lienthong__V1__Process *p)
{
    for (size_t i = 0; i < p->n_nodes; i++)
        if (p->nodes[i]->personal)
            return true;
    return false;
}

/* What is done because SENDER has opened the dossier. */
static void add_opened_by(struct list *l, const Lienthong__V1__Process *p, const char *sender)
{
    for (size_t i = 0; i < p->n_nodes; i++) {
        const Lienthong__V1__Node *n = p->nodes[i];
        if (is_said_to_role(n) && !text_empty(n->role))
            add(l, sender, n->operation, n->role, n->personal);
    }
    for (size_t i = 0; i < p->n_inform_roles; i++)
        add(l, sender, NEED_STATUS, p->inform_roles[i], false);
}

size_t needs_of(const Lienthong__V1__Process *p, struct arena *arena, struct need **ret)
{
    size_t openers = p->n_trigger_roles + 1;
    struct list l = {.items = arena_alloc(
                         arena, (openers * (2 * p->n_nodes + p->n_inform_roles + 1) + p->n_nodes + LENGTH(commands)) *
                                    sizeof(struct need))};
    bool begins = false;
    *ret = l.items;
    if (!l.items)
        return 0;
    for (size_t i = 0; i < p->n_nodes; i++) {
        begins |= p->nodes[i]->kind == KIND(START_TIMER);
        for (size_t k = 0; k < p->n_trigger_roles && is_start(p->nodes[i]); k++)
            add(&l, p->trigger_roles[k], type_of_start(p->nodes[i]), NEED_ROUTER, false);
    }
    for (size_t i = 0; i < p->n_nodes; i++)
        if (waits_for_message(p->nodes[i]) && !text_empty(p->nodes[i]->role))
            add(&l, p->nodes[i]->role, p->nodes[i]->operation, NEED_ROUTER, false);
    for (size_t k = 0; k < p->n_trigger_roles; k++)
        add_opened_by(&l, p, p->trigger_roles[k]);
    if (begins)
        add_opened_by(&l, p, NEED_ROUTER);
    for (size_t i = 0; i < LENGTH(commands); i++)
        add(&l, NEED_OPERATOR, commands[i], NEED_ROUTER, false);
    return l.count;
}
