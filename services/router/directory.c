#include "directory.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct key_entry {
    struct digest id;
    struct directory_signer signer;
    struct certificate *owned;
    bool encrypts;
};

struct directory {
    int64_t version;
    struct arena arena; /* texts */
    struct directory_agency *agencies;
    struct directory_code *codes;
    struct directory_role *roles;
    struct key_entry *keys; /* ascending by id */
    struct gatekeeper_key *curves;
    struct certificate **authorities;
    struct rights *rights;
    bool *silenced; /* by agency, as they stand in AGENCIES */
    size_t agency_count, code_count, role_count, key_count, curve_count, authority_count;
};

static int key_entry_compare(const void *a, const void *b)
{
    return memcmp(((const struct key_entry *)a)->id.bytes, ((const struct key_entry *)b)->id.bytes, DIGEST_SIZE);
}

static bool in_force(struct instant from, struct instant until, struct instant at)
{
    return from.us <= at.us && at.us < until.us;
}

/* Some listed authority has issued C, at the time from which C says it is valid. Without any, the directory itself vouches. */
static bool authority_accepts(const struct directory *d, const struct certificate *c, enum certificate_usage usage,
                              bool any, struct fault *f)
{
    if (!any)
        return true;
    for (size_t i = 0; i < d->authority_count; i++)
        if (certificate_check(c, d->authorities[i], usage, certificate_from(c), f) == FAULT_NONE)
            return true;
    return false;
}

static void read_authorities(struct directory *d, const struct directory_source *source)
{
    struct fault f;
    d->authorities = memory_array(source->authority_count ? source->authority_count : 1, sizeof(struct certificate *));
    for (size_t i = 0; i < source->authority_count; i++) /* one that cannot be read accepts nothing */
        if (certificate_parse(source->authorities[i], &d->authorities[d->authority_count], &f) == FAULT_NONE)
            d->authority_count++;
}

static void key_entry_read(struct key_entry *entry, const struct directory *d, const struct directory_source *source,
                           const struct directory_key *row)
{
    struct fault f = {.text = "none of the authorities can be read"};
    struct directory_signer *signer = &entry->signer;
    enum certificate_usage usage = row->encrypts ? CERTIFICATE_ENCRYPTS : CERTIFICATE_SIGNS;
    entry->id = row->id;
    entry->encrypts = row->encrypts;
    *signer = (struct directory_signer){
        .agency = row->agency, .from = row->from, .until = row->until, .revoked = row->revoked};
    if (certificate_parse(row->certificate, &entry->owned, &f) != FAULT_NONE)
        text_copy(signer->reason, sizeof(signer->reason), f.text);
    else if (!authority_accepts(d, entry->owned, usage, source->authority_count > 0, &f))
        text_copy(signer->reason, sizeof(signer->reason), f.text);
    else
        signer->certificate = entry->owned;
}

struct directory *directory_new(const struct directory_source *source)
{
    struct directory *d = memory_new(sizeof(*d));
    arena_init(&d->arena, SIZE_MAX / 4);
    d->version = source->version;
    d->agency_count = source->agency_count;
    d->agencies = memory_copy(source->agencies, source->agency_count * sizeof(*source->agencies));
    d->curve_count = source->curve_count;
    d->curves = memory_copy(source->curves, source->curve_count * sizeof(*source->curves));
    d->code_count = source->code_count;
    d->codes = memory_copy(source->codes, source->code_count * sizeof(*source->codes));
    for (size_t i = 0; i < d->code_count; i++)
        d->codes[i].code = arena_text(&d->arena, source->codes[i].code);
    d->role_count = source->role_count;
    d->roles = memory_copy(source->roles, source->role_count * sizeof(*source->roles));
    for (size_t i = 0; i < d->role_count; i++) {
        d->roles[i].role = arena_text(&d->arena, source->roles[i].role);
        d->roles[i].jurisdiction = arena_text(&d->arena, source->roles[i].jurisdiction);
    }
    read_authorities(d, source);
    d->silenced = memory_array(source->agency_count ? source->agency_count : 1, sizeof(*d->silenced));
    d->key_count = source->key_count;
    d->keys = memory_array(source->key_count, sizeof(*d->keys));
    for (size_t i = 0; i < d->key_count; i++)
        key_entry_read(&d->keys[i], d, source, &source->keys[i]);
    qsort(d->keys, d->key_count, sizeof(*d->keys), key_entry_compare);
    d->rights = rights_new(source->rights, source->right_count);
    return d;
}

struct directory *directory_free(struct directory *d)
{
    if (!d)
        return NULL;
    for (size_t i = 0; i < d->key_count; i++)
        certificate_free(d->keys[i].owned);
    for (size_t i = 0; i < d->authority_count; i++)
        certificate_free(d->authorities[i]);
    rights_free(d->rights);
    free(d->authorities);
    free(d->silenced);
    free(d->keys);
    free(d->agencies);
    free(d->curves);
    free(d->codes);
    free(d->roles);
    arena_clear(&d->arena);
    free(d);
    return NULL;
}

int64_t directory_version(const struct directory *d)
{
    return d->version;
}

uint32_t directory_agency_of_code(const struct directory *d, const char *code, struct instant at)
{
    for (size_t i = 0; i < d->code_count; i++)
        if (in_force(d->codes[i].from, d->codes[i].until, at) && strcmp(d->codes[i].code, code) == 0)
            return d->codes[i].agency;
    return 0;
}

const char *directory_code_of_agency(const struct directory *d, uint32_t agency, struct instant at)
{
    for (size_t i = 0; i < d->code_count; i++)
        if (d->codes[i].agency == agency && in_force(d->codes[i].from, d->codes[i].until, at))
            return d->codes[i].code;
    return NULL;
}

static const struct key_entry *find_key(const struct directory *d, const struct digest *key_id)
{
    const struct key_entry wanted = {.id = *key_id};
    return bsearch(&wanted, d->keys, d->key_count, sizeof(*d->keys), key_entry_compare);
}

const struct directory_signer *directory_signer(const struct directory *d, const struct digest *key_id)
{
    const struct key_entry *entry = find_key(d, key_id);
    return entry && !entry->encrypts ? &entry->signer : NULL;
}

const struct certificate *directory_certificate(const struct directory *d, const struct digest *key_id)
{
    const struct key_entry *entry = find_key(d, key_id);
    return entry ? entry->signer.certificate : NULL;
}

static enum directory_reader reader_of(const struct key_entry *entry, uint32_t agency, struct instant at)
{
    const struct directory_signer *k = &entry->signer;
    bool revoked = (k->revoked.us && k->revoked.us <= at.us) || k->listed.us;
    if (!entry->encrypts || k->agency != agency || !k->certificate || revoked)
        return DIRECTORY_READS_NOT;
    return in_force(k->from, k->until, at) ? DIRECTORY_READS : DIRECTORY_READ_ONCE;
}

enum directory_reader directory_reads(const struct directory *d, uint32_t agency, const struct digest *key_id,
                                      struct instant at)
{
    const struct key_entry *entry = find_key(d, key_id);
    return entry ? reader_of(entry, agency, at) : DIRECTORY_READS_NOT;
}

size_t directory_encryption(const struct directory *d, uint32_t agency, struct instant at, const struct digest **ret,
                            size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < d->key_count && count < room; i++)
        if (reader_of(&d->keys[i], agency, at) == DIRECTORY_READS)
            ret[count++] = &d->keys[i].id;
    return count;
}

static void later_of(struct instant *latest, struct instant at, struct instant now)
{
    if (at.us <= now.us && at.us > latest->us)
        *latest = at;
}

struct instant directory_keys_since(const struct directory *d, uint32_t agency, struct instant now)
{
    struct instant latest = {0};
    for (size_t i = 0; i < d->key_count; i++) {
        const struct directory_signer *k = &d->keys[i].signer;
        if (!d->keys[i].encrypts || k->agency != agency)
            continue;
        const struct instant changes[] = {k->from, k->until, k->revoked, k->listed};
        for (size_t c = 0; c < LENGTH(changes); c++)
            later_of(&latest, changes[c], now);
    }
    return latest;
}

static const struct directory_agency *directory_agency(const struct directory *d, uint32_t agency)
{
    for (size_t i = 0; i < d->agency_count; i++)
        if (d->agencies[i].id == agency)
            return &d->agencies[i];
    return NULL;
}

bool directory_paused(const struct directory *d, uint32_t agency)
{
    const struct directory_agency *a = directory_agency(d, agency);
    return a && (a->paused || d->silenced[a - d->agencies]);
}

/* --- Expiry --------------------------------------------------------------------------------------------------------- */

/* By agency and use, the last to end first. */
static int last_compare(const void *a, const void *b)
{
    const struct key_entry *x = *(const struct key_entry *const *)a, *y = *(const struct key_entry *const *)b;
    if (x->signer.agency != y->signer.agency)
        return x->signer.agency < y->signer.agency ? -1 : 1;
    if (x->encrypts != y->encrypts)
        return x->encrypts ? 1 : -1;
    int64_t left = certificate_until(x->owned).us, right = certificate_until(y->owned).us;
    return left == right ? 0 : left > right ? -1 : 1;
}

void directory_last_certificates(const struct directory *d, struct instant at,
                                 void (*visit)(void *context, const struct certificate *c, uint32_t agency,
                                               const char *code),
                                 void *context)
{
    size_t count = 0;
    OWNED_MEMORY const struct key_entry **list = memory_array(d->key_count ? d->key_count : 1, sizeof(*list));
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].signer.certificate && !d->keys[i].signer.revoked.us && !d->keys[i].signer.listed.us)
            list[count++] = &d->keys[i];
    qsort(list, count, sizeof(*list), last_compare);
    for (size_t i = 0; i < count; i++) {
        bool newer =
            i > 0 && list[i - 1]->signer.agency == list[i]->signer.agency && list[i - 1]->encrypts == list[i]->encrypts;
        const char *code = newer ? NULL : directory_code_of_agency(d, list[i]->signer.agency, at);
        if (code)
            visit(context, list[i]->signer.certificate, list[i]->signer.agency, code);
    }
}

/* --- Lists of revoked certificates ---------------------------------------------------------------------------------- */

static bool all_listed(const struct directory *d, uint32_t agency)
{
    for (size_t i = 0; i < d->key_count; i++)
        if (d->keys[i].signer.agency == agency && !d->keys[i].encrypts && !d->keys[i].signer.listed.us)
            return false;
    return true;
}

void directory_mark(struct directory *d, const struct revocation *lists)
{
    for (size_t i = 0; i < d->key_count; i++) {
        struct directory_signer *signer = &d->keys[i].signer;
        const struct certificate *c = d->keys[i].owned;
        const struct revocation_entry *entry = lists && c ? revocation_find(lists, c) : NULL;
        signer->listed = entry ? entry->since : (struct instant){0};
        signer->listed_why = entry ? revocation_reason(entry) : "";
        signer->suspended = entry && revocation_suspends(entry);
        signer->unlisted = lists && c && !revocation_covers(lists, c);
    }
    memset(d->silenced, 0, d->agency_count * sizeof(*d->silenced));
    for (size_t i = 0; i < d->key_count; i++) {
        const struct directory_signer *signer = &d->keys[i].signer;
        const struct directory_agency *a = signer->listed.us ? directory_agency(d, signer->agency) : NULL;
        if (a && !d->keys[i].encrypts)
            d->silenced[a - d->agencies] = all_listed(d, a->id);
    }
}

struct certificate *const *directory_authorities(const struct directory *d, size_t *ret_count)
{
    *ret_count = d->authority_count;
    return d->authorities;
}

bool directory_has_role(const struct directory *d, uint32_t agency, const char *role, const char *jurisdiction,
                        struct instant at)
{
    for (size_t i = 0; i < d->role_count; i++) {
        const struct directory_role *r = &d->roles[i];
        bool there = !jurisdiction || !*r->jurisdiction || strcmp(r->jurisdiction, jurisdiction) == 0;
        if (r->agency == agency && there && in_force(r->from, r->until, at) && strcmp(r->role, role) == 0)
            return true;
    }
    return false;
}

const struct rights *directory_rights(const struct directory *d)
{
    return d->rights;
}

size_t directory_with_role(const struct directory *d, const char *role, struct instant at, uint32_t *ret, size_t room)
{
    size_t count = 0;
    for (size_t i = 0; i < d->role_count && count < room; i++) {
        const struct directory_role *r = &d->roles[i];
        bool known = !in_force(r->from, r->until, at) || strcmp(r->role, role) != 0;
        for (size_t k = 0; k < count && !known; k++)
            known = ret[k] == r->agency;
        if (!known)
            ret[count++] = r->agency;
    }
    return count;
}

static uint32_t directory_successor(const struct directory *d, uint32_t agency)
{
    for (size_t i = 0; i < d->agency_count; i++) { /* bounded: successors could be entered in a circle */
        const struct directory_agency *a = directory_agency(d, agency);
        if (!a || !a->successor)
            break;
        agency = a->successor;
    }
    return agency;
}

uint32_t directory_resolve(const struct directory *d, const char *role, const char *jurisdiction, struct instant at)
{
    uint32_t there = 0, everywhere = 0;
    for (size_t i = 0; i < d->role_count; i++) {
        const struct directory_role *r = &d->roles[i];
        if (!in_force(r->from, r->until, at) || strcmp(r->role, role) != 0)
            continue;
        uint32_t *best = !*r->jurisdiction                                            ? &everywhere
                         : jurisdiction && strcmp(r->jurisdiction, jurisdiction) == 0 ? &there
                                                                                      : NULL;
        if (best && (!*best || r->agency < *best))
            *best = r->agency;
    }
    return directory_successor(d, there ? there : everywhere);
}

static uint32_t resolve_for_engine(const void *context, const char *role, const char *jurisdiction, struct instant now)
{
    return directory_resolve(context, role, jurisdiction, now);
}

struct engine_directory directory_engine(const struct directory *d)
{
    return (struct engine_directory){.resolve = resolve_for_engine, .context = d};
}

const struct gatekeeper_key *directory_curves(const struct directory *d, size_t *ret_count)
{
    *ret_count = d->curve_count;
    return d->curves;
}
