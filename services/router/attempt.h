#pragma once
/* One try at committing a range of inputs: load, apply, commit. Nothing outside changes before the commit succeeded; a failed
 * attempt leaves inputs that can be tried again. */
#include "router.h"
#include "wanted.h"

/* A dossier of the attempt. */
struct held {
    struct uuid id;
    bool exists, opened, changed, ended_before;
    bool troubled; /* has open incidents of the router's own */
    uint64_t version;
    const struct catalogue_entry *process;
    const struct calendar *calendar;
    const char *unusable; /* why this router cannot serve it now; NULL: it can */
    uint32_t submitter;
    const char *code, *officer;
    struct digest last_digest;
    struct instant opened_at;
    struct dossier *state;
    size_t size; /* packed */
};

#define DIRECTORY_EVENT 100 /* kind of the directory's own events, behind those of the engine */

/* A delivery that no right allows. */
struct denied {
    struct uuid delivery, step; /* STEP nil: a notice */
    uint32_t agency;
    const char *type, *reason;
};

struct attempt {
    struct router *router;
    struct input **inputs;
    size_t count;
    const char *poison; /* this single input has failed for that reason: record it instead */
    struct instant now;
    struct arena arena;
    struct loaded loaded;
    struct held *helds; /* ascending by id */
    size_t held_count;
    struct effects effects;
    struct writes writes;
    LIST(struct draft) drafts;      /* one for each row of writes.outbox */
    LIST(struct envelope *) made;   /* owned; the same order */
    LIST(struct envelope *) opened; /* owned: what waited for a seal, as it was */
    LIST(struct denied) denied;     /* by the event that is recorded now */
};

void attempt_init(struct attempt *a, struct router *r);
void attempt_clear(struct attempt *a);

/* Faults are the store's; FAULT_UNKNOWN: attempt_settle or attempt_undo when it is known. Others have undone all. */
MUST_USE enum fault_code attempt_run(struct attempt *a, struct input **inputs, size_t count, const char *poison,
                                     struct fault *f);
/* After the commit: caches, acknowledges, refuses, sends. */
void attempt_settle(struct attempt *a);
void attempt_undo(struct attempt *a);

/* --- Its parts ----------------------------------------------------------------------------------------------------- */

MUST_USE enum fault_code attempt_load(struct attempt *a, struct fault *f);
struct held *attempt_held(struct attempt *a, struct uuid id);
void attempt_apply(struct attempt *a, struct input *in);
void attempt_poison(struct attempt *a, struct input *in);
/* Incidents of the router's own (attempt_trouble.c), closed when their cause is gone. */
void attempt_poisoned(struct attempt *a, struct input *in);
void attempt_not_delivered(struct attempt *a, struct held *h, const struct loaded_delivery *d, const char *cause);
void attempt_delivery_done(struct attempt *a, const struct held *h, const struct loaded_delivery *d);
void attempt_message_done(struct attempt *a, const struct held *h, const struct input *in);
void attempt_timer_done(struct attempt *a, const struct held *h, uint32_t timer);
const struct loaded_delivery *attempt_delivery(const struct attempt *a, struct uuid dossier, struct uuid id);
/* What was applied becomes rows: EVENT's step, node and detail, then all effects. */
struct event_note {
    const char *type, *node, *detail;
    struct uuid step;
    uint32_t agency;                /* whose silence it is; 0: whoever sent it */
    const struct clock *step_clock; /* the step's as it was before: an answer closes the step. NULL: of no step */
};
/* Applies EVENT and records it, when the engine takes it. */
enum engine_result attempt_engine(struct attempt *a, struct held *h, struct input *in, const struct event *event,
                                  const struct event_note *note);
/* An operator's command: dead notices of the dossier, of the type that EVENT names or all, are sent again, in their old order. */
enum engine_result attempt_resend(struct attempt *a, struct held *h, struct input *in, const struct event *event,
                                  const struct event_note *note);
bool attempt_resends(const struct attempt *a, struct uuid dossier, uint32_t agency); /* by this batch */
/* A part's author has sealed it anew (attempt_reseal.c), as REQUEST asked. */
enum engine_result attempt_reseal(struct attempt *a, struct held *h, struct input *in,
                                  const struct loaded_delivery *request);
/* Whether AGENCY has the keys to all that E brings it. */
bool attempt_openable(const struct directory *directory, const struct envelope *e, uint32_t agency, struct instant now);
/* A delivery has waited for a seal beyond the deadline, or its agency's keys are others since it was made. */
void attempt_unsealed(struct attempt *a, struct held *h, struct input *in);
/* Once all drafts have their pieces: what cannot be opened waits, and its authors are asked. */
void attempt_seals(struct attempt *a);
void attempt_not_sealed(struct attempt *a, struct held *h, const struct draft *d, uint32_t owner, const char *cause);
void attempt_sealed(struct attempt *a, const struct held *h, const struct draft *d);
void attempt_step_dropped(struct attempt *a, const struct held *h, uint32_t step);
/* As the dossier is now; its facts are borrowed. */
struct wanted_where attempt_where(struct attempt *a, const struct held *h);
/* An operator's act on the directory (attempt_directory.c). False: IN's refusal is set. */
bool attempt_directory(struct attempt *a, struct input *in);
/* The procedure whose schedule the command H changes; NULL: it is none such. Borrowed from H. */
const char *attempt_schedule_of(const Lienthong__V1__Header *h);
/* A tick that is due opens its dossier (attempt_begin.c), unless the schedule is no more there, or waits with its trouble. */
void attempt_begin(struct attempt *a, struct held *h, struct input *in);
void attempt_tell_missed(const struct attempt *a); /* after the commit */
void attempt_begin_later(struct attempt *a, const struct input *in, const char *trouble);
void attempt_record(struct attempt *a, struct held *h, struct input *in, const struct event *event,
                    const struct event_note *note);
/* An operator's act on the directory (attempt_directory.c). False: IN's refusal is set. */
bool attempt_directory(struct attempt *a, struct input *in);
/* Whether D, which EFFECT orders, may be given to whom it is for (attempt_right.c); if not it is dead at once, and */
void attempt_check_right(struct attempt *a, const struct held *h, const struct effect *e, const struct draft *d);
/* this tells the engine, after the effects of IN's event are recorded. */
void attempt_tell_denied(struct attempt *a, struct held *h, struct input *in);
/* Envelopes of the drafts, dossier rows, block. */
MUST_USE enum fault_code attempt_finish(struct attempt *a, struct fault *f);
struct digest submission_digest(const Lienthong__V1__Header *header, struct arena *arena);
