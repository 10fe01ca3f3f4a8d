#pragma once
/* Lists of certificates that an authority has revoked or suspended before they expire: X.509 CRLs (RFC 5280 section 5), as
 * `lt keys crl` and `openssl ca -gencrl` write them. Whole lists only: no deltas, no lists for others. Once read, immutable. */
#include "trust/key.h"

#define REVOCATION_SIZE_MAX (8 << 20)
#define REVOCATION_ENTRIES_MAX 100000
#define REVOCATION_LISTS_MAX 8        /* in one file: one of each authority */
#define REVOCATION_SERIAL_SIZE_MAX 20 /* RFC 5280 4.1.2.2 */

struct revocation;

struct revocation_entry {
    struct instant since;
    uint8_t serial[REVOCATION_SERIAL_SIZE_MAX];
    uint8_t serial_size;
    int8_t reason; /* RFC 5280 5.3.1; 0: none given */
};

/* BYTES: one list in DER, or PEM with at most one of each authority. Each must be signed by one of AUTHORITIES (borrowed,
 * with key usage cRLSign), not be from the future, and say when the next one comes; one whose time is over is read all the same.
 * Errors: FAULT_MALFORMED, FAULT_LIMIT, FAULT_UNTRUSTED (unknown issuer, signature, from the future). Caller owns *ret. */
MUST_USE enum fault_code revocation_parse(struct bytes bytes, struct certificate *const *authorities, size_t count,
                                          struct instant now, struct revocation **ret, struct fault *f);
/* The same of a file, which every fault names. */
MUST_USE enum fault_code revocation_load(const char *path, struct certificate *const *authorities, size_t count,
                                         struct instant now, struct revocation **ret, struct fault *f);
/* The lists of BYTES (as above, signed by whomever) appended to TO in PEM: for the same lists always the same bytes. */
MUST_USE enum fault_code revocation_print_pem(struct bytes bytes, struct buffer *to, struct fault *f);
struct revocation *revocation_free(struct revocation *r);
OWNED_CLEANUP(revocation)

/* What stands of C in the list of its issuer; NULL: nothing. O(log n) of the list's entries. */
const struct revocation_entry *revocation_find(const struct revocation *r, const struct certificate *c);
bool revocation_suspends(const struct revocation_entry *e);      /* certificateHold: it may come back */
const char *revocation_reason(const struct revocation_entry *e); /* "keyCompromise"; "" when none was given. Static. */
/* Whether there is a list of C's issuer at all. */
bool revocation_covers(const struct revocation *r, const struct certificate *c);
size_t revocation_count(const struct revocation *r); /* entries of all lists */
/* The oldest of its lists' thisUpdate, and the first nextUpdate. */
struct instant revocation_from(const struct revocation *r);
struct instant revocation_until(const struct revocation *r);
/* FAULT_CONFLICT when R has a list that is older than that of the same authority in BEFORE, or lacks it: whoever can exchange
 * the file must not be able to bring a revoked key back. */
MUST_USE enum fault_code revocation_replaces(const struct revocation *r, const struct revocation *before,
                                             struct fault *f);

/* The number of a reason that a list may give; -1: there is none of that name. */
int revocation_reason_number(const char *name);
