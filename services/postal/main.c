/* Postal: carries results to the citizen's door and tells what happened on the way. */
#include "deliver.h"
#include "schema.sql.h"

#include "adapter/program.h"
#include "base/private_file.h"
#include "base/system.h"

static const struct config_row ROWS[] = {
    {.key = "postal.address", .type = CONFIG_TEXT, .standard = "127.0.0.1", .help = "where scans are told over HTTP"},
    {.key = "postal.port",
     .type = CONFIG_INTEGER,
     .standard = "7482",
     .least = 0,
     .most = 65535,
     .help = "0: any free one"},
    {.key = "postal.token_file",
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

static const struct migration MIGRATIONS[] = {{1, "postal", schema_sql}};

static void postal_turn(void *context)
{
    struct postal *post = context;
    post->now = system_now();
}

static enum fault_code postal_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    struct postal *post = context;
    struct server_limits limits = {.body_size_max = 16384, .connections_max = 200, .idle_s_max = 30};
    post->adapter = a;
    post->database = lt_database(a);
    post->config = c;
    post->now = system_now();
    if (private_file_line(config_text(c, "postal.token_file"), 16, post->token, sizeof(post->token), f) != FAULT_NONE ||
        server_open(config_text(c, "postal.address"), (uint16_t)config_integer(c, "postal.port"), ROUTES, limits, post,
                    &post->server, f) != FAULT_NONE)
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
        .migrations = MIGRATIONS,
        .migration_count = LENGTH(MIGRATIONS),
        .handlers = {.on = {{"postal.deliver", deliver_on_task}}, .on_cancel = deliver_on_cancel, .context = &post},
        .open = postal_open,
        .close = postal_close};
    return program_main(argc, argv, &program);
}
