#pragma once
/* A client in a thread of its own against a server that the test's thread drives. */
#include "web/server.h"

/* S is borrowed. */
void http_fixture_open(struct server *s);
void http_fixture_close(void);
/* HEADER (borrowed; NULL: none) goes with every call from now on. */
void http_fixture_authorize(const char *header);
/* Sends JSON or bytes, serves until the answer is there, and fails the test unless its status is WANT. HEADER may be NULL. The
 * answer's body is borrowed until the next call. */
const char *http_fixture_call(const char *method, const char *path, const char *header, struct bytes body, int want);
