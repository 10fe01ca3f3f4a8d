#pragma once
/* Within workflow/ only: what a refused event takes back. The present (scopes, tokens, open steps, timers, incidents) is copied before
 * each event; what grows with the past, or is seldom touched (facts, parts, steps that are over, completions, members of part sets), is kept when it
 * is first overwritten. So an event costs what is open, and not what has been. */
#include "workflow/dossier_state.h"

struct undo;

/* From here on until undo_end, changes to D can be taken back. *U (NULL at first) is memory for it, used again for every event. */
void undo_begin(struct undo **u, struct dossier *d);
/* D is as it was at undo_begin, and nothing is kept any more. */
void undo_all(struct dossier *d);
void undo_end(struct dossier *d);
struct undo *undo_free(struct undo *u);

/* Before that is overwritten. Nothing to do outside of an event. */
void undo_keep_fact(struct dossier *d, uint32_t declaration);
void undo_keep_part(struct dossier *d, uint32_t declaration);
void undo_keep_step(struct dossier *d, uint32_t position); /* its tombstone */
void undo_keep_completions(struct dossier *d);             /* before they are changed; not before one is appended */
void undo_keep_members(struct dossier *d);                 /* likewise, of part sets */
