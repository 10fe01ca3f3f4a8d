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
