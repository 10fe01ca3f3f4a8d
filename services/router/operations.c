#include "operations.h"
#include "base/memory.h"
#include "base/text.h"
#include "workflow/needs.h"

struct telling {
    const struct directory *directory;
    uint32_t agency;
    struct instant now;
    struct arena *arena;
    uint32_t skip; /* so many more belong to earlier pages */
    Lienthong__V1__TellOperations *tell;
};

static void add_recipients(struct telling *t, const char *role, Lienthong__V1__Operation *o)
{
    uint32_t agencies[OPERATIONS_RECIPIENTS_MAX];
    size_t count = directory_with_role(t->directory, role, t->now, agencies, LENGTH(agencies));
    o->recipients = arena_alloc(t->arena, (count + 1) * sizeof(*o->recipients));
    for (size_t i = 0; i < count; i++) {
        const char *code = directory_code_of_agency(t->directory, agencies[i], t->now);
        if (code)
            o->recipients[o->n_recipients++] = (char *)code;
    }
}

static void add(struct telling *t, const struct catalogue_entry *entry, const struct need *need,
                const struct right *right)
{
    if (t->skip) {
        t->skip--;
        return;
    }
    if (t->tell->n_operations == OPERATIONS_PAGE) {
        t->tell->more = true;
        return;
    }
    Lienthong__V1__Operation *o = arena_alloc(t->arena, sizeof(*o));
    lienthong__v1__operation__init(o);
    o->procedure = (char *)entry->procedure;
    o->version = entry->version;
    o->type = (char *)need->type;
    o->sender_role = (char *)need->sender;
    o->recipient_role = (char *)need->recipient;
    o->from_us = right->from.us > 0 ? right->from.us : 0;
    o->until_us = right->until.us == INT64_MAX ? 0 : right->until.us;
    o->personal = need->personal;
    if (!text_equal(need->recipient, NEED_ROUTER))
        add_recipients(t, need->recipient, o);
    t->tell->operations[t->tell->n_operations++] = o;
}

static void add_procedure(struct telling *t, const struct catalogue_entry *entry)
{
    OWNED_ARENA scratch; /* what is told borrows from the definition alone */
    struct need *needs;
    arena_init(&scratch, SIZE_MAX / 4); /* bounded by PROCESS_NODES_MAX */
    size_t count = needs_of(process_definition(entry->process), &scratch, &needs);
    for (size_t i = 0; i < count && !t->tell->more; i++) {
        const struct right_name name = {entry->procedure, needs[i].sender, needs[i].type, needs[i].recipient};
        if (!directory_has_role(t->directory, t->agency, needs[i].sender, NULL, t->now))
            continue;
        struct right right = rights_look(directory_rights(t->directory), &name, t->now);
        if (right.state == RIGHT_HOLDS || right.state == RIGHT_NOT_YET)
            add(t, entry, &needs[i], &right);
    }
}

Lienthong__V1__TellOperations *operations_of(const struct catalogue *c, const struct directory *d, uint32_t agency,
                                             const Lienthong__V1__AskOperations *ask, struct instant now,
                                             struct arena *arena)
{
    struct telling t = {.directory = d,
                        .agency = agency,
                        .now = now,
                        .arena = arena,
                        .skip = ask->after,
                        .tell = arena_alloc(arena, sizeof(*t.tell))};
    lienthong__v1__tell_operations__init(t.tell);
    t.tell->operations = arena_alloc(arena, OPERATIONS_PAGE * sizeof(*t.tell->operations));
    if (!text_empty(ask->procedure)) {
        const struct catalogue_entry *one = catalogue_newest(c, ask->procedure);
        if (one)
            add_procedure(&t, one);
        return t.tell;
    }
    for (const struct catalogue_entry *e = catalogue_next(c, NULL); e && !t.tell->more;
         e = catalogue_next(c, e->procedure))
        add_procedure(&t, e);
    return t.tell;
}
