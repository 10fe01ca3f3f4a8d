#pragma once
/* An application held against the register under the unit's lock, and the record of what was found. */
#include "conditions.h"
#include "document.h"
#include "parcel.h"

/* Where the grounds of an examination lie sealed; the owner is the step. */
#define EXAMINATION_GROUNDS "land.examination.grounds"

struct examination {
    struct rules *rules;
    struct parcel *parcel; /* NULL: certificate unknown */
    struct findings findings;
    struct conditions_decision decision;
};

struct examination_order {
    struct uuid dossier, step;
    const char *operation;
    struct instant now;
    const Lienthong__V1__Application *application;
    const Lienthong__V1__HeldDocuments *held; /* by the repository; NULL: not known */
    bool supplement_spent;
    bool
        whole; /* also what the citizen states of area, parcel and transferee; false: what may change until the entry */
};

/* In the caller's transaction; holds the unit's lock afterwards, so that what was found stays true until its end. The rules are those of
 * the day on which the dossier was received. Caller clears *ret, also after a fault. FAULT_MALFORMED: incomplete application. */
MUST_USE enum fault_code examination_make(struct database *d, const struct examination_order *o,
                                          struct examination *ret, struct fault *f);
void examination_clear(struct examination *e);
/* Records RESULT with the grounds. */
MUST_USE enum fault_code examination_record(struct database *d, const struct examination_order *o,
                                            const struct examination *e, const char *result, struct fault *f);
/* This registry already asked for a supplement in DOSSIER. */
MUST_USE enum fault_code examination_supplement_spent(struct database *d, struct uuid dossier, bool *ret,
                                                      struct fault *f);
/* Without a lock: the rules of DOSSIER's day and the parcel, NULL when nothing is registered under SERIAL. Caller owns both. */
MUST_USE enum fault_code examination_look(struct database *d, struct uuid dossier, const char *serial,
                                          struct rules **ret_rules, struct parcel **ret_parcel, struct fault *f);
