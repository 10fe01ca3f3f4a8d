/* To whom parts are sealed: asked once, asked again after a while, and known without a router for a week. */
#include "office.h"

#include "adapter/courier.h"
#include "adapter/credentials.h"
#include "adapter/inside.h"
#include "adapter/readers.h"

#include <stdio.h>

static struct certificate *tax; /* a reader's */
static struct digest tax_id, nobody_id;
static ProtobufCBinaryData keys[1];
static Lienthong__V1__WantedPart part;
static Lienthong__V1__WantedPart *parts[] = {&part};
static Lienthong__V1__TellWanted told;

static const struct readers_question question = {.procedure = "1.013831", .type = "test.event"};

/* The router says: part "note", sealed to tax. */
static int open_office(void **state)
{
    char path[400];
    struct fault f;
    setup_open(state);
    struct world *w = *state;
    snprintf(path, sizeof(path), "%s/ca/000.03/encrypt.pem", w->folder);
    check(certificate_load(path, &tax, &f), &f);
    tax_id = certificate_key_id(tax);
    nobody_id = digest_of(bytes_of_text("nobody"));
    keys[0] = (ProtobufCBinaryData){.data = tax_id.bytes, .len = DIGEST_SIZE};
    lienthong__v1__wanted_part__init(&part);
    lienthong__v1__tell_wanted__init(&told);
    part.name = (char *)"note";
    part.type = (char *)"lienthong.v1.Refusal";
    part.sealed = true;
    part.keys = keys;
    part.n_keys = 1;
    told.version = 1;
    told.parts = parts;
    told.n_parts = 1;
    w->router.wanted = &told;
    w->router.certificates[0] = tax;
    w->router.certificate_count = 1;
    UNTIL(w, courier_open_count(w->adapter->courier) == 1);
    return 0;
}

static int close_office(void **state)
{
    tax = certificate_free(tax);
    return teardown(state);
}

/* As within a handler, where nothing is waited for. */
static enum fault_code wanted(struct world *w, const struct readers_question *q, const Lienthong__V1__TellWanted **ret,
                              struct fault *f)
{
    w->adapter->in_batch = true;
    enum fault_code code = readers_wanted(w->adapter->readers, q, ret, f);
    w->adapter->in_batch = false;
    return code;
}

static enum fault_code readers(struct world *w, const struct certificate **ret, size_t *count, struct fault *f)
{
    w->adapter->in_batch = true;
    enum fault_code code = readers_of(w->adapter->readers, &part, ret, count, f);
    w->adapter->in_batch = false;
    return code;
}

/* Until the router has told all that was asked. */
static void learn(struct world *w)
{
    const Lienthong__V1__TellWanted *t;
    const struct certificate *list[SEAL_RECIPIENTS_MAX];
    size_t count;
    struct fault f;
    UNTIL(w, wanted(w, &question, &t, &f) == FAULT_NONE && readers(w, list, &count, &f) == FAULT_NONE);
}

static void what_was_told_is_asked_once(void **state)
{
    struct world *w = *state;
    const Lienthong__V1__TellWanted *t = NULL;
    const struct certificate *list[SEAL_RECIPIENTS_MAX];
    size_t count = 0, own;
    struct fault f;

    assert_int_equal(wanted(w, &question, &t, &f), FAULT_AGAIN); /* and is asked */
    assert_non_null(strstr(f.text, "try again"));
    learn(w);
    for_ms(w, 100); /* what was asked more than once */
    unsigned asked = w->router.asked_wanted, certificates = w->router.asked_certificates;
    for (int i = 0; i < 3; i++) {
        for_ms(w, 20);
        check(wanted(w, &question, &t, &f), &f);
        assert_string_equal(t->parts[0]->name, "note");
        check(readers(w, list, &count, &f), &f);
    }
    assert_int_equal(w->router.asked_wanted, asked);
    assert_int_equal(w->router.asked_certificates, certificates);
    /* Ourselves first, so that we can seal it anew one day; nobody twice. */
    const struct seal_pair *pairs = credentials_pairs(w->adapter->credentials, &own);
    assert_int_equal(count, 2);
    assert_ptr_equal(list[0], pairs[0].certificate);
    struct digest id = certificate_key_id(list[1]);
    assert_true(digest_equal(&id, &tax_id));
    id = certificate_key_id(pairs[0].certificate);
    keys[0].data = id.bytes;
    check(readers(w, list, &count, &f), &f);
    assert_int_equal(count, 1);
}

static void it_is_asked_again_after_ten_minutes_and_used_meanwhile(void **state)
{
    struct world *w = *state;
    const Lienthong__V1__TellWanted *t = NULL;
    struct fault f;

    learn(w);
    unsigned asked = w->router.asked_wanted;
    w->adapter->now_ms += READERS_FRESH_MS - 10000;
    check(wanted(w, &question, &t, &f), &f);
    for_ms(w, 50);
    assert_int_equal(w->router.asked_wanted, asked);
    told.version = 2; /* deployed meanwhile */
    w->adapter->now_ms += READERS_FRESH_MS + 1000;
    check(wanted(w, &question, &t, &f), &f);
    assert_int_equal(t->version, 1);
    UNTIL(w, wanted(w, &question, &t, &f) == FAULT_NONE && t->version == 2);
    assert_int_equal(w->router.asked_wanted, asked + 1);
}

static void a_week_without_a_router(void **state)
{
    struct world *w = *state;
    const Lienthong__V1__TellWanted *t = NULL;
    const struct certificate *list[SEAL_RECIPIENTS_MAX];
    size_t count = 0;
    struct fault f;

    learn(w);
    UNTIL(w, ask(w, "SELECT count(*) FROM lienthong.told") == 2); /* the answer, and the certificate */
    adapter_end(w);
    fake_router_close(&w->router);
    adapter_start(w);
    assert_int_equal(turn(w), FAULT_NONE);
    check(wanted(w, &question, &t, &f), &f);
    check(readers(w, list, &count, &f), &f);
    assert_int_equal(count, 2);
    struct instant now = w->adapter->now;
    w->adapter->now.us = now.us + READERS_KEPT_US - 10 * INSTANT_MINUTE_US;
    check(wanted(w, &question, &t, &f), &f);
    w->adapter->now.us = now.us + READERS_KEPT_US + INSTANT_MINUTE_US;
    assert_int_equal(wanted(w, &question, &t, &f), FAULT_AGAIN);
    w->adapter->now = now;
    const struct readers_question other = {.procedure = "1.000002", .type = "test.event"}; /* never asked */
    assert_int_equal(wanted(w, &other, &t, &f), FAULT_AGAIN);
}

static void a_router_that_does_not_answer(void **state)
{
    struct world *w = *state;
    const Lienthong__V1__TellWanted *t = NULL;
    struct fault f;

    w->router.mute = true;
    int64_t before = system_monotonic_ms();
    assert_int_equal(readers_wanted(w->adapter->readers, &question, &t, &f), FAULT_AGAIN); /* outside a handler */
    assert_in_range(system_monotonic_ms() - before, READERS_WAIT_MS / 2, 20 * READERS_WAIT_MS);
    for_ms(w, 50);
    w->router.mute = false;
    learn(w); /* it is asked anew */
}

static void a_key_that_nobody_knows(void **state)
{
    struct world *w = *state;
    const struct certificate *list[SEAL_RECIPIENTS_MAX];
    size_t count = 0;
    struct fault f;

    keys[0].data = nobody_id.bytes;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(readers(w, list, &count, &f), FAULT_AGAIN);
        assert_non_null(strstr(f.text, "certificate is not known"));
        UNTIL(w, w->router.asked_certificates == i + 1);
        for_ms(w, 50);
    }
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.told"), 0);
}

static void a_refusal_is_told_and_asked_again(void **state)
{
    struct world *w = *state;
    const Lienthong__V1__TellWanted *t = NULL;
    struct fault f;

    w->router.wanted = NULL; /* it knows no such procedure */
    UNTIL(w, wanted(w, &question, &t, &f) == FAULT_REFUSED);
    assert_non_null(strstr(f.text, "no such procedure"));
    w->router.wanted = &told; /* deployed meanwhile */
    UNTIL(w, wanted(w, &question, &t, &f) == FAULT_NONE);
}

/* The agencies follow from where the dossier is: the fact's name is told, and its value asked with. */
static void the_jurisdiction_is_asked_with(void **state)
{
    struct world *w = *state;
    const struct lt_fact_out facts[] = {{.name = "other", .kind = LT_TEXT, .text = "x"},
                                        {.name = "district", .kind = LT_TEXT, .text = "815"}};
    const struct readers_question here = {
        .procedure = "1.013831", .type = "test.event", .facts = facts, .fact_count = 2};
    const Lienthong__V1__TellWanted *t = NULL;
    struct fault f;

    told.jurisdiction_fact = (char *)"district";
    UNTIL(w, wanted(w, &here, &t, &f) == FAULT_NONE);
    UNTIL(w, ask(w, "SELECT count(*) FROM lienthong.told WHERE name LIKE 'wanted 1.013831 test.event %'") == 2);
    assert_int_equal(ask(w, "SELECT count(*) FROM lienthong.told WHERE name = 'wanted 1.013831 test.event 815'"), 1);
    char endless[500];
    memset(endless, 'x', sizeof(endless) - 1);
    endless[sizeof(endless) - 1] = '\0';
    const struct readers_question nowhere = {.procedure = "1.013831", .type = "test.event", .jurisdiction = endless};
    assert_int_equal(wanted(w, &nowhere, &t, &f), FAULT_MALFORMED);
}

#define IN_OFFICE(name_) cmocka_unit_test_setup_teardown(name_, open_office, close_office)
static const struct CMUnitTest tests[] = {
    IN_OFFICE(what_was_told_is_asked_once),    IN_OFFICE(it_is_asked_again_after_ten_minutes_and_used_meanwhile),
    IN_OFFICE(a_week_without_a_router),        IN_OFFICE(a_router_that_does_not_answer),
    IN_OFFICE(a_key_that_nobody_knows),        IN_OFFICE(a_refusal_is_told_and_asked_again),
    IN_OFFICE(the_jurisdiction_is_asked_with),
};

OFFICE_MAIN(tests)
