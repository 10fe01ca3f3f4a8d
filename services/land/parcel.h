#pragma once
/* A registered parcel as its present certificate shows it: spatial unit, right and holder (party). */
#include "database/database.h"
#include "lienthong/v1/intake.pb-c.h"

/* Everything is borrowed from ROWS; texts are "" when the register has none. */
struct parcel {
    struct rows *rows;
    int64_t ba_unit, right;
    const char *serial;
    bool valid; /* false: REPLACED_BY took its place on REPLACED_ON */
    const char *replaced_by, *replaced_on;
    int holder_kind;
    const char *holder_name, *holder_personal, *holder_card, *holder_tax;
    const char *district, *sheet, *number, *area, *land_use, *location;
    const char *term_until; /* yyyy-mm-dd or "" */
    const char *levy_owed;  /* dong or "" */
};

/* Queues: locks the unit of certificate SERIAL, if there is one, until the transaction's end. Whoever changes its right or
 * restrictions goes through here first, and reads the parcel after it. */
MUST_USE enum fault_code parcel_lock(struct database *d, const char *serial, struct fault *f);
/* Caller owns *ret. FAULT_NOT_FOUND: no such certificate was ever issued. */
MUST_USE enum fault_code parcel_find(struct database *d, const char *serial, struct parcel **ret, struct fault *f);
/* The same in two halves, to share a round trip: queued, and made of its result, which it takes. *ret stays: no such certificate. */
MUST_USE enum fault_code parcel_queue(struct database *d, const char *serial, struct fault *f);
MUST_USE enum fault_code parcel_of(struct rows *rows, struct parcel **ret, struct fault *f);
struct parcel *parcel_free(struct parcel *p);
OWNED_CLEANUP(parcel)

/* The first identifier that the party states and the register knows decides; none in common: no. */
bool parcel_is_held_by(const struct parcel *p, const Lienthong__V1__Party *party);
