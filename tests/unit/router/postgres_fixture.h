#pragma once
/* The real store on a server of the test's own, filled with a world's directory. */
#include "database/server_fixture.h"
#include "../../../services/router/store_postgres.h"
#include "world.h"

struct postgres_fixture {
    struct server_fixture *server;
    struct store_postgres store;
    struct chain_head head;
    struct database *database; /* for looking */
};

void postgres_fixture_open(struct postgres_fixture *p, struct world *w);
void postgres_fixture_close(struct postgres_fixture *p);
/* The store's connection anew, as another life of the router has it. */
void postgres_fixture_again(struct postgres_fixture *p);
/* The only value of SQL's only row, which casts it to bigint. */
int64_t postgres_fixture_number(struct postgres_fixture *p, const char *sql);
/* Ends the test when tests/faults/invariants.sql has a row. */
void postgres_fixture_invariants(struct postgres_fixture *p);
/* Does HARM, looks whether INVARIANT (its name) has a row, and undoes the harm. */
bool postgres_fixture_sees(struct postgres_fixture *p, const char *harm, const char *invariant);
/* Writes the directory of W, as `lt` would. */
void postgres_fixture_directory(struct database *d, const struct world *w);
