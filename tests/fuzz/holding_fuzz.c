/* Any text as the body by which the repository learns whose a document is: refused with a reason, or dates, kind and holder within
 * their limits.
 * Links: lt_service_repository lt_base */
#include "fuzz.h"
#include "base/text.h"
#include "record.h"
#include <stdlib.h>
#include <string.h>

static void must(bool good)
{
    if (!good)
        abort();
}

static void take(const json_t *json)
{
    static const struct digest digest;
    struct record_holding holding;
    struct fault f = {0}, of_date;
    int32_t day;
    enum fault_code code = record_read(json, &digest, &holding, &f);
    if (code) {
        must((code == FAULT_MALFORMED || code == FAULT_REFUSED) && f.code == code);
        must(f.text[0] && text_is_utf8(bytes_of_text(f.text)));
        return;
    }
    must(*holding.holder && strlen(holding.holder) <= RECORD_HOLDER_SIZE_MAX);
    must(holding.copy_kind >= 0 && holding.copy_kind <= 2 && holding.type);
    must(!date_parse(holding.issued, &day, &of_date));
    must(!*holding.valid_until || !date_parse(holding.valid_until, &day, &of_date));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        take(json);
    json_decref(json);
    return 0;
}
