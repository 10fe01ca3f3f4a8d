#pragma once
/* Brings inputs through: all in one transaction when that goes well; halved until the culprit stands alone when a statement
 * fails; whole again when the connection was lost; and resolved before anything else when the answer to a commit is lost. */
#include "router.h"

struct batch;
struct batch *batch_new(struct router *r); /* R is borrowed */
struct batch *batch_free(struct batch *b);
bool batch_idle(const struct batch *b);
/* Only when idle: takes inputs from the router's inlet, at most its settings' numbers and bytes. False: there was nothing. */
bool batch_fill(struct batch *b);
/* One attempt, or one question after a lost answer. FAULT_LOST and FAULT_UNKNOWN: the database is away; call again later.
 * FAULT_NONE: something was done, perhaps only halving; call again until batch_idle. */
MUST_USE enum fault_code batch_turn(struct batch *b, struct fault *f);
