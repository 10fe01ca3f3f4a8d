#include "trust/public_key.h"

#include "trust/keyfile.h"
#include "trust/pkey.h"

#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

struct public_key {
    EVP_PKEY *evp;
    bool edwards;
};

static bool key_of_use(EVP_PKEY *evp, bool *ret_edwards)
{
    char curve[40] = "";
    *ret_edwards = EVP_PKEY_is_a(evp, "ED25519") == 1;
    return *ret_edwards ||
           (EVP_PKEY_is_a(evp, "EC") == 1 && EVP_PKEY_get_group_name(evp, curve, sizeof(curve), NULL) == 1 &&
            strcmp(curve, "prime256v1") == 0);
}

enum fault_code public_key_load(const char *path, struct public_key **ret, struct fault *f)
{
    OWNED_BUFFER text = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = keyfile_read(path, false, &text, f);
    if (code)
        return code;
    BIO *bio = BIO_new_mem_buf(text.data, (int)text.size);
    EVP_PKEY *evp = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    bool edwards = false, good = evp && key_of_use(evp, &edwards);
    BIO_free(bio);
    if (!evp)
        return fault_set(f, FAULT_CONFIG, "%s is no public key in PEM (BEGIN PUBLIC KEY): %s", path, openssl_reason());
    if (!good) {
        EVP_PKEY_free(evp);
        return fault_set(f, FAULT_CONFIG, "%s: a token's key is P-256 or Ed25519", path);
    }
    struct public_key *k = memory_new(sizeof(*k));
    k->evp = evp;
    k->edwards = edwards;
    *ret = k;
    return FAULT_NONE;
}

struct public_key *public_key_free(struct public_key *k)
{
    if (k)
        EVP_PKEY_free(k->evp);
    free(k);
    return NULL;
}

const char *public_key_algorithm(const struct public_key *k)
{
    return k->edwards ? "EdDSA" : "ES256";
}

/* r and s as OpenSSL wants them (DER). Caller frees with OPENSSL_free; NULL: no signature. */
static uint8_t *signature_der(struct bytes raw, size_t *ret_size)
{
    uint8_t *der = NULL;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.data, 32, NULL), *s = BN_bin2bn(raw.data + 32, 32, NULL);
    int size = -1;
    if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1) {
        size = i2d_ECDSA_SIG(signature, &der);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(signature);
    *ret_size = size > 0 ? (size_t)size : 0;
    return size > 0 ? der : NULL;
}

bool public_key_matches(const struct public_key *k, struct bytes text, struct bytes signature)
{
    if (signature.size != PUBLIC_KEY_SIGNATURE_SIZE)
        return false;
    size_t size = signature.size;
    uint8_t *der = k->edwards ? NULL : signature_der(signature, &size);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && (k->edwards || der) &&
                EVP_DigestVerifyInit(context, NULL, k->edwards ? NULL : EVP_sha256(), NULL, k->evp) == 1 &&
                EVP_DigestVerify(context, der ? der : signature.data, size, text.data, text.size) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    (void)openssl_reason(); /* leaves nothing in the queue */
    return good;
}
