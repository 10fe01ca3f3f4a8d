#pragma once
/* Our keys, and the certificates of those whose signatures we check. */
#include "base/config.h"
#include "trust/curve.h"
#include "trust/key.h"
#include "trust/seal.h"
#include "trust/standing.h"

#define CREDENTIALS_PAIRS_MAX 16 /* of decryption keys */

struct credentials;
/* Reads what the configuration names; checks that our key is ours. FAULT_CONFIG and FAULT_UNTRUSTED name the file. */
MUST_USE enum fault_code credentials_open(const struct config *c, const char *agency, struct instant now,
                                          struct credentials **ret, struct fault *f);
struct credentials *credentials_free(struct credentials *c);
/* Of a reading: files that could not be used. TELL may be NULL. */
struct credentials_bad {
    size_t count;
    void (*tell)(const struct fault *why);
};
/* Reads the folder of certificates again. What was known from a file that cannot be used now stays known; a file that is gone is a
 * revocation. F tells of the last bad one. On FAULT_CONFIG (no such folder) the old ones stay. */
MUST_USE enum fault_code credentials_reload(struct credentials *c, struct credentials_bad *bad, struct fault *f);
/* Reads our own keys and certificates again, as after `lt keys issue --renew`. Those of before stay for what was sealed to and signed
 * with them. On a fault nothing changes; *ret_changed: they are others now. */
MUST_USE enum fault_code credentials_renew(struct credentials *c, struct instant now, bool *ret_changed,
                                           struct fault *f);
/* Between messages: looks at the list of revoked certificates and at when our own end. TELL gets what is new, with its name in the log. */
void credentials_poll(struct credentials *c, struct instant now,
                      void (*tell)(void *context, const struct fault *f, const char *event), void *context);
/* The next poll reads the list even if its file looks as before. */
void credentials_reread(struct credentials *c);
/* Whether what OF signed AT counts: FAULT_UNTRUSTED when it was revoked or suspended by then, or, with *ret_known false, when that
 * cannot be known (revocation.list is missing or too old). Without revocation.list: FAULT_NONE. */
MUST_USE enum fault_code credentials_stands(const struct credentials *c, const struct certificate *of,
                                            struct instant at, struct instant now, bool *ret_known, struct fault *f);
const struct key *credentials_key(const struct credentials *c);
/* Our decryption keys with their certificates: the present one first. */
const struct seal_pair *credentials_pairs(const struct credentials *c, size_t *ret_count);
const struct certificate *credentials_authority(const struct credentials *c);
const struct curve_pair *credentials_curve(const struct credentials *c);
size_t credentials_count(const struct credentials *c);
/* NULL: unknown. Of several with one key, one that is valid at AT, if there is one. */
const struct certificate *credentials_find(const struct credentials *c, const struct digest *key_id, struct instant at);
/* Chain and validity at AT. */
MUST_USE enum fault_code credentials_check(const struct credentials *c, const struct certificate *of, struct instant at,
                                           struct fault *f);
