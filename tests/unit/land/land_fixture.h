#pragma once
/* The land registry's tables with its demonstration's parcels, in a PostgreSQL server of the test's own. */
#include "agency/home_fixture.h"

/* PARCELS are registered. Ended by home_fixture_stop. */
struct database *land_fixture_start(unsigned parcels);
/* Enters the block KIND on certificate SERIAL; RELEASE: and lifts it. */
void land_fixture_block(const char *serial, const char *kind, bool release);
