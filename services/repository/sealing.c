#include "sealing.h"

#include <errno.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#define SIGNATURE_SIZE_MAX 65536

struct sealing {
    EVP_PKEY *key;
    X509 *certificate;
};

static enum fault_code sealing_fault(enum fault_code code, const char *what, struct fault *f)
{
    char text[200];
    unsigned long error = ERR_get_error();
    ERR_error_string_n(error, text, sizeof(text));
    ERR_clear_error();
    return fault_set(f, code, "%s: %s", what, error ? text : "not usable");
}

static enum fault_code sealing_load(struct sealing *s, const char *key_path, const char *certificate_path,
                                    struct fault *f)
{
    BIO *key = BIO_new_file(key_path, "r");
    BIO *certificate = BIO_new_file(certificate_path, "r");
    s->key = key ? PEM_read_bio_PrivateKey(key, NULL, NULL, NULL) : NULL;
    s->certificate = certificate ? PEM_read_bio_X509(certificate, NULL, NULL, NULL) : NULL;
    BIO_free(key);
    BIO_free(certificate);
    if (!s->key)
        return sealing_fault(FAULT_CONFIG, key_path, f);
    if (!s->certificate)
        return sealing_fault(FAULT_CONFIG, certificate_path, f);
    if (X509_check_private_key(s->certificate, s->key) != 1)
        return sealing_fault(FAULT_CONFIG, "the certificate is not of the signing key", f);
    return FAULT_NONE;
}

enum fault_code sealing_open(const char *key_path, const char *certificate_path, struct sealing **ret, struct fault *f)
{
    OWNED(sealing) s = memory_new(sizeof(*s));
    enum fault_code code = sealing_load(s, key_path, certificate_path, f);
    if (code)
        return code;
    *ret = MOVE(s);
    return FAULT_NONE;
}

struct sealing *sealing_free(struct sealing *s)
{
    if (s) {
        EVP_PKEY_free(s->key);
        X509_free(s->certificate);
        memory_cleanup(&s);
    }
    return NULL;
}

enum fault_code sealing_sign(const struct sealing *s, struct bytes content, struct buffer *ret, struct fault *f)
{
    unsigned char *der = NULL;
    BIO *bio = BIO_new_mem_buf(content.data, (int)content.size);
    CMS_ContentInfo *cms = CMS_sign(s->certificate, s->key, NULL, bio, CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP);
    int size = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;
    enum fault_code code = size > 0 && size <= SIGNATURE_SIZE_MAX ? buffer_append(ret, BYTES(der, (size_t)size), f)
                                                                  : sealing_fault(FAULT_CONFIG, "signing a result", f);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(bio);
    return code;
}
