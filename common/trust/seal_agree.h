#pragma once
/* Seals to P-256 keys alone: the same CMS as seal.c makes by OpenSSL, with one ephemeral key for all recipients (RFC 5753 3.1.1), whose
 * keys are not proved once more to lie on the curve. A third of the time. Not for use outside trust/. */
#include "trust/seal.h"

/* Whether all of them are. */
bool seal_agree_can(const struct certificate *const *recipients, size_t count);
MUST_USE enum fault_code seal_agree_make(struct bytes plain, const struct certificate *const *recipients, size_t count,
                                         struct buffer *to, struct fault *f);
