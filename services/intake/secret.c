#include "secret.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

static const char survey[] = "survey";

/* Of the dossier alone, or with what the secret is for behind it. */
static void secret_make(const uint8_t key[32], struct uuid dossier, const char *purpose, char text[SECRET_TEXT_SIZE])
{
    uint8_t mac[EVP_MAX_MD_SIZE] = {0}, of[sizeof(dossier.bytes) + sizeof(survey)];
    unsigned size = 0;
    size_t purpose_size = strlen(purpose);
    memcpy(of, dossier.bytes, sizeof(dossier.bytes));
    memcpy(of + sizeof(dossier.bytes), purpose, purpose_size);
    HMAC(EVP_sha256(), key, 32, of, sizeof(dossier.bytes) + purpose_size, mac, &size);
    bytes_to_hex(BYTES(mac, 16), text);
}

void secret_of(const uint8_t key[32], struct uuid dossier, char text[SECRET_TEXT_SIZE])
{
    secret_make(key, dossier, "", text);
}

void secret_of_survey(const uint8_t key[32], struct uuid dossier, char text[SECRET_TEXT_SIZE])
{
    secret_make(key, dossier, survey, text);
}

bool secret_matches(const uint8_t key[32], struct uuid dossier, const char *text)
{
    char secret[SECRET_TEXT_SIZE];
    secret_of(key, dossier, secret);
    return text && bytes_equal_secret(bytes_of_text(secret), bytes_of_text(text));
}

bool secret_matches_survey(const uint8_t key[32], struct uuid dossier, const char *text)
{
    char secret[SECRET_TEXT_SIZE];
    secret_of_survey(key, dossier, secret);
    return text && bytes_equal_secret(bytes_of_text(secret), bytes_of_text(text));
}
