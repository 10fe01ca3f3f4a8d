#include "unit.h"

#include "fake_router.h"

#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"
#include "session/gatekeeper.h"
#include "trust/curve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define AGENCY_ID 7

struct uuid fake_uuid7(void)
{
    uint8_t random[10];
    system_random(random, sizeof(random));
    return uuid_v7(system_now(), random);
}

struct uuid fake_uuid8(void)
{
    char key[40];
    static unsigned number;
    uint64_t random;
    system_random(&random, sizeof(random));
    snprintf(key, sizeof(key), "%llu-%u", (unsigned long long)random, ++number);
    return uuid_dossier(system_now(), "test", key);
}

static void on_open(uint64_t peer, uint32_t agency, const Lienthong__V1__Hello *hello, void *context)
{
    struct fake_router *r = context;
    (void)hello;
    assert_int_equal(agency, AGENCY_ID);
    r->peer = peer;
    r->sessions++;
}

static void on_lost(uint64_t peer, uint32_t agency, const char *why, void *context)
{
    struct fake_router *r = context;
    (void)agency;
    (void)why;
    if (r->peer == peer)
        r->peer = HUB_NO_PEER;
}

static void record(struct fake_router *r, const struct envelope *e)
{
    const Lienthong__V1__Header *h = envelope_header(e);
    struct fake_message *m = &r->received[r->received_count++];

    assert_in_range(r->received_count, 1, FAKE_RECEIVED_MAX - 1);
    *m = (struct fake_message){
        .message = envelope_message_id(e), .step = envelope_step_id(e), .digest = envelope_digest(e), .kind = h->kind};
    if (h->reply_to.len) {
        memcpy(m->reply_to.bytes, h->reply_to.data, sizeof(m->reply_to.bytes));
        memcpy(m->reply_digest.bytes, h->reply_digest.data, DIGEST_SIZE);
    }
    const struct signature *s = envelope_signature(e);
    m->value = digest_of(BYTES(s->value, s->value_size));
    m->leaf_index = s->leaf_index;
    m->leaf_count = s->leaf_count;
    text_copy(m->type, sizeof(m->type), h->type);
    text_copy(m->error, sizeof(m->error), h->error);
    if (h->opening)
        text_copy(m->key, sizeof(m->key), h->opening->idempotency_key);
}

static void tell_certificates(const struct fake_router *r, const Lienthong__V1__AskCertificates *about,
                              Lienthong__V1__TellCertificates *told)
{
    for (size_t i = 0; i < about->n_key_ids; i++)
        for (size_t k = 0; k < r->certificate_count; k++) {
            struct digest id = certificate_key_id(r->certificates[k]);
            struct bytes der = certificate_der(r->certificates[k]);
            if (bytes_equal(digest_bytes(&id), BYTES(about->key_ids[i].data, about->key_ids[i].len)))
                told->certificates[told->n_certificates++] =
                    (ProtobufCBinaryData){.data = (uint8_t *)der.data, .len = der.size};
        }
}

#define PAGE 40

static void tell_operations(struct fake_router *r, uint64_t peer, const Lienthong__V1__Ask *ask)
{
    Lienthong__V1__Tell tell = LIENTHONG__V1__TELL__INIT;
    Lienthong__V1__TellOperations told = LIENTHONG__V1__TELL_OPERATIONS__INIT;
    Lienthong__V1__Operation operations[PAGE], *list[PAGE];
    char types[PAGE][40];

    r->asked_operations++;
    for (size_t at = ask->operations->after; at < r->operations && told.n_operations < PAGE; at++) {
        size_t i = told.n_operations++;
        lienthong__v1__operation__init(list[i] = &operations[i]);
        snprintf(types[i], sizeof(types[i]), "operation-%zu", at);
        operations[i].procedure = ask->operations->procedure;
        operations[i].type = types[i];
    }
    told.operations = list;
    told.more = ask->operations->after + told.n_operations < r->operations;
    tell.id = ask->id;
    tell.is_case = LIENTHONG__V1__TELL__IS_OPERATIONS;
    tell.operations = &told;
    if (!r->mute)
        hub_tell(r->hub, peer, &tell);
}

static void on_ask(uint64_t peer, uint32_t agency, const Lienthong__V1__Ask *ask, void *context)
{
    struct fake_router *r = context;
    Lienthong__V1__Tell tell = LIENTHONG__V1__TELL__INIT;
    Lienthong__V1__TellCertificates certificates = LIENTHONG__V1__TELL_CERTIFICATES__INIT;
    Lienthong__V1__TellWanted none = LIENTHONG__V1__TELL_WANTED__INIT;
    ProtobufCBinaryData list[64];

    (void)agency;
    none.refusal = (char *)"no such procedure";
    certificates.certificates = list;
    if (ask->is_case == LIENTHONG__V1__ASK__IS_OPERATIONS) {
        tell_operations(r, peer, ask);
        return;
    }
    tell.id = ask->id;
    if (ask->is_case == LIENTHONG__V1__ASK__IS_CERTIFICATES) {
        r->asked_certificates++;
        tell_certificates(r, ask->certificates, &certificates);
        tell.is_case = LIENTHONG__V1__TELL__IS_CERTIFICATES;
        tell.certificates = &certificates;
    } else {
        r->asked_wanted++;
        tell.is_case = LIENTHONG__V1__TELL__IS_WANTED;
        tell.wanted = r->wanted ? r->wanted : &none;
    }
    if (!r->mute)
        hub_tell(r->hub, peer, &tell);
}

static void on_submit(uint64_t peer, uint32_t agency, struct bytes bytes, void *context)
{
    struct fake_router *r = context;
    struct envelope *e = NULL;
    struct fault f;

    (void)agency;
    if (envelope_decode(bytes, &e, NULL, &f) || envelope_verify(e, r->agency, NULL, &f))
        fail_msg("the agency sent what cannot be verified: %s", f.text);
    record(r, e);
    struct uuid id = envelope_message_id(e);
    enum fake_policy policy =
        r->policy_kind == 0 || r->policy_kind == envelope_header(e)->kind ? r->policy : FAKE_ACKNOWLEDGE;
    if (policy == FAKE_ACKNOWLEDGE) {
        hub_acknowledge(r->hub, peer, uuid_bytes(&id));
    } else if (policy != FAKE_SILENT) {
        Lienthong__V1__Refuse refuse = LIENTHONG__V1__REFUSE__INIT;
        if (policy != FAKE_UNREADABLE)
            refuse.message_id = (ProtobufCBinaryData){.data = id.bytes, .len = sizeof(id.bytes)};
        refuse.code = r->code;
        refuse.text = (char *)"as the test wants";
        refuse.retryable = policy == FAKE_REFUSE_FOR_NOW;
        hub_refuse(r->hub, peer, &refuse);
    }
    hub_done(r->hub, peer, bytes.size);
    if (envelope_header(e)->kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL) {
        envelope_free(r->resealed);
        r->resealed = MOVE(e);
    }
    envelope_free(e);
}

static void on_refuse(uint64_t peer, uint32_t agency, const Lienthong__V1__Refuse *refuse, void *context)
{
    struct fake_router *r = context;

    (void)peer;
    (void)agency;
    if (r->refused_count == LENGTH(r->refused))
        return;
    r->refused[r->refused_count].code = refuse->code;
    if (!uuid_from_bytes(BYTES(refuse->dossier_id.data, refuse->dossier_id.len), &r->refused[r->refused_count].dossier))
        r->refused[r->refused_count].dossier = (struct uuid){{0}};
    r->refused[r->refused_count].retryable = refuse->retryable;
    text_copy(r->refused[r->refused_count].text, sizeof(r->refused[0].text), refuse->text);
    if (!uuid_from_bytes(BYTES(refuse->message_id.data, refuse->message_id.len), &r->refused[r->refused_count].message))
        r->refused[r->refused_count].message = (struct uuid){{0}};
    r->refused_count++;
}

static void on_violation(uint32_t agency, Lienthong__V1__RefusalCode code, const char *text, void *context)
{
    (void)agency;
    (void)context;
    fail_msg("the agency broke the protocol (%s): %s", refusal_name(code), text);
}

static Lienthong__V1__RefusalCode prove(uint32_t agency, const struct proof *p, char *text, size_t size, void *context)
{
    const struct fake_router *r = context;
    struct fault f;
    (void)agency;
    if (proof_check(p, r->agency, &f))
        fail_msg("%s", f.text);
    text_copy(text, size, "");
    return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED;
}

void fake_router_open(struct fake_router *r, const char *folder, const char *agency, const char *endpoint)
{
    char path[300];
    char agency_curve[Z85_TEXT_SIZE];
    struct curve_pair own;
    struct fault f;

    r->zmq = zmq_ctx_new();
    snprintf(path, sizeof(path), "%s/router/sign.key", folder);
    if (key_load(path, &r->key, &f))
        fail_msg("%s", f.text);
    snprintf(path, sizeof(path), "%s/router/curve.key", folder);
    assert_int_equal(curve_load(path, &own, &f), FAULT_NONE);
    snprintf(path, sizeof(path), "%s/%s/sign.pem", folder, agency);
    assert_int_equal(certificate_load(path, &r->agency, &f), FAULT_NONE);
    snprintf(path, sizeof(path), "%s/%s/curve.pub", folder, agency);
    assert_int_equal(curve_load_public(path, agency_curve, &f), FAULT_NONE);
    if (gatekeeper_open(r->zmq, &r->gatekeeper, &f))
        fail_msg("%s", f.text);
    struct gatekeeper_key known = {.agency = AGENCY_ID};
    assert_non_null(zmq_z85_decode(known.curve_public, agency_curve));
    gatekeeper_allow(r->gatekeeper, &known, 1);
    struct hub_settings settings = {.endpoint = endpoint,
                                    .curve_public = own.public_key,
                                    .curve_secret = own.secret_key,
                                    .router = "fake",
                                    .memory_bytes_max = 64 << 20,
                                    .window_messages = 1000,
                                    .window_bytes = 8 << 20,
                                    .sessions_max = 8,
                                    .idle_ms_max = 3000};
    struct hub_events events = {on_open, on_lost, on_submit, on_refuse, on_ask, on_violation, prove, r};
    if (hub_open(r->zmq, &settings, r->gatekeeper, events, &r->hub, &f))
        fail_msg("%s", f.text);
    if (!r->received)
        r->received = memory_array(FAKE_RECEIVED_MAX, sizeof(*r->received));
}

void fake_router_close(struct fake_router *r)
{
    if (!r->zmq)
        return;
    r->resealed = envelope_free(r->resealed);
    hub_free(r->hub);
    gatekeeper_free(r->gatekeeper);
    key_free(r->key);
    certificate_free(r->agency);
    zmq_ctx_term(r->zmq);
    r->hub = NULL;
    r->zmq = NULL;
    r->peer = HUB_NO_PEER;
}

void fake_router_turn(struct fake_router *r)
{
    hub_turn(r->hub, system_monotonic_ms(), system_now().us, 1000, 64 << 20);
}

struct envelope *fake_router_make(const struct fake_router *r, struct fake_delivery d)
{
    Lienthong__V1__Header h = LIENTHONG__V1__HEADER__INIT;
    Lienthong__V1__Purpose purpose = LIENTHONG__V1__PURPOSE__INIT;
    Lienthong__V1__WantedPart note = LIENTHONG__V1__WANTED_PART__INIT, *notes[] = {&note};
    char *readers[] = {(char *)"tax", (char *)"desk"};
    struct envelope *e = NULL;
    struct fault f;

    if (uuid_is_nil(d.message))
        d.message = fake_uuid7();
    if (uuid_is_nil(d.dossier))
        d.dossier = fake_uuid8();
    note.name = (char *)"note";
    note.type = (char *)"lienthong.v1.Refusal";
    note.roles = readers;
    note.n_roles = 2;
    h.message_id = (ProtobufCBinaryData){.data = d.message.bytes, .len = 16};
    h.dossier_id = (ProtobufCBinaryData){.data = d.dossier.bytes, .len = 16};
    if (!uuid_is_nil(d.step))
        h.step_id = (ProtobufCBinaryData){.data = d.step.bytes, .len = 16};
    h.sender = (char *)ENVELOPE_ROUTER;
    h.recipient = (char *)(d.recipient ? d.recipient : "000.01");
    h.kind = d.kind;
    h.type = (char *)(d.operation ? d.operation : "");
    h.happened_us = system_now().us;
    h.sequence = d.sequence ? d.sequence : 1;
    if (d.kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK) {
        h.returns = d.wanted ? d.wanted : notes;
        h.n_returns = d.wanted ? d.wanted_count : 1;
    }
    if (d.kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL_REQUEST) {
        h.returns = d.wanted;
        h.n_returns = d.wanted_count;
    }
    purpose.procedure = (char *)"1.013831";
    h.purpose = &purpose;
    if (envelope_make(&h, d.pieces, d.piece_count, d.key ? d.key : r->key, &e, &f))
        fail_msg("%s", f.text);
    return e;
}

bool fake_router_deliver(struct fake_router *r, const struct envelope *e)
{
    struct fault f;
    return r->peer != HUB_NO_PEER && hub_deliver(r->hub, r->peer, envelope_bytes(e), &f) == FAULT_NONE;
}

static bool is_wanted(const struct fake_message *m, Lienthong__V1__MessageKind kind, struct uuid step)
{
    return m->kind == kind && (uuid_is_nil(step) || uuid_equal(m->step, step));
}

size_t fake_router_count(const struct fake_router *r, Lienthong__V1__MessageKind kind, struct uuid step,
                         size_t *ret_all)
{
    size_t distinct = 0, all = 0;

    for (size_t i = 0; i < r->received_count; i++) {
        bool first = is_wanted(&r->received[i], kind, step);
        all += first;
        for (size_t k = 0; first && k < i; k++)
            if (is_wanted(&r->received[k], kind, step) && uuid_equal(r->received[k].message, r->received[i].message)) {
                assert_true(
                    digest_equal(&r->received[k].digest, &r->received[i].digest)); /* the same id, the same bytes */
                first = false;
            }
        distinct += first;
    }
    if (ret_all)
        *ret_all = all;
    return distinct;
}

const struct fake_message *fake_router_find(const struct fake_router *r, Lienthong__V1__MessageKind kind,
                                            struct uuid step)
{
    for (size_t i = 0; i < r->received_count; i++)
        if (is_wanted(&r->received[i], kind, step))
            return &r->received[i];
    return NULL;
}
