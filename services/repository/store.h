#pragma once
/* Documents in a folder, named by the SHA-256 of their bytes and by nothing else: <first two digits>/<digest>, and partial/<digest>
 * while they arrive; sealed by the agency's vault (trust/sealed_file.h). A document is there whole or not at all; what arrived of it
 * before a break is kept, but for a chunk that was half written. */
#include "base/bytes.h"
#include "base/digest.h"
#include "base/instant.h"
#include "base/memory.h"
#include "trust/sealed_file.h"

#define STORE_DOCUMENT_SIZE_MAX (INT64_C(200) << 20)
#define STORE_PIECE_SIZE_MAX (4 << 20)

struct store;

/* V is borrowed. Makes the folder's parts; removes what has been partial since before STALE. FREE_PERCENT: no new bytes when less of the disk is free. */
MUST_USE enum fault_code store_open(const char *folder, const struct vault *v, struct instant stale, int free_percent,
                                    struct store **ret, struct fault *f);
struct store *store_free(struct store *s);
OWNED_CLEANUP(store)

/* 64 lower-case hexadecimal digits and nothing else, so that no text of a peer becomes a path. */
MUST_USE bool store_digest_parse(const char *text, struct digest *ret);

struct store_state {
    int64_t received; /* bytes that are here; -1: nothing is known of it */
    bool whole;
};
MUST_USE enum fault_code store_look(struct store *s, const struct digest *digest, struct store_state *ret,
                                    struct fault *f);

/* Adds a piece at OFFSET of a document of SIZE bytes. *ret is the state afterwards, also after FAULT_CONFLICT (OFFSET is not where
 * it goes on). With the last piece the digest is checked and the document becomes whole, durably.
 * FAULT_REFUSED: the bytes have another digest; all of them are dropped. FAULT_MALFORMED: offset, size. FAULT_LIMIT: the
 * document is too large, or the disk too full. A document that is whole already takes nothing and is no fault. */
MUST_USE enum fault_code store_put(struct store *s, const struct digest *digest, int64_t offset, int64_t size,
                                   struct bytes piece, struct store_state *ret, struct fault *f);
/* Whole bytes of our own. */
MUST_USE enum fault_code store_add(struct store *s, struct bytes bytes, struct digest *ret, struct fault *f);
/* Opens a whole one for reading; caller frees. FAULT_NOT_FOUND; FAULT_UNTRUSTED: somebody changed the file. */
MUST_USE enum fault_code store_read(struct store *s, const struct digest *digest, struct sealed_file **ret,
                                    struct fault *f);
