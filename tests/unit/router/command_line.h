#pragma once
/* Runs `lt` on a server fixture's database, and keeps what it prints. */
#include "database/server_fixture.h"

extern char command_line_output[1 << 16];

/* ARGUMENTS end with NULL; --database is added. Returns the exit status. */
int command_line_run(const struct server_fixture *server, const char *const *arguments);
/* Fails the test unless the last run ended with WANTED and said TEXT. */
void command_line_expect(int status, int wanted, const char *text);
