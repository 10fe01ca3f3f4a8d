#include "trust/vault.h"
#include "base/system.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1
#define KEY_SIZE 32
#define ID_SIZE 4
#define NONCE_SIZE 12
#define TAG_SIZE 16
#define HEAD_SIZE (1 + ID_SIZE + NONCE_SIZE)
#define LINE_SIZE (sizeof("index ") + 2 * KEY_SIZE + 1)

_Static_assert(VAULT_OVERHEAD == HEAD_SIZE + TAG_SIZE, "the header says how much a value grows");

struct vault_key {
    uint8_t id[ID_SIZE], bytes[KEY_SIZE];
};

struct vault {
    struct vault_key keys[VAULT_KEYS_MAX]; /* the present one first */
    size_t key_count;
    uint8_t index[KEY_SIZE];
};

/* --- The key file -------------------------------------------------------------------------------------------------- */

enum fault_code vault_create(const char *folder, const char *name, struct fault *f)
{
    char path[4096], text[2 * LINE_SIZE + 1], hex[2][2 * KEY_SIZE + 1];
    uint8_t key[KEY_SIZE];
    int size = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (size < 0 || (size_t)size >= sizeof(path))
        return fault_set(f, FAULT_CONFIG, "the path %s/%s is too long", folder, name);
    if (access(path, F_OK) == 0)
        return fault_set(f, FAULT_CONFLICT, "%s exists already; what it has sealed opens with no other", path);
    for (size_t i = 0; i < 2; i++) {
        system_random(key, sizeof(key));
        bytes_to_hex(BYTES(key, sizeof(key)), hex[i]);
    }
    size = snprintf(text, sizeof(text), "key %s\nindex %s\n", hex[0], hex[1]);
    enum fault_code code = keyfile_write(folder, name, BYTES(text, (size_t)size), f);
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(hex, sizeof(hex));
    OPENSSL_cleanse(text, sizeof(text));
    return code ? code : keyfile_sync_folder(folder, f);
}

/* What stands in the file behind one more key. */
static enum fault_code rotated_text(const char *path, struct buffer *to, struct fault *f)
{
    uint8_t key[KEY_SIZE];
    char hex[2 * KEY_SIZE + 1];
    struct vault *v = NULL;
    OWNED_SECRET before = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = vault_load(path, &v, f);
    if (code)
        return code;
    size_t count = v->key_count;
    vault_free(v);
    if (count == VAULT_KEYS_MAX)
        return fault_set(f, FAULT_LIMIT, "%s has %d keys: take out those that seal nothing any more", path,
                         VAULT_KEYS_MAX);
    system_random(key, sizeof(key));
    bytes_to_hex(BYTES(key, sizeof(key)), hex);
    code = keyfile_read(path, true, &before, f);
    if (!code)
        code = buffer_print(to, f, "key %s\n%s", hex, (const char *)before.data);
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(hex, sizeof(hex));
    return code;
}

static enum fault_code rotate_locked(const char *folder, const char *name, const char *path, struct fault *f)
{
    OWNED_SECRET text = BUFFER(KEYFILE_SIZE_MAX);
    struct stat before;
    enum fault_code code = rotated_text(path, &text, f);
    if (!code && stat(path, &before))
        code = fault_set(f, FAULT_SYSTEM, "%s: %s", path, strerror(errno));
    if (!code)
        code = keyfile_write(folder, name, buffer_bytes(&text), f);
    /* Also when root changes the keys: the file is for the same user as before. */
    if (!code && (before.st_uid != geteuid() || before.st_gid != getegid()) &&
        chown(path, before.st_uid, before.st_gid))
        code = fault_set(f, FAULT_SYSTEM, "%s: giving it to its owner before: %s", path, strerror(errno));
    return code ? code : keyfile_sync_folder(folder, f);
}

/* One after the other, or one of two new keys would be lost, and what it has sealed by then. */
enum fault_code vault_rotate(const char *folder, const char *name, struct fault *f)
{
    char path[4096];
    int size = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (size < 0 || (size_t)size >= sizeof(path))
        return fault_set(f, FAULT_CONFIG, "the path %s/%s is too long", folder, name);
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum fault_code code = lock >= 0 && flock(lock, LOCK_EX) == 0
                               ? rotate_locked(folder, name, path, f)
                               : fault_set(f, FAULT_CONFIG, "%s cannot be locked: %s", folder, strerror(errno));
    if (lock >= 0)
        close(lock);
    return code;
}

static enum fault_code take_key(struct vault *v, const char *hex, struct fault *f)
{
    if (v->key_count == VAULT_KEYS_MAX)
        return fault_set(f, FAULT_CONFIG, "more than %d keys", VAULT_KEYS_MAX);
    struct vault_key *key = &v->keys[v->key_count];
    if (!bytes_from_hex(hex, key->bytes, KEY_SIZE))
        return fault_set(f, FAULT_CONFIG, "the key has not 64 digits of lower-case hexadecimal");
    struct digest id = digest_of(BYTES(key->bytes, KEY_SIZE));
    memcpy(key->id, id.bytes, ID_SIZE);
    for (size_t i = 0; i < v->key_count; i++)
        if (memcmp(v->keys[i].id, key->id, ID_SIZE) == 0)
            return fault_set(f, FAULT_CONFIG, "the same key, or one with the same first digits of its id, twice");
    v->key_count++;
    return FAULT_NONE;
}

static enum fault_code take_line(struct vault *v, const char *line, bool *indexed, struct fault *f)
{
    if (strncmp(line, "key ", 4) == 0)
        return take_key(v, line + 4, f);
    if (strncmp(line, "index ", 6) != 0)
        return fault_set(f, FAULT_CONFIG, "want \"key HEX\" or \"index HEX\"");
    if (*indexed)
        return fault_set(f, FAULT_CONFIG, "a second index key");
    *indexed = true;
    return bytes_from_hex(line + 6, v->index, KEY_SIZE)
               ? FAULT_NONE
               : fault_set(f, FAULT_CONFIG, "the index key has not 64 digits of lower-case hexadecimal");
}

static enum fault_code read_lines(struct vault *v, char *text, const char *path, struct fault *f)
{
    bool indexed = false;
    int number = 0;
    for (char *line; (line = strsep(&text, "\n"));) {
        number++;
        if (!*line || *line == '#')
            continue;
        if (take_line(v, line, &indexed, f) != FAULT_NONE)
            return fault_wrap(f, "%s, line %d", path, number);
    }
    if (!v->key_count || !indexed)
        return fault_set(f, FAULT_CONFIG, "%s has %s; make one with `lt keys vault`", path,
                         v->key_count ? "no index key" : "no key");
    return FAULT_NONE;
}

enum fault_code vault_load(const char *path, struct vault **ret, struct fault *f)
{
    OWNED_SECRET text = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = keyfile_read(path, true, &text, f);
    if (code)
        return code;
    if (text.size == 0 || memchr(text.data, '\0', text.size))
        return fault_set(f, FAULT_CONFIG, "%s is no key file: it is empty or no text", path);
    OWNED(vault) v = memory_new(sizeof(*v));
    code = read_lines(v, (char *)text.data, path, f);
    if (code)
        return code;
    *ret = MOVE(v);
    return FAULT_NONE;
}

struct vault *vault_free(struct vault *v)
{
    if (v) {
        OPENSSL_cleanse(v, sizeof(*v));
        free(v);
    }
    return NULL;
}

/* --- Values -------------------------------------------------------------------------------------------------------- */

static bool authenticate_place(EVP_CIPHER_CTX *context, struct vault_place place)
{
    int ignored;
    return EVP_CipherUpdate(context, NULL, &ignored, (const uint8_t *)place.place, (int)strlen(place.place) + 1) > 0 &&
           (place.owner.size == 0 ||
            EVP_CipherUpdate(context, NULL, &ignored, place.owner.data, (int)place.owner.size) > 0);
}

static EVP_CIPHER_CTX *begin(const struct vault_key *key, const uint8_t *nonce, struct vault_place place, bool seal)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context && EVP_CipherInit_ex2(context, EVP_aes_256_gcm(), key->bytes, nonce, seal, NULL) > 0 &&
        authenticate_place(context, place))
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

enum fault_code vault_seal(const struct vault *v, struct vault_place place, struct bytes plain, struct buffer *to,
                           struct fault *f)
{
    if (plain.size > VAULT_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "%s: %zu bytes to seal, limit %d", place.place, plain.size, VAULT_SIZE_MAX);
    const struct vault_key *key = &v->keys[0];
    OWNED_MEMORY uint8_t *value = memory_new(plain.size + VAULT_OVERHEAD);
    uint8_t *nonce = value + 1 + ID_SIZE, *body = value + HEAD_SIZE;
    int size = 0;
    value[0] = VERSION;
    memcpy(value + 1, key->id, ID_SIZE);
    system_random(nonce, NONCE_SIZE);
    EVP_CIPHER_CTX *context = begin(key, nonce, place, true);
    bool good = context &&
                (plain.size == 0 || EVP_CipherUpdate(context, body, &size, plain.data, (int)plain.size) > 0) &&
                EVP_CipherFinal_ex(context, body + plain.size, &size) > 0 &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + plain.size) > 0;
    EVP_CIPHER_CTX_free(context);
    if (!good)
        return fault_set(f, FAULT_INTERNAL, "%s: sealing: %s", place.place, openssl_reason());
    return buffer_append(to, BYTES(value, plain.size + VAULT_OVERHEAD), f);
}

static const struct vault_key *find_key(const struct vault *v, const uint8_t *id)
{
    for (size_t i = 0; i < v->key_count; i++)
        if (memcmp(v->keys[i].id, id, ID_SIZE) == 0)
            return &v->keys[i];
    return NULL;
}

enum fault_code vault_open(const struct vault *v, struct vault_place place, struct bytes sealed, struct buffer *to,
                           struct fault *f)
{
    if (sealed.size < VAULT_OVERHEAD || sealed.size > VAULT_SIZE_MAX + VAULT_OVERHEAD || sealed.data[0] != VERSION)
        return fault_set(f, FAULT_MALFORMED, "%s: %zu bytes that are no sealed value", place.place, sealed.size);
    const struct vault_key *key = find_key(v, sealed.data + 1);
    if (!key)
        return fault_set(f, FAULT_CONFIG, "%s: sealed by a key that the key file lacks; put its line back",
                         place.place);
    size_t plain_size = sealed.size - VAULT_OVERHEAD;
    const uint8_t *body = sealed.data + HEAD_SIZE;
    OWNED_MEMORY uint8_t *room = memory_new(plain_size + 1);
    int size = 0;
    EVP_CIPHER_CTX *context = begin(key, sealed.data + 1 + ID_SIZE, place, false);
    bool good = context && (plain_size == 0 || EVP_CipherUpdate(context, room, &size, body, (int)plain_size) > 0) &&
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, (void *)(body + plain_size)) > 0 &&
                EVP_CipherFinal_ex(context, room + plain_size, &size) > 0;
    EVP_CIPHER_CTX_free(context);
    enum fault_code code =
        good ? buffer_append(to, BYTES(room, plain_size), f)
             : fault_set(f, FAULT_UNTRUSTED, "%s: altered since it was sealed, or moved here", place.place);
    OPENSSL_cleanse(room, plain_size);
    (void)openssl_reason();
    return code;
}

struct digest vault_index(const struct vault *v, const char *place, struct bytes value)
{
    struct digest ret;
    size_t place_size = strlen(place) + 1;
    OWNED_SECRET message = BUFFER(SIZE_MAX);
    if (buffer_append(&message, BYTES(place, place_size), NULL) || buffer_append(&message, value, NULL) ||
        !HMAC(EVP_sha256(), v->index, KEY_SIZE, message.data, message.size, ret.bytes, NULL)) {
        fprintf(stderr, "vault: HMAC of %zu bytes failed: %s\n", value.size, openssl_reason());
        abort();
    }
    return ret;
}
