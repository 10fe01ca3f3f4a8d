/* What becomes of a delivery. */
#include "office.h"

#include "lienthong/v1/intake.pb-c.h"

#include <stdio.h>
#include <stdlib.h>

static const struct uuid any = {{0}};

/* --- One delivery ----------------------------------------------------------------------------------------------------------- */

static void a_task_is_receipted_handled_and_answered(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.work", step);
    struct digest digest = envelope_digest(e);

    deliver(w, e);
    UNTIL(w, count(w, K(RECEIPT), step) == 1 && count(w, K(ANSWER), step) == 1);
    UNTIL(w, settled(w) && agency.acknowledged == 1);
    assert_int_equal(effects(w), 1);
    const struct fake_message *receipt = fake_router_find(&w->router, K(RECEIPT), step);
    const struct fake_message *answer = fake_router_find(&w->router, K(ANSWER), step);
    assert_true(uuid_equal(receipt->reply_to, envelope_message_id(e)));
    assert_true(digest_equal(&receipt->reply_digest, &digest));
    assert_true(uuid_equal(answer->reply_to, envelope_message_id(e)));
    assert_true(digest_equal(&answer->reply_digest, &digest));
    assert_string_equal(answer->type, "test.work");
    assert_true(uuid_equal(agency.acknowledged_id, answer->message)); /* of the answer, not of the receipt */
    struct lt_health health = lt_health(w->adapter);
    assert_true(health.database && health.routers_open == 1 && health.routers_configured == 1);
    assert_int_equal(health.inbox + health.outbox, 0);
    envelope_free(e);
}

/* What is new is written once, as it is in the end; beside something that waits it is journalled first. */
static void what_is_new_is_handled_on_arrival(void **state)
{
    static const char watch_sql[] =
        "CREATE TABLE rewritten (message uuid);"
        "CREATE FUNCTION rewritten() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN INSERT INTO rewritten VALUES (NEW.message); RETURN NULL; END $$;"
        "CREATE TRIGGER rewritten AFTER UPDATE ON lienthong.inbox FOR EACH ROW EXECUTE FUNCTION rewritten()";
    static const char unwatch_sql[] =
        "DROP TRIGGER rewritten ON lienthong.inbox; DROP FUNCTION rewritten; DROP TABLE rewritten";
    static const char rewritten_sql[] =
        "SELECT count(DISTINCT i.operation) FROM rewritten JOIN lienthong.inbox i USING (message)";
    struct world *w = *state;
    struct uuid step = fake_uuid8(), later = fake_uuid8(), other = fake_uuid8();
    struct envelope *e = task(w, "test.work", step), *waits = task(w, "test.later", later);
    struct envelope *beside = fake_router_make(&w->router, (struct fake_delivery){.kind = K(TASK),
                                                                                  .dossier = envelope_dossier_id(waits),
                                                                                  .step = other,
                                                                                  .operation = "test.work",
                                                                                  .sequence = 100});
    struct fault f;

    check(database_script(w->database, watch_sql, &f), &f);
    deliver(w, e);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && settled(w));
    assert_int_equal(agency.handled, 1);
    assert_int_equal(ask(w, "SELECT count(*) FROM rewritten"), 0);
    agency.later = 1000;
    deliver(w, waits);
    UNTIL(w, count(w, K(RECEIPT), later) == 1); /* received, though not handled */
    deliver(w, beside);
    UNTIL(w, count(w, K(ANSWER), other) == 1);
    assert_int_equal(count(w, K(ANSWER), later), 0);
    assert_int_equal(ask(w, rewritten_sql), 2);
    agency.later = 0;
    UNTIL(w, count(w, K(ANSWER), later) == 1 && settled(w));
    assert_int_equal(effects(w), 3);
    check(database_script(w->database, unwatch_sql, &f), &f);
    envelope_free(e);
    envelope_free(waits);
    envelope_free(beside);
}

static void duplicates_have_one_effect_and_the_same_receipt(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.work", step);
    size_t all;

    deliver(w, e);
    deliver(w, e); /* in the same turn, perhaps */
    UNTIL(w, count(w, K(ANSWER), step) == 1 && settled(w));
    for (size_t i = 0; i < 3; i++) {
        fake_router_count(&w->router, K(RECEIPT), step, &all);
        size_t before = all;
        deliver(w, e);
        UNTIL(w, (fake_router_count(&w->router, K(RECEIPT), step, &all), all > before));
    }
    UNTIL(w, settled(w));
    assert_int_equal(count(w, K(RECEIPT), step), 1);
    assert_int_equal(count(w, K(ANSWER), step), 1);
    assert_int_equal(effects(w), 1);
    envelope_free(e);
}

static void the_same_id_with_other_content_is_refused(void **state)
{
    struct world *w = *state;
    struct fake_delivery d = {
        .kind = K(INFORM), .message = fake_uuid7(), .dossier = fake_uuid8(), .operation = "test.inform"};
    struct envelope *first = fake_router_make(&w->router, d);
    d.sequence = 9;
    struct envelope *second = fake_router_make(&w->router, d);

    deliver(w, first);
    UNTIL(w, agency.handled == 1);
    deliver(w, second);
    UNTIL(w, w->router.refused_count == 1);
    assert_int_equal(w->router.refused[0].code, R(ID_REUSED));
    assert_false(w->router.refused[0].retryable);
    assert_int_equal(effects(w), 1);
    envelope_free(first);
    envelope_free(second);
}

static void a_second_delivery_of_an_answered_step_gets_the_answer_again(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *first = task(w, "test.work", step), *second = task(w, "test.work", step);
    size_t all;

    deliver(w, first);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && settled(w));
    deliver(w, second);
    UNTIL(w, (fake_router_count(&w->router, K(ANSWER), step, &all), all == 2));
    UNTIL(w, settled(w));
    assert_int_equal(count(w, K(ANSWER), step), 1);
    assert_int_equal(count(w, K(RECEIPT), step), 2); /* each delivery has its own */
    assert_int_equal(effects(w), 1);
    envelope_free(first);
    envelope_free(second);
}

static void informs_of_a_dossier_are_handled_in_its_order(void **state)
{
    struct world *w = *state;
    struct uuid dossier = fake_uuid8();
    struct envelope *e[20];

    UNTIL(w, w->router.peer != HUB_NO_PEER);
    for (size_t i = 0; i < LENGTH(e); i++)
        e[i] = fake_router_make(&w->router, (struct fake_delivery){.kind = K(INFORM),
                                                                   .dossier = dossier,
                                                                   .operation = "test.inform",
                                                                   .sequence = LENGTH(e) - i});
    for (size_t i = 0; i < LENGTH(e); i++)
        deliver(w, e[i]);
    UNTIL(w, effects(w) == (int64_t)LENGTH(e));
    UNTIL(w, settled(w));
    /* All that came together was handled in order: at most the first arrivals precede a lower number. */
    assert_true(ask(w,
                    "SELECT count(*) FROM (SELECT sequence < lag(sequence) OVER (ORDER BY id) AS back FROM effect) AS s"
                    " WHERE back") <= 3);
    for (size_t i = 0; i < LENGTH(e); i++)
        envelope_free(e[i]);
}

/* What handlers gather is written together; what cannot be written does not hold up the others, nor write them twice. */
static void what_is_gathered_is_written_once(void **state)
{
    struct world *w = *state;
    struct envelope *e[30], *beside = task(w, "test.later", fake_uuid8());

    UNTIL(w, w->router.peer != HUB_NO_PEER);
    for (size_t i = 0; i < LENGTH(e); i++)
        e[i] = fake_router_make(
            &w->router, (struct fake_delivery){
                            .kind = K(INFORM), .dossier = fake_uuid8(), .operation = "test.gather", .sequence = i + 1});
    for (size_t i = 0; i < 10; i++)
        deliver(w, e[i]);
    UNTIL(w, effects(w) == 10 && settled(w));
    assert_true(agency.gathered_most > 1);
    for (size_t i = 10; i < 20; i++) /* among them number 13 */
        deliver(w, e[i]);
    UNTIL(w, effects(w) == 19);
    agency.later = 1; /* a handler that fails after others have gathered */
    deliver(w, beside);
    for (size_t i = 20; i < LENGTH(e); i++)
        deliver(w, e[i]);
    UNTIL(w, effects(w) == (int64_t)LENGTH(e));
    for_ms(w, 100);
    assert_int_equal(effects(w), LENGTH(e)); /* all but number 13, and test.later */
    assert_int_equal(ask(w, "SELECT count(DISTINCT message) FROM effect"), LENGTH(e));
    assert_int_equal(ask(w, "SELECT count(*) FROM effect WHERE sequence = 13"), 0);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.inbox WHERE state = 0 AND sequence = 13 AND reason LIKE "
                            "'%division by zero%'"),
                     1);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.inbox WHERE state = 0"), 1);
    envelope_free(beside);
    for (size_t i = 0; i < LENGTH(e); i++)
        envelope_free(e[i]);
}

static void later_is_tried_again_until_done(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.later", step);

    agency.later = 3;
    deliver(w, e);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && settled(w));
    assert_int_equal(agency.handled, 4);
    assert_int_equal(effects(w), 1); /* the others were rolled back, and their answers with them */
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.outbox WHERE kind = 6"), 1);
    assert_int_equal(ask(w, "SELECT attempts FROM lienthong.inbox"),
                     3); /* the first was on arrival, not yet journalled */
    envelope_free(e);
}

static void what_a_handler_refuses_is_told_to_the_router_and_again_to_the_next_session(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8(), other = fake_uuid8();
    struct envelope *e = task(w, "test.refuse", step), *beside = task(w, "test.work", other);

    deliver(w, e);
    deliver(w, beside);
    /* twice when the session was still new */
    UNTIL(w, w->router.refused_count >= 1 && count(w, K(ANSWER), other) == 1);
    assert_int_equal(w->router.refused[0].code, R(MALFORMED));
    assert_string_equal(w->router.refused[0].text, "the slip names no parcel");
    assert_true(uuid_equal(w->router.refused[0].message, envelope_message_id(e)));
    assert_true(uuid_equal(w->router.refused[0].dossier, envelope_dossier_id(e)));
    assert_int_equal(effects(w), 1);
    adapter_end(w);
    w->router.refused_count = 0;
    adapter_start(w);
    UNTIL(w, w->router.refused_count >= 1);
    assert_true(uuid_equal(w->router.refused[0].message, envelope_message_id(e)));
    assert_true(uuid_equal(w->router.refused[0].dossier, envelope_dossier_id(e)));
    /* An operator has it delivered anew: it is handled again. */
    struct envelope *again = task(w, "test.work", step);
    deliver(w, again);
    UNTIL(w, count(w, K(ANSWER), step) == 1);
    assert_int_equal(effects(w), 2);
    envelope_free(e);
    envelope_free(beside);
    envelope_free(again);
}

static void done_without_an_answer_is_not_believed(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8();
    struct envelope *e = task(w, "test.forget", step);

    deliver(w, e);
    UNTIL(w, agency.handled >= 2);
    assert_int_equal(effects(w), 0);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.inbox WHERE reason LIKE '%without an answer%'"), 1);
    envelope_free(e);
}

static void a_handler_that_leaves_a_failed_transaction_is_rolled_back(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8(), other = fake_uuid8();
    struct envelope *e = task(w, "test.work", step), *beside = task(w, "test.work", other);

    agency.fails = true;
    deliver(w, e);
    deliver(w, beside);
    UNTIL(w, count(w, K(ANSWER), step) == 1 && count(w, K(ANSWER), other) == 1 && settled(w));
    assert_in_range(agency.handled, 3, 4); /* what was beside it is undone with it once, and then no more */
    assert_int_equal(effects(w), 2);
    envelope_free(e);
    envelope_free(beside);
}

/* --- What is not taken ------------------------------------------------------------------------------------------------------- */

static struct envelope_piece travelling_part(struct world *w, const char *author, const char *signer,
                                             struct uuid dossier, struct envelope **ret_of)
{
    static Lienthong__V1__Authorship authorship;
    static Lienthong__V1__Signature signature;
    static ProtobufCBinaryData path[SIGNATURE_PATH_MAX];
    static uint8_t content[64];
    Lienthong__V1__Refusal slip = LIENTHONG__V1__REFUSAL__INIT;
    Lienthong__V1__Header h = LIENTHONG__V1__HEADER__INIT;
    Lienthong__V1__Purpose purpose = LIENTHONG__V1__PURPOSE__INIT;
    struct uuid message = fake_uuid7();
    struct key *key = NULL;
    char file[400];
    struct fault f;

    slip.reason = (char *)"parcel 12/345";
    struct envelope_piece piece = {.name = "slip",
                                   .type = "lienthong.v1.Refusal",
                                   .content = BYTES(content, protobuf_c_message_pack(&slip.base, content)),
                                   .salt = "0123456789abcde"};
    snprintf(file, sizeof(file), "%s/ca/%s/sign.key", w->folder, signer);
    check(key_load(file, &key, &f), &f);
    h.message_id = (ProtobufCBinaryData){.data = message.bytes, .len = 16};
    h.dossier_id = (ProtobufCBinaryData){.data = dossier.bytes, .len = 16};
    h.sender = (char *)author;
    h.recipient = (char *)"router";
    h.kind = K(EVENT);
    h.type = (char *)"test.event";
    h.happened_us = system_now().us;
    purpose.procedure = (char *)"1.013831";
    purpose.officer = (char *)"A";
    h.purpose = &purpose;
    check(envelope_make(&h, &piece, 1, key, ret_of, &f), &f);
    key_free(key);
    struct bytes header = envelope_header_bytes(*ret_of);
    lienthong__v1__authorship__init(&authorship);
    lienthong__v1__signature__init(&signature);
    envelope_signature_to_wire(envelope_signature(*ret_of), &signature, path);
    authorship.header = (ProtobufCBinaryData){.data = (uint8_t *)header.data, .len = header.size};
    authorship.signature = &signature;
    piece.author = &authorship;
    piece.descriptor = envelope_descriptor(*ret_of, 0);
    return piece;
}

static void a_travelling_part_is_given_with_its_author(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8(), dossier = fake_uuid8();
    struct envelope *of = NULL;
    struct envelope_piece piece = travelling_part(w, "000.02", "000.02", dossier, &of);
    struct envelope *e = fake_router_make(&w->router, (struct fake_delivery){.kind = K(TASK),
                                                                             .dossier = dossier,
                                                                             .step = step,
                                                                             .operation = "test.parts",
                                                                             .pieces = &piece,
                                                                             .piece_count = 1});

    deliver(w, e);
    UNTIL(w, count(w, K(ANSWER), step) == 1);
    assert_string_equal(agency.author, "000.02");
    assert_string_equal(agency.slip, "parcel 12/345");
    envelope_free(e);
    envelope_free(of);
}

/* The router's signature over the whole is good: it does not speak for who wrote a part. */
static void a_part_counts_only_from_who_signed_it(void **state)
{
    static const char *const signers[] = {"000.03", "000.02"}; /* one signs as another; one's signature is bent */
    struct world *w = *state;

    certificate_known(w, "000.03");
    adapter_end(w);
    adapter_start(w);
    w->router.peer = HUB_NO_PEER;
    for (size_t i = 0; i < LENGTH(signers); i++) {
        struct uuid dossier = fake_uuid8();
        struct envelope *of = NULL;
        struct envelope_piece piece = travelling_part(w, "000.02", signers[i], dossier, &of);
        if (i == 1)
            piece.author->signature->value.data[9] ^= 1;
        struct envelope *e = fake_router_make(&w->router, (struct fake_delivery){.kind = K(TASK),
                                                                                 .dossier = dossier,
                                                                                 .step = fake_uuid8(),
                                                                                 .operation = "test.parts",
                                                                                 .pieces = &piece,
                                                                                 .piece_count = 1});
        deliver(w, e);
        UNTIL(w, w->router.refused_count == i + 1);
        assert_int_equal(w->router.refused[i].code, R(SIGNATURE));
        assert_false(w->router.refused[i].retryable);
        envelope_free(e);
        envelope_free(of);
    }
    assert_int_equal(count(w, K(RECEIPT), any), 0);
    assert_int_equal(effects(w), 0);
}

static void an_unknown_author_is_refused_until_its_certificate_is_there(void **state)
{
    struct world *w = *state;
    struct uuid step = fake_uuid8(), dossier = fake_uuid8();
    struct envelope *of = NULL;
    struct envelope_piece piece = travelling_part(w, "000.03", "000.03", dossier, &of);
    struct envelope *e = fake_router_make(&w->router, (struct fake_delivery){.kind = K(TASK),
                                                                             .dossier = dossier,
                                                                             .step = step,
                                                                             .operation = "test.parts",
                                                                             .pieces = &piece,
                                                                             .piece_count = 1});

    deliver(w, e);
    UNTIL(w, w->router.refused_count == 1);
    assert_int_equal(w->router.refused[0].code, R(UNKNOWN_KEY));
    assert_true(w->router.refused[0].retryable);
    assert_int_equal(count(w, K(RECEIPT), any), 0);
    certificate_known(w, "000.03");
    adapter_end(w);
    adapter_start(w);
    w->router.peer = HUB_NO_PEER;
    deliver(w, e);
    UNTIL(w, count(w, K(ANSWER), step) == 1);
    assert_string_equal(agency.author, "000.03");
    envelope_free(e);
    envelope_free(of);
}

/* A delivery of DOSSIER at its place SEQUENCE; with a part, one by an author who is not known here. */
static struct envelope *at_place(struct world *w, struct uuid dossier, uint64_t sequence, struct uuid step,
                                 const struct envelope_piece *piece)
{
    return fake_router_make(&w->router, (struct fake_delivery){.kind = K(TASK),
                                                               .dossier = dossier,
                                                               .step = step,
                                                               .sequence = sequence,
                                                               .operation = piece ? "test.parts" : "test.work",
                                                               .pieces = piece,
                                                               .piece_count = piece ? 1 : 0});
}

/* The router has sent it already when it hears that the one before it is refused for now. */
static void what_comes_behind_what_is_refused_for_now_is_not_taken_before_it(void **state)
{
    struct world *w = *state;
    struct uuid dossier = fake_uuid8(), behind = fake_uuid8(), beside = fake_uuid8(), before = fake_uuid8();
    struct envelope *of = NULL;
    struct envelope_piece piece = travelling_part(w, "000.03", "000.03", dossier, &of);
    struct envelope *first = at_place(w, dossier, 5, fake_uuid8(), &piece);
    struct envelope *second = at_place(w, dossier, 6, behind, NULL);
    struct envelope *other = at_place(w, fake_uuid8(), 7, beside, NULL);
    struct envelope *earlier = at_place(w, dossier, 4, before, NULL);

    deliver(w, first);
    deliver(w, second);
    deliver(w, other);
    UNTIL(w, w->router.refused_count == 2 && count(w, K(ANSWER), beside) == 1); /* another dossier does not wait */
    assert_int_equal(w->router.refused[0].code, R(UNKNOWN_KEY));
    assert_int_equal(w->router.refused[1].code, R(UNAVAILABLE));
    assert_true(w->router.refused[1].retryable);
    assert_true(uuid_equal(w->router.refused[1].message, envelope_message_id(second)));
    assert_int_equal(count(w, K(RECEIPT), behind), 0);
    deliver(w, earlier); /* the router has begun again: what follows is in turn */
    deliver(w, second);
    UNTIL(w, count(w, K(ANSWER), before) == 1 && count(w, K(ANSWER), behind) == 1);
    assert_int_equal(w->router.refused_count, 2);
    envelope_free(first);
    envelope_free(second);
    envelope_free(other);
    envelope_free(earlier);
    envelope_free(of);
}

static void what_no_router_signed_for_us_is_refused(void **state)
{
    struct world *w = *state;
    struct key *of_agency = NULL, *unknown = NULL;
    char path[400];
    struct fault f;

    snprintf(path, sizeof(path), "%s/ca/000.02/sign.key", w->folder);
    check(key_load(path, &of_agency, &f), &f);
    snprintf(path, sizeof(path), "%s/ca/000.03/sign.key", w->folder);
    check(key_load(path, &unknown, &f), &f);
    const struct {
        const char *name;
        struct fake_delivery d;
        Lienthong__V1__RefusalCode code;
        bool retryable;
    } rows[] = {
        {"another agency's signature",
         {.kind = K(INFORM), .operation = "test.inform", .key = of_agency},
         R(WRONG_SENDER),
         false},
        {"an unknown key", {.kind = K(INFORM), .operation = "test.inform", .key = unknown}, R(UNKNOWN_KEY), true},
        {"another recipient",
         {.kind = K(INFORM), .operation = "test.inform", .recipient = "000.02"},
         R(WRONG_RECIPIENT),
         false},
        {"an unknown operation", {.kind = K(INFORM), .operation = "test.nothing"}, R(UNKNOWN_OPERATION), false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct envelope *e = fake_router_make(&w->router, rows[i].d);
        w->router.refused_count = 0;
        deliver(w, e);
        UNTIL(w, w->router.refused_count == 1);
        if (w->router.refused[0].code != rows[i].code || w->router.refused[0].retryable != rows[i].retryable)
            fail_msg("%s: %d %s", rows[i].name, w->router.refused[0].code, w->router.refused[0].text);
        envelope_free(e);
    }
    struct envelope *e =
        fake_router_make(&w->router, (struct fake_delivery){.kind = K(INFORM), .operation = "test.inform"});
    uint8_t *bent = memory_copy(envelope_bytes(e).data, envelope_bytes(e).size);
    struct bytes header = envelope_header_bytes(e);
    /* the type stands in the header as text: another letter, same form */
    uint8_t *at = memmem(bent, envelope_bytes(e).size, "test.inform", 11);
    assert_non_null(at);
    (void)header;
    memcpy(at, "test.infirm", 11);
    w->router.refused_count = 0;
    UNTIL(w, hub_deliver(w->router.hub, w->router.peer, BYTES(bent, envelope_bytes(e).size), &f) == FAULT_NONE);
    UNTIL(w, w->router.refused_count == 1);
    assert_int_equal(w->router.refused[0].code, R(SIGNATURE));
    w->router.refused_count = 0;
    UNTIL(w, hub_deliver(w->router.hub, w->router.peer, BYTES("garbage", 7), &f) == FAULT_NONE);
    UNTIL(w, w->router.refused_count == 1);
    assert_int_equal(w->router.refused[0].code, R(MALFORMED));
    assert_int_equal(effects(w), 0);
    assert_int_equal(count(w, K(RECEIPT), any), 0);
    free(bent);
    envelope_free(e);
    key_free(of_agency);
    key_free(unknown);
}

static const struct CMUnitTest tests[] = {
    TEST(a_task_is_receipted_handled_and_answered),
    TEST(what_is_new_is_handled_on_arrival),
    TEST(duplicates_have_one_effect_and_the_same_receipt),
    TEST(the_same_id_with_other_content_is_refused),
    TEST(a_second_delivery_of_an_answered_step_gets_the_answer_again),
    TEST(informs_of_a_dossier_are_handled_in_its_order),
    TEST(what_is_gathered_is_written_once),
    TEST(later_is_tried_again_until_done),
    TEST(what_a_handler_refuses_is_told_to_the_router_and_again_to_the_next_session),
    TEST(done_without_an_answer_is_not_believed),
    TEST(a_handler_that_leaves_a_failed_transaction_is_rolled_back),
    TEST(a_travelling_part_is_given_with_its_author),
    TEST(a_part_counts_only_from_who_signed_it),
    TEST(an_unknown_author_is_refused_until_its_certificate_is_there),
    TEST(what_comes_behind_what_is_refused_for_now_is_not_taken_before_it),
    TEST(what_no_router_signed_for_us_is_refused),
};

OFFICE_MAIN(tests)
