#include "unit.h"
#include "base/memory.h"
#include "base/text.h"
#include "message/sample.h"
#include "message/form.h"
#include "trust/pki.h"
#include <stdio.h>
#include <string.h>

#define KIND(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name
#define CODE(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

static struct pki pki;
static struct key *key;

static int open_all(void **state)
{
    (void)state;
    pki_open(&pki);
    pki_agency(&pki, SAMPLE_LAND, "ed25519", &key, NULL);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    key_free(key);
    pki_close(&pki);
    return 0;
}

/* envelope_make decodes what it made, so it says what every receiver would. */
static enum fault_code make(struct sample *s, struct fault *f)
{
    struct envelope *e = NULL;
    enum fault_code code = envelope_make(&s->header, s->pieces, s->piece_count, key, &e, f);
    envelope_free(e);
    return code;
}

/* --- Which field which kind must, may or must not have -------------------------------------------------------------- */

enum field { TYPE, STEP, REPLY, OPENING, CLOCK, ERROR, SEQUENCE, PURPOSE, PARTS, FACTS, FIELD_COUNT };
static const char *const field_names[] = {"a type",   "step_id",    "reply_to",  "an opening", "a clock",
                                          "an error", "a sequence", "a purpose", "parts",      "facts"};

static void put(struct sample *s, enum field field)
{
    static struct sample answer, submission, task; /* what they point to must live on */
    sample_init(&answer, KIND(ANSWER));
    sample_init(&submission, KIND(SUBMISSION));
    sample_init(&task, KIND(TASK));
    switch (field) {
    case TYPE: s->header.type = (char *)"a.type"; break;
    case STEP: s->header.step_id = answer.header.step_id; break;
    case REPLY:
        s->header.reply_to = answer.header.reply_to;
        s->header.reply_digest = answer.header.reply_digest;
        break;
    case OPENING: s->header.opening = &submission.opening; break;
    case CLOCK: s->header.clock = &task.clock; break;
    case ERROR: s->header.error = (char *)"some-error"; break;
    case SEQUENCE: s->header.sequence = 7; break;
    case PURPOSE: s->header.purpose = &answer.purpose; break;
    case PARTS:
        s->pieces[0] = answer.pieces[0];
        s->piece_count = 1;
        break;
    case FACTS:
        s->header.facts = answer.header.facts;
        s->header.n_facts = 2;
        break;
    case FIELD_COUNT: break;
    }
}

static void take(struct sample *s, enum field field)
{
    switch (field) {
    case TYPE: s->header.type = (char *)""; break;
    case STEP: s->header.step_id.len = 0; break;
    case REPLY: s->header.reply_to.len = s->header.reply_digest.len = 0; break;
    case OPENING: s->header.opening = NULL; break;
    case CLOCK: s->header.clock = NULL; break;
    case ERROR: s->header.error = (char *)""; break;
    case SEQUENCE: s->header.sequence = 0; break;
    case PURPOSE: s->header.purpose = NULL; break;
    case PARTS: s->piece_count = 0; break;
    case FACTS: s->header.n_facts = 0; break;
    case FIELD_COUNT: break;
    }
}

static void test_fields_by_kind(void **state)
{
    (void)state;
    /* Written out a second time, by hand, as proto/README.md has it: R required, o optional, - forbidden. Order: type step
     * reply opening clock error sequence purpose parts facts. */
    static const struct {
        Lienthong__V1__MessageKind kind;
        const char *needs;
    } rows[] = {
        {KIND(SUBMISSION), "o--R---Roo"},     {KIND(TASK), "RR--o-RRoo"},    {KIND(INFORM), "Roo---Rooo"},
        {KIND(CANCEL), "oR----Ro--"},         {KIND(RECEIPT), "ooR----o--"}, {KIND(ANSWER), "RRR--o-Roo"},
        {KIND(CANCELLED), "oRR----o--"},      {KIND(EVENT), "R------Roo"},   {KIND(COMMAND), "Ro-----Roo"},
        {KIND(RESEAL_REQUEST), "R-----RoR-"}, {KIND(RESEAL), "R-R----oR-"},
    };
    assert_int_equal(LENGTH(rows), KIND(RESEAL));
    for (size_t i = 0; i < LENGTH(rows); i++)
        for (int field = TYPE; field < FIELD_COUNT; field++) {
            struct sample s;
            struct fault f = {0};
            char need = rows[i].needs[field];
            sample_init(&s, rows[i].kind);
            put(&s, (enum field)field);
            enum fault_code with = make(&s, &f);
            if ((with == FAULT_NONE) == (need == '-') || (need == '-' && !strstr(f.text, field_names[field])))
                fail_msg("%s with %s: %s", form_rule_of(rows[i].kind)->name, field_names[field], f.text);
            sample_init(&s, rows[i].kind);
            take(&s, (enum field)field);
            enum fault_code without = make(&s, &f);
            if ((without == FAULT_NONE) == (need == 'R') || (need == 'R' && !strstr(f.text, field_names[field])))
                fail_msg("%s without %s: %s", form_rule_of(rows[i].kind)->name, field_names[field], f.text);
        }
}

/* --- What each field may hold --------------------------------------------------------------------------------------- */

static const char *const odd_roles[] = {"a b", "c"};
static char long_text[5000]; /* 'a' × 4999, cut where needed from its end */

static char *letters(size_t count)
{
    memset(long_text, 'a', sizeof(long_text) - 1);
    return long_text + sizeof(long_text) - 1 - count;
}

#define BEND(name, statement)                  \
    static void name(struct sample *s)         \
    {                                          \
        Lienthong__V1__Header *h = &s->header; \
        (void)h;                               \
        statement;                             \
    }

BEND(version_zero, s->message.bytes[6] &= 0x0f)
BEND(wrong_variant, s->message.bytes[8] = 0)
BEND(short_id, h->message_id.len = 15)
BEND(no_id, h->message_id.len = 0)
BEND(message_id_as_dossier, h->dossier_id = h->message_id)
BEND(another_key, s->opening.idempotency_key = (char *)"key-2")
BEND(no_key, s->opening.idempotency_key = (char *)"")
BEND(long_key, s->opening.idempotency_key = letters(101))
BEND(key_with_newline, s->opening.idempotency_key = (char *)"a\nb")
BEND(no_procedure, s->opening.procedure = (char *)"")
BEND(no_channel, s->opening.channel = 0)
BEND(channel_four, s->opening.channel = 4)
BEND(no_sender, h->sender = (char *)"")
BEND(long_sender, h->sender = letters(36))
BEND(sender_with_space, h->sender = (char *)"a b")
BEND(sender_is_router, h->sender = (char *)"router")
BEND(sender_is_agency, h->sender = (char *)"A01")
BEND(long_type, h->type = letters(101))
BEND(type_with_slash, h->type = (char *)"a/b")
BEND(no_time, h->happened_us = 0)
BEND(before_1970, h->happened_us = -1)
BEND(year_10000, h->happened_us = INT64_MAX)
BEND(expired_at_birth, h->expires_us = h->happened_us)
BEND(unknown_kind, h->kind = (Lienthong__V1__MessageKind)12)
BEND(no_kind, h->kind = (Lienthong__V1__MessageKind)0)
BEND(no_officer, s->purpose.officer = (char *)"")
BEND(no_purpose_procedure, s->purpose.procedure = (char *)"")
BEND(short_digest, h->reply_digest.len = 31)
BEND(no_digest, h->reply_digest.len = 0)
BEND(trace_short, h->traceparent = (char *)"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0")
BEND(trace_upper, h->traceparent = (char *)"00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
BEND(error_with_space, h->error = (char *)"not found")
BEND(clock_without_opening, s->clock.opened_us = 0)
BEND(two_facts_of_a_name, s->facts[1].name = s->facts[0].name)
BEND(fact_without_name, s->facts[0].name = (char *)"")
BEND(fact_without_value, s->facts[0].value = NULL)
BEND(fact_unset, s->values[0].is_case = LIENTHONG__V1__VALUE__IS__NOT_SET)
BEND(decimal_letters, s->values[1].decimal = (char *)"1e5")
BEND(decimal_empty, s->values[1].decimal = (char *)"")
BEND(decimal_point_last, s->values[1].decimal = (char *)"1.")
BEND(decimal_plus, s->values[1].decimal = (char *)"+1")
BEND(decimal_35, s->values[1].decimal = (char *)"12345678901234567890123456789012345")
BEND(date_of_february, (s->values[1].is_case = LIENTHONG__V1__VALUE__IS_DATE, s->values[1].date = (char *)"2026-02-29"))
BEND(text_too_long, (s->values[1].is_case = LIENTHONG__V1__VALUE__IS_TEXT, s->values[1].text = letters(4001)))
BEND(two_parts_of_a_name, s->pieces[1].name = s->pieces[0].name)
BEND(part_without_name, s->pieces[1].name = "")
BEND(part_without_type, s->pieces[1].type = "")
BEND(role_with_space, s->pieces[0].roles = odd_roles)
BEND(seventeen_roles, s->pieces[0].role_count = 17)

static void test_contents_of_fields(void **state)
{
    (void)state;
    static const struct {
        Lienthong__V1__MessageKind kind;
        void (*bend)(struct sample *s);
        const char *says;
    } rows[] = {
        {KIND(EVENT), version_zero, "message_id has not the shape"},
        {KIND(EVENT), wrong_variant, "message_id has not the shape"},
        {KIND(EVENT), short_id, "message_id has 15 bytes"},
        {KIND(EVENT), no_id, "message_id has 0 bytes"},
        {KIND(EVENT), message_id_as_dossier, "dossier_id has not the shape"},
        {KIND(SUBMISSION), another_key, "not made of the sender and the idempotency key"},
        {KIND(SUBMISSION), no_key, "idempotency_key"},
        {KIND(SUBMISSION), long_key, "idempotency_key"},
        {KIND(SUBMISSION), key_with_newline, "idempotency_key"},
        {KIND(SUBMISSION), no_procedure, "opening.procedure"},
        {KIND(SUBMISSION), no_channel, "channel is 0"},
        {KIND(SUBMISSION), channel_four, "channel is 4"},
        {KIND(EVENT), no_sender, "no agency code"},
        {KIND(EVENT), long_sender, "no agency code"},
        {KIND(EVENT), sender_with_space, "no agency code"},
        {KIND(EVENT), sender_is_router, "comes from an agency"},
        {KIND(TASK), sender_is_agency, "comes from the router"},
        {KIND(EVENT), long_type, "type is not"},
        {KIND(EVENT), type_with_slash, "type is not"},
        {KIND(EVENT), no_time, "happened_us"},
        {KIND(EVENT), before_1970, "happened_us"},
        {KIND(EVENT), year_10000, "happened_us"},
        {KIND(EVENT), expired_at_birth, "expires_us"},
        {KIND(EVENT), unknown_kind, "kind is 12"},
        {KIND(EVENT), no_kind, "kind is 0"},
        {KIND(EVENT), no_officer, "purpose.officer"},
        {KIND(EVENT), no_purpose_procedure, "purpose.procedure"},
        {KIND(ANSWER), short_digest, "reply_digest has 31"},
        {KIND(ANSWER), no_digest, "reply_digest has 0"},
        {KIND(EVENT), trace_short, "traceparent"},
        {KIND(EVENT), trace_upper, "traceparent"},
        {KIND(ANSWER), error_with_space, "error is not"},
        {KIND(TASK), clock_without_opening, "clock has"},
        {KIND(EVENT), two_facts_of_a_name, "two facts have the name area.matches"},
        {KIND(EVENT), fact_without_name, "fact's name"},
        {KIND(EVENT), fact_without_value, "fact area.matches has no value"},
        {KIND(EVENT), fact_unset, "fact area.matches has no value"},
        {KIND(EVENT), decimal_letters, "fact tax.amount"},
        {KIND(EVENT), decimal_empty, "fact tax.amount"},
        {KIND(EVENT), decimal_point_last, "fact tax.amount"},
        {KIND(EVENT), decimal_plus, "fact tax.amount"},
        {KIND(EVENT), decimal_35, "fact tax.amount"},
        {KIND(EVENT), date_of_february, "fact tax.amount"},
        {KIND(EVENT), text_too_long, "fact tax.amount"},
        {KIND(EVENT), two_parts_of_a_name, "two parts have the name transfer-slip"},
        {KIND(EVENT), part_without_name, "a part's name"},
        {KIND(EVENT), part_without_type, "part empty: its type"},
        {KIND(EVENT), role_with_space, "role 1"},
        {KIND(EVENT), seventeen_roles, "17 roles"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct sample s;
        struct fault f = {0};
        sample_init(&s, rows[i].kind);
        rows[i].bend(&s);
        if (make(&s, &f) != FAULT_MALFORMED || !strstr(f.text, rows[i].says))
            fail_msg("row %zu, \"%s\" expected: %s", i, rows[i].says, f.text);
    }
}

BEND(key_of_100, (s->opening.idempotency_key = letters(100),
                  s->dossier = uuid_dossier((struct instant){h->happened_us}, SAMPLE_LAND, s->opening.idempotency_key)))
BEND(sender_of_35, h->sender = letters(35))
BEND(type_of_100, h->type = letters(100))
BEND(good_trace, h->traceparent = (char *)"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
BEND(decimal_34, s->values[1].decimal = (char *)"-12345678901234567890.12345678901234")
BEND(text_of_4000, (s->values[1].is_case = LIENTHONG__V1__VALUE__IS_TEXT, s->values[1].text = letters(4000)))
BEND(leap_day, (s->values[1].is_case = LIENTHONG__V1__VALUE__IS_DATE, s->values[1].date = (char *)"2028-02-29"))

static void test_contents_at_their_limits(void **state)
{
    (void)state;
    static const struct {
        Lienthong__V1__MessageKind kind;
        void (*bend)(struct sample *s);
    } rows[] = {{KIND(SUBMISSION), key_of_100}, {KIND(EVENT), sender_of_35}, {KIND(EVENT), type_of_100},
                {KIND(EVENT), good_trace},      {KIND(EVENT), decimal_34},   {KIND(EVENT), text_of_4000},
                {KIND(EVENT), leap_day}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct sample s;
        struct fault f = {0};
        sample_init(&s, rows[i].kind);
        rows[i].bend(&s);
        if (make(&s, &f))
            fail_msg("row %zu: %s", i, f.text);
    }
}

/* --- How many --------------------------------------------------------------------------------------------------------- */

static enum fault_code make_parts(size_t count, struct fault *f)
{
    static struct envelope_piece pieces[ENVELOPE_PARTS_MAX + 1];
    static char names[ENVELOPE_PARTS_MAX + 1][32];
    struct sample s;
    struct envelope *e = NULL;
    sample_init(&s, KIND(EVENT));
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "part-%zu", i);
        pieces[i] = (struct envelope_piece){.name = names[i], .type = "t", .content = bytes_of_text(names[i])};
    }
    enum fault_code code = envelope_make(&s.header, pieces, count, key, &e, f);
    envelope_free(e);
    return code;
}

static enum fault_code make_facts(size_t count, struct fault *f)
{
    static Lienthong__V1__Fact facts[ENVELOPE_FACTS_MAX + 1], *list[ENVELOPE_FACTS_MAX + 1];
    static char names[ENVELOPE_FACTS_MAX + 1][32];
    struct sample s;
    sample_init(&s, KIND(EVENT));
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof(names[i]), "fact.%zu", i);
        lienthong__v1__fact__init(&facts[i]);
        facts[i].name = names[i];
        facts[i].value = &s.values[0];
        list[i] = &facts[i];
    }
    s.header.facts = list;
    s.header.n_facts = count;
    return make(&s, f);
}

static enum fault_code make_list(size_t count, struct fault *f)
{
    static Lienthong__V1__Scalar scalar = LIENTHONG__V1__SCALAR__INIT, *items[FORM_LIST_MAX + 1];
    Lienthong__V1__ValueList list = LIENTHONG__V1__VALUE_LIST__INIT;
    struct sample s;
    sample_init(&s, KIND(EVENT));
    scalar.is_case = LIENTHONG__V1__SCALAR__IS_TEXT;
    scalar.text = (char *)"spouses";
    for (size_t i = 0; i < count; i++)
        items[i] = &scalar;
    list.items = items;
    list.n_items = count;
    s.values[0].is_case = LIENTHONG__V1__VALUE__IS_LIST;
    s.values[0].list = &list;
    return make(&s, f);
}

static void test_counts_at_and_beyond_their_limits(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum fault_code (*make)(size_t count, struct fault *f);
        size_t most;
    } rows[] = {{"parts", make_parts, ENVELOPE_PARTS_MAX},
                {"facts", make_facts, ENVELOPE_FACTS_MAX},
                {"items of a list", make_list, FORM_LIST_MAX}};
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct fault f = {0};
        if (rows[i].make(rows[i].most, &f))
            fail_msg("%zu %s: %s", rows[i].most, rows[i].name, f.text);
        if (rows[i].make(rows[i].most + 1, &f) != FAULT_MALFORMED)
            fail_msg("%zu %s were taken", rows[i].most + 1, rows[i].name);
    }
}

static void test_refusal_codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(refusal_name(CODE(ID_REUSED)), "ID_REUSED");
    assert_string_equal(refusal_name((Lienthong__V1__RefusalCode)4711), "");
    static const Lienthong__V1__RefusalCode not_final[] = {CODE(UNSPECIFIED), CODE(CLOCK_SKEW), CODE(OVERLOADED),
                                                           CODE(UNAVAILABLE), CODE(CREDIT),     CODE(SEQUENCE),
                                                           CODE(PROTOCOL),    CODE(CLOSING),    4711};
    for (int code = 0; code <= 4711; code += code == CODE(UNKNOWN_OPERATION) ? 4711 - CODE(UNKNOWN_OPERATION) : 1) {
        bool want = true;
        for (size_t i = 0; i < LENGTH(not_final); i++)
            want = want && (int)not_final[i] != code;
        if (refusal_is_final((Lienthong__V1__RefusalCode)code) != want)
            fail_msg("%d %s", code, refusal_name((Lienthong__V1__RefusalCode)code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_by_kind),           cmocka_unit_test(test_contents_of_fields),
        cmocka_unit_test(test_contents_at_their_limits), cmocka_unit_test(test_counts_at_and_beyond_their_limits),
        cmocka_unit_test(test_refusal_codes_have_names),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
