#include "obligation.h"

#include "base/text.h"

#include <stdbool.h>

static bool obligation_is_exemption(const Lienthong__V1__SettledNotice *n)
{
    return text_empty(n->transaction) && text_equal(n->amount, "0");
}

static enum fault_code obligation_check_notice(const Lienthong__V1__ObligationDone *o, size_t index, struct fault *f)
{
    const Lienthong__V1__SettledNotice *n = o->settled[index];
    if (text_empty(n->number))
        return fault_set(f, FAULT_REFUSED, "obligation: entry %zu names no notice", index + 1);
    if (text_empty(n->transaction) && !obligation_is_exemption(n))
        return fault_set(f, FAULT_REFUSED, "obligation: notice %.60s has no payment", n->number);
    for (size_t i = 0; i < index; i++)
        if (text_equal(o->settled[i]->number, n->number))
            return fault_set(f, FAULT_REFUSED, "obligation: notice %.60s stands twice", n->number);
    return FAULT_NONE;
}

enum fault_code obligation_check(const Lienthong__V1__ObligationDone *o, long notice_count, struct fault *f)
{
    long paid = 0;
    for (size_t i = 0; i < o->n_settled; i++) {
        enum fault_code code = obligation_check_notice(o, i, f);
        if (code)
            return code;
        paid += !obligation_is_exemption(o->settled[i]);
    }
    if (o->n_settled == 0)
        return fault_set(f, FAULT_REFUSED, "obligation: neither a settled notice nor an exemption");
    if (notice_count >= 0 && paid < notice_count)
        return fault_set(f, FAULT_REFUSED, "obligation: %ld of %ld notices are settled", paid, notice_count);
    return FAULT_NONE;
}
