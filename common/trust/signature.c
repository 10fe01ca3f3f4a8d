#include "trust/signature.h"
#include "base/memory.h"
#include "trust/merkle.h"
#include "trust/pkey.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAE_PREFIX_SIZE 128 /* "DSSEv1 20 lienthong/v1/envelope 18446744073709551615 " is far below */
#define LEAVES_MAX ((size_t)1 << SIGNATURE_PATH_MAX)

static const uint8_t leaf_prefix = 0x00;

/* All of PAE(type, body) but the body itself, so that a long body is not copied. */
static struct bytes pae_prefix(const char *type, size_t body_size, char text[PAE_PREFIX_SIZE])
{
    int size = snprintf(text, PAE_PREFIX_SIZE, "DSSEv1 %zu %s %zu ", strlen(type), type, body_size);
    return BYTES(text, size < 0 ? 0 : (size_t)size);
}

static bool type_fits(const char *type)
{
    return strlen(type) <= PAE_PREFIX_SIZE / 2;
}

static struct digest leaf_digest(struct signature_leaf leaf)
{
    char text[PAE_PREFIX_SIZE];
    const struct bytes pieces[] = {BYTES(&leaf_prefix, 1), pae_prefix(leaf.type, leaf.header.size, text), leaf.header};
    return digest_of_all(pieces, LENGTH(pieces));
}

enum fault_code signature_statement(const char *type, struct bytes body, struct buffer *to, struct fault *f)
{
    char text[PAE_PREFIX_SIZE];
    if (!type_fits(type))
        return fault_set(f, FAULT_INTERNAL, "the type of a statement is too long: %s", type);
    enum fault_code code = buffer_append(to, pae_prefix(type, body.size, text), f);
    return code ? code : buffer_append(to, body, f);
}

enum fault_code signature_make(const struct key *k, const char *type, struct bytes body, struct signature *ret,
                               struct fault *f)
{
    char text[PAE_PREFIX_SIZE];
    if (!type_fits(type))
        return fault_set(f, FAULT_INTERNAL, "the type of a statement is too long: %s", type);
    const struct bytes pieces[] = {pae_prefix(type, body.size, text), body};
    struct signature s = {.key_id = key_id(k), .value_size = sizeof(s.value), .leaf_count = 1};
    enum fault_code code = pkey_sign(key_pkey(k), pieces, LENGTH(pieces), s.value, &s.value_size, f);
    if (!code)
        *ret = s;
    return code;
}

static enum fault_code check_key(const struct certificate *c, const struct signature *s, struct fault *f)
{
    struct digest id = certificate_key_id(c);
    if (digest_equal(&id, &s->key_id))
        return FAULT_NONE;
    char wanted[2 * DIGEST_SIZE + 1], given[2 * DIGEST_SIZE + 1];
    bytes_to_hex(digest_bytes(&s->key_id), wanted);
    bytes_to_hex(digest_bytes(&id), given);
    return fault_set(f, FAULT_UNTRUSTED, "signed with key %.16s…, but %s has key %.16s…", wanted, certificate_agency(c),
                     given);
}

static enum fault_code check_value(const struct certificate *c, const char *type, struct bytes body,
                                   const struct signature *s, struct fault *f)
{
    char text[PAE_PREFIX_SIZE];
    if (!type_fits(type))
        return fault_set(f, FAULT_INTERNAL, "the type of a statement is too long: %s", type);
    const struct bytes pieces[] = {pae_prefix(type, body.size, text), body};
    if (s->value_size == 0 || s->value_size > sizeof(s->value) ||
        !pkey_matches(certificate_pkey(c), pieces, LENGTH(pieces), BYTES(s->value, s->value_size)))
        return fault_set(f, FAULT_UNTRUSTED, "the signature of %s does not match", certificate_agency(c));
    return FAULT_NONE;
}

enum fault_code signature_check(const struct certificate *c, const char *type, struct bytes body,
                                const struct signature *s, struct fault *f)
{
    if (s->leaf_count != 1 || s->leaf_index != 0 || s->path_count != 0)
        return fault_set(f, FAULT_UNTRUSTED, "the signature is one of a batch; this statement is signed alone");
    enum fault_code code = check_key(c, s, f);
    return code ? code : check_value(c, type, body, s, f);
}

static enum fault_code sign_root(const struct key *k, const struct digest *root, size_t count, struct signature *ret,
                                 struct fault *f)
{
    struct signature shared;
    enum fault_code code = signature_make(k, SIGNATURE_TYPE_BATCH, digest_bytes(root), &shared, f);
    for (size_t i = 0; !code && i < count; i++) {
        ret[i].key_id = shared.key_id;
        ret[i].value_size = shared.value_size;
        memcpy(ret[i].value, shared.value, shared.value_size);
    }
    return code;
}

enum fault_code signature_make_batch(const struct key *k, const struct signature_leaf *leaves, size_t count,
                                     struct signature *ret, struct fault *f)
{
    if (count == 0 || count > LEAVES_MAX)
        return fault_set(f, FAULT_INTERNAL, "a batch of %zu messages; 1 to %zu can share a signature", count,
                         LEAVES_MAX);
    struct digest nodes[LEAVES_MAX];
    for (size_t i = 0; i < count; i++) {
        if (!type_fits(leaves[i].type))
            return fault_set(f, FAULT_INTERNAL, "the type of a statement is too long: %s", leaves[i].type);
        nodes[i] = leaf_digest(leaves[i]);
        ret[i] = (struct signature){.leaf_index = (uint32_t)i, .leaf_count = (uint32_t)count};
    }
    size_t level = count;
    for (unsigned height = 0; level > 1; height++) {
        for (size_t i = 0; i < count; i++) {
            size_t sibling = (i >> height) ^ 1;
            if (sibling < level)
                ret[i].path[ret[i].path_count++] = nodes[sibling];
        }
        level = merkle_rise(nodes, level);
    }
    return sign_root(k, &nodes[0], count, ret, f);
}

/* --- What was verified lately ------------------------------------------------------------------------------------- */

/* Sets of a few entries each, the oldest of a set replaced first. Only what a key's owner signed gets in, so that nobody
 * without a key can drive entries out. A lock, because a router's threads may share one. */
#define CACHE_WAYS 4

struct signature_cache {
    pthread_mutex_t lock;
    size_t set_count;
    struct cache_set {
        uint8_t used, next;
        struct digest entries[CACHE_WAYS];
    } sets[];
};

struct signature_cache *signature_cache_new(size_t entries_max)
{
    size_t sets = entries_max / CACHE_WAYS ? entries_max / CACHE_WAYS : 1;
    struct signature_cache *c = memory_new(sizeof(*c) + sets * sizeof(c->sets[0]));
    pthread_mutex_init(&c->lock, NULL);
    c->set_count = sets;
    return c;
}

struct signature_cache *signature_cache_free(struct signature_cache *c)
{
    if (c)
        pthread_mutex_destroy(&c->lock);
    free(c);
    return NULL;
}

static struct cache_set *cache_set_of(struct signature_cache *c, const struct digest *entry)
{
    uint64_t number;
    memcpy(&number, entry->bytes, sizeof(number));
    return &c->sets[number % c->set_count];
}

static bool cache_has(struct signature_cache *c, const struct digest *entry)
{
    bool found = false;
    pthread_mutex_lock(&c->lock);
    const struct cache_set *set = cache_set_of(c, entry);
    for (size_t i = 0; i < set->used; i++)
        found = found || digest_equal(&set->entries[i], entry);
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void cache_add(struct signature_cache *c, const struct digest *entry)
{
    pthread_mutex_lock(&c->lock);
    struct cache_set *set = cache_set_of(c, entry);
    set->entries[set->next] = *entry;
    set->next = (uint8_t)((set->next + 1) % CACHE_WAYS);
    if (set->used < CACHE_WAYS)
        set->used++;
    pthread_mutex_unlock(&c->lock);
}

/* The key, the root and this very value: another value over the same root is verified for itself. */
static struct digest cache_entry(const struct signature *s, const struct digest *root)
{
    const struct bytes pieces[] = {digest_bytes(&s->key_id), digest_bytes(root), BYTES(s->value, s->value_size)};
    return digest_of_all(pieces, LENGTH(pieces));
}

enum fault_code signature_root(struct signature_leaf l, const struct signature *s, struct digest *ret, struct fault *f)
{
    if (!type_fits(l.type))
        return fault_set(f, FAULT_INTERNAL, "the type of a statement is too long: %s", l.type);
    struct digest leaf = leaf_digest(l);
    if (s->leaf_count > LEAVES_MAX || s->path_count > SIGNATURE_PATH_MAX || s->value_size > sizeof(s->value) ||
        !merkle_root_from_path(&leaf, s->leaf_index, s->leaf_count, s->path, s->path_count, ret))
        return fault_set(f, FAULT_UNTRUSTED, "the signature's path of %zu hashes does not fit leaf %u of %u",
                         s->path_count, s->leaf_index, s->leaf_count);
    return FAULT_NONE;
}

enum fault_code signature_check_leaf(const struct certificate *c, struct signature_leaf l, const struct signature *s,
                                     struct signature_cache *cache, struct fault *f)
{
    struct digest root;
    enum fault_code code = check_key(c, s, f);
    if (!code)
        code = signature_root(l, s, &root, f);
    if (code)
        return code;
    if (!cache)
        return check_value(c, SIGNATURE_TYPE_BATCH, digest_bytes(&root), s, f);
    struct digest entry = cache_entry(s, &root);
    if (cache_has(cache, &entry))
        return FAULT_NONE;
    code = check_value(c, SIGNATURE_TYPE_BATCH, digest_bytes(&root), s, f);
    if (!code)
        cache_add(cache, &entry);
    return code;
}
