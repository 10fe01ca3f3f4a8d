#include "secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

void secret_of(const uint8_t key[32], struct uuid dossier, char text[SECRET_TEXT_SIZE])
{
    uint8_t mac[EVP_MAX_MD_SIZE] = {0};
    unsigned size = 0;
    HMAC(EVP_sha256(), key, 32, dossier.bytes, sizeof(dossier.bytes), mac, &size);
    bytes_to_hex(BYTES(mac, 16), text);
}

bool secret_matches(const uint8_t key[32], struct uuid dossier, const char *text)
{
    char right[SECRET_TEXT_SIZE];
    secret_of(key, dossier, right);
    return text && bytes_equal_secret(bytes_of_text(right), bytes_of_text(text));
}
