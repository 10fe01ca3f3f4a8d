#pragma once
/* What a batch will write, table by table: plain rows, so that the real store makes columns of them and a simulated one
 * keeps them. Texts and bytes are borrowed: from the batch's arena, its envelopes, or the directory's processes. */
#include "base/bytes.h"
#include "base/digest.h"
#include "base/instant.h"
#include "base/memory.h"
#include "base/uuid.h"

#define LIST(type_)             \
    struct {                    \
        type_ *items;           \
        size_t count, capacity; \
    }
/* A zeroed new last item. */
#define LIST_ADD(list_)                                                                               \
    ({                                                                                                \
        if ((list_)->count == (list_)->capacity) {                                                    \
            (list_)->capacity = (list_)->capacity ? (list_)->capacity * 2 : 64;                       \
            (list_)->items = memory_grow((list_)->items, (list_)->capacity, sizeof(*(list_)->items)); \
        }                                                                                             \
        (list_)->items[(list_)->count] = (__typeof__(*(list_)->items)){0};                            \
        &(list_)->items[(list_)->count++];                                                            \
    })

struct dossier_row {
    struct uuid id;
    bool opened; /* insert; otherwise update */
    uint64_t version;
    uint32_t process, submitter; /* SUBMITTER 0: null, it began by time */
    const char *code, *officer;
    int status;
    uint64_t sequence;
    struct digest last_digest;
    struct instant opened_at, updated_at, due_at, ended_at;
    size_t open_steps, incidents;
    struct bytes state;
};

struct event_row {
    struct uuid dossier;
    uint64_t sequence;
    int kind;
    uint32_t agency;              /* 0: null */
    struct uuid message_id, step; /* nil: null */
    const char *type, *node, *detail;
    struct instant happened, arrived;
    int status;
    int64_t used_us, budget_us, step_used_us, step_budget_us;
    struct digest header, previous, digest; /* HEADER: of the envelope, zero for timers; not stored */
    struct bytes envelope;                  /* data NULL: null */
};

struct part_row {
    struct uuid dossier;
    uint64_t sequence;
    const char *name;
    struct bytes digest, salted_digest;
    uint64_t size;
};

struct message_row {
    struct uuid dossier, id;
    uint32_t agency;
    struct digest digest;
    int code;
    const char *text; /* "": it is an event; otherwise why it needed to become none, or the refusal */
};

struct outbox_row {
    struct uuid dossier, id, step; /* step nil: null */
    uint32_t agency;
    int kind;
    const char *type;
    uint64_t sequence;
    struct instant created;
    bool dropped;
    bool leased;          /* to this router: sent right after the commit */
    bool away;            /* a step's, and no line to its agency is up here, or it waits for a seal */
    bool remade;          /* of a delivery that is there already, unsent: it waited for a seal */
    const char *unsealed; /* NULL: it is whole; else the parts that its agency cannot open, and whose they are */
    struct instant next;
    struct digest digest;
    struct bytes envelope;
};

#define OUTBOX_REFUSED_BY_AGENCY "refused by the agency: " /* how such a dead delivery's reason begins */
enum outbox_change { OUTBOX_RECEIVED, OUTBOX_DEAD, OUTBOX_AGAIN /* it was dead */ };
struct outbox_mark {
    struct uuid dossier, id;
    enum outbox_change change;
    struct instant at;
    const char *reason;
};

struct outbox_drop {
    struct uuid dossier, step;
};

struct timer_row {
    struct uuid dossier;
    uint32_t timer, generation;
    struct instant due; /* 0: delete */
    bool later;         /* the same timer, if it still is, is looked at again only then */
};

struct incident_row {
    struct uuid dossier, step;
    uint64_t sequence; /* 0: of the router's own, one for each node: opened again when it was closed */
    const char *node, *cause;
    uint32_t place; /* what stands there: several may, by one event. 0: of the router's own */
    uint32_t agency;
    struct instant at, closed; /* CLOSED: by the same event; 0: not */
};

struct incident_end {
    struct uuid dossier, step; /* of the engine's, that of this step alone; nil: those of no step */
    uint64_t sequence;         /* those opened before it */
    const char *node;
    uint32_t place; /* 0: any */
    struct instant at;
};

struct submission_row {
    uint32_t agency;
    const char *key;
    struct uuid dossier;
    struct digest digest;
};

/* A schedule is advanced, or (LATER) tried again. Neither when it is no more at that tick of that process. */
struct schedule_row {
    const char *procedure;
    uint32_t process;
    struct instant from; /* the tick where it was */
    struct instant later;
    const char *trouble; /* with LATER: why */
    struct instant due;  /* the tick that is dealt with; the following are about it */
    struct uuid dossier; /* that it began; nil: an earlier version has, or another router */
    struct instant next; /* 0: it was the last */
    uint64_t next_number, missed;
    struct instant missed_until;
};

/* An operator pauses or resumes a schedule. Texts are borrowed. */
struct schedule_act {
    const char *procedure;
    bool pause;
    uint64_t event; /* of the directory */
    uint32_t agency;
    const char *officer, *reason;
    bool changes; /* else it was as wanted, and only the act is kept; the following are of a resumption */
    struct schedule_row resumed; /* what was missed, and the next tick */
};

struct refusal_row {
    struct instant at;
    uint32_t agency;
    struct uuid dossier, message_id;
    const char *type, *text;
    int code;
};

/* An act on the rights. Texts are borrowed. */
struct right_row {
    const char *procedure, *sender, *type, *recipient;
    bool granted;
    struct instant from, until; /* UNTIL 0: without end */
    uint64_t event;
    const char *officer, *reason;
};

/* A query for personal data. */
struct query_row {
    struct uuid dossier, delivery;
    const char *procedure, *officer, *type, *reason;
    uint32_t version, agency, recipient; /* AGENCY 0: null */
};

struct block_row {
    uint64_t height;
    struct instant at;
    uint32_t events;
    struct digest root, previous, heads, digest, key_id;
    struct bytes seen, signature;
};

struct writes {
    struct uuid batch;
    uint32_t router;
    struct instant now, lease_until;
    LIST(struct dossier_row) dossiers;
    LIST(struct event_row) events;
    LIST(struct part_row) parts;
    LIST(struct message_row) messages;
    LIST(struct outbox_row) outbox;
    LIST(struct outbox_mark) marks;
    LIST(struct outbox_drop) drops;
    LIST(struct timer_row) timers;
    LIST(struct incident_row) incidents;
    LIST(struct incident_end) incident_ends;
    LIST(struct submission_row) submissions;
    LIST(struct schedule_row) schedules;
    LIST(struct refusal_row) refusals;
    LIST(struct schedule_act) schedule_acts;
    LIST(struct right_row) rights;
    LIST(struct query_row) queries;
    uint64_t directory_sequence; /* of the last act on the directory; 0: none by this batch */
    struct digest directory_digest;
    bool has_block;
    struct block_row block;
};

void writes_reset(struct writes *w); /* keeps its memory */
void writes_clear(struct writes *w);
#define TIMER_GENERATION_ANY INT32_MAX
/* One row for each timer: a later act on the same timer replaces an earlier one of the same batch. DUE 0: it is gone, if its
 * generation is not above GENERATION. */
void writes_timer(struct writes *w, struct uuid dossier, uint32_t timer, uint32_t generation, struct instant due);
void writes_timer_later(struct writes *w, struct uuid dossier, uint32_t timer, uint32_t generation, struct instant at);
/* An incident of the engine's is open or closed. Both may be said of one place by one event: the last word counts. */
void writes_incident(struct writes *w, struct incident_row row);
void writes_incident_end(struct writes *w, struct incident_end end);
/* An incident of the router's own; the last word on a node counts. */
void writes_trouble(struct writes *w, struct incident_row row);
void writes_trouble_end(struct writes *w, struct uuid dossier, const char *node, struct instant at);
/* The step's deliveries that wait are void, those of this batch too. */
/* One for each delivery: the last counts. */
void writes_mark(struct writes *w, struct outbox_mark mark);
const struct outbox_mark *writes_marked(const struct writes *w, struct uuid dossier, struct uuid id); /* NULL: not */
void writes_drop(struct writes *w, struct uuid dossier, struct uuid step);
