#pragma once
/* A claim of exemption, held against the rule in force on the day of receipt. Pure.
 * Rule exempt.<kind>.<claim> says what a claim needs, all of it, separated by spaces:
 *   yes              nothing          no                  was never, or is no longer, in force
 *   persons          both parties are persons
 *   document:A,B     a document of one of these types is in the file
 *   use:ODT,ONT      the registered use of the land is one of these */
#include "adapter/rules.h"
#include "lienthong/v1/land.pb-c.h"

#define CLAIM_REASON_SIZE 200

struct claim {
    bool granted;
    const char *source;             /* of the rule that grants it; borrowed from RULES */
    char reason[CLAIM_REASON_SIZE]; /* why it is not granted; "": it is, or it is about another tax than KIND */
};

/* FAULT_CONFIG: the rule has a value that means nothing. */
MUST_USE enum fault_code claim_examine(const Lienthong__V1__TransferSlip *slip, const struct rules *rules,
                                       const char *kind, const char *name, struct claim *ret, struct fault *f);
