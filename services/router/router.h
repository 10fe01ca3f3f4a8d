#pragma once
/* The router as a value: what it knows, and one turn of its loop. Driven from outside with `now`, over a wire and a store
 * that may be simulated. One thread. */
#include "cache.h"
#include "delivery.h"
#include "directory.h"
#include "expiring.h"
#include "input.h"
#include "peers.h"
#include "store.h"
#include "wire.h"

#define ROUTER_CHAINS_MAX 1000
#define ROUTER_COUNTS_MAX 256 /* different causes of refusal between two flushes; the rest counts as one */

struct router_settings {
    size_t batch_messages, batch_bytes;
    size_t timers_max, claims_max; /* taken at once */
    int64_t lease_us, retry_us_max, skew_us;
    int64_t reseal_us; /* how long a delivery waits for a seal before it is an incident */
    unsigned attempts_max;
    int64_t poll_ms, directory_ms; /* claims and timers; directory, heartbeat, refusals */
    size_t cache_bytes, parcels_bytes;
    uint8_t seed[32];          /* batch ids and salts */
    const char *revocation;    /* borrowed: path of the lists of revoked certificates; NULL or "": none are looked at */
    int64_t revocation_us_max; /* how old they may be, whatever they say themselves; 0: any age */
};

struct router_totals {
    uint64_t batches, halvings, doubts, events, acknowledged, refused, unproved, claimed, sent, conflicts;
};

/* The service's edge: what is worth a line in its log, and keys for the gatekeeper. Each may be NULL. */
struct router_edge {
    void (*on_note)(void *context, enum fault_code code, const char *event, const char *text);
    void (*on_keys)(void *context, const struct gatekeeper_key *keys, size_t count);
    void *context;
};

struct batch;
struct router {
    struct router_settings settings;
    struct store store;
    struct wire wire;
    const struct key *key;
    uint32_t id;
    struct chain_head head;   /* of our own chain */
    bool head_due;            /* it may be another: to be read before the next block */
    struct chain_head *heads; /* of the others, ascending */
    size_t head_count;

    struct catalogue *catalogue;
    struct directory *directory; /* never NULL once open */
    struct standing *standing;   /* NULL: not looked at */
    struct expiring expiring;
    const struct certificate *own; /* borrowed; NULL: not said */
    struct signature_cache *roots;
    struct cache *cache;
    struct parcels *parcels;
    struct peers *peers;
    struct inlet inlet;
    struct batch *batch;
    int64_t delays_us[DELIVERY_DELAYS];
    struct refusal_count *counts;
    size_t count_count;
    LIST(struct postponement) postponements; /* to be written with the next turn */
    LIST(struct line_change) lines;          /* as well, in their order */

    struct instant now;
    uint64_t drawn; /* numbers drawn from the seed */
    int64_t poll_at_ms, directory_at_ms, standing_at_ms, expiring_at_ms, retry_at_ms, retry_ms;
    bool claim_again;   /* the last claim was not the last that there was */
    bool starved;       /* something waits for credit */
    bool directory_due; /* an act has changed it: to be read before anything else is decided */
    struct router_totals totals;

    struct router_edge edge;
};

/* KEY is borrowed. The router is id and head's in the store. Reads the directory; FAULT when it cannot. */
MUST_USE enum fault_code router_open(const struct router_settings *settings, struct store store, struct wire wire,
                                     const struct key *key, uint32_t id, struct chain_head head,
                                     struct router_edge edge, struct router **ret, struct fault *f);
struct router *router_free(struct router *r);

/* From now on KEY signs; both are borrowed, the old key may be freed. Whose certificate ends is told of. */
void router_rekey(struct router *r, const struct key *key, const struct certificate *own);

/* What the wire reports. */
/* Whether a hello over AGENCY's CURVE key proves to be that agency's: UNSPECIFIED, or why not, with TEXT for a person. */
Lienthong__V1__RefusalCode router_prove(const struct router *r, uint32_t agency, const struct proof *proof, char *text,
                                        size_t size);
void router_on_open(struct router *r, uint64_t peer, uint32_t agency);
void router_on_lost(struct router *r, uint64_t peer);
void router_on_submit(struct router *r, uint64_t peer, uint32_t agency, struct bytes envelope);
void router_on_refuse(struct router *r, uint64_t peer, const Lienthong__V1__Refuse *refuse);
void router_on_violation(struct router *r, uint32_t agency, Lienthong__V1__RefusalCode code, const char *text);

/* Reads again what comes from files, at the next turn: after a SIGHUP. */
void router_reload(struct router *r);
void router_set_now(struct router *r, struct instant now);
/* One turn at NOW; returns for how many milliseconds nothing is due. */
int64_t router_turn(struct router *r, struct instant now, int64_t now_ms);
/* No batch is under way and nothing waits for one. */
bool router_idle(const struct router *r);

/* --- Inside: for batch and its parts ------------------------------------------------------------------------------- */

void router_note(struct router *r, const struct fault *f, const char *event);
/* What answers next may be another server, which a failover let lose the last commits: nothing that we remember of the dossiers and
 * of our chain counts any more. */
void router_forget(struct router *r);
/* Lists of revoked certificates and ends of all, when they are due. */
void router_poll_certificates(struct router *r, int64_t now_ms);
/* Reads the chain's head when it is due. */
MUST_USE enum fault_code router_read_head(struct router *r, struct fault *f);
/* Bytes that nobody can foresee, but the same for the same seed. */
struct digest router_draw(struct router *r);
struct uuid router_draw_id(struct router *r);
/* Counts a refusal of what was not proved. */
void router_count_refusal(struct router *r, uint32_t agency, Lienthong__V1__RefusalCode code, const char *text);
/* Sends to one of the agency's sessions, or gives the lease up. AHEAD: only behind this delivery, over its session; nil: any. */
void router_send(struct router *r, const struct flight *flight, struct uuid ahead, struct bytes envelope);
void router_postpone(struct router *r, struct uuid dossier, struct uuid id, struct instant next, bool unsent);
