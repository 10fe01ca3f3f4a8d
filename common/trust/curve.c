#include "trust/curve.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include <openssl/crypto.h>
#include <string.h>

static enum fault_code encode(EVP_PKEY *evp, struct curve_pair *ret, struct fault *f)
{
    uint8_t public_key[Z85_KEY_SIZE], secret_key[Z85_KEY_SIZE];
    size_t public_size = sizeof(public_key), secret_size = sizeof(secret_key);
    if (!evp || EVP_PKEY_get_raw_public_key(evp, public_key, &public_size) <= 0 ||
        EVP_PKEY_get_raw_private_key(evp, secret_key, &secret_size) <= 0)
        return fault_set(f, FAULT_INTERNAL, "a CURVE key pair: %s", openssl_reason());
    z85_encode(public_key, ret->public_key);
    z85_encode(secret_key, ret->secret_key);
    OPENSSL_cleanse(secret_key, sizeof(secret_key));
    return FAULT_NONE;
}

enum fault_code curve_make(struct curve_pair *ret, struct fault *f)
{
    EVP_PKEY *evp = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
    enum fault_code code = encode(evp, ret, f);
    EVP_PKEY_free(evp);
    return code;
}

/* One line of 40 characters. */
static enum fault_code read_text(const char *path, bool secret, char text[Z85_TEXT_SIZE], struct fault *f)
{
    OWNED_SECRET content = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = keyfile_read(path, secret, &content, f);
    if (code)
        return code;
    while (content.size && strchr("\r\n", content.data[content.size - 1]))
        content.size--;
    uint8_t key[Z85_KEY_SIZE];
    bool good = content.size == Z85_TEXT_SIZE - 1 && memchr(content.data, '\0', content.size) == NULL;
    if (good) {
        memcpy(text, content.data, content.size);
        text[Z85_TEXT_SIZE - 1] = '\0';
        good = z85_decode(text, key);
        OPENSSL_cleanse(key, sizeof(key));
    }
    if (!good)
        return fault_set(f, FAULT_CONFIG, "%s is no CURVE key: one line of 40 characters in Z85 is wanted", path);
    return FAULT_NONE;
}

enum fault_code curve_load(const char *path, struct curve_pair *ret, struct fault *f)
{
    char text[Z85_TEXT_SIZE];
    enum fault_code code = read_text(path, true, text, f);
    if (code)
        return code;
    uint8_t key[Z85_KEY_SIZE];
    if (!z85_decode(text, key))
        return fault_set(f, FAULT_INTERNAL, "%s changed while it was read", path);
    EVP_PKEY *evp = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, key, sizeof(key));
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(text, sizeof(text));
    code = encode(evp, ret, f);
    EVP_PKEY_free(evp);
    return code;
}

enum fault_code curve_load_public(const char *path, char ret[Z85_TEXT_SIZE], struct fault *f)
{
    return read_text(path, false, ret, f);
}
