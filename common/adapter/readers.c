#include "adapter/readers.h"

#include "adapter/courier.h"
#include "adapter/credentials.h"
#include "adapter/program_report.h"
#include "base/fence.h"
#include "base/memory.h"
#include "base/text.h"
#include "session/packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#define NAME_SIZE 400
#define CERTIFICATE_NAME "certificate "
#define WANTED_NAME "wanted "
#define QUESTIONS_MAX 16

/* Something that was told, by the name of what was asked. */
struct told {
    char name[NAME_SIZE];
    struct certificate *certificate; /* one of both */
    struct arena arena;              /* of WANTED */
    Lienthong__V1__TellWanted *wanted;
    struct instant at;
    int64_t asked_at_ms; /* 0: not since this program runs */
    bool unkept;
    UT_hash_handle hh;
};

struct question {
    uint64_t id; /* 0: none */
    char name[NAME_SIZE];
};

struct readers {
    struct lt_adapter *adapter;
    struct told *by_name;
    struct question questions[QUESTIONS_MAX]; /* under way; a ring: what is not answered is asked again */
    uint64_t asked, answered;
    int64_t pending_until_ms; /* certificates were asked for; 0: none, or they are told */
    bool unkept;
};

/* --- What was told -------------------------------------------------------------------------------------------------------- */

static struct told *find(const struct readers *r, const char *name)
{
    struct told *t;

    HASH_FIND_STR(r->by_name, name, t);
    return t;
}

static void told_clear(struct told *t)
{
    t->certificate = certificate_free(t->certificate);
    arena_clear(&t->arena);
    t->wanted = NULL;
}

static void forget_all(struct readers *r)
{
    struct told *t, *next;

    HASH_ITER (hh, r->by_name, t, next) {
        HASH_DEL(r->by_name, t);
        told_clear(t);
        free(t);
    }
}

static struct told *told_named(struct readers *r, const char *name)
{
    struct told *t = find(r, name);

    if (t)
        return t;
    t = memory_new(sizeof(*t));
    text_copy(t->name, sizeof(t->name), name);
    HASH_ADD_STR(r->by_name, name, t);
    return t;
}

static void name_certificate(struct bytes key_id, char name[NAME_SIZE])
{
    char hex[2 * DIGEST_SIZE + 1];

    bytes_to_hex(key_id, hex);
    snprintf(name, NAME_SIZE, CERTIFICATE_NAME "%s", hex);
}

/* The authority vouches for it, not the router: one of another authority, or that does not encrypt, is passed over. */
static struct told *take_certificate(struct readers *r, struct bytes der)
{
    char name[NAME_SIZE];
    struct certificate *c = NULL;
    struct fault f;

    enum fault_code code = certificate_parse(der, &c, &f);
    if (!code)
        code = certificate_check(c, credentials_authority(r->adapter->credentials), CERTIFICATE_ENCRYPTS,
                                 certificate_from(c), &f);
    if (!code && text_equal(certificate_agency(c), ENVELOPE_ROUTER))
        code = fault_set(&f, FAULT_UNTRUSTED, "a router reads nothing: nothing is sealed to a router's certificate");
    if (code) {
        report_fault(LOG_ERROR, "READER-UNTRUSTED", &f);
        certificate_free(c);
        return NULL;
    }
    struct digest id = certificate_key_id(c);
    name_certificate(digest_bytes(&id), name);
    struct told *t = told_named(r, name);
    certificate_free(t->certificate);
    t->certificate = c;
    return t;
}

static struct told *take_wanted(struct readers *r, const char *name, struct bytes packed)
{
    ProtobufCMessage *message = NULL;
    struct arena arena;
    struct fault f;

    arena_init(&arena, PACKET_SIZE_MAX);
    if (fence_unpack(packed, &lienthong__v1__tell_wanted__descriptor, FENCE_LIMITS_DEFAULT, &arena, &message, &f)) {
        report_fault(LOG_ERROR, "READERS-UNREADABLE", &f);
        arena_clear(&arena);
        return NULL;
    }
    struct told *t = told_named(r, name);
    told_clear(t);
    t->arena = arena;
    t->wanted = (Lienthong__V1__TellWanted *)message;
    return t;
}

static void told_now(struct readers *r, struct told *t)
{
    if (!t)
        return;
    t->at = r->adapter->now;
    t->asked_at_ms = r->adapter->now_ms;
    t->unkept = r->unkept = true;
}

void readers_on_tell(struct readers *r, const Lienthong__V1__Tell *tell)
{
    struct question *q = &r->questions[tell->id % QUESTIONS_MAX];

    if (tell->id == 0 || q->id != tell->id)
        return; /* nobody waits for it any more */
    r->answered = tell->id;
    q->id = 0;
    if (tell->is_case == LIENTHONG__V1__TELL__IS_CERTIFICATES) {
        const Lienthong__V1__TellCertificates *c = tell->certificates;
        r->pending_until_ms = 0;
        for (size_t i = 0; i < c->n_certificates; i++)
            told_now(r, take_certificate(r, BYTES(c->certificates[i].data, c->certificates[i].len)));
    } else if (tell->is_case == LIENTHONG__V1__TELL__IS_WANTED) {
        size_t size = lienthong__v1__tell_wanted__get_packed_size(tell->wanted);
        OWNED_MEMORY uint8_t *packed = memory_new(size + 1);
        lienthong__v1__tell_wanted__pack(tell->wanted, packed);
        told_now(r, take_wanted(r, q->name, BYTES(packed, size)));
        readers_expect(r, tell->wanted->parts, tell->wanted->n_parts);
    }
}

/* --- Keeping -------------------------------------------------------------------------------------------------------------- */

static void take_kept(void *context, const char *name, struct bytes packed, struct instant at)
{
    bool certificate = strncmp(name, CERTIFICATE_NAME, strlen(CERTIFICATE_NAME)) == 0;
    struct told *t = certificate ? take_certificate(context, packed) : take_wanted(context, name, packed);

    if (t)
        t->at = at;
}

enum fault_code readers_open(struct lt_adapter *a, struct readers **ret, struct fault *f)
{
    struct readers *r = memory_new(sizeof(*r));

    r->adapter = a;
    enum fault_code code = journal_told(a->journal, take_kept, r, f);
    if (code) {
        readers_free(r);
        return fault_wrap(f, "reading what routers told");
    }
    *ret = r;
    return FAULT_NONE;
}

struct readers *readers_free(struct readers *r)
{
    if (!r)
        return NULL;
    forget_all(r);
    free(r);
    return NULL;
}

static enum fault_code keep_one(struct readers *r, const struct told *t, struct fault *f)
{
    if (t->certificate)
        return journal_keep_told(r->adapter->journal, t->name, certificate_der(t->certificate), t->at, f);
    size_t size = lienthong__v1__tell_wanted__get_packed_size(t->wanted);
    OWNED_MEMORY uint8_t *packed = memory_new(size + 1);
    lienthong__v1__tell_wanted__pack(t->wanted, packed);
    return journal_keep_told(r->adapter->journal, t->name, BYTES(packed, size), t->at, f);
}

enum fault_code readers_keep(struct readers *r, struct fault *f)
{
    struct database *d = r->adapter->database;
    struct told *t, *next;

    if (!r->unkept)
        return FAULT_NONE;
    if (HASH_COUNT(r->by_name) > READERS_TOLD_MAX)
        forget_all(r); /* here nobody holds any of it */
    enum fault_code code = database_begin(d, f);
    HASH_ITER (hh, r->by_name, t, next) {
        if (!code && t->unkept)
            code = keep_one(r, t, f);
    }
    if (!code)
        code = database_commit(d, f);
    if (code) {
        database_rollback(d);
        return fault_wrap(f, "keeping what routers told");
    }
    HASH_ITER (hh, r->by_name, t, next) {
        t->unkept = false;
    }
    r->unkept = false;
    return FAULT_NONE;
}

/* --- Asking --------------------------------------------------------------------------------------------------------------- */

/* Its number; 0: there is nobody to ask. */
static uint64_t ask(struct readers *r, const char *name, Lienthong__V1__Ask *a)
{
    a->id = r->asked + 1;
    if (!courier_ask(r->adapter->courier, a))
        return 0;
    r->asked = a->id;
    struct question *q = &r->questions[a->id % QUESTIONS_MAX];
    q->id = a->id;
    text_copy(q->name, sizeof(q->name), name);
    return a->id;
}

static uint64_t ask_certificates(struct readers *r, ProtobufCBinaryData *ids, size_t count)
{
    Lienthong__V1__AskCertificates about = LIENTHONG__V1__ASK_CERTIFICATES__INIT;
    Lienthong__V1__Ask a = LIENTHONG__V1__ASK__INIT;

    about.key_ids = ids;
    about.n_key_ids = count;
    a.is_case = LIENTHONG__V1__ASK__IS_CERTIFICATES;
    a.certificates = &about;
    return ask(r, "", &a);
}

static uint64_t ask_wanted(struct readers *r, const char *name, const struct readers_question *q,
                           const char *jurisdiction)
{
    Lienthong__V1__AskWanted about = LIENTHONG__V1__ASK_WANTED__INIT;
    Lienthong__V1__Ask a = LIENTHONG__V1__ASK__INIT;

    about.procedure = (char *)q->procedure;
    about.type = (char *)(q->type ? q->type : "");
    about.jurisdiction = (char *)jurisdiction;
    a.is_case = LIENTHONG__V1__ASK__IS_WANTED;
    a.wanted = &about;
    return ask(r, name, &a);
}

/* Until question ID is answered. Inside a handler nothing may arrive meanwhile: it is called again instead. */
static void wait_for(struct readers *r, uint64_t id)
{
    int64_t until = r->adapter->now_ms + READERS_WAIT_MS;

    while (id && !r->adapter->in_batch && r->answered < id && r->adapter->now_ms < until)
        courier_wait(r->adapter->courier, until - r->adapter->now_ms);
}

static const struct told *known_reader(const struct readers *r, ProtobufCBinaryData key_id)
{
    char name[NAME_SIZE];

    name_certificate(BYTES(key_id.data, key_id.len), name);
    return find(r, name);
}

static bool is_asked(const ProtobufCBinaryData *ids, size_t count, ProtobufCBinaryData id)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(BYTES(ids[i].data, ids[i].len), BYTES(id.data, id.len)))
            return true;
    return false;
}

/* Our present one, to which we seal in any case. */
static bool is_own(const struct readers *r, ProtobufCBinaryData key_id)
{
    size_t count;
    const struct seal_pair *pairs = credentials_pairs(r->adapter->credentials, &count);
    struct digest own = certificate_key_id(pairs[0].certificate);

    return bytes_equal(digest_bytes(&own), BYTES(key_id.data, key_id.len));
}

/* Those that are unknown, each once; at most PACKET_ASK_MAX of them. */
static size_t unknown_keys(const struct readers *r, Lienthong__V1__WantedPart *const *wanted, size_t count,
                           ProtobufCBinaryData ids[PACKET_ASK_MAX])
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < wanted[i]->n_keys && found < PACKET_ASK_MAX; k++) {
            ProtobufCBinaryData id = wanted[i]->keys[k];
            if (id.len == DIGEST_SIZE && !known_reader(r, id) && !is_own(r, id) && !is_asked(ids, found, id))
                ids[found++] = id;
        }
    return found;
}

void readers_expect(struct readers *r, Lienthong__V1__WantedPart *const *wanted, size_t count)
{
    ProtobufCBinaryData ids[PACKET_ASK_MAX];
    size_t unknown = unknown_keys(r, wanted, count, ids);

    if (unknown && ask_certificates(r, ids, unknown))
        r->pending_until_ms = r->adapter->now_ms + READERS_PENDING_MS;
}

bool readers_pending(const struct readers *r)
{
    return r->adapter->now_ms < r->pending_until_ms;
}

/* --- Answers -------------------------------------------------------------------------------------------------------------- */

static bool is_among(const struct certificate *const *list, size_t count, const struct certificate *c)
{
    struct digest id = certificate_key_id(c);

    for (size_t i = 0; i < count; i++) {
        struct digest other = certificate_key_id(list[i]);
        if (digest_equal(&id, &other))
            return true;
    }
    return false;
}

enum fault_code readers_of(struct readers *r, const Lienthong__V1__WantedPart *w, const struct certificate **ret,
                           size_t *ret_count, struct fault *f)
{
    ProtobufCBinaryData ids[PACKET_ASK_MAX];
    Lienthong__V1__WantedPart *const one[] = {(Lienthong__V1__WantedPart *)w};
    size_t pair_count, count = 0, unknown = unknown_keys(r, one, 1, ids);
    const struct seal_pair *pairs = credentials_pairs(r->adapter->credentials, &pair_count);

    if (unknown) {
        wait_for(r, ask_certificates(r, ids, unknown));
        if (unknown_keys(r, one, 1, ids))
            return fault_set(f, FAULT_AGAIN, "part %s: a reader's certificate is not known yet; try again", w->name);
    }
    ret[count++] = pairs[0].certificate; /* so that we can seal it to others later */
    for (size_t k = 0; k < w->n_keys && count < SEAL_RECIPIENTS_MAX; k++) {
        const struct told *t = known_reader(r, w->keys[k]);
        struct instant now = r->adapter->now;
        struct fault why;
        bool known;
        if (t && credentials_stands(r->adapter->credentials, t->certificate, now, now, &known, &why)) {
            if (!known)
                return fault_set(f, FAULT_AGAIN, "part %s: %.300s", w->name, why.text);
            continue; /* revoked since the router named it: nothing is sealed to it */
        }
        if (t && !is_among(ret, count, t->certificate))
            ret[count++] = t->certificate;
    }
    *ret_count = count;
    return FAULT_NONE;
}

static bool is_usable(const struct readers *r, const struct told *t)
{
    return t && t->wanted && t->at.us + READERS_KEPT_US > r->adapter->now.us;
}

static enum fault_code wanted_in(struct readers *r, const struct readers_question *q, const char *jurisdiction,
                                 const Lienthong__V1__TellWanted **ret, struct fault *f)
{
    char name[NAME_SIZE];
    int size = snprintf(name, sizeof(name), WANTED_NAME "%s %s %s", q->procedure, q->type ? q->type : "", jurisdiction);

    if (size < 0 || (size_t)size >= sizeof(name))
        return fault_set(f, FAULT_MALFORMED, "procedure, type and jurisdiction have %d bytes together, limit %d", size,
                         NAME_SIZE);
    struct told *t = find(r, name);
    if (!is_usable(r, t) || !text_empty(t->wanted->refusal)) {
        wait_for(r, ask_wanted(r, name, q, jurisdiction));
        t = find(r, name);
    } else if (!t->asked_at_ms || r->adapter->now_ms - t->asked_at_ms > READERS_FRESH_MS) {
        t->asked_at_ms = r->adapter->now_ms; /* whether or not anybody answers now */
        ask_wanted(r, name, q, jurisdiction);
    }
    if (!is_usable(r, t))
        return fault_set(f, FAULT_AGAIN, "procedure %s: no router has said yet who reads its parts; try again",
                         q->procedure);
    if (!text_empty(t->wanted->refusal))
        return fault_set(f, FAULT_REFUSED, "procedure %s: %s", q->procedure, t->wanted->refusal);
    *ret = t->wanted;
    return FAULT_NONE;
}

enum fault_code readers_wanted(struct readers *r, const struct readers_question *q,
                               const Lienthong__V1__TellWanted **ret, struct fault *f)
{
    const char *jurisdiction = q->jurisdiction ? q->jurisdiction : "";
    enum fault_code code = wanted_in(r, q, jurisdiction, ret, f);

    if (code || *jurisdiction || text_empty((*ret)->jurisdiction_fact))
        return code;
    for (size_t i = 0; i < q->fact_count; i++)
        if (q->facts[i].kind == LT_TEXT && text_equal(q->facts[i].name, (*ret)->jurisdiction_fact) &&
            !text_empty(q->facts[i].text))
            return wanted_in(r, q, q->facts[i].text, ret, f);
    return FAULT_NONE;
}
