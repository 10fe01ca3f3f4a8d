#pragma once
/* What became of our messages: gathered, recorded once in each turn, and told to those who wait. While the database is away it
 * is kept and recorded later. */
#include "intake.h"

#define FATE_TEXT_SIZE 500

struct fates;
struct fates *fates_new(void);
struct fates *fates_free(struct fates *all); /* accepts NULL */

/* "<code>: <text>". */
void fate_text(Lienthong__V1__RefusalCode code, const char *text, char outcome[FATE_TEXT_SIZE]);
/* OUTCOME "accepted", or "<code>: <text>" of a final refusal. */
void fate_add(struct intake *in, struct uuid message, const char *outcome);
/* Records and tells them, and what the journal knows and nobody was told; called in each turn. */
void fates_turn(struct intake *in);
