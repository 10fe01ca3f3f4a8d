#include "trust/x509.h"
#include "trust/pkey.h"
#include "base/text.h"
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAME_SIZE_MAX 64 /* ub-common-name of RFC 5280 */

enum fault_code x509_key_make(const char *algorithm, EVP_PKEY **ret, struct fault *f)
{
    EVP_PKEY *key;
    if (text_equal(algorithm, "p256"))
        key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    else if (text_equal(algorithm, "ed25519"))
        key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    else if (text_equal(algorithm, "rsa2048"))
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    else if (text_equal(algorithm, "rsa3072"))
        key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
    else
        return fault_set(f, FAULT_CONFIG, "the algorithm \"%s\" is none of p256, ed25519, rsa2048, rsa3072", algorithm);
    if (!key)
        return fault_set(f, FAULT_INTERNAL, "making a key: %s", openssl_reason());
    *ret = key;
    return FAULT_NONE;
}

static bool add_name(X509_NAME *subject, int nid, const char *text)
{
    return X509_NAME_add_entry_by_NID(subject, nid, MBSTRING_UTF8, (const uint8_t *)text, -1, -1, 0) == 1;
}

static bool set_subject(X509 *x509, const struct x509_plan *plan)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    return add_name(subject, NID_commonName, plan->name) &&
           (!plan->agency || add_name(subject, NID_organizationIdentifier, plan->agency));
}

static bool set_validity(X509 *x509, const struct x509_plan *plan)
{
    time_t from = (time_t)(plan->now.us / INSTANT_SECOND_US);
    return X509_time_adj_ex(X509_getm_notBefore(x509), 0, 0, &from) &&
           X509_time_adj_ex(X509_getm_notAfter(x509), plan->valid_days, 0, &from);
}

static bool add_extension(X509 *x509, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, context, nid, value);
    bool good = extension && X509_add_ext(x509, extension, -1);
    X509_EXTENSION_free(extension);
    return good;
}

static bool add_extensions(X509 *x509, X509 *issuer, const struct x509_plan *plan)
{
    X509V3_CTX context;
    char usage[64];
    bool authority = plan->agency == NULL;
    snprintf(usage, sizeof(usage), "critical,%s", authority ? "keyCertSign,cRLSign" : plan->usage);
    X509V3_set_ctx(&context, issuer ? issuer : x509, x509, NULL, NULL, 0);
    return add_extension(x509, &context, NID_basic_constraints,
                         authority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:FALSE") &&
           add_extension(x509, &context, NID_key_usage, usage) &&
           add_extension(x509, &context, NID_subject_key_identifier, "hash") &&
           (authority || add_extension(x509, &context, NID_authority_key_identifier, "keyid:always"));
}

static bool fill(X509 *x509, const struct x509_plan *plan, EVP_PKEY *key, X509 *issuer)
{
    return X509_set_version(x509, X509_VERSION_3) &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), plan->serial) && set_subject(x509, plan) &&
           set_validity(x509, plan) && X509_set_pubkey(x509, key) &&
           X509_set_issuer_name(x509, X509_get_subject_name(issuer ? issuer : x509)) &&
           add_extensions(x509, issuer, plan);
}

/* RFC 5280 counts characters; bytes are the stricter limit that every reader shares. */
static enum fault_code check_plan(const struct x509_plan *plan, X509 *issuer, struct fault *f)
{
    size_t size = strlen(plan->name);
    if (size == 0 || size > NAME_SIZE_MAX || !text_is_utf8(bytes_of_text(plan->name)))
        return fault_set(f, FAULT_CONFIG, "the name has %zu bytes; a certificate takes 1 to %d bytes of UTF-8", size,
                         NAME_SIZE_MAX);
    time_t until = (time_t)(plan->now.us / INSTANT_SECOND_US + (int64_t)plan->valid_days * 24 * 3600);
    if (issuer && X509_cmp_time(X509_get0_notAfter(issuer), &until) < 0)
        return fault_set(f, FAULT_CONFIG, "%d days is longer than the authority's own certificate is valid",
                         plan->valid_days);
    return FAULT_NONE;
}

enum fault_code x509_make(const struct x509_plan *plan, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, X509 **ret,
                          struct fault *f)
{
    enum fault_code code = check_plan(plan, issuer, f);
    if (code)
        return code;
    X509 *x509 = X509_new();
    const EVP_MD *algorithm = EVP_PKEY_is_a(issuer_key, "ED25519") ? NULL : EVP_sha256();
    if (x509 && fill(x509, plan, key, issuer) && X509_sign(x509, issuer_key, algorithm) > 0) {
        *ret = x509;
        return FAULT_NONE;
    }
    X509_free(x509);
    return fault_set(f, FAULT_INTERNAL, "making the certificate of \"%s\": %s", plan->name, openssl_reason());
}
