#pragma once
/* What a service may do in its own database: the tables belong to an owner, whose role only migrations use, and the service has a
 * role of its own with no more rights than it needs: no DDL, no UPDATE or DELETE where the record is append-only. */
#include "database/database.h"

/* As the owner, in a transaction: takes everything in SCHEMA (a constant of ours) from everybody else and from ROLE, and gives
 * ROLE what SCRIPT says, line by line "SELECT pg_temp.allow('schema.table', 'SELECT, INSERT');". Run again after each migration.
 * FAULT_CONFIG: there is no such role. FAULT_CONFLICT: ROLE is the owner itself. */
MUST_USE enum fault_code grants_apply(struct database *owner, const char *schema, const char *script, const char *role,
                                      struct fault *f);
/* Whom D is connected as. Caller owns *ret. */
MUST_USE enum fault_code grants_role(struct database *d, char **ret, struct fault *f);
/* D's role may do everything with SCHEMA.TABLE: its owner, or a superuser. */
MUST_USE enum fault_code grants_owns(struct database *d, const char *table, bool *ret, struct fault *f);
