#pragma once
/* The population register and the log of who looked into it. */
#include "database/database.h"
#include "identity.h"

/* FAULT_AGAIN: the register is out of service; the text says why. */
MUST_USE enum fault_code population_available(struct database *d, struct fault *f);

/* By personal number, else by old card number. Caller owns *ret (borrowed texts: person, old card, name, birth date); no
 * row: not found. */
MUST_USE enum fault_code population_find(struct database *d, const Lienthong__V1__IdentitySubject *s, struct rows **ret,
                                         struct fault *f);
enum population_column { POPULATION_NUMBER, POPULATION_CARD, POPULATION_NAME, POPULATION_BIRTH, POPULATION_OWNER };

struct population_access {
    struct uuid dossier, step;
    struct instant now;
    const char *procedure, *officer; /* the purpose */
};
/* PERSON NULL: the register does not know who was asked for. */
MUST_USE enum fault_code population_log(struct database *d, const struct population_access *a,
                                        const Lienthong__V1__IdentitySubject *s, const char *person,
                                        const char *outcome, struct fault *f);
/* Demonstration persons 1 to COUNT (services/README.md); those that are there stay. In the caller's transaction. */
MUST_USE enum fault_code population_seed(struct database *d, unsigned count, struct fault *f);
