#include "base/memory.h"
#include "base/text.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include "trust/key.h"
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define AGENCY_SIZE_MAX 35
#define NAME_TEXT_SIZE 200

struct certificate {
    X509 *x509;
    struct pkey pkey;
    struct bytes der; /* owned */
    struct instant from, until;
    char agency[AGENCY_SIZE_MAX + 1];
};

enum fault_code asn1_instant(const ASN1_TIME *time, struct instant *ret, struct fault *f)
{
    struct tm tm;
    if (!time || !ASN1_TIME_to_tm(time, &tm))
        return fault_set(f, FAULT_UNTRUSTED, "a time in it cannot be read");
    int64_t day = date_day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    ret->us = day * INSTANT_DAY_US + tm.tm_hour * INSTANT_HOUR_US + tm.tm_min * INSTANT_MINUTE_US +
              tm.tm_sec * INSTANT_SECOND_US;
    return FAULT_NONE;
}

static bool is_agency_code(const char *text, size_t size)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    return size && size <= AGENCY_SIZE_MAX && memchr(text, '\0', size) == NULL && strspn(text, allowed) >= size;
}

/* "" when the subject has no organizationIdentifier, as the authority's own. */
static enum fault_code read_agency(const X509 *x509, char *agency, struct fault *f)
{
    const X509_NAME *subject = X509_get_subject_name(x509);
    int at = X509_NAME_get_index_by_NID(subject, NID_organizationIdentifier, -1);
    agency[0] = '\0';
    if (at < 0)
        return FAULT_NONE;
    if (X509_NAME_get_index_by_NID(subject, NID_organizationIdentifier, at) >= 0)
        return fault_set(f, FAULT_UNTRUSTED, "its subject has two organizationIdentifiers; one names the agency");
    uint8_t *text = NULL;
    int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    bool good = size > 0 && is_agency_code((const char *)text, (size_t)size);
    if (good)
        memcpy(agency, text, (size_t)size), agency[size] = '\0';
    OPENSSL_free(text);
    if (!good)
        return fault_set(f, FAULT_UNTRUSTED,
                         "its organizationIdentifier is no agency code (1 to %d letters, digits, dots, hyphens)",
                         AGENCY_SIZE_MAX);
    return FAULT_NONE;
}

static enum fault_code read_key(X509 *x509, struct pkey *ret, struct fault *f)
{
    EVP_PKEY *evp = X509_get_pubkey(x509);
    if (!evp)
        return fault_set(f, FAULT_UNTRUSTED, "its public key cannot be read: %s", openssl_reason());
    uint8_t *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
    if (size <= 0) {
        EVP_PKEY_free(evp);
        return fault_set(f, FAULT_UNTRUSTED, "its public key cannot be encoded: %s", openssl_reason());
    }
    struct digest id = digest_of(BYTES(der, (size_t)size));
    OPENSSL_free(der);
    return pkey_init(evp, id, false, ret, f);
}

static enum fault_code certificate_fill(struct certificate *c, struct fault *f)
{
    if (X509_check_purpose(c->x509, -1, 0) != 1 || (X509_get_extension_flags(c->x509) & EXFLAG_INVALID))
        return fault_set(f, FAULT_UNTRUSTED, "its extensions cannot be read: %s", openssl_reason());
    enum fault_code code = asn1_instant(X509_get0_notBefore(c->x509), &c->from, f);
    if (!code)
        code = asn1_instant(X509_get0_notAfter(c->x509), &c->until, f);
    if (!code)
        code = read_agency(c->x509, c->agency, f);
    if (!code)
        code = read_key(c->x509, &c->pkey, f);
    return code;
}

enum fault_code certificate_parse(struct bytes der, struct certificate **ret, struct fault *f)
{
    if (der.size > KEYFILE_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "certificate: %zu bytes, limit %d", der.size, KEYFILE_SIZE_MAX);
    const uint8_t *at = der.data;
    X509 *x509 = der.size ? d2i_X509(NULL, &at, (long)der.size) : NULL;
    if (!x509)
        return fault_set(f, FAULT_MALFORMED, "not a certificate (X.509, DER): %s", openssl_reason());
    OWNED(certificate) c = memory_new(sizeof(*c));
    c->x509 = x509;
    if (at != der.data + der.size)
        return fault_set(f, FAULT_MALFORMED, "%zu bytes follow the certificate", (size_t)(der.data + der.size - at));
    c->der = BYTES(memory_copy(der.data, der.size), der.size);
    enum fault_code code = certificate_fill(c, f);
    if (code) {
        fault_wrap(f, "certificate");
        return code;
    }
    *ret = MOVE(c);
    return FAULT_NONE;
}

enum fault_code certificate_parse_pem(struct bytes pem, struct certificate **ret, struct fault *f)
{
    char *name = NULL, *header = NULL;
    uint8_t *der = NULL;
    long size = 0;
    enum fault_code code;
    BIO *source = pem.size <= KEYFILE_SIZE_MAX ? BIO_new_mem_buf(pem.data, (int)pem.size) : NULL;
    bool read = source && PEM_read_bio(source, &name, &header, &der, &size) == 1;
    if (!read)
        code = fault_set(f, FAULT_CONFIG, "not a whole PEM file: %s", openssl_reason());
    else if (strcmp(name, PEM_STRING_X509) != 0)
        code = fault_set(f, FAULT_CONFIG, "it holds a %s; a CERTIFICATE is wanted", name);
    else
        code = certificate_parse(BYTES(der, (size_t)size), ret, f);
    BIO_free(source);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    return code;
}

enum fault_code certificate_load(const char *path, struct certificate **ret, struct fault *f)
{
    OWNED_BUFFER pem = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = keyfile_read(path, false, &pem, f);
    if (code)
        return code;
    code = certificate_parse_pem(buffer_bytes(&pem), ret, f);
    if (code)
        fault_wrap(f, "%s", path);
    return code;
}

enum fault_code certificate_print_pem(const struct certificate *c, struct buffer *to, struct fault *f)
{
    char *data = NULL;
    BIO *text = BIO_new(BIO_s_mem());
    long size = text && PEM_write_bio_X509(text, c->x509) == 1 ? BIO_get_mem_data(text, &data) : 0;
    enum fault_code code = size > 0 ? buffer_append(to, BYTES(data, (size_t)size), f)
                                    : fault_set(f, FAULT_INTERNAL, "writing a certificate: %s", openssl_reason());
    BIO_free(text);
    return code;
}

void certificate_name(const struct certificate *c, char text[CERTIFICATE_NAME_SIZE])
{
    const X509_NAME *subject = X509_get_subject_name(c->x509);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    uint8_t *utf8 = NULL;
    text[0] = '\0';
    int size = at < 0 ? -1 : ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size > 0 && text_is_utf8(BYTES(utf8, (size_t)size)))
        text_copy(text, CERTIFICATE_NAME_SIZE, (const char *)utf8);
    OPENSSL_free(utf8);
}

struct certificate *certificate_free(struct certificate *c)
{
    if (c) {
        X509_free(c->x509);
        pkey_clear(&c->pkey);
        free((void *)c->der.data);
        free(c);
    }
    return NULL;
}

struct digest certificate_key_id(const struct certificate *c)
{
    return c->pkey.id;
}

struct bytes certificate_der(const struct certificate *c)
{
    return c->der;
}

const char *certificate_agency(const struct certificate *c)
{
    return c->agency;
}

struct instant certificate_from(const struct certificate *c)
{
    return c->from;
}

struct instant certificate_until(const struct certificate *c)
{
    return c->until;
}

char *certificate_serial(const struct certificate *c)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(c->x509), NULL);
    char *digits = number ? BN_bn2dec(number) : NULL;
    char *text = memory_text(digits ? digits : "");
    OPENSSL_free(digits);
    BN_free(number);
    return text;
}

const struct pkey *certificate_pkey(const struct certificate *c)
{
    return &c->pkey;
}

X509 *certificate_x509(const struct certificate *c)
{
    return c->x509;
}

static void print_name(const X509_NAME *name, char text[NAME_TEXT_SIZE])
{
    text[0] = '\0';
    BIO *to = BIO_new(BIO_s_mem());
    if (to && X509_NAME_print_ex(to, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        int size = BIO_read(to, text, NAME_TEXT_SIZE - 1);
        text[size > 0 ? size : 0] = '\0';
    }
    BIO_free(to);
}

static enum fault_code check_issuer(const struct certificate *c, const struct certificate *authority, struct fault *f)
{
    if (X509_check_ca(authority->x509) != 1)
        return fault_set(f, FAULT_UNTRUSTED, "what was given as the authority is no certificate of an authority");
    int result = X509_check_issued(authority->x509, c->x509);
    if (result != X509_V_OK) {
        char issuer[NAME_TEXT_SIZE], known[NAME_TEXT_SIZE];
        print_name(X509_get_issuer_name(c->x509), issuer);
        print_name(X509_get_subject_name(authority->x509), known);
        return fault_set(f, FAULT_UNTRUSTED, "unknown issuer \"%s\" (ours is \"%s\"): %s", issuer, known,
                         X509_verify_cert_error_string(result));
    }
    if (X509_verify(c->x509, authority->pkey.evp) != 1) {
        (void)openssl_reason();
        return fault_set(f, FAULT_UNTRUSTED,
                         "the issuer has our authority's name but the signature is not our authority's");
    }
    return FAULT_NONE;
}

enum fault_code certificate_check_time(const struct certificate *c, struct instant now, struct fault *f)
{
    char at[INSTANT_TEXT_SIZE], limit[INSTANT_TEXT_SIZE];
    instant_print(now, at);
    if (now.us < c->from.us) {
        instant_print(c->from, limit);
        return fault_set(f, FAULT_UNTRUSTED, "not yet valid: from %s, now it is %s; is this machine's clock right?",
                         limit, at);
    }
    if (now.us > c->until.us) {
        instant_print(c->until, limit);
        return fault_set(f, FAULT_UNTRUSTED, "expired: valid until %s, now it is %s", limit, at);
    }
    return FAULT_NONE;
}

/* Signing and encryption have certificates of their own, so that neither key is ever used for the other. */
static const struct {
    uint32_t bits;
    const char *name;
} usages[] = {
    [CERTIFICATE_SIGNS] = {KU_DIGITAL_SIGNATURE, "digitalSignature"},
    [CERTIFICATE_ENCRYPTS] = {KU_KEY_AGREEMENT | KU_KEY_ENCIPHERMENT, "keyAgreement or keyEncipherment"},
};

bool certificate_is_for(const struct certificate *c, enum certificate_usage usage)
{
    return (X509_get_extension_flags(c->x509) & EXFLAG_KUSAGE) && (X509_get_key_usage(c->x509) & usages[usage].bits);
}

static enum fault_code check_usage(const struct certificate *c, enum certificate_usage usage, struct fault *f)
{
    uint32_t flags = X509_get_extension_flags(c->x509);
    if (flags & EXFLAG_CRITICAL)
        return fault_set(f, FAULT_UNTRUSTED, "it has a critical extension that we do not know");
    if (flags & EXFLAG_CA)
        return fault_set(f, FAULT_UNTRUSTED, "wrong usage: it is an authority's certificate, not an agency's");
    if (!c->agency[0])
        return fault_set(f, FAULT_UNTRUSTED, "its subject has no organizationIdentifier, so it names no agency");
    if (!certificate_is_for(c, usage))
        return fault_set(f, FAULT_UNTRUSTED, "wrong usage: its key usage does not say %s", usages[usage].name);
    return FAULT_NONE;
}

enum fault_code certificate_check(const struct certificate *c, const struct certificate *authority,
                                  enum certificate_usage usage, struct instant now, struct fault *f)
{
    enum fault_code code = check_issuer(c, authority, f);
    if (!code)
        code = check_usage(c, usage, f);
    if (!code)
        code = certificate_check_time(c, now, f);
    if (code) {
        fault_wrap(f, "certificate of %s", c->agency[0] ? c->agency : "nobody");
        return code;
    }
    code = certificate_check_time(authority, now, f);
    if (code)
        fault_wrap(f, "the authority's own certificate");
    return code;
}
