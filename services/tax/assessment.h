#pragma once
/* What the agency keeps of a dossier: assessment, notices, exemptions, receipts. All in the caller's transaction. */
#include "database/database.h"
#include "determination.h"
#include "settlement.h"

#define ASSESSMENT_NUMBER_SIZE 32

struct assessment_order {
    struct uuid dossier, step;
    struct instant now;
    const char *slip; /* number */
    const char *rule_pack;
    int due_days;
    const struct determination *determination;
};

MUST_USE enum fault_code assessment_rules(struct database *d, int32_t day, struct rules **ret, struct fault *f);
/* Stores the assessment with a notice for each charge and the exemptions; an earlier one of the dossier is replaced. */
MUST_USE enum fault_code assessment_add(struct database *d, const struct assessment_order *o, struct fault *f);

/* The present assessment's notices (columns below) and exemptions (kind, claim); caller owns both, also after FAULT_NOT_FOUND:
 * the dossier was never assessed. */
MUST_USE enum fault_code assessment_read(struct database *d, struct uuid dossier, struct rows **ret_notices,
                                         struct rows **ret_exemptions, struct fault *f);
enum notice_column {
    NOTICE_NUMBER,
    NOTICE_KIND,
    NOTICE_AMOUNT, /* text */
    NOTICE_DUE,
    NOTICE_PAYER,
    NOTICE_BASIS,
    NOTICE_PAID, /* integer */
    NOTICE_TRANSACTIONS,
    NOTICE_SETTLED, /* yes or no */
    NOTICE_REMARK,
    NOTICE_OWNER /* of what is sealed of the payer */
};
/* Books a receipt once (by notice and reference) on a present notice of DOSSIER; the notice is settled when what was paid reaches its
 * amount. FAULT_REFUSED: not a notice of this dossier. */
MUST_USE enum fault_code assessment_book(struct database *d, struct uuid dossier,
                                         const Lienthong__V1__PaymentReceipt *receipt, const struct settlement *s,
                                         struct instant now, struct fault *f);
/* "We were late": recorded once for each message. */
MUST_USE enum fault_code assessment_chase(struct database *d, struct uuid message, struct uuid dossier,
                                          const char *type, struct instant now, struct fault *f);
