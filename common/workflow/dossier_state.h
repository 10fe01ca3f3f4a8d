#pragma once
/* Within workflow/ only: a dossier in memory. Flat arrays without pointers into each other, so that the copy that an event can be
 * undone by is a few calls of memcpy (undo.h). Ids of scopes, tokens and timers ascend in their arrays. */
#include "workflow/dossier.h"
#include "workflow/process_index.h"

#define DOSSIER_SCOPES_MAX (DOSSIER_TOKENS_MAX + 1)
#define DOSSIER_TIMERS_MAX 512
#define DOSSIER_COMPLETIONS_MAX 1000
/* Of one activity at a time: every commune of the largest province (168) and every department of it. */
#define INSTANCES_MAX 200
#define DOSSIER_MEMBERS_MAX (10 * INSTANCES_MAX) /* of all part sets together */
#define PART_SET_SIZE_MAX (768 * 1024)           /* of one set with its authors' signed headers: it fits an envelope */
#define DOSSIER_FACTS_SIZE_MAX (64 * 1024)       /* of all texts and lists together */
#define INCIDENT_CAUSE_SIZE 256
#define SENDER_SIZE 40
#define SCOPE_ROOT 1

struct interruption {
    uint32_t boundary; /* 1 + node; 0: none pending */
    uint32_t agency;
    struct uuid message_id;
    char sender[SENDER_SIZE];
};

enum scope_kind {
    SCOPE_BODY,      /* of the process, a subprocess, or one instance of it */
    SCOPE_INSTANCES, /* of an activity with several instances: a token for each, resting on the activity */
    SCOPE_UNDOING    /* around one activity that undoes another; its token rests at the compensation throw */
};

struct scope {
    uint32_t id, node, parent, token;
    enum scope_kind kind;
    uint32_t handler;                 /* UNDOING: 1 + the activity that undoes */
    bool closed;                      /* interrupted by one of its event subprocesses: none begins any more */
    uint32_t asked, answered, silent; /* INSTANCES */
    uint32_t agency;                  /* UNDOING: who must do it; 0: whoever is competent */
    struct interruption interruption;
};

struct token {
    uint32_t id, node, scope, flow;
    uint32_t item; /* instance: 1 + index in the list */
};

/* A completed activity that can be undone. Those of a completed subprocess stand right before it. */
struct completion {
    uint32_t node, scope;
    uint32_t inner;   /* subprocess: what was its scope, which completions within it carry */
    uint32_t thrower; /* the token at the compensation throw that undoes it */
    uint32_t agency;  /* who did it, when an instance's item picked it: the same agency undoes it */
};

/* A step that still waits for something. */
struct step {
    uint32_t position;
    uint32_t token; /* 0: it was given up; whatever comes is only recorded */
    uint32_t node, scope, agency;
    enum step_status status;
    bool was_received;
    bool answer_refused; /* for good: there is an incident, and no sense in asking the agency to give it up */
    bool has_id;         /* ID is worked out when it is first needed */
    struct uuid id;
    struct clock clock;
};

/* What is kept of every step, by position. */
struct tombstone {
    uint32_t node, agency;
    enum step_status status;
};

struct timer {
    uint32_t id, node, token, scope, generation;
    struct instant due; /* 0: waits for the dossier's clock */
    uint32_t warned;    /* `before due`: the appointment of which it has warned, by its number; 0: of none */
};

struct incident {
    uint32_t token, node, step;
    uint32_t scope; /* of the start of an event subprocess, which no token rests at: its surroundings; else 0 */
    char cause[INCIDENT_CAUSE_SIZE];
};

/* Everything of fixed size. */
struct core {
    uint64_t sequence;
    struct instant now;
    struct clock clock;
    enum status status, status_before_pause;
    uint32_t supplements, reschedules, next_id;
    bool ended;
    uint32_t scope_count, token_count, step_count, tombstone_count, timer_count, incident_count, completion_count,
        member_count;
    size_t fact_bytes; /* of texts and lists in use */
};

/* Memory of facts' texts and lists. Only appended to, so that an undo only has to forget the end. */
struct text_block {
    struct text_block *older;
    size_t used, size;
    char data[] __attribute__((aligned(16)));
};

struct dossier {
    struct uuid id;
    const struct process *process;
    struct core core;
    struct scope *scopes;
    struct token *tokens;
    struct step *steps;
    struct tombstone *tombstones;
    struct timer *timers;
    struct incident *incidents;
    struct completion *completions;
    struct part_member *members;
    uint32_t scope_room, token_room, step_room, tombstone_room, timer_room, incident_room, completion_room, member_room;
    struct value *facts;
    uint64_t *parts;
    struct text_block *texts; /* newest first */
    size_t text_bytes;
    struct undo *undo; /* while an event is applied */
};

/* A zeroed entry at the end of ARRAY_s; moves the array. */
#define DOSSIER_APPEND(d_, noun_)                                                                     \
    ({                                                                                                \
        if ((d_)->core.noun_##_count == (d_)->noun_##_room) {                                         \
            (d_)->noun_##_room = 2 * (d_)->noun_##_room + 4;                                          \
            (d_)->noun_##s = memory_grow((d_)->noun_##s, (d_)->noun_##_room, sizeof *(d_)->noun_##s); \
        }                                                                                             \
        __typeof__((d_)->noun_##s) new_ = &(d_)->noun_##s[(d_)->core.noun_##_count++];                \
        memset(new_, 0, sizeof *new_);                                                                \
        new_;                                                                                         \
    })
/* Takes entry INDEX out; the order of the others stays. */
#define DOSSIER_REMOVE(d_, noun_, index_)                                   \
    ({                                                                      \
        uint32_t at_ = (index_);                                            \
        (d_)->core.noun_##_count--;                                         \
        memmove(&(d_)->noun_##s[at_], &(d_)->noun_##s[at_ + 1],             \
                ((d_)->core.noun_##_count - at_) * sizeof *(d_)->noun_##s); \
    })

/* What the nodes that may stand in S have as their scope: 1 + subprocess node; 0: the process. */
static inline uint32_t scope_place(const struct dossier *d, const struct scope *s)
{
    if (s->id == SCOPE_ROOT)
        return 0;
    if (s->kind == SCOPE_BODY)
        return s->node + 1;
    return d->process->nodes[s->kind == SCOPE_UNDOING ? s->handler - 1 : s->node].wire->scope;
}

/* NULL: no such one. Valid until the array grows or shrinks. */
struct scope *dossier_scope(const struct dossier *d, uint32_t id);
struct token *dossier_token(const struct dossier *d, uint32_t id);
/* The scope of the activity on which TOKEN rests: its body, or its instances. */
struct scope *dossier_scope_of_token(const struct dossier *d, uint32_t token);
struct step *dossier_step_of_token(const struct dossier *d, uint32_t token);
struct incident *dossier_incident_of_token(const struct dossier *d, uint32_t token);
/* The open step at POSITION, NULL when it is closed or never was. */
struct step *dossier_open_step(const struct dossier *d, uint32_t position);
/* The position of a step id; 0: never opened. */
uint32_t dossier_position(const struct dossier *d, struct uuid step_id);

/* Copies VALUE into the dossier as fact DECLARATION. False: facts would take more than DOSSIER_FACTS_SIZE_MAX. */
MUST_USE bool dossier_set_fact(struct dossier *d, uint32_t declaration, const struct value *value);
/* Forgets the texts of values that were replaced, once they are more than those in use. */
void dossier_compact(struct dossier *d);
/* The facts that follow from the state (supplements, reschedules, status). */
void dossier_keep_facts(struct dossier *d);
void dossier_keep_late(struct dossier *d, struct instant now);
