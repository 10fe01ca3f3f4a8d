/* Any text as a calendar file: refused with its line, or a calendar that the engine takes, whose texts are those of the file and whose
 * working time, added and taken off again, is the same.
 * Links: lt_service_lt lt_workflow lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "base/text.h"
#include "calendar.h"
#include "workflow/calendar.h"
#include <stdlib.h>
#include <string.h>

static void must(bool good)
{
    if (!good)
        abort();
}

static void check(struct bytes packed, const char *id, uint32_t version)
{
    struct calendar *calendar = NULL;
    struct fault f;
    must(calendar_unpack(packed, &calendar, &f) == FAULT_NONE);
    must(text_is_utf8(bytes_of_text(id)) && *id && version);
    struct instant from = calendar_instant(calendar, INT64_C(20605) * INSTANT_DAY_US);
    for (int64_t us = INSTANT_MINUTE_US; us <= 32 * INSTANT_HOUR_US; us *= 4) {
        struct instant due;
        int64_t between = 0;
        if (calendar_add(calendar, from, us, &due, &f) != FAULT_NONE)
            continue; /* beyond the days that it knows */
        must(due.us > from.us && calendar_between(calendar, from, due, &between, &f) == FAULT_NONE && between == us);
    }
    calendar_free(calendar);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    OWNED_BUFFER packed = BUFFER(1u << 20);
    OWNED_MEMORY char *id = NULL;
    uint32_t version = 0;
    struct fault f = {0};
    enum fault_code code = calendar_compile(BYTES(data, size), &packed, &id, &version, &f);
    if (code)
        must(f.code == code && f.text[0] && text_is_utf8(bytes_of_text(f.text)) && !id && packed.size == 0);
    else
        check(buffer_bytes(&packed), id, version);
    return 0;
}
