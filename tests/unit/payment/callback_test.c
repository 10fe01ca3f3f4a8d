#include "unit.h"

#include "base/memory.h"
#include "callback.h"

#include <string.h>

/* RFC 4231, test cases 1 and 2, whose keys are text or can be written as such. */
static void the_signature_is_hmac_sha256(void **state)
{
    (void)state;
    char text[CALLBACK_SIGNATURE_SIZE];
    callback_sign("\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v\v", bytes_of_text("Hi There"), text);
    assert_string_equal(text, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    callback_sign("Jefe", bytes_of_text("what do ya want for nothing?"), text);
    assert_string_equal(text, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    callback_sign("Jefe", (struct bytes){NULL, 0}, text);
    assert_string_equal(text, "923598ca6d64af2a5dba79dcd021a8a0fe5c5f557519adaaf0ad532d4506dd30");
}

static void what_is_told_is_read_or_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name, *json, *reference, *want; /* WANT: begins the fault; NULL: good */
    } rows[] = {
        {"whole",
         "{\"transaction\":\"T1\",\"reference\":\"R\",\"amount\":\"30000000\",\"paid_at\":\"2026-06-01T02:00:00Z\"}",
         NULL, NULL},
        {"by reconciliation the reference is known",
         "{\"transaction\":\"T1\",\"amount\":\"1\",\"paid_at\":\"2026-06-01T09:00:00+07:00\"}", "R", NULL},
        {"no transaction", "{\"reference\":\"R\",\"amount\":\"1\",\"paid_at\":\"2026-06-01T02:00:00Z\"}", NULL,
         "/transaction"},
        {"no reference", "{\"transaction\":\"T\",\"amount\":\"1\",\"paid_at\":\"2026-06-01T02:00:00Z\"}", NULL,
         "/reference"},
        {"amount is a number",
         "{\"transaction\":\"T\",\"reference\":\"R\",\"amount\":1,\"paid_at\":\"2026-06-01T02:00:00Z\"}", NULL,
         "/amount"},
        {"zero", "{\"transaction\":\"T\",\"reference\":\"R\",\"amount\":\"000\",\"paid_at\":\"2026-06-01T02:00:00Z\"}",
         NULL, "/amount"},
        {"negative",
         "{\"transaction\":\"T\",\"reference\":\"R\",\"amount\":\"-1\",\"paid_at\":\"2026-06-01T02:00:00Z\"}", NULL,
         "/amount"},
        {"a fraction of a dong",
         "{\"transaction\":\"T\",\"reference\":\"R\",\"amount\":\"1.5\",\"paid_at\":\"2026-06-01T02:00:00Z\"}", NULL,
         "/amount"},
        {"too many digits",
         "{\"transaction\":\"T\",\"reference\":\"R\",\"amount\":\"1000000000000000\",\"paid_at\":\"2026-06-01T02:00:00Z\"}",
         NULL, "/amount"},
        {"no day", "{\"transaction\":\"T\",\"reference\":\"R\",\"amount\":\"1\",\"paid_at\":\"2026-02-30T02:00:00Z\"}",
         NULL, "/paid_at"},
        {"no object", "[]", NULL, "the body"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct paid paid;
        struct fault f = {0};
        json_t *json = json_loads(rows[i].json, 0, NULL);
        assert_non_null(json);
        enum fault_code code = callback_read(json, rows[i].reference, &paid, &f);
        if (code != (rows[i].want ? FAULT_MALFORMED : FAULT_NONE) ||
            (rows[i].want && strncmp(f.text, rows[i].want, strlen(rows[i].want)) != 0))
            fail_msg("%s: %s: %s", rows[i].name, fault_name(code), f.text);
        if (!rows[i].want) {
            assert_string_equal(paid.reference, "R");
            assert_int_equal(paid.paid_at.us, INSTANT_DAY_US * date_day(2026, 6, 1) + 2 * INSTANT_HOUR_US);
            assert_int_equal(paid.by_reconciliation, rows[i].reference != NULL);
        }
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_signature_is_hmac_sha256),
        cmocka_unit_test(what_is_told_is_read_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
