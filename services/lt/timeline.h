#pragma once
/* A dossier's record, read from the routers' database as JSON: one object with its events, what each brought and what went out. */
#include "database/database.h"
#include <jansson.h>

/* NAME: the dossier's UUID or its code. Instants are RFC 3339 in UTC; "utc_offset_minutes" is the calendar's. Caller owns *ret.
 * FAULT_NOT_FOUND; FAULT_CONFLICT when several dossiers have the code. */
MUST_USE enum fault_code timeline_read(struct database *d, const char *name, json_t **ret, struct fault *f);
/* The id of dossier NAME; a UUID is taken as it is. */
MUST_USE enum fault_code timeline_find(struct database *d, const char *name, struct uuid *ret, struct fault *f);
/* Every dossier, the newest first: code, id, procedure, status, due, open steps, incidents. */
MUST_USE enum fault_code timeline_list(struct database *d, int64_t limit, json_t **ret, struct fault *f);
