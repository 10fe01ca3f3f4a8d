/* Intake: citizens, portals and the desk over HTTP; the agency with the role "desk" towards the routers. */
#include "api.h"
#include "desk.h"
#include "fate.h"
#include "health.h"
#include "account.sql.h"
#include "portal.h"
#include "portal.sql.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "status.h"
#include "survey.h"
#include "upload.h"
#include "vault.sql.h"
#include "waiting.h"
#include "web/login.h"
#include "web/settings.h"

#include "adapter/program.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/private_file.h"
#include "base/system.h"
#include "base/text.h"
#include "message/envelope.h"
#include <stdio.h>

#define INTAKE_ADDRESSES_MAX 65536
#define INTAKE_PORTALS_MAX 4096
#define INTAKE_BODY_SIZE_MAX ((size_t)1 << 20)

static const struct config_row ROWS[] = {
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
    {.key = "intake.guesses_per_minute",
     .type = CONFIG_INTEGER,
     .standard = "20",
     .least = 1,
     .most = 6000,
     .help = "wrong secrets, tokens and sessions by one address, loopback too; ten times as many at once; 429 beyond"},
    {.key = "intake.portal_keys",
     .type = CONFIG_PATH,
     .standard = "",
     .help =
         "folder of portals' public keys, NAME.pem (P-256, Ed25519), read again on SIGHUP; empty: no portal has one"},
    {.key = "intake.portal_audience",
     .type = CONFIG_TEXT,
     .standard = "lienthong-intake",
     .help = "what portals' tokens must have as aud"},
    {.key = "intake.portal_required",
     .type = CONFIG_YES_NO,
     .standard = "no",
     .help = "yes: only portals and the desk may submit and upload; no: citizens too"},
    {.key = "intake.session_secure",
     .type = CONFIG_YES_NO,
     .standard = "yes",
     .help = "officers' cookie for HTTPS only; no: for a browser on this machine without a proxy"},
    {.key = "intake.session_idle",
     .type = CONFIG_DURATION_MS,
     .standard = "30 min",
     .least = 60000,
     .most = 86400000,
     .help = "an officer's session ends when it was not used for"},
    {.key = "intake.session_whole",
     .type = CONFIG_DURATION_MS,
     .standard = "10 h",
     .least = 60000,
     .most = 7 * 86400000,
     .help = "and in any case after"},
    {.key = NULL},
};

static void sessions_post(struct request *r, void *context)
{
    struct intake *in = context;
    login_post(in->login, r, in->now, in->now_ms);
}

static void sessions_get(struct request *r, void *context)
{
    struct intake *in = context;
    login_get(in->login, r, in->now);
}

static void sessions_delete(struct request *r, void *context)
{
    struct intake *in = context;
    login_delete(in->login, r, in->now);
}

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
    {.method = "POST", .pattern = "/v1/sessions", .handle = sessions_post, .body_size_max = 4096},
    {.method = "GET", .pattern = "/v1/sessions/current", .handle = sessions_get},
    {.method = "DELETE", .pattern = "/v1/sessions/current", .handle = sessions_delete},
    {.method = "GET", .pattern = "/healthz", .handle = health_get},
    {.method = "GET", .pattern = "/readyz", .handle = health_get_ready},
    {.method = NULL},
};

static const struct migration MIGRATIONS[] = {
    {1, "intake", schema_sql}, {2, "accounts", account_sql}, {3, "portals", portal_sql}, {4, "vault", vault_sql}};

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
    portal_turn(in);
}

static void intake_reload(void *context)
{
    struct intake *in = context;
    struct fault f = {0};
    char count[24];
    if (tokens_reload(in->tokens, &f) != FAULT_NONE) {
        log_fault(LOG_ERROR, "PORTAL-KEYS", &f); /* the old ones stay */
        return;
    }
    snprintf(count, sizeof(count), "%zu", tokens_count(in->tokens));
    log_event(LOG_INFO, "PORTAL-KEYS", "portals' keys were read again", "count", count, NULL);
}

/* Officers' sessions, portals, bounds on guesses. */
static enum fault_code intake_guard(struct intake *in, const struct config *c, struct fault *f)
{
    uint8_t seed[16];
    struct login_rules rules = LOGIN_RULES_DEFAULT;
    int64_t credential = config_integer(c, "http.credential_requests_per_s"),
            guesses = config_integer(c, "intake.guesses_per_minute");
    rules.secure = config_yes(c, "intake.session_secure");
    rules.span = (struct account_span){config_integer(c, "intake.session_idle") / 1000,
                                       config_integer(c, "intake.session_whole") / 1000};
    in->login = login_new(in->database, &rules);
    in->portal_required = config_yes(c, "intake.portal_required");
    const struct token_rules token_rules = {config_text(c, "intake.portal_audience"), PORTAL_TOKEN_LIFE_S_MAX,
                                            PORTAL_SKEW_S};
    if (tokens_open(config_text(c, "intake.portal_keys"), &token_rules, &in->tokens, f) != FAULT_NONE)
        return f->code;
    system_random(seed, sizeof(seed));
    in->guesses =
        buckets_new((struct bucket_rule){(double)guesses / 60, (unsigned)guesses * 10}, INTAKE_ADDRESSES_MAX, seed);
    in->portal_rates =
        buckets_new((struct bucket_rule){(double)credential, (unsigned)credential * 10}, INTAKE_PORTALS_MAX, seed);
    return FAULT_NONE;
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
    if (forms_open(config_text(c, "intake.forms"), &in->forms, f) != FAULT_NONE)
        return f->code;
    in->unit.forms = in->forms;
    if (private_file_bytes(config_text(c, "intake.secret_file"), in->secret_key, sizeof(in->secret_key), f) !=
            FAULT_NONE ||
        private_file_line(config_text(c, "intake.desk_token_file"), 16, in->desk_token, sizeof(in->desk_token), f) !=
            FAULT_NONE ||
        upload_open(in, f) != FAULT_NONE ||
        settings_serve(c, ROUTES, INTAKE_BODY_SIZE_MAX, in, &in->server, f) != FAULT_NONE ||
        intake_guard(in, c, f) != FAULT_NONE)
        return f->code;
    program_call(a, in->client);
    lt_add_source(a, (struct lt_source){.turn = intake_turn, .context = in, .reload = intake_reload});
    program_serve(a, in->server);
    char port[8];
    snprintf(port, sizeof(port), "%u", (unsigned)server_port(in->server));
    log_event(LOG_INFO, "INTAKE-SERVES", "HTTP is open", "address", config_text(c, "http.address"), "port", port, NULL);
    return FAULT_NONE;
}

static void intake_close(void *context)
{
    struct intake *in = context;
    in->server = server_free(in->server);
    in->login = login_free(in->login);
    in->guesses = buckets_free(in->guesses);
    in->portal_rates = buckets_free(in->portal_rates);
    in->tokens = tokens_free(in->tokens);
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
                              .http_port = "7480",
                              .migrations = MIGRATIONS,
                              .migration_count = LENGTH(MIGRATIONS),
                              .grants = grants_sql,
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
