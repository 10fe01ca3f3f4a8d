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
};
/* Makes, signs and journals it; M may be NULL (CANCELLED). Within a batch it is leased to this process, which sends it once the
 * batch is committed. */
MUST_USE enum fault_code saying_journal(struct lt_adapter *a, const struct saying *s, const struct lt_message *m,
                                        struct fault *f);
/* Drafts beyond COUNT are of what was rolled back. */
void saying_forget_drafts(struct lt_adapter *a, size_t count);
/* The transaction is committed: they go to the courier. */
void saying_post_drafts(struct lt_adapter *a);
