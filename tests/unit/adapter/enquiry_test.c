/* What may I call? Asked page by page, told once and whole, however often the line breaks. */
#include "office.h"

#include "adapter/enquiry.h"
#include "adapter/inside.h"

#include <stdio.h>

static void all_pages_are_told_at_once(void **state)
{
    struct world *w = *state;
    struct fault f;

    w->router.operations = 95;
    check(lt_ask_operations(w->adapter, "1.013831", &f), &f);
    UNTIL(w, agency.told == 1);
    assert_int_equal(agency.operations, 95);
    assert_string_equal(agency.procedure, "1.013831");
    assert_string_equal(agency.first, "operation-0");
    assert_string_equal(agency.last, "operation-94");
    assert_int_equal(w->router.asked_operations, 3);
    for_ms(w, 100);
    assert_int_equal(agency.told, 1);
    /* And again, of all procedures: now there are none. */
    w->router.operations = 0;
    check(lt_ask_operations(w->adapter, NULL, &f), &f);
    UNTIL(w, agency.told == 2);
    assert_int_equal(agency.operations, 0);
    assert_string_equal(agency.procedure, "");
}

static void whole_pages_end_without_an_empty_one(void **state)
{
    struct world *w = *state;
    struct fault f;

    w->router.operations = 80;
    check(lt_ask_operations(w->adapter, NULL, &f), &f);
    UNTIL(w, agency.told == 1);
    assert_int_equal(agency.operations, 80);
    assert_int_equal(w->router.asked_operations, 2);
}

static void one_at_a_time_and_short_names(void **state)
{
    struct world *w = *state;
    char procedure[200] = "";
    struct fault f;

    memset(procedure, 'p', sizeof(procedure) - 1);
    assert_int_equal(lt_ask_operations(w->adapter, procedure, &f), FAULT_MALFORMED);
    check(lt_ask_operations(w->adapter, "1", &f), &f);
    assert_int_equal(lt_ask_operations(w->adapter, "2", &f), FAULT_CONFLICT);
    UNTIL(w, agency.told == 1);
    check(lt_ask_operations(w->adapter, "2", &f), &f);
    UNTIL(w, agency.told == 2);
    assert_string_equal(agency.procedure, "2");
}

static void a_silent_router_is_asked_again(void **state)
{
    struct world *w = *state;
    struct fault f;

    w->router.operations = 3;
    w->router.mute = true;
    check(lt_ask_operations(w->adapter, NULL, &f), &f);
    UNTIL(w, w->router.asked_operations == 1);
    w->router.mute = false;
    for_ms(w, 100);
    assert_int_equal(agency.told, 0);
    UNTIL(w, agency.told == 1);
    assert_int_equal(agency.operations, 3);
    assert_int_equal(w->router.asked_operations, 2);
}

static void without_a_router_it_waits(void **state)
{
    struct world *w = *state;
    char ca[300];
    struct fault f;

    snprintf(ca, sizeof(ca), "%s/ca", w->folder);
    fake_router_close(&w->router);
    for_ms(w, 300); /* until the adapter has seen it */
    check(lt_ask_operations(w->adapter, NULL, &f), &f);
    for_ms(w, 100);
    assert_int_equal(agency.told, 0);
    assert_int_equal(enquiry_timeout_ms(w->adapter->enquiry), -1); /* it does not turn for nothing */
    fake_router_open(&w->router, ca, "000.01", w->endpoint);
    w->router.operations = 1;
    UNTIL(w, agency.told == 1);
    assert_int_equal(agency.operations, 1);
}

static const struct CMUnitTest tests[] = {
    TEST(all_pages_are_told_at_once),    TEST(whole_pages_end_without_an_empty_one),
    TEST(one_at_a_time_and_short_names), TEST(a_silent_router_is_asked_again),
    TEST(without_a_router_it_waits),
};

OFFICE_MAIN(tests)
