/* Any bytes as a certificate, and as a list of revoked ones of the authority of authority.h: refused with a reason, or all that is
 * asked of them has an answer.
 * Links: lt_trust lt_base */
#include "fuzz.h"
#include "authority.h"
#include "base/memory.h"
#include "trust/key.h"
#include "trust/revocation.h"
#include <stdlib.h>

static struct certificate *authority;

static void must(bool good)
{
    if (!good)
        abort();
}

static void as_certificate(struct bytes bytes)
{
    OWNED(certificate) c = NULL;
    struct fault f = {0};
    enum fault_code code = certificate_parse(bytes, &c, &f);
    must(code ? !c && f.code == code && f.text[0] : c != NULL);
    if (code)
        return;
    OWNED_MEMORY char *serial = certificate_serial(c);
    must(certificate_agency(c) && serial && serial[0] && certificate_der(c).size);
    code = certificate_check(c, authority, CERTIFICATE_SIGNS, FUZZ_NOW, &f);
    must(!code || (code == FAULT_UNTRUSTED && f.text[0]));
    must(code || !certificate_check_time(c, FUZZ_NOW, &f));
}

static void as_list(struct bytes bytes)
{
    OWNED(revocation) r = NULL;
    struct fault f = {0};
    enum fault_code code = revocation_parse(bytes, &authority, 1, FUZZ_NOW, &r, &f);
    must(code ? !r && f.code == code && f.text[0] : r != NULL);
    if (code)
        return;
    must(revocation_covers(r, authority) && revocation_count(r) <= REVOCATION_ENTRIES_MAX);
    must(revocation_from(r).us <= FUZZ_NOW.us && revocation_replaces(r, r, &f) == FAULT_NONE);
    (void)revocation_find(r, authority);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    authority = authority ? authority : fuzz_authority();
    as_certificate(BYTES(data, size));
    as_list(BYTES(data, size));
    return 0;
}
