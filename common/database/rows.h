#pragma once
/* A result around libpq's. Internal to database/. */
#include "database/database.h"

#include <libpq-fe.h>

/* Ownership of RESULT moves. */
struct rows *rows_new(PGresult *result);
