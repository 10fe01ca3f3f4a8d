/* lienthong-repository: documents and signed results. */
#include "adapter/program.h"
#include "api.h"
#include "base/private_file.h"
#include "base/system.h"
#include "database/sealed.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "web/settings.h"
#include "vault.sql.h"

#include <stdlib.h>

#define DAY_MS (24 * 3600 * INT64_C(1000))

static const struct config_row rows[] = {
    {.key = "http.token_file",
     .type = CONFIG_PATH,
     .help = "first line, mode 600: bearer token of those who bring and read documents"},
    {.key = "repository.folder", .type = CONFIG_PATH, .help = "where the documents lie; made when it is missing"},
    {.key = "repository.partial_kept",
     .type = CONFIG_DURATION_MS,
     .standard = "168 h",
     .least = 60000,
     .most = 366 * DAY_MS,
     .help = "half a document is dropped, at start, after"},
    {.key = "repository.free_percent",
     .type = CONFIG_INTEGER,
     .standard = "5",
     .least = 0,
     .most = 90,
     .help = "nothing is taken when less of the disk is free"},
    {.key = "repository.licence_agencies",
     .type = CONFIG_LIST,
     .standard = "[]",
     .help = "agencies whose licences are stored; empty: any other agency's"},
    {.key = "repository.land_agencies",
     .type = CONFIG_LIST,
     .standard = "[]",
     .help = "agencies whose certificates are stored; empty: any other agency's"},
    {0},
};

static const struct migration migrations[] = {
    {.version = 1, .name = "schema", .sql = schema_sql},
    {.version = 2, .name = "vault", .sql = vault_sql},
};

static enum fault_code repository_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    struct repository *r = context;
    struct instant stale = {system_now().us - config_integer(c, "repository.partial_kept") * 1000};
    r->adapter = a;
    r->land_agencies = program_list(c, "repository.land_agencies");
    r->licence_agencies = program_list(c, "repository.licence_agencies");
    enum fault_code code = store_open(config_text(c, "repository.folder"), database_vault(lt_database(a)), stale,
                                      (int)config_integer(c, "repository.free_percent"), &r->store, f);
    if (!code)
        code = private_file_line(config_text(c, "http.token_file"), 16, r->token, sizeof(r->token), f);
    if (!code)
        code = sealing_open(config_text(c, "keys.sign"), config_text(c, "keys.certificate"), &r->sealing, f);
    if (!code)
        code = settings_serve(c, api_routes, API_BODY_SIZE_MAX, r, &r->server, f);
    if (!code)
        program_serve(a, r->server);
    return code;
}

static void repository_close(void *context)
{
    struct repository *r = context;
    if (r->server)
        server_free(r->server);
    sealing_free(r->sealing);
    store_free(r->store);
    free((void *)r->land_agencies);
    free((void *)r->licence_agencies);
}

int main(int argc, char **argv)
{
    struct repository repository = {0};
    struct program program = {
        .service = "repository",
        .purpose = "the repository: held documents, uploads in pieces, signed results",
        .rows = rows,
        .http_port = "7415",
        .migrations = migrations,
        .migration_count = LENGTH(migrations),
        .grants = grants_sql,
        .handlers = {.on = {{"repository.evidence.query", handlers_evidence},
                            {"repository.result.store", handlers_result}},
                     .context = &repository},
        .open = repository_open,
        .close = repository_close,
    };
    return program_main(argc, argv, &program);
}
