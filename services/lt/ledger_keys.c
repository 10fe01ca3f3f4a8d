#include "ledger.h"
#include "base/text.h"
#include <stdlib.h>

#define KEYS_MAX 100000

static const char authorities_sql[] = "SELECT certificate FROM authority ORDER BY key_id";
static const char router_sql[] = "SELECT certificate FROM router_key WHERE key_id = $1";
static const char agency_sql[] = "SELECT certificate FROM agency_key WHERE key_id = $1 AND purpose = 'sign'";

struct entry {
    struct digest id;
    bool router;
    struct certificate *certificate; /* NULL: not to be believed, whenever */
    char why[FAULT_TEXT_SIZE_MAX];
};

struct ledger_keys {
    struct database *database;
    struct certificate **authorities;
    size_t authority_count;
    struct entry *entries;
    size_t count, capacity;
};

static enum fault_code read_authorities(struct ledger_keys *k, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(k->database, authorities_sql, NULL, &rows, f);
    if (code != FAULT_NONE)
        return code;
    k->authorities = memory_array((size_t)rows_count(rows) + 1, sizeof(struct certificate *));
    for (int i = 0; i < rows_count(rows) && code == FAULT_NONE; i++) {
        code = certificate_parse(rows_bytes(rows, i, 0), &k->authorities[k->authority_count], f);
        k->authority_count += code == FAULT_NONE;
    }
    return code == FAULT_NONE ? code : fault_wrap(f, "the database's authorities");
}

enum fault_code ledger_keys_open(struct database *d, const char *authority, struct ledger_keys **ret, struct fault *f)
{
    OWNED(ledger_keys) k = memory_new(sizeof(*k));
    enum fault_code code;
    k->database = d;
    if (authority) {
        k->authorities = memory_array(1, sizeof(struct certificate *));
        code = certificate_load(authority, &k->authorities[0], f);
        k->authority_count = code == FAULT_NONE;
    } else {
        code = read_authorities(k, f);
    }
    if (code == FAULT_NONE)
        *ret = MOVE(k);
    return code;
}

struct ledger_keys *ledger_keys_free(struct ledger_keys *k)
{
    for (size_t i = 0; k && i < k->authority_count; i++)
        certificate_free(k->authorities[i]);
    for (size_t i = 0; k && i < k->count; i++)
        certificate_free(k->entries[i].certificate);
    if (k) {
        free(k->authorities);
        free(k->entries);
    }
    free(k);
    return NULL;
}

/* Whether an authority vouches for it, at a time when both were valid. */
static enum fault_code check(const struct ledger_keys *k, const struct certificate *c, struct fault *f)
{
    enum fault_code code = fault_set(f, FAULT_UNTRUSTED, "no authority is known; give --authority FILE");
    for (size_t i = 0; i < k->authority_count && code != FAULT_NONE; i++)
        code = certificate_check(c, k->authorities[i], CERTIFICATE_SIGNS, certificate_from(c), f);
    return code;
}

static enum fault_code believe(const struct ledger_keys *k, struct bytes der, struct entry *e, struct fault *f)
{
    OWNED(certificate) c = NULL;
    enum fault_code code = certificate_parse(der, &c, f);
    if (code == FAULT_NONE)
        code = check(k, c, f);
    if (code != FAULT_NONE)
        return code;
    struct digest id = certificate_key_id(c);
    if (!digest_equal(&id, &e->id))
        return fault_set(f, FAULT_UNTRUSTED, "the certificate kept under its id is of another key");
    if (e->router && !text_equal(certificate_agency(c), "router"))
        return fault_set(f, FAULT_UNTRUSTED, "its certificate is of \"%s\", which is no router", certificate_agency(c));
    e->certificate = MOVE(c);
    return FAULT_NONE;
}

static enum fault_code read_entry(const struct ledger_keys *k, struct entry *e, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    struct fault why = {0};
    parameters_bytes(p, digest_bytes(&e->id));
    enum fault_code code = database_run(k->database, e->router ? router_sql : agency_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    if (rows_count(rows) == 0)
        text_copy(e->why, sizeof(e->why), e->router ? "no router has such a key" : "no agency has such a key");
    else if (believe(k, rows_bytes(rows, 0, 0), e, &why) != FAULT_NONE)
        text_copy(e->why, sizeof(e->why), why.text);
    return FAULT_NONE;
}

static enum fault_code entry_of(struct ledger_keys *k, bool router, struct digest id, struct entry **ret,
                                struct fault *f)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->entries[i].router == router && digest_equal(&k->entries[i].id, &id)) {
            *ret = &k->entries[i];
            return FAULT_NONE;
        }
    if (k->count == KEYS_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d keys have signed", KEYS_MAX);
    if (k->count == k->capacity) {
        k->capacity = k->capacity ? 2 * k->capacity : 16;
        k->entries = memory_grow(k->entries, k->capacity, sizeof(*k->entries));
    }
    *ret = &k->entries[k->count];
    **ret = (struct entry){.id = id, .router = router};
    enum fault_code code = read_entry(k, *ret, f);
    k->count += code == FAULT_NONE;
    return code;
}

enum fault_code ledger_keys_find(struct ledger_keys *k, bool router, struct digest id, struct instant at,
                                 const struct certificate **ret, struct fault *f)
{
    struct entry *e = NULL;
    char hex[2 * DIGEST_SIZE + 1];
    enum fault_code code = entry_of(k, router, id, &e, f);
    if (code != FAULT_NONE)
        return code;
    if (!e->certificate)
        code = fault_set(f, FAULT_UNTRUSTED, "%s", e->why);
    else
        code = certificate_check_time(e->certificate, at, f);
    if (code != FAULT_NONE) {
        bytes_to_hex(digest_bytes(&id), hex);
        return fault_wrap(f, "key %.16s…", hex);
    }
    *ret = e->certificate;
    return FAULT_NONE;
}
