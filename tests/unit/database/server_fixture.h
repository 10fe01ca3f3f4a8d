#pragma once
/* A PostgreSQL server of a test's own: fresh data directory, Unix socket only, no fsync; it ends with the test, also when
 * that crashes. As root it runs as user postgres. Any failure to start ends the test with a line that says why. */

struct server_fixture;

/* SETTINGS: further "name=value" ended by NULL; may be NULL. */
struct server_fixture *server_fixture_start(const char *const *settings);
struct server_fixture *server_fixture_stop(struct server_fixture *s);
/* Ends the server at once, as a crash would, and starts it again. */
void server_fixture_crash(struct server_fixture *s);
/* A connection string; borrowed. */
const char *server_fixture_target(const struct server_fixture *s);
/* The server's socket, for a proxy; borrowed. And a folder in which the test may put its own files. */
const char *server_fixture_socket(const struct server_fixture *s);
const char *server_fixture_folder(const struct server_fixture *s);
