#pragma once
/* An authority and agencies in a folder of their own, for tests. What fails here ends the test program. */
#include "trust/authority.h"
#include <openssl/x509.h>

#define PKI_NOW ((struct instant){INT64_C(1800000000) * INSTANT_SECOND_US}) /* 2027-01-15T08:00:00Z */

struct pki {
    char folder[64];
    struct certificate *authority;
};

void pki_open(struct pki *p);
void pki_close(struct pki *p); /* removes the folder */
/* "FOLDER/NAME"; lives until the fourth next call. */
const char *pki_path(const struct pki *p, const char *name);
/* Issues AGENCY with keys of ALGORITHM, valid from PKI_NOW for a year. Caller owns both (each may be NULL: not wanted). */
void pki_agency(struct pki *p, const char *agency, const char *algorithm, struct key **ret_key,
                struct certificate **ret_certificate);
void pki_write(const struct pki *p, const char *name, const char *text, unsigned mode);
/* A certificate like an agency's after CHANGE was applied to it, signed by the authority. */
struct certificate *pki_bent(struct pki *p, const char *agency, void (*change)(X509 *x509));
/* The fault's text contains TEXT. */
bool pki_says(const struct fault *f, const char *text);
