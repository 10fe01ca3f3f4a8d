#pragma once
/* Which blocks an evidence file has: of each chain those from the block before the dossier's first event there to the first time stamp
 * over its last, and whose signatures. Where two of its blocks lie further apart than GAP, what is between the first one's time stamp
 * and the second is left out. Pure. */
#include "base/bytes.h"
#include "evidence/lines.h"

#define RUNS_GAP 200000 /* blocks: 31 MB */

struct runs;
struct runs *runs_new(void);
struct runs *runs_free(struct runs *r);
OWNED_CLEANUP(runs)
/* A block with events of the dossier; once is enough, in any order. */
void runs_add(struct runs *r, uint32_t chain, uint64_t height);
/* The blocks that were added, by chain and height. */
size_t runs_count(struct runs *r);
void runs_at(struct runs *r, size_t index, uint32_t *ret_chain, uint64_t *ret_height);
/* STAMPED: the first block at or after that one which has a time stamp; 0: none has. */
void runs_stamp(struct runs *r, size_t index, uint64_t stamped);
/* What follows of them. Both lists are the caller's; SIGNED is by chain and height, its keys are empty. */
size_t runs_plan(struct runs *r, uint64_t gap, struct lines_run **ret);
size_t runs_signed(struct runs *r, struct lines_block **ret);
