#pragma once
/* To whom the parts of our messages are sealed: what the routers' directory says of it, asked when it is first needed, asked again
 * from time to time, and kept in the journal for when no router can be asked. */
#include "adapter/inside.h"

#define READERS_TOLD_MAX 10000            /* answers and certificates; beyond, all are forgotten and asked for anew */
#define READERS_FRESH_MS (10 * 60 * 1000) /* after that it is asked again, and meanwhile used */
#define READERS_KEPT_US (7 * INSTANT_DAY_US) /* after that it is not used, however far away the routers are */
#define READERS_WAIT_MS 1000
#define READERS_PENDING_MS 200

struct readers;
/* Reads what was kept. */
MUST_USE enum fault_code readers_open(struct lt_adapter *a, struct readers **ret, struct fault *f);
struct readers *readers_free(struct readers *r);
void readers_on_tell(struct readers *r, const Lienthong__V1__Tell *t);
/* Keeps what was told since. In the adapter's turn, outside any transaction. */
MUST_USE enum fault_code readers_keep(struct readers *r, struct fault *f);
/* Whether an answer to readers_expect may still come: worth waiting a moment before what wants it is handled. */
bool readers_pending(const struct readers *r);
/* Asks for those of the keys that WANTED names and that are not known, so that they are at hand when they are needed. */
void readers_expect(struct readers *r, Lienthong__V1__WantedPart *const *wanted, size_t count);

/* The encryption certificates that part W is sealed to, into RET (room for SEAL_RECIPIENTS_MAX), our own among them. They live as
 * long as R. FAULT_AGAIN: one is not known yet, and was asked for; outside handlers only after READERS_WAIT_MS. */
MUST_USE enum fault_code readers_of(struct readers *r, const Lienthong__V1__WantedPart *w,
                                    const struct certificate **ret, size_t *ret_count, struct fault *f);

/* The parts that message TYPE (NULL: its only start) of PROCEDURE brings. JURISDICTION, or one of FACTS, picks the agencies. *ret
 * lives until the next turn. FAULT_AGAIN as above; FAULT_REFUSED: the router says why. */
struct readers_question {
    const char *procedure, *type, *jurisdiction;
    const struct lt_fact_out *facts;
    size_t fact_count;
};
MUST_USE enum fault_code readers_wanted(struct readers *r, const struct readers_question *q,
                                        const Lienthong__V1__TellWanted **ret, struct fault *f);
