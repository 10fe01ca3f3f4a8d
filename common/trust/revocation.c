#include "trust/revocation.h"
#include "base/memory.h"
#include "base/text.h"
#include "trust/keyfile.h"
#include "trust/pkey.h"
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#define FUTURE_US_MAX (5 * INSTANT_MINUTE_US) /* of the authority's clock before ours */
#define ISSUER_TEXT_SIZE 160

/* Of one authority. */
struct list {
    X509 *authority; /* owned */
    struct revocation_entry *entries;
    size_t count;
    struct instant from, until;
};

struct revocation {
    struct list lists[REVOCATION_LISTS_MAX];
    size_t count;
};

static const char *const reasons[] = {[CRL_REASON_UNSPECIFIED] = "unspecified",
                                      [CRL_REASON_KEY_COMPROMISE] = "keyCompromise",
                                      [CRL_REASON_CA_COMPROMISE] = "cACompromise",
                                      [CRL_REASON_AFFILIATION_CHANGED] = "affiliationChanged",
                                      [CRL_REASON_SUPERSEDED] = "superseded",
                                      [CRL_REASON_CESSATION_OF_OPERATION] = "cessationOfOperation",
                                      [CRL_REASON_CERTIFICATE_HOLD] = "certificateHold",
                                      [CRL_REASON_PRIVILEGE_WITHDRAWN] = "privilegeWithdrawn",
                                      [CRL_REASON_AA_COMPROMISE] = "aACompromise"};

int revocation_reason_number(const char *name)
{
    for (size_t i = 0; i < LENGTH(reasons); i++)
        if (reasons[i] && text_equal(name, reasons[i]))
            return (int)i;
    return -1;
}

bool revocation_suspends(const struct revocation_entry *e)
{
    return e->reason == CRL_REASON_CERTIFICATE_HOLD;
}

const char *revocation_reason(const struct revocation_entry *e)
{
    return e->reason == CRL_REASON_UNSPECIFIED ? "" : reasons[e->reason];
}

/* --- Reading an entry ----------------------------------------------------------------------------------------------- */

static int entry_compare(const void *a, const void *b)
{
    const struct revocation_entry *x = a, *y = b;
    return bytes_compare(BYTES(x->serial, x->serial_size), BYTES(y->serial, y->serial_size));
}

static bool set_serial(struct revocation_entry *e, const ASN1_INTEGER *serial)
{
    int size = ASN1_STRING_length(serial);
    if (size < 1 || size > REVOCATION_SERIAL_SIZE_MAX || ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER)
        return false;
    e->serial_size = (uint8_t)size;
    memcpy(e->serial, ASN1_STRING_get0_data(serial), (size_t)size);
    return true;
}

/* What is critical and not known here would change what the entry or the list means. */
static bool known_critical(const X509_EXTENSION *extension, const int *known, size_t count)
{
    int nid = OBJ_obj2nid(X509_EXTENSION_get_object((X509_EXTENSION *)extension));
    for (size_t i = 0; i < count; i++)
        if (nid == known[i])
            return true;
    return !X509_EXTENSION_get_critical(extension);
}

static enum fault_code read_entry(X509_REVOKED *from, struct revocation_entry *ret, struct fault *f)
{
    static const int known[] = {NID_crl_reason, NID_invalidity_date};
    if (!set_serial(ret, X509_REVOKED_get0_serialNumber(from)))
        return fault_set(f, FAULT_MALFORMED, "a serial number is not 1 to %d bytes long, or negative",
                         REVOCATION_SERIAL_SIZE_MAX);
    for (int i = 0; i < X509_REVOKED_get_ext_count(from); i++)
        if (!known_critical(X509_REVOKED_get_ext(from, i), known, LENGTH(known)))
            return fault_set(f, FAULT_MALFORMED, "an entry has a critical extension that we do not know");
    int state = 0;
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(from, NID_crl_reason, &state, NULL);
    long number = reason ? ASN1_ENUMERATED_get(reason) : CRL_REASON_UNSPECIFIED;
    ASN1_ENUMERATED_free(reason);
    if ((!reason && state != -1) || number < 0 || number >= (long)LENGTH(reasons) || !reasons[number])
        return fault_set(f, FAULT_MALFORMED, "an entry's reason is none that a whole list may give");
    ret->reason = (int8_t)number;
    return asn1_instant(X509_REVOKED_get0_revocationDate(from), &ret->since, f);
}

static enum fault_code read_entries(X509_CRL *crl, struct list *ret, struct fault *f)
{
    STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);
    int count = all ? sk_X509_REVOKED_num(all) : 0;
    if (count > REVOCATION_ENTRIES_MAX)
        return fault_set(f, FAULT_LIMIT, "%d entries, limit %d", count, REVOCATION_ENTRIES_MAX);
    ret->entries = memory_array(count ? (size_t)count : 1, sizeof(*ret->entries));
    for (; ret->count < (size_t)count; ret->count++) {
        enum fault_code code = read_entry(sk_X509_REVOKED_value(all, (int)ret->count), &ret->entries[ret->count], f);
        if (code)
            return code;
    }
    qsort(ret->entries, ret->count, sizeof(*ret->entries), entry_compare);
    for (size_t i = 1; i < ret->count; i++)
        if (entry_compare(&ret->entries[i - 1], &ret->entries[i]) == 0)
            return fault_set(f, FAULT_MALFORMED, "a serial number stands in it twice");
    return FAULT_NONE;
}

/* --- Reading a list ------------------------------------------------------------------------------------------------- */

static enum fault_code check_times(X509_CRL *crl, struct instant now, struct list *ret, struct fault *f)
{
    char text[INSTANT_TEXT_SIZE], at[INSTANT_TEXT_SIZE];
    enum fault_code code = asn1_instant(X509_CRL_get0_lastUpdate(crl), &ret->from, f);
    if (!code && !X509_CRL_get0_nextUpdate(crl))
        code = fault_set(f, FAULT_MALFORMED, "it does not say when the next list comes (nextUpdate)");
    if (!code)
        code = asn1_instant(X509_CRL_get0_nextUpdate(crl), &ret->until, f);
    if (code)
        return code;
    instant_print(ret->from, text);
    instant_print(now, at);
    if (ret->from.us > now.us + FUTURE_US_MAX)
        return fault_set(f, FAULT_UNTRUSTED, "it is from the future: made at %s, now it is %s; is a clock wrong?", text,
                         at);
    return ret->until.us > ret->from.us ? FAULT_NONE
                                        : fault_set(f, FAULT_MALFORMED, "the next list comes before this one");
}

/* Delta lists, indirect ones and those of a part of the certificates say so in critical extensions. */
static enum fault_code check_extensions(X509_CRL *crl, struct fault *f)
{
    for (int i = 0; i < X509_CRL_get_ext_count(crl); i++)
        if (!known_critical(X509_CRL_get_ext(crl, i), NULL, 0))
            return fault_set(f, FAULT_MALFORMED,
                             "it is no whole list of its issuer's (a critical extension: delta, indirect or partial)");
    return FAULT_NONE;
}

static bool may_sign(X509 *authority)
{
    uint32_t usage = X509_get_key_usage(authority); /* all bits without the extension */
    return X509_check_ca(authority) == 1 && (usage & KU_CRL_SIGN);
}

static enum fault_code find_issuer(X509_CRL *crl, struct certificate *const *authorities, size_t count,
                                   struct list *ret, struct fault *f)
{
    char issuer[ISSUER_TEXT_SIZE];
    bool named = false;
    for (size_t i = 0; i < count; i++) {
        X509 *authority = certificate_x509(authorities[i]);
        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(authority)) != 0)
            continue;
        named = true;
        if (!may_sign(authority) || X509_CRL_verify(crl, certificate_pkey(authorities[i])->evp) != 1)
            continue;
        X509_up_ref(authority);
        ret->authority = authority;
        return FAULT_NONE;
    }
    (void)openssl_reason();
    if (named)
        return fault_set(f, FAULT_UNTRUSTED,
                         "its issuer has our authority's name but the signature is not our authority's");
    X509_NAME_oneline(X509_CRL_get_issuer(crl), issuer, sizeof(issuer));
    return fault_set(f, FAULT_UNTRUSTED,
                     "unknown issuer \"%s\": it is none of the %zu authorities that are accepted here", issuer, count);
}

static enum fault_code read_list(X509_CRL *crl, struct certificate *const *authorities, size_t count,
                                 struct instant now, struct revocation *r, struct fault *f)
{
    if (r->count == REVOCATION_LISTS_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d lists in one file", REVOCATION_LISTS_MAX);
    struct list *list = &r->lists[r->count++];
    enum fault_code code = find_issuer(crl, authorities, count, list, f);
    for (size_t i = 0; !code && i + 1 < r->count; i++)
        if (X509_cmp(r->lists[i].authority, list->authority) == 0)
            code = fault_set(f, FAULT_MALFORMED, "two lists of the same authority");
    if (!code)
        code = check_extensions(crl, f);
    if (!code)
        code = check_times(crl, now, list, f);
    return code ? code : read_entries(crl, list, f);
}

/* --- Reading a file ------------------------------------------------------------------------------------------------- */

static enum fault_code read_der(struct bytes bytes, struct certificate *const *authorities, size_t count,
                                struct instant now, struct revocation *r, struct fault *f)
{
    const uint8_t *at = bytes.data;
    X509_CRL *crl = d2i_X509_CRL(NULL, &at, (long)bytes.size);
    enum fault_code code;
    if (!crl)
        code = fault_set(f, FAULT_MALFORMED, "not an X.509 revocation list: %s", openssl_reason());
    else if (at != bytes.data + bytes.size)
        code = fault_set(f, FAULT_MALFORMED, "%zu bytes follow the list", (size_t)(bytes.data + bytes.size - at));
    else
        code = read_list(crl, authorities, count, now, r, f);
    X509_CRL_free(crl);
    return code;
}

static enum fault_code read_pem(struct bytes bytes, struct certificate *const *authorities, size_t count,
                                struct instant now, struct revocation *r, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    BIO *source = BIO_new_mem_buf(bytes.data, (int)bytes.size);
    while (!code) {
        char *name = NULL, *header = NULL;
        uint8_t *der = NULL;
        long size = 0;
        if (!source || PEM_read_bio(source, &name, &header, &der, &size) != 1)
            break;
        if (strcmp(name, PEM_STRING_X509_CRL) == 0)
            code = read_der(BYTES(der, (size_t)size), authorities, count, now, r, f);
        else
            code = fault_set(f, FAULT_MALFORMED, "it holds a %s; an X509 CRL is wanted", name);
        OPENSSL_free(name);
        OPENSSL_free(header);
        OPENSSL_free(der);
    }
    BIO_free(source);
    ERR_clear_error(); /* the end of the file is told like a cut block: the caller counts */
    return code;
}

static size_t occurrences(struct bytes bytes, const char *text)
{
    size_t count = 0, size = strlen(text);
    const uint8_t *at = bytes.data, *end = bytes.data + bytes.size;
    while ((at = memmem(at, (size_t)(end - at), text, size))) {
        at += size;
        count++;
    }
    return count;
}

enum fault_code revocation_parse(struct bytes bytes, struct certificate *const *authorities, size_t count,
                                 struct instant now, struct revocation **ret, struct fault *f)
{
    static const char begin[] = "-----BEGIN ";
    if (bytes.size > REVOCATION_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "%zu bytes, limit %d", bytes.size, REVOCATION_SIZE_MAX);
    if (bytes.size == 0)
        return fault_set(f, FAULT_MALFORMED, "it is empty");
    OWNED(revocation) r = memory_new(sizeof(*r));
    size_t blocks = occurrences(bytes, begin);
    bool pem = blocks > 0;
    enum fault_code code =
        pem ? read_pem(bytes, authorities, count, now, r, f) : read_der(bytes, authorities, count, now, r, f);
    if (!code && pem && blocks != r->count)
        code = fault_set(f, FAULT_MALFORMED, "not a whole PEM file: %zu of %zu blocks", r->count, blocks);
    if (!code)
        *ret = MOVE(r);
    return code;
}

enum fault_code revocation_load(const char *path, struct certificate *const *authorities, size_t count,
                                struct instant now, struct revocation **ret, struct fault *f)
{
    OWNED_BUFFER bytes = BUFFER(REVOCATION_SIZE_MAX);
    enum fault_code code = keyfile_read(path, false, &bytes, f);
    if (code)
        return code;
    code = revocation_parse(buffer_bytes(&bytes), authorities, count, now, ret, f);
    if (code)
        fault_wrap(f, "revocation list %s", path);
    return code;
}

static enum fault_code append_pem(X509_CRL *crl, struct buffer *to, struct fault *f)
{
    char *data = NULL;
    BIO *text = BIO_new(BIO_s_mem());
    long size = text && PEM_write_bio_X509_CRL(text, crl) == 1 ? BIO_get_mem_data(text, &data) : 0;
    enum fault_code code = size > 0 ? buffer_append(to, BYTES(data, (size_t)size), f)
                                    : fault_set(f, FAULT_MALFORMED, "writing a revocation list: %s", openssl_reason());
    BIO_free(text);
    return code;
}

enum fault_code revocation_print_pem(struct bytes bytes, struct buffer *to, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    size_t count = 0;
    BIO *source = bytes.size && bytes.size <= REVOCATION_SIZE_MAX ? BIO_new_mem_buf(bytes.data, (int)bytes.size) : NULL;
    const uint8_t *at = bytes.data;
    X509_CRL *crl = source ? d2i_X509_CRL(NULL, &at, (long)bytes.size) : NULL;
    bool der = crl != NULL;
    while (source && !code && (crl || (!der && (crl = PEM_read_bio_X509_CRL(source, NULL, NULL, NULL))))) {
        code = append_pem(crl, to, f);
        X509_CRL_free(crl);
        crl = NULL;
        count++;
    }
    BIO_free(source);
    ERR_clear_error();
    return code || count ? code : fault_set(f, FAULT_MALFORMED, "not an X.509 revocation list");
}

struct revocation *revocation_free(struct revocation *r)
{
    for (size_t i = 0; r && i < r->count; i++) {
        X509_free(r->lists[i].authority);
        free(r->lists[i].entries);
    }
    free(r);
    return NULL;
}

/* --- Looking up ----------------------------------------------------------------------------------------------------- */

/* By name and key: a renewed authority may keep its name, and then the same serial number means two certificates. */
static const struct list *find_list(const struct revocation *r, const struct certificate *c)
{
    for (size_t i = 0; i < r->count; i++)
        if (X509_check_issued(r->lists[i].authority, certificate_x509(c)) == X509_V_OK)
            return &r->lists[i];
    return NULL;
}

const struct revocation_entry *revocation_find(const struct revocation *r, const struct certificate *c)
{
    struct revocation_entry wanted;
    const struct list *list = find_list(r, c);
    if (!list || !set_serial(&wanted, X509_get0_serialNumber(certificate_x509(c))))
        return NULL;
    return bsearch(&wanted, list->entries, list->count, sizeof(*list->entries), entry_compare);
}

bool revocation_covers(const struct revocation *r, const struct certificate *c)
{
    return find_list(r, c) != NULL;
}

size_t revocation_count(const struct revocation *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        count += r->lists[i].count;
    return count;
}

struct instant revocation_from(const struct revocation *r)
{
    struct instant from = r->lists[0].from;
    for (size_t i = 1; i < r->count; i++)
        if (r->lists[i].from.us < from.us)
            from = r->lists[i].from;
    return from;
}

struct instant revocation_until(const struct revocation *r)
{
    struct instant until = r->lists[0].until;
    for (size_t i = 1; i < r->count; i++)
        if (r->lists[i].until.us < until.us)
            until = r->lists[i].until;
    return until;
}

enum fault_code revocation_replaces(const struct revocation *r, const struct revocation *before, struct fault *f)
{
    for (size_t i = 0; i < before->count; i++) {
        const struct list *old = &before->lists[i], *new = NULL;
        for (size_t j = 0; j < r->count && !new; j++)
            if (X509_cmp(r->lists[j].authority, old->authority) == 0)
                new = &r->lists[j];
        if (!new)
            return fault_set(f, FAULT_CONFLICT, "it lacks the list of an authority that the one in use has");
        if (new->from.us < old->from.us) {
            char had[INSTANT_TEXT_SIZE], has[INSTANT_TEXT_SIZE];
            instant_print(old->from, had);
            instant_print(new->from, has);
            return fault_set(f, FAULT_CONFLICT, "it is of %s, older than the one in use, of %s", has, had);
        }
    }
    return FAULT_NONE;
}
