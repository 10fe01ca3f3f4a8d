#pragma once
/* The state of one dossier. Owned by the router's cache; the engine changes it. Copies are cheap enough to try an event on. */
#include "base/uuid.h"
#include "workflow/clock.h"
#include "workflow/process.h"
#include "workflow/value.h"

/* National codes, domain.md section 4. */
enum status {
    STATUS_NONE = 0,
    STATUS_REGISTERED = 1,
    STATUS_RECEIVED = 2,
    STATUS_NOT_ACCEPTED = 3,
    STATUS_IN_PROCESS = 4,
    STATUS_SUPPLEMENT = 5,
    STATUS_OBLIGATION = 6,
    STATUS_WITHDRAWN = 7,
    STATUS_STOPPED = 8,
    STATUS_FINISHED = 9,
    STATUS_HANDED_OVER = 10
};
/* Whether the table of domain.md section 4 allows the move. TO 5 returns only to where it came from: BEFORE_PAUSE. */
bool status_may_follow(enum status from, enum status to, enum status before_pause);
const char *status_name(enum status s);

#define DOSSIER_TOKENS_MAX 512
#define DOSSIER_STEPS_MAX 1000 /* over its whole life: loops end in an incident */
#define DOSSIER_STATE_SIZE_MAX (256 * 1024)
#define DOSSIER_ITEM_SIZE_MAX 100 /* of an item over which instances are made */

struct dossier;

struct dossier *dossier_new(struct uuid id, const struct process *process); /* process borrowed: outlives it */
struct dossier *dossier_free(struct dossier *d);
struct dossier *dossier_copy(const struct dossier *d);
MUST_USE enum fault_code dossier_unpack(struct uuid id, const struct process *process, struct bytes packed,
                                        struct dossier **ret, struct fault *f);
MUST_USE enum fault_code dossier_pack(const struct dossier *d, struct buffer *to,
                                      struct fault *f); /* deterministic bytes */

struct uuid dossier_id(const struct dossier *d);
uint64_t dossier_sequence(const struct dossier *d);
enum status dossier_status(const struct dossier *d);
const struct clock *dossier_clock(const struct dossier *d);
bool dossier_ended(const struct dossier *d);
struct instant dossier_now(const struct dossier *d);
/* Facts by declaration index; VALUE_NULL when unset. Borrowed until the next event. */
const struct value *dossier_facts(const struct dossier *d);

enum step_status { STEP_OPENED = 1, STEP_RECEIVED, STEP_CANCELLING, STEP_ANSWERED, STEP_CANCELLED };
struct step_view {
    uint32_t position; /* uuid_step(dossier, position) is its id */
    uint32_t node;
    enum step_status status;
    uint32_t agency;           /* surrogate id */
    const struct clock *clock; /* all zero once the step is closed: its times are in the events */
};
/* False: no such step was ever opened. */
bool dossier_find_step(const struct dossier *d, struct uuid step_id, struct step_view *ret);
size_t dossier_steps(const struct dossier *d, struct step_view *views,
                     size_t room);                  /* all, oldest first; returns how many there are */
size_t dossier_open_steps(const struct dossier *d); /* opened, received or cancelling; costs nothing of what is over */
size_t dossier_open_incidents(const struct dossier *d);
size_t dossier_armed_timers(const struct dossier *d);
/* Newest bringer of part DECLARATION: the sequence of its event; 0: none yet. */
uint64_t dossier_part_sequence(const struct dossier *d, uint32_t declaration);

/* One of a part set: what the instance of ITEM has brought. */
struct part_member {
    uint32_t declaration;
    uint64_t sequence; /* of its event */
    char item[DOSSIER_ITEM_SIZE_MAX + 1];
};
/* Of all sets, in the order in which they came. Borrowed until the next event. */
const struct part_member *dossier_part_members(const struct dossier *d, size_t *ret_count);
