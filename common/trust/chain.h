#pragma once
/* What the ledger's digests are made of: events, chained for each dossier, and blocks over them, chained for each router.
 * services/router/README.md has them byte by byte. Pure. Who writes them and who verifies them use the same functions. */
#include "base/digest.h"
#include "base/instant.h"
#include "base/uuid.h"

struct chain_event {
    struct uuid dossier;
    uint64_t sequence;
    struct digest previous, header; /* HEADER: of the envelope, zero when there is none */
    struct instant happened, arrived;
    int kind, status;
    const char *type, *node, *detail;
};
struct digest chain_event_digest(const struct chain_event *e);
/* Appends what the digest is of. */
MUST_USE enum fault_code chain_event_write(const struct chain_event *e, struct buffer *to, struct fault *f);
/* The same read back; type, node and detail are E's own, the texts are views into BYTES. False: these are no event's bytes. */
struct chain_texts {
    struct bytes type, node, detail;
};
bool chain_event_read(struct bytes bytes, struct chain_event *ret, struct chain_texts *ret_texts);

struct chain_block {
    uint32_t chain;
    uint64_t height;
    struct uuid batch;
    struct instant at;
    uint32_t events;
    struct digest root, previous, heads;
};
struct digest chain_block_digest(const struct chain_block *b);
/* What the digest is of; every block's has the same size. */
#define CHAIN_BLOCK_SIZE (19 + 4 + 8 + 16 + 8 + 4 + 3 * DIGEST_SIZE)
void chain_block_write(const struct chain_block *b, uint8_t to[CHAIN_BLOCK_SIZE]);
bool chain_block_read(const uint8_t from[CHAIN_BLOCK_SIZE], struct chain_block *ret);

/* Another chain's newest block that a block saw. */
struct chain_seen {
    uint32_t chain;
    uint64_t height;
    struct digest digest;
};
#define CHAIN_SEEN_SIZE (4 + 8 + DIGEST_SIZE)
void chain_seen_put(const struct chain_seen *seen, uint8_t to[CHAIN_SEEN_SIZE]);
/* False: there is no entry INDEX. */
bool chain_seen_at(struct bytes seen, size_t index, struct chain_seen *ret);
