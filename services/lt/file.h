#pragma once
#include "base/bytes.h"

/* The whole file at PATH, as much as TO takes; the fault's text begins with the path. */
MUST_USE enum fault_code file_read(const char *path, struct buffer *to, struct fault *f);
