#include "rights.h"
#include "base/arena.h"
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The acts of one name, newest first. */
struct slot {
    struct right_name name; /* procedure NULL: empty */
    const struct right_act *acts;
    size_t count;
};

struct rights {
    struct arena arena; /* texts */
    struct right_act *acts;
    struct slot *slots;
    size_t mask; /* slots - 1, a power of two */
};

/* FNV-1a, 64 bits. The names are an officer's, not a stranger's. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static uint64_t hash_of(const struct right_name *n)
{
    uint64_t hash = hash_text(UINT64_C(0xcbf29ce484222325), n->procedure);
    hash = hash_text(hash, n->sender);
    hash = hash_text(hash, n->type);
    return hash_text(hash, n->recipient);
}

static int name_compare(const struct right_name *a, const struct right_name *b)
{
    int order = strcmp(a->procedure, b->procedure);
    order = order ? order : strcmp(a->sender, b->sender);
    order = order ? order : strcmp(a->type, b->type);
    return order ? order : strcmp(a->recipient, b->recipient);
}

static int act_compare(const void *a, const void *b)
{
    const struct right_act *x = a, *y = b;
    int order = name_compare(&x->name, &y->name);
    return order ? order : x->id < y->id ? 1 : -1;
}

/* Its slot, or the empty one where it belongs. */
static struct slot *slot_of(const struct rights *r, const struct right_name *name)
{
    size_t i = hash_of(name) & r->mask;
    while (r->slots[i].name.procedure && name_compare(&r->slots[i].name, name) != 0)
        i = (i + 1) & r->mask;
    return &r->slots[i];
}

static void copy_acts(struct rights *r, const struct right_act *acts, size_t count)
{
    r->acts = memory_array(count ? count : 1, sizeof(*r->acts));
    for (size_t i = 0; i < count; i++) {
        r->acts[i] = acts[i];
        r->acts[i].name = (struct right_name){
            arena_text(&r->arena, acts[i].name.procedure), arena_text(&r->arena, acts[i].name.sender),
            arena_text(&r->arena, acts[i].name.type), arena_text(&r->arena, acts[i].name.recipient)};
    }
    qsort(r->acts, count, sizeof(*r->acts), act_compare);
}

struct rights *rights_new(const struct right_act *acts, size_t count)
{
    struct rights *r = memory_new(sizeof(*r));
    size_t slots = 16;
    while (slots < 2 * count)
        slots *= 2;
    arena_init(&r->arena, SIZE_MAX / 4);
    copy_acts(r, acts, count);
    r->slots = memory_array(slots, sizeof(*r->slots));
    r->mask = slots - 1;
    for (size_t i = 0; i < count; i++) {
        struct slot *s = slot_of(r, &r->acts[i].name);
        if (!s->name.procedure)
            *s = (struct slot){.name = r->acts[i].name, .acts = &r->acts[i]};
        s->count++;
    }
    return r;
}

struct rights *rights_free(struct rights *r)
{
    if (!r)
        return NULL;
    free(r->acts);
    free(r->slots);
    arena_clear(&r->arena);
    free(r);
    return NULL;
}

static bool includes(const struct right_act *a, struct instant at)
{
    return a->from.us <= at.us && at.us < a->until.us;
}

static const struct right_act *newest_at(const struct slot *s, struct instant at)
{
    for (size_t i = 0; i < s->count; i++)
        if (includes(&s->acts[i], at))
            return &s->acts[i];
    return NULL;
}

static const struct slot nothing;

/* The slots of NAME itself, and of its like in every procedure. */
static void both_slots(const struct rights *r, const struct right_name *name, const struct slot *ret[2])
{
    struct right_name any = *name;
    any.procedure = RIGHT_ANY_PROCEDURE;
    ret[0] = slot_of(r, name);
    ret[1] = slot_of(r, &any);
    if (ret[0] == ret[1])
        ret[1] = &nothing;
}

static const struct right_act *decider(const struct slot *const slots[2], struct instant at)
{
    const struct right_act *own = newest_at(slots[0], at), *any = newest_at(slots[1], at);
    return own && any ? (own->id > any->id ? own : any) : own ? own : any;
}

bool rights_allow(const struct rights *r, const struct right_name *name, struct instant at)
{
    const struct slot *slots[2];
    both_slots(r, name, slots);
    const struct right_act *act = decider(slots, at);
    return act && act->granted;
}

/* As far as newer acts let it stand. */
static struct instant end_of(const struct slot *const slots[2], const struct right_act *act, struct instant at)
{
    struct instant until = act->until;
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < slots[k]->count; i++) {
            const struct right_act *newer = &slots[k]->acts[i];
            if (newer->id > act->id && newer->from.us > at.us && newer->from.us < until.us)
                until = newer->from;
        }
    return until;
}

/* Denied at AT: what is to come before what was. */
static struct right why_denied(const struct slot *const slots[2], const struct right_act *denial, struct instant at)
{
    struct right right = {.state = RIGHT_NONE};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < slots[k]->count; i++) {
            const struct right_act *a = &slots[k]->acts[i];
            bool sooner = right.state != RIGHT_NOT_YET || a->from.us < right.from.us;
            const struct right_act *then = decider(slots, a->from);
            if (a->granted && a->from.us > at.us && sooner && then && then->granted)
                right = (struct right){RIGHT_NOT_YET, a->from, {0}};
            else if (a->granted && a->from.us <= at.us && right.state == RIGHT_NONE)
                right = (struct right){RIGHT_ENDED, {0}, denial ? denial->from : a->until};
        }
    return right;
}

struct right rights_look(const struct rights *r, const struct right_name *name, struct instant at)
{
    const struct slot *slots[2];
    both_slots(r, name, slots);
    const struct right_act *act = decider(slots, at);
    if (act && act->granted)
        return (struct right){RIGHT_HOLDS, act->from, end_of(slots, act, at)};
    return why_denied(slots, act, at);
}

void right_explain(struct right right, const struct right_name *name, char *text, size_t size)
{
    char at[INSTANT_TEXT_SIZE] = "", when[INSTANT_TEXT_SIZE + 40] = "";
    if (right.state == RIGHT_NOT_YET) {
        instant_print(right.from, at);
        snprintf(when, sizeof(when), " before %s", at);
    } else if (right.state == RIGHT_ENDED) {
        instant_print(right.until, at);
        snprintf(when, sizeof(when), " since %s", at);
    }
    snprintf(
        text, size,
        "no right lets %.40s have %.60s reach %.40s in %.20s%s; a security officer gives it: lt rights grant %.20s "
        "%.40s %.60s %.40s",
        name->sender, name->type, name->recipient, name->procedure, when, name->procedure, name->sender, name->type,
        name->recipient);
}
