#include "adapter/gather.h"

#include <stdlib.h>

struct gather {
    struct database *database;
    void *context;
    struct gathered *first, **last;
};

static void gather_on_turn(void *context)
{
    gather_turn(context);
}

struct gather *gather_new(struct lt_adapter *a, void *context)
{
    struct gather *g = memory_new(sizeof(*g));
    *g = (struct gather){.database = lt_database(a), .context = context, .last = &g->first};
    lt_add_source(a, (struct lt_source){.turn = gather_on_turn, .context = g});
    return g;
}

static void gather_on_gone(struct request *r, void *context)
{
    struct gathered *one = request_state(r);
    (void)context;
    one->request = NULL;
}

void gather_add(struct gather *g, struct gathered *one, struct request *r)
{
    one->request = r;
    one->next = NULL;
    *g->last = one;
    g->last = &one->next;
    request_set_state(r, one, NULL);
    request_wait(r, gather_on_gone);
}

/* The first COUNT of LIST, in one transaction. */
static enum fault_code gather_write(struct gather *g, struct gathered *const *list, size_t count, struct fault *f)
{
    enum fault_code code = database_begin(g->database, f);
    for (size_t i = 0; code == FAULT_NONE && i < count; i++)
        code = list[i]->write(list[i], g->context, f);
    return database_end(g->database, code, f);
}

static void gather_page(struct gather *g)
{
    struct gathered *list[GATHER_COUNT_MAX];
    struct fault f = {0};
    size_t count = 0;
    for (; g->first && count < LENGTH(list); g->first = g->first->next)
        list[count++] = g->first;
    if (!g->first)
        g->last = &g->first;
    enum fault_code code = gather_write(g, list, count, &f);
    bool alone = code != FAULT_NONE && count > 1;
    for (size_t i = 0; i < count; i++) {
        if (alone) {
            f = (struct fault){0};
            code = gather_write(g, &list[i], 1, &f);
        }
        list[i]->end(list[i], g->context, code, &f);
    }
}

void gather_turn(struct gather *g)
{
    while (g->first)
        gather_page(g);
}

struct gather *gather_free(struct gather *g)
{
    struct fault f = {0};
    if (!g)
        return NULL;
    while (g->first) {
        struct gathered *one = g->first;
        g->first = one->next;
        one->end(one, g->context, fault_set(&f, FAULT_LOST, "the service is being stopped"), &f);
    }
    free(g);
    return NULL;
}
