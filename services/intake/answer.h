#pragma once
/* What an officer may answer to each of the desk's operations, turned into the facts and parts of the contract. */
#include "intake.h"
#include "record.h"

#define ANSWER_PARTS_MAX 6
#define ANSWER_FACTS_MAX 16
#define ANSWER_GAPS_MAX 50

struct answer {
    struct arena arena;
    struct filing changed; /* of a correction */
    bool application_changed, supplemented;
    Lienthong__V1__AppointmentReceipt receipt;
    Lienthong__V1__SupplementRequest supplement;
    Lienthong__V1__Refusal refusal;
    Lienthong__V1__Apology apology;
    Lienthong__V1__HandOver hand_over;
    char now[INSTANT_TEXT_SIZE];
    struct lt_part_out parts[ANSWER_PARTS_MAX];
    struct lt_fact_out facts[ANSWER_FACTS_MAX];
    struct lt_message message;
    const char *code; /* with FAULT_REFUSED: why, as a stable word; static text */
};

/* JSON is the request's body and must outlive the answer. RECORD is the dossier's, VIEW what came with the task (view.h).
 * FAULT_MALFORMED names the member, FAULT_NOT_FOUND an operation that is not the desk's, FAULT_REFUSED with RET->code what the
 * documents forbid: DOCUMENTS_MISSING, DOCUMENT_HELD. To be cleared also on failure. */
MUST_USE enum fault_code answer_build(const struct intake *in, const char *operation, const json_t *json,
                                      const struct record *record, const json_t *view, struct answer *ret,
                                      struct fault *f);
void answer_clear(struct answer *a);
