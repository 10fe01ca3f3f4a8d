#pragma once
/* A router in a world of its own over the real store, for each test. */
#include "postgres_fixture.h"

struct scene {
    struct world world;
    struct postgres_fixture postgres;
};

/* Set-up and tear-down of a test; PROCESS as in workflow/text.h. */
int scene_open(void **state, const char *process);
int scene_close(void **state);
/* Statements without parameters; ends the test when they fail. */
void scene_script(struct scene *s, const char *sql);
