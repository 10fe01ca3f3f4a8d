#include "adapter/delivery.h"

#include "base/fence.h"
#include "base/text.h"

#define DELIVERY_ARENA_SIZE_MAX (16 << 20)

static struct delivery *delivery_of(const struct lt_delivery *seen)
{
    return (struct delivery *)seen;
}

enum fault_code delivery_open(struct delivery *d, const struct journal_duty *duty, struct fault *f)
{
    *d = (struct delivery){.envelope = NULL};
    enum fault_code code = envelope_decode(duty->envelope, &d->envelope, NULL, f);
    if (code)
        return fault_wrap(f, "a journalled delivery");
    arena_init(&d->arena, DELIVERY_ARENA_SIZE_MAX);
    d->seen = (struct lt_delivery){.header = envelope_header(d->envelope),
                                   .dossier = envelope_dossier_id(d->envelope),
                                   .step = envelope_step_id(d->envelope),
                                   .message = duty->message,
                                   .operation = envelope_header(d->envelope)->type,
                                   .arrived = duty->arrived,
                                   .attempt = duty->attempts + 1};
    return FAULT_NONE;
}

void delivery_close(struct delivery *d)
{
    envelope_free(d->envelope);
    arena_clear(&d->arena);
}

const struct envelope *delivery_envelope(const struct lt_delivery *d)
{
    return delivery_of(d)->envelope;
}

void delivery_answered(struct lt_delivery *d)
{
    delivery_of(d)->answered = true;
}

static bool find_part(const struct delivery *d, const char *name, size_t *ret)
{
    for (size_t i = 0; i < envelope_part_count(d->envelope); i++)
        if (text_equal(envelope_descriptor(d->envelope, i)->name, name)) {
            *ret = i;
            return true;
        }
    return false;
}

struct bytes lt_part(const struct lt_delivery *seen, const char *name, const char **author)
{
    struct delivery *d = delivery_of(seen);
    Lienthong__V1__Header *header;
    struct digest key;
    size_t part;

    if (!find_part(d, name, &part))
        return BYTES(NULL, 0);
    if (author)
        *author =
            envelope_author(d->envelope, part, &d->arena, &header, &key, NULL) ? seen->header->sender : header->sender;
    return envelope_part_content(d->envelope, name);
}

enum fault_code lt_part_unpack(const struct lt_delivery *seen, const char *name,
                               const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret, struct fault *f)
{
    struct delivery *d = delivery_of(seen);
    size_t part;

    if (!find_part(d, name, &part))
        return fault_set(f, FAULT_NOT_FOUND, "%s came without the part %s", seen->operation, name);
    if (!text_equal(envelope_descriptor(d->envelope, part)->type, descriptor->name))
        return fault_set(f, FAULT_MALFORMED, "part %s is a %s, not a %s", name,
                         envelope_descriptor(d->envelope, part)->type, descriptor->name);
    enum fault_code code =
        fence_unpack(envelope_part_content(d->envelope, name), descriptor, FENCE_LIMITS_DEFAULT, &d->arena, ret, f);
    if (code == FAULT_LIMIT && f)
        f->code = FAULT_MALFORMED;
    if (!code)
        return FAULT_NONE;
    fault_wrap(f, "part %s", name);
    return FAULT_MALFORMED;
}

const Lienthong__V1__Value *lt_fact(const struct lt_delivery *d, const char *name)
{
    for (size_t i = 0; i < d->header->n_facts; i++)
        if (text_equal(d->header->facts[i]->name, name))
            return d->header->facts[i]->value;
    return NULL;
}
