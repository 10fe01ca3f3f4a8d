#pragma once
/* A detached CMS signature (RFC 5652) over a result, which stock OpenSSL checks:
 *   openssl cms -verify -binary -inform DER -in SIGNATURE -content FILE -CAfile AUTHORITY */
#include "base/bytes.h"
#include "base/memory.h"

struct sealing;

/* The agency's own key and certificate, PEM. FAULT_CONFIG: they cannot be read, or do not belong together. */
MUST_USE enum fault_code sealing_open(const char *key_path, const char *certificate_path, struct sealing **ret,
                                      struct fault *f);
struct sealing *sealing_free(struct sealing *s);
OWNED_CLEANUP(sealing)
/* DER, at most 64 KiB. Appends to RET. */
MUST_USE enum fault_code sealing_sign(const struct sealing *s, struct bytes content, struct buffer *ret,
                                      struct fault *f);
