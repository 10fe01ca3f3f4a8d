#include "web/token.h"

#include "base/text.h"
#include "trust/public_key.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_SUFFIX ".pem"

struct portal {
    char name[TOKEN_ISSUER_SIZE];
    struct public_key *key;
};

struct portals {
    struct portal *entries;
    size_t count;
};

struct tokens {
    char *folder;
    struct token_rules rules;
    char *audience;
    struct portals portals;
};

/* --- Keys -------------------------------------------------------------------------------------------------------- */

static void portals_clear(struct portals *p)
{
    for (size_t i = 0; i < p->count; i++)
        public_key_free(p->entries[i].key);
    free(p->entries);
    *p = (struct portals){0};
}

/* "name.pem" with a name that can stand in a token and a log line. */
static bool portal_named(const char *file, char ret[TOKEN_ISSUER_SIZE])
{
    size_t size = strlen(file), end = sizeof(TOKEN_SUFFIX) - 1;
    if (*file == '.' || size <= end || size - end >= TOKEN_ISSUER_SIZE || !text_equal(file + size - end, TOKEN_SUFFIX))
        return false;
    snprintf(ret, TOKEN_ISSUER_SIZE, "%.*s", (int)(size - end), file);
    for (const char *c = ret; *c; c++)
        if (*c <= ' ' || *c > '~')
            return false;
    return true;
}

static enum fault_code portals_add(struct portals *p, const char *folder, const char *file, struct fault *f)
{
    char path[PATH_MAX], name[TOKEN_ISSUER_SIZE];
    struct public_key *key = NULL;
    if (!portal_named(file, name))
        return FAULT_NONE;
    if (p->count == TOKEN_KEYS_MAX)
        return fault_set(f, FAULT_CONFIG, "%s holds more than %d portals", folder, TOKEN_KEYS_MAX);
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, file) >= sizeof(path))
        return fault_set(f, FAULT_CONFIG, "the path of a portal's key is too long");
    enum fault_code code = public_key_load(path, &key, f);
    if (code)
        return code;
    p->entries = memory_grow(p->entries, p->count + 1, sizeof(*p->entries));
    struct portal *added = &p->entries[p->count++];
    *added = (struct portal){.key = key};
    text_copy(added->name, sizeof(added->name), name);
    return FAULT_NONE;
}

static enum fault_code portals_read(const char *folder, struct portals *p, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    if (!*folder)
        return FAULT_NONE;
    DIR *directory = opendir(folder);
    if (!directory)
        return fault_set(f, FAULT_CONFIG, "the folder of portals' keys, %s: %s", folder, strerror(errno));
    for (const struct dirent *entry; !code && (entry = readdir(directory));)
        code = portals_add(p, folder, entry->d_name, f);
    closedir(directory);
    return code;
}

enum fault_code tokens_reload(struct tokens *t, struct fault *f)
{
    struct portals next = {0};
    enum fault_code code = portals_read(t->folder, &next, f);
    if (code) {
        portals_clear(&next);
        return code;
    }
    portals_clear(&t->portals);
    t->portals = next;
    return FAULT_NONE;
}

enum fault_code tokens_open(const char *folder, const struct token_rules *rules, struct tokens **ret, struct fault *f)
{
    OWNED(tokens) t = memory_new(sizeof(*t));
    t->folder = memory_text(folder);
    t->audience = memory_text(rules->audience);
    t->rules = *rules;
    enum fault_code code = tokens_reload(t, f);
    if (!code)
        *ret = MOVE(t);
    return code;
}

struct tokens *tokens_free(struct tokens *t)
{
    if (!t)
        return NULL;
    portals_clear(&t->portals);
    free(t->folder);
    free(t->audience);
    free(t);
    return NULL;
}

size_t tokens_count(const struct tokens *t)
{
    return t->portals.count;
}

/* --- Reading ----------------------------------------------------------------------------------------------------- */

static int base64_value(char c)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

/* Base64url without padding (RFC 4648 5), and only the one text that the bytes have. DATA has room for 3/4 of TEXT. */
static bool base64_decode(struct bytes text, uint8_t *data, size_t *ret_size)
{
    unsigned bits = 0, held = 0;
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        int value = base64_value((char)text.data[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xFFFF;
        held += 6;
        if (held >= 8) {
            held -= 8;
            data[size++] = (uint8_t)(bits >> held);
        }
    }
    *ret_size = size;
    return held < 6 && !(bits & ((1U << held) - 1));
}

static json_t *part_json(struct bytes text)
{
    uint8_t data[TOKEN_SIZE_MAX];
    size_t size = 0;
    if (!base64_decode(text, data, &size))
        return NULL;
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json))
        return json;
    json_decref(json);
    return NULL;
}

/* The three parts of HEADER.CLAIMS.SIGNATURE, and what is signed. */
struct parts {
    struct bytes header, claims, signature, signed_text;
};

static bool parts_of(const char *text, struct parts *ret)
{
    size_t size = strnlen(text, TOKEN_SIZE_MAX);
    const char *first = strchr(text, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    if (size == TOKEN_SIZE_MAX || !second || strchr(second + 1, '.'))
        return false;
    *ret = (struct parts){BYTES(text, first - text), BYTES(first + 1, second - first - 1),
                          BYTES(second + 1, strlen(second + 1)), BYTES(text, second - text)};
    return true;
}

/* --- Checking ---------------------------------------------------------------------------------------------------- */

static const struct portal *portal_find(const struct tokens *t, const char *name)
{
    for (size_t i = 0; name && i < t->portals.count; i++)
        if (text_equal(t->portals.entries[i].name, name))
            return &t->portals.entries[i];
    return NULL;
}

static const char *member(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static enum fault_code check_signature(const struct portal *portal, const json_t *header, const struct parts *parts,
                                       struct fault *f)
{
    uint8_t signature[TOKEN_SIZE_MAX];
    size_t size = 0;
    const char *algorithm = public_key_algorithm(portal->key), *type = member(header, "typ");
    if (!text_equal(member(header, "alg"), algorithm))
        return fault_set(f, FAULT_UNTRUSTED, "the token's alg is not %s, which its issuer's key is for", algorithm);
    if (json_object_get(header, "crit") || (json_object_get(header, "typ") && !text_equal(type, "JWT")))
        return fault_set(f, FAULT_UNTRUSTED, "the token's header has crit, or a typ other than JWT");
    if (!base64_decode(parts->signature, signature, &size) ||
        !public_key_matches(portal->key, parts->signed_text, BYTES(signature, size)))
        return fault_set(f, FAULT_UNTRUSTED, "the token's signature does not match its issuer's key");
    return FAULT_NONE;
}

static bool audience_is(const json_t *claims, const char *wanted)
{
    const json_t *audience = json_object_get(claims, "aud");
    if (json_is_string(audience))
        return text_equal(json_string_value(audience), wanted);
    for (size_t i = 0; i < json_array_size(audience); i++)
        if (text_equal(json_string_value(json_array_get(audience, i)), wanted))
            return true;
    return false;
}

/* A NumericDate; false: none, or not within what can be a time. */
static bool claim_time(const json_t *claims, const char *name, int64_t *ret)
{
    const json_t *value = json_object_get(claims, name);
    *ret = json_integer_value(value);
    return json_is_integer(value) && *ret > 0 && *ret < INT64_C(1) << 40;
}

static enum fault_code check_times(const struct tokens *t, const json_t *claims, struct instant now,
                                   struct instant *ret_until, struct fault *f)
{
    int64_t now_s = now.us / INSTANT_SECOND_US, issued, until, from;
    if (!claim_time(claims, "iat", &issued) || !claim_time(claims, "exp", &until))
        return fault_set(f, FAULT_UNTRUSTED, "the token has no iat or no exp");
    from = issued;
    if (json_object_get(claims, "nbf") && !claim_time(claims, "nbf", &from))
        return fault_set(f, FAULT_UNTRUSTED, "the token's nbf is no time");
    if (until <= issued || until - issued > t->rules.life_s_max)
        return fault_set(f, FAULT_UNTRUSTED, "the token lives longer than %lld s, or not at all",
                         (long long)t->rules.life_s_max);
    if (until + t->rules.skew_s <= now_s)
        return fault_set(f, FAULT_UNTRUSTED, "the token has expired");
    if (issued - t->rules.skew_s > now_s || from - t->rules.skew_s > now_s)
        return fault_set(f, FAULT_UNTRUSTED, "the token is of the future (clocks?)");
    *ret_until = (struct instant){until * INSTANT_SECOND_US};
    return FAULT_NONE;
}

static enum fault_code check(const struct tokens *t, const json_t *header, const json_t *claims,
                             const struct parts *parts, struct instant now, struct token *ret, struct fault *f)
{
    const struct portal *portal = portal_find(t, member(claims, "iss"));
    const char *identifier = member(claims, "jti");
    struct instant until = {0};
    if (!portal)
        return fault_set(f, FAULT_UNTRUSTED, "the token's iss is no portal that is known here");
    if (check_signature(portal, header, parts, f))
        return f->code;
    if (!audience_is(claims, t->audience))
        return fault_set(f, FAULT_UNTRUSTED, "the token's aud is not \"%s\"", t->audience);
    if (text_empty(identifier) || strlen(identifier) >= TOKEN_IDENTIFIER_SIZE)
        return fault_set(f, FAULT_UNTRUSTED, "the token has no jti of at most %d bytes", TOKEN_IDENTIFIER_SIZE - 1);
    if (check_times(t, claims, now, &until, f))
        return f->code;
    *ret = (struct token){.until = until};
    text_copy(ret->issuer, sizeof(ret->issuer), portal->name);
    text_copy(ret->identifier, sizeof(ret->identifier), identifier);
    return FAULT_NONE;
}

enum fault_code tokens_check(const struct tokens *t, const char *text, struct instant now, struct token *ret,
                             struct fault *f)
{
    struct parts parts;
    if (!parts_of(text, &parts))
        return fault_set(f, FAULT_UNTRUSTED, "not a signed token: three parts, at most %d bytes", TOKEN_SIZE_MAX - 1);
    json_t *header = part_json(parts.header), *claims = part_json(parts.claims);
    enum fault_code code = header && claims
                               ? check(t, header, claims, &parts, now, ret, f)
                               : fault_set(f, FAULT_UNTRUSTED, "the token's header or claims are no JSON object");
    json_decref(header);
    json_decref(claims);
    return code;
}
