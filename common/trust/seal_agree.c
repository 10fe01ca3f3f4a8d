#include "trust/seal_agree.h"
#include "trust/pkey.h"
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <string.h>

#define KEY_SIZE 32
#define POINT_SIZE 65
#define WRAPPED_SIZE (KEY_SIZE + 8)
#define NONCE_SIZE 12
#define TAG_SIZE 16

/* DER of what never changes. */
static const uint8_t auth_enveloped_data[] = {0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                              0x0d, 0x01, 0x09, 0x10, 0x01, 0x17};
static const uint8_t data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t aes_256_gcm[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2e};
static const uint8_t tag_size[] = {0x02, 0x01, TAG_SIZE};
static const uint8_t version_0[] = {0x02, 0x01, 0x00}, version_3[] = {0x02, 0x01, 0x03};
static const uint8_t ec_public_key[] = {0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
/* dhSinglePass-stdDH-sha256kdf-scheme with id-aes256-wrap. */
static const uint8_t agreement[] = {0x30, 0x15, 0x06, 0x06, 0x2b, 0x81, 0x04, 0x01, 0x0b, 0x01, 0x30, 0x0b,
                                    0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2d};
/* ECC-CMS-SharedInfo (RFC 5753 7.2): id-aes256-wrap, 256 bits. Behind the counter 1, as X9.63 wants it. */
static const uint8_t shared_info[] = {0x00, 0x00, 0x00, 0x01, 0x30, 0x15, 0x30, 0x0b, 0x06,
                                      0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01,
                                      0x2d, 0xa2, 0x06, 0x04, 0x04, 0x00, 0x00, 0x01, 0x00};

/* --- DER ---------------------------------------------------------------------------------------------------------- */

/* Written from the front; a length goes in before its content when that is there. The first fault stays. */
struct der {
    struct buffer bytes;
    enum fault_code code;
    struct fault *f;
};

static void put(struct der *d, const void *bytes, size_t size)
{
    if (!d->code)
        d->code = buffer_append(&d->bytes, BYTES(bytes, size), d->f);
}

/* What was put since FROM becomes the content of TAG. */
static void close_tag(struct der *d, size_t from, uint8_t tag)
{
    uint8_t head[6] = {tag};
    size_t size = d->bytes.size - from, used = 1;
    int octets = size < 0x80 ? 0 : size < 0x100 ? 1 : size < 0x10000 ? 2 : 3;
    head[used++] = (uint8_t)(octets ? 0x80 | octets : (int)size);
    for (int i = octets; i > 0; i--)
        head[used++] = (uint8_t)(size >> (8 * (i - 1)));
    put(d, head, used); /* the room */
    if (d->code)
        return;
    memmove(d->bytes.data + from + used, d->bytes.data + from, size);
    memcpy(d->bytes.data + from, head, used);
}

static void put_tag(struct der *d, uint8_t tag, const void *bytes, size_t size)
{
    size_t from = d->bytes.size;
    put(d, bytes, size);
    close_tag(d, from, tag);
}

static void fail(struct der *d, const char *what)
{
    if (!d->code)
        d->code = fault_set(d->f, FAULT_INTERNAL, "sealing: %s: %s", what, openssl_reason());
}

/* --- Keys --------------------------------------------------------------------------------------------------------- */

bool seal_agree_can(const struct certificate *const *recipients, size_t count)
{
    char group[32];
    for (size_t i = 0; i < count; i++) {
        EVP_PKEY *key = certificate_pkey(recipients[i])->evp;
        size_t size;
        if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, group, sizeof(group), &size) != 1 ||
            (strcmp(group, "prime256v1") != 0 && strcmp(group, "P-256") != 0))
            return false;
    }
    return count > 0;
}

/* The key that wraps: of what both agree on. A point of a certificate was read from it, and so lies on the curve, whose cofactor is 1. */
static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t wrapping[KEY_SIZE])
{
    uint8_t secret[KEY_SIZE];
    size_t size = sizeof(secret);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
    bool done = context && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1 &&
                EVP_PKEY_derive(context, secret, &size) == 1 && size == sizeof(secret);
    EVP_PKEY_CTX_free(context);
    if (done) {
        struct digest key = digest_of_all(
            (const struct bytes[]){BYTES(secret, sizeof(secret)), BYTES(shared_info, sizeof(shared_info))}, 2);
        memcpy(wrapping, key.bytes, KEY_SIZE);
        OPENSSL_cleanse(&key, sizeof(key));
    }
    OPENSSL_cleanse(secret, sizeof(secret));
    return done;
}

static bool wrap(const uint8_t wrapping[KEY_SIZE], const uint8_t key[KEY_SIZE], uint8_t wrapped[WRAPPED_SIZE])
{
    int size = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context)
        EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    bool done = context && EVP_EncryptInit_ex(context, EVP_aes_256_wrap(), NULL, wrapping, NULL) == 1 &&
                EVP_EncryptUpdate(context, wrapped, &size, key, KEY_SIZE) == 1 && size == WRAPPED_SIZE;
    EVP_CIPHER_CTX_free(context);
    return done;
}

/* issuerAndSerialNumber */
static void put_name(struct der *d, const X509 *x509)
{
    size_t from = d->bytes.size;
    uint8_t *issuer = NULL, *serial = NULL;
    int issuer_size = i2d_X509_NAME(X509_get_issuer_name(x509), &issuer);
    int serial_size = i2d_ASN1_INTEGER(X509_get0_serialNumber(x509), &serial);
    if (issuer_size <= 0 || serial_size <= 0) {
        fail(d, "a recipient's name");
    } else {
        put(d, issuer, (size_t)issuer_size);
        put(d, serial, (size_t)serial_size);
    }
    OPENSSL_free(issuer);
    OPENSSL_free(serial);
    close_tag(d, from, 0x30);
}

static void put_recipient(struct der *d, const struct certificate *c, EVP_PKEY *own, const uint8_t key[KEY_SIZE])
{
    size_t from = d->bytes.size;
    uint8_t wrapping[KEY_SIZE], wrapped[WRAPPED_SIZE];
    put_name(d, certificate_x509(c));
    if (!agree(own, certificate_pkey(c)->evp, wrapping) || !wrap(wrapping, key, wrapped))
        fail(d, certificate_agency(c));
    put_tag(d, 0x04, wrapped, sizeof(wrapped));
    close_tag(d, from, 0x30);
    OPENSSL_cleanse(wrapping, sizeof(wrapping));
}

/* A KeyAgreeRecipientInfo for all. */
static void put_recipients(struct der *d, const struct certificate *const *recipients, size_t count,
                           const uint8_t key[KEY_SIZE])
{
    uint8_t point[1 + POINT_SIZE] = {0}; /* of a BIT STRING: no bit is unused */
    size_t size = 0, set = d->bytes.size, originator, keys;
    EVP_PKEY *own = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    if (!own || EVP_PKEY_get_octet_string_param(own, OSSL_PKEY_PARAM_PUB_KEY, point + 1, POINT_SIZE, &size) != 1 ||
        size != POINT_SIZE)
        fail(d, "an ephemeral key");
    put(d, version_3, sizeof(version_3));
    originator = d->bytes.size;
    put(d, ec_public_key, sizeof(ec_public_key));
    put_tag(d, 0x03, point, sizeof(point));
    close_tag(d, originator, 0xa1);
    close_tag(d, originator, 0xa0);
    put(d, agreement, sizeof(agreement));
    keys = d->bytes.size;
    for (size_t i = 0; i < count && !d->code; i++)
        put_recipient(d, recipients[i], own, key);
    close_tag(d, keys, 0x30);
    close_tag(d, set, 0xa1);
    close_tag(d, set, 0x31);
    EVP_PKEY_free(own);
}

/* --- Content ------------------------------------------------------------------------------------------------------ */

static bool encrypt(struct bytes plain, const uint8_t key[KEY_SIZE], const uint8_t nonce[NONCE_SIZE], uint8_t *to,
                    uint8_t tag[TAG_SIZE])
{
    int size = 0, rest = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool done = context && EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                (!plain.size || EVP_EncryptUpdate(context, to, &size, plain.data, (int)plain.size) == 1) &&
                (size_t)size == plain.size && EVP_EncryptFinal_ex(context, to + size, &rest) == 1 && rest == 0 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, tag) == 1;
    EVP_CIPHER_CTX_free(context);
    return done;
}

static void put_content(struct der *d, struct bytes plain, const uint8_t key[KEY_SIZE])
{
    uint8_t nonce[NONCE_SIZE], tag[TAG_SIZE] = {0};
    size_t all = d->bytes.size, algorithm, parameters, content;
    if (RAND_bytes(nonce, sizeof(nonce)) != 1)
        fail(d, "a nonce");
    put(d, data, sizeof(data));
    algorithm = d->bytes.size;
    put(d, aes_256_gcm, sizeof(aes_256_gcm));
    parameters = d->bytes.size;
    put_tag(d, 0x04, nonce, sizeof(nonce));
    put(d, tag_size, sizeof(tag_size));
    close_tag(d, parameters, 0x30);
    close_tag(d, algorithm, 0x30);
    content = d->bytes.size;
    put(d, plain.data, plain.size); /* room, in which it is enciphered */
    if (!d->code && !encrypt(plain, key, nonce, d->bytes.data + content, tag))
        fail(d, "the content");
    close_tag(d, content, 0x80);
    close_tag(d, all, 0x30);
    put_tag(d, 0x04, tag, sizeof(tag));
}

enum fault_code seal_agree_make(struct bytes plain, const struct certificate *const *recipients, size_t count,
                                struct buffer *to, struct fault *f)
{
    uint8_t key[KEY_SIZE];
    struct der d = {.bytes = BUFFER(plain.size + SEAL_OVERHEAD_MAX + count * SEAL_OVERHEAD_RECIPIENT_MAX), .f = f};
    if (RAND_priv_bytes(key, sizeof(key)) != 1)
        fail(&d, "a key");
    put(&d, version_0, sizeof(version_0));
    put_recipients(&d, recipients, count, key);
    put_content(&d, plain, key);
    close_tag(&d, 0, 0x30);
    close_tag(&d, 0, 0xa0);
    size_t body = d.bytes.size;
    put(&d, auth_enveloped_data, sizeof(auth_enveloped_data));
    OPENSSL_cleanse(key, sizeof(key));
    enum fault_code code = d.code;
    if (!code) { /* the type stands first */
        memmove(d.bytes.data + sizeof(auth_enveloped_data), d.bytes.data, body);
        memcpy(d.bytes.data, auth_enveloped_data, sizeof(auth_enveloped_data));
    }
    close_tag(&d, 0, 0x30);
    code = d.code ? d.code : buffer_append(to, buffer_bytes(&d.bytes), f);
    buffer_clear(&d.bytes);
    return code;
}
