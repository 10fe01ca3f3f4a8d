#pragma once
/* Digests of events, chained for each dossier, and blocks over them, chained for each router. README.md: byte by byte. Pure
 * but for the signature. */
#include "store.h"
#include "trust/signature.h"

/* Of E with its PREVIOUS and HEADER. */
struct digest ledger_event_digest(const struct event_row *e);

/* Completes W with a block after HEAD over its events, sorted by (dossier, sequence) here; none when it has no events.
 * HEADS: other chains', ascending by chain. The signature's bytes lie in ARENA. */
MUST_USE enum fault_code ledger_block(struct writes *w, const struct chain_head *head, const struct chain_head *heads,
                                      size_t head_count, const struct key *key, struct arena *arena, struct fault *f);
struct digest ledger_block_digest(uint32_t chain, struct uuid batch, const struct block_row *b);
