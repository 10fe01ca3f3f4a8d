#include "world.h"
#include "workflow/needs.h"
#include "workflow/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

static const char *const codes[] = {"router", WORLD_DESK_CODE, WORLD_LAND_CODE};
static const char *const roles[] = {"", "desk", "land"};

/* --- The wire that writes down -------------------------------------------------------------------------------------- */

static bool wire_may_deliver(void *context, uint64_t peer, size_t bytes)
{
    const struct world *w = context;
    (void)peer;
    return w->credit > 0 && (w->bytes_max == 0 || bytes <= w->bytes_max);
}

static enum fault_code wire_deliver(void *context, uint64_t peer, struct bytes envelope, struct fault *f)
{
    struct world *w = context;
    struct envelope *e = NULL;
    if (!wire_may_deliver(w, peer, envelope.size))
        return fault_set(f, FAULT_AGAIN, "no credit");
    w->credit--;
    assert_int_equal(envelope_decode(envelope, &e, NULL, f), FAULT_NONE);
    *LIST_ADD(&w->delivered) = e;
    *LIST_ADD(&w->delivered_to) = peer;
    return FAULT_NONE;
}

static void wire_acknowledge(void *context, uint64_t peer, struct bytes id)
{
    struct world *w = context;
    struct world_told *told = LIST_ADD(&w->told);
    told->peer = peer;
    assert_true(uuid_from_bytes(id, &told->message));
}

static void wire_refuse(void *context, uint64_t peer, const Lienthong__V1__Refuse *r)
{
    struct world *w = context;
    struct world_told *told = LIST_ADD(&w->told);
    told->peer = peer;
    told->code = (int)r->code;
    told->retryable = r->retryable;
    snprintf(told->text, sizeof(told->text), "%s", r->text);
    if (r->message_id.len)
        assert_true(uuid_from_bytes(BYTES(r->message_id.data, r->message_id.len), &told->message));
}

static void wire_done(void *context, uint64_t peer, size_t size)
{
    (void)peer;
    ((struct world *)context)->done_bytes += size;
}

static void wire_flush(void *context)
{
    (void)context;
}

static void on_note(void *context, enum fault_code code, const char *event, const char *text)
{
    struct world *w = context;
    size_t size = strlen(w->notes);
    snprintf(w->note, sizeof(w->note), "%s", event);
    snprintf(w->notes + size, sizeof(w->notes) - size, "%s ", event);
    if (getenv("WORLD_NOTES"))
        fprintf(stderr, "%s %s: %s\n", event, fault_name(code), text);
}

/* --- Setting up ----------------------------------------------------------------------------------------------------- */

static void pack_calendar(struct buffer *to)
{
    struct fault f;
    Lienthong__V1__Span span = LIENTHONG__V1__SPAN__INIT, *spans[] = {&span};
    span.from_minute = 480;
    span.until_minute = 960;
    Lienthong__V1__WorkingHours day = LIENTHONG__V1__WORKING_HOURS__INIT;
    day.n_spans = 1;
    day.spans = spans;
    Lienthong__V1__WorkingHours *week[] = {&day, &day, &day, &day, &day, &day, &day};
    Lienthong__V1__Calendar c = LIENTHONG__V1__CALENDAR__INIT;
    c.id = (char *)"test";
    c.version = 1;
    c.n_week = 7;
    c.week = week;
    c.late_minute = 900;
    c.known_until_day = 39999;
    uint8_t packed[1024];
    assert_true(lienthong__v1__calendar__get_packed_size(&c) <= sizeof(packed));
    assert_int_equal(buffer_append(to, BYTES(packed, lienthong__v1__calendar__pack(&c, packed)), &f), FAULT_NONE);
}

/* The text has no word for the code of the procedure. */
static void pack_process(const char *text, struct buffer *to)
{
    struct fault f;
    struct buffer plain = BUFFER(PROCESS_SIZE_MAX);
    text_pack(text, &plain);
    Lienthong__V1__Process *p = lienthong__v1__process__unpack(NULL, plain.size, plain.data);
    assert_non_null(p);
    char *before = p->procedure;
    p->procedure = (char *)WORLD_PROCEDURE;
    size_t size = lienthong__v1__process__get_packed_size(p);
    uint8_t *packed = memory_new(size);
    lienthong__v1__process__pack(p, packed);
    assert_int_equal(buffer_append(to, BYTES(packed, size), &f), FAULT_NONE);
    p->procedure = before;
    lienthong__v1__process__free_unpacked(p, NULL);
    free(packed);
    buffer_clear(&plain);
}

static void fill_source(struct world *w)
{
    struct directory_source *s = &w->source;
    const struct instant from = {1}, until = {INT64_MAX};
    *s = (struct directory_source){.version = 1, .agency_count = 2, .code_count = 2, .key_count = 2, .role_count = 2};
    s->agencies = memory_array(2, sizeof(*s->agencies));
    s->codes = memory_array(2, sizeof(*s->codes));
    s->keys = memory_array(2, sizeof(*s->keys));
    s->roles = memory_array(2, sizeof(*s->roles));
    s->authorities = memory_array(1, sizeof(*s->authorities));
    s->curves = memory_array(2, sizeof(*s->curves));
    s->authorities[s->authority_count++] = certificate_der(w->pki.authority);
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t id = i + 1;
        const struct certificate *c = w->certificates[id];
        s->agencies[i] = (struct directory_agency){.id = id};
        s->codes[i] = (struct directory_code){codes[id], id, from, until};
        s->roles[i] = (struct directory_role){roles[id], "", id, from, until};
        s->keys[i] = (struct directory_key){certificate_key_id(c), id, certificate_der(c), certificate_from(c),
                                            certificate_until(c),  {0}};
    }
    s->processes = memory_array(1, sizeof(*s->processes));
    s->processes[s->process_count++] =
        (struct directory_process){1, 1, WORLD_PROCEDURE, "test", buffer_bytes(&w->process)};
    s->calendars = memory_array(1, sizeof(*s->calendars));
    s->calendars[s->calendar_count++] = (struct directory_calendar){"test", 1, buffer_bytes(&w->calendar)};
}

/* All that the procedure has a use for. */
static void fill_rights(struct world *w)
{
    struct directory_source *s = &w->source;
    struct fault f;
    struct need *needs;
    assert_int_equal(process_unpack(buffer_bytes(&w->process), &w->defined, &f), FAULT_NONE);
    arena_init(&w->rights, 1 << 20);
    s->right_count = needs_of(process_definition(w->defined), &w->rights, &needs);
    s->rights = memory_array(s->right_count, sizeof(*s->rights));
    for (size_t i = 0; i < s->right_count; i++)
        s->rights[i] = (struct right_act){.id = (int64_t)i + 1,
                                          .name = {WORLD_PROCEDURE, needs[i].sender, needs[i].type, needs[i].recipient},
                                          .granted = true,
                                          .from = {1},
                                          .until = {INT64_MAX}};
}

void world_open(struct world *w, const char *process)
{
    *w = (struct world){.now = {PKI_NOW.us + 30 * INSTANT_DAY_US + 9 * INSTANT_HOUR_US}, .credit = 1000};
    w->process = BUFFER(PROCESS_SIZE_MAX);
    w->calendar = BUFFER(65536);
    pki_open(&w->pki);
    for (size_t i = 0; i < LENGTH(codes); i++)
        pki_agency(&w->pki, codes[i], "p256", &w->keys[i], &w->certificates[i]);
    pack_process(process, &w->process);
    pack_calendar(&w->calendar);
    fill_source(w);
    fill_rights(w);
}

struct router_settings world_settings(void)
{
    return (struct router_settings){.batch_messages = 256,
                                    .batch_bytes = 8 << 20,
                                    .timers_max = 100,
                                    .claims_max = 100,
                                    .lease_us = 30 * INSTANT_SECOND_US,
                                    .retry_us_max = INSTANT_HOUR_US,
                                    .reseal_us = INSTANT_HOUR_US,
                                    .skew_us = 30 * INSTANT_SECOND_US,
                                    .attempts_max = 3,
                                    .poll_ms = 100,
                                    .directory_ms = 1000,
                                    .cache_bytes = 1 << 20,
                                    .parcels_bytes = 32 << 20};
}

void world_start(struct world *w, struct store store, uint32_t id, struct chain_head head)
{
    struct fault f;
    struct wire wire = {w, wire_deliver, wire_may_deliver, wire_acknowledge, wire_refuse, wire_done, wire_flush};
    struct router_settings settings = world_settings();
    settings.revocation = w->revocation;
    settings.revocation_us_max = w->revocation_us_max;
    settings.seed[0] = (uint8_t)++w->made; /* another life draws other ids */
    struct router_edge edge = {on_note, NULL, w};
    if (router_open(&settings, store, wire, w->keys[0], id, head, edge, &w->router, &f) != FAULT_NONE)
        fail_msg("router: %s", f.text);
    router_set_now(w->router, w->now);
    router_on_open(w->router, WORLD_DESK, WORLD_DESK);
    router_on_open(w->router, WORLD_LAND, WORLD_LAND);
}

void world_stop(struct world *w)
{
    w->router = router_free(w->router);
}

void world_close(struct world *w)
{
    struct directory_source *s = &w->source;
    world_stop(w);
    for (size_t i = 0; i < w->delivered.count; i++)
        envelope_free(w->delivered.items[i]);
    free(w->delivered.items);
    free(w->delivered_to.items);
    free(w->told.items);
    for (size_t i = 0; i < LENGTH(codes); i++) {
        key_free(w->keys[i]);
        certificate_free(w->certificates[i]);
    }
    void *owned[] = {s->agencies, s->codes,     s->keys,      s->roles, s->authorities,
                     s->curves,   s->processes, s->calendars, s->rights};
    for (size_t i = 0; i < LENGTH(owned); i++)
        free(owned[i]);
    process_free(w->defined);
    arena_clear(&w->rights);
    buffer_clear(&w->process);
    buffer_clear(&w->calendar);
    pki_close(&w->pki);
}

/* --- Messages ------------------------------------------------------------------------------------------------------- */

static ProtobufCBinaryData data_of(const void *data, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)data};
}

void world_message(struct world *w, struct world_message *m, uint32_t agency, Lienthong__V1__MessageKind kind,
                   struct uuid dossier)
{
    uint8_t random[10] = {0};
    *m = (struct world_message){.agency = agency, .dossier = dossier};
    unsigned number = ++w->made;
    memcpy(random, &number, sizeof(number));
    m->id = uuid_v7(w->now, random);
    lienthong__v1__header__init(&m->header);
    lienthong__v1__purpose__init(&m->purpose);
    lienthong__v1__opening__init(&m->opening);
    m->purpose.procedure = (char *)WORLD_PROCEDURE;
    m->purpose.officer = (char *)"officer 7";
    m->header.message_id = data_of(m->id.bytes, 16);
    m->header.dossier_id = data_of(m->dossier.bytes, 16);
    m->header.sender = (char *)codes[agency];
    m->header.recipient = (char *)"router";
    m->header.kind = kind;
    m->header.happened_us = w->now.us;
    m->header.purpose = &m->purpose;
}

void world_submission(struct world *w, struct world_message *m, const char *key)
{
    world_message(w, m, WORLD_DESK, KIND(SUBMISSION), uuid_dossier(w->now, codes[WORLD_DESK], key));
    snprintf(m->key, sizeof(m->key), "%s", key);
    m->opening.procedure = (char *)WORLD_PROCEDURE;
    m->opening.idempotency_key = m->key;
    m->opening.dossier_code = (char *)"000.01.H58-270214-0001";
    m->opening.channel = 1;
    m->header.opening = &m->opening;
    m->header.type = (char *)"submission";
}

void world_reply(struct world *w, struct world_message *m, uint32_t agency, Lienthong__V1__MessageKind kind,
                 const struct envelope *delivery)
{
    world_message(w, m, agency, kind, envelope_dossier_id(delivery));
    m->step = envelope_step_id(delivery);
    m->reply = envelope_message_id(delivery);
    m->reply_digest = envelope_digest(delivery);
    if (!uuid_is_nil(m->step))
        m->header.step_id = data_of(m->step.bytes, 16);
    m->header.reply_to = data_of(m->reply.bytes, 16);
    m->header.reply_digest = data_of(m->reply_digest.bytes, DIGEST_SIZE);
    m->header.type = envelope_header(delivery)->type;
}

void world_part(struct world_message *m, const char *name, const char *type, const char *content)
{
    m->piece = (struct envelope_piece){.name = name, .type = type, .content = bytes_of_text(content)};
    memcpy(m->piece.salt, m->id.bytes, sizeof(m->piece.salt));
}

void world_fact(struct world_message *m, const char *name, const char *text)
{
    lienthong__v1__fact__init(&m->fact);
    lienthong__v1__value__init(&m->value);
    m->value.is_case = LIENTHONG__V1__VALUE__IS_TEXT;
    m->value.text = (char *)text;
    m->fact.name = (char *)name;
    m->fact.value = &m->value;
    m->facts[0] = &m->fact;
    m->header.facts = m->facts;
    m->header.n_facts = 1;
}

struct envelope *world_envelope(struct world *w, struct world_message *m)
{
    struct fault f;
    struct envelope *e = NULL;
    if (envelope_make(&m->header, &m->piece, m->piece.name ? 1 : 0, w->keys[m->agency], &e, &f) != FAULT_NONE)
        fail_msg("envelope: %s", f.text);
    return e;
}

void world_send_envelope(struct world *w, uint64_t peer, uint32_t agency, const struct envelope *e)
{
    router_set_now(w->router, w->now);
    router_on_submit(w->router, peer, agency, envelope_bytes(e));
}

void world_send(struct world *w, struct world_message *m)
{
    struct envelope *e = world_envelope(w, m);
    world_send_envelope(w, m->agency, m->agency, e);
    envelope_free(e);
}

void world_run(struct world *w)
{
    int turns = 0;
    do {
        router_turn(w->router, w->now, w->now_ms);
        w->now_ms += 100;
        w->now.us += 1000;
    } while (turns++ < 100 && (!router_idle(w->router) || turns < 3));
    assert_true(turns <= 100);
}

void world_receive(struct world *w, uint32_t agency)
{
    size_t *next = &w->receipted[agency];
    while (*next < w->delivered.count) {
        const struct envelope *e = w->delivered.items[(*next)++];
        struct world_message receipt;
        if (strcmp(envelope_header(e)->recipient, codes[agency]) != 0)
            continue;
        world_reply(w, &receipt, agency, KIND(RECEIPT), e);
        receipt.header.purpose = NULL;
        world_send(w, &receipt);
        world_run(w);
        assert_int_equal(world_answer(w, &receipt), 0);
    }
}

void world_wait(struct world *w, int64_t ms)
{
    w->now.us += ms * 1000;
    w->now_ms += ms;
    world_run(w);
}

int world_answer(const struct world *w, const struct world_message *m)
{
    for (size_t i = w->told.count; i > 0; i--)
        if (uuid_equal(w->told.items[i - 1].message, m->id))
            return w->told.items[i - 1].code;
    return -1;
}

static bool is_delivery(const struct envelope *e, Lienthong__V1__MessageKind kind, const char *type)
{
    return envelope_header(e)->kind == kind && strcmp(envelope_header(e)->type, type) == 0;
}

const struct envelope *world_delivered(const struct world *w, Lienthong__V1__MessageKind kind, const char *type)
{
    for (size_t i = w->delivered.count; i > 0; i--)
        if (is_delivery(w->delivered.items[i - 1], kind, type))
            return w->delivered.items[i - 1];
    fail_msg("nothing of kind %d and type %s was delivered", (int)kind, type);
    return NULL;
}

size_t world_delivered_count(const struct world *w, Lienthong__V1__MessageKind kind, const char *type)
{
    size_t count = 0;
    for (size_t i = 0; i < w->delivered.count; i++)
        count += is_delivery(w->delivered.items[i], kind, type);
    return count;
}
