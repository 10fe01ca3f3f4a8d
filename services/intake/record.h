#pragma once
/* Intake's record of a dossier (table application) and what happens to its messages. All inside the caller's transaction
 * unless said otherwise; what only writes is queued: it goes, and fails, with the transaction's next statement or its end. */
#include "base/digest.h"
#include "database/sealed.h"
#include "intake.h"
#include "lienthong/v1/portal.pb-c.h"

/* Where what is sealed of a dossier lies; the owner is the dossier. What is sent becomes the record by itself. */
#define RECORD_PACKED "intake.application.packed"
#define RECORD_CERTIFICATE "intake.application.certificate"
#define RECORD_RESULT "intake.application.result"
#define RECORD_NOTICES "intake.application.notices"
#define RECORD_SUPPLEMENT "intake.application.supplement"
#define RECORD_DETAIL "intake.application.detail"
#define RECORD_NOTICE_TEXT "intake.notice.text" /* the owner is the message */

struct record {
    struct uuid dossier, message;
    char code[64], procedure[32], detail[200], refused[500], withdrawal[12];
    struct digest digest;
    struct instant created, accepted, due, ended;
    int status, appointment, channel;
    struct rows *rows; /* holds what follows; empty: not there yet */
    struct bytes packed, certificate, result, notices, supplement;
};
void record_clear(struct record *r);
#define OWNED_RECORD __attribute__((cleanup(record_clear))) struct record

/* FAULT_NOT_FOUND. */
MUST_USE enum fault_code record_by_code(struct database *d, const char *code, struct record *ret, struct fault *f);
MUST_USE enum fault_code record_by_key(struct database *d, const char *key, struct record *ret, struct fault *f);
MUST_USE enum fault_code record_by_id(struct database *d, struct uuid dossier, struct record *ret, struct fault *f);

/* The next code of the day: "<agency>-YYMMDD-NNNN", local date, at least four digits; gaps are allowed. */
MUST_USE enum fault_code record_next_code(struct database *d, const char *agency, struct instant now, char *code,
                                          size_t size, struct fault *f);
MUST_USE enum fault_code record_add(struct database *d, const struct record *r, const char *key, unsigned channel,
                                    struct bytes packed, struct fault *f);
MUST_USE enum fault_code record_notices(struct database *d, struct uuid dossier, struct bytes packed, struct fault *f);
MUST_USE enum fault_code record_supplement(struct database *d, struct uuid dossier, struct bytes packed,
                                           struct fault *f);
MUST_USE enum fault_code record_result(struct database *d, struct uuid dossier, struct bytes certificate,
                                       struct bytes result, struct fault *f);
MUST_USE enum fault_code record_notice(struct database *d, struct uuid message, struct uuid dossier, const char *type,
                                       struct instant at, const char *text, struct fault *f);
MUST_USE enum fault_code record_withdrawal(struct database *d, struct uuid dossier, const char *state, struct fault *f);

/* Supplements, withdrawals and desk answers on their way. DIGEST is of what was asked under KEY, or of the desk's answer. */
struct sent {
    struct uuid message;
    struct digest digest;
    char outcome[500];
    bool found;
};
MUST_USE enum fault_code record_find_sent(struct database *d, struct uuid dossier, const char *kind, const char *key,
                                          struct sent *ret, struct fault *f);
/* The last answer to a task of the desk. */
MUST_USE enum fault_code record_find_answer(struct database *d, struct uuid step, struct sent *ret, struct fault *f);

struct sending {
    struct uuid message, dossier, step; /* STEP nil: none */
    const char *kind, *key;             /* KEY NULL: none */
    const struct digest *digest;
    struct bytes application, supplement; /* taken over once it is accepted; empty: none */
};
MUST_USE enum fault_code record_add_sent(struct database *d, const struct sending *s, struct instant now,
                                         struct fault *f);
/* What became of messages (uuids), whichever they were. OUTCOMES (texts): "accepted", or "<code>: <text>" of a final refusal: a
 * refused answer opens its task again, a refused withdrawal is marked so. Told twice, nothing changes. A statement of its own. */
MUST_USE enum fault_code record_outcomes(struct database *d, const struct column *messages,
                                         const struct column *outcomes, struct instant now, struct fault *f);
/* Those of MESSAGES (uuids) whose fate is known: message, outcome. Caller owns *ret. */
MUST_USE enum fault_code record_fates(struct database *d, const struct column *messages, struct rows **ret,
                                      struct fault *f);
/* Messages of ours whose fate the adapter's journal may know and this record does not, because the process ended between the two:
 * message, whether it was accepted (null: still under way), refusal code, reason. One page of those after *AFTER (nil: the first),
 * which becomes the last of them, nil at the end. Caller owns *ret. */
#define RECORD_MISSED_PAGE 500
MUST_USE enum fault_code record_missed(struct database *d, struct uuid *after, struct rows **ret, struct fault *f);
