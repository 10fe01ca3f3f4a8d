#pragma once
/* Messages of ours: made of what an agency's program says, signed, journalled. */
#include "adapter/inside.h"

/* What every message of ours has beside what the program says. */
struct saying {
    struct uuid message, dossier, step, reply_to; /* step, reply_to nil: none */
    struct digest reply_digest;
    Lienthong__V1__MessageKind kind;
    const char *type, *procedure, *traceparent; /* borrowed */
    Lienthong__V1__Opening *opening;            /* NULL: none */
    Lienthong__V1__WantedPart *const *wanted;   /* what may be said of parts, and to whom; borrowed */
    size_t wanted_count;
    const struct envelope_piece *pieces; /* parts that are ready, instead of the program's; borrowed */
    size_t piece_count;
};
/* Makes and checks it; M may be NULL (CANCELLED). It is signed and journalled when the transaction is committed, and vanishes with
 * a savepoint or transaction that is undone. Within a batch it is leased to this process, which sends it behind the commit. FAULT_LIMIT:
 * too many for one transaction. */
MUST_USE enum fault_code saying_journal(struct lt_adapter *a, const struct saying *s, const struct lt_message *m,
                                        struct fault *f);
/* MESSAGE, of an answer, is to be sent again, unless the transaction itself makes it. FAULT_NOT_FOUND: it is kept no more. */
MUST_USE enum fault_code saying_again(struct lt_adapter *a, struct uuid message, struct fault *f);
/* Signs all drafts, and MORE, as batches of 256: one, as a rule. What is signed already is passed over. */
MUST_USE enum fault_code saying_sign(struct lt_adapter *a, struct envelope *const *more, size_t more_count,
                                     struct fault *f);
/* The moments of the agency's transactions, for database_set_watch; CONTEXT is the adapter. */
enum fault_code saying_on_moment(void *context, enum database_moment moment, struct fault *f);
/* The transaction is committed: what is ours goes to the courier. */
void saying_post_drafts(struct lt_adapter *a);
void saying_forget_drafts(struct lt_adapter *a);
