#pragma once
/* The SDK with which an agency's program takes part: sessions to every configured router, signed envelopes, and a journal in the
 * agency's own database, so that each delivery has its effect exactly once.
 *
 * A delivery's way:
 *   1. arrives, is verified (router's signature, parts, authors' signatures), is journalled with others of the same
 *      turn in one transaction, then the signed receipt goes out;
 *   2. is handled: the handler runs inside a transaction of the agency's database, writes the business change and calls
 *      lt_answer, all committed together (several deliveries share one transaction, each in its savepoint);
 *   3. the answer is sent until a router acknowledges it.
 * A handler may also leave the delivery open (LT_OPEN): a person or a later event answers it by lt_answer_step.
 *
 * One thread. Everything exported begins with lt_. */
#include "base/arena.h"
#include "base/config.h"
#include "base/uuid.h"
#include "database/database.h"
#include "lienthong/v1/envelope.pb-c.h"
#include "lienthong/v1/session.pb-c.h"

#define LT_HANDLERS_MAX 32
#define LT_BATCH_MAX 64 /* deliveries for each transaction */
#define LT_OPERATIONS_MAX 10000

struct lt_adapter;

/* What a handler did. */
enum lt_result {
    LT_DONE,  /* answered, or an INFORM was taken */
    LT_OPEN,  /* journalled as the agency's own open task; lt_answer_step will answer it */
    LT_LATER, /* could not now (a register is away): rolled back to before the handler, tried again with back-off */
    LT_REFUSE /* can never be done as it is: the handler filled *f; the delivery is refused finally (an incident at the router) */
};

/* A task or notice as the handler sees it; everything borrowed for the call. */
struct lt_delivery {
    const Lienthong__V1__Header *header;
    struct uuid dossier, step, message;
    const char *operation;
    struct instant arrived;
    unsigned attempt; /* from 1 */
};

/* Content of a part, verified; {NULL, 0} when it was not sent. AUTHOR (may be NULL) gets the author's agency code. */
struct bytes lt_part(const struct lt_delivery *d, const char *name, const char **author);
/* Fence and unpack of a part into the delivery's arena. FAULT_NOT_FOUND, FAULT_MALFORMED. */
MUST_USE enum fault_code lt_part_unpack(const struct lt_delivery *d, const char *name,
                                        const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret,
                                        struct fault *f);
/* Of a part that came from each of several agencies (an inter-agency opinion): the one at INDEX, from 0, in the order in which
 * they answered. False: there are no more. A part of which there is one is a set of one, its item empty. */
struct lt_member {
    const char *item;   /* of the list of those who were asked; "": there is one */
    const char *author; /* agency code: whose signature it carries, which was verified */
    struct bytes content;
};
bool lt_part_member(const struct lt_delivery *d, const char *name, size_t index, struct lt_member *ret);
/* A fact that travelled along; NULL when absent. */
const Lienthong__V1__Value *lt_fact(const struct lt_delivery *d, const char *name);

/* What to say. Texts and parts are copied when it is used. A part is sealed to whoever the procedure's definition entitles to read
 * it; one that the step or message does not want is refused (FAULT_REFUSED). */
struct lt_part_out {
    const char *name;
    const ProtobufCMessage *content; /* packed; its descriptor's name is the type */
};
enum lt_fact_kind { LT_TEXT, LT_DECIMAL, LT_DATE, LT_YES_NO, LT_LIST };
struct lt_fact_out {
    const char *name;
    enum lt_fact_kind kind;
    const char *text;
    bool yes;
    const char *const *items; /* LT_LIST: texts */
    size_t item_count;
};
struct lt_message {
    const char *error; /* business error, or NULL */
    const struct lt_part_out *parts;
    size_t part_count;
    const struct lt_fact_out *facts;
    size_t fact_count;
    const char *officer; /* purpose; NULL: "system" */
    /* Of an event: the value of the procedure's jurisdiction fact, which picks the agencies that read its parts; NULL: one of
     * FACTS is it, or none is. An answer's and a submission's are known. */
    const char *jurisdiction;
};

/* Inside a handler, or for a step left open (lt_answer_step) inside the caller's transaction: journals the answer with the change.
 * FAULT_CONFLICT: already answered; FAULT_NOT_FOUND: no such open step; FAULT_REFUSED: it was cancelled. */
MUST_USE enum fault_code lt_answer(struct lt_adapter *a, const struct lt_delivery *d, const struct lt_message *m,
                                   struct fault *f);
/* *RET_MESSAGE (may be NULL) gets the answer's message id. When a router refuses the answer finally, the step is open again
 * (on_refused tells), so that another answer may be given. */
MUST_USE enum fault_code lt_answer_step(struct lt_adapter *a, struct uuid step, const struct lt_message *m,
                                        struct uuid *ret_message, struct fault *f);

/* Opens a dossier; inside the caller's transaction. The id is made of the clock, the agency and KEY, and is journalled. */
struct lt_submission {
    const char *procedure, *key, *dossier_code;
    const char *type; /* the message that opens it, where the procedure has several; NULL: its only one */
    unsigned channel;
    struct lt_message message;
};
MUST_USE enum fault_code lt_submit(struct lt_adapter *a, const struct lt_submission *s, struct uuid *ret_dossier,
                                   struct uuid *ret_message, struct fault *f);
/* A message that the process waits for or may be interrupted by. */
MUST_USE enum fault_code lt_event(struct lt_adapter *a, struct uuid dossier, const char *procedure, const char *type,
                                  const struct lt_message *m, struct uuid *ret_message, struct fault *f);

struct lt_handlers {
    struct {
        const char *operation; /* "*", as the last one: whatever no other handles */
        enum lt_result (*handle)(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
    } on[LT_HANDLERS_MAX];
    /* Handlers may only gather in memory what is then written here, many with one statement, in the transaction of their
     * deliveries: after those of a batch, or after each by itself when the batch had failed. May queue (database_queue). NULL: none. */
    enum fault_code (*on_batch)(struct lt_adapter *a, void *context, struct fault *f);
    /* What was gathered is to be forgotten: its deliveries are undone and come again. */
    void (*on_undone)(struct lt_adapter *a, void *context);
    /* A step that was left open is to be given up. Called inside a transaction with the step's lock; undo what may be undone. Return true to
     * give it up (CANCELLED goes out), false to keep it (the answer will win). NULL: always given up. */
    bool (*on_cancel)(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f);
    /* What became of a message of ours (submission, event, answer): called outside any transaction, once committed. */
    void (*on_acknowledged)(struct lt_adapter *a, struct uuid message, void *context);
    void (*on_refused)(struct lt_adapter *a, struct uuid message, Lienthong__V1__RefusalCode code, const char *text,
                       void *context);
    /* The answer to lt_ask_operations, outside any transaction; OPERATIONS live for the call. At most LT_OPERATIONS_MAX: a COUNT
     * of so many says that there may be more. */
    void (*on_operations)(struct lt_adapter *a, const char *procedure,
                          const Lienthong__V1__Operation *const *operations, size_t count, void *context);
    void *context;
};

/* Rows that every adapter's configuration has (agency, keys, certificates, routers, database); the service appends its own. */
extern const struct config_row lt_config_rows[];
extern const size_t lt_config_row_count;

/* Connects the database, runs the journal's migrations, loads keys. Does not wait for routers. HANDLERS is copied. */
MUST_USE enum fault_code lt_open(const struct config *c, const char *software, const struct lt_handlers *handlers,
                                 struct lt_adapter **ret, struct fault *f);
struct lt_adapter *lt_free(struct lt_adapter *a);   /* says goodbye */
struct database *lt_database(struct lt_adapter *a); /* the agency's own; borrowed */
const char *lt_agency(const struct lt_adapter *a);

/* What may this agency call, of whom, in which version, since and until when (proto/README.md section 2)? PROCEDURE: a national code;
 * NULL: all. handlers.on_operations gets the answer in a later turn, as soon as a router is connected. FAULT_CONFLICT: one is under
 * way; FAULT_MALFORMED. */
MUST_USE enum fault_code lt_ask_operations(struct lt_adapter *a, const char *procedure, struct fault *f);

/* Another descriptor for the loop (an HTTP server or client). TURN is called after each poll; TIMEOUT_MS says how long it may sleep. */
struct lt_source {
    int (*descriptor)(void *context);
    int64_t (*timeout_ms)(void *context);
    void (*turn)(void *context);
    void *context;
    void (*reload)(void *context); /* SIGHUP; may be NULL, as any of them */
};
void lt_add_source(struct lt_adapter *a, struct lt_source source);

/* One turn of the loop: poll at most WAIT_MS, journal, handle, send. FAULT_LOST while the database is away (call again: it reconnects). */
MUST_USE enum fault_code lt_turn(struct lt_adapter *a, int64_t wait_ms, struct fault *f);
/* Turns until SIGTERM; logs faults; an orderly end. Returns the exit status. */
int lt_run(struct lt_adapter *a);

/* How many routers are connected; messages not yet acknowledged; deliveries not yet handled. */
struct lt_health {
    unsigned routers_open, routers_configured;
    uint64_t outbox, inbox;
    bool database;
};
struct lt_health lt_health(struct lt_adapter *a);
