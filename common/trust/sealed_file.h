#pragma once
/* A document on disk that tells nobody who copies the disk what is in it: chunks of 64 KiB, each a value of the vault (AES-256-GCM),
 * bound to the document, to its place in it, and to whether it is the last. So a chunk that is changed, moved, left out, cut off or
 * put behind does not open. Grows at its end only; never whole in memory. One process writes it at a time. */
#include "trust/vault.h"

#define SEALED_FILE_CHUNK 65536

struct sealed_file;

enum sealed_file_state {
    SEALED_FILE_GROWS, /* a writer may have broken off: what of its last chunk does not open is dropped */
    SEALED_FILE_WHOLE
};

/* Bytes of plain text in a file of SIZE bytes, if all of it opens. */
int64_t sealed_file_plain(int64_t size);

/* FILE, readable (and writable, when it grows), is taken, also when it fails. ID names the document for ever, as its SHA-256 does. V is
 * borrowed. FAULT_SYSTEM; FAULT_CONFIG and FAULT_UNTRUSTED as below. */
MUST_USE enum fault_code sealed_file_open(const struct vault *v, int file, const struct digest *id,
                                          enum sealed_file_state state, struct sealed_file **ret, struct fault *f);
struct sealed_file *sealed_file_free(struct sealed_file *s); /* closes; what was not flushed is forgotten */
OWNED_CLEANUP(sealed_file)

int64_t sealed_file_size(const struct sealed_file *s); /* plain bytes, those not flushed among them */
MUST_USE enum fault_code sealed_file_append(struct sealed_file *s, struct bytes plain, struct fault *f);
MUST_USE enum fault_code sealed_file_flush(struct sealed_file *s,
                                           struct fault *f); /* into the file, not yet to the disk */
/* SIZE bytes from OFFSET, of what is in the file. FAULT_UNTRUSTED: changed or cut since it was written;
 * FAULT_CONFIG: of a key that the key file lacks; FAULT_LIMIT: they do not lie within it. */
MUST_USE enum fault_code sealed_file_read(struct sealed_file *s, int64_t offset, uint8_t *data, size_t size,
                                          struct fault *f);
/* SHA-256 of the plain text. */
MUST_USE enum fault_code sealed_file_digest(struct sealed_file *s, struct digest *ret, struct fault *f);
/* Nothing comes behind: flushes, and to the disk. */
MUST_USE enum fault_code sealed_file_finish(struct sealed_file *s, struct fault *f);
