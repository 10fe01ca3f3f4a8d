#include "trust/seal.h"
#include "trust/seal_agree.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#define SEAL_CIPHER "AES-256-GCM"
#define SEAL_TAG_SIZE 16

static void cms_cleanup(CMS_ContentInfo **cms)
{
    CMS_ContentInfo_free(*cms);
}
static void bio_cleanup(BIO **bio)
{
    BIO_free_all(*bio);
}
#define OWNED_CMS __attribute__((cleanup(cms_cleanup))) CMS_ContentInfo *
#define OWNED_BIO __attribute__((cleanup(bio_cleanup))) BIO *

/* --- Sealing ------------------------------------------------------------------------------------------------------ */

/* OpenSSL's own defaults are SHA-1 for the one, PKCS #1 v1.5 for the other. */
static bool choose_algorithms(CMS_RecipientInfo *info, EVP_PKEY *key)
{
    EVP_PKEY_CTX *context = CMS_RecipientInfo_get0_pkey_ctx(info);
    if (!context)
        return false;
    if (EVP_PKEY_is_a(key, "EC"))
        return EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) > 0;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) > 0 &&
           EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) > 0;
}

static enum fault_code add_recipient(CMS_ContentInfo *cms, const struct certificate *c, struct fault *f)
{
    EVP_PKEY *key = certificate_pkey(c)->evp;
    if (!EVP_PKEY_is_a(key, "EC") && !EVP_PKEY_is_a(key, "RSA"))
        return fault_set(f, FAULT_UNTRUSTED, "sealing to %s: its key is of kind %s; P-256 and RSA can be sealed to",
                         certificate_agency(c), EVP_PKEY_get0_type_name(key));
    CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, certificate_x509(c), CMS_KEY_PARAM);
    if (!info || !choose_algorithms(info, key))
        return fault_set(f, FAULT_UNTRUSTED, "sealing to %s: %s", certificate_agency(c), openssl_reason());
    return FAULT_NONE;
}

static enum fault_code append_der(CMS_ContentInfo *cms, struct buffer *to, struct fault *f)
{
    uint8_t *der = NULL;
    int size = i2d_CMS_ContentInfo(cms, &der);
    if (size <= 0)
        return fault_set(f, FAULT_INTERNAL, "encoding a seal: %s", openssl_reason());
    enum fault_code code = buffer_append(to, BYTES(der, (size_t)size), f);
    OPENSSL_free(der);
    return code;
}

enum fault_code seal_make(struct bytes plain, const struct certificate *const *recipients, size_t count,
                          struct buffer *to, struct fault *f)
{
    if (count == 0 || count > SEAL_RECIPIENTS_MAX)
        return fault_set(f, FAULT_LIMIT, "%zu recipients of a seal; 1 to %d are possible", count, SEAL_RECIPIENTS_MAX);
    if (plain.size > to->size_max)
        return fault_set(f, FAULT_LIMIT, "%zu bytes to seal, limit %zu", plain.size, to->size_max);
    if (seal_agree_can(recipients, count))
        return seal_agree_make(plain, recipients, count, to, f);
    OWNED_CMS cms = CMS_AuthEnvelopedData_create(EVP_aes_256_gcm());
    OWNED_BIO source = BIO_new_mem_buf(plain.size ? plain.data : (const void *)"", (int)plain.size);
    if (!cms || !source || CMS_set_detached(cms, 0) != 1)
        return fault_set(f, FAULT_INTERNAL, "making a seal: %s", openssl_reason());
    for (size_t i = 0; i < count; i++) {
        enum fault_code code = add_recipient(cms, recipients[i], f);
        if (code)
            return code;
    }
    if (CMS_final(cms, source, NULL, CMS_BINARY) != 1)
        return fault_set(f, FAULT_INTERNAL, "sealing: %s", openssl_reason());
    return append_der(cms, to, f);
}

/* --- Opening ------------------------------------------------------------------------------------------------------ */

static bool is_for(CMS_RecipientInfo *info, X509 *x509)
{
    switch (CMS_RecipientInfo_type(info)) {
    case CMS_RECIPINFO_TRANS: return CMS_RecipientInfo_ktri_cert_cmp(info, x509) == 0;
    case CMS_RECIPINFO_AGREE: {
        STACK_OF(CMS_RecipientEncryptedKey) *keys = CMS_RecipientInfo_kari_get0_reks(info);
        for (int i = 0; i < sk_CMS_RecipientEncryptedKey_num(keys); i++)
            if (CMS_RecipientEncryptedKey_cert_cmp(sk_CMS_RecipientEncryptedKey_value(keys, i), x509) == 0)
                return true;
        return false;
    }
    default: return false;
    }
}

static const struct seal_pair *choose_pair(CMS_ContentInfo *cms, const struct seal_pair *pairs, size_t count)
{
    STACK_OF(CMS_RecipientInfo) *infos = CMS_get0_RecipientInfos(cms);
    for (size_t p = 0; p < count; p++)
        for (int i = 0; i < sk_CMS_RecipientInfo_num(infos); i++)
            if (is_for(sk_CMS_RecipientInfo_value(infos, i), certificate_x509(pairs[p].certificate)))
                return &pairs[p];
    return NULL;
}

static enum fault_code parse(struct bytes sealed, CMS_ContentInfo **ret, struct fault *f)
{
    const uint8_t *at = sealed.data;
    if (sealed.size == 0 || sealed.size > INT32_MAX)
        return fault_set(f, FAULT_MALFORMED, "a seal of %zu bytes", sealed.size);
    OWNED_CMS cms = d2i_CMS_ContentInfo(NULL, &at, (long)sealed.size);
    if (!cms)
        return fault_set(f, FAULT_MALFORMED, "not a seal (CMS in DER): %s", openssl_reason());
    if (at != sealed.data + sealed.size)
        return fault_set(f, FAULT_MALFORMED, "%zu bytes follow the seal", (size_t)(sealed.data + sealed.size - at));
    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_id_smime_ct_authEnvelopedData)
        return fault_set(f, FAULT_MALFORMED, "a CMS, but not AuthEnvelopedData, so nothing would show a change");
    int recipients = sk_CMS_RecipientInfo_num(CMS_get0_RecipientInfos(cms));
    if (recipients < 1 || recipients > SEAL_RECIPIENTS_MAX)
        return fault_set(f, FAULT_MALFORMED, "%d recipients of a seal; 1 to %d are possible", recipients,
                         SEAL_RECIPIENTS_MAX);
    *ret = MOVE(cms);
    return FAULT_NONE;
}

static enum fault_code check_cipher(BIO *filter, struct fault *f)
{
    EVP_CIPHER_CTX *context = NULL;
    if (!filter || BIO_get_cipher_ctx(filter, &context) <= 0 || !context)
        return fault_set(f, FAULT_MALFORMED, "a seal without a cipher");
    const EVP_CIPHER *cipher = EVP_CIPHER_CTX_get0_cipher(context);
    if (!cipher || !EVP_CIPHER_is_a(cipher, SEAL_CIPHER))
        return fault_set(f, FAULT_MALFORMED, "sealed with %s; " SEAL_CIPHER " is the one accepted",
                         cipher ? EVP_CIPHER_get0_name(cipher) : "no cipher");
    /* OpenSSL takes a tag as short as the sender likes; one byte would be guessed. */
    if (EVP_CIPHER_CTX_get_tag_length(context) != SEAL_TAG_SIZE)
        return fault_set(f, FAULT_MALFORMED, "a seal with a tag of %d bytes; %d are wanted",
                         EVP_CIPHER_CTX_get_tag_length(context), SEAL_TAG_SIZE);
    return FAULT_NONE;
}

/* Into PLAIN, all of it, and then whether its tag matches. */
static enum fault_code decipher(CMS_ContentInfo *cms, struct buffer *plain, struct fault *f)
{
    OWNED_BIO chain = CMS_dataInit(cms, NULL);
    if (!chain)
        return fault_set(f, FAULT_UNTRUSTED, "the seal does not open: %s", openssl_reason());
    BIO *filter = BIO_find_type(chain, BIO_TYPE_CIPHER);
    enum fault_code code = check_cipher(filter, f);
    uint8_t block[4096];
    int size;
    while (!code && (size = BIO_read(chain, block, sizeof(block))) > 0)
        code = buffer_append(plain, BYTES(block, (size_t)size), f);
    OPENSSL_cleanse(block, sizeof(block));
    if (!code && BIO_get_cipher_status(filter) != 1)
        code = fault_set(f, FAULT_UNTRUSTED, "the seal does not open: its content was altered");
    ERR_clear_error();
    return code;
}

enum fault_code seal_open(struct bytes sealed, const struct seal_pair *pairs, size_t count, struct buffer *to,
                          struct fault *f)
{
    OWNED_CMS cms = NULL;
    OWNED_SECRET plain = BUFFER(to->size_max);
    enum fault_code code = parse(sealed, &cms, f);
    if (code)
        return code;
    const struct seal_pair *pair = choose_pair(cms, pairs, count);
    if (!pair)
        return fault_set(f, FAULT_NOT_FOUND, "sealed to other keys than ours");
    if (CMS_decrypt_set1_pkey(cms, key_pkey(pair->key)->evp, certificate_x509(pair->certificate)) != 1)
        return fault_set(f, FAULT_UNTRUSTED, "the seal does not open: %s", openssl_reason());
    code = decipher(cms, &plain, f);
    return code ? code : buffer_append(to, buffer_bytes(&plain), f);
}
