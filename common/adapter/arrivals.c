#include "adapter/arrivals.h"

#include "adapter/courier.h"
#include "adapter/credentials.h"
#include "adapter/readers.h"
#include "adapter/program_report.h"
#include "adapter/reseal.h"
#include "adapter/drafts.h"
#include "base/memory.h"
#include "base/points.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define ARRIVALS_RETRY_AFTER_MS 30000
#define ARRIVALS_ARENA_SIZE_MAX (1 << 20)
#define ARRIVALS_ROOTS_MAX 256
#define ARRIVALS_HELD_MAX 64
#define ARRIVALS_HELD_MS \
    10000 /* what was under way has come by then; the router sends nothing more behind what it sends again */

struct arrival {
    struct envelope *envelope, *receipt;
    struct link *link;
    enum journal_taken taken;
};

/* A delivery that was refused for now: what the router had sent behind it must not be taken before it. */
struct held_back {
    struct uuid dossier, message;
    uint64_t sequence;
    int64_t until_ms;
};

struct arrivals {
    struct lt_adapter *adapter;
    struct arrival *list;
    size_t count, capacity, journalled;
    struct signature_cache *cache;
    struct held_back held[ARRIVALS_HELD_MAX]; /* the oldest gives way */
    size_t held_next;
};

struct arrivals *arrivals_new(struct lt_adapter *a)
{
    struct arrivals *list = memory_new(sizeof(*list));

    list->adapter = a;
    list->cache = signature_cache_new(ARRIVALS_ROOTS_MAX);
    return list;
}

static void arrival_clear(struct arrival *arrival)
{
    envelope_free(arrival->envelope);
    envelope_free(arrival->receipt);
    *arrival = (struct arrival){0};
}

struct arrivals *arrivals_free(struct arrivals *list)
{
    if (!list)
        return NULL;
    for (size_t i = 0; i < list->count; i++)
        arrival_clear(&list->list[i]);
    signature_cache_free(list->cache);
    free(list->list);
    free(list);
    return NULL;
}

/* --- Verification --------------------------------------------------------------------------------------------------- */

struct verdict {
    Lienthong__V1__RefusalCode code;
    bool retryable;
};

/* The certificate of KEY; an unknown one may only not have reached our folder yet. */
static enum fault_code find_certificate(const struct arrivals *list, const struct digest *key, struct instant at,
                                        const char *whose, const struct certificate **ret, struct verdict *verdict,
                                        struct fault *f)
{
    char hex[2 * DIGEST_SIZE + 1];

    *ret = credentials_find(list->adapter->credentials, key, at);
    if (*ret)
        return FAULT_NONE;
    bytes_to_hex(digest_bytes(key), hex);
    *verdict = (struct verdict){REFUSAL(UNKNOWN_KEY), true};
    return fault_set(f, FAULT_UNTRUSTED, "%s signed with key %.16s…, whose certificate this agency does not have (yet)",
                     whose, hex);
}

/* Of what was signed AT. The verdict is another one only with a fault. */
static enum fault_code check_standing(const struct arrivals *list, const struct certificate *c, struct instant at,
                                      struct verdict *verdict, struct fault *f)
{
    bool known;
    enum fault_code code = credentials_stands(list->adapter->credentials, c, at, list->adapter->now, &known, f);
    if (code)
        *verdict =
            known ? (struct verdict){REFUSAL(KEY_NOT_VALID), false} : (struct verdict){REFUSAL(REVOCATION_STALE), true};
    return code;
}

static enum fault_code verify_router(const struct arrivals *list, const struct envelope *e, struct verdict *verdict,
                                     struct fault *f)
{
    const struct certificate *c;
    enum fault_code code =
        find_certificate(list, &envelope_signature(e)->key_id, list->adapter->now, "the router", &c, verdict, f);

    if (code)
        return code;
    if (!text_equal(certificate_agency(c), ENVELOPE_ROUTER)) {
        *verdict = (struct verdict){REFUSAL(WRONG_SENDER), false};
        return fault_set(f, FAULT_UNTRUSTED, "a delivery must be signed by a router, not by %s", certificate_agency(c));
    }
    *verdict = (struct verdict){REFUSAL(KEY_NOT_VALID), false};
    code = credentials_check(list->adapter->credentials, c, list->adapter->now, f);
    if (!code)
        code = check_standing(list, c, list->adapter->now, verdict, f);
    if (code)
        return code;
    *verdict = (struct verdict){REFUSAL(SIGNATURE), false};
    return envelope_verify(e, c, list->cache, f);
}

static enum fault_code verify_author(const struct arrivals *list, const struct envelope *e, size_t part,
                                     struct verdict *verdict, struct fault *f)
{
    OWNED_ARENA arena;
    Lienthong__V1__Header *header;
    const struct certificate *c;
    struct digest key;

    arena_init(&arena, ARRIVALS_ARENA_SIZE_MAX);
    *verdict = (struct verdict){REFUSAL(PART), false};
    enum fault_code code = envelope_author(e, part, &arena, &header, &key, f);
    if (code == FAULT_NOT_FOUND)
        return FAULT_NONE; /* the router's own */
    if (!code)
        code = find_certificate(list, &key, (struct instant){header->happened_us}, header->sender, &c, verdict, f);
    if (code)
        return code;
    *verdict = (struct verdict){REFUSAL(SIGNATURE), false};
    if (!text_equal(certificate_agency(c), header->sender))
        return fault_set(f, FAULT_UNTRUSTED, "its author is %s, but the key is that of %s", header->sender,
                         certificate_agency(c));
    /* A dossier takes weeks: the certificate counts that was valid when its owner signed. */
    code = credentials_check(list->adapter->credentials, c, (struct instant){header->happened_us}, f);
    if (!code)
        code = check_standing(list, c, (struct instant){header->happened_us}, verdict, f);
    return code ? code : envelope_verify_author(e, part, c, list->cache, f);
}

static bool has_handler(const struct lt_adapter *a, const char *operation)
{
    for (size_t i = 0; i < LT_HANDLERS_MAX && a->handlers.on[i].handle; i++)
        if (handlers_match(&a->handlers, i, operation))
            return true;
    return false;
}

static enum fault_code check_header(const struct arrivals *list, const Lienthong__V1__Header *h,
                                    struct verdict *verdict, struct fault *f)
{
    *verdict = (struct verdict){REFUSAL(WRONG_RECIPIENT), false};
    if (!text_equal(h->recipient, list->adapter->agency))
        return fault_set(f, FAULT_REFUSED, "the recipient is %s; this is %s", h->recipient, list->adapter->agency);
    *verdict = (struct verdict){REFUSAL(MALFORMED), false};
    if (h->kind != KIND(TASK) && h->kind != KIND(INFORM) && h->kind != KIND(CANCEL) && h->kind != KIND(RESEAL_REQUEST))
        return fault_set(f, FAULT_REFUSED, "a message of kind %d is no delivery", (int)h->kind);
    *verdict = (struct verdict){REFUSAL(UNKNOWN_OPERATION), false};
    bool own = h->kind == KIND(CANCEL) || h->kind == KIND(RESEAL_REQUEST); /* the adapter's to do */
    if (!own && !has_handler(list->adapter, h->type))
        return fault_set(f, FAULT_REFUSED, "%s does not offer the operation %s", list->adapter->software, h->type);
    return FAULT_NONE;
}

static enum fault_code verify(const struct arrivals *list, const struct envelope *e, struct verdict *verdict,
                              struct fault *f)
{
    enum fault_code code = verify_router(list, e, verdict, f);

    if (!code)
        code = check_header(list, envelope_header(e), verdict, f);
    for (size_t i = 0; !code && i < envelope_part_count(e); i++)
        if (verify_author(list, e, i, verdict, f))
            code = fault_wrap(f, "part %s", envelope_descriptor(e, i)->name);
    if (code || envelope_header(e)->kind != KIND(RESEAL_REQUEST))
        return code;
    *verdict = (struct verdict){REFUSAL(NOT_ENTITLED), false};
    return reseal_check(list->adapter, e, f);
}

static void refuse(struct link *link, const struct envelope *e, struct verdict verdict, const char *text)
{
    Lienthong__V1__Refuse r = LIENTHONG__V1__REFUSE__INIT;
    struct uuid id = {{0}};
    char id_text[UUID_TEXT_SIZE] = "";

    if (e) {
        id = envelope_message_id(e);
        uuid_print(id, id_text);
        r.message_id = (ProtobufCBinaryData){.data = id.bytes, .len = sizeof(id.bytes)};
    }
    r.code = verdict.code;
    r.text = (char *)text;
    r.retryable = verdict.retryable;
    r.retry_after_ms = verdict.retryable ? ARRIVALS_RETRY_AFTER_MS : 0;
    report_event(LOG_WARNING, "DELIVERY-REFUSED", text, "message", id_text, "code", refusal_name(verdict.code), NULL);
    link_refuse(link, &r);
}

/* --- From the line to the journal ------------------------------------------------------------------------------------ */

/* --- Order ---------------------------------------------------------------------------------------------------------- */

static void hold_back(struct arrivals *list, const struct envelope *e)
{
    list->held[list->held_next++ % ARRIVALS_HELD_MAX] =
        (struct held_back){.dossier = envelope_dossier_id(e),
                           .message = envelope_message_id(e),
                           .sequence = envelope_header(e)->sequence,
                           .until_ms = list->adapter->now_ms + ARRIVALS_HELD_MS};
}

/* True: comes before its turn. What comes again, or is not later, is in turn and ends the waiting. */
static bool is_early(struct arrivals *list, const struct envelope *e)
{
    for (size_t i = 0; i < ARRIVALS_HELD_MAX; i++) {
        struct held_back *held = &list->held[i];
        uint64_t sequence = envelope_header(e)->sequence;
        if (list->adapter->now_ms >= held->until_ms || !uuid_equal(held->dossier, envelope_dossier_id(e)))
            continue;
        if (sequence > held->sequence ||
            (sequence == held->sequence && uuid_compare(envelope_message_id(e), held->message) > 0))
            return true;
        held->until_ms = 0;
    }
    return false;
}

void arrivals_take(struct arrivals *list, struct link *link, struct bytes bytes)
{
    struct envelope *e = NULL;
    struct verdict verdict = {REFUSAL(MALFORMED), false};
    struct fault f;

    enum fault_code code = envelope_decode(bytes, &e, &verdict.code, &f);
    if (!code)
        code = verify(list, e, &verdict, &f);
    if (!code && is_early(list, e)) {
        verdict = (struct verdict){REFUSAL(UNAVAILABLE), true};
        code = fault_set(&f, FAULT_AGAIN, "an earlier delivery of the dossier could not be taken yet");
    } else if (code && e && verdict.retryable) {
        hold_back(list, e);
    }
    if (code) {
        refuse(link, e, verdict, f.text);
        link_done(link, bytes.size);
        envelope_free(e);
        return;
    }
    readers_expect(list->adapter->readers, envelope_header(e)->returns, envelope_header(e)->n_returns);
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->list = memory_grow(list->list, list->capacity, sizeof(*list->list));
    }
    list->list[list->count++] = (struct arrival){.envelope = e, .link = link};
}

static void arrivals_keep_where(struct arrivals *list, const struct link *not_of)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (list->list[i].link == not_of)
            arrival_clear(&list->list[i]);
        else
            list->list[kept++] = list->list[i];
    }
    list->count = kept;
}

void arrivals_forget(struct arrivals *list, const struct link *link)
{
    arrivals_keep_where(list, link);
}

size_t arrivals_count(const struct arrivals *list)
{
    return list->count;
}

/* Header of a receipt; borrows from E and IDS. */
struct receipt_draft {
    Lienthong__V1__Header header;
    struct uuid id, reply_to, dossier, step;
    struct digest digest;
    Lienthong__V1__Purpose purpose;
};

static ProtobufCBinaryData wire_uuid(struct uuid *u)
{
    return (ProtobufCBinaryData){.data = u->bytes, .len = uuid_is_nil(*u) ? 0 : sizeof(u->bytes)};
}

static void receipt_header(struct lt_adapter *a, const struct envelope *e, struct receipt_draft *d)
{
    const Lienthong__V1__Header *of = envelope_header(e);

    *d = (struct receipt_draft){.header = LIENTHONG__V1__HEADER__INIT,
                                .id = adapter_message_id(a),
                                .reply_to = envelope_message_id(e),
                                .dossier = envelope_dossier_id(e),
                                .step = envelope_step_id(e),
                                .digest = envelope_digest(e)};
    d->header.message_id = wire_uuid(&d->id);
    d->header.dossier_id = wire_uuid(&d->dossier);
    d->header.step_id = wire_uuid(&d->step);
    d->header.reply_to = wire_uuid(&d->reply_to);
    d->header.reply_digest = (ProtobufCBinaryData){.data = d->digest.bytes, .len = DIGEST_SIZE};
    d->header.sender = a->agency;
    d->header.recipient = (char *)ENVELOPE_ROUTER;
    d->header.kind = KIND(RECEIPT);
    d->header.type = of->type;
    d->header.happened_us = a->now.us;
    d->header.traceparent = of->traceparent;
}

/* One for each of COUNT arrivals that has none yet of an attempt before. */
static enum fault_code make_receipts(struct arrivals *list, size_t count, struct fault *f)
{
    for (size_t i = 0; i < count; i++) {
        struct receipt_draft receipt;
        if (list->list[i].receipt)
            continue;
        receipt_header(list->adapter, list->list[i].envelope, &receipt);
        if (envelope_prepare(&(struct envelope_draft){.header = &receipt.header}, &list->list[i].receipt, f))
            return fault_wrap(f, "making a receipt");
    }
    return FAULT_NONE;
}

static struct journal_arrival describe(const struct arrival *arrival)
{
    const Lienthong__V1__Header *h = envelope_header(arrival->envelope);

    return (struct journal_arrival){.message = envelope_message_id(arrival->envelope),
                                    .dossier = envelope_dossier_id(arrival->envelope),
                                    .step = envelope_step_id(arrival->envelope),
                                    .kind = h->kind,
                                    .operation = h->type,
                                    .procedure = h->purpose ? h->purpose->procedure : "",
                                    .traceparent = h->traceparent,
                                    .sequence = h->sequence,
                                    .digest = envelope_digest(arrival->envelope),
                                    .envelope = envelope_bytes(arrival->envelope),
                                    .receipt = envelope_message_id(arrival->receipt)};
}

/* Twice in one turn, over two links: the second one waits for the next turn, as a repeated one. */
static bool comes_twice(const struct journal_arrival *page, size_t count, struct uuid message)
{
    for (size_t i = 0; i < count; i++)
        if (uuid_equal(page[i].message, message))
            return true;
    return false;
}

enum fault_code arrivals_describe(struct arrivals *list, size_t most, struct journal_arrival *ret, size_t *ret_count,
                                  struct fault *f)
{
    size_t count = 0;

    list->journalled = 0;
    most = list->count < most ? list->count : most;
    enum fault_code code = make_receipts(list, most, f);
    if (code)
        return code;
    while (count < most && !comes_twice(ret, count, envelope_message_id(list->list[count].envelope))) {
        ret[count] = describe(&list->list[count]);
        count++;
    }
    *ret_count = count;
    return FAULT_NONE;
}

struct envelope *arrivals_receipt(const struct arrivals *list, size_t index)
{
    return list->list[index].receipt;
}

const struct envelope *arrivals_envelope(const struct arrivals *list, size_t index)
{
    return list->list[index].envelope;
}

void arrivals_journalled(struct arrivals *list, const struct journal_arrival *page, size_t count)
{
    for (size_t i = 0; i < count; i++)
        list->list[i].taken = page[i].taken;
    list->journalled = count;
}

static enum fault_code sign_receipts(struct arrivals *list, struct journal_arrival *page, size_t count, struct fault *f)
{
    struct envelope *receipts[JOURNAL_PAGE_MAX];

    for (size_t i = 0; i < count; i++)
        receipts[i] = list->list[i].receipt;
    enum fault_code code = drafts_sign(list->adapter, receipts, count, f);
    for (size_t i = 0; i < count && !code; i++)
        page[i].receipt_envelope = envelope_bytes(receipts[i]);
    return code;
}

enum fault_code arrivals_journal(struct arrivals *list, struct fault *f)
{
    struct lt_adapter *a = list->adapter;
    struct journal_arrival page[JOURNAL_PAGE_MAX];
    size_t count = 0;

    enum fault_code code = arrivals_describe(list, JOURNAL_PAGE_MAX, page, &count, f);
    if (!code)
        code = sign_receipts(list, page, count, f);
    if (!code)
        code = journal_take(a->journal, page, count, a->now, instant_after_ms(a->now, a->settings.resend_ms), f);
    if (!code)
        arrivals_journalled(list, page, count);
    return code;
}

static void arrivals_shift(struct arrivals *list, size_t count)
{
    memmove(list->list, list->list + count, (list->count - count) * sizeof(*list->list));
    list->count -= count;
}

void arrivals_committed(struct arrivals *list)
{
    struct lt_adapter *a = list->adapter;

    for (size_t i = 0; i < list->journalled; i++) {
        struct arrival *arrival = &list->list[i];
        if (arrival->taken == JOURNAL_CONFLICTING)
            refuse(arrival->link, arrival->envelope, (struct verdict){REFUSAL(ID_REUSED), false},
                   "this message id was journalled with other content");
        else if (arrival->taken == JOURNAL_REPEATED)
            a->outbox_due_at_ms = a->now_ms; /* its receipt is due again */
        else
            courier_post(a->courier, envelope_message_id(arrival->receipt), envelope_dossier_id(arrival->receipt),
                         envelope_bytes(arrival->receipt));
        link_done(arrival->link, envelope_bytes(arrival->envelope).size);
        arrival_clear(arrival);
    }
    arrivals_shift(list, list->journalled);
    list->journalled = 0;
}

/* And all of its dossier that came behind it. */
void arrivals_drop_first(struct arrivals *list, const struct fault *why)
{
    struct uuid dossier = envelope_dossier_id(list->list[0].envelope);
    size_t kept = 0;

    hold_back(list, list->list[0].envelope);
    for (size_t i = 0; i < list->count; i++) {
        struct arrival *arrival = &list->list[i];
        if (!uuid_equal(envelope_dossier_id(arrival->envelope), dossier)) {
            list->list[kept++] = *arrival;
            continue;
        }
        refuse(arrival->link, arrival->envelope, (struct verdict){REFUSAL(UNAVAILABLE), true}, why->text);
        link_done(arrival->link, envelope_bytes(arrival->envelope).size);
        arrival_clear(arrival);
    }
    list->count = kept;
}
