#include "unit.h"

#include "base/memory.h"
#include "settlement.h"

#include <string.h>

static void reads_receipts(void **state)
{
    (void)state;
    static const struct {
        const char *name, *notice, *reference, *amount, *transactions[3], *want; /* NULL: refused */
    } rows[] = {
        {"in one part", "N1", "R1", "100", {"T1"}, "T1"},
        {"in two parts", "N1", "R1", "100", {"T1", "T2"}, "T1 T2"},
        {"no notice", "", "R1", "100", {"T1"}, NULL},
        {"no reference", "N1", "", "100", {"T1"}, NULL},
        {"no amount", "N1", "R1", "", {"T1"}, NULL},
        {"nothing paid", "N1", "R1", "0", {"T1"}, NULL},
        {"a negative amount", "N1", "R1", "-100", {"T1"}, NULL},
        {"a fraction", "N1", "R1", "100.5", {"T1"}, NULL},
        {"no transaction", "N1", "R1", "100", {0}, NULL},
        {"an empty transaction", "N1", "R1", "100", {"T1", ""}, NULL},
        {"a transaction that would be two", "N1", "R1", "100", {"T1 T2"}, NULL},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        Lienthong__V1__PaymentReceipt r = LIENTHONG__V1__PAYMENT_RECEIPT__INIT;
        struct settlement s;
        struct fault f = {0};
        print_message("%s\n", rows[i].name);
        r.notice = (char *)rows[i].notice;
        r.reference = (char *)rows[i].reference;
        r.amount = (char *)rows[i].amount;
        r.transactions = (char **)rows[i].transactions;
        while (r.n_transactions < 3 && rows[i].transactions[r.n_transactions])
            r.n_transactions++;
        assert_int_equal(settlement_read(&r, &s, &f), rows[i].want ? FAULT_NONE : FAULT_MALFORMED);
        if (rows[i].want)
            assert_string_equal(s.transactions, rows[i].want);
    }
}

static void bounds_the_transactions(void **state)
{
    (void)state;
    char large[400];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    char *both[] = {large, large};
    Lienthong__V1__PaymentReceipt r = LIENTHONG__V1__PAYMENT_RECEIPT__INIT;
    struct settlement s;
    struct fault f = {0};
    r.notice = (char *)"N", r.reference = (char *)"R", r.amount = (char *)"1", r.transactions = both;
    r.n_transactions = 1;
    assert_int_equal(settlement_read(&r, &s, &f), FAULT_NONE);
    r.n_transactions = 2;
    assert_int_equal(settlement_read(&r, &s, &f), FAULT_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_receipts),
        cmocka_unit_test(bounds_the_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
