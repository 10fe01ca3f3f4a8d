#pragma once
/* What the router needs of the database. The real one is store_postgres.h; tests and the simulation bring their own.
 * A batch is: load, any number of envelopes, then commit or rollback; all other calls stand outside a batch.
 *
 * Faults of all: FAULT_LOST (nothing took effect; reconnect), FAULT_CONFLICT (a lost race; again), FAULT_AGAIN (no room, too long;
 * later), any other: a statement failed, the connection is good. Only commit and resolve answer FAULT_UNKNOWN. Answers live in the caller's arena. */
#include "base/arena.h"
#include "workflow/engine.h"
#include "writes.h"

struct directory_source;

struct load_dossier {
    struct uuid id;
    uint64_t version; /* that is cached: its state need not be read again; 0: none */
};
struct load_message {
    struct uuid dossier, id;
    uint32_t agency;
};
struct load_delivery {
    struct uuid dossier, id;
};
struct load_submission {
    uint32_t agency;
    const char *key;
};
struct load_schedule {
    const char *procedure;
};
struct load_request {
    const struct load_dossier *dossiers; /* ascending by id, each once: the order in which they are locked */
    size_t dossier_count;
    const struct load_message *messages;
    size_t message_count;
    const struct load_delivery *deliveries;
    size_t delivery_count;
    const struct load_submission *submissions;
    size_t submission_count;
    const struct uuid *resends; /* dossiers whose dead notices are wanted */
    size_t resend_count;
    const struct uuid *seals; /* dossiers of which is wanted what waits for a seal, and what brought their parts */
    size_t seal_count;
    const struct uuid *unsealed; /* deliveries of these that are wanted, too */
    size_t unsealed_count;
    const struct load_schedule *schedules; /* locked behind the dossiers */
    size_t schedule_count;
    bool directory; /* locked behind all others: the batch acts on it */
};

struct loaded_dossier {
    struct uuid id;
    uint64_t version;
    uint32_t process, submitter; /* 0: it began by time */
    const char *code, *officer;
    struct digest last_digest;
    struct instant opened;
    bool troubled;      /* has open incidents of the router's own */
    struct bytes state; /* data NULL: the cached version is the present one */
};
struct loaded_message {
    struct uuid dossier, id;
    uint32_t agency;
    struct digest digest;
    int code;
    const char *text;
};
#define OUTBOX_OUTAGES_MAX 16 /* what comes then makes the last one longer by as much */
struct loaded_delivery {
    struct uuid dossier, id, step;
    uint32_t agency;
    int kind;
    struct digest digest;
    bool waiting; /* or dead: its receipt counts */
    bool received, dead;
    bool refused; /* dead because its agency will not take it */
    const char *type;
    const struct outage *outages; /* when no line to its agency was up, in order, */
    size_t outage_count;          /* at most OUTBOX_OUTAGES_MAX, */
    struct instant away_since;    /* and since when again; 0: one is */
};
struct loaded_submission {
    uint32_t agency;
    const char *key;
    struct uuid dossier;
    struct digest digest;
};
/* A delivery of the dossier to the agency that waits: unsent, or sent and not received. Later ones must not overtake it. */
struct loaded_queue {
    struct uuid dossier, id;
    uint32_t agency;
};
/* A dead delivery of no step. */
struct loaded_notice {
    struct uuid dossier, id;
    uint32_t agency;
    const char *type;
};
/* A delivery that waits for a seal (UNSEALED "": it was not known to), or a request for one that is not received yet (NULL). */
struct loaded_seal {
    struct uuid dossier, id, step;
    uint32_t agency;
    int kind;
    const char *type, *unsealed;
    uint64_t sequence;
    struct bytes envelope;
};
/* Which event brought a part, and whose it was. */
struct loaded_bringer {
    struct uuid dossier;
    const char *name;
    uint64_t sequence;
    struct digest salted;
    uint32_t agency;
};
/* A procedure's next tick, as it is now. */
struct loaded_schedule {
    const char *procedure;
    uint32_t process;
    struct instant due; /* 0: none */
    uint64_t number;    /* of that tick */
    bool paused;
};
struct loaded {
    struct loaded_notice *notices;
    size_t notice_count;
    struct loaded_dossier *dossiers;
    size_t dossier_count;
    struct loaded_message *messages;
    size_t message_count;
    struct loaded_delivery *deliveries;
    size_t delivery_count;
    struct loaded_submission *submissions;
    size_t submission_count;
    struct loaded_queue *queues;
    size_t queue_count;
    struct loaded_schedule *schedules;
    size_t schedule_count;
    struct loaded_seal *seals; /* in their order */
    size_t seal_count;
    struct loaded_bringer *bringers;
    size_t bringer_count;
    uint64_t directory_sequence; /* of the directory's last event, and its digest */
    struct digest directory_digest;
};

struct event_key {
    struct uuid dossier;
    uint64_t sequence;
};

struct claim_request {
    uint32_t router;
    const uint32_t *agencies; /* connected here, not paused */
    const size_t *rooms;      /* how many each of them takes now; NULL: any */
    size_t agency_count, max;
    struct instant now;
    const int64_t *delays_us; /* of the first, second, … attempt: when it is due again; the last for all further ones */
    size_t delay_count;
};
struct claimed_delivery {
    struct uuid dossier, id, step;
    uint32_t agency;
    int kind;
    unsigned attempts; /* with this one */
    bool unsealed;     /* it is not to be sent: its seal has not come in time */
    struct instant created;
    struct bytes envelope;
};
struct claimed_timer {
    struct uuid dossier;
    uint32_t timer, generation;
};

/* A tick that is due. */
struct claimed_schedule {
    const char *procedure;
    uint32_t process;
    struct instant due;
    uint64_t number;
};

/* A delivery that was not sent, or that the agency cannot take now, or whose connection is gone: the lease is given up. */
struct postponement {
    struct uuid dossier, id;
    struct instant next;
    bool unsent; /* the attempt did not happen */
};

/* The first line to an agency is up here, or the last one is gone. */
struct line_change {
    uint32_t agency;
    bool up;
    struct instant at;
};

/* Refusals of unproved input since the last flush. */
struct refusal_count {
    struct instant hour, last;
    int code;
    char origin[40];
    uint64_t count;
    char text[200];
};

struct chain_head {
    uint32_t chain;
    uint64_t height; /* 0: no block yet */
    struct digest digest;
};

struct store {
    void *context;
    enum fault_code (*load)(void *context, const struct load_request *request, struct arena *arena, struct loaded *ret,
                            struct fault *f);
    /* RET has COUNT entries; data NULL: no such event. */
    enum fault_code (*envelopes)(void *context, const struct event_key *keys, size_t count, struct arena *arena,
                                 struct bytes *ret, struct fault *f);
    enum fault_code (*commit)(void *context, const struct writes *w, struct fault *f);
    void (*rollback)(void *context);
    /* After FAULT_UNKNOWN: commits a fence (FENCE: a fresh id) and settles whether BATCH is there; when not, it never will be. */
    enum fault_code (*resolve)(void *context, uint32_t router, struct uuid batch, struct uuid fence,
                               bool *ret_committed, struct fault *f);
    enum fault_code (*reconnect)(void *context, struct fault *f); /* no-op while connected */
    bool (*alive)(void *context);
    enum fault_code (*head)(void *context, struct chain_head *ret, struct fault *f); /* of our own chain */
    enum fault_code (*claim)(void *context, const struct claim_request *request, struct arena *arena,
                             struct claimed_delivery **ret, size_t *ret_count, struct fault *f);
    enum fault_code (*claim_timers)(void *context, uint32_t router, struct instant now, struct instant lease_until,
                                    size_t max, struct arena *arena, struct claimed_timer **ret, size_t *ret_count,
                                    struct fault *f);
    /* Ticks that are due, earliest first; until TRY_AGAIN no router claims them again. */
    enum fault_code (*claim_schedules)(void *context, struct instant now, struct instant try_again, size_t max,
                                       struct arena *arena, struct claimed_schedule **ret, size_t *ret_count,
                                       struct fault *f);
    enum fault_code (*postpone)(void *context, uint32_t router, const struct postponement *items, size_t count,
                                struct fault *f);
    /* All up or all down. What waits for the agencies keeps for how long no line to them was up; some LINE_ROWS_MAX of each at a
     * time, the rest when it is said again. */
    enum fault_code (*lines)(void *context, const struct line_change *items, size_t count, struct fault *f);
    enum fault_code (*refusals)(void *context, const struct refusal_count *items, size_t count, struct fault *f);
    enum fault_code (*directory_version)(void *context, int64_t *ret, struct fault *f);
    enum fault_code (*directory)(void *context, struct arena *arena, struct directory_source *ret, struct fault *f);
    /* Says that ROUTER lives; other chains' heads for the next blocks. */
    enum fault_code (*heartbeat)(void *context, uint32_t router, struct instant now, struct arena *arena,
                                 struct chain_head **ret_heads, size_t *ret_count, struct fault *f);
};
