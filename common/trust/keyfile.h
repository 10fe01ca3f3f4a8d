#pragma once
/* Small files with keys and certificates: bounded reading, refusal of secrets that others may read, writing whole or not at all. */
#include "base/bytes.h"

#define KEYFILE_SIZE_MAX (64 * 1024)

/* Appends the file to TO, whose limit holds. SECRET: refused when others than its owner may read it (a file of root's may be
 * readable by its group, as libpq allows it). FAULT_CONFIG says what to do. */
MUST_USE enum fault_code keyfile_read(const char *path, bool secret, struct buffer *to, struct fault *f);
/* Wipes before it frees. */
void keyfile_wipe(struct buffer *b);
#define OWNED_SECRET __attribute__((cleanup(keyfile_wipe))) struct buffer

/* Writes FOLDER/NAME with mode 0600: beside it, synchronised to disk, then renamed. */
MUST_USE enum fault_code keyfile_write(const char *folder, const char *name, struct bytes bytes, struct fault *f);
/* So that a rename within FOLDER survives a power cut. */
MUST_USE enum fault_code keyfile_sync_folder(const char *folder, struct fault *f);
