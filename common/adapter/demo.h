#pragma once
/* Demonstration data, marked as such: the same number makes the same person and the same parcel in every agency, so that
 * generated applications agree with the land registry and the population register. The rule is in services/README.md and
 * simple enough to be computed again elsewhere. Pure. */

#define DEMO_NUMBER_MAX 499999 /* parcels; persons go up to twice as many */

struct demo_person {
    char full_name[64];
    char birth_date[11];      /* yyyy-mm-dd */
    char personal_number[13]; /* begins with 999, which no province has */
    char old_card_number[10];
    char tax_number[11];
    char address[128];
    char telephone[12];
    char email[48];
};

struct demo_parcel {
    char serial[16];  /* of its certificate, "DM 00000042" */
    char district[4]; /* code */
    char sheet[8], number[8];
    char area[16];       /* m², one decimal */
    char land_use[4];    /* ODT urban residential, ONT rural residential, CLN perennial crops */
    char term_until[11]; /* "" : without term */
    char location[128];
    char contract_number[32], contract_date[11];
    char contract_value[16]; /* dong */
    unsigned holder;         /* number of the person who holds it: the transferor */
    unsigned buyer;          /* and of the one who gets it in the generated application */
};

/* NUMBER from 1 to 2 * DEMO_NUMBER_MAX; others are folded into that range. */
void demo_person_make(unsigned number, struct demo_person *ret);
/* NUMBER from 1 to DEMO_NUMBER_MAX; others are folded into that range. */
void demo_parcel_make(unsigned number, struct demo_parcel *ret);
