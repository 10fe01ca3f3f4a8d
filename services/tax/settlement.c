#include "settlement.h"

#include "base/text.h"
#include "money.h"

#include <stdio.h>
#include <string.h>

static enum fault_code settlement_add(struct settlement *s, const char *transaction, const char *notice,
                                      struct fault *f)
{
    size_t size = strlen(s->transactions);
    if (text_empty(transaction) || strchr(transaction, ' '))
        return fault_set(f, FAULT_MALFORMED, "receipt for notice %.60s: a transaction without number", notice);
    if (size + strlen(transaction) + 2 > sizeof(s->transactions))
        return fault_set(f, FAULT_MALFORMED, "receipt for notice %.60s: too many transactions", notice);
    snprintf(s->transactions + size, sizeof(s->transactions) - size, "%s%s", size ? " " : "", transaction);
    return FAULT_NONE;
}

enum fault_code settlement_read(const Lienthong__V1__PaymentReceipt *r, struct settlement *ret, struct fault *f)
{
    *ret = (struct settlement){0};
    if (text_empty(r->notice) || text_empty(r->reference))
        return fault_set(f, FAULT_MALFORMED, "a receipt names no notice or no reference");
    if (!money_parse_dong(r->amount, &ret->amount) || ret->amount == 0)
        return fault_set(f, FAULT_MALFORMED, "receipt for notice %.60s: \"%.40s\" is no amount of dong", r->notice,
                         r->amount);
    if (r->n_transactions == 0)
        return fault_set(f, FAULT_MALFORMED, "receipt for notice %.60s: no transaction", r->notice);
    for (size_t i = 0; i < r->n_transactions; i++) {
        enum fault_code code = settlement_add(ret, r->transactions[i], r->notice, f);
        if (code)
            return code;
    }
    return FAULT_NONE;
}
