#pragma once
/* A thread that has the newest block of one chain stamped by an authority of RFC 3161, and keeps the token in block_stamp. A stamp
 * vouches for every block before its own, so whatever an outage of the authority, the network or the database left out is made up
 * for by the next one. The router never waits for it: it has a connection to the database and an HTTP client of its own, asks for
 * one stamp at a time, and keeps nothing in memory. */
#include "trust/key.h"

struct stamper;
struct stamper_settings {
    const char *connection;              /* libpq */
    const char *url;                     /* where POST answers with a time stamp */
    const struct certificate *authority; /* vouches for the stamps; borrowed until stamper_stop */
    uint32_t chain;
    int64_t every_ms;
};

/* FAULT_CONFIG: the URL has a password in it. An authority that is not there is none: it is asked again and again. Caller owns *ret. */
MUST_USE enum fault_code stamper_start(const struct stamper_settings *settings, struct stamper **ret, struct fault *f);
/* Ends the thread, at the latest after the statement that is under way. Accepts NULL; returns NULL. */
struct stamper *stamper_stop(struct stamper *s);
