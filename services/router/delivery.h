#pragma once
/* Deliveries: when to try again (pure), what a delivery says (draft), and the signed envelope made of it. */
#include "cache.h"
#include "store.h"

#define DELIVERY_DELAYS 16

/* DELAYS_US[n - 1]: how long after the n-th sending without a receipt the delivery is due again: the lease itself after the
 * first two, then doubled each time, at most MAX_US. */
void delivery_delays(int64_t lease_us, int64_t max_us, int64_t delays_us[DELIVERY_DELAYS]);
/* The entry for ATTEMPTS (from 1). */
int64_t delivery_delay(const int64_t delays_us[DELIVERY_DELAYS], unsigned attempts);

struct draft_part {
    const char *name;
    uint64_t sequence; /* of the event that brought it */
    const char *item;  /* of one of a part set; else NULL */
};

/* All in the attempt's arena. Drawn up while the event is applied, because the next event may change what it says; made an
 * envelope when the parts' sources are at hand. */
struct draft {
    struct uuid dossier, id, step;
    uint32_t agency;
    Lienthong__V1__Header header;
    struct draft_part *parts;
    size_t part_count;
    bool blocked;                  /* waits for a receipt of what is before it, or until its agency is resumed */
    struct uuid ahead;             /* goes behind this one over the same session; nil: over any */
    struct bytes status;           /* a packed StatusUpdate by the router itself; data NULL: none */
    const char *role;              /* who may read it */
    struct envelope_piece *pieces; /* what it carries, once the sources are at hand */
    size_t piece_count;
    /* When a seal is missing: its author is asked; a seal has just come, others are still waited for; or it is late. */
    enum { DRAFT_SEAL_ASK, DRAFT_SEAL_CAME, DRAFT_SEAL_LATE } seal;
};

/* Message id: UUIDv7 of AT whose random bits are INDEX and a digest over dossier, sequence and INDEX, so that a repeated batch
 * makes the same, and that deliveries of one event sort by INDEX (< 4096). */
struct uuid delivery_id(struct uuid dossier, uint64_t sequence, size_t index, struct instant at);

/* Part INDEX of SOURCE as it travels on: its author is whoever signed SOURCE, or whom that names. Borrows from SOURCE and ARENA. */
struct envelope_piece delivery_carried(const struct envelope *source, size_t index, const char *item,
                                       struct arena *arena);
/* What D carries, for envelope_make_batch. SOURCES: an envelope for each part of D. SEED salts the router's own part. *ret lives in
 * ARENA, and borrows from SOURCES. */
MUST_USE enum fault_code delivery_pieces(const struct draft *d, const struct envelope *const *sources,
                                         struct bytes seed, struct arena *arena, struct envelope_piece **ret,
                                         size_t *ret_count, struct fault *f);
