#pragma once
/* Public keys of those who sign tokens (JWS, RFC 7515 and 8037): P-256 and Ed25519, from PEM files. What a key is for is fixed by
 * the key: no statement of a token changes the algorithm that its signature is checked with. */
#include "base/bytes.h"
#include "base/memory.h"

#define PUBLIC_KEY_SIGNATURE_SIZE 64 /* of both kinds */

struct public_key;

/* "-----BEGIN PUBLIC KEY-----". FAULT_CONFIG: unreadable, or another kind of key. Caller owns. */
MUST_USE enum fault_code public_key_load(const char *path, struct public_key **ret, struct fault *f);
struct public_key *public_key_free(struct public_key *k);
OWNED_CLEANUP(public_key)
/* "ES256" or "EdDSA". */
const char *public_key_algorithm(const struct public_key *k);
/* ES256: r and s of 32 bytes each, as JWS has them. */
bool public_key_matches(const struct public_key *k, struct bytes text, struct bytes signature);
