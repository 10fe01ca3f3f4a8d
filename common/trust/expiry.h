#pragma once
/* When to warn that a certificate ends: 30, 14, 7 and 1 days before, and when it has ended. Pure over `now`; remembers of each
 * key what was said. */
#include "base/digest.h"
#include "base/instant.h"
#include "trust/key.h"

#define EXPIRY_DAYS_MAX 30
#define EXPIRY_KEYS_MAX 100000

struct expiry;

struct expiry *expiry_new(void);
struct expiry *expiry_free(struct expiry *e);
/* Whether a warning about KEY, whose certificate ends at UNTIL, is due now and was not given yet. *ret_days: 30, 14, 7, 1, or 0: it
 * has ended. Who comes late (a start 10 days before the end) gets the one that holds, once. */
bool expiry_due(struct expiry *e, const struct digest *key, struct instant until, struct instant now, int *ret_days);
/* The same of C, WHOSE ("this router", "G12.27.05") is in the text of F: FAULT_AGAIN before the end, FAULT_UNTRUSTED behind it.
 * *ret_event is its name in logs: CERTIFICATE-EXPIRES or CERTIFICATE-EXPIRED. False: nothing is to be told. */
bool expiry_tell(struct expiry *e, const struct certificate *c, const char *whose, struct instant now,
                 const char **ret_event, struct fault *f);
