#pragma once
/* A Unix-socket proxy between a test and its PostgreSQL server that can break the line at a chosen moment. It serves one
 * connection at a time, in a thread of its own. */
#include "database/server_fixture.h"

#include <stdbool.h>

enum proxy_fault {
    PROXY_NONE,
    PROXY_CUT_BEFORE, /* the message with the word never reaches the server */
    PROXY_CUT_AFTER   /* the server gets it and answers; the answer is dropped and the line cut */
};

struct proxy_fixture;
struct proxy_fixture *proxy_fixture_start(const struct server_fixture *server);
struct proxy_fixture *proxy_fixture_stop(struct proxy_fixture *p);
const char *proxy_fixture_target(const struct proxy_fixture *p);
/* The same at the Nth piece (from 0) that the client sends from now on; it may break no more than once. */
void proxy_fixture_break_at(struct proxy_fixture *p, enum proxy_fault fault, int nth);
/* Whether the fault that was set has happened. */
bool proxy_fixture_broken(struct proxy_fixture *p);
/* The next message from the client that contains WORD triggers FAULT, once. */
void proxy_fixture_break(struct proxy_fixture *p, enum proxy_fault fault, const char *word);
