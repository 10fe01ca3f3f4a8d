#pragma once
/* The store in PostgreSQL: one connection, one statement for each table, one round trip to load and one to write and commit. */
#include "database/database.h"
#include "store.h"
#include "trust/key.h"

struct store_postgres {
    struct database *database;
    uint32_t router;
    unsigned heartbeats;
};

/* Connects, brings the schema up to date, registers the router NAME, and takes its advisory lock: two processes of one name
 * would break each other's chain (FAULT_CONFLICT). */
MUST_USE enum fault_code store_postgres_open(struct store_postgres *s, const char *connection, const char *name,
                                             struct chain_head *ret_head, struct fault *f);
void store_postgres_close(struct store_postgres *s);
struct store store_of_postgres(struct store_postgres *s);
/* Keeps the certificate of the key that signs this router's blocks, for who verifies them. */
MUST_USE enum fault_code store_postgres_certificate(struct store_postgres *s, const struct certificate *c,
                                                    struct fault *f);
/* The schema alone, for `lt migrate` and tests. */
MUST_USE enum fault_code store_postgres_migrate(struct database *d, int *ret_applied, struct fault *f);

/* --- Its parts ----------------------------------------------------------------------------------------------------- */

enum fault_code store_load(void *context, const struct load_request *request, struct arena *arena, struct loaded *ret,
                           struct fault *f);
enum fault_code store_envelopes(void *context, const struct event_key *keys, size_t count, struct arena *arena,
                                struct bytes *ret, struct fault *f);
enum fault_code store_commit(void *context, const struct writes *w, struct fault *f);
enum fault_code store_claim(void *context, const struct claim_request *request, struct arena *arena,
                            struct claimed_delivery **ret, size_t *ret_count, struct fault *f);
enum fault_code store_claim_schedules(void *context, struct instant now, struct instant try_again, size_t max,
                                      struct arena *arena, struct claimed_schedule **ret, size_t *ret_count,
                                      struct fault *f);
enum fault_code store_claim_timers(void *context, uint32_t router, struct instant now, struct instant lease_until,
                                   size_t max, struct arena *arena, struct claimed_timer **ret, size_t *ret_count,
                                   struct fault *f);
enum fault_code store_lines(void *context, const struct line_change *items, size_t count, struct fault *f);
enum fault_code store_postpone(void *context, uint32_t router, const struct postponement *items, size_t count,
                               struct fault *f);
enum fault_code store_refusals(void *context, const struct refusal_count *items, size_t count, struct fault *f);
enum fault_code store_directory_version(void *context, int64_t *ret, struct fault *f);
/* Part of store_commit: acts on the directory. */
MUST_USE enum fault_code store_write_acts(struct database *d, const struct writes *w, struct fault *f);
/* And acts on rights, and queries for personal data. */
MUST_USE enum fault_code store_write_rights(struct database *d, const struct writes *w, struct fault *f);
MUST_USE enum fault_code store_write_queries(struct database *d, const struct writes *w, struct fault *f);
enum fault_code store_directory(void *context, struct arena *arena, struct directory_source *ret, struct fault *f);
enum fault_code store_heartbeat(void *context, uint32_t router, struct instant now, struct arena *arena,
                                struct chain_head **ret_heads, size_t *ret_count, struct fault *f);
/* A digest column; zero when it has another size. */
struct digest rows_digest(const struct rows *r, int row, int column);
/* Runs SQL within its own transaction, so that a lost answer is FAULT_UNKNOWN and a lost connection is not. */
enum fault_code store_write(struct database *d, const char *sql, const struct parameters *p, struct rows **ret,
                            struct fault *f);
