#include "delivery.h"
#include <string.h>

void delivery_delays(int64_t lease_us, int64_t max_us, int64_t delays_us[DELIVERY_DELAYS])
{
    int64_t delay = lease_us;
    for (size_t i = 0; i < DELIVERY_DELAYS; i++) {
        delays_us[i] = delay;
        if (i > 0)
            delay = delay > max_us / 2 ? max_us : delay * 2;
        if (delay < lease_us)
            delay = lease_us; /* the lease bounds from below: another router must not send meanwhile */
    }
}

int64_t delivery_delay(const int64_t delays_us[DELIVERY_DELAYS], unsigned attempts)
{
    size_t index = attempts ? attempts - 1 : 0;
    return delays_us[index < DELIVERY_DELAYS ? index : DELIVERY_DELAYS - 1];
}

struct uuid delivery_id(struct uuid dossier, uint64_t sequence, size_t index, struct instant at)
{
    uint64_t numbers[2] = {sequence, index};
    struct bytes pieces[] = {BYTES("delivery", 8), uuid_bytes(&dossier), BYTES(numbers, sizeof(numbers))};
    struct digest digest = digest_of_all(pieces, LENGTH(pieces));
    digest.bytes[0] =
        (uint8_t)(index >> 8 & 0x0f); /* the first bits after the time: an event's deliveries sort in order */
    digest.bytes[1] = (uint8_t)index;
    return uuid_v7(at, digest.bytes);
}

static Lienthong__V1__Signature *signature_to_wire(const struct signature *s, struct arena *arena)
{
    Lienthong__V1__Signature *wire = arena_alloc(arena, sizeof(*wire));
    lienthong__v1__signature__init(wire);
    wire->key_id.data = (uint8_t *)s->key_id.bytes;
    wire->key_id.len = DIGEST_SIZE;
    wire->value.data = (uint8_t *)s->value;
    wire->value.len = s->value_size;
    wire->leaf_index = s->leaf_index;
    wire->leaf_count = s->leaf_count;
    wire->n_path = s->path_count;
    wire->path = arena_alloc(arena, s->path_count * sizeof(*wire->path));
    for (size_t i = 0; i < s->path_count; i++) {
        wire->path[i].data = (uint8_t *)s->path[i].bytes;
        wire->path[i].len = DIGEST_SIZE;
    }
    return wire;
}

/* The author is whoever signed the envelope that brought the part, or whom that envelope names in turn. */
static const Lienthong__V1__Authorship *authorship(const struct envelope *source, size_t part, struct arena *arena)
{
    const Lienthong__V1__Part *original = envelope_part(source, part);
    if (original->author)
        return original->author;
    struct bytes header = envelope_header_bytes(source);
    Lienthong__V1__Authorship *author = arena_alloc(arena, sizeof(*author));
    lienthong__v1__authorship__init(author);
    author->header.data = (uint8_t *)header.data;
    author->header.len = header.size;
    author->signature = signature_to_wire(envelope_signature(source), arena);
    return author;
}

struct envelope_piece delivery_carried(const struct envelope *source, size_t index, const char *item,
                                       struct arena *arena)
{
    const Lienthong__V1__PartDescriptor *descriptor = envelope_descriptor(source, index);
    const Lienthong__V1__Part *original = envelope_part(source, index);
    struct envelope_piece piece = {
        .name = descriptor->name,
        .type = descriptor->type,
        .roles = (const char *const *)descriptor->roles,
        .role_count = descriptor->n_roles,
        .content = BYTES(original->content.data, original->content.len),
        .author = authorship(source, index, arena),
        .descriptor = descriptor,
        .item = item,
    };
    if (original->salt.len == sizeof(piece.salt))
        memcpy(piece.salt, original->salt.data, sizeof(piece.salt));
    return piece;
}

static enum fault_code piece_from_source(const struct draft_part *part, const struct envelope *source,
                                         struct arena *arena, struct envelope_piece *ret, struct fault *f)
{
    for (size_t i = 0; source && i < envelope_part_count(source); i++)
        if (strcmp(envelope_descriptor(source, i)->name, part->name) == 0) {
            *ret = delivery_carried(source, i, part->item, arena);
            return FAULT_NONE;
        }
    return fault_set(f, FAULT_INTERNAL, "part %s: event %llu of the dossier does not hold it", part->name,
                     (unsigned long long)part->sequence);
}

static struct envelope_piece piece_of_status(const struct draft *d, struct bytes seed)
{
    struct bytes pieces[] = {BYTES("salt", 4), seed, uuid_bytes(&d->id)};
    struct digest salt = digest_of_all(pieces, LENGTH(pieces));
    struct envelope_piece piece = {.name = "status",
                                   .type = "lienthong.v1.StatusUpdate",
                                   .roles = &d->role,
                                   .role_count = d->role ? 1 : 0,
                                   .content = d->status};
    memcpy(piece.salt, salt.bytes, sizeof(piece.salt));
    return piece;
}

enum fault_code delivery_pieces(const struct draft *d, const struct envelope *const *sources, struct bytes seed,
                                struct arena *arena, struct envelope_piece **ret, size_t *ret_count, struct fault *f)
{
    size_t count = 0;
    if (d->part_count + (d->status.data ? 1 : 0) > ENVELOPE_PARTS_MAX)
        return fault_set(f, FAULT_LIMIT, "delivery of %s: %zu parts, limit %d", d->header.type, d->part_count,
                         ENVELOPE_PARTS_MAX);
    struct envelope_piece *pieces = arena_alloc(arena, (d->part_count + 1) * sizeof(*pieces));
    for (size_t i = 0; i < d->part_count; i++)
        if (piece_from_source(&d->parts[i], sources[i], arena, &pieces[count++], f) != FAULT_NONE)
            return fault_wrap(f, "delivery of %s", d->header.type);
    if (d->status.data)
        pieces[count++] = piece_of_status(d, seed);
    *ret = pieces;
    *ret_count = count;
    return FAULT_NONE;
}
