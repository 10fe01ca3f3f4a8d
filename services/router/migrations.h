#pragma once
/* The versions of the routers' database. `lt migrate` has a copy of this file and of all SQL of this folder, made by its
 * CMakeLists.txt: services share the schema, not code. */
#include "account.sql.h"
#include "database/migration.h"
#include "acts.sql.h"
#include "evidence.sql.h"
#include "lines.sql.h"
#include "outages.sql.h"
#include "places.sql.h"
#include "rights.sql.h"
#include "schedules.sql.h"
#include "schema.sql.h"
#include "seals.sql.h"
#include "stamps.sql.h"

static const struct migration migrations[] = {
    {1, "schema", schema_sql},       {2, "lines", lines_sql},   {3, "places", places_sql},
    {4, "schedules", schedules_sql}, {5, "stamps", stamps_sql}, {6, "outages", outages_sql},
    {7, "seals", seals_sql},         {8, "acts", acts_sql},     {9, "accounts", account_sql},
    {10, "evidence", evidence_sql},  {11, "rights", rights_sql}};
