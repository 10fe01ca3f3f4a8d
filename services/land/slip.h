#pragma once
/* The transfer slip to tax: what tax needs to determine the obligation, and no more. */
#include "document.h"
#include "parcel.h"
#include "lienthong/v1/land.pb-c.h"
#include "lienthong/v1/tax.pb-c.h"

#define SLIP_NUMBER_SIZE 32
#define SLIP_REJECTION_SIZE_MAX 4096
#define SLIPS_MAX 3 /* of one dossier; then somebody must look at it */

/* Gives the next number and records it; in the caller's transaction. FAULT_REFUSED: tax rejected SLIPS_MAX before. */
MUST_USE enum fault_code slip_number(struct database *d, struct uuid dossier, struct uuid step, struct instant now,
                                     char ret[SLIP_NUMBER_SIZE], struct fault *f);

/* Keeps why tax rejected a slip of DOSSIER; in the caller's transaction. FAULT_LIMIT: it says more than we keep. */
MUST_USE enum fault_code slip_reject(struct database *d, struct uuid dossier,
                                     const Lienthong__V1__SlipRejection *rejection, struct fault *f);

/* What is named in the slip, with its own memory; the parties are borrowed from the application. */
struct slip {
    Lienthong__V1__TransferSlip message;
    char number[SLIP_NUMBER_SIZE], received[DATE_TEXT_SIZE];
    Lienthong__V1__Party transferor, transferee;
    char **files, **types;
};
/* Pure. PARCEL is the register's; EXTRACT of its map; HELD may be NULL: of the documents those are named that are there. FAULT_MALFORMED: parties or
 * contract are missing. Clear afterwards, also after a fault. */
MUST_USE enum fault_code slip_fill(struct slip *s, const Lienthong__V1__Application *application,
                                   const Lienthong__V1__HeldDocuments *held,
                                   const Lienthong__V1__ParcelExtract *extract, const struct parcel *parcel,
                                   int32_t received, struct fault *f);
/* For the levy alone that PARCEL owes: nothing passes, so that it names neither transferee nor value nor documents. FAULT_MALFORMED: no
 * applicant. Clear afterwards, also after a fault. */
MUST_USE enum fault_code slip_fill_levy(struct slip *s, const Lienthong__V1__Application *application,
                                        const struct parcel *parcel, int32_t received, struct fault *f);
void slip_clear(struct slip *s);
