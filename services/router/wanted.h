#pragma once
/* What an agency is told of the parts that it is to bring: who may read each, and whose keys seal it. Pure over (process,
 * directory, jurisdiction, now). What is told lives in the arena, and borrows from process and directory. */
#include "directory.h"
#include "lienthong/v1/session.pb-c.h"

#define WANTED_KEYS_MAX 4 /* of one agency */

/* An order for each of USES, declared in PROCESS. JURISDICTION NULL: none is known. */
struct wanted_list {
    Lienthong__V1__WantedPart **items;
    size_t count;
};
struct wanted_list wanted_parts(const struct process *process, Lienthong__V1__PartUse *const *uses, size_t count,
                                const struct directory *d, const char *jurisdiction, struct instant now,
                                struct arena *arena);
/* A sealed part of PROCESS, to be sealed to AGENCY and to whoever else is entitled to it. */
Lienthong__V1__WantedPart *wanted_seal(const struct process *process, uint32_t part, const struct directory *d,
                                       const char *jurisdiction, uint32_t agency, struct instant now,
                                       struct arena *arena);
/* The answer to a question. */
void wanted_answer(const struct catalogue *c, const struct directory *d, const Lienthong__V1__Ask *ask,
                   struct instant now, struct arena *arena, Lienthong__V1__Tell *ret);
