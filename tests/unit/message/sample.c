#include "message/sample.h"
#include "unit.h"
#include <string.h>

#define HAPPENED_US (INT64_C(1800000000) * INSTANT_SECOND_US)

static ProtobufCBinaryData id_of(const struct uuid *u)
{
    return (ProtobufCBinaryData){.len = sizeof(u->bytes), .data = (uint8_t *)u->bytes};
}

static const char *const roles[] = {"land-registry", "tax"};

static void add_pieces(struct sample *s)
{
    s->pieces[0] = (struct envelope_piece){.name = "transfer-slip",
                                           .type = "lienthong.v1.TransferSlip",
                                           .roles = roles,
                                           .role_count = 2,
                                           .content = bytes_of_text("\x0a\x04slip")};
    s->pieces[1] = (struct envelope_piece){.name = "empty", .type = "lienthong.v1.Withdrawal"};
    memset(s->pieces[0].salt, 0x5a, sizeof(s->pieces[0].salt));
    memset(s->pieces[1].salt, 0xa5, sizeof(s->pieces[1].salt));
    s->piece_count = 2;
}

static void add_facts(struct sample *s)
{
    static const char *const names[] = {"area.matches", "tax.amount"};
    for (size_t i = 0; i < 2; i++) {
        lienthong__v1__fact__init(&s->facts[i]);
        lienthong__v1__value__init(&s->values[i]);
        s->facts[i].name = (char *)names[i];
        s->facts[i].value = &s->values[i];
        s->fact_list[i] = &s->facts[i];
    }
    s->values[0].is_case = LIENTHONG__V1__VALUE__IS_YES;
    s->values[0].yes = 1;
    s->values[1].is_case = LIENTHONG__V1__VALUE__IS_DECIMAL;
    s->values[1].decimal = (char *)"30000000.50";
    s->header.facts = s->fact_list;
    s->header.n_facts = 2;
}

static void add_reply(struct sample *s)
{
    s->header.reply_to = id_of(&s->reply);
    s->header.reply_digest = (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = s->reply_digest.bytes};
}

static void add_by_kind(struct sample *s, Lienthong__V1__MessageKind kind)
{
    struct uuid step = uuid_step(s->dossier, 3);
    s->step = step;
    switch (kind) {
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_SUBMISSION: s->header.opening = &s->opening; break;
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK:
        s->header.clock = &s->clock;
        s->header.step_id = id_of(&s->step);
        break;
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_CANCEL: s->header.step_id = id_of(&s->step); break;
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RECEIPT:
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_ANSWER:
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_CANCELLED:
        s->header.step_id = id_of(&s->step);
        add_reply(s);
        break;
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL: add_reply(s); break;
    case LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL_REQUEST:
        lienthong__v1__wanted_part__init(&s->wanted);
        s->wanted.name = (char *)"transfer-slip";
        s->wanted_list[0] = &s->wanted;
        s->header.returns = s->wanted_list;
        s->header.n_returns = 1;
        break;
    default: break;
    }
}

static bool has_body(Lienthong__V1__MessageKind kind)
{
    return kind != LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_CANCEL &&
           kind != LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RECEIPT &&
           kind != LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_CANCELLED;
}

void sample_init(struct sample *s, Lienthong__V1__MessageKind kind)
{
    static const uint8_t random[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, other[10] = {9, 9, 9};
    bool from_router = kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK ||
                       kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_INFORM ||
                       kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL_REQUEST ||
                       kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_CANCEL;
    memset(s, 0, sizeof(*s));
    lienthong__v1__header__init(&s->header);
    lienthong__v1__purpose__init(&s->purpose);
    lienthong__v1__opening__init(&s->opening);
    lienthong__v1__step_clock__init(&s->clock);
    s->message = uuid_v7((struct instant){HAPPENED_US}, random);
    s->reply = uuid_v7((struct instant){HAPPENED_US - 1000000}, other);
    s->dossier = uuid_dossier((struct instant){HAPPENED_US}, SAMPLE_LAND, "key-1");
    s->reply_digest = digest_of(bytes_of_text("header of the delivery"));
    s->purpose.procedure = s->opening.procedure = (char *)"1.013831";
    s->purpose.officer = (char *)"Nguyễn Văn An";
    s->opening.idempotency_key = (char *)"key-1";
    s->opening.channel = 2;
    s->clock.opened_us = HAPPENED_US;
    s->header.kind = kind;
    s->header.message_id = id_of(&s->message);
    s->header.dossier_id = id_of(&s->dossier);
    s->header.sender = (char *)(from_router ? ENVELOPE_ROUTER : SAMPLE_LAND);
    s->header.recipient = (char *)(from_router ? SAMPLE_TAX : ENVELOPE_ROUTER);
    s->header.type = (char *)"land.conditions.check";
    s->header.happened_us = HAPPENED_US;
    s->header.purpose = &s->purpose;
    s->header.sequence = from_router ? 7 : 0;
    add_by_kind(s, kind);
    if (has_body(kind))
        add_pieces(s);
    if (has_body(kind) && kind != LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL_REQUEST &&
        kind != LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL)
        add_facts(s);
}

struct envelope *sample_make(struct sample *s, const struct key *k)
{
    struct envelope *e = NULL;
    struct fault f;
    if (envelope_make(&s->header, s->pieces, s->piece_count, k, &e, &f))
        fail_msg("%s", f.text);
    return e;
}
