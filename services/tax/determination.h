#pragma once
/* From a transfer slip to the set of notices: what is owed, by whom, on which basis, and what is exempt. Pure. */
#include "adapter/rules.h"
#include "lienthong/v1/land.pb-c.h"

#define DETERMINATION_KINDS 3
#define DETERMINATION_BASIS_SIZE 96
#define DETERMINATION_REASON_SIZE 400
#define DETERMINATION_REMARK_SIZE DETERMINATION_REASON_SIZE
#define DETERMINATION_REASONS_MAX 8 /* one for each thing that is checked */
#define DETERMINATION_SEPARATOR "; "

/* One tax or fee: either to be paid (amount > 0) or exempt. */
struct charge {
    const char *kind; /* "personal-income-tax", "registration-fee", "land-use-levy"; static text */
    int64_t amount;   /* dong; 0: exempt */
    const Lienthong__V1__Party *payer;
    char basis[DETERMINATION_BASIS_SIZE];   /* "2 % of 1500000000" */
    char remark[DETERMINATION_REMARK_SIZE]; /* why claims were not granted, separated by "; "; "": none was refused */
    const char *claim;  /* why it is exempt, borrowed from the slip, or "amount rounds to nothing" */
    const char *source; /* of the exemption or the rate; borrowed from the rules */
};

struct determination {
    char rejection[DETERMINATION_REASON_SIZE]; /* "": the slip is good; else every reason, separated by "; " */
    int64_t value;                             /* hundredths of a dong */
    int64_t levy;                              /* land-use levy owed, dong; 0: none */
    int32_t received;                          /* the rules of this day apply */
    struct charge charges[DETERMINATION_KINDS];
    size_t charge_count;
};

/* The form of the slip: fills rejection, value and received. TODAY bounds the day of receipt. */
void determination_read(const Lienthong__V1__TransferSlip *slip, int32_t today, struct determination *ret);
/* Fills the charges of a good slip by the rules of the day of receipt. FAULT_CONFIG: a rate is missing or senseless. */
MUST_USE enum fault_code determination_charge(const Lienthong__V1__TransferSlip *slip, const struct rules *rules,
                                              struct determination *d, struct fault *f);
/* What names the party to the tax agency: tax number, else personal number, else old card number. "" when there is none. */
const char *determination_payer_number(const Lienthong__V1__Party *party);
