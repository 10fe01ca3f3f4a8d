#pragma once
/* What became of our messages: recorded, and told to those who wait. While the database is away it is kept and recorded later. */
#include "intake.h"

#define FATE_TEXT_SIZE 500

struct fate;

/* "<code>: <text>". */
void fate_text(Lienthong__V1__RefusalCode code, const char *text, char outcome[FATE_TEXT_SIZE]);
/* OUTCOME "accepted", or "<code>: <text>" of a final refusal. Outside any transaction. */
void fate_tell(struct intake *in, struct uuid message, const char *outcome);
/* Records what could not be recorded before, and what the journal knows and nobody was told; called in each turn. */
void fate_turn(struct intake *in);
void fate_clear(struct intake *in);
