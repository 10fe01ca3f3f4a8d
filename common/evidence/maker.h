#pragma once
/* Makes an evidence file, entry by entry in the order in which they lie in it, without ever holding all of it. What is given is only
 * arranged: whether it holds is for evidence.h. */
#include "evidence/archive.h"
#include "evidence/lines.h"
#include "trust/chain.h"

struct maker;
/* The file goes to SINK as it is made. HEAD is copied. */
MUST_USE enum fault_code maker_new(struct archive_sink sink, const struct lines_head *head, struct maker **ret,
                                   struct fault *f);
struct maker *maker_free(struct maker *m);
OWNED_CLEANUP(maker)

/* All messages (whoever wrote a part before whoever carries it), then all events, then of each chain its runs with their blocks, then certificates by key id, then authorities, then
 * the list of revoked certificates when the head says that there is one. */
MUST_USE enum fault_code maker_message(struct maker *m, const struct envelope *e, struct fault *f);
MUST_USE enum fault_code maker_event(struct maker *m, const struct chain_event *e, const struct lines_event *place,
                                     struct fault *f);
/* A run's blocks come after it in pieces of LINES_BLOCKS_MAX, the last one smaller; then those of its blocks whose signatures are
 * in the file. */
MUST_USE enum fault_code maker_run(struct maker *m, const struct lines_run *run, struct fault *f);
MUST_USE enum fault_code maker_blocks(struct maker *m, uint32_t chain, uint64_t first, struct bytes blocks,
                                      struct fault *f);
struct maker_block {
    struct lines_block line;
    struct digest digest;
    struct bytes signature, seen, stamp;
};
MUST_USE enum fault_code maker_block(struct maker *m, const struct maker_block *b, struct fault *f);
/* Ids of all keys that have signed so far, ascending. Borrowed until the next call. */
const struct digest *maker_keys(struct maker *m, size_t *ret_count);
MUST_USE enum fault_code maker_certificate(struct maker *m, const struct certificate *c, struct fault *f);
MUST_USE enum fault_code maker_authority(struct maker *m, const struct certificate *c, struct fault *f);
MUST_USE enum fault_code maker_revocation(struct maker *m, struct bytes list, struct fault *f);
/* Index, manifest, and its signature by KEY, the exporter's. */
MUST_USE enum fault_code maker_finish(struct maker *m, const struct key *key, struct fault *f);
