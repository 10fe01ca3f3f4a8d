#pragma once
/* A party of the register: who a person or an organisation that an application names is. All in the caller's transaction. */
#include "database/database.h"
#include "lienthong/v1/intake.pb-c.h"

/* Where what is sealed of a party lies; its owner is column owner. The numbers have blind indexes of the same names. */
#define PARTY_NAME "land.party.full_name"
#define PARTY_ADDRESS "land.party.address"
#define PARTY_PERSONAL "land.party.personal_number"
#define PARTY_CARD "land.party.old_card_number"
#define PARTY_TAX "land.party.tax_number"

#define PARTY_OBJECTION_SIZE 160

/* Why PARTY could not be entered in the register as it stands now; "": it could. Names no number. PARTY may be NULL. */
MUST_USE enum fault_code party_objection(struct database *d, const Lienthong__V1__Party *party,
                                         char ret[PARTY_OBJECTION_SIZE], struct fault *f);
/* PARTY's id in the register, added when it was not there. FAULT_MALFORMED: it cannot be. */
MUST_USE enum fault_code party_enter(struct database *d, const Lienthong__V1__Party *party, int64_t *ret,
                                     struct fault *f);
