#pragma once
/* The registry's HTTP API on loopback, by which courts, enforcement offices and banks (or the registry's own clerks) bring and
 * release blocks. README.md lists the paths. */
#include "handlers.h"
#include "web/server.h"

/* Routes for server_open; CONTEXT is struct land. */
extern const struct route api_routes[];
