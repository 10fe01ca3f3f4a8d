#pragma once
/* What an agency is told of the parts that it is to bring: who may read each, and whose keys seal it. Pure over (process,
 * directory, jurisdiction, now). What is told lives in the arena, and borrows from process and directory. */
#include "directory.h"
#include "lienthong/v1/session.pb-c.h"

#define WANTED_KEYS_MAX 4 /* of one agency */
#define WANTED_PART_KEYS_MAX \
    120 /* of one part: its author adds his own; whoever is beyond has it sealed when it is given to him */

/* Where the dossier is, which picks the agencies. JURISDICTION NULL: not known; FACTS NULL: none are, so that roles that the items of a
 * list pick add nobody. */
struct wanted_where {
    const char *jurisdiction;
    const struct value *facts;
};

/* An order for each of USES, declared in PROCESS. */
struct wanted_list {
    Lienthong__V1__WantedPart **items;
    size_t count;
};
struct wanted_list wanted_parts(const struct process *process, Lienthong__V1__PartUse *const *uses, size_t count,
                                const struct directory *d, const struct wanted_where *where, struct instant now,
                                struct arena *arena);
/* A part of PROCESS, to be sealed anew, to nobody yet; to an agency (false: there is no room); to whoever else is entitled. */
Lienthong__V1__WantedPart *wanted_seal(const struct process *process, uint32_t part, struct arena *arena);
bool wanted_seal_to(Lienthong__V1__WantedPart *w, const struct directory *d, uint32_t agency, struct instant now);
void wanted_seal_to_all(Lienthong__V1__WantedPart *w, const struct process *process, const struct directory *d,
                        const struct wanted_where *where, struct instant now);
/* The answer to a question of AGENCY's. */
void wanted_answer(const struct catalogue *c, const struct directory *d, uint32_t agency, const Lienthong__V1__Ask *ask,
                   struct instant now, struct arena *arena, Lienthong__V1__Tell *ret);
