#pragma once
/* Our keys, and the certificates of those whose signatures we check. */
#include "base/config.h"
#include "trust/curve.h"
#include "trust/key.h"

struct credentials;
/* Reads what the configuration names; checks that our key is ours. FAULT_CONFIG and FAULT_UNTRUSTED name the file. */
MUST_USE enum fault_code credentials_open(const struct config *c, const char *agency, struct instant now,
                                          struct credentials **ret, struct fault *f);
struct credentials *credentials_free(struct credentials *c);
/* Reads the folder of certificates again. A certificate that cannot be used is passed over: *ret_bad counts them, and F tells
 * of the last one. On FAULT_CONFIG (no such folder) the old ones stay. */
MUST_USE enum fault_code credentials_reload(struct credentials *c, struct instant now, size_t *ret_bad,
                                            struct fault *f);
const struct key *credentials_key(const struct credentials *c);
const struct curve_pair *credentials_curve(const struct credentials *c);
size_t credentials_count(const struct credentials *c);
/* NULL: unknown. */
const struct certificate *credentials_find(const struct credentials *c, const struct digest *key_id);
/* Chain and validity at AT. */
MUST_USE enum fault_code credentials_check(const struct credentials *c, const struct certificate *of, struct instant at,
                                           struct fault *f);
