#pragma once
/* What an agency is told it may call: of whom, in which version of which procedure, since and until when. Pure over (catalogue, directory,
 * now). What is told lives in the arena, and borrows from catalogue and directory. */
#include "directory.h"
#include "lienthong/v1/session.pb-c.h"

#define OPERATIONS_PAGE 40
#define OPERATIONS_RECIPIENTS_MAX 8 /* of one operation */

Lienthong__V1__TellOperations *operations_of(const struct catalogue *c, const struct directory *d, uint32_t agency,
                                             const Lienthong__V1__AskOperations *ask, struct instant now,
                                             struct arena *arena);
