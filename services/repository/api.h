#pragma once
/* The repository's HTTP API on loopback: documents in pieces, by their SHA-256. README.md lists the paths. */
#include "handlers.h"

#define API_BODY_SIZE_MAX STORE_PIECE_SIZE_MAX
#define API_RANGE_SIZE_MAX (4 << 20) /* a longer range is answered with its first so many bytes */

/* Routes for server_open; CONTEXT is struct repository. */
extern const struct route api_routes[];
