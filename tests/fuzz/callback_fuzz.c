/* Any text as what the payment service says of a payment: refused, or texts within the limits of what is stored.
 * Links: lt_service_payment lt_base */
#include "fuzz.h"
#include "base/text.h"
#include "callback.h"
#include <stdlib.h>
#include <string.h>

static void must(bool good)
{
    if (!good)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    for (int known = 0; known < 2; known++) {
        struct paid paid = {0};
        struct fault f = {0};
        enum fault_code code = callback_read(json, known ? "LT-1" : NULL, &paid, &f);
        must(!code || (code == FAULT_MALFORMED && f.code == code && f.text[0] && text_is_utf8(bytes_of_text(f.text))));
        must(code || (order_amount_good(paid.amount) && paid.transaction[0] && paid.reference[0] && paid.paid_at.us));
    }
    json_decref(json);
    return 0;
}
