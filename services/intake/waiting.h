#pragma once
/* HTTP requests that wait until a router has committed or refused their message. Bounded by the server's connections. */
#include "intake.h"
#include "record.h"

#define WAITING_MAX 4096

struct waiting *waiting_new(void);
struct waiting *waiting_free(struct waiting *w); /* accepts NULL */
/* BODY is what the request will be told when its message is committed; its ownership moves, also on failure. FAULT_LIMIT: too
 * many wait. From inside the request's handler. */
MUST_USE enum fault_code waiting_add(struct intake *in, struct request *r, struct uuid message, int status,
                                     json_t *body, struct fault *f);
void waiting_committed(struct intake *in, struct uuid message);
/* OUTCOME: "<code>: <text>". */
void waiting_refused(struct intake *in, struct uuid message, const char *outcome);
/* Asks the database for what another process of this agency, or a retry, has recorded; those that waited too long get 503 and
 * are told to repeat. */
void waiting_turn(struct intake *in);
/* Answers with the refusal's HTTP status: 409 for what came too late or twice, 422 otherwise. */
void waiting_answer_refusal(struct request *r, const char *outcome);
/* The request repeats what was sent before: the same content gets the same answer, other content 409. WHAT for the text. */
void waiting_answer_sent(struct intake *in, struct request *r, const struct sent *sent, const struct digest *digest,
                         const char *what);
/* Waits, or answers 503 when too many do. Ownership of BODY moves. */
void waiting_for(struct intake *in, struct request *r, struct uuid message, int status, json_t *body);
