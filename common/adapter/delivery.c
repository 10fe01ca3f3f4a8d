#include "adapter/delivery.h"

#include "adapter/credentials.h"
#include "base/fence.h"
#include "base/text.h"
#include "trust/keyfile.h"

#include <stdlib.h>

#define DELIVERY_ARENA_SIZE_MAX (16 << 20)

static struct delivery *delivery_of(const struct lt_delivery *seen)
{
    return (struct delivery *)seen;
}

void delivery_open(struct delivery *d, const struct credentials *credentials, const struct envelope *e,
                   struct instant arrived, unsigned attempt)
{
    *d = (struct delivery){.envelope = e,
                           .credentials = credentials,
                           .parts = memory_array(envelope_part_count(e), sizeof(*d->parts)),
                           .seen = {.header = envelope_header(e),
                                    .dossier = envelope_dossier_id(e),
                                    .step = envelope_step_id(e),
                                    .message = envelope_message_id(e),
                                    .operation = envelope_header(e)->type,
                                    .arrived = arrived,
                                    .attempt = attempt}};
    arena_init(&d->arena, DELIVERY_ARENA_SIZE_MAX);
}

void delivery_close(struct delivery *d)
{
    for (size_t i = 0; i < envelope_part_count(d->envelope); i++)
        keyfile_wipe(&d->parts[i].plain);
    free(d->parts);
    arena_clear(&d->arena);
}

const struct envelope *delivery_envelope(const struct lt_delivery *d)
{
    return delivery_of(d)->envelope;
}

struct uuid delivery_answer(const struct lt_delivery *d)
{
    return delivery_of(d)->answer;
}

void delivery_answered(struct lt_delivery *d, struct uuid answer)
{
    delivery_of(d)->answer = answer;
}

enum fault_code delivery_check(const struct delivery *d, enum lt_result result, struct fault *f)
{
    bool answered = !uuid_is_nil(d->answer);

    if (d->closed.code)
        return fault_set(f, d->closed.code, "%s", d->closed.text);
    if (result == LT_DONE && d->seen.header->kind == KIND(TASK) && !answered)
        return fault_set(f, FAULT_INTERNAL, "the handler of %s said LT_DONE without an answer", d->seen.operation);
    if (result == LT_OPEN && answered)
        return fault_set(f, FAULT_INTERNAL, "the handler of %s said LT_OPEN after an answer", d->seen.operation);
    return FAULT_NONE;
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

/* The plain text of a part, opened when it is first asked for: a seal costs more than all else, and not every handler reads
 * every part. What cannot be opened is empty, and undoes the handler whatever it makes of that (delivery_check). */
static struct bytes plain_of(struct delivery *d, size_t part)
{
    struct opened *o = &d->parts[part];
    const Lienthong__V1__Part *carried = envelope_part(d->envelope, part);
    size_t count;
    const struct seal_pair *pairs = credentials_pairs(d->credentials, &count);

    if (!envelope_descriptor(d->envelope, part)->sealed)
        return BYTES(carried->content.data, carried->content.len);
    if (!o->is && !d->closed.code) {
        o->plain = BUFFER(ENVELOPE_SIZE_MAX);
        o->is = envelope_open_part(d->envelope, part, pairs, count, &o->plain, &d->closed) == FAULT_NONE;
    }
    return o->is ? BYTES(o->plain.data ? o->plain.data : (const uint8_t *)"", o->plain.size) : BYTES(NULL, 0);
}

static const char *author_of(struct delivery *d, size_t part)
{
    Lienthong__V1__Header *header;
    struct digest key;

    return envelope_author(d->envelope, part, &d->arena, &header, &key, NULL) ? d->seen.header->sender : header->sender;
}

bool lt_part_member(const struct lt_delivery *seen, const char *name, size_t index, struct lt_member *ret)
{
    struct delivery *d = delivery_of(seen);

    for (size_t i = 0; i < envelope_part_count(d->envelope); i++) {
        const Lienthong__V1__PartDescriptor *descriptor = envelope_descriptor(d->envelope, i);
        if (!text_equal(descriptor->name, name) || index-- > 0)
            continue;
        *ret = (struct lt_member){descriptor->item, author_of(d, i), plain_of(d, i)};
        return true;
    }
    return false;
}

struct bytes lt_part(const struct lt_delivery *seen, const char *name, const char **author)
{
    struct delivery *d = delivery_of(seen);
    size_t part;

    if (!find_part(d, name, &part))
        return BYTES(NULL, 0);
    if (author)
        *author = author_of(d, part);
    return plain_of(d, part);
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
    struct bytes plain = plain_of(d, part);
    if (d->closed.code)
        return fault_set(f, d->closed.code, "%s", d->closed.text);
    enum fault_code code = fence_unpack(plain, descriptor, FENCE_LIMITS_DEFAULT, &d->arena, ret, f);
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
