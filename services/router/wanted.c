#include "wanted.h"
#include "base/text.h"
#include "operations.h"
#include <string.h>

static ProtobufCBinaryData wire(struct bytes b)
{
    return (ProtobufCBinaryData){.len = b.size, .data = (uint8_t *)b.data};
}

static bool has_key(const Lienthong__V1__WantedPart *w, const struct digest *id)
{
    for (size_t i = 0; i < w->n_keys; i++)
        if (memcmp(w->keys[i].data, id->bytes, DIGEST_SIZE) == 0)
            return true;
    return false;
}

/* A role that nobody has, or whose agency has no key, adds none: whoever takes it later is sealed to by the author then. */
static bool add_keys(Lienthong__V1__WantedPart *w, const struct directory *d, uint32_t agency, struct instant now)
{
    const struct digest *keys[WANTED_KEYS_MAX];
    size_t count = agency ? directory_encryption(d, agency, now, keys, LENGTH(keys)) : 0;
    for (size_t i = 0; i < count; i++) {
        if (has_key(w, keys[i]))
            continue;
        if (w->n_keys == WANTED_PART_KEYS_MAX)
            return false;
        w->keys[w->n_keys++] = wire(digest_bytes(keys[i]));
    }
    return true;
}

/* The agencies that the items of LIST pick. */
static void add_items(Lienthong__V1__WantedPart *w, const char *role, const struct value *list,
                      const struct directory *d, struct instant now)
{
    for (size_t i = 0; list->kind == VALUE_LIST && i < list->list.count; i++)
        if (list->list.items[i].kind == VALUE_TEXT)
            (void)add_keys(w, d, directory_resolve(d, role, list->list.items[i].text, now), now);
}

static void add_role(Lienthong__V1__WantedPart *w, const Lienthong__V1__Process *definition, const char *role,
                     const struct directory *d, const struct wanted_where *where, struct instant now)
{
    bool picked = false;
    for (size_t i = 0; i < definition->n_nodes; i++) {
        const Lienthong__V1__MultiInstance *m = definition->nodes[i]->multiple;
        if (!m || !text_equal(m->role, role))
            continue;
        picked = true;
        if (where->facts)
            add_items(w, role, &where->facts[m->over], d, now);
    }
    if (!picked)
        (void)add_keys(w, d, directory_resolve(d, role, where->jurisdiction, now), now);
}

static Lienthong__V1__WantedPart *wanted_part(const Lienthong__V1__PartDeclaration *part, bool optional,
                                              struct arena *arena)
{
    Lienthong__V1__WantedPart *w = arena_alloc(arena, sizeof(*w));
    lienthong__v1__wanted_part__init(w);
    w->name = part->name;
    w->type = part->type;
    w->roles = part->roles;
    w->n_roles = part->n_roles;
    w->sealed = part->sealed;
    w->optional = optional;
    w->keys = arena_alloc(arena, WANTED_PART_KEYS_MAX * sizeof(*w->keys));
    return w;
}

static void add_roles(Lienthong__V1__WantedPart *w, const struct process *process, const struct directory *d,
                      const struct wanted_where *where, struct instant now)
{
    for (size_t i = 0; i < w->n_roles && w->sealed; i++)
        add_role(w, process_definition(process), w->roles[i], d, where, now);
}

struct wanted_list wanted_parts(const struct process *process, Lienthong__V1__PartUse *const *uses, size_t count,
                                const struct directory *d, const struct wanted_where *where, struct instant now,
                                struct arena *arena)
{
    const Lienthong__V1__Process *definition = process_definition(process);
    struct wanted_list list = {.items = arena_alloc(arena, count * sizeof(*list.items))};
    for (size_t i = 0; i < count; i++) {
        list.items[i] = wanted_part(definition->parts[uses[i]->part], uses[i]->optional, arena);
        add_roles(list.items[i], process, d, where, now);
        list.count++;
    }
    return list;
}

/* --- Seals --------------------------------------------------------------------------------------------------------- */

Lienthong__V1__WantedPart *wanted_seal(const struct process *process, uint32_t part, struct arena *arena)
{
    Lienthong__V1__WantedPart *w = wanted_part(process_definition(process)->parts[part], false, arena);
    w->sealed = true;
    return w;
}

bool wanted_seal_to(Lienthong__V1__WantedPart *w, const struct directory *d, uint32_t agency, struct instant now)
{
    return add_keys(w, d, agency, now);
}

void wanted_seal_to_all(Lienthong__V1__WantedPart *w, const struct process *process, const struct directory *d,
                        const struct wanted_where *where, struct instant now)
{
    add_roles(w, process, d, where, now);
}

/* --- Questions ----------------------------------------------------------------------------------------------------- */

static bool takes_message(const Lienthong__V1__Node *n)
{
    switch (n->kind) {
    case LIENTHONG__V1__NODE_KIND__NODE_KIND_START:
    case LIENTHONG__V1__NODE_KIND__NODE_KIND_RECEIVE_TASK:
    case LIENTHONG__V1__NODE_KIND__NODE_KIND_CATCH_MESSAGE:
    case LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_MESSAGE:
    case LIENTHONG__V1__NODE_KIND__NODE_KIND_ON_MESSAGE: return true;
    default: return false;
    }
}

/* Two places never wait for one message, so that the first that takes it is the one. */
static const Lienthong__V1__Node *find_node(const Lienthong__V1__Process *p, const char *type)
{
    for (size_t i = 0; i < p->n_nodes; i++) {
        const Lienthong__V1__Node *n = p->nodes[i];
        bool only_start = text_empty(type) && n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_START && n->scope == 0;
        if (only_start || (takes_message(n) && !text_empty(type) && text_equal(n->operation, type)))
            return n;
    }
    return NULL;
}

static Lienthong__V1__TellWanted *tell_wanted(const struct catalogue *c, const struct directory *d,
                                              const Lienthong__V1__AskWanted *ask, struct instant now,
                                              struct arena *arena)
{
    Lienthong__V1__TellWanted *t = arena_alloc(arena, sizeof(*t));
    lienthong__v1__tell_wanted__init(t);
    const struct catalogue_entry *entry = catalogue_newest(c, ask->procedure);
    if (!entry) {
        t->refusal = (char *)"no such procedure is deployed";
        return t;
    }
    const Lienthong__V1__Process *p = process_definition(entry->process);
    const Lienthong__V1__Node *node = find_node(p, ask->type);
    t->version = entry->version;
    t->jurisdiction_fact = p->jurisdiction_fact;
    if (!node) {
        t->refusal = (char *)"the procedure takes no such message";
        return t;
    }
    const struct wanted_where where = {text_empty(ask->jurisdiction) ? NULL : ask->jurisdiction, NULL};
    struct wanted_list list = wanted_parts(entry->process, node->returns, node->n_returns, d, &where, now, arena);
    t->parts = list.items;
    t->n_parts = list.count;
    return t;
}

static Lienthong__V1__TellCertificates *
tell_certificates(const struct directory *d, const Lienthong__V1__AskCertificates *ask, struct arena *arena)
{
    Lienthong__V1__TellCertificates *t = arena_alloc(arena, sizeof(*t));
    lienthong__v1__tell_certificates__init(t);
    t->certificates = arena_alloc(arena, ask->n_key_ids * sizeof(*t->certificates));
    for (size_t i = 0; i < ask->n_key_ids; i++) {
        struct digest id;
        memcpy(id.bytes, ask->key_ids[i].data, DIGEST_SIZE); /* its length was checked with the packet */
        const struct certificate *certificate = directory_certificate(d, &id);
        if (certificate)
            t->certificates[t->n_certificates++] = wire(certificate_der(certificate));
    }
    return t;
}

void wanted_answer(const struct catalogue *c, const struct directory *d, uint32_t agency, const Lienthong__V1__Ask *ask,
                   struct instant now, struct arena *arena, Lienthong__V1__Tell *ret)
{
    lienthong__v1__tell__init(ret);
    ret->id = ask->id;
    if (ask->is_case == LIENTHONG__V1__ASK__IS_WANTED) {
        ret->is_case = LIENTHONG__V1__TELL__IS_WANTED;
        ret->wanted = tell_wanted(c, d, ask->wanted, now, arena);
    } else if (ask->is_case == LIENTHONG__V1__ASK__IS_OPERATIONS) {
        ret->is_case = LIENTHONG__V1__TELL__IS_OPERATIONS;
        ret->operations = operations_of(c, d, agency, ask->operations, now, arena);
    } else {
        ret->is_case = LIENTHONG__V1__TELL__IS_CERTIFICATES;
        ret->certificates = tell_certificates(d, ask->certificates, arena);
    }
}
