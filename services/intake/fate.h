#pragma once
/* What became of our messages: recorded, and told to those who wait. While the database is away it is kept and recorded later. */
#include "intake.h"

struct fate;

/* OUTCOME "accepted", or "<code>: <text>" of a final refusal. Outside any transaction. */
void fate_tell(struct intake *in, struct uuid message, const char *outcome);
/* Records what could not be recorded before; called in each turn. */
void fate_turn(struct intake *in);
void fate_clear(struct intake *in);
