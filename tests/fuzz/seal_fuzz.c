/* Any bytes as something sealed, and as a time stamp: refused with a reason, and nothing is told of what did not hold.
 * Links: lt_trust lt_base */
#include "fuzz.h"
#include "authority.h"
#include "base/memory.h"
#include "trust/seal.h"
#include "trust/stamp.h"
#include <stdlib.h>

static struct certificate *authority, *reader;
static struct key *key;

static void must(bool good)
{
    if (!good)
        abort();
}

static void as_sealed(struct bytes bytes)
{
    OWNED_BUFFER plain = BUFFER(1 << 20);
    struct seal_pair pair = {key, reader};
    struct fault f = {0};
    enum fault_code code = seal_open(bytes, &pair, 1, &plain, &f);
    must(!code || (f.code == code && f.text[0] && buffer_bytes(&plain).size == 0));
    must(buffer_bytes(&plain).size <= bytes.size);
}

static void as_stamp(struct bytes bytes)
{
    OWNED_BUFFER token = BUFFER(STAMP_SIZE_MAX);
    OWNED_BUFFER request = BUFFER(1024);
    struct digest digest = digest_of(bytes_of_text("head"));
    struct instant at = {0};
    struct fault f = {0};
    enum fault_code code = stamp_check(bytes, &digest, authority, &at, &f);
    must(!code || (f.code == code && f.text[0]));
    must(stamp_request(&digest, 7, &request, &f) == FAULT_NONE);
    code = stamp_accept(bytes, buffer_bytes(&request), authority, &token, &at, &f);
    must(!code || (f.code == code && f.text[0] && buffer_bytes(&token).size == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!authority) {
        authority = fuzz_authority();
        reader = fuzz_reader(&key);
    }
    as_sealed(BYTES(data, size));
    as_stamp(BYTES(data, size));
    return 0;
}
