#include "trust/password.h"

#include "base/bytes.h"
#include "trust/pkey.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define PASSWORD_MEMORY_MAX ((uint64_t)256 << 20)
#define PASSWORD_COST_MOST 20 /* log2 N that is still computed for a stored value */

struct cost {
    unsigned log_n, r, p;
};
static const struct cost PASSWORD_COST = {15, 8, 3};

static bool password_derive(const char *password, struct cost cost, const uint8_t salt[PASSWORD_SALT_SIZE],
                            uint8_t ret[PASSWORD_DIGEST_SIZE])
{
    return EVP_PBE_scrypt(password, strlen(password), salt, PASSWORD_SALT_SIZE, UINT64_C(1) << cost.log_n, cost.r,
                          cost.p, PASSWORD_MEMORY_MAX, ret, PASSWORD_DIGEST_SIZE) == 1;
}

enum fault_code password_digest(const char *password, const uint8_t salt[PASSWORD_SALT_SIZE],
                                char ret[PASSWORD_STORED_SIZE], struct fault *f)
{
    uint8_t digest[PASSWORD_DIGEST_SIZE];
    char salt_text[2 * PASSWORD_SALT_SIZE + 1], digest_text[2 * PASSWORD_DIGEST_SIZE + 1];
    size_t size = strlen(password);
    if (size < PASSWORD_SIZE_LEAST || size > PASSWORD_SIZE_MAX)
        return fault_set(f, FAULT_MALFORMED, "a password has %d to %d bytes", PASSWORD_SIZE_LEAST, PASSWORD_SIZE_MAX);
    if (!password_derive(password, PASSWORD_COST, salt, digest))
        return fault_set(f, FAULT_INTERNAL, "scrypt: %s", openssl_reason());
    bytes_to_hex(BYTES(salt, PASSWORD_SALT_SIZE), salt_text);
    bytes_to_hex(BYTES(digest, sizeof(digest)), digest_text);
    snprintf(ret, PASSWORD_STORED_SIZE, "scrypt$%u$%u$%u$%s$%s", PASSWORD_COST.log_n, PASSWORD_COST.r, PASSWORD_COST.p,
             salt_text, digest_text);
    OPENSSL_cleanse(digest, sizeof(digest));
    return FAULT_NONE;
}

static bool password_read(const char *stored, struct cost *cost, uint8_t *salt, uint8_t *digest)
{
    char salt_text[2 * PASSWORD_SALT_SIZE + 1], digest_text[2 * PASSWORD_DIGEST_SIZE + 1];
    int end = 0;
    if (!stored || sscanf(stored, "scrypt$%2u$%2u$%2u$%32[0-9a-f]$%64[0-9a-f]%n", &cost->log_n, &cost->r, &cost->p,
                          salt_text, digest_text, &end) != 5)
        return false;
    return !stored[end] && cost->log_n >= 1 && cost->log_n <= PASSWORD_COST_MOST && cost->r >= 1 && cost->p >= 1 &&
           bytes_from_hex(salt_text, salt, PASSWORD_SALT_SIZE) &&
           bytes_from_hex(digest_text, digest, PASSWORD_DIGEST_SIZE);
}

bool password_matches(const char *password, const char *stored)
{
    struct cost cost = PASSWORD_COST;
    uint8_t salt[PASSWORD_SALT_SIZE] = {0}, wanted[PASSWORD_DIGEST_SIZE] = {0}, digest[PASSWORD_DIGEST_SIZE];
    bool known = password_read(stored, &cost, salt, wanted);
    if (!known)
        cost = PASSWORD_COST;
    bool derived = strlen(password) <= PASSWORD_SIZE_MAX && password_derive(password, cost, salt, digest);
    bool same = derived && CRYPTO_memcmp(digest, wanted, sizeof(digest)) == 0;
    OPENSSL_cleanse(digest, sizeof(digest));
    return known && same;
}
