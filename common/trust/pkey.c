#include "trust/pkey.h"
#include "base/memory.h"
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 4096 /* SIGNATURE_VALUE_SIZE_MAX bytes */
#define MESSAGE_SIZE_ON_STACK 256

const char *openssl_reason(void)
{
    unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    const char *reason = ERR_reason_error_string(code);
    return reason ? reason : "no reason given by OpenSSL";
}

static enum fault_code check_curve(EVP_PKEY *evp, struct fault *f)
{
    char group[64] = "";
    size_t size = 0;
    int explicit = 0;
    EVP_PKEY_get_group_name(evp, group, sizeof(group), &size);
    EVP_PKEY_get_int_param(evp, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &explicit);
    if (explicit)
        return fault_set(f, FAULT_UNTRUSTED, "the key spells out its curve's parameters; it must name the curve P-256");
    if (strcmp(group, "prime256v1") != 0)
        return fault_set(f, FAULT_UNTRUSTED, "the key is on curve %s; P-256 is the one accepted", group);
    return FAULT_NONE;
}

static enum fault_code check_kind(EVP_PKEY *evp, struct fault *f)
{
    if (EVP_PKEY_is_a(evp, "EC"))
        return check_curve(evp, f);
    if (EVP_PKEY_is_a(evp, "ED25519"))
        return FAULT_NONE;
    if (EVP_PKEY_is_a(evp, "RSA")) {
        int bits = EVP_PKEY_get_bits(evp);
        if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
            return fault_set(f, FAULT_UNTRUSTED, "the RSA key has %d bits; %d to %d are accepted", bits, RSA_BITS_MIN,
                             RSA_BITS_MAX);
        return FAULT_NONE;
    }
    const char *name = EVP_PKEY_get0_type_name(evp);
    return fault_set(f, FAULT_UNTRUSTED, "the key is of kind %s; P-256, Ed25519 and RSA are accepted",
                     name ? name : "unknown");
}

/* Fetching algorithms costs more than hashing, so it is done once for each key. */
static EVP_PKEY_CTX *prepare(EVP_PKEY *evp, bool sign)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, evp, NULL);
    if (!context)
        return NULL;
    bool rsa = EVP_PKEY_is_a(evp, "RSA");
    if ((sign ? EVP_PKEY_sign_init(context) : EVP_PKEY_verify_init(context)) > 0 &&
        (!rsa || EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0) &&
        EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) > 0 &&
        (!rsa || EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0))
        return context;
    EVP_PKEY_CTX_free(context);
    return NULL;
}

enum fault_code pkey_init(EVP_PKEY *evp, struct digest id, bool sign, struct pkey *ret, struct fault *f)
{
    struct pkey p = {.evp = evp, .id = id};
    enum fault_code code = check_kind(evp, f);
    if (!code && !EVP_PKEY_is_a(evp, "ED25519")) {
        p.ready = prepare(evp, sign);
        if (!p.ready)
            code = fault_set(f, FAULT_INTERNAL, "preparing the key: %s", openssl_reason());
    }
    if (code) {
        pkey_clear(&p);
        return code;
    }
    *ret = p;
    return FAULT_NONE;
}

void pkey_clear(struct pkey *p)
{
    EVP_PKEY_CTX_free(p->ready);
    EVP_PKEY_free(p->evp);
    *p = (struct pkey){0};
}

enum fault_code pkey_id(EVP_PKEY *evp, struct digest *ret, struct fault *f)
{
    uint8_t *der = NULL;
    int size = i2d_PUBKEY(evp, &der);
    if (size <= 0)
        return fault_set(f, FAULT_UNTRUSTED, "the key has no public half that can be encoded: %s", openssl_reason());
    *ret = digest_of(BYTES(der, (size_t)size));
    OPENSSL_free(der);
    return FAULT_NONE;
}

/* The pieces in one: in STACK when they fit, otherwise *heap, which the caller frees. Ed25519 takes them only so. */
static struct bytes join(const struct bytes *pieces, size_t count, uint8_t *stack, uint8_t **heap)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += pieces[i].size;
    uint8_t *data = stack;
    if (size > MESSAGE_SIZE_ON_STACK)
        data = *heap = memory_new(size);
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].size)
            memcpy(data + at, pieces[i].data, pieces[i].size);
        at += pieces[i].size;
    }
    return BYTES(data, size);
}

static bool sign_whole(const struct pkey *p, struct bytes message, uint8_t *value, size_t *size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestSignInit_ex(context, NULL, NULL, NULL, NULL, p->evp, NULL) > 0 &&
                EVP_DigestSign(context, value, size, message.data, message.size) > 0;
    EVP_MD_CTX_free(context);
    return good;
}

static bool verify_whole(const struct pkey *p, struct bytes message, struct bytes value)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestVerifyInit_ex(context, NULL, NULL, NULL, NULL, p->evp, NULL) > 0 &&
                EVP_DigestVerify(context, value.data, value.size, message.data, message.size) == 1;
    EVP_MD_CTX_free(context);
    return good;
}

enum fault_code pkey_sign(const struct pkey *p, const struct bytes *pieces, size_t count, uint8_t *value, size_t *size,
                          struct fault *f)
{
    bool good;
    if (p->ready) {
        struct digest d = digest_of_all(pieces, count);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(p->ready);
        good = context && EVP_PKEY_sign(context, value, size, d.bytes, DIGEST_SIZE) > 0;
        EVP_PKEY_CTX_free(context);
    } else {
        uint8_t stack[MESSAGE_SIZE_ON_STACK];
        OWNED_MEMORY uint8_t *heap = NULL;
        good = sign_whole(p, join(pieces, count, stack, &heap), value, size);
    }
    return good ? FAULT_NONE : fault_set(f, FAULT_INTERNAL, "signing: %s", openssl_reason());
}

bool pkey_matches(const struct pkey *p, const struct bytes *pieces, size_t count, struct bytes value)
{
    bool good;
    if (p->ready) {
        struct digest d = digest_of_all(pieces, count);
        EVP_PKEY_CTX *context = EVP_PKEY_CTX_dup(p->ready);
        good = context && EVP_PKEY_verify(context, value.data, value.size, d.bytes, DIGEST_SIZE) == 1;
        EVP_PKEY_CTX_free(context);
    } else {
        uint8_t stack[MESSAGE_SIZE_ON_STACK];
        OWNED_MEMORY uint8_t *heap = NULL;
        good = verify_whole(p, join(pieces, count, stack, &heap), value);
    }
    if (!good)
        ERR_clear_error();
    return good;
}
