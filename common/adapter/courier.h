#pragma once
/* Takes messages to the routers over whichever session has credit, and remembers what is under way until it is acknowledged. What
 * it holds in memory is bounded; the journal has all of it. */
#include "adapter/inside.h"

#define COURIER_MESSAGES_MAX 2000 /* waiting for credit */
#define COURIER_BYTES_MAX ((size_t)16 << 20)
#define COURIER_UNDER_WAY_MAX 100000

struct courier;
/* Opens a link to each configured router. */
MUST_USE enum fault_code courier_open(struct lt_adapter *a, const struct config *c, struct courier **ret,
                                      struct fault *f);
struct courier *courier_free(struct courier *c); /* says goodbye */
/* Sockets for zmq_poll: at most 2 * LT_ROUTERS_MAX. */
size_t courier_sockets(const struct courier *c, void **sockets);
int64_t courier_timeout_ms(const struct courier *c);
/* Receives; calls back into the adapter. */
void courier_turn(struct courier *c);
/* Sends what waits, as far as credit goes. */
void courier_send(struct courier *c);
/* Copies ENVELOPE, which is journalled and leased. Beyond the bounds it is left to the journal. */
void courier_post(struct courier *c, struct uuid message, struct uuid dossier, struct bytes envelope);
size_t courier_room(const struct courier *c);
unsigned courier_open_count(const struct courier *c);
unsigned courier_count(const struct courier *c);
/* A question to the directory, over one open session; readers_on_tell and enquiry_on_tell get the answer. False: there is none. */
bool courier_ask(struct courier *c, const Lienthong__V1__Ask *ask);
/* Waits at most MS for something to arrive, and takes it. Not while what has arrived is being handled. */
void courier_wait(struct courier *c, int64_t ms);
/* To one open session; routers share what they know. False: there is none. */
bool courier_refuse(struct courier *c, const Lienthong__V1__Refuse *r);

/* What the routers said, for the journal. Arrays live until courier_heard_done. */
struct courier_refusal {
    struct uuid message;
    Lienthong__V1__RefusalCode code;
    char text[200];
    bool retryable;
    uint32_t retry_after_ms;
};
struct courier_heard {
    struct uuid *acknowledged, *lost; /* lost: were under way on a session that is gone */
    struct courier_refusal *refused;
    size_t acknowledged_count, lost_count, refused_count;
};
const struct courier_heard *courier_heard(const struct courier *c);
/* All of it is in the journal. */
void courier_heard_done(struct courier *c);
