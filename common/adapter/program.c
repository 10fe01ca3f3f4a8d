#include "adapter/program.h"

#include "adapter/demo.h"
#include "adapter/home.h"
#include "adapter/journal.h"
#include "adapter/keyring.h"
#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "database/grants.h"
#include "web/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

OWNED_CLEANUP(config)

#define SEED_OPTION "--seed-demo"
#define MIGRATE_OPTION "--migrate"
#define STATUS_USE 2

static inline void lt_adapter_close(struct lt_adapter **a)
{
    *a = lt_free(*a);
}

/* Takes "--seed-demo COUNT" out of the arguments. False: it is not a number that can be used. */
static bool program_take_seed(int *argc, char **argv, unsigned *ret)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], SEED_OPTION) != 0)
            continue;
        char *end = NULL;
        unsigned long count = i + 1 < *argc ? strtoul(argv[i + 1], &end, 10) : 0;
        if (!end || *end || count < 1 || count > DEMO_NUMBER_MAX) {
            fprintf(stderr, "%s needs how many parcels to make, 1 to %d\n", SEED_OPTION, DEMO_NUMBER_MAX);
            return false;
        }
        memmove(&argv[i], &argv[i + 2], (size_t)(*argc - i - 1) * sizeof(*argv)); /* with the NULL at the end */
        *argc -= 2;
        *ret = (unsigned)count;
        return true;
    }
    return true;
}

/* Takes "--migrate" out of the arguments. */
static bool program_take_migrate(int *argc, char **argv)
{
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], MIGRATE_OPTION) != 0)
            continue;
        memmove(&argv[i], &argv[i + 1], (size_t)(*argc - i) * sizeof(*argv));
        (*argc)--;
        return true;
    }
    return false;
}

static void add_rows(struct config_row *to, size_t *count, const struct config_row *more)
{
    for (; more && more->key; more++)
        to[(*count)++] = *more;
}

/* What every agency has, what each has that serves HTTP, its own. */
static struct config_row *program_rows(const struct program *p)
{
    size_t own = 0, count = 0;
    while (p->rows && p->rows[own].key)
        own++;
    struct config_row *rows = memory_array(lt_config_row_count + settings_row_count + own + 1, sizeof(*rows));
    add_rows(rows, &count, lt_config_rows);
    add_rows(rows, &count, p->http_port ? settings_rows : NULL);
    add_rows(rows, &count, p->rows);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].key, "http.port") == 0)
            rows[i].standard = p->http_port;
    return rows;
}

/* Whoever makes tables: their owner, where the program has a role of its own. */
static const char *program_owner(const struct config *c)
{
    const char *owner = config_text(c, "database.owner");
    return text_empty(owner) ? config_text(c, "database.connection") : owner;
}

static enum fault_code program_tables(const struct program *p, const char *connection, struct fault *f)
{
    enum fault_code code = home_migrate(connection, p->service, p->migrations, p->migration_count, f);
    return code ? code : journal_migrate(connection, f);
}

static enum fault_code program_grant(const struct program *p, const struct config *c, struct fault *f)
{
    OWNED(database) service = NULL;
    OWNED(database) owner = NULL;
    OWNED_MEMORY char *role = NULL;
    enum fault_code code = database_open(config_text(c, "database.connection"), p->service, 0, &service, f);
    if (!code)
        code = grants_role(service, &role, f);
    if (!code)
        code = database_open(program_owner(c), p->service, 0, &owner, f);
    if (!code)
        code = grants_apply(owner, p->service, p->grants, role, f);
    return code ? code : journal_grant(owner, role, f);
}

/* --migrate: the tables, and what the program's own role may do with them. */
static enum fault_code program_migrate(const struct program *p, const struct config *c, struct fault *f)
{
    enum fault_code code = program_tables(p, program_owner(c), f);
    if (!code && !text_empty(config_text(c, "database.owner")))
        code = program_grant(p, c, f);
    if (!code)
        log_event(LOG_INFO, "MIGRATED", "the tables are up to date", NULL);
    return code;
}

static enum fault_code program_seed(const struct program *p, const struct config *c, unsigned count, struct fault *f)
{
    OWNED(vault) v = NULL;
    OWNED(database) d = NULL;
    if (!p->seed)
        return fault_set(f, FAULT_CONFIG, "%s has no demonstration data to store", p->service);
    enum fault_code code = keyring_load(c, &v, f);
    if (!code)
        code = journal_migrate(program_owner(c), f);
    if (!code)
        code = database_open(program_owner(c), p->service, 0, &d, f);
    if (!code)
        code = keyring_give(c, v, d, f);
    if (!code)
        code = database_begin(d, f);
    if (!code)
        code = p->seed(d, count, f);
    if (!code)
        code = database_commit(d, f);
    return code ? fault_wrap(f, "storing demonstration data") : FAULT_NONE;
}

static enum fault_code program_run(const struct program *p, const struct config *c, unsigned seed, int *ret_status,
                                   struct fault *f)
{
    __attribute__((cleanup(lt_adapter_close))) struct lt_adapter *a = NULL;
    const char *connection = seed ? program_owner(c) : config_text(c, "database.connection");
    enum fault_code code = home_migrate(connection, p->service, p->migrations, p->migration_count, f);
    if (!code && seed)
        return program_seed(p, c, seed, f);
    if (!code)
        code = lt_open(c, p->service, &p->handlers, &a, f);
    if (!code && p->open)
        code = p->open(a, c, p->handlers.context, f);
    if (!code)
        *ret_status = lt_run(a);
    if (p->close)
        p->close(p->handlers.context);
    return code;
}

int program_main(int argc, char **argv, const struct program *p)
{
    int status = 0;
    unsigned seed = 0;
    struct fault f = {0};
    OWNED(config) c = NULL;
    if (!program_take_seed(&argc, argv, &seed))
        return STATUS_USE;
    bool migrate = program_take_migrate(&argc, argv);
    OWNED_MEMORY struct config_row *rows = program_rows(p);
    if (!config_main(argc, argv, p->service, p->purpose, rows, &c, &status))
        return status;
    log_open(p->service, LOG_INFO);
    system_handle_signals();
    if (migrate ? program_migrate(p, c, &f) : program_run(p, c, seed, &status, &f)) {
        log_fault(LOG_ERROR, "START-FAILED", &f);
        status = EXIT_FAILURE;
    }
    config_free(MOVE(c)); /* before its rows */
    return status;
}

static int program_client_socket(void *context)
{
    return client_socket(context);
}

static int64_t program_client_timeout(void *context)
{
    return client_timeout_ms(context);
}

static void program_client_turn(void *context)
{
    client_turn(context);
}

void program_call(struct lt_adapter *a, struct client *c)
{
    lt_add_source(a, (struct lt_source){.descriptor = program_client_socket,
                                        .timeout_ms = program_client_timeout,
                                        .turn = program_client_turn,
                                        .context = c});
}

static int program_server_socket(void *context)
{
    return server_socket(context);
}

static int64_t program_server_timeout(void *context)
{
    return server_timeout_ms(context);
}

static void program_server_turn(void *context)
{
    server_turn(context);
}

void program_serve(struct lt_adapter *a, struct server *s)
{
    lt_add_source(a, (struct lt_source){.descriptor = program_server_socket,
                                        .timeout_ms = program_server_timeout,
                                        .turn = program_server_turn,
                                        .context = s});
}

const char **program_list(const struct config *c, const char *key)
{
    size_t count = config_count(c, key);
    const char **list = memory_array(count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = config_entry(c, key, i, NULL);
    return list;
}
