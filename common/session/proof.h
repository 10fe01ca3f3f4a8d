#pragma once
/* What Hello proves: whoever holds the CURVE key of the connection also holds a signing key of the agency. A stolen CURVE key
 * alone opens no session, and a Hello is good for one session with one router only. Signed alone, as SIGNATURE_TYPE_SESSION:
 *   agency NUL router's-CURVE-key(32) own-CURVE-key(32) session(16) at-in-microseconds(8, big-endian)
 * Pure. */
#include "session/packet.h"
#include "trust/signature.h"
#include "trust/z85.h"

#define PROOF_AGENCY_SIZE_MAX 35

struct proof {
    const char *agency; /* borrowed */
    uint8_t router_curve[Z85_KEY_SIZE], own_curve[Z85_KEY_SIZE], session[PACKET_SESSION_SIZE];
    struct instant at;          /* by the clock of who signs */
    struct signature signature; /* value_size 0: not signed yet */
};

/* With a key of the agency, at NOW. */
MUST_USE enum fault_code proof_sign(struct proof *p, const struct key *k, struct instant now, struct fault *f);
/* TO borrows from P. */
void proof_to_wire(const struct proof *p, Lienthong__V1__Hello *to);
/* What HELLO brings; agency, CURVE keys and session are the receiver's own to fill in. FAULT_MALFORMED: there is none, or it
 * is not of the form. */
MUST_USE enum fault_code proof_from_wire(const Lienthong__V1__Hello *hello, struct proof *p, struct fault *f);
/* FAULT_UNTRUSTED. Whose certificate it is, whether it is valid and whether the time is right are the caller's to check. */
MUST_USE enum fault_code proof_check(const struct proof *p, const struct certificate *c, struct fault *f);
