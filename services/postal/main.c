/* Postal: carries results to the citizen's door and tells what happened on the way. */
#include "deliver.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "vault.sql.h"

#include "adapter/program.h"
#include "base/private_file.h"
#include "base/system.h"
#include "web/settings.h"

#define HTTP_BODY_SIZE_MAX 16384

static const struct config_row ROWS[] = {
    {.key = "http.token_file",
     .type = CONFIG_PATH,
     .standard = NULL,
     .help = "first line, mode 600: bearer token of those who scan"},
    {.key = NULL},
};

static const struct route ROUTES[] = {
    {.method = "GET", .pattern = "/items", .handle = deliver_get_items},
    {.method = "GET", .pattern = "/items/{id}", .handle = deliver_get_item},
    {.method = "POST", .pattern = "/items/{id}/events", .handle = deliver_post_event},
    {.method = NULL},
};

static const struct migration MIGRATIONS[] = {{1, "postal", schema_sql}, {2, "vault", vault_sql}};

static void postal_turn(void *context)
{
    struct postal *post = context;
    post->now = system_now();
}

static enum fault_code postal_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    struct postal *post = context;
    post->adapter = a;
    post->database = lt_database(a);
    post->config = c;
    post->now = system_now();
    if (private_file_line(config_text(c, "http.token_file"), 16, post->token, sizeof(post->token), f) != FAULT_NONE ||
        settings_serve(c, ROUTES, HTTP_BODY_SIZE_MAX, post, &post->server, f) != FAULT_NONE)
        return f->code;
    lt_add_source(a, (struct lt_source){.turn = postal_turn, .context = post});
    program_serve(a, post->server);
    post->gather = gather_new(a, post);
    return FAULT_NONE;
}

static void postal_close(void *context)
{
    struct postal *post = context;
    post->server = server_free(post->server);
    post->gather = gather_free(post->gather);
}

int main(int argc, char **argv)
{
    static struct postal post;
    struct program program = {
        .service = "postal",
        .purpose = "Carries results to the citizen's door and tells what happened on the way.",
        .rows = ROWS,
        .http_port = "7482",
        .migrations = MIGRATIONS,
        .migration_count = LENGTH(MIGRATIONS),
        .grants = grants_sql,
        .handlers = {.on = {{"postal.deliver", deliver_on_task}}, .on_cancel = deliver_on_cancel, .context = &post},
        .open = postal_open,
        .close = postal_close};
    return program_main(argc, argv, &program);
}
