#include "unit.h"

#include "adapter/demo.h"
#include "base/instant.h"

#include <string.h>

static void follows_the_rule_of_the_readme(void **state)
{
    (void)state;
    struct demo_person p;
    struct demo_parcel q;
    demo_person_make(83, &p); /* worked out by hand from services/README.md */
    assert_string_equal(p.full_name, "Phan Đức Thủy");
    assert_string_equal(p.birth_date, "1983-12-28");
    assert_string_equal(p.personal_number, "999183000083");
    assert_string_equal(p.old_card_number, "990000083");
    assert_string_equal(p.tax_number, "9900000083");
    demo_parcel_make(42, &q);
    assert_string_equal(q.serial, "DM 00000042");
    assert_string_equal(q.district, "824");
    assert_string_equal(q.sheet, "43");
    assert_string_equal(q.number, "1");
    assert_string_equal(q.area, "102.2");
    assert_string_equal(q.land_use, "ODT");
    assert_string_equal(q.contract_value, "1550000042");
    assert_int_equal(q.holder, 83);
    assert_int_equal(q.buyer, 84);
}

static void numbers_name_one_person_and_one_parcel(void **state)
{
    (void)state;
    struct demo_parcel a, b;
    struct demo_person p, q;
    demo_parcel_make(1, &a);
    demo_parcel_make(101, &b);
    assert_string_equal(a.sheet, b.sheet);
    assert_string_not_equal(a.number, b.number);
    demo_person_make(1, &p);
    demo_person_make(51, &q); /* the same year of birth */
    assert_string_not_equal(p.personal_number, q.personal_number);
    for (unsigned i = 1; i < 3000; i++) {
        struct fault f = {0};
        int32_t day;
        demo_person_make(i, &p);
        assert_int_equal(date_parse(p.birth_date, &day, &f), FAULT_NONE);
        assert_int_equal(strlen(p.personal_number), 12);
        assert_int_equal(strlen(p.old_card_number), 9);
    }
}

static void the_ends_of_the_range_fit(void **state)
{
    (void)state;
    struct demo_parcel a, b;
    struct demo_person p;
    demo_parcel_make(DEMO_NUMBER_MAX, &a);
    assert_string_equal(a.serial, "DM 00499999");
    demo_person_make(a.buyer, &p);
    assert_int_equal(strlen(p.personal_number), 12);
    demo_parcel_make(DEMO_NUMBER_MAX + 1, &b);
    assert_string_equal(b.serial, "DM 00000001");
    demo_parcel_make(0, &b);
    assert_string_equal(b.serial, a.serial);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_rule_of_the_readme),
        cmocka_unit_test(numbers_name_one_person_and_one_parcel),
        cmocka_unit_test(the_ends_of_the_range_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
