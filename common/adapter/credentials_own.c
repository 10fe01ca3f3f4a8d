/* Our own keys and their certificates: those of now, and earlier ones for what was sealed to and signed with them. */
#include "adapter/credentials_inside.h"

#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Our signing key and its certificate, checked. Caller owns both. */
static enum fault_code own_read(const struct credentials *c, struct instant now, struct key **ret_key,
                                struct certificate **ret, struct fault *f)
{
    struct key *key = NULL;
    struct certificate *own = NULL;
    const char *path = c->paths.certificate;

    enum fault_code code = key_load(c->paths.key, &key, f);
    if (!code)
        code = certificate_load(path, &own, f);
    if (!code) {
        struct digest of_key = key_id(key), of_certificate = certificate_key_id(own);
        if (!digest_equal(&of_key, &of_certificate))
            code = fault_set(f, FAULT_CONFIG, "%s is not the certificate of our signing key", path);
        else if (!text_equal(certificate_agency(own), c->paths.agency))
            code = fault_set(f, FAULT_CONFIG, "%s is the certificate of %s, but the configuration's agency is %s", path,
                             certificate_agency(own), c->paths.agency);
        else if (certificate_check(own, c->authority, CERTIFICATE_SIGNS, now, f))
            code = fault_wrap(f, "our certificate %s", path);
    }
    if (code) {
        key_free(key);
        certificate_free(own);
        return code;
    }
    *ret_key = key;
    *ret = own;
    return FAULT_NONE;
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

/* Caller owns both of *ret. */
static enum fault_code pair_read(const char *key_path, const char *certificate_path, struct seal_pair *ret,
                                 struct fault *f)
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
    if (code) {
        key_free(key);
        certificate_free(certificate);
        return code;
    }
    *ret = (struct seal_pair){key, certificate};
    return FAULT_NONE;
}

static void pair_free(struct seal_pair pair)
{
    key_free((struct key *)pair.key);
    certificate_free((struct certificate *)pair.certificate);
}

/* The one that others seal to now, checked. */
static enum fault_code present_read(const struct credentials *c, struct instant now, struct seal_pair *ret,
                                    struct fault *f)
{
    const char *path = c->paths.encryption;
    struct seal_pair pair;
    enum fault_code code = pair_read(c->paths.decrypt, path, &pair, f);
    if (code)
        return code;
    if (!text_equal(certificate_agency(pair.certificate), c->paths.agency))
        code = fault_set(f, FAULT_CONFIG, "%s is the certificate of %s, but the configuration's agency is %s", path,
                         certificate_agency(pair.certificate), c->paths.agency);
    else if (certificate_check(pair.certificate, c->authority, CERTIFICATE_ENCRYPTS, now, f))
        code = fault_wrap(f, "our certificate %s", path);
    if (code)
        pair_free(pair);
    else
        *ret = pair;
    return code;
}

/* An earlier one becomes the next, unless it is another agency's or known. */
static enum fault_code earlier_read(struct credentials *c, const char *key_path, const char *certificate_path,
                                    struct fault *f)
{
    struct seal_pair pair;
    enum fault_code code = pair_read(key_path, certificate_path, &pair, f);
    if (code)
        return code;
    if (text_equal(certificate_agency(pair.certificate), c->paths.agency) && !has_pair(c, pair.certificate))
        c->pairs[c->pair_count++] = pair;
    else
        pair_free(pair);
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
            code = earlier_read(c, key, certificate, f);
    }
    closedir(entries);
    return code;
}

enum fault_code credentials_own(struct credentials *c, const char *earlier, struct instant now, struct fault *f)
{
    struct certificate *own = NULL;
    enum fault_code code = own_read(c, now, &c->key, &own, f);
    if (code)
        return code;
    c->own[c->own_count++] = own;
    code = present_read(c, now, &c->pairs[0], f);
    if (code)
        return code;
    c->pair_count = 1;
    return text_empty(earlier) ? FAULT_NONE : earlier_load(c, earlier, c->paths.agency, f);
}

static bool same_certificate(const struct certificate *a, const struct certificate *b)
{
    return bytes_equal(certificate_der(a), certificate_der(b));
}

/* The oldest makes room. */
static void put_own(struct credentials *c, struct key *key, struct certificate *own)
{
    key_free(c->key);
    c->key = key;
    if (c->own_count == CREDENTIALS_PAIRS_MAX)
        certificate_free(c->own[--c->own_count]);
    memmove(c->own + 1, c->own, c->own_count++ * sizeof(*c->own));
    c->own[0] = own;
}

static void put_pair(struct credentials *c, struct seal_pair pair)
{
    if (c->pair_count == CREDENTIALS_PAIRS_MAX)
        pair_free(c->pairs[--c->pair_count]);
    memmove(c->pairs + 1, c->pairs, c->pair_count++ * sizeof(*c->pairs));
    c->pairs[0] = pair;
}

enum fault_code credentials_renew(struct credentials *c, struct instant now, bool *ret_changed, struct fault *f)
{
    struct key *key = NULL;
    struct certificate *own = NULL;
    struct seal_pair pair = {0};
    enum fault_code code = own_read(c, now, &key, &own, f);
    if (!code)
        code = present_read(c, now, &pair, f);
    bool other_own = !code && !same_certificate(own, c->own[0]);
    bool other_pair = !code && !same_certificate(pair.certificate, c->pairs[0].certificate);
    if (other_own) {
        put_own(c, key, own);
    } else {
        key_free(key);
        certificate_free(own);
    }
    if (other_pair)
        put_pair(c, pair);
    else
        pair_free(pair);
    *ret_changed = other_own || other_pair;
    c->expiry_at = (struct instant){0};
    return code ? fault_wrap(f, "our own keys stay as they were") : FAULT_NONE;
}

void credentials_own_free(struct credentials *c)
{
    key_free(c->key);
    for (size_t i = 0; i < c->pair_count; i++)
        pair_free(c->pairs[i]);
    for (size_t i = 0; i < c->own_count; i++)
        certificate_free(c->own[i]);
    free(c->paths.agency);
    free(c->paths.key);
    free(c->paths.certificate);
    free(c->paths.decrypt);
    free(c->paths.encryption);
}
