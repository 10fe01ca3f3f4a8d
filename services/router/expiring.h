#pragma once
/* Warnings before certificates end: the router's own, and of every agency the last one of each use. */
#include "directory.h"
#include "trust/expiry.h"

struct expiring {
    struct expiry *said;
    /* Figures: certificates that end within EXPIRY_DAYS_MAX days or have ended without a newer one, and the first to end (0: none). */
    size_t count;
    struct instant first;
};

/* OWN may be NULL. Tells each warning once: CERTIFICATE-EXPIRES, CERTIFICATE-EXPIRED. */
void expiring_look(struct expiring *e, const struct directory *d, const struct certificate *own, struct instant now,
                   void (*on_note)(void *context, const struct fault *f, const char *event), void *context);
