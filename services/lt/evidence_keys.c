#include "base/text.h"
#include "evidence.h"
#include "file.h"
#include <stdlib.h>
#include <string.h>

#define PEM_SIZE_MAX ((size_t)1 << 20)
#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"

static const char certificate_sql[] = "SELECT certificate FROM agency_key WHERE key_id = $1 AND purpose = 'sign'"
                                      " UNION ALL SELECT certificate FROM router_key WHERE key_id = $1 LIMIT 1";
static const char authorities_sql[] = "SELECT certificate FROM authority ORDER BY key_id";

/* --- A PEM file with several ------------------------------------------------------------------------------------------ */

void evidence_authorities_clear(struct evidence_authorities *a)
{
    for (size_t i = 0; i < a->count; i++)
        certificate_free(a->items[i]);
    a->count = 0;
}

enum fault_code evidence_authorities_load(const char *path, struct evidence_authorities *ret, struct fault *f)
{
    OWNED_BUFFER pem = BUFFER(PEM_SIZE_MAX);
    *ret = (struct evidence_authorities){.count = 0};
    enum fault_code code = file_read(path, &pem, f);
    const uint8_t *at = pem.data, *end = pem.data ? pem.data + pem.size : NULL;
    while (code == FAULT_NONE && at && (at = memmem(at, (size_t)(end - at), PEM_BEGIN, strlen(PEM_BEGIN)))) {
        if (ret->count == EVIDENCE_AUTHORITIES_MAX)
            return fault_set(f, FAULT_LIMIT, "%s: more than %d certificates", path, EVIDENCE_AUTHORITIES_MAX);
        code = certificate_parse_pem(BYTES(at, (size_t)(end - at)), &ret->items[ret->count], f);
        ret->count += code == FAULT_NONE;
        at += strlen(PEM_BEGIN);
    }
    if (code == FAULT_NONE && ret->count == 0)
        code = fault_set(f, FAULT_CONFIG, "it holds no certificate (PEM)");
    return code == FAULT_NONE ? code : fault_wrap(f, "%s", path);
}

/* --- Those of an export ----------------------------------------------------------------------------------------------- */

static enum fault_code find_certificate(struct export *e, const struct digest *id, const struct certificate *own,
                                        struct certificate **ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    struct digest own_id = certificate_key_id(own);
    char hex[2 * DIGEST_SIZE + 1];
    if (digest_equal(&own_id, id))
        return certificate_parse(certificate_der(own), ret, f);
    parameters_bytes(p, digest_bytes(id));
    enum fault_code code = database_run(e->database, certificate_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    bytes_to_hex(digest_bytes(id), hex);
    if (rows_count(rows) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "the database has no certificate of key %.16s…", hex);
    return certificate_parse(rows_bytes(rows, 0, 0), ret, f);
}

static enum fault_code read_authorities(struct export *e, struct evidence_authorities *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(e->database, authorities_sql, NULL, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) > EVIDENCE_AUTHORITIES_MAX)
        code = fault_set(f, FAULT_LIMIT, "more than %d authorities", EVIDENCE_AUTHORITIES_MAX);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
        code = certificate_parse(rows_bytes(rows, i, 0), &ret->items[ret->count], f);
        ret->count += code == FAULT_NONE;
    }
    return code;
}

/* By which of them C is issued is noted in USED. */
static enum fault_code find_issuer(const struct certificate *c, const struct evidence_authorities *all, bool *used,
                                   struct fault *f)
{
    enum fault_code code = fault_set(f, FAULT_UNTRUSTED, "the database names no authority");
    for (size_t i = 0; i < all->count && code != FAULT_NONE; i++) {
        code = certificate_check(c, all->items[i], CERTIFICATE_SIGNS, certificate_from(c), f);
        used[i] = used[i] || code == FAULT_NONE;
    }
    return code;
}

static enum fault_code write_certificates(struct export *e, const struct certificate *own,
                                          const struct evidence_authorities *all, bool *used, struct fault *f)
{
    size_t count;
    const struct digest *keys = maker_keys(e->maker, &count);
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < count && code == FAULT_NONE; i++) {
        OWNED(certificate) c = NULL;
        code = find_certificate(e, &keys[i], own, &c, f);
        if (code == FAULT_NONE)
            code = find_issuer(c, all, used, f);
        if (code == FAULT_NONE)
            code = maker_certificate(e->maker, c, f);
    }
    return code;
}

enum fault_code evidence_write_keys(struct export *e, const struct certificate *own, struct bytes crl, struct fault *f)
{
    struct evidence_authorities all = {.count = 0};
    bool used[EVIDENCE_AUTHORITIES_MAX] = {false};
    enum fault_code code = read_authorities(e, &all, f);
    if (code == FAULT_NONE)
        code = write_certificates(e, own, &all, used, f);
    for (size_t i = 0; i < all.count && code == FAULT_NONE; i++)
        if (used[i])
            code = maker_authority(e->maker, all.items[i], f);
    evidence_authorities_clear(&all);
    if (code == FAULT_NONE && crl.size)
        code = maker_revocation(e->maker, crl, f);
    return code;
}
