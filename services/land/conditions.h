#pragma once
/* May this right be transferred? Findings from the register, then the rules in force decide what follows. Pure. */
#include "adapter/rules.h"

#define FINDINGS_MAX 32
#define FINDING_TEXT_SIZE 480
#define LEGAL_BASIS_SIZE 640

/* In rising order of gravity: the gravest finding decides. */
enum conditions_outcome { CONDITIONS_CLEAR, CONDITIONS_SUPPLEMENT, CONDITIONS_STOP, CONDITIONS_REFUSE };
const char *conditions_outcome_name(enum conditions_outcome outcome); /* "clear", … as the fact conditions.result */

struct finding {
    const char *rule; /* "seizure": rule condition.seizure says what follows; static text */
    char text[FINDING_TEXT_SIZE];
};
struct findings {
    size_t count;
    struct finding list[FINDINGS_MAX];
};

struct conditions_block {
    const char *kind, *source, *number, *since;
};
/* What the register and the application say. */
struct conditions_case {
    const char *serial;
    bool known;              /* the certificate */
    const char *replaced_by; /* "": it is the present one */
    bool held;               /* by the applicant */
    int32_t today;
    const char *term_until;                        /* yyyy-mm-dd or "" */
    bool consent;                                  /* the application has the creditor's consent */
    const char *stated_area, *registered_area;     /* STATED "": not compared */
    const char *stated_parcel, *registered_parcel; /* "sheet/parcel"; STATED "": not compared */
    const char *transferee_objection;              /* why the register could not enter him; "" or NULL: it can */
    const struct conditions_block *blocks;         /* the gravest first */
    size_t block_count;
};

/* FAULT_CONFIG: rule area.tolerance is missing or no number. Beyond FINDINGS_MAX the least grave are left out. */
MUST_USE enum fault_code conditions_examine(const struct conditions_case *c, const struct rules *rules,
                                            struct findings *ret, struct fault *f);

struct conditions_decision {
    enum conditions_outcome outcome;
    const char *texts[FINDINGS_MAX]; /* of the findings that lead to it; borrowed from the findings */
    size_t text_count;
    char legal_basis[LEGAL_BASIS_SIZE]; /* sources, separated by "; " */
};
/* SUPPLEMENT_SPENT: it was asked for once before, so what would be a supplement is a refusal. FAULT_CONFIG: no rule. */
MUST_USE enum fault_code conditions_decide(const struct findings *findings, const struct rules *rules,
                                           bool supplement_spent, struct conditions_decision *ret, struct fault *f);

/* Stated and registered area agree within the tolerance in force. FAULT_CONFIG as above. An area that is no number: no. */
MUST_USE enum fault_code conditions_area_matches(const char *stated, const char *registered, const struct rules *rules,
                                                 bool *ret, struct fault *f);
