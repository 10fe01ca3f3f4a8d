#pragma once
/* What the adapter keeps in the agency's own database, within the agency's transactions. A small interface, so that an agency
 * with another database can implement it; journal_postgres.c is the one over libpq. Every call but journal_migrate and
 * journal_counts runs in a transaction that the caller has begun. Faults are those of database.h. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/instant.h"
#include "base/uuid.h"
#include "lienthong/v1/envelope.pb-c.h"
#include "lienthong/v1/session.pb-c.h"

#define JOURNAL_PAGE_MAX 256

struct journal;
struct database;
/* D is borrowed. */
struct journal *journal_postgres(struct database *d);
struct journal *journal_free(struct journal *j);
/* Creates or raises the schema, over a connection of its own. */
MUST_USE enum fault_code journal_migrate(const char *connection, struct fault *f);
/* What ROLE, the program's own, may do with the journal; as the tables' owner. */
MUST_USE enum fault_code journal_grant(struct database *owner, const char *role, struct fault *f);

/* --- What arrives --------------------------------------------------------------------------------------------------- */

enum journal_taken {
    JOURNAL_FRESH,
    JOURNAL_REPEATED,   /* its receipt is due again */
    JOURNAL_CONFLICTING /* the same id with other content */
};

struct journal_arrival {
    struct uuid message, dossier, step; /* step nil: none */
    Lienthong__V1__MessageKind kind;
    const char *operation, *procedure, *traceparent;
    uint64_t sequence;
    struct digest digest;
    struct bytes envelope;
    struct uuid receipt;
    struct bytes receipt_envelope;
    enum journal_taken taken; /* filled in */
    struct uuid reply;        /* of a TASK handled on arrival: its answer; nil: it is left open */
};

/* COUNT up to JOURNAL_PAGE_MAX, no id twice. Receipts are leased to the caller until LEASE. */
MUST_USE enum fault_code journal_take(struct journal *j, struct journal_arrival *arrivals, size_t count,
                                      struct instant now, struct instant lease, struct fault *f);

enum journal_step {
    STEP_RECEIVED,
    STEP_OPEN,
    STEP_ANSWERED,
    STEP_CANCELLED,
    STEP_REFUSED,
    STEP_REOPENED,
    STEP_UNKNOWN = -1
};

/* A delivery to handle, locked until the transaction's end. */
struct journal_duty {
    struct uuid message, dossier;
    struct bytes envelope; /* lives until the next journal_due */
    struct instant arrived;
    unsigned attempts;
    enum journal_step step; /* STEP_UNKNOWN: it has no step, or one that was never seen */
    struct uuid reply;      /* nil: none */
    bool own_task;          /* TASK: the one that its step was last taken from */
};

/* At most MOST (up to JOURNAL_PAGE_MAX) that are due and that no other process has; of each dossier the earliest. */
MUST_USE enum fault_code journal_due(struct journal *j, struct instant now, size_t most, struct journal_duty *ret,
                                     size_t *ret_count, struct fault *f);

enum journal_duty_state { DUTY_WAITING, DUTY_DONE, DUTY_REFUSED, DUTY_CANCELLED };
struct journal_outcome {
    struct uuid message;
    enum journal_duty_state state;
    unsigned attempts;
    struct instant next;
    Lienthong__V1__RefusalCode code;
    const char *reason; /* borrowed; NULL: none */
};
MUST_USE enum fault_code journal_settle(struct journal *j, const struct journal_outcome *outcomes, size_t count,
                                        struct fault *f);
/* Deliveries that we refused since SINCE; their refusals are told to each new session, as nothing acknowledges them. */
struct journal_refusal {
    struct uuid message, dossier;
    Lienthong__V1__RefusalCode code;
    const char *reason; /* lives until the next call */
};
MUST_USE enum fault_code journal_refused(struct journal *j, struct instant since, struct journal_refusal *ret,
                                         size_t most, size_t *ret_count, struct fault *f);

/* --- Steps ------------------------------------------------------------------------------------------------------------ */

struct journal_step_record {
    struct uuid step, dossier, task, reply;
    struct digest digest;
    enum journal_step state;
    const char *operation, *procedure, *traceparent; /* live until the next call, */
    struct bytes envelope;                           /* as the TASK's; empty: no longer kept, or not asked for */
};
/* Locks it. ENVELOPE: the TASK's bytes are wanted. FAULT_NOT_FOUND. */
MUST_USE enum fault_code journal_step(struct journal *j, struct uuid step, bool envelope,
                                      struct journal_step_record *ret, struct fault *f);
/* Marks the step (locked or not) when it is in one of the states FROM (bits 1 << state); *ret_moved tells. REPLY nil: kept. */
MUST_USE enum fault_code journal_step_move(struct journal *j, struct uuid step, unsigned from, enum journal_step to,
                                           struct uuid reply, struct instant now, bool *ret_moved, struct fault *f);
/* A cancelled step whose TASK was never seen: a late one will not be handled. */
MUST_USE enum fault_code journal_step_never(struct journal *j, struct uuid step, struct uuid dossier,
                                            const char *operation, struct uuid reply, struct instant now,
                                            struct fault *f);
/* TASKs of the step that wait to be handled are given up. */
MUST_USE enum fault_code journal_give_up_tasks(struct journal *j, struct uuid step, struct fault *f);

/* --- Handled on arrival ------------------------------------------------------------------------------------------------ */

struct journal_outgoing;
/* Whether all these are new: neither messages nor steps are known, and no delivery of their dossiers waits to be handled. */
MUST_USE enum fault_code journal_untouched(struct journal *j, const struct journal_arrival *arrivals, size_t count,
                                           bool *ret, struct fault *f);
/* Writes ARRIVALS as done, their steps as open or answered, their receipts and what was SAID meanwhile, leased to the caller
 * until LEASE. May be queued: a fault (FAULT_CONFLICT when another process took one at the same time) can come from the commit. */
MUST_USE enum fault_code journal_take_handled(struct journal *j, const struct journal_arrival *arrivals, size_t count,
                                              const struct journal_outgoing *said, size_t said_count,
                                              struct instant now, struct instant lease, struct fault *f);

/* --- What goes out ----------------------------------------------------------------------------------------------------- */

struct journal_outgoing {
    struct uuid message, dossier, step; /* step nil: none */
    Lienthong__V1__MessageKind kind;
    const char *type;
    struct bytes envelope;
};

/* NEXT: now, or the end of the caller's lease when it sends them itself. May be queued: a fault can come from the commit. */
MUST_USE enum fault_code journal_send(struct journal *j, const struct journal_outgoing *list, size_t count,
                                      struct instant now, struct instant next, struct fault *f);
/* MESSAGE, which is sent in the same transaction, is the step's answer: while the step is received, open or reopened it becomes
 * answered; *ret_written tells. RET_WRITTEN NULL: the caller holds the step's lock and knows that it is so; then it may be queued. */
MUST_USE enum fault_code journal_answer(struct journal *j, struct uuid step, struct uuid message, struct instant now,
                                        bool *ret_written, struct fault *f);
/* It is due again, whether acknowledged or not. FAULT_NOT_FOUND: it was thinned. */
MUST_USE enum fault_code journal_resend(struct journal *j, struct uuid message, struct instant now, struct fault *f);
/* Leases what is due to the caller until LEASE, in order of creation. Envelopes live until the next call. */
struct journal_page {
    size_t count;
    struct {
        struct uuid message, dossier;
        struct bytes envelope;
    } of[JOURNAL_PAGE_MAX];
};
MUST_USE enum fault_code journal_claim(struct journal *j, struct instant now, struct instant lease, size_t most,
                                       struct journal_page *ret, struct fault *f);
/* The lease of these is given back. */
MUST_USE enum fault_code journal_release(struct journal *j, const struct uuid *messages, size_t count,
                                         struct instant now, struct fault *f);

struct journal_settled {
    struct uuid message;
    Lienthong__V1__MessageKind kind;
};
/* Which of MESSAGES were still waiting goes into RET (room for COUNT). */
MUST_USE enum fault_code journal_acknowledge(struct journal *j, const struct uuid *messages, size_t count,
                                             struct instant now, struct journal_settled *ret, size_t *ret_count,
                                             struct fault *f);
/* Refused finally: recorded; an answer's step becomes reopened. *ret_kind is UNSPECIFIED when it was not waiting. */
MUST_USE enum fault_code journal_refuse(struct journal *j, struct uuid message, Lienthong__V1__RefusalCode code,
                                        const char *text, struct instant now, Lienthong__V1__MessageKind *ret_kind,
                                        struct fault *f);
/* Refused for now. *ret_attempts: how often it was sent; 0 when it was not waiting. */
MUST_USE enum fault_code journal_attempts(struct journal *j, struct uuid message, unsigned *ret_attempts,
                                          struct fault *f);
MUST_USE enum fault_code journal_postpone(struct journal *j, struct uuid message, Lienthong__V1__RefusalCode code,
                                          const char *text, struct instant next, struct fault *f);

/* *ret_written false: KEY is known; *ret_dossier, *ret_message and *ret_digest are then those of the first time. */
MUST_USE enum fault_code journal_submission(struct journal *j, const char *key, struct uuid *ret_dossier,
                                            struct uuid *ret_message, struct digest *ret_digest, struct instant now,
                                            bool *ret_written, struct fault *f);
/* Messages of ours that were settled before BEFORE go, finished deliveries that arrived before it lose their bytes: at most MOST of
 * each, the oldest first. What came is still known by its id and digest; *ret_more: there may be more to do. */
MUST_USE enum fault_code journal_thin(struct journal *j, struct instant before, size_t most, bool *ret_more,
                                      struct fault *f);
/* What a router told of its directory, kept for when none can be asked. NAME is whatever says what was asked. */
MUST_USE enum fault_code journal_keep_told(struct journal *j, const char *name, struct bytes packed, struct instant now,
                                           struct fault *f);
/* All of it, newest last; TAKE's arguments live for the call. Any time, without a transaction. */
MUST_USE enum fault_code
journal_told(struct journal *j, void (*take)(void *context, const char *name, struct bytes packed, struct instant at),
             void *context, struct fault *f);
/* Any time, without a transaction. */
MUST_USE enum fault_code journal_counts(struct journal *j, uint64_t *ret_outbox, uint64_t *ret_inbox, struct fault *f);
