#pragma once
/* Whether the process lives (/healthz), and whether it can do its work (/readyz). */
#include "web/server.h"

void health_get(struct request *r, void *context);
void health_get_ready(struct request *r, void *context);
