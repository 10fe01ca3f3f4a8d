#include "trust/revoked.h"
#include "base/memory.h"
#include "base/text.h"
#include "trust/authority_inside.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include "trust/revocation.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECORD "revoked"
#define RECORD_SIZE_MAX (16 << 20)
#define AGENCY_SIZE 36
#define LINE_SIZE 256

struct row {
    uint64_t serial;
    int reason;
    struct instant since;
    char agency[AGENCY_SIZE];
};

/* FOLDER/revoked. */
struct record {
    uint64_t number;
    struct row *rows; /* ascending by serial number */
    size_t count;
};

static void record_clear(struct record *r)
{
    free(r->rows);
}

#define OWNED_RECORD __attribute__((cleanup(record_clear))) struct record

static enum fault_code path_of(char path[PATH_MAX], const char *folder, const char *name, struct fault *f)
{
    int size = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    return size > 0 && size < PATH_MAX ? FAULT_NONE
                                       : fault_set(f, FAULT_CONFIG, "the path %s/%s is too long", folder, name);
}

/* --- The record ----------------------------------------------------------------------------------------------------- */

static struct row *find_row(const struct record *r, uint64_t serial)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->rows[i].serial == serial)
            return &r->rows[i];
    return NULL;
}

static void add_row(struct record *r, const struct row *row)
{
    size_t at = r->count;
    r->rows = memory_grow(r->rows, r->count + 1, sizeof(*r->rows));
    for (; at > 0 && r->rows[at - 1].serial > row->serial; at--)
        r->rows[at] = r->rows[at - 1];
    r->rows[at] = *row;
    r->count++;
}

static void drop_row(struct record *r, struct row *row)
{
    size_t at = (size_t)(row - r->rows);
    memmove(row, row + 1, (r->count - at - 1) * sizeof(*row));
    r->count--;
}

static bool read_number(const char *text, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    *ret = number;
    return !errno && end != text && !*end && text[0] != '-' && text[0] != '+';
}

static bool read_row(char *line, struct record *r)
{
    struct fault f;
    struct row row = {0};
    const char *serial = strsep(&line, " "), *reason = strsep(&line, " "), *since = strsep(&line, " ");
    if (!serial || !reason || !since || text_empty(line) || strlen(line) >= AGENCY_SIZE ||
        !read_number(serial, &row.serial) || instant_parse(since, &row.since, &f) != FAULT_NONE)
        return false;
    row.reason = revocation_reason_number(reason);
    text_copy(row.agency, sizeof(row.agency), line);
    if (row.reason < 0 || (r->count && r->rows[r->count - 1].serial >= row.serial))
        return false;
    add_row(r, &row);
    return true;
}

/* A line that is not understood stops everything: left out it would bring a revoked certificate back. */
static enum fault_code record_load(const char *folder, struct record *ret, struct fault *f)
{
    char path[PATH_MAX];
    OWNED_BUFFER text = BUFFER(RECORD_SIZE_MAX);
    enum fault_code code = path_of(path, folder, RECORD, f);
    if (!code)
        code = keyfile_read(path, false, &text, f);
    if (code == FAULT_NOT_FOUND)
        return FAULT_NONE; /* nothing was ever revoked */
    if (code)
        return code;
    char *rest = (char *)text.data;
    if (text.size == 0 || text.data[text.size - 1] != '\n')
        return fault_set(f, FAULT_CONFIG, "%s is cut off: bring it back from a backup", path);
    for (size_t number = 1; *rest; number++) {
        char *line = strsep(&rest, "\n");
        bool good =
            number == 1 ? strncmp(line, "number ", 7) == 0 && read_number(line + 7, &ret->number) : read_row(line, ret);
        if (!good)
            return fault_set(f, FAULT_CONFIG, "%s:%zu is not understood: bring the file back from a backup", path,
                             number);
    }
    return FAULT_NONE;
}

static enum fault_code record_write(const char *folder, const struct record *r, struct fault *f)
{
    OWNED_BUFFER text = BUFFER(RECORD_SIZE_MAX);
    enum fault_code code = buffer_print(&text, f, "number %" PRIu64 "\n", r->number);
    for (size_t i = 0; i < r->count && !code; i++) {
        char since[INSTANT_TEXT_SIZE];
        const struct revocation_entry reason = {.reason = (int8_t)r->rows[i].reason};
        const char *name = revocation_reason(&reason);
        instant_print(r->rows[i].since, since);
        code = buffer_print(&text, f, "%" PRIu64 " %s %s %s\n", r->rows[i].serial, *name ? name : "unspecified", since,
                            r->rows[i].agency);
    }
    return code ? code : keyfile_write(folder, RECORD, buffer_bytes(&text), f);
}

/* --- The list ------------------------------------------------------------------------------------------------------- */

static bool set_time(bool (*set)(X509_CRL *crl, const ASN1_TIME *time), X509_CRL *crl, struct instant at)
{
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)(at.us / INSTANT_SECOND_US));
    bool good = time && set(crl, time);
    ASN1_TIME_free(time);
    return good;
}

static bool set_from(X509_CRL *crl, const ASN1_TIME *time)
{
    return X509_CRL_set1_lastUpdate(crl, time) == 1;
}

static bool set_until(X509_CRL *crl, const ASN1_TIME *time)
{
    return X509_CRL_set1_nextUpdate(crl, time) == 1;
}

static bool set_reason(X509_REVOKED *entry, int reason)
{
    if (reason == CRL_REASON_UNSPECIFIED) /* RFC 5280 5.3.1: left out */
        return true;
    ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
    bool good = value && ASN1_ENUMERATED_set(value, reason) &&
                X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0) == 1;
    ASN1_ENUMERATED_free(value);
    return good;
}

static bool add_entry(X509_CRL *crl, const struct row *row)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    ASN1_TIME *since = ASN1_TIME_set(NULL, (time_t)(row->since.us / INSTANT_SECOND_US));
    bool good = entry && serial && since && ASN1_INTEGER_set_uint64(serial, row->serial) &&
                X509_REVOKED_set_serialNumber(entry, serial) && X509_REVOKED_set_revocationDate(entry, since) &&
                set_reason(entry, row->reason) && X509_CRL_add0_revoked(crl, entry);
    if (!good)
        X509_REVOKED_free(entry);
    ASN1_INTEGER_free(serial);
    ASN1_TIME_free(since);
    return good;
}

static bool add_extensions(X509_CRL *crl, X509 *issuer, uint64_t number)
{
    X509V3_CTX context;
    ASN1_INTEGER *value = ASN1_INTEGER_new();
    X509V3_set_ctx(&context, issuer, NULL, NULL, crl, 0);
    X509_EXTENSION *key = X509V3_EXT_conf_nid(NULL, &context, NID_authority_key_identifier, "keyid:always");
    bool good = value && key && ASN1_INTEGER_set_uint64(value, number) && X509_CRL_add_ext(crl, key, -1) &&
                X509_CRL_add1_ext_i2d(crl, NID_crl_number, value, 0, 0) == 1;
    X509_EXTENSION_free(key);
    ASN1_INTEGER_free(value);
    return good;
}

static bool fill(X509_CRL *crl, const struct authority *a, const struct record *r, struct instant now, int days)
{
    bool good = X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
                X509_CRL_set_issuer_name(crl, X509_get_subject_name(a->x509)) && set_time(set_from, crl, now) &&
                set_time(set_until, crl, (struct instant){now.us + days * INSTANT_DAY_US});
    for (size_t i = 0; i < r->count && good; i++)
        good = add_entry(crl, &r->rows[i]);
    return good && add_extensions(crl, a->x509, r->number) && X509_CRL_sort(crl);
}

static enum fault_code list_write(const char *folder, const struct authority *a, const struct record *r,
                                  struct instant now, int days, struct fault *f)
{
    X509_CRL *crl = X509_CRL_new();
    BIO *to = BIO_new(BIO_s_mem());
    const EVP_MD *algorithm = EVP_PKEY_is_a(a->key, "ED25519") ? NULL : EVP_sha256();
    char *data = NULL;
    enum fault_code code;
    if (crl && to && fill(crl, a, r, now, days) && X509_CRL_sign(crl, a->key, algorithm) > 0 &&
        PEM_write_bio_X509_CRL(to, crl) == 1) {
        long size = BIO_get_mem_data(to, &data);
        code = keyfile_write(folder, "ca.crl", BYTES(data, (size_t)size), f);
    } else {
        code = fault_set(f, FAULT_INTERNAL, "making the revocation list: %s", openssl_reason());
    }
    BIO_free(to);
    X509_CRL_free(crl);
    return code ? code : keyfile_sync_folder(folder, f);
}

/* The record comes first: a list that is missing is made anew with `lt keys crl`, a lost record by nobody. */
static enum fault_code write_both(const char *folder, const struct authority *a, struct record *r, struct instant now,
                                  int days, struct fault *f)
{
    if (days < 1 || days > REVOKED_DAYS_MAX)
        return fault_set(f, FAULT_CONFIG, "%d days until the next list; 1 to %d are allowed", days, REVOKED_DAYS_MAX);
    if (r->count > REVOCATION_ENTRIES_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d revoked certificates", REVOCATION_ENTRIES_MAX);
    r->number++;
    enum fault_code code = record_write(folder, r, f);
    return code ? code : list_write(folder, a, r, now, days, f);
}

/* --- Which certificates --------------------------------------------------------------------------------------------- */

struct serials {
    uint64_t *items;
    size_t count;
};

static enum fault_code add_serial(const char *path, struct serials *all, struct fault *f)
{
    OWNED(certificate) c = NULL;
    uint64_t number;
    enum fault_code code = certificate_load(path, &c, f);
    if (code)
        return code == FAULT_NOT_FOUND ? FAULT_NONE : code;
    OWNED_MEMORY char *text = certificate_serial(c);
    if (!read_number(text, &number))
        return fault_set(f, FAULT_CONFIG, "%s has the serial number %s, which this authority did not give", path, text);
    all->items = memory_grow(all->items, all->count + 1, sizeof(*all->items));
    all->items[all->count++] = number;
    return FAULT_NONE;
}

/* "AGENCY", or ".AGENCY.before-N" after a renewal. */
static bool is_folder_of(const char *name, const char *agency)
{
    size_t size = strlen(agency);
    return text_equal(name, agency) ||
           (name[0] == '.' && strncmp(name + 1, agency, size) == 0 && strncmp(name + 1 + size, ".before-", 8) == 0);
}

static enum fault_code find_serials(const char *folder, const char *agency, struct serials *all, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    DIR *open = opendir(folder);
    if (!open)
        return fault_set(f, FAULT_SYSTEM, "opening folder %s: %s", folder, strerror(errno));
    for (const struct dirent *entry; !code && (entry = readdir(open));) {
        static const char *const files[] = {"sign.pem", "encrypt.pem"};
        for (size_t i = 0; i < LENGTH(files) && !code && is_folder_of(entry->d_name, agency); i++) {
            char name[NAME_MAX + 16], path[PATH_MAX];
            snprintf(name, sizeof(name), "%s/%s", entry->d_name, files[i]);
            code = path_of(path, folder, name, f);
            if (!code)
                code = add_serial(path, all, f);
        }
    }
    closedir(open);
    return code;
}

static enum fault_code keep_one(struct serials *all, const struct revoked_order *o, struct fault *f)
{
    char text[LINE_SIZE] = "";
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i] == o->serial) {
            all->items[0] = o->serial;
            all->count = 1;
            return FAULT_NONE;
        }
        size_t size = strlen(text);
        snprintf(text + size, sizeof(text) - size, "%s%" PRIu64, i ? ", " : "", all->items[i]);
    }
    return fault_set(f, FAULT_NOT_FOUND, "%" PRIu64 " is the serial number of no certificate of %s; its own are %s",
                     o->serial, o->agency, text);
}

/* --- Changing ------------------------------------------------------------------------------------------------------- */

/* Whether the certificate's state changes; if not, WHY gets what it is. */
static bool change_one(struct record *r, const struct revoked_order *o, uint64_t serial, int reason, const char **why)
{
    struct row *row = find_row(r, serial);
    bool held = row && row->reason == CRL_REASON_CERTIFICATE_HOLD;
    if (row && !held) {
        *why = "revoked already, which is for ever";
    } else if (o->act == REVOKED_RESUME && !row) {
        *why = "not suspended";
    } else if (o->act == REVOKED_SUSPEND && row) {
        *why = "suspended already";
    } else if (o->act == REVOKED_RESUME) {
        drop_row(r, row);
        return true;
    } else if (row) { /* since its suspension: nobody was to rely on it from then on */
        row->reason = reason;
        return true;
    } else {
        struct row new = {.serial = serial, .reason = reason, .since = o->now};
        text_copy(new.agency, sizeof(new.agency), o->agency);
        add_row(r, &new);
        return true;
    }
    return false;
}

static enum fault_code reason_of(const struct revoked_order *o, int *ret, struct fault *f)
{
    *ret = CRL_REASON_CERTIFICATE_HOLD;
    if (o->act != REVOKED_REVOKE)
        return FAULT_NONE;
    static const char *const allowed[] = {"keyCompromise",        "affiliationChanged", "superseded",
                                          "cessationOfOperation", "privilegeWithdrawn", "unspecified"};
    for (size_t i = 0; i < LENGTH(allowed); i++)
        if (text_equal(o->reason, allowed[i])) {
            *ret = revocation_reason_number(allowed[i]);
            return FAULT_NONE;
        }
    return fault_set(
        f, FAULT_CONFIG,
        "\"%s\" is no reason to revoke: keyCompromise, superseded, affiliationChanged, cessationOfOperation, "
        "privilegeWithdrawn or unspecified",
        o->reason ? o->reason : "");
}

static enum fault_code change_all(struct record *r, const struct revoked_order *o, const struct serials *all,
                                  size_t *ret_count, struct fault *f)
{
    int reason;
    const char *why = "unknown";
    enum fault_code code = reason_of(o, &reason, f);
    if (code)
        return code;
    *ret_count = 0;
    for (size_t i = 0; i < all->count; i++)
        *ret_count += change_one(r, o, all->items[i], reason, &why);
    if (all->count == 0)
        return fault_set(f, FAULT_NOT_FOUND, "the folder has no certificate of %s", o->agency);
    return *ret_count ? FAULT_NONE
                      : fault_set(f, FAULT_CONFLICT, "nothing to do: %s of %s is %s",
                                  all->count == 1 ? "the certificate" : "each certificate", o->agency, why);
}

enum fault_code revoked_change(const char *folder, const struct revoked_order *order, size_t *ret_count,
                               struct fault *f)
{
    struct authority a;
    OWNED_RECORD r = {0};
    struct serials all = {0};
    struct revoked_order o = *order;
    o.now.us -= o.now.us % INSTANT_SECOND_US; /* the list knows whole seconds */
    enum fault_code code = authority_open(folder, &a, f);
    if (!code)
        code = record_load(folder, &r, f);
    if (!code)
        code = find_serials(folder, o.agency, &all, f);
    if (!code && o.serial && all.count)
        code = keep_one(&all, &o, f);
    if (!code)
        code = change_all(&r, &o, &all, ret_count, f);
    if (!code)
        code = write_both(folder, &a, &r, o.now, o.list_days, f);
    free(all.items);
    authority_clear(&a);
    return code;
}

enum fault_code revoked_list(const char *folder, struct instant now, int days, struct fault *f)
{
    struct authority a;
    OWNED_RECORD r = {0};
    enum fault_code code = authority_open(folder, &a, f);
    if (!code)
        code = record_load(folder, &r, f);
    if (!code)
        code = write_both(folder, &a, &r, now, days, f);
    authority_clear(&a);
    return code;
}
