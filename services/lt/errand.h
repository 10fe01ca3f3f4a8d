#pragma once
/* One signed message to whichever router is there, and what became of it: the session protocol as an agency speaks it. */
#include "message/envelope.h"
#include "signer.h"

enum errand_end {
    ERRAND_ACCEPTED, /* committed */
    ERRAND_REFUSED,  /* for good, or until the time was over */
    ERRAND_UNSENT,   /* no router could be reached: nothing has happened */
    ERRAND_UNKNOWN   /* sent, and no answer: it may have happened */
};

struct errand {
    enum errand_end end;
    Lienthong__V1__RefusalCode code;
    char text[400]; /* of the refusal; UNSENT: why no session opened */
    char router[100];
};

/* Sends E over the first session that opens, again over the next when it is lost or silent, until an answer or TIMEOUT_MS. FAULT_CONFIG: a
 * router's endpoint or key that cannot be used. */
MUST_USE enum fault_code errand_run(const struct signer *o, const struct envelope *e, int64_t timeout_ms,
                                    struct errand *ret, struct fault *f);
