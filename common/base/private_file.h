#pragma once
/* Secrets come from files that nobody but their owner may read: keys, tokens. Such a file that is open to others is refused. */
#include "base/bytes.h"

/* The first SIZE bytes. FAULT_CONFIG when there are fewer. */
MUST_USE enum fault_code private_file_bytes(const char *path, uint8_t *data, size_t size, struct fault *f);
/* The first line, at least LEAST characters, without its end. FAULT_CONFIG when it does not fit SIZE. */
MUST_USE enum fault_code private_file_line(const char *path, size_t least, char *text, size_t size, struct fault *f);
