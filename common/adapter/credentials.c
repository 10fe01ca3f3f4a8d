#include "adapter/credentials_inside.h"

#include "base/memory.h"
#include "base/text.h"
#include "trust/expiry.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CREDENTIALS_CERTIFICATES_MAX 10000
#define STANDING_POLL_US INSTANT_SECOND_US
#define EXPIRY_POLL_US INSTANT_MINUTE_US

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

static enum fault_code credentials_load(struct credentials *c, const struct config *config, struct instant now,
                                        struct fault *f)
{
    struct credentials_bad bad = {0};
    const char *authority = config_text(config, "trust.authority");

    enum fault_code code = certificate_load(authority, &c->authority, f);
    if (!code)
        code = credentials_own(c, config_text(config, "keys.earlier"), now, f);
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
    c->paths = (struct own_paths){memory_text(agency), memory_text(config_text(config, "keys.sign")),
                                  memory_text(config_text(config, "keys.certificate")),
                                  memory_text(config_text(config, "keys.decrypt")),
                                  memory_text(config_text(config, "keys.encryption"))};
    c->folder = memory_text(config_text(config, "trust.certificates"));
    c->standing =
        standing_new(config_text(config, "revocation.list"), config_integer(config, "revocation.max_age") * 1000);
    c->said = expiry_new();
    enum fault_code code = credentials_load(c, config, now, f);

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
    credentials_own_free(c);
    standing_free(c->standing);
    expiry_free(c->said);
    certificate_free(c->authority);
    known_free(c->known, c->count);
    explicit_bzero(&c->curve, sizeof(c->curve));
    free(c->folder);
    free(c);
    return NULL;
}

void credentials_reread(struct credentials *c)
{
    if (c->standing)
        standing_reread(c->standing);
    c->standing_at = (struct instant){0};
}

void credentials_poll(struct credentials *c, struct instant now,
                      void (*tell)(void *context, const struct fault *f, const char *event), void *context)
{
    const struct certificate *const own[] = {c->own[0], c->pairs[0].certificate};
    if (c->standing && now.us >= c->standing_at.us) {
        c->standing_at.us = now.us + STANDING_POLL_US;
        (void)standing_poll(c->standing, &c->authority, 1, now, tell, context);
    }
    if (now.us < c->expiry_at.us)
        return;
    c->expiry_at.us = now.us + EXPIRY_POLL_US;
    for (size_t i = 0; i < LENGTH(own); i++) {
        const char *event;
        struct fault f;
        if (expiry_tell(c->said, own[i], "this agency", now, &event, &f))
            tell(context, &f, event);
    }
}

enum fault_code credentials_stands(const struct credentials *c, const struct certificate *of, struct instant at,
                                   struct instant now, bool *ret_known, struct fault *f)
{
    const struct revocation *lists = standing_lists(c->standing);
    char since[INSTANT_TEXT_SIZE];
    *ret_known = standing_known(c->standing, lists && revocation_covers(lists, of), now, f) == FAULT_NONE;
    if (!*ret_known)
        return FAULT_UNTRUSTED;
    const struct revocation_entry *e = lists ? revocation_find(lists, of) : NULL;
    if (!e || at.us < e->since.us)
        return FAULT_NONE;
    OWNED_MEMORY char *serial = certificate_serial(of);
    instant_print(e->since, since);
    return fault_set(f, FAULT_UNTRUSTED, "the certificate of %s with the serial number %s is %s since %s%s%s",
                     certificate_agency(of), serial, revocation_suspends(e) ? "suspended" : "revoked", since,
                     *revocation_reason(e) ? ": " : "", revocation_reason(e));
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
