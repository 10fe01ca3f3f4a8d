#include "agency.h"
#include "base/system.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGENCY_BATCH_MAX 64
#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

static ProtobufCBinaryData data_of(const struct uuid *u)
{
    return (ProtobufCBinaryData){.len = sizeof(u->bytes), .data = (uint8_t *)u->bytes};
}

static struct uuid new_id(void)
{
    uint8_t random[10];
    system_random(random, sizeof(random));
    return uuid_v7(system_now(), random);
}

static void make(struct agency *a, Lienthong__V1__Header *header, const char *part, const char *type)
{
    struct uuid id = new_id();
    Lienthong__V1__Purpose purpose = LIENTHONG__V1__PURPOSE__INIT;
    purpose.procedure = (char *)"X.000001";
    purpose.officer = (char *)"officer 7";
    header->message_id = data_of(&id);
    header->sender = (char *)a->code;
    header->recipient = (char *)ENVELOPE_ROUTER;
    header->happened_us = system_now().us;
    header->purpose = &purpose;
    size_t size = lienthong__v1__header__get_packed_size(header);
    uint8_t *packed = memory_new(size); /* packed and unpacked: a copy of all that it points to */
    lienthong__v1__header__pack(header, packed);
    struct agency_draft *draft = LIST_ADD(&a->drafts);
    draft->header = lienthong__v1__header__unpack(NULL, size, packed);
    free(packed);
    draft->piece = (struct envelope_piece){.name = part, .type = type, .content = BYTES("what the part says", 18)};
    if (part)
        system_random(draft->piece.salt, sizeof(draft->piece.salt));
    a->made++;
}

static void sign(struct agency *a, size_t from, size_t count)
{
    struct envelope_draft drafts[AGENCY_BATCH_MAX];
    struct envelope *made[AGENCY_BATCH_MAX];
    struct fault f;
    for (size_t i = 0; i < count; i++) {
        const struct agency_draft *draft = &a->drafts.items[from + i];
        drafts[i] = (struct envelope_draft){draft->header, &draft->piece, draft->piece.name ? 1 : 0};
    }
    if (envelope_make_batch(drafts, count, a->key, made, &f) != FAULT_NONE)
        fail_msg("%s: %s", a->code, f.text);
    for (size_t i = 0; i < count; i++)
        LIST_ADD(&a->queue)->envelope = made[i];
}

/* As the adapter does: what is said in one turn shares a signature. */
static void sign_all(struct agency *a)
{
    for (size_t from = 0; from < a->drafts.count; from += AGENCY_BATCH_MAX)
        sign(a, from, a->drafts.count - from < AGENCY_BATCH_MAX ? a->drafts.count - from : AGENCY_BATCH_MAX);
    for (size_t i = 0; i < a->drafts.count; i++)
        lienthong__v1__header__free_unpacked(a->drafts.items[i].header, NULL);
    a->drafts.count = 0;
}

static void reply(struct agency *a, const struct envelope *delivery, Lienthong__V1__MessageKind kind)
{
    const Lienthong__V1__Header *to = envelope_header(delivery);
    struct digest digest = envelope_digest(delivery);
    Lienthong__V1__Header header = LIENTHONG__V1__HEADER__INIT;
    header.kind = kind;
    header.type = to->type;
    header.dossier_id = to->dossier_id;
    header.step_id = to->step_id;
    header.reply_to = to->message_id;
    header.reply_digest = (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = digest.bytes};
    bool answer = kind == KIND(ANSWER);
    make(a, &header, answer ? a->returns : NULL, answer ? a->returns_type : NULL);
}

void agency_submit(struct agency *a, const char *procedure, const char *key)
{
    Lienthong__V1__Header header = LIENTHONG__V1__HEADER__INIT;
    Lienthong__V1__Opening opening = LIENTHONG__V1__OPENING__INIT;
    struct uuid dossier = uuid_dossier(system_now(), a->code, key);
    opening.procedure = (char *)procedure;
    opening.idempotency_key = (char *)key;
    opening.dossier_code = (char *)key;
    opening.channel = 2;
    header.kind = KIND(SUBMISSION);
    header.type = (char *)"submission";
    header.dossier_id = data_of(&dossier);
    header.opening = &opening;
    make(a, &header, "application", "lienthong.v1.Question");
}

static bool seen_before(struct agency *a, struct uuid id)
{
    for (size_t i = a->seen.count; i > 0 && a->seen.count - i < 2000; i--)
        if (uuid_equal(a->seen.items[i - 1], id))
            return true;
    *LIST_ADD(&a->seen) = id;
    return false;
}

static void on_deliver(struct bytes bytes, void *context)
{
    struct agency *a = context;
    struct envelope *e = NULL;
    struct fault f;
    if (!a->silent) {
        if (envelope_decode(bytes, &e, NULL, &f) != FAULT_NONE ||
            envelope_verify(e, a->router, a->roots, &f) != FAULT_NONE)
            fail_msg("%s: delivery: %s", a->code, f.text);
        bool task = envelope_header(e)->kind == KIND(TASK);
        if (seen_before(a, envelope_message_id(e))) {
            a->repeated++; /* the receipt went or goes out with the queue */
        } else {
            *(task ? &a->tasks : &a->informs) += 1;
            reply(a, e, KIND(RECEIPT));
            if (task)
                reply(a, e, KIND(ANSWER));
        }
        envelope_free(e);
    }
    link_done(a->link, bytes.size);
}

static void conclude(struct agency *a, const ProtobufCBinaryData *id)
{
    for (size_t i = a->first; i < a->queue.count; i++) {
        struct agency_sent *sent = &a->queue.items[i];
        struct uuid message = envelope_message_id(sent->envelope);
        if (sent->done || id->len != 16 || memcmp(message.bytes, id->data, 16) != 0)
            continue;
        sent->done = true;
        break;
    }
    while (a->first < a->queue.count && a->queue.items[a->first].done) {
        envelope_free(a->queue.items[a->first].envelope);
        a->queue.items[a->first++].envelope = NULL;
    }
}

static void on_acknowledge(const Lienthong__V1__Acknowledge *ack, void *context)
{
    struct agency *a = context;
    for (size_t i = 0; i < ack->n_message_ids; i++) {
        conclude(a, &ack->message_ids[i]);
        a->acknowledged++;
    }
}

static void on_refuse(const Lienthong__V1__Refuse *r, void *context)
{
    struct agency *a = context;
    snprintf(a->refusal, sizeof(a->refusal), "%s: %s", refusal_name(r->code), r->text);
    if (r->retryable)
        return;
    conclude(a, &r->message_id);
    a->refused++;
}

static void on_open(void *context)
{
    (void)context;
}

/* Everything that is not acknowledged is sent again. */
static void on_lost(const char *why, void *context)
{
    struct agency *a = context;
    (void)why;
    for (size_t i = a->first; i < a->queue.count; i++)
        a->queue.items[i].under_way = false;
}

static enum fault_code prove(struct proof *p, void *context, struct fault *f)
{
    return proof_sign(p, ((struct agency *)context)->key, system_now(), f);
}

void agency_open(struct agency *a, void *zmq, const struct link_settings *settings, struct key *key,
                 const struct certificate *router)
{
    struct fault f;
    struct link_events events = {on_open, on_lost, on_deliver, on_acknowledge, on_refuse, NULL, prove, a};
    *a = (struct agency){.code = settings->agency, .key = key, .router = router};
    a->roots = signature_cache_new(1000);
    if (link_new(zmq, settings, events, &a->link, &f) != FAULT_NONE)
        fail_msg("link: %s", f.text);
}

void agency_close(struct agency *a)
{
    a->link = link_free(a->link);
    signature_cache_free(a->roots);
    sign_all(a);
    for (size_t i = a->first; i < a->queue.count; i++)
        envelope_free(a->queue.items[i].envelope);
    free(a->drafts.items);
    free(a->queue.items);
    free(a->seen.items);
}

void agency_turn(struct agency *a, int64_t now_ms)
{
    struct fault f;
    link_turn(a->link, now_ms);
    sign_all(a);
    if (link_state(a->link) != LINK_OPEN)
        return;
    for (size_t i = a->first; i < a->queue.count; i++) {
        struct agency_sent *sent = &a->queue.items[i];
        if (sent->done || sent->under_way)
            continue;
        if (link_submit(a->link, envelope_bytes(sent->envelope), &f) != FAULT_NONE)
            break;
        sent->under_way = true;
    }
}

size_t agency_waiting(const struct agency *a)
{
    size_t count = a->drafts.count;
    for (size_t i = a->first; i < a->queue.count; i++)
        count += !a->queue.items[i].done;
    return count;
}
