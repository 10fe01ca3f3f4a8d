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

struct chain_block {
    uint32_t chain;
    uint64_t height;
    struct uuid batch;
    struct instant at;
    uint32_t events;
    struct digest root, previous, heads;
};
struct digest chain_block_digest(const struct chain_block *b);

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
