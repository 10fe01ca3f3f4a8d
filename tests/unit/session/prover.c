#include "session/prover.h"
#include "base/system.h"
#include "base/text.h"
#include "trust/pki.h"

static struct pki pki;
static struct key *key;
static struct certificate *certificate;

void prover_open(void)
{
    pki_open(&pki);
    pki_agency(&pki, "000.01", "p256", &key, &certificate);
}

void prover_close(void)
{
    key = key_free(key);
    certificate = certificate_free(certificate);
    pki_close(&pki);
}

enum fault_code prover_sign(struct proof *p, void *context, struct fault *f)
{
    (void)context;
    return proof_sign(p, key, system_now(), f);
}

Lienthong__V1__RefusalCode prover_check(uint32_t agency, const struct proof *p, char *text, size_t size, void *context)
{
    struct fault f;
    (void)agency, (void)context;
    if (!proof_check(p, certificate, &f))
        return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNSPECIFIED;
    text_copy(text, size, f.text);
    return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_SIGNATURE;
}
