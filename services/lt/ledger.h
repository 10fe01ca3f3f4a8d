#pragma once
/* `lt ledger`: verifies the routers' chains of blocks, the dossiers' chains of events in them, and the time stamps over
 * them. */
#include "base/digest.h"
#include "base/instant.h"
#include "database/database.h"
#include "options.h"
#include "trust/key.h"

int ledger_main(int argc, char **argv);

/* --- Its parts ----------------------------------------------------------------------------------------------------- */

#define LEDGER_CHAINS_MAX 10000
#define LEDGER_NAME_SIZE 64

struct ledger_chain {
    uint32_t id;
    char name[LEDGER_NAME_SIZE];   /* the router's; "": no such router */
    uint64_t checked;              /* by the checkpoint: up to here it was verified before */
    struct digest checked_digest;  /* of that block */
    uint64_t height;               /* the newest block that there is, */
    struct digest digest;          /* and what it says of itself */
    struct instant at;             /* its time */
    struct digest seen_digest;     /* the last one that another chain saw and that was looked up */
    uint64_t seen;                 /* its height */
    uint64_t stamped;              /* the newest block with a time stamp, */
    struct instant stamped_at;     /* and its time */
    uint64_t bad;                  /* first bad block; 0: none */
    char why[FAULT_TEXT_SIZE_MAX]; /* it is */
};

/* Certificates by key id, each read and checked once. */
struct ledger_keys;
struct ledger_keys *ledger_keys_free(struct ledger_keys *k);
OWNED_CLEANUP(ledger_keys)

struct ledger {
    struct database *database;
    struct ledger_keys *keys;
    struct certificate *stamp_authority; /* NULL: the stamps' signatures are not checked */
    struct ledger_chain *chains;         /* ascending by id */
    size_t count;
    uint64_t blocks, events, stamps;
    char astray[FAULT_TEXT_SIZE_MAX]; /* what does not hold and belongs to no block; "": nothing */
    int64_t begun_ms, told_ms;
};

/* That of ID, made when it is new. The pointer holds until the next call. */
struct ledger_chain *ledger_chain_of(struct ledger *l, uint32_t id);
/* A block is bad. Of each chain the lowest is kept, of one block the first reason. */
void ledger_bad(struct ledger *l, uint32_t chain, uint64_t height, const char *format, ...) PRINTF_LIKE(4, 5);
void ledger_astray(struct ledger *l, const char *format, ...) PRINTF_LIKE(2, 3);
/* Says on stderr how far it is, now and then. */
void ledger_progress(struct ledger *l);
/* $1 and $2: the checkpoint's chains and heights. */
struct parameters *ledger_checked(const struct ledger *l);
struct digest ledger_digest_at(const struct rows *r, int row, int column); /* zero when it has another size */
/* Of a row that begins with chain, height, batch, at, events, root, previous, heads. */
struct chain_block ledger_block_at(const struct rows *r, int row);

/* AUTHORITY (PEM file): whose certificates are believed; NULL: those that the database names. */
MUST_USE enum fault_code ledger_keys_open(struct database *d, const char *authority, struct ledger_keys **ret,
                                          struct fault *f);
/* The certificate of the key that signed a block (router) or a message. FAULT_UNTRUSTED: none that is to be believed at AT. Borrowed. */
MUST_USE enum fault_code ledger_keys_find(struct ledger_keys *k, bool router, struct digest id, struct instant at,
                                          const struct certificate **ret, struct fault *f);

/* Each finds what is bad and goes on; faults are those of the database only. */
MUST_USE enum fault_code ledger_verify_checkpoint(struct ledger *l, struct fault *f);
MUST_USE enum fault_code ledger_verify_blocks(struct ledger *l, struct fault *f);
MUST_USE enum fault_code ledger_verify_events(struct ledger *l, struct fault *f);
MUST_USE enum fault_code ledger_verify_tails(struct ledger *l, struct fault *f);
MUST_USE enum fault_code ledger_verify_stamps(struct ledger *l, struct fault *f);

/* A file with the head of each chain. */
MUST_USE enum fault_code ledger_checkpoint_read(struct ledger *l, const char *path, struct fault *f);
MUST_USE enum fault_code ledger_checkpoint_write(const struct ledger *l, const char *path, struct fault *f);

MUST_USE enum fault_code ledger_status(struct database *d, bool json, struct fault *f);
