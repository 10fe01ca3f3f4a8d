#include "adapter/credentials.h"

#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDENTIALS_CERTIFICATES_MAX 10000
#define CREDENTIALS_PATH_SIZE 4096

struct known {
    struct digest key_id;
    struct certificate *certificate;
    char *file;  /* in the folder */
    bool issued; /* chain and usage were found good when it was read; only times are left to be looked at */
};

struct credentials {
    struct key *key;
    struct seal_pair pairs[CREDENTIALS_PAIRS_MAX]; /* owned */
    size_t pair_count;
    struct curve_pair curve;
    struct certificate *authority;
    char *folder;
    struct known *known; /* sorted by key id */
    size_t count;
    struct certificate *own
        [CREDENTIALS_PAIRS_MAX]; /* of our signing keys, the present one first: what we wrote ourselves may come back */
    size_t own_count;
};

static int known_compare(const void *a, const void *b)
{
    const struct known *left = a, *right = b;
    return memcmp(left->key_id.bytes, right->key_id.bytes, DIGEST_SIZE);
}

static void known_free(struct known *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        certificate_free(list[i].certificate);
        free(list[i].file);
    }
    free(list);
}

/* One whose chain is bad stays known: who signs with it is told why. */
static struct known known_of(struct certificate *certificate, const char *file, const struct certificate *authority)
{
    struct fault f;
    bool issued =
        certificate_check(certificate, authority, CERTIFICATE_SIGNS, certificate_from(certificate), &f) == FAULT_NONE;
    return (struct known){certificate_key_id(certificate), certificate, memory_text(file), issued};
}

static bool is_certificate_file(const char *name)
{
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && (strcmp(dot, ".pem") == 0 || strcmp(dot, ".crt") == 0);
}

static enum fault_code load_one(const char *folder, const char *name, struct certificate **ret, struct fault *f)
{
    char path[CREDENTIALS_PATH_SIZE];

    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
        return fault_set(f, FAULT_CONFIG, "%s: name too long", name);
    return certificate_load(path, ret, f);
}

/* What was read from FILE the last time, taken out of the list of then. False: nothing. */
static bool known_take(struct credentials *c, const char *file, struct known *ret)
{
    for (size_t i = 0; i < c->count; i++)
        if (text_equal(c->known[i].file, file)) {
            *ret = c->known[i];
            c->known[i] = (struct known){0};
            return true;
        }
    return false;
}

/* False: nothing is known from the file. A bad one does not take from its agency what it had. */
static bool read_one(struct credentials *c, const char *file, struct known *ret, struct credentials_bad *bad,
                     struct fault *f)
{
    struct certificate *certificate = NULL;
    if (load_one(c->folder, file, &certificate, f) == FAULT_NONE) {
        *ret = known_of(certificate, file, c->authority);
        return true;
    }
    bool stays = known_take(c, file, ret);
    (void)fault_wrap(f, "certificate %s cannot be used (%s)", file,
                     stays ? "the one that was read before stays" : "none is known from it");
    bad->count++;
    if (bad->tell)
        bad->tell(f);
    return stays;
}

enum fault_code credentials_reload(struct credentials *c, struct credentials_bad *bad, struct fault *f)
{
    struct known *list = NULL;
    size_t count = 0;
    DIR *folder = opendir(c->folder);

    bad->count = 0;
    if (!folder)
        return fault_set(f, FAULT_CONFIG, "folder of certificates %s: %s", c->folder, strerror(errno));
    for (struct dirent *entry = readdir(folder); entry && count < CREDENTIALS_CERTIFICATES_MAX;
         entry = readdir(folder)) {
        struct known known;
        if (!is_certificate_file(entry->d_name) || !read_one(c, entry->d_name, &known, bad, f))
            continue;
        list = memory_grow(list, count + 1, sizeof(*list));
        list[count++] = known;
    }
    closedir(folder);
    if (count)
        qsort(list, count, sizeof(*list), known_compare);
    known_free(c->known, c->count);
    c->known = list;
    c->count = count;
    return FAULT_NONE;
}

static enum fault_code credentials_own(struct credentials *c, const struct config *config, const char *agency,
                                       struct instant now, struct fault *f)
{
    struct certificate *own = NULL;
    const char *path = config_text(config, "keys.certificate");

    enum fault_code code = key_load(config_text(config, "keys.sign"), &c->key, f);
    if (!code)
        code = certificate_load(path, &own, f);
    if (code)
        return code;
    struct digest of_key = key_id(c->key), of_certificate = certificate_key_id(own);
    if (!digest_equal(&of_key, &of_certificate))
        code = fault_set(f, FAULT_CONFIG, "%s is not the certificate of our signing key", path);
    else if (!text_equal(certificate_agency(own), agency))
        code = fault_set(f, FAULT_CONFIG, "%s is the certificate of %s, but the configuration's agency is %s", path,
                         certificate_agency(own), agency);
    else if (certificate_check(own, c->authority, CERTIFICATE_SIGNS, now, f))
        code = fault_wrap(f, "our certificate %s", path);
    if (code)
        certificate_free(own);
    else
        c->own[c->own_count++] = own;
    return code;
}

static bool has_pair(const struct credentials *c, const struct certificate *certificate)
{
    struct digest id = certificate_key_id(certificate);
    for (size_t i = 0; i < c->pair_count; i++) {
        struct digest other = certificate_key_id(c->pairs[i].certificate);
        if (digest_equal(&id, &other))
            return true;
    }
    return false;
}

/* KEY_PATH and CERTIFICATE_PATH become the next pair, unless they are another agency's than ONLY_OF (NULL: any) or known. */
static enum fault_code pair_load(struct credentials *c, const char *key_path, const char *certificate_path,
                                 const char *only_of, struct fault *f)
{
    struct key *key = NULL;
    struct certificate *certificate = NULL;
    enum fault_code code = key_load(key_path, &key, f);
    if (!code)
        code = certificate_load(certificate_path, &certificate, f);
    if (!code) {
        struct digest of_key = key_id(key), of_certificate = certificate_key_id(certificate);
        if (!digest_equal(&of_key, &of_certificate))
            code = fault_set(f, FAULT_CONFIG, "%s is not the certificate of %s", certificate_path, key_path);
        else if (!certificate_is_for(certificate, CERTIFICATE_ENCRYPTS))
            code = fault_set(f, FAULT_CONFIG, "%s is no certificate for encryption (lt keys: encrypt.pem)",
                             certificate_path);
    }
    bool passed_over =
        !code && only_of && (!text_equal(certificate_agency(certificate), only_of) || has_pair(c, certificate));
    if (code || passed_over) {
        key_free(key);
        certificate_free(certificate);
        return code;
    }
    c->pairs[c->pair_count++] = (struct seal_pair){key, certificate};
    return FAULT_NONE;
}

/* Of an earlier signing key; none, or one that cannot be used, is of no account. */
static void own_load(struct credentials *c, const char *folder, const char *name, const char *agency)
{
    char path[CREDENTIALS_PATH_SIZE];
    struct certificate *own = NULL;
    struct fault none;
    int size = snprintf(path, sizeof(path), "%s/%s/sign.pem", folder, name);
    if (c->own_count == CREDENTIALS_PAIRS_MAX || size < 0 || (size_t)size >= sizeof(path) || access(path, F_OK) != 0 ||
        certificate_load(path, &own, &none))
        return;
    bool good = text_equal(certificate_agency(own), agency) &&
                !certificate_check(own, c->authority, CERTIFICATE_SIGNS, certificate_from(own), &none);
    if (good)
        c->own[c->own_count++] = own;
    else
        certificate_free(own);
}

/* What `lt keys issue --renew` leaves: each folder in FOLDER that has the two files, of our own agency. Others are no business of ours. */
static enum fault_code earlier_load(struct credentials *c, const char *folder, const char *agency, struct fault *f)
{
    char key[CREDENTIALS_PATH_SIZE], certificate[CREDENTIALS_PATH_SIZE];
    enum fault_code code = FAULT_NONE;
    DIR *entries = opendir(folder);
    if (!entries)
        return fault_set(f, FAULT_CONFIG, "folder of earlier keys %s: %s", folder, strerror(errno));
    for (struct dirent *entry; !code && (entry = readdir(entries));) {
        int size = snprintf(key, sizeof(key), "%s/%s/encrypt.key", folder, entry->d_name);
        int other = snprintf(certificate, sizeof(certificate), "%s/%s/encrypt.pem", folder, entry->d_name);
        own_load(c, folder, entry->d_name, agency);
        bool fits = size > 0 && (size_t)size < sizeof(key) && other > 0 && (size_t)other < sizeof(certificate);
        if (!fits || text_equal(entry->d_name, "..") || access(key, F_OK) != 0)
            continue;
        if (c->pair_count == CREDENTIALS_PAIRS_MAX)
            code = fault_set(f, FAULT_CONFIG, "%s has more than %d earlier keys: remove the oldest", folder,
                             CREDENTIALS_PAIRS_MAX - 1);
        else
            code = pair_load(c, key, certificate, agency, f);
    }
    closedir(entries);
    return code;
}

static enum fault_code pairs_load(struct credentials *c, const struct config *config, const char *agency,
                                  struct instant now, struct fault *f)
{
    const char *path = config_text(config, "keys.encryption"), *earlier = config_text(config, "keys.earlier");
    enum fault_code code = pair_load(c, config_text(config, "keys.decrypt"), path, NULL, f);
    if (code)
        return code;
    const struct certificate *own = c->pairs[0].certificate;
    if (!text_equal(certificate_agency(own), agency))
        return fault_set(f, FAULT_CONFIG, "%s is the certificate of %s, but the configuration's agency is %s", path,
                         certificate_agency(own), agency);
    code = certificate_check(own, c->authority, CERTIFICATE_ENCRYPTS, now, f);
    if (code)
        return fault_wrap(f, "our certificate %s", path);
    return text_empty(earlier) ? FAULT_NONE : earlier_load(c, earlier, agency, f);
}

static enum fault_code credentials_load(struct credentials *c, const struct config *config, const char *agency,
                                        struct instant now, struct fault *f)
{
    struct credentials_bad bad = {0};
    const char *authority = config_text(config, "trust.authority");

    c->folder = memory_text(config_text(config, "trust.certificates"));
    enum fault_code code = certificate_load(authority, &c->authority, f);
    if (!code)
        code = credentials_own(c, config, agency, now, f);
    if (!code)
        code = pairs_load(c, config, agency, now, f);
    if (!code)
        code = curve_load(config_text(config, "keys.curve"), &c->curve, f);
    if (!code)
        code = credentials_reload(c, &bad, f);
    if (!code && bad.count)
        return fault_wrap(f, "reading certificates");
    return code;
}

enum fault_code credentials_open(const struct config *config, const char *agency, struct instant now,
                                 struct credentials **ret, struct fault *f)
{
    struct credentials *c = memory_new(sizeof(*c));
    enum fault_code code = credentials_load(c, config, agency, now, f);

    if (code) {
        credentials_free(c);
        return code;
    }
    *ret = c;
    return FAULT_NONE;
}

struct credentials *credentials_free(struct credentials *c)
{
    if (!c)
        return NULL;
    key_free(c->key);
    for (size_t i = 0; i < c->pair_count; i++) {
        key_free((struct key *)c->pairs[i].key);
        certificate_free((struct certificate *)c->pairs[i].certificate);
    }
    for (size_t i = 0; i < c->own_count; i++)
        certificate_free(c->own[i]);
    certificate_free(c->authority);
    known_free(c->known, c->count);
    explicit_bzero(&c->curve, sizeof(c->curve));
    free(c->folder);
    free(c);
    return NULL;
}

const struct key *credentials_key(const struct credentials *c)
{
    return c->key;
}

const struct seal_pair *credentials_pairs(const struct credentials *c, size_t *ret_count)
{
    *ret_count = c->pair_count;
    return c->pairs;
}

const struct certificate *credentials_authority(const struct credentials *c)
{
    return c->authority;
}

const struct curve_pair *credentials_curve(const struct credentials *c)
{
    return &c->curve;
}

size_t credentials_count(const struct credentials *c)
{
    return c->count;
}

/* Chain, usage, and all times. */
static bool known_counts(const struct credentials *c, const struct known *known, struct instant at)
{
    struct fault none;
    return known->issued && certificate_check_time(known->certificate, at, &none) == FAULT_NONE &&
           certificate_check_time(c->authority, at, &none) == FAULT_NONE;
}

/* The first of those with the key; the others stand behind it. NULL: none. */
static const struct known *known_find(const struct credentials *c, const struct digest *wanted)
{
    struct known key = {.key_id = *wanted};
    const struct known *found = c->count ? bsearch(&key, c->known, c->count, sizeof(*c->known), known_compare) : NULL;
    while (found && found > c->known && known_compare(found - 1, &key) == 0)
        found--;
    return found;
}

static const struct known *known_next(const struct credentials *c, const struct known *known)
{
    const struct known *next = known + 1;
    return next < c->known + c->count && known_compare(next, known) == 0 ? next : NULL;
}

const struct certificate *credentials_find(const struct credentials *c, const struct digest *wanted, struct instant at)
{
    const struct known *first = known_find(c, wanted);
    for (const struct known *known = first; known; known = known_next(c, known))
        if (known_counts(c, known, at))
            return known->certificate;
    if (first)
        return first->certificate;
    for (size_t i = 0; i < c->own_count; i++) {
        struct digest id = certificate_key_id(c->own[i]);
        if (digest_equal(&id, wanted))
            return c->own[i];
    }
    return NULL;
}

enum fault_code credentials_check(const struct credentials *c, const struct certificate *of, struct instant at,
                                  struct fault *f)
{
    struct digest id = certificate_key_id(of);
    for (const struct known *known = known_find(c, &id); known; known = known_next(c, known))
        if (known->certificate == of && known_counts(c, known, at))
            return FAULT_NONE;
    return certificate_check(of, c->authority, CERTIFICATE_SIGNS, at, f); /* which names the cause */
}
