#include "trust/authority.h"
#include "trust/authority_inside.h"
#include "base/text.h"
#include "trust/curve.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include "trust/x509.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define AGENCY_SIZE_MAX 35
#define AGENCY_DAYS_MAX 3650
#define AUTHORITY_DAYS_MAX 10950

static const char *const agency_files[] = {"sign.key",    "sign.pem",  "encrypt.key",
                                           "encrypt.pem", "curve.key", "curve.pub"};

void authority_clear(struct authority *a)
{
    EVP_PKEY_free(a->key);
    X509_free(a->x509);
    if (a->lock >= 0)
        close(a->lock);
}

static enum fault_code join(char path[PATH_MAX], const char *folder, const char *name, struct fault *f)
{
    int size = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (size < 0 || size >= PATH_MAX)
        return fault_set(f, FAULT_CONFIG, "the path %s/%s is too long", folder, name);
    return FAULT_NONE;
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static enum fault_code write_bio(BIO *content, bool filled, const char *folder, const char *name, struct fault *f)
{
    char *data = NULL;
    long size = content ? BIO_get_mem_data(content, &data) : 0;
    enum fault_code code = filled && size > 0 ? keyfile_write(folder, name, BYTES(data, (size_t)size), f)
                                              : fault_set(f, FAULT_INTERNAL, "encoding %s: %s", name, openssl_reason());
    BIO_free(content); /* of secure memory: wiped */
    return code;
}

static enum fault_code write_key(EVP_PKEY *key, const char *folder, const char *name, struct fault *f)
{
    BIO *to = BIO_new(BIO_s_secmem());
    bool filled = to && PEM_write_bio_PKCS8PrivateKey(to, key, NULL, NULL, 0, NULL, NULL) == 1;
    return write_bio(to, filled, folder, name, f);
}

static enum fault_code write_certificate(X509 *x509, const char *folder, const char *name, struct fault *f)
{
    BIO *to = BIO_new(BIO_s_mem());
    bool filled = to && PEM_write_bio_X509(to, x509) == 1;
    return write_bio(to, filled, folder, name, f);
}

static enum fault_code write_line(const char *text, const char *folder, const char *name, struct fault *f)
{
    char line[64];
    int size = snprintf(line, sizeof(line), "%s\n", text);
    enum fault_code code = keyfile_write(folder, name, BYTES(line, (size_t)size), f);
    OPENSSL_cleanse(line, sizeof(line));
    return code;
}

/* Held until the authority is cleared; a second process waits. */
static enum fault_code lock_folder(const char *folder, struct authority *a, struct fault *f)
{
    a->lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (a->lock < 0)
        return fault_set(f, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_SYSTEM, "opening folder %s: %s", folder,
                         strerror(errno));
    if (flock(a->lock, LOCK_EX))
        return fault_set(f, FAULT_SYSTEM, "locking folder %s: %s", folder, strerror(errno));
    return FAULT_NONE;
}

/* --- Creating ----------------------------------------------------------------------------------------------------- */

static enum fault_code check_days(int days, int most, struct fault *f)
{
    if (days < 1 || days > most)
        return fault_set(f, FAULT_CONFIG, "%d days; a certificate may be valid for 1 to %d", days, most);
    return FAULT_NONE;
}

static enum fault_code check_unused(const char *folder, struct fault *f)
{
    char key[PATH_MAX], certificate[PATH_MAX];
    enum fault_code code = join(key, folder, "ca.key", f);
    if (!code)
        code = join(certificate, folder, "ca.pem", f);
    if (code)
        return code;
    if (exists(certificate))
        return fault_set(f, FAULT_CONFLICT, "%s holds an authority already (ca.pem); choose another folder", folder);
    if (exists(key))
        return fault_set(
            f, FAULT_CONFLICT,
            "%s holds ca.key but no ca.pem, so an earlier run was broken off: remove ca.key, then try again", folder);
    return FAULT_NONE;
}

/* ca.pem comes last: with it the authority is whole. */
static enum fault_code write_authority(const char *folder, struct authority *a, const char *name, struct instant now,
                                       int valid_days, struct fault *f)
{
    const struct x509_plan plan = {.name = name, .serial = 1, .now = now, .valid_days = valid_days};
    enum fault_code code = check_unused(folder, f);
    if (!code)
        code = x509_key_make("p256", &a->key, f);
    if (!code)
        code = x509_make(&plan, a->key, NULL, a->key, &a->x509, f);
    if (!code)
        code = write_key(a->key, folder, "ca.key", f);
    if (!code)
        code = write_line("1", folder, "serial", f);
    if (!code)
        code = write_certificate(a->x509, folder, "ca.pem", f);
    return code ? code : keyfile_sync_folder(folder, f);
}

enum fault_code authority_create(const char *folder, const char *name, struct instant now, int valid_days,
                                 struct fault *f)
{
    enum fault_code code = check_days(valid_days, AUTHORITY_DAYS_MAX, f);
    if (code)
        return code;
    if (mkdir(folder, 0700) && errno != EEXIST)
        return fault_set(f, FAULT_SYSTEM, "making folder %s: %s", folder, strerror(errno));
    struct authority a = {.lock = -1};
    code = lock_folder(folder, &a, f);
    if (!code)
        code = write_authority(folder, &a, name, now, valid_days, f);
    authority_clear(&a);
    return code;
}

/* --- Issuing ------------------------------------------------------------------------------------------------------ */

static enum fault_code load_serial(const char *folder, struct authority *a, struct fault *f)
{
    char path[PATH_MAX];
    OWNED_BUFFER text = BUFFER(64);
    enum fault_code code = join(path, folder, "serial", f);
    if (!code)
        code = keyfile_read(path, false, &text, f);
    if (code)
        return code;
    char *end = NULL;
    errno = 0;
    unsigned long long serial = text.size ? strtoull((const char *)text.data, &end, 10) : 0;
    if (serial == 0 || serial == ULLONG_MAX || errno || !end || *end != '\n')
        return fault_set(f, FAULT_CONFIG, "%s does not hold the last serial number (a whole number and a line's end)",
                         path);
    a->serial = serial;
    return FAULT_NONE;
}

static enum fault_code load_pem(const char *folder, struct authority *a, struct fault *f)
{
    char path[PATH_MAX];
    OWNED_SECRET key = BUFFER(KEYFILE_SIZE_MAX);
    OWNED_BUFFER certificate = BUFFER(KEYFILE_SIZE_MAX);
    enum fault_code code = join(path, folder, "ca.pem", f);
    if (!code)
        code = keyfile_read(path, false, &certificate, f);
    if (!code)
        code = join(path, folder, "ca.key", f);
    if (!code)
        code = keyfile_read(path, true, &key, f);
    if (code) {
        fault_wrap(f, "the authority in %s (made by `lt keys init`)", folder);
        return code;
    }
    BIO *key_source = BIO_new_mem_buf(key.data, (int)key.size);
    BIO *certificate_source = BIO_new_mem_buf(certificate.data, (int)certificate.size);
    /* The empty pass phrase keeps OpenSSL from asking the terminal. */
    a->key = key_source ? PEM_read_bio_PrivateKey(key_source, NULL, NULL, (void *)"") : NULL;
    a->x509 = certificate_source ? PEM_read_bio_X509(certificate_source, NULL, NULL, NULL) : NULL;
    BIO_free(key_source);
    BIO_free(certificate_source);
    if (!a->key || !a->x509)
        return fault_set(f, FAULT_CONFIG, "%s in %s is not a whole PEM file: %s", a->key ? "ca.pem" : "ca.key", folder,
                         openssl_reason());
    if (X509_check_private_key(a->x509, a->key) != 1) {
        (void)openssl_reason();
        return fault_set(f, FAULT_CONFIG, "ca.key and ca.pem in %s do not belong together", folder);
    }
    return FAULT_NONE;
}

enum fault_code authority_open(const char *folder, struct authority *ret, struct fault *f)
{
    *ret = (struct authority){.lock = -1};
    enum fault_code code = lock_folder(folder, ret, f);
    if (!code)
        code = load_pem(folder, ret, f);
    return code ? code : load_serial(folder, ret, f);
}

static enum fault_code check_subject(const struct authority_subject *s, struct fault *f)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t size = strlen(s->agency);
    if (size == 0 || size > AGENCY_SIZE_MAX || strspn(s->agency, allowed) != size || s->agency[0] == '.')
        return fault_set(f, FAULT_CONFIG,
                         "\"%s\" is no agency code: 1 to %d of A-Z a-z 0-9 . - _, not beginning with a dot", s->agency,
                         AGENCY_SIZE_MAX);
    return check_days(s->valid_days, AGENCY_DAYS_MAX, f);
}

static enum fault_code take_serial(const char *folder, struct authority *a, struct fault *f)
{
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64, ++a->serial);
    return write_line(text, folder, "serial", f);
}

/* A renewed agency keeps its CURVE keys: every router knows the public one, and none need learn another. */
static enum fault_code take_curve(const char *present, bool renew, struct curve_pair *ret, struct fault *f)
{
    char path[PATH_MAX];
    if (!renew)
        return curve_make(ret, f);
    enum fault_code code = join(path, present, "curve.key", f);
    return code ? code : curve_load(path, ret, f);
}

/* Where an agency's folder is, where its new one is filled, and where the old one stays. */
struct places {
    char present[PATH_MAX], beside[PATH_MAX], before[PATH_MAX];
};

/* A key of its own for each use: what signs is never asked to decrypt, so neither use can be turned against the other. */
struct pair_plan {
    const char *algorithm, *usage, *key_file, *certificate_file;
};

static enum fault_code write_pair(const char *folder, const char *beside, struct authority *a,
                                  const struct authority_subject *s, const struct pair_plan *plan, struct instant now,
                                  struct fault *f)
{
    EVP_PKEY *key = NULL;
    X509 *x509 = NULL;
    enum fault_code code = take_serial(folder, a, f);
    const struct x509_plan certificate = {.name = s->name,
                                          .agency = s->agency,
                                          .usage = plan->usage,
                                          .serial = a->serial,
                                          .now = now,
                                          .valid_days = s->valid_days};
    if (!code)
        code = x509_key_make(plan->algorithm, &key, f);
    if (!code)
        code = x509_make(&certificate, key, a->x509, a->key, &x509, f);
    if (!code)
        code = write_key(key, beside, plan->key_file, f);
    if (!code)
        code = write_certificate(x509, beside, plan->certificate_file, f);
    EVP_PKEY_free(key);
    X509_free(x509);
    return code;
}

static enum fault_code write_curve(const char *present, const char *beside, bool renew, struct fault *f)
{
    struct curve_pair curve;
    enum fault_code code = take_curve(present, renew, &curve, f);
    if (!code)
        code = write_line(curve.secret_key, beside, "curve.key", f);
    if (!code)
        code = write_line(curve.public_key, beside, "curve.pub", f);
    OPENSSL_cleanse(&curve, sizeof(curve));
    return code;
}

/* Who signs with Ed25519 is sealed to by P-256: CMS of OpenSSL 3.0 knows no X25519. */
static enum fault_code fill_agency(const char *folder, const struct places *p, struct authority *a,
                                   const struct authority_subject *s, struct instant now, struct fault *f)
{
    bool rsa = strncmp(s->algorithm, "rsa", 3) == 0;
    const struct pair_plan pairs[] = {
        {s->algorithm, "digitalSignature", "sign.key", "sign.pem"},
        {rsa ? s->algorithm : "p256", rsa ? "keyEncipherment" : "keyAgreement", "encrypt.key", "encrypt.pem"},
    };
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; !code && i < LENGTH(pairs); i++)
        code = write_pair(folder, p->beside, a, s, &pairs[i], now, f);
    if (!code)
        code = write_curve(p->present, p->beside, s->renew, f);
    return code ? code : keyfile_sync_folder(p->beside, f);
}

static void remove_beside(const char *beside)
{
    for (size_t i = 0; i < LENGTH(agency_files); i++) {
        char path[PATH_MAX];
        if (join(path, beside, agency_files[i], NULL) == FAULT_NONE)
            unlink(path);
    }
    rmdir(beside);
}

static enum fault_code find_places(const char *folder, const struct authority *a, const struct authority_subject *s,
                                   struct places *ret, struct fault *f)
{
    char name[AGENCY_SIZE_MAX + 40];
    enum fault_code code = join(ret->present, folder, s->agency, f);
    snprintf(name, sizeof(name), ".%s.new", s->agency);
    if (!code)
        code = join(ret->beside, folder, name, f);
    snprintf(name, sizeof(name), ".%s.before-%" PRIu64, s->agency, a->serial);
    if (!code)
        code = join(ret->before, folder, name, f);
    if (!code && !s->renew && exists(ret->present))
        code = fault_set(f, FAULT_CONFLICT, "%s exists already; to give the agency a new signing key, renew it",
                         ret->present);
    if (!code && s->renew && !exists(ret->present))
        code = fault_set(f, FAULT_NOT_FOUND, "%s does not exist, so there is nothing to renew", ret->present);
    return code;
}

/* For file systems that cannot exchange two names: the agency's folder is missing for a moment. */
static bool replace(const struct places *p)
{
    if (rename(p->before, p->beside) || rename(p->present, p->before))
        return false;
    if (rename(p->beside, p->present) == 0)
        return true;
    int cause = errno;
    rename(p->before, p->present);
    errno = cause;
    return false;
}

/* The new folder first takes the name under which the old one stays, so that one exchange does it all and a run that is
 * killed never leaves the old keys where the next run clears away. */
static enum fault_code put_in_place(const struct places *p, bool renew, struct fault *f)
{
    bool good;
    if (!renew)
        good = rename(p->beside, p->present) == 0;
    else
        good = rename(p->beside, p->before) == 0 &&
               (renameat2(AT_FDCWD, p->before, AT_FDCWD, p->present, RENAME_EXCHANGE) == 0 || replace(p));
    return good ? FAULT_NONE : fault_set(f, FAULT_SYSTEM, "putting %s in its place: %s", p->present, strerror(errno));
}

static enum fault_code write_agency(const char *folder, struct authority *a, const struct authority_subject *s,
                                    struct instant now, struct fault *f)
{
    struct places p;
    enum fault_code code = find_places(folder, a, s, &p, f);
    if (code)
        return code;
    remove_beside(p.beside); /* of a broken run; we hold the lock */
    if (mkdir(p.beside, 0700))
        return fault_set(f, FAULT_SYSTEM, "making folder %s: %s", p.beside, strerror(errno));
    code = fill_agency(folder, &p, a, s, now, f);
    if (!code)
        code = put_in_place(&p, s->renew, f);
    if (code) {
        remove_beside(p.beside);
        return code;
    }
    return keyfile_sync_folder(folder, f);
}

enum fault_code authority_issue(const char *folder, struct authority_subject subject, struct instant now,
                                struct fault *f)
{
    struct authority a = {.lock = -1};
    enum fault_code code = check_subject(&subject, f);
    if (!code)
        code = authority_open(folder, &a, f);
    if (!code)
        code = write_agency(folder, &a, &subject, now, f);
    authority_clear(&a);
    return code;
}
