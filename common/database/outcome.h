#pragma once
/* What a result means: SQLSTATE to fault. Internal to database/. */
#include "base/fault.h"

#include <libpq-fe.h>
#include <stdbool.h>

/* FAULT_NONE for a good result. SQL is named in the fault; the server's DETAIL, which quotes data, is left out. */
MUST_USE enum fault_code outcome_fault(const PGresult *result, const char *sql, struct fault *f);
/* The server ended the session with this error. */
bool outcome_ends_session(const PGresult *result);
/* The prepared statement is of no use any more: missing, or its plan's columns have changed. */
bool outcome_is_stale(const PGresult *result);
/* This warning says that a commit is durable here but perhaps not on the standby. */
bool outcome_is_cancelled_wait(const PGresult *notice);

/* SQL begins with WORD (lower case), whatever its case, after spaces. */
bool outcome_sql_is(const char *sql, const char *word);
/* A lost answer to this statement outside a transaction leaves open whether it took effect. */
bool outcome_sql_writes(const char *sql);
