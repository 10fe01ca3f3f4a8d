#pragma once
/* HTTP requests that wait until a router has committed or refused their message. Bounded by the server's connections. */
#include "intake.h"

#define WAITING_MAX 4096

/* What the request will be told when its message is committed. Ownership of BODY moves. */
struct waiting *waiting_free(struct waiting *w);
struct waiting *waiting_new(void);
/* FAULT_LIMIT: too many wait. From inside the request's handler. */
MUST_USE enum fault_code waiting_add(struct intake *in, struct request *r, struct uuid message, int status,
                                     json_t *body, struct fault *f);
void waiting_committed(struct intake *in, struct uuid message);
/* OUTCOME: "<code>: <text>". */
void waiting_refused(struct intake *in, struct uuid message, const char *outcome);
/* Those that waited too long get 503 and are told to repeat. */
void waiting_turn(struct intake *in);
/* Answers with the refusal's HTTP status: 409 for what came too late or twice, 422 otherwise. */
void waiting_answer_refusal(struct request *r, const char *outcome);
