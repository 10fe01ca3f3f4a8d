#pragma once
/* What the authority of a folder has revoked and suspended: FOLDER/revoked, and FOLDER/ca.crl, the list that is made of it for
 * routers and agencies (trust/revocation reads it). Each act writes both; runs at the same time wait for each other.
 *
 * FOLDER/revoked is text: "number N", of the last list, then a line for each certificate, ascending by serial number:
 * "SERIAL REASON SINCE AGENCY". It is the authority's memory: without it a revoked certificate would come back. */
#include "trust/authority.h"

#define REVOKED_DAYS 7 /* until the next list, when nothing else is said */
#define REVOKED_DAYS_MAX 366

enum revoked_act { REVOKED_REVOKE, REVOKED_SUSPEND, REVOKED_RESUME };

struct revoked_order {
    enum revoked_act act;
    const char *agency;
    uint64_t serial;    /* 0: all certificates of AGENCY in FOLDER, also those before a renewal */
    const char *reason; /* revoking: of RFC 5280 5.3.1, by name */
    struct instant now;
    int list_days;
};

/* *ret_count: certificates whose state changed. A suspended one may be revoked (since its suspension) or resumed; a revoked one
 * stays so for ever. Errors: FAULT_NOT_FOUND (no such certificate of that agency), FAULT_CONFLICT (none can change: the text
 * says what they are), FAULT_CONFIG. */
MUST_USE enum fault_code revoked_change(const char *folder, const struct revoked_order *order, size_t *ret_count,
                                        struct fault *f);
/* A new list of what is revoked: before the nextUpdate of the last one comes. */
MUST_USE enum fault_code revoked_list(const char *folder, struct instant now, int days, struct fault *f);
