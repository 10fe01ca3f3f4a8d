/* Certificates, authorities, and the list of those that are revoked. */
#include "evidence/inside.h"
#include "evidence/names.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEM_SIZE_MAX ((size_t)128 * 1024)

/* A certificate under the name that its key gives it, in the one PEM text that it has. */
static enum fault_code read_certificate(const struct evidence *e, size_t entry, const char *folder,
                                        struct certificate **ret, struct fault *f)
{
    char hex[2 * DIGEST_SIZE + 1], name[ARCHIVE_NAME_SIZE];
    OWNED(certificate) c = NULL;
    OWNED_BUFFER pem = BUFFER(PEM_SIZE_MAX);
    const char *is = archive_entry(e->archive, entry)->name;
    enum fault_code code = certificate_parse_pem(archive_content(e->archive, entry), &c, f);
    if (code == FAULT_NONE)
        code = certificate_print_pem(c, &pem, f);
    if (code != FAULT_NONE)
        return fault_wrap(f, "%s", is);
    struct digest id = certificate_key_id(c);
    bytes_to_hex(digest_bytes(&id), hex);
    snprintf(name, sizeof(name), "%s%s.pem", folder, hex);
    if (!text_equal(name, is))
        return fault_set(f, FAULT_UNTRUSTED, "%s is of another key: %s", is, name);
    if (!bytes_equal(buffer_bytes(&pem), archive_content(e->archive, entry)))
        return fault_set(f, FAULT_MALFORMED, "%s is more than its certificate in PEM", is);
    *ret = MOVE(c);
    return FAULT_NONE;
}

static bool is_in(const struct evidence *e, size_t entry, const char *folder)
{
    return entry < archive_count(e->archive) &&
           strncmp(archive_entry(e->archive, entry)->name, folder, strlen(folder)) == 0;
}

static size_t first_in(const struct evidence *e, const char *folder)
{
    size_t entry = 0;
    while (entry < archive_count(e->archive) && !is_in(e, entry, folder))
        entry++;
    return entry;
}

/* --- Authorities ------------------------------------------------------------------------------------------------------ */

static bool is_given(const struct evidence *e, const struct certificate *c)
{
    for (size_t i = 0; i < e->anchors->authority_count; i++)
        if (bytes_equal(certificate_der(c), certificate_der(e->anchors->authorities[i])))
            return true;
    return false;
}

static enum fault_code read_authorities(struct evidence *e, struct fault *f)
{
    for (size_t at = first_in(e, NAMES_AUTHORITIES); is_in(e, at, NAMES_AUTHORITIES); at++) {
        e->authorities = inside_grow(e->authorities, e->authority_count, sizeof(*e->authorities));
        struct certificate **c = &e->authorities[e->authority_count];
        enum fault_code code = read_certificate(e, at, NAMES_AUTHORITIES, c, f);
        if (code != FAULT_NONE)
            return code;
        e->authority_count++;
        if (e->anchors->authority_count && !is_given(e, *c))
            return fault_set(f, FAULT_UNTRUSTED, "%s is of an authority that is not the given one",
                             archive_entry(e->archive, at)->name);
    }
    if (e->anchors->authority_count == 0 && e->authority_count == 0)
        return fault_set(f, FAULT_UNTRUSTED, "no authority was given, and the file names none");
    if (e->anchors->authority_count == 0)
        inside_fall_short(
            e, "The authority was taken from the file itself, so whoever made the file may have made all keys in "
               "it: give the authority's certificate (--authority FILE).");
    certificate_name(e->anchors->authority_count ? e->anchors->authorities[0] : e->authorities[0], e->authority);
    return FAULT_NONE;
}

static struct certificate *const *authorities_of(const struct evidence *e, size_t *ret_count)
{
    bool given = e->anchors->authority_count > 0;
    *ret_count = given ? e->anchors->authority_count : e->authority_count;
    return given ? e->anchors->authorities : e->authorities;
}

static enum fault_code check_issued(const struct evidence *e, const struct certificate *c, struct fault *f)
{
    size_t count;
    struct certificate *const *authorities = authorities_of(e, &count);
    enum fault_code code = FAULT_UNTRUSTED;
    for (size_t i = 0; i < count && code != FAULT_NONE; i++)
        code = certificate_check(c, authorities[i], CERTIFICATE_SIGNS, certificate_from(c), f);
    return code;
}

/* --- Revocation ------------------------------------------------------------------------------------------------------- */

/* The file's list must have been in force when it was exported; one from elsewhere must not be older than it. */
static enum fault_code check_own_list(const struct evidence *e, struct bytes list, struct fault *f)
{
    char until[INSTANT_TEXT_SIZE];
    OWNED_BUFFER pem = BUFFER((size_t)2 * REVOCATION_SIZE_MAX);
    enum fault_code code = revocation_print_pem(list, &pem, f);
    if (code == FAULT_NONE && !bytes_equal(buffer_bytes(&pem), list))
        code = fault_set(f, FAULT_MALFORMED, "it is more than its lists in PEM");
    if (code != FAULT_NONE)
        return code;
    if (revocation_until(e->revocation).us >= e->head.exported.us)
        return FAULT_NONE;
    instant_print(revocation_until(e->revocation), until);
    return fault_set(f, FAULT_UNTRUSTED, "its time was over, %s, before the file was exported", until);
}

static enum fault_code take_newer(struct evidence *e, struct fault *f)
{
    static const struct instant ever = {INT64_MAX / 2}; /* who gives it knows what day it is */
    size_t count;
    struct certificate *const *authorities = authorities_of(e, &count);
    struct revocation *newer = NULL;
    enum fault_code code = revocation_parse(e->anchors->revocation, authorities, count, ever, &newer, f);
    if (code == FAULT_NONE && e->revocation)
        code = revocation_replaces(newer, e->revocation, f);
    if (code != FAULT_NONE) {
        revocation_free(newer);
        return fault_wrap(f, "the list of revoked certificates that was given");
    }
    revocation_free(e->revocation);
    e->revocation = newer;
    return FAULT_NONE;
}

static enum fault_code read_revocation(struct evidence *e, struct fault *f)
{
    size_t count, entry = archive_find(e->archive, NAMES_REVOCATION);
    struct certificate *const *authorities = authorities_of(e, &count);
    bool there = entry < archive_count(e->archive);
    enum fault_code code = FAULT_NONE;
    if (there != e->head.revocation)
        return fault_set(f, FAULT_UNTRUSTED, "index.txt says that there is %s list of revoked certificates",
                         e->head.revocation ? "a" : "no");
    if (there) {
        code = revocation_parse(archive_content(e->archive, entry), authorities, count, e->head.exported,
                                &e->revocation, f);
        if (code == FAULT_NONE)
            code = check_own_list(e, archive_content(e->archive, entry), f);
        if (code != FAULT_NONE)
            return fault_wrap(f, "%s", NAMES_REVOCATION);
    }
    if (e->anchors->revocation.size)
        code = take_newer(e, f);
    if (code == FAULT_NONE && !e->revocation && !e->anchors->without_revocation)
        inside_fall_short(
            e, "There is no list of revoked certificates: whether a key had been revoked is not known. Give one "
               "(--crl FILE), or say --without-revocation.");
    return code;
}

static enum fault_code mark_revoked(const struct evidence *e, struct evidence_key *k, struct fault *f)
{
    if (!e->revocation)
        return FAULT_NONE;
    const struct revocation_entry *entry = revocation_find(e->revocation, k->certificate);
    if (!revocation_covers(e->revocation, k->certificate))
        return fault_set(f, FAULT_UNTRUSTED,
                         "there is no list of revoked certificates of the authority that issued that of %s",
                         certificate_agency(k->certificate));
    if (!entry)
        return FAULT_NONE;
    k->revoked = entry->since;
    text_copy(k->reason, sizeof(k->reason), revocation_reason(entry));
    return FAULT_NONE;
}

/* --- Keys ------------------------------------------------------------------------------------------------------------- */

static enum fault_code read_key(struct evidence *e, size_t entry, struct fault *f)
{
    e->keys = inside_grow(e->keys, e->key_count, sizeof(*e->keys));
    struct evidence_key *k = &e->keys[e->key_count];
    enum fault_code code = read_certificate(e, entry, NAMES_CERTIFICATES, &k->certificate, f);
    if (code != FAULT_NONE)
        return code;
    e->key_count++;
    k->id = certificate_key_id(k->certificate);
    certificate_name(k->certificate, k->name);
    if (e->key_count > 1 && memcmp(k[-1].id.bytes, k->id.bytes, DIGEST_SIZE) >= 0)
        return fault_set(f, FAULT_MALFORMED, "%s is not in its place", archive_entry(e->archive, entry)->name);
    code = check_issued(e, k->certificate, f);
    return code == FAULT_NONE ? mark_revoked(e, k, f) : fault_wrap(f, "%s", archive_entry(e->archive, entry)->name);
}

enum fault_code inside_check_keys(struct evidence *e, struct fault *f)
{
    enum fault_code code = read_authorities(e, f);
    if (code == FAULT_NONE)
        code = read_revocation(e, f);
    for (size_t at = first_in(e, NAMES_CERTIFICATES); is_in(e, at, NAMES_CERTIFICATES) && code == FAULT_NONE; at++)
        code = read_key(e, at, f);
    return code;
}

enum fault_code inside_key(const struct evidence *e, const struct digest *id, const struct evidence_key **ret,
                           struct fault *f)
{
    char hex[2 * DIGEST_SIZE + 1];
    for (size_t i = 0; i < e->key_count; i++)
        if (digest_equal(&e->keys[i].id, id)) {
            *ret = &e->keys[i];
            return FAULT_NONE;
        }
    bytes_to_hex(digest_bytes(id), hex);
    return fault_set(f, FAULT_UNTRUSTED, "the certificate of key %.16s… is not in the file", hex);
}

/* What was signed before a revocation stays good; AT: when the record says that it was there. */
enum fault_code inside_standing(const struct evidence_key *k, struct instant at, struct fault *f)
{
    char since[INSTANT_TEXT_SIZE], then[INSTANT_TEXT_SIZE];
    enum fault_code code = certificate_check_time(k->certificate, at, f);
    if (code != FAULT_NONE)
        return fault_wrap(f, "certificate of %s", certificate_agency(k->certificate));
    if (k->revoked.us == 0 || at.us < k->revoked.us)
        return FAULT_NONE;
    instant_print(k->revoked, since);
    instant_print(at, then);
    return fault_set(f, FAULT_UNTRUSTED, "the key of %s was revoked (%s) since %s, and this is of %s",
                     certificate_agency(k->certificate), *k->reason ? k->reason : "no reason given", since, then);
}

/* Nothing else lies between the chains and the index, and no certificate that has signed nothing. */
enum fault_code inside_check_rest(struct evidence *e, struct fault *f)
{
    for (size_t i = 0; i < e->key_count; i++) {
        bool used = digest_equal(&e->keys[i].id, &e->head.exporter);
        for (size_t j = 0; j < e->message_count && !used; j++)
            used = e->messages[j].key == &e->keys[i];
        for (size_t j = 0; j < e->block_count && !used; j++)
            used = e->blocks[j].key == &e->keys[i];
        if (!used)
            return fault_set(f, FAULT_MALFORMED, "%s has signed nothing in the file",
                             archive_entry(e->archive, first_in(e, NAMES_CERTIFICATES) + i)->name);
    }
    while (is_in(e, e->entry, NAMES_CERTIFICATES))
        e->entry++;
    while (is_in(e, e->entry, NAMES_AUTHORITIES))
        e->entry++;
    struct bytes list;
    return e->head.revocation ? inside_take(e, &list, f, NAMES_REVOCATION) : FAULT_NONE;
}
