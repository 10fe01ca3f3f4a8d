#pragma once
/* What every HTTP server of ours is told by its configuration, under the same names: http.address, http.port, who may connect and
 * ask how often, how slow and how large a request may be, and the proxy in front. */
#include "base/config.h"
#include "web/server.h"

extern const struct config_row
    settings_rows[]; /* ended by key NULL; http.port is required: each service has its own standard */
extern const size_t settings_row_count;

/* server_open with server_set_guard, by C, whose table has the rows above. FAULT_CONFIG: the proxy's secret cannot be read. */
MUST_USE enum fault_code settings_serve(const struct config *c, const struct route *routes, size_t body_size_max,
                                        void *context, struct server **ret, struct fault *f);
