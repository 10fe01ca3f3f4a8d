/* Any text as what the national portal answers: a verdict whose text the database takes. The first byte chooses the HTTP status.
 * Links: lt_service_portal lt_base */
#include "fuzz.h"
#include "base/text.h"
#include "verdict.h"
#include <stdlib.h>

static const int statuses[] = {200, 200, 201, 400, 404, 409, 500, 503};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verdict verdict;
    long theirs;
    if (!size)
        return 0;
    struct client_answer a = {.status = statuses[data[0] & 7], .body = BYTES(data + 1, size - 1)};
    verdict_read(&a, &verdict, &theirs);
    if (!verdict.text[0] || !text_is_utf8(bytes_of_text(verdict.text)) || theirs < VERDICT_THEIRS_NONE ||
        (a.status != 200 && verdict.kind != VERDICT_NONE))
        abort();
    return 0;
}
