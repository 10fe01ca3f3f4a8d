/* Any text as a portal's token; and any two lines as header and claims of one whose signature is good: refused without a quotation,
 * or an issuer that is registered, an identifier, and a time within the rules.
 * Links: lt_web lt_trust lt_base */
#include "fuzz.h"
#include "base/memory.h"
#include "base/text.h"
#include "web/token.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOW_S INT64_C(1780000000)

static const struct token_rules rules = {.audience = "lienthong-intake", .life_s_max = 600, .skew_s = 30};
static EVP_PKEY *key;
static struct tokens *tokens;

static void must(bool good)
{
    if (!good)
        abort();
}

static void start(void)
{
    char folder[] = "/tmp/lt-token-XXXXXX", path[64];
    struct fault f;
    must(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/portal-e.pem", folder);
    FILE *file = fopen(path, "w");
    key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    must(file && key && PEM_write_PUBKEY(file, key) == 1);
    fclose(file);
    must(tokens_open(folder, &rules, &tokens, &f) == FAULT_NONE && tokens_count(tokens) == 1);
    unlink(path);
    rmdir(folder);
}

static void check(const char *text)
{
    struct token token = {0};
    struct fault f = {0};
    enum fault_code code = tokens_check(tokens, text, (struct instant){NOW_S * INSTANT_SECOND_US}, &token, &f);
    must(!code || (code == FAULT_UNTRUSTED && f.code == code && f.text[0]));
    must(code || (text_equal(token.issuer, "portal-e") && token.identifier[0] &&
                  token.until.us > (NOW_S - rules.skew_s) * INSTANT_SECOND_US &&
                  token.until.us <= (NOW_S + rules.life_s_max + rules.skew_s) * INSTANT_SECOND_US));
}

/* base64url without padding (RFC 7515 section 2), appended to TO. */
static void encode(struct bytes bytes, struct buffer *to)
{
    OWNED_MEMORY char *text = memory_new(bytes.size * 2 + 8);
    int size = EVP_EncodeBlock((uint8_t *)text, bytes.data, (int)bytes.size);
    for (int i = 0; i < size; i++)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    while (size > 0 && text[size - 1] == '=')
        size--;
    must(buffer_append(to, BYTES(text, (size_t)size), NULL) == FAULT_NONE);
}

static void check_signed(struct bytes header, struct bytes claims)
{
    OWNED_BUFFER token = BUFFER(1 << 20);
    uint8_t signature[64];
    size_t size = sizeof(signature);
    encode(header, &token);
    must(buffer_append(&token, BYTES(".", 1), NULL) == FAULT_NONE);
    encode(claims, &token);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    must(context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
         EVP_DigestSign(context, signature, &size, token.data, token.size) == 1);
    EVP_MD_CTX_free(context);
    must(buffer_append(&token, BYTES(".", 1), NULL) == FAULT_NONE);
    encode(BYTES(signature, size), &token);
    check((const char *)token.data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!tokens)
        start();
    OWNED_MEMORY char *text = memory_new(size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    check(text);
    const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
    if (line)
        check_signed(BYTES(data, line - data), BYTES(line + 1, data + size - line - 1));
    return 0;
}
