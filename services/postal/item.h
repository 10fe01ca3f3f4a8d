#pragma once
/* Items and their tracking (tables item and tracking). Each function works inside the caller's transaction. */
#include "lienthong/v1/intake.pb-c.h"
#include "lienthong/v1/postal.pb-c.h"
#include "postal.h"

#define ITEM_EVENTS_MAX 200 /* the proof of delivery lists them all */

struct scan {
    const char *kind, *place, *reason, *signer;
    struct instant at;
};

/* What a scan led to. */
enum scan_outcome { SCAN_NOTED, SCAN_DELIVERED, SCAN_RETURNED, SCAN_REPEATED };

/* Accepts an item for the step; once: the same step again keeps its item. */
MUST_USE enum fault_code item_accept(struct database *d, struct uuid dossier, struct uuid step,
                                     const Lienthong__V1__Dispatch *dispatch, struct instant now, struct fault *f);
/* FAULT_NOT_FOUND: no such item. FAULT_REFUSED: not from this state, named. A failed delivery after the last allowed
 * attempt returns the item. The same kind at the same instant again is repeated and has no effect. *RET_STEP is whose item it is. */
MUST_USE enum fault_code item_scan(struct database *d, const char *id, const struct scan *scan,
                                   enum scan_outcome *ret_outcome, struct uuid *ret_step, struct fault *f);
/* False in *RET_GIVEN_UP when the item is under way already: then it is not given up. */
MUST_USE enum fault_code item_cancel(struct database *d, struct uuid step, bool *ret_given_up, struct fault *f);
MUST_USE enum fault_code item_proof(struct database *d, const char *id, struct arena *arena,
                                    Lienthong__V1__DeliveryProof *ret, struct fault *f);
/* {"id","state","attempts","accepted_at","events":[…]}, without name or address. Caller owns *ret. */
MUST_USE enum fault_code item_json(struct database *d, const char *id, json_t **ret, struct fault *f);
/* Open items for those who carry them, with name and address, oldest first. Caller owns *ret. */
MUST_USE enum fault_code item_list(struct database *d, const char *dossier, long limit, json_t **ret, struct fault *f);
