#include "base/memory.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include "trust/token.h"
#include "trust/key.h"
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

struct key {
    struct pkey pkey;
};

/* A service has nobody to ask; without this OpenSSL would read a pass phrase from the terminal. */
static int refuse_pass_phrase(char *buffer, int size, int writing, void *asked)
{
    (void)buffer, (void)size, (void)writing;
    *(bool *)asked = true;
    return -1;
}

/* EVP's ownership moves. */
static enum fault_code key_of(EVP_PKEY *evp, struct key **ret, struct fault *f)
{
    struct digest id;
    enum fault_code code = pkey_id(evp, &id, f);
    if (code) {
        EVP_PKEY_free(evp);
        return code;
    }
    struct pkey pkey;
    code = pkey_init(evp, id, true, &pkey, f);
    if (code)
        return code;
    struct key *k = memory_new(sizeof(*k));
    k->pkey = pkey;
    *ret = k;
    return FAULT_NONE;
}

static enum fault_code key_parse(struct bytes pem, struct key **ret, struct fault *f)
{
    BIO *source = BIO_new_mem_buf(pem.data, (int)pem.size);
    bool asked = false;
    EVP_PKEY *evp = source ? PEM_read_bio_PrivateKey(source, NULL, refuse_pass_phrase, &asked) : NULL;
    BIO_free(source);
    if (asked) {
        EVP_PKEY_free(evp);
        (void)openssl_reason();
        return fault_set(f, FAULT_CONFIG,
                         "the private key is encrypted with a pass phrase; a service needs it without");
    }
    if (!evp)
        return fault_set(f, FAULT_CONFIG, "not a whole private key in PEM: %s", openssl_reason());
    return key_of(evp, ret, f);
}

static enum fault_code load_from_token(const char *uri, struct key **ret, struct fault *f)
{
    EVP_PKEY *evp = NULL;
    enum fault_code code = token_load(uri, &evp, f);
    if (!code && (code = key_of(evp, ret, f)))
        fault_wrap(f, "private key in a token");
    return code;
}

enum fault_code key_load(const char *path, struct key **ret, struct fault *f)
{
    if (token_is_uri(path))
        return load_from_token(path, ret, f);
    OWNED_SECRET pem = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = keyfile_read(path, true, &pem, f);
    if (code)
        return code;
    code = key_parse(buffer_bytes(&pem), ret, f);
    if (code)
        fault_wrap(f, "private key %s", path);
    return code;
}

enum fault_code key_from_pem(const char *pem, struct key **ret, struct fault *f)
{
    struct bytes bytes = bytes_of_text(pem);
    if (bytes.size > KEYFILE_SIZE_MAX)
        return fault_set(f, FAULT_CONFIG, "the private key has %zu bytes, limit %d", bytes.size, KEYFILE_SIZE_MAX);
    return key_parse(bytes, ret, f);
}

struct key *key_free(struct key *k)
{
    if (k) {
        pkey_clear(&k->pkey);
        free(k);
    }
    return NULL;
}

struct digest key_id(const struct key *k)
{
    return k->pkey.id;
}

const struct pkey *key_pkey(const struct key *k)
{
    return &k->pkey;
}
