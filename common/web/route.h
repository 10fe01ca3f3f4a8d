#pragma once
/* Finding the route of a path. Internal to web/. */
#include "web/server.h"
#include "web/value.h"

enum route_match { ROUTE_FOUND, ROUTE_UNKNOWN /* 404 */, ROUTE_OTHER_METHOD /* 405 */, ROUTE_BAD_PATH /* 400 */ };

/* PATH is still percent-encoded. On ROUTE_FOUND *ret is the route and VALUES has its path values; on ROUTE_OTHER_METHOD
 * *ret_allow is the Allow header (caller owns). */
enum route_match route_find(const struct route *routes, const char *method, const char *path, const struct route **ret,
                            struct values *values, char **ret_allow);
