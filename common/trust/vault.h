#pragma once
/* Personal data at rest: AES-256-GCM under keys that are not in the database, so that a copy of the database tells nobody anything.
 * A key file (made by vault_create, mode 0600) has one line for each key, the present one first, as "key HEX" with 64 digits, and
 * one "index HEX". To change keys put a new line in front: what older keys sealed still opens, and is sealed anew when it is next
 * written. The index key stays, as every look-up depends on it.
 *
 * A value at rest: 01, first 4 bytes of SHA-256 of the key, nonce (12 random), ciphertext, tag (16). Authenticated with it: PLACE
 * ("land.party.full_name"), NUL, and the row's OWNER, so that a value cannot be moved to another column or row. */
#include "base/digest.h"
#include "base/memory.h"

#define VAULT_OVERHEAD 33
#define VAULT_KEYS_MAX 16
#define VAULT_SIZE_MAX (64 << 20)

struct vault;

/* FAULT_CONFLICT when PATH's folder holds NAME already. */
MUST_USE enum fault_code vault_create(const char *folder, const char *name, struct fault *f);
/* Puts a new key in front; those before stay, and open what they sealed. FAULT_LIMIT: the file has as many as it may have. */
MUST_USE enum fault_code vault_rotate(const char *folder, const char *name, struct fault *f);
/* FAULT_CONFIG names the file and the line. */
MUST_USE enum fault_code vault_load(const char *path, struct vault **ret, struct fault *f);
struct vault *vault_free(struct vault *v); /* wipes */
OWNED_CLEANUP(vault)

/* Which value of which row: a wrong one does not open. OWNER: whatever names the row for ever; may be empty. */
struct vault_place {
    const char *place;
    struct bytes owner;
};

/* Appends PLAIN sealed under the present key. */
MUST_USE enum fault_code vault_seal(const struct vault *v, struct vault_place place, struct bytes plain,
                                    struct buffer *to, struct fault *f);
/* Appends what SEALED holds. FAULT_MALFORMED: no such value; FAULT_CONFIG: of a key that the file lacks; FAULT_UNTRUSTED:
 * altered, or of another place. */
MUST_USE enum fault_code vault_open(const struct vault *v, struct vault_place place, struct bytes sealed,
                                    struct buffer *to, struct fault *f);
/* HMAC-SHA-256 for finding a row by a value that is sealed: equal values of a PLACE have equal indexes. The caller brings VALUE
 * into one form before. */
struct digest vault_index(const struct vault *v, const char *place, struct bytes value);
