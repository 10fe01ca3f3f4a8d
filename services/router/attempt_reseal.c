/* Parts that whoever is given them cannot open: its agency became competent, or has another key, since they were written. The router has no
 * key to them. The delivery waits, with the parts that it lacks named in its row; each part's author is asked to seal it anew, to all who may
 * read it now; and what the author says replaces the part in all deliveries that wait for it. Requests are in no order with other
 * deliveries, or two agencies could wait for each other. */
#include "attempt.h"
#include "base/fence.h"
#include "base/text.h"
#include "wanted.h"
#include <stdio.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_
#define REFUSE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define UNSEALED_SIZE 400
#define CAUSE_SIZE 700
#define REQUEST_TYPE "dossier.reseal"
#define REQUEST_INDEX 2048 /* in delivery_id, behind what an event itself has to say */

/* --- Who can open what --------------------------------------------------------------------------------------------- */

static struct digest key_of(ProtobufCBinaryData id)
{
    struct digest key = {{0}};
    if (id.len == DIGEST_SIZE)
        memcpy(key.bytes, id.data, DIGEST_SIZE);
    return key;
}

/* To a key that is in force; or, while the agency has none, to one that was. */
static bool opens(const struct directory *directory, struct instant now, const Lienthong__V1__PartDescriptor *d,
                  uint32_t agency)
{
    const struct digest *any;
    bool once = !d->sealed;
    for (size_t i = 0; i < d->n_recipients; i++) {
        struct digest key = key_of(d->recipients[i]);
        enum directory_reader reader = directory_reads(directory, agency, &key, now);
        if (reader == DIRECTORY_READS)
            return true;
        once |= reader == DIRECTORY_READ_ONCE;
    }
    return once && (!d->sealed || directory_encryption(directory, agency, now, &any, 1) == 0);
}

/* What the router itself says is open to its recipient. */
static bool lacks(const struct attempt *a, const struct envelope_piece *piece, uint32_t agency)
{
    return piece->author && !opens(a->router->directory, a->now, piece->descriptor, agency);
}

/* --- Authors ------------------------------------------------------------------------------------------------------- */

struct author {
    const char *code;
    uint32_t agency; /* 0: there is none any more */
};

static struct author author_of(struct attempt *a, const struct envelope_piece *piece)
{
    static const struct fence_limits limits = {ENVELOPE_HEADER_SIZE_MAX, 5, 12000};
    ProtobufCMessage *message;
    struct fault f;
    struct bytes header = BYTES(piece->author->header.data, piece->author->header.len);
    if (fence_unpack(header, &lienthong__v1__header__descriptor, limits, &a->arena, &message, &f) != FAULT_NONE)
        return (struct author){"?", 0}; /* it was read before: cannot be */
    const Lienthong__V1__Header *h = (const Lienthong__V1__Header *)message;
    const struct directory *d = a->router->directory;
    uint32_t agency = directory_agency_of_code(d, h->sender, (struct instant){h->happened_us});
    bool there = agency && directory_code_of_agency(d, agency, a->now);
    return (struct author){h->sender, there ? agency : 0};
}

/* --- Requests ------------------------------------------------------------------------------------------------------ */

static bool same_digest(ProtobufCBinaryData a, ProtobufCBinaryData b)
{
    return bytes_equal(BYTES(a.data, a.len), BYTES(b.data, b.len));
}

static bool seals_to(const struct attempt *a, const Lienthong__V1__Header *request, uint32_t agency)
{
    bool wanted = false;
    for (size_t i = 0; i < request->returns[0]->n_keys && !wanted; i++) {
        struct digest key = key_of(request->returns[0]->keys[i]);
        wanted = directory_reads(a->router->directory, agency, &key, a->now) == DIRECTORY_READS;
    }
    return wanted;
}

/* For the same text and the same reader, and not received yet. */
static bool is_asked(const struct attempt *a, const struct draft *of, const struct author *author,
                     const Lienthong__V1__PartDescriptor *d)
{
    for (size_t i = 0; i < a->loaded.seal_count; i++) {
        const struct loaded_seal *s = &a->loaded.seals[i];
        struct envelope *e = NULL;
        if (s->kind != KIND(RESEAL_REQUEST) || s->agency != author->agency || !uuid_equal(s->dossier, of->dossier) ||
            envelope_decode(s->envelope, &e, NULL, NULL) != FAULT_NONE)
            continue;
        bool same = same_digest(envelope_descriptor(e, 0)->salted_digest, d->salted_digest) &&
                    seals_to(a, envelope_header(e), of->agency);
        envelope_free(e);
        if (same)
            return true;
    }
    return false;
}

/* One of this batch, for the same text, takes the reader as well: many are asked at once, as of an opinion. */
static bool is_joined(struct attempt *a, const struct draft *of, const struct author *author,
                      const Lienthong__V1__PartDescriptor *d)
{
    for (size_t i = 0; i < a->drafts.count; i++) {
        const struct draft *request = &a->drafts.items[i];
        if (request->header.kind == KIND(RESEAL_REQUEST) && request->agency == author->agency &&
            uuid_equal(request->dossier, of->dossier) &&
            same_digest(request->pieces[0].descriptor->salted_digest, d->salted_digest) &&
            wanted_seal_to(request->header.returns[0], a->router->directory, of->agency, a->now))
            return true;
    }
    return false;
}

static ProtobufCBinaryData keep_id(struct attempt *a, struct uuid id)
{
    struct bytes copy = arena_bytes(&a->arena, uuid_bytes(&id));
    return (ProtobufCBinaryData){.len = copy.size, .data = (uint8_t *)copy.data};
}

static size_t requests_of(const struct attempt *a, struct uuid dossier)
{
    size_t count = 0;
    for (size_t i = 0; i < a->writes.outbox.count; i++)
        count += a->writes.outbox.items[i].kind == (int)KIND(RESEAL_REQUEST) &&
                 uuid_equal(a->writes.outbox.items[i].dossier, dossier);
    return count;
}

static void request_header(struct attempt *a, const struct held *h, const struct draft *of,
                           const struct envelope_piece *piece, struct draft *d)
{
    Lienthong__V1__Header *header = &d->header;
    const char *code = directory_code_of_agency(a->router->directory, d->agency, a->now);
    int part = process_find_part(h->process->process, piece->name);
    lienthong__v1__header__init(header);
    header->message_id = keep_id(a, d->id);
    header->dossier_id = keep_id(a, d->dossier);
    header->sender = (char *)ENVELOPE_ROUTER;
    header->recipient = (char *)code;
    header->kind = KIND(RESEAL_REQUEST);
    header->type = (char *)REQUEST_TYPE;
    header->happened_us = a->now.us;
    header->sequence = of->header.sequence;
    header->traceparent = of->header.traceparent;
    header->purpose = of->header.purpose;
    header->returns = arena_alloc(&a->arena, sizeof(*header->returns));
    header->returns[0] = wanted_seal(h->process->process, (uint32_t)part, &a->arena);
    header->n_returns = 1;
    (void)wanted_seal_to(header->returns[0], a->router->directory, of->agency,
                         a->now); /* there is room for the first */
}

/* The lists of drafts and rows may move. */
static void request(struct attempt *a, const struct held *h, size_t index, const struct envelope_piece *piece,
                    const struct author *author)
{
    struct draft *d = LIST_ADD(&a->drafts);
    const struct draft *of = &a->drafts.items[index];
    size_t number = REQUEST_INDEX + requests_of(a, of->dossier);
    d->dossier = of->dossier;
    d->agency = author->agency;
    d->id = delivery_id(of->dossier, of->header.sequence, number, a->now);
    d->pieces = arena_alloc(&a->arena, sizeof(*d->pieces));
    d->pieces[0] = *piece;
    d->pieces[0].item = NULL; /* its author knows of no others */
    d->piece_count = 1;
    request_header(a, h, of, piece, d);
    *LIST_ADD(&a->writes.outbox) = (struct outbox_row){.dossier = d->dossier,
                                                       .id = d->id,
                                                       .agency = d->agency,
                                                       .kind = (int)KIND(RESEAL_REQUEST),
                                                       .type = REQUEST_TYPE,
                                                       .sequence = d->header.sequence,
                                                       .created = a->now,
                                                       .next = a->now};
}

/* --- What is missing ----------------------------------------------------------------------------------------------- */

/* What is found out of one delivery. */
struct missing {
    char parts[UNSEALED_SIZE];
    size_t size, count;
    const char *hopeless; /* why nobody can help; NULL: the authors can */
    uint32_t owner;       /* whose it is */
};

static void note_missing(struct missing *m, const struct envelope_piece *piece, const struct author *author)
{
    int size = snprintf(m->parts + m->size, sizeof(m->parts) - m->size, "%s%.100s of %.40s", m->count ? ", " : "",
                        piece->name, author->code);
    if (m->size + (size_t)size < sizeof(m->parts))
        m->size += (size_t)size;
    if (!m->count++)
        m->owner = author->agency;
}

static void trouble(struct attempt *a, struct held *h, size_t index, const struct missing *m)
{
    char cause[CAUSE_SIZE];
    const struct draft *d = &a->drafts.items[index];
    snprintf(cause, sizeof(cause), "%s cannot open %s; %s", d->header.recipient, m->parts,
             m->hopeless ? m->hopeless
                         : "the author was asked to seal it to that agency and has not: is its adapter well?");
    attempt_not_sealed(a, h, d, m->owner, cause);
}

static void look_at_piece(struct attempt *a, const struct held *h, size_t index, const struct envelope_piece *piece,
                          struct missing *m)
{
    const struct digest *any;
    const struct draft *d = &a->drafts.items[index];
    uint32_t reader = d->agency;
    struct author author = author_of(a, piece);
    note_missing(m, piece, &author);
    if (directory_encryption(a->router->directory, reader, a->now, &any, 1) == 0) {
        m->hopeless = "that agency has no valid encryption certificate (lt keys, lt agencies apply)";
        m->owner = reader;
    } else if (!author.agency) {
        m->hopeless = "its author is in the directory no more, and nobody else can seal it";
        m->owner = 0;
    } else if (d->seal != DRAFT_SEAL_CAME && !is_asked(a, d, &author, piece->descriptor) &&
               !is_joined(a, d, &author, piece->descriptor)) {
        request(a, h, index, piece, &author);
    }
}

static void look_at(struct attempt *a, size_t index)
{
    struct missing m = {.count = 0};
    const struct draft *d = &a->drafts.items[index];
    struct envelope_piece *pieces = d->pieces;
    size_t count = d->piece_count;
    bool remade = a->writes.outbox.items[index].remade, late = d->seal == DRAFT_SEAL_LATE;
    uint32_t agency = d->agency;
    struct held *h = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!lacks(a, &pieces[i], agency))
            continue;
        h = h ? h : attempt_held(a, d->dossier);
        look_at_piece(a, h, index, &pieces[i], &m);
        d = &a->drafts.items[index];
    }
    if (m.count)
        a->writes.outbox.items[index].unsealed = arena_text(&a->arena, m.parts);
    if (m.count && (late || m.hopeless)) /* which is known at once */
        trouble(a, h, index, &m);
    if (remade && !m.count)
        attempt_sealed(a, attempt_held(a, d->dossier), d);
}

void attempt_seals(struct attempt *a)
{
    size_t count = a->drafts.count; /* requests come behind */
    for (size_t i = 0; i < count; i++)
        if (!a->writes.outbox.items[i].dropped)
            look_at(a, i);
    for (size_t i = count; i < a->drafts.count; i++) {
        const struct draft *d = &a->drafts.items[i];
        const struct held *h = attempt_held(a, d->dossier);
        const struct wanted_where where = attempt_where(a, h);
        wanted_seal_to_all(d->header.returns[0], h->process->process, a->router->directory, &where, a->now);
    }
}

/* --- Deliveries that wait ------------------------------------------------------------------------------------------ */

static struct envelope_piece piece_again(const struct envelope *e, size_t index, struct arena *arena)
{
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(e, index);
    struct envelope_piece piece = delivery_carried(e, index, text_empty(d->item) ? NULL : d->item, arena);
    if (!envelope_part(e, index)->author)
        piece.author = NULL; /* the router's own, as it was */
    return piece;
}

/* Its row and draft in this batch, made of the envelope that was never sent. -1: it cannot be read. */
static long remake(struct attempt *a, const struct loaded_seal *s)
{
    struct envelope *e = NULL;
    for (size_t i = 0; i < a->writes.outbox.count; i++)
        if (a->writes.outbox.items[i].remade && uuid_equal(a->writes.outbox.items[i].id, s->id))
            return (long)i;
    if (envelope_decode(s->envelope, &e, NULL, NULL) != FAULT_NONE)
        return -1;
    *LIST_ADD(&a->opened) = e;
    struct draft *d = LIST_ADD(&a->drafts);
    d->dossier = s->dossier;
    d->id = s->id;
    d->step = s->step;
    d->agency = s->agency;
    d->seal = DRAFT_SEAL_CAME;
    d->header = *envelope_header(e);
    d->piece_count = envelope_part_count(e);
    d->pieces = arena_alloc(&a->arena, d->piece_count * sizeof(*d->pieces));
    for (size_t i = 0; i < d->piece_count; i++)
        d->pieces[i] = piece_again(e, i, &a->arena);
    *LIST_ADD(&a->writes.outbox) = (struct outbox_row){.dossier = s->dossier,
                                                       .id = s->id,
                                                       .step = s->step,
                                                       .agency = s->agency,
                                                       .kind = s->kind,
                                                       .type = s->type,
                                                       .sequence = s->sequence,
                                                       .created = a->now,
                                                       .remade = true};
    return (long)a->drafts.count - 1;
}

/* The same text, by its author's word. */
static bool is_same(const Lienthong__V1__PartDescriptor *a, const Lienthong__V1__PartDescriptor *b)
{
    return text_equal(a->name, b->name) && same_digest(a->salted_digest, b->salted_digest);
}

static void serve(struct attempt *a, const struct loaded_seal *s, const struct envelope *sealed)
{
    const Lienthong__V1__PartDescriptor *own = envelope_descriptor(sealed, 0);
    if (!s->unsealed || !opens(a->router->directory, a->now, own, s->agency))
        return;
    long index = remake(a, s);
    struct draft *d = index < 0 ? NULL : &a->drafts.items[index];
    for (size_t i = 0; d && i < d->piece_count; i++)
        if (is_same(d->pieces[i].descriptor, own) && lacks(a, &d->pieces[i], d->agency))
            d->pieces[i] = delivery_carried(sealed, 0, d->pieces[i].item, &a->arena);
}

bool attempt_openable(const struct directory *directory, const struct envelope *e, uint32_t agency, struct instant now)
{
    bool all = true;
    for (size_t i = 0; i < envelope_part_count(e) && all; i++)
        all = opens(directory, now, envelope_descriptor(e, i), agency);
    return all;
}

void attempt_unsealed(struct attempt *a, struct held *h, struct input *in)
{
    in->outcome = OUTCOME_ACKNOWLEDGED;
    for (size_t i = 0; i < a->loaded.seal_count && h->exists; i++) {
        const struct loaded_seal *s = &a->loaded.seals[i];
        long index = s->unsealed && uuid_equal(s->id, in->delivery) ? remake(a, s) : -1;
        if (index >= 0)
            a->drafts.items[index].seal = text_empty(s->unsealed) ? DRAFT_SEAL_ASK : DRAFT_SEAL_LATE;
    }
}

/* --- A seal arrives ------------------------------------------------------------------------------------------------ */

/* The events that brought this text, by the same author. */
static size_t bringers(struct attempt *a, const struct held *h, const struct input *in, uint64_t **ret)
{
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(in->envelope, 0);
    uint64_t *was = arena_alloc(&a->arena, (a->loaded.bringer_count + a->writes.parts.count + 1) * sizeof(*was));
    size_t count = 0;
    struct bytes salted = BYTES(d->salted_digest.data, d->salted_digest.len);
    for (size_t i = 0; i < a->loaded.bringer_count; i++) {
        const struct loaded_bringer *b = &a->loaded.bringers[i];
        if (uuid_equal(b->dossier, h->id) && b->agency == in->agency && text_equal(b->name, d->name) &&
            bytes_equal(digest_bytes(&b->salted), salted))
            was[count++] = b->sequence;
    }
    for (size_t i = 0; count && i < a->writes.parts.count; i++) { /* sealed twice in one batch */
        const struct part_row *p = &a->writes.parts.items[i];
        if (uuid_equal(p->dossier, h->id) && text_equal(p->name, d->name) && bytes_equal(p->salted_digest, salted))
            was[count++] = p->sequence;
    }
    *ret = was;
    return count;
}

enum engine_result attempt_reseal(struct attempt *a, struct held *h, struct input *in,
                                  const struct loaded_delivery *request)
{
    const Lienthong__V1__Header *header = envelope_header(in->envelope);
    const Lienthong__V1__PartDescriptor *d = envelope_descriptor(in->envelope, 0);
    struct event event = {.kind = EVENT_RESEAL,
                          .happened = {header->happened_us},
                          .agency = in->agency,
                          .sender = header->sender,
                          .message_id = envelope_message_id(in->envelope),
                          .message = header->type};
    struct event_part part = {.name = d->name, .type = d->type};
    uint64_t *was = NULL;
    event.parts = &part;
    event.part_count = header->n_parts;
    event.was_count = bringers(a, h, in, &was);
    event.was = was;
    if (request->kind != (int)KIND(RESEAL_REQUEST))
        refusal_set(&in->refusal, REFUSE(UNEXPECTED), "what it replies to is no request for a seal");
    else if (header->n_parts != 1 || !d->sealed || envelope_part(in->envelope, 0)->author)
        refusal_set(&in->refusal, REFUSE(PART), "a seal is of one part of one's own, and sealed");
    else if (!event.was_count)
        refusal_set(&in->refusal, REFUSE(PART),
                    "its salted digest is that of no part %.100s that %s wrote: the text must be the same", d->name,
                    header->sender);
    else if (attempt_engine(a, h, in, &event, &(struct event_note){.type = header->type, .detail = d->name}) ==
             ENGINE_APPLIED) {
        for (size_t i = 0; i < a->loaded.seal_count; i++)
            if (uuid_equal(a->loaded.seals[i].dossier, h->id))
                serve(a, &a->loaded.seals[i], in->envelope);
        return ENGINE_APPLIED;
    }
    return ENGINE_REFUSED;
}
