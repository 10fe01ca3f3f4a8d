#pragma once
/* The text form of a calendar (deploy/calendar/<id>-<version>.yaml) to the packed form that the router reads. */
#include "base/bytes.h"

#define CALENDAR_TEXT_SIZE_MAX (256 * 1024)

/* Reads YAML (borrowed), appends the packed lienthong.v1.Calendar to TO and sets its id and version, which the caller owns.
 * What it delivers, workflow/calendar.h takes. FAULT_CONFIG names the line. */
MUST_USE enum fault_code calendar_compile(struct bytes yaml, struct buffer *to, char **ret_id, uint32_t *ret_version,
                                          struct fault *f);
