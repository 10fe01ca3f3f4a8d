#pragma once
/* What HTTP requests ask for within one turn of the loop, written in one transaction: one commit for all. When that fails, each is
 * written alone, so that none suffers by another. */
#include "lienthong/adapter.h"
#include "web/server.h"

#define GATHER_COUNT_MAX 64 /* in one transaction */

struct gather;

/* The first member of what a service remembers of such a request. */
struct gathered {
    /* Within a transaction; once more when that was undone. */
    enum fault_code (*write)(struct gathered *one, void *context, struct fault *f);
    /* Behind the transaction's end, once: answers REQUEST unless it is NULL, and frees ONE. CODE and F: why it is not written. */
    void (*end)(struct gathered *one, void *context, enum fault_code code, const struct fault *f);
    struct request *request; /* NULL: the peer has left; what it asked for is done all the same */
    struct gathered *next;
};

/* Written in each turn of A's loop: call it behind program_serve, so that no turn lies between. CONTEXT is borrowed. */
struct gather *gather_new(struct lt_adapter *a, void *context);
/* Accepts NULL. Behind server_free: what was not written yet ends with FAULT_LOST. */
struct gather *gather_free(struct gather *g);
/* From inside R's handler, which leaves R's answer, and R's state, to ONE. Ownership of ONE moves. */
void gather_add(struct gather *g, struct gathered *one, struct request *r);
/* For tests; the loop calls it. */
void gather_turn(struct gather *g);
