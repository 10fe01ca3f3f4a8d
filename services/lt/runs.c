#include "runs.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t chain;
    uint64_t height, stamped;
};

struct runs {
    struct place *places;
    size_t count, room;
    bool sorted;
};

struct runs *runs_new(void)
{
    return memory_new(sizeof(struct runs));
}

struct runs *runs_free(struct runs *r)
{
    if (r)
        free(r->places);
    free(r);
    return NULL;
}

void runs_add(struct runs *r, uint32_t chain, uint64_t height)
{
    if (r->count && r->places[r->count - 1].chain == chain && r->places[r->count - 1].height == height)
        return;
    if (r->count == r->room) {
        r->room = r->room ? 2 * r->room : 64;
        r->places = memory_grow(r->places, r->room, sizeof(*r->places));
    }
    r->places[r->count++] = (struct place){chain, height, 0};
    r->sorted = false;
}

static int place_compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    return x->chain != y->chain ? (x->chain > y->chain) - (x->chain < y->chain)
                                : (x->height > y->height) - (x->height < y->height);
}

static void sort(struct runs *r)
{
    size_t kept = 0;
    if (r->sorted)
        return;
    if (r->count)
        qsort(r->places, r->count, sizeof(*r->places), place_compare);
    for (size_t i = 0; i < r->count; i++)
        if (kept == 0 || place_compare(&r->places[kept - 1], &r->places[i]) != 0)
            r->places[kept++] = r->places[i];
    r->count = kept;
    r->sorted = true;
}

size_t runs_count(struct runs *r)
{
    sort(r);
    return r->count;
}

void runs_at(struct runs *r, size_t index, uint32_t *ret_chain, uint64_t *ret_height)
{
    sort(r);
    *ret_chain = r->places[index].chain;
    *ret_height = r->places[index].height;
}

void runs_stamp(struct runs *r, size_t index, uint64_t stamped)
{
    sort(r);
    r->places[index].stamped = stamped;
}

static uint64_t end_of(const struct place *p)
{
    return p->stamped > p->height ? p->stamped : p->height;
}

size_t runs_plan(struct runs *r, uint64_t gap, struct lines_run **ret)
{
    size_t count = 0;
    sort(r);
    struct lines_run *list = memory_array(r->count + 1, sizeof(*list));
    for (size_t i = 0; i < r->count; i++) {
        const struct place *p = &r->places[i];
        struct lines_run *last = count ? &list[count - 1] : NULL;
        if (last && last->chain == p->chain && p->height <= last->last + gap) {
            if (end_of(p) > last->last)
                last->last = end_of(p);
        } else {
            list[count++] = (struct lines_run){p->chain, p->height > 1 ? p->height - 1 : 1, end_of(p)};
        }
    }
    *ret = list;
    return count;
}

static int block_compare(const void *a, const void *b)
{
    const struct lines_block *x = a, *y = b;
    return x->chain != y->chain ? (x->chain > y->chain) - (x->chain < y->chain)
                                : (x->height > y->height) - (x->height < y->height);
}

size_t runs_signed(struct runs *r, struct lines_block **ret)
{
    size_t count = 0, kept = 0;
    sort(r);
    struct lines_block *list = memory_array(2 * r->count + 1, sizeof(*list));
    for (size_t i = 0; i < r->count; i++) {
        const struct place *p = &r->places[i];
        list[count++] = (struct lines_block){.chain = p->chain, .height = p->height};
        if (p->stamped)
            list[count++] = (struct lines_block){.chain = p->chain, .height = p->stamped, .stamped = true};
    }
    if (count)
        qsort(list, count, sizeof(*list), block_compare);
    for (size_t i = 0; i < count; i++) {
        if (kept && block_compare(&list[kept - 1], &list[i]) == 0)
            list[kept - 1].stamped = list[kept - 1].stamped || list[i].stamped;
        else
            list[kept++] = list[i];
    }
    *ret = list;
    return kept;
}
