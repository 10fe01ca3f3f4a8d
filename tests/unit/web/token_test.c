/* Tokens of portals: what is taken, and every way in which one is not. */
#include "unit.h"

#include "base/text.h"
#include "web/token.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1780000000
#define AUDIENCE "lienthong-intake"
#define ES256 "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"
#define EDDSA "{\"alg\":\"EdDSA\"}"
#define CLAIMS(iss, aud, iat, exp) \
    "{\"iss\":\"" iss "\",\"aud\":" aud ",\"iat\":" #iat ",\"exp\":" #exp ",\"jti\":\"t-1\"}"
#define GOOD CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999990, 1780000290)

static char folder[] = "/tmp/lt-token-XXXXXX";
static EVP_PKEY *ec, *ed, *other;
static struct tokens *tokens;
static const struct token_rules rules = {.audience = AUDIENCE, .life_s_max = 600, .skew_s = 30};
static struct fault f;

static void path_of(const char *name, char path[200])
{
    snprintf(path, 200, "%s/%s", folder, name);
}

static void write_public(const char *name, EVP_PKEY *key)
{
    char path[200];
    path_of(name, path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(PEM_write_PUBKEY(file, key), 1);
    fclose(file);
}

static int start(void **state)
{
    (void)state;
    ec = EVP_EC_gen("P-256");
    other = EVP_EC_gen("P-256");
    ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    if (!mkdtemp(folder) || !ec || !ed || !other)
        return 1;
    write_public("portal-p.pem", ec);
    write_public("portal-e.pem", ed);
    return tokens_open(folder, &rules, &tokens, &f) != FAULT_NONE;
}

static int stop(void **state)
{
    static const char *const names[] = {"portal-p.pem", "portal-e.pem", "portal-n.pem"};
    (void)state;
    tokens_free(tokens);
    for (size_t i = 0; i < LENGTH(names); i++) {
        char path[200];
        path_of(names[i], path);
        unlink(path);
    }
    rmdir(folder);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(ed);
    EVP_PKEY_free(other);
    return 0;
}

static void encode(struct bytes bytes, char *text)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t at = 0;
    for (size_t i = 0; i < bytes.size; i += 3) {
        unsigned word = (unsigned)bytes.data[i] << 16;
        word |= i + 1 < bytes.size ? (unsigned)bytes.data[i + 1] << 8 : 0;
        word |= i + 2 < bytes.size ? bytes.data[i + 2] : 0;
        size_t left = bytes.size - i < 3 ? bytes.size - i : 3;
        for (size_t d = 0; d <= left; d++)
            text[at++] = alphabet[word >> (18 - 6 * d) & 63];
    }
    text[at] = '\0';
}

/* As JWS has it. */
static size_t sign(EVP_PKEY *key, struct bytes text, uint8_t raw[200])
{
    uint8_t der[200];
    size_t size = sizeof(der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool edwards = EVP_PKEY_is_a(key, "ED25519") == 1;
    assert_int_equal(EVP_DigestSignInit(context, NULL, edwards ? NULL : EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, der, &size, text.data, text.size), 1);
    EVP_MD_CTX_free(context);
    if (edwards) {
        memcpy(raw, der, size);
        return size;
    }
    const uint8_t *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)size);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + 32, 32), 32);
    ECDSA_SIG_free(signature);
    return 64;
}

static void append(char *text, const char *more)
{
    memcpy(text + strlen(text), more, strlen(more) + 1);
}

static void unsigned_token(const char *header, const char *claims, char *text)
{
    encode(bytes_of_text(header), text);
    append(text, ".");
    encode(bytes_of_text(claims), text + strlen(text));
}

static const char *token_of(EVP_PKEY *key, const char *header, const char *claims)
{
    static char text[8192];
    uint8_t raw[200];
    unsigned_token(header, claims, text);
    size_t size = sign(key, bytes_of_text(text), raw);
    append(text, ".");
    encode(BYTES(raw, size), text + strlen(text));
    return text;
}

static enum fault_code check(const char *text)
{
    struct token t;
    return tokens_check(tokens, text, (struct instant){NOW * INSTANT_SECOND_US}, &t, &f);
}

static void good_tokens_are_taken(void **state)
{
    (void)state;
    struct token t;
    assert_int_equal(tokens_count(tokens), 2);
    assert_int_equal(tokens_check(tokens, token_of(ec, ES256, GOOD), (struct instant){NOW * INSTANT_SECOND_US}, &t, &f),
                     FAULT_NONE);
    assert_string_equal(t.issuer, "portal-p");
    assert_string_equal(t.identifier, "t-1");
    assert_true(t.until.us == 1780000290 * INSTANT_SECOND_US);
    assert_int_equal(check(token_of(ed, EDDSA, CLAIMS("portal-e", "[\"x\",\"" AUDIENCE "\"]", 1779999990, 1780000290))),
                     FAULT_NONE);
}

static void refuses(const char *text, const char *why)
{
    if (check(text) != FAULT_UNTRUSTED || !strstr(f.text, why))
        fail_msg("wanted \"%s\", not: %s", why, f.text);
}

/* Clocks may differ by 30 s, and not by one second more. */
static void clocks_may_differ_a_little(void **state)
{
    (void)state;
    static const char *const good[] = {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999500, 1779999971),
                                       CLAIMS("portal-p", "\"" AUDIENCE "\"", 1780000030, 1780000290),
                                       CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999990, 1780000590)};
    for (size_t i = 0; i < LENGTH(good); i++)
        if (check(token_of(ec, ES256, good[i])) != FAULT_NONE)
            fail_msg("row %zu: %s", i, f.text);
}

static void claims_are_held(void **state)
{
    (void)state;
    static const struct {
        const char *claims, *why;
    } rows[] = {
        {CLAIMS("portal-x", "\"" AUDIENCE "\"", 1779999990, 1780000290), "iss"},
        {CLAIMS("../portal-p", "\"" AUDIENCE "\"", 1779999990, 1780000290), "iss"},
        {CLAIMS("portal-e", "\"" AUDIENCE "\"", 1779999990, 1780000290), "alg"},
        {CLAIMS("portal-p", "\"other\"", 1779999990, 1780000290), "aud"},
        {CLAIMS("portal-p", "[]", 1779999990, 1780000290), "aud"},
        {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999500, 1779999970), "expired"},
        {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999990, 1780000591), "longer"},
        {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1780000290, 1779999990), "longer"},
        {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1780000031, 1780000290), "future"},
        {CLAIMS("portal-p", "{}", 1779999990, 1780000290), "aud"},
        {CLAIMS("portal-p", "\"lienthong-intake-2\"", 1779999990, 1780000290), "aud"},
        {CLAIMS("portal-p", "[[\"" AUDIENCE "\"]]", 1779999990, 1780000290), "aud"},
        {"{\"iss\":\"portal-p\",\"aud\":\"" AUDIENCE "\",\"iat\":1779999990,\"exp\":1780000290,\"jti\":\"\"}", "jti"},
        {"{\"iss\":\"portal-p\",\"aud\":\"" AUDIENCE "\",\"iat\":1779999990,\"exp\":1780000290,\"jti\":1}", "jti"},
        {"{\"iss\":\"portal-p\\u0000x\"}", "JSON"},
        {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999990, 1780000290.5), "exp"},
        {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999990, "1780000290"), "exp"},
        {CLAIMS("portal-p", "\"" AUDIENCE "\"", 1779999990, 9223372036854775807), "exp"},
        {"{\"iss\":\"portal-p\",\"aud\":\"" AUDIENCE "\",\"iat\":1779999990,\"exp\":1780000290}", "jti"},
        {"{\"iss\":\"portal-p\",\"aud\":\"" AUDIENCE "\",\"iat\":1779999990,\"jti\":\"a\"}", "exp"},
        {"{\"iss\":\"portal-p\",\"aud\":\"" AUDIENCE
         "\",\"iat\":1779999990,\"nbf\":1780000100,\"exp\":1780000290,\"jti\":\"a\"}",
         "future"},
        {"{\"iss\":\"portal-x\",\"iss\":\"portal-p\"}", "JSON"},
        {"[]", "JSON"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        refuses(token_of(ec, ES256, rows[i].claims), rows[i].why);
}

/* The key says which algorithm holds: not the token, and the public key is no secret of an HMAC. */
static void algorithm_confusion_is_refused(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"HS256\"}", "{\"alg\":\"none\"}",  "{\"alg\":\"None\"}", "{\"alg\":\"EdDSA\"}",
        "{\"alg\":\"ES384\"}", "{\"alg\":\"RS256\"}", "{\"alg\":null}",     "{}"};
    char text[4096], path[200], pem[1000];
    uint8_t mac[64];
    unsigned mac_size = 0;
    for (size_t i = 0; i < LENGTH(headers); i++)
        refuses(token_of(ec, headers[i], GOOD), "alg");
    path_of("portal-p.pem", path);
    FILE *file = fopen(path, "r");
    size_t size = fread(pem, 1, sizeof(pem), file);
    fclose(file);
    unsigned_token("{\"alg\":\"HS256\"}", GOOD, text);
    HMAC(EVP_sha256(), pem, (int)size, (const uint8_t *)text, strlen(text), mac, &mac_size);
    append(text, ".");
    encode(BYTES(mac, mac_size), text + strlen(text));
    refuses(text, "alg");
    unsigned_token("{\"alg\":\"none\"}", GOOD, text);
    append(text, ".");
    refuses(text, "alg");
    unsigned_token(ES256, GOOD, text);
    append(text, ".");
    refuses(text, "signature");
}

/* A token of SIZE bytes in all, signed well. */
static const char *token_of_size(size_t size)
{
    static char claims[8192];
    const char *text = NULL;
    for (size_t padding = 0; padding < sizeof(claims) - 300; padding++) {
        snprintf(claims, sizeof(claims), "%.*s,\"x\":\"%0*d\"}", (int)strlen(GOOD) - 1, GOOD, (int)padding + 1, 0);
        text = token_of(ec, ES256, claims);
        if (strlen(text) >= size)
            break;
    }
    return text;
}

static void oversized_tokens_are_refused(void **state)
{
    (void)state;
    const char *text = token_of_size(TOKEN_SIZE_MAX - 8);
    assert_in_range(strlen(text), TOKEN_SIZE_MAX - 8, TOKEN_SIZE_MAX - 1);
    assert_int_equal(check(text), FAULT_NONE);
    refuses(token_of_size(TOKEN_SIZE_MAX), "at most");
    /* As deep as it may be long. */
    char *deep = memory_new(3001);
    memset(deep, '[', 3000);
    refuses(token_of(ec, ES256, deep), "");
    memory_cleanup(&deep);
}

/* Nothing of a token's header names the key that it is checked with. */
static void keys_in_headers_are_ignored(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"alg\":\"ES256\",\"kid\":\"portal-n\"}", "{\"alg\":\"ES256\",\"jku\":\"http://127.0.0.1/keys\"}",
        "{\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}}",
        "{\"alg\":\"ES256\",\"x5c\":[\"AAAA\"]}"};
    for (size_t i = 0; i < LENGTH(headers); i++) {
        refuses(token_of(other, headers[i], GOOD), "signature");
        assert_int_equal(check(token_of(ec, headers[i], GOOD)), FAULT_NONE);
    }
    static const char *const critical[] = {"[\"exp\"]", "[\"b64\"]", "[]", "null", "\"x\""};
    for (size_t i = 0; i < LENGTH(critical); i++) {
        char header[80];
        snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"b64\":false,\"crit\":%s}", critical[i]);
        refuses(token_of(ec, header, GOOD), "crit");
    }
}

static void forged_tokens_are_refused(void **state)
{
    (void)state;
    char text[4096];
    static const char zeros[] =
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    refuses(token_of(other, ES256, GOOD), "signature");
    unsigned_token(ES256, GOOD, text);
    append(text, ".");
    append(text, zeros); /* r and s of zero (CVE-2022-21449) */
    refuses(text, "signature");
    refuses(token_of(ec, "{\"alg\":\"ES256\",\"crit\":[\"exp\"]}", GOOD), "crit");
    refuses(token_of(ec, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}", GOOD), "typ");
    static const char *const rubbish[] = {"",        ".",        "..",           "a.b",
                                          "a.b.c.d", "e30.e30.", "e30=.e30.e30", "\xff.\xff.\xff"};
    for (size_t i = 0; i < LENGTH(rubbish); i++)
        refuses(rubbish[i], "");
    char *large = memory_new(100001);
    memset(large, 'a', 100000);
    refuses(large, "at most");
    free(large);
    /* Every character of it counts, but for the two bits that the last one of a signature leaves over, which must be 0. */
    text_copy(text, sizeof(text), token_of(ec, ES256, GOOD));
    for (char *c = text; *c; c++) {
        char before = *c;
        *c = before == 'A' ? 'B' : 'A';
        if (check(text) != FAULT_UNTRUSTED)
            fail_msg("character %zu may be changed", (size_t)(c - text));
        *c = before;
    }
}

static void keys_are_read_again(void **state)
{
    (void)state;
    char path[200];
    path_of("portal-p.pem", path);
    write_public("portal-n.pem", other);
    assert_int_equal(check(token_of(other, ES256, CLAIMS("portal-n", "\"" AUDIENCE "\"", 1779999990, 1780000290))),
                     FAULT_UNTRUSTED);
    assert_int_equal(tokens_reload(tokens, &f), FAULT_NONE);
    assert_int_equal(check(token_of(other, ES256, CLAIMS("portal-n", "\"" AUDIENCE "\"", 1779999990, 1780000290))),
                     FAULT_NONE);
    unlink(path);
    assert_int_equal(tokens_reload(tokens, &f), FAULT_NONE);
    refuses(token_of(ec, ES256, GOOD), "iss");
    EVP_PKEY *bad = EVP_EC_gen("P-384");
    write_public("portal-p.pem", bad);
    EVP_PKEY_free(bad);
    assert_int_equal(tokens_reload(tokens, &f), FAULT_CONFIG); /* and the others stay */
    assert_non_null(strstr(f.text, "portal-p.pem"));
    assert_int_equal(tokens_count(tokens), 2);
    write_public("portal-p.pem", ec);
    assert_int_equal(tokens_reload(tokens, &f), FAULT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_tokens_are_taken),          cmocka_unit_test(claims_are_held),
        cmocka_unit_test(algorithm_confusion_is_refused), cmocka_unit_test(clocks_may_differ_a_little),
        cmocka_unit_test(oversized_tokens_are_refused),   cmocka_unit_test(keys_in_headers_are_ignored),
        cmocka_unit_test(forged_tokens_are_refused),      cmocka_unit_test(keys_are_read_again),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
