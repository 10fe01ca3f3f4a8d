#include "office.h"

#include "base/text.h"

#include "lienthong/v1/intake.pb-c.h"
#include "trust/authority.h"
#include "trust/curve.h"
#include "trust/vault.h"
#include "../database/server_fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

/* --- The agency's program ------------------------------------------------------------------------------------------------ */

struct agency_seen agency;

static const char effect_sql[] = "INSERT INTO effect (step, message, sequence) VALUES ($1, $2, $3)";
static const char tables_sql[] = "CREATE TABLE IF NOT EXISTS effect (id bigint GENERATED ALWAYS AS IDENTITY, step uuid,"
                                 " message uuid, sequence bigint)";

static enum fault_code effect(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    struct parameters *p = parameters_new();

    agency.handled++;
    parameters_uuid(p, d->step);
    parameters_uuid(p, d->message);
    parameters_integer(p, (int64_t)d->header->sequence);
    enum fault_code code = database_run(lt_database(a), effect_sql, p, NULL, f);
    parameters_free(p);
    return code;
}

static enum lt_result work(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    const struct lt_fact_out facts[] = {{.name = "test.result", .kind = LT_TEXT, .text = "done"},
                                        {.name = "test.sure", .kind = LT_YES_NO, .yes = true}};
    Lienthong__V1__Refusal refusal = LIENTHONG__V1__REFUSAL__INIT;
    const struct lt_part_out parts[] = {{.name = "note", .content = &refusal.base}};
    const struct lt_message m = {.parts = parts, .part_count = 1, .facts = facts, .fact_count = 2};

    (void)context;
    refusal.reason = (char *)"because";
    if (effect(a, d, f) || lt_answer(a, d, &m, f))
        return LT_LATER;
    if (agency.fails && database_run(lt_database(a), "SELECT 1/0", NULL, NULL, f))
        agency.fails = false;
    return LT_DONE;
}

static enum lt_result inform(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return effect(a, d, f) ? LT_LATER : LT_DONE;
}

static enum lt_result leave_open(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return effect(a, d, f) ? LT_LATER : LT_OPEN;
}

static enum lt_result later(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    static const struct lt_message done;

    (void)context;
    if (effect(a, d, f) || lt_answer(a, d, &done, f))
        return LT_LATER;
    if (agency.later-- > 0) {
        fault_set(f, FAULT_AGAIN, "the register is away");
        return LT_LATER; /* effect and answer are undone */
    }
    return LT_DONE;
}

static enum lt_result refuse(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    if (effect(a, d, f))
        return LT_LATER;
    fault_set(f, FAULT_MALFORMED, "the slip names no parcel");
    return LT_REFUSE;
}

static enum lt_result read_parts(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    static const struct lt_message done;
    ProtobufCMessage *message;
    const char *author = NULL;

    (void)context;
    assert_null(lt_part(d, "absent", NULL).data);
    assert_int_equal(lt_part_unpack(d, "absent", &lienthong__v1__refusal__descriptor, &message, f), FAULT_NOT_FOUND);
    assert_int_equal(lt_part_unpack(d, "slip", &lienthong__v1__apology__descriptor, &message, f), FAULT_MALFORMED);
    assert_true(lt_part(d, "slip", &author).size > 0);
    if (lt_part_unpack(d, "slip", &lienthong__v1__refusal__descriptor, &message, f))
        return LT_REFUSE;
    snprintf(agency.author, sizeof(agency.author), "%s", author);
    snprintf(agency.slip, sizeof(agency.slip), "%s", ((Lienthong__V1__Refusal *)message)->reason);
    return effect(a, d, f) || lt_answer(a, d, &done, f) ? LT_LATER : LT_DONE;
}

static enum lt_result forget_answer(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return effect(a, d, f) ? LT_LATER : LT_DONE;
}

static enum lt_result gather(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)a;
    (void)context;
    (void)f;
    assert_true(agency.gathered_count < LT_BATCH_MAX);
    agency.gathered[agency.gathered_count] = d->message;
    agency.numbers[agency.gathered_count++] = d->header->sequence;
    return LT_DONE;
}

static enum fault_code on_batch(struct lt_adapter *a, void *context, struct fault *f)
{
    static const char sql[] = "INSERT INTO effect (message, sequence) SELECT message, 1 / (number - 13) * 0 + number"
                              " FROM unnest($1::uuid[], $2::bigint[]) AS u (message, number)";
    OWNED(column) messages = column_new(COLUMN_UUID);
    OWNED(column) numbers = column_new(COLUMN_INTEGER);
    OWNED(parameters) p = parameters_new();

    (void)context;
    if (!agency.gathered_count)
        return FAULT_NONE;
    for (size_t i = 0; i < agency.gathered_count; i++) {
        column_uuid(messages, agency.gathered[i]);
        column_integer(numbers, (int64_t)agency.numbers[i]);
    }
    parameters_column(p, messages);
    parameters_column(p, numbers);
    if (agency.gathered_most < agency.gathered_count)
        agency.gathered_most = agency.gathered_count;
    agency.gathered_count = 0;
    return database_queue(lt_database(a), sql, p, f);
}

static void on_undone(struct lt_adapter *a, void *context)
{
    (void)a;
    (void)context;
    agency.gathered_count = 0;
}

static bool on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f)
{
    (void)a;
    (void)step;
    (void)context;
    (void)f;
    assert_string_equal(operation, "test.open");
    agency.cancels++;
    return !agency.keeps;
}

static void on_acknowledged(struct lt_adapter *a, struct uuid message, void *context)
{
    (void)context;
    assert_false(database_in_transaction(lt_database(a)));
    agency.acknowledged++;
    agency.acknowledged_id = message;
}

static void on_refused(struct lt_adapter *a, struct uuid message, Lienthong__V1__RefusalCode code, const char *text,
                       void *context)
{
    (void)context;
    assert_false(database_in_transaction(lt_database(a)));
    assert_string_equal(text, "as the test wants");
    agency.refused++;
    agency.refused_id = message;
    agency.code = code;
}

static void on_operations(struct lt_adapter *a, const char *procedure,
                          const Lienthong__V1__Operation *const *operations, size_t count, void *context)
{
    (void)context;
    assert_false(database_in_transaction(lt_database(a)));
    agency.told++;
    agency.operations = count;
    text_copy(agency.procedure, sizeof(agency.procedure), procedure);
    if (count) {
        text_copy(agency.first, sizeof(agency.first), operations[0]->type);
        text_copy(agency.last, sizeof(agency.last), operations[count - 1]->type);
    }
}

const struct lt_handlers handlers = {.on = {{"test.work", work},
                                            {"test.inform", inform},
                                            {"test.open", leave_open},
                                            {"test.later", later},
                                            {"test.refuse", refuse},
                                            {"test.parts", read_parts},
                                            {"test.forget", forget_answer},
                                            {"test.gather", gather}},
                                     .on_batch = on_batch,
                                     .on_undone = on_undone,
                                     .on_cancel = on_cancel,
                                     .on_acknowledged = on_acknowledged,
                                     .on_refused = on_refused,
                                     .on_operations = on_operations};

int agency_main(const char *config_path)
{
    struct config *c = NULL;
    struct lt_adapter *a = NULL;
    struct fault f;

    log_open("agency", LOG_ERROR);
    if (config_load(config_path, lt_config_rows, &c, &f) || lt_open(c, "agency", &handlers, &a, &f)) {
        fprintf(stderr, "%s\n", f.text);
        return 1;
    }
    int status = lt_run(a);
    lt_free(a);
    config_free(c);
    return status;
}

/* --- The world ------------------------------------------------------------------------------------------------------------- */

void check(enum fault_code code, const struct fault *f)
{
    if (code)
        fail_msg("%s", f->text);
}

void copy_file(const char *from, const char *to)
{
    char data[8192];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    assert_non_null(in);
    assert_non_null(out);
    size_t size = fread(data, 1, sizeof(data), in);
    assert_int_equal(fwrite(data, 1, size, out), size);
    fclose(in);
    fclose(out);
}

void certificate_known(struct world *w, const char *who)
{
    char from[600], to[600];
    snprintf(from, sizeof(from), "%s/ca/%s/sign.pem", w->folder, who);
    snprintf(to, sizeof(to), "%s/known/%s.pem", w->folder, who);
    copy_file(from, to);
}

static void make_keys(struct world *w)
{
    char ca[300], known[300];
    struct instant yesterday = {system_now().us - INSTANT_DAY_US};
    static const char *const agencies[] = {"router", "000.01", "000.02", "000.03"};
    struct fault f;

    snprintf(ca, sizeof(ca), "%s/ca", w->folder);
    snprintf(known, sizeof(known), "%s/known", w->folder);
    check(authority_create(ca, "test", yesterday, 30, &f), &f);
    for (size_t i = 0; i < LENGTH(agencies); i++)
        check(authority_issue(ca, (struct authority_subject){agencies[i], agencies[i], 20, "p256"}, yesterday, &f), &f);
    assert_int_equal(mkdir(known, 0700), 0);
    certificate_known(w, "router");
    certificate_known(w, "000.02");
}

static void write_config(struct world *w)
{
    char path[400], key[Z85_TEXT_SIZE];
    struct fault f;

    snprintf(path, sizeof(path), "%s/ca/router/curve.pub", w->folder);
    check(curve_load_public(path, key, &f), &f);
    snprintf(w->config_path, sizeof(w->config_path), "%s/agency.yaml", w->folder);
    FILE *file = fopen(w->config_path, "w");
    assert_non_null(file);
    check(vault_create(w->folder, "vault.keys", &f), &f);
    fprintf(
        file,
        "agency: \"000.01\"\nkeys:\n  sign: ca/000.01/sign.key\n  certificate: ca/000.01/sign.pem\n  decrypt: ca/000.01/encrypt.key\n  encryption: ca/000.01/encrypt.pem\n  curve: ca/000.01/curve.key\n"
        "vault:\n  keys: vault.keys\n"
        "trust:\n  authority: ca/ca.pem\n  certificates: known\nrouters:\n  - endpoint: %s\n    key: '%s'\n"
        "database:\n  connection: \"%s\"\nsession:\n  reconnect_min: 20 ms\n  reconnect_max: 50 ms\n"
        "journal:\n  resend: 400 ms\n  retry_min: 50 ms\n  retry_max: 100 ms\n  poll: 30 ms\n",
        w->endpoint, key, server_fixture_target(w->server));
    fclose(file);
}

void adapter_start(struct world *w)
{
    struct fault f;

    check(config_load(w->config_path, lt_config_rows, &w->config, &f), &f);
    check(lt_open(w->config, "agency", &handlers, &w->adapter, &f), &f);
}

void adapter_end(struct world *w)
{
    w->adapter = lt_free(w->adapter);
    w->config = config_free(w->config);
}

int setup(void **state)
{
    struct world *w = memory_new(sizeof(*w));
    char ca[300];
    struct fault f;

    memset(&agency, 0, sizeof(agency));
    w->server = server_fixture_start(NULL);
    snprintf(w->folder, sizeof(w->folder), "%s/agency-XXXXXX", "/tmp");
    assert_non_null(mkdtemp(w->folder));
    make_keys(w);
    snprintf(ca, sizeof(ca), "%s/ca", w->folder);
    fake_router_open(&w->router, ca, "000.01", "tcp://127.0.0.1:*");
    snprintf(w->endpoint, sizeof(w->endpoint), "%s", hub_endpoint(w->router.hub));
    write_config(w);
    check(database_open(server_fixture_target(w->server), "test", 20000, &w->database, &f), &f);
    check(database_script(w->database, tables_sql, &f), &f);
    *state = w;
    return 0;
}

int setup_open(void **state)
{
    setup(state);
    adapter_start(*state);
    return 0;
}

void child_end(struct world *w, int number)
{
    int status;
    if (w->child <= 0)
        return;
    kill(w->child, number);
    waitpid(w->child, &status, 0);
    w->child = 0;
}

int teardown(void **state)
{
    struct world *w = *state;
    char command[400];

    child_end(w, SIGKILL);
    if (w->adapter)
        adapter_end(w);
    fake_router_close(&w->router);
    free(w->router.received);
    database_free(w->database);
    server_fixture_stop(w->server);
    snprintf(command, sizeof(command), "%s", w->folder);
    pid_t pid = fork();
    if (pid == 0) {
        execlp("rm", "rm", "-rf", command, (char *)NULL);
        _exit(1);
    }
    waitpid(pid, NULL, 0);
    free(w);
    return 0;
}

enum fault_code turn(struct world *w)
{
    struct fault f;
    enum fault_code code = FAULT_NONE;

    if (w->router.hub)
        fake_router_turn(&w->router);
    if (w->adapter)
        code = lt_turn(w->adapter, 2, &f);
    else
        zmq_poll(NULL, 0, 2);
    if (code && code != FAULT_LOST)
        fail_msg("%s", f.text);
    return code;
}

void for_ms(struct world *w, int64_t ms)
{
    int64_t until = system_monotonic_ms() + ms;
    while (system_monotonic_ms() < until)
        turn(w);
}

int64_t ask(struct world *w, const char *sql)
{
    struct rows *rows = NULL;
    struct fault f;
    check(database_run(w->database, sql, NULL, &rows, &f), &f);
    int64_t number = rows_integer(rows, 0, 0);
    rows_free(rows);
    return number;
}

int64_t effects(struct world *w)
{
    return ask(w, "SELECT count(*) FROM effect");
}

bool settled(struct world *w)
{
    return ask(w, "SELECT (SELECT count(*) FROM lienthong.inbox WHERE state = 0)"
                  " + (SELECT count(*) FROM lienthong.outbox WHERE state = 0)") == 0;
}

struct envelope *task(struct world *w, const char *operation, struct uuid step)
{
    return fake_router_make(&w->router, (struct fake_delivery){.kind = K(TASK), .step = step, .operation = operation});
}

void deliver(struct world *w, const struct envelope *e)
{
    UNTIL(w, fake_router_deliver(&w->router, e));
}

size_t count(struct world *w, Lienthong__V1__MessageKind kind, struct uuid step)
{
    return fake_router_count(&w->router, kind, step, NULL);
}
