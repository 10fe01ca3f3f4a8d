/* Intake: citizens, portals and the desk over HTTP; the agency with the role "desk" towards the routers. */
#include "api.h"
#include "desk.h"
#include "fate.h"
#include "schema.sql.h"
#include "status.h"
#include "survey.h"
#include "upload.h"
#include "waiting.h"

#include "adapter/program.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/private_file.h"
#include "base/system.h"
#include "base/text.h"
#include "message/envelope.h"
#include <stdio.h>

static const struct config_row ROWS[] = {
    {.key = "intake.address",
     .type = CONFIG_TEXT,
     .standard = "127.0.0.1",
     .help = "where HTTP listens; TLS belongs in front"},
    {.key = "intake.port",
     .type = CONFIG_INTEGER,
     .standard = "7480",
     .least = 0,
     .most = 65535,
     .help = "0: any free one"},
    {.key = "intake.secret_file",
     .type = CONFIG_PATH,
     .standard = NULL,
     .help = "32 random bytes, mode 600: applicants' secrets are made with them"},
    {.key = "intake.desk_token_file",
     .type = CONFIG_PATH,
     .standard = NULL,
     .help = "first line: the desk's bearer token, mode 600"},
    {.key = "intake.payment_url",
     .type = CONFIG_TEXT,
     .standard = "http://127.0.0.1:7490/pay",
     .help = "where citizens pay, told with each notice"},
    {.key = "intake.spool",
     .type = CONFIG_PATH,
     .standard = NULL,
     .help = "folder for uploads on their way to the repository"},
    {.key = "intake.repository_url",
     .type = CONFIG_TEXT,
     .standard = "",
     .help = "HTTP address of the document repository; empty: uploads stay in the spool"},
    {.key = "intake.repository_token_file",
     .type = CONFIG_PATH,
     .standard = "",
     .help = "first line, mode 600: the repository's token; needed with repository_url"},
    {.key = "intake.forms",
     .type = CONFIG_PATH,
     .standard = "",
     .help =
         "folder with what `lt form` prints of each procedure (*.json); empty: the transfer of land-use right alone"},
    {.key = "intake.service_code",
     .type = CONFIG_TEXT,
     .standard = "LIENTHONG",
     .help = "identity query: service code"},
    {.key = "intake.integration_code",
     .type = CONFIG_TEXT,
     .standard = "LT-POLICE",
     .help = "identity query: integration code"},
    {.key = "intake.unit_code", .type = CONFIG_TEXT, .standard = "000.00.00.H58", .help = "identity query: unit code"},
    {.key = "intake.connections_max",
     .type = CONFIG_INTEGER,
     .standard = "1000",
     .least = 1,
     .most = 10000,
     .help = "HTTP connections at once"},
    {.key = NULL},
};

static const struct route ROUTES[] = {
    {.method = "POST", .pattern = "/v1/dossiers", .handle = api_post_dossier},
    {.method = "GET", .pattern = "/v1/dossiers/{code}", .handle = api_get_dossier},
    {.method = "POST", .pattern = "/v1/dossiers/{code}/supplement", .handle = api_post_supplement},
    {.method = "POST", .pattern = "/v1/dossiers/{code}/withdrawal", .handle = api_post_withdrawal},
    {.method = "GET", .pattern = "/v1/dossiers/{code}/payments", .handle = api_get_payments},
    {.method = "GET", .pattern = "/v1/dossiers/{code}/result", .handle = api_get_result},
    {.method = "POST", .pattern = "/v1/dossiers/{code}/survey", .handle = survey_post},
    {.method = "PUT", .pattern = "/v1/files/{digest}", .handle = upload_put, .raw = true, .on_piece = upload_piece},
    {.method = "GET", .pattern = "/v1/files/{digest}", .handle = upload_get},
    {.method = "GET", .pattern = "/v1/desk/tasks", .handle = desk_get_tasks},
    {.method = "GET", .pattern = "/v1/desk/tasks/{step}", .handle = desk_get_task},
    {.method = "POST", .pattern = "/v1/desk/tasks/{step}/answer", .handle = desk_post_answer},
    {.method = "GET", .pattern = "/v1/desk/dossiers/{code}", .handle = api_get_desk_dossier},
    {.method = "GET", .pattern = "/healthz", .handle = api_get_health},
    {.method = "GET", .pattern = "/readyz", .handle = api_get_ready},
    {.method = NULL},
};

static const struct migration MIGRATIONS[] = {{1, "intake", schema_sql}};

static void intake_on_acknowledged(struct lt_adapter *a, struct uuid message, void *context)
{
    (void)a;
    fate_add(context, message, "accepted");
}

static void intake_on_refused(struct lt_adapter *a, struct uuid message, Lienthong__V1__RefusalCode code,
                              const char *text, void *context)
{
    (void)a;
    char outcome[FATE_TEXT_SIZE];
    fate_text(code, text, outcome);
    fate_add(context, message, outcome);
}

/* The loop's clock for all handlers of a turn, those who waited too long, and uploads on their way. */
static void intake_turn(void *context)
{
    struct intake *in = context;
    in->now = system_now();
    in->now_ms = system_monotonic_ms();
    fates_turn(in);
    waiting_turn(in);
    upload_turn(in);
}

static enum fault_code intake_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    struct intake *in = context;
    in->adapter = a;
    in->database = lt_database(a);
    in->config = c;
    in->now = system_now();
    in->now_ms = system_monotonic_ms();
    in->waiting = waiting_new();
    in->fates = fates_new();
    in->statuses = statuses_new();
    in->unit = (struct filing_unit){config_text(c, "intake.service_code"), config_text(c, "intake.integration_code"),
                                    config_text(c, "intake.unit_code"), NULL};
    struct server_limits limits = {.body_size_max = 1 << 20,
                                   .connections_max = (unsigned)config_integer(c, "intake.connections_max"),
                                   .idle_s_max = 60};
    if (forms_open(config_text(c, "intake.forms"), &in->forms, f) != FAULT_NONE)
        return f->code;
    in->unit.forms = in->forms;
    if (private_file_bytes(config_text(c, "intake.secret_file"), in->secret_key, sizeof(in->secret_key), f) !=
            FAULT_NONE ||
        private_file_line(config_text(c, "intake.desk_token_file"), 16, in->desk_token, sizeof(in->desk_token), f) !=
            FAULT_NONE ||
        upload_open(in, f) != FAULT_NONE ||
        server_open(config_text(c, "intake.address"), (uint16_t)config_integer(c, "intake.port"), ROUTES, limits, in,
                    &in->server, f) != FAULT_NONE)
        return f->code;
    program_call(a, in->client);
    lt_add_source(a, (struct lt_source){.turn = intake_turn, .context = in});
    program_serve(a, in->server);
    char port[8];
    snprintf(port, sizeof(port), "%u", (unsigned)server_port(in->server));
    log_event(LOG_INFO, "INTAKE-SERVES", "HTTP is open", "address", config_text(c, "intake.address"), "port", port,
              NULL);
    return FAULT_NONE;
}

static void intake_close(void *context)
{
    struct intake *in = context;
    in->server = server_free(in->server);
    upload_close(in);
    in->waiting = waiting_free(in->waiting);
    in->fates = fates_free(in->fates);
    in->statuses = statuses_free(in->statuses);
    in->forms = forms_free(in->forms);
}

int main(int argc, char **argv)
{
    static struct intake in;
    struct program program = {.service = "intake",
                              .purpose = "Receives dossiers from citizens and portals and does the desk's part.",
                              .rows = ROWS,
                              .migrations = MIGRATIONS,
                              .migration_count = LENGTH(MIGRATIONS),
                              .open = intake_open,
                              .close = intake_close};
    program.handlers = (struct lt_handlers){.on_batch = desk_on_batch,
                                            .on_undone = desk_on_undone,
                                            .on_cancel = desk_on_cancel,
                                            .on_acknowledged = intake_on_acknowledged,
                                            .on_refused = intake_on_refused,
                                            .context = &in};
    (void)desk_handlers(&program.handlers, 0);
    return program_main(argc, argv, &program);
}
