#include "unit.h"
#include "base/config.h"
#include "base/memory.h"
#include "base/text.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

OWNED_CLEANUP(config)

static const char *const entry_keys[] = {"code", "key", NULL};
static const struct config_row table[] = {
    {"listen", CONFIG_TEXT, "tcp://127.0.0.1:7000", false, 0, 0, NULL, "where agencies connect"},
    {"database.connection", CONFIG_TEXT, NULL, false, 0, 0, NULL, "libpq connection string"},
    {"credit.messages", CONFIG_INTEGER, "100", true, 1, 1000, NULL, "per session"},
    {"database.wait", CONFIG_DURATION_MS, "30 s", true, 0, 0, NULL, "limit of a statement"},
    {"agencies", CONFIG_LIST, "[]", true, 0, 0, entry_keys, "who may connect"},
    {"peers", CONFIG_LIST, "[a]", true, 0, 0, NULL, "other routers"},
    {0},
};

static char folder[] = "/tmp/lienthong-main-XXXXXX";
static char path[64], out_path[64], error_path[64];

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static char *read_file(const char *name)
{
    char *text = memory_new(16 * 1024);
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    text[fread(text, 1, 16 * 1024 - 1, file)] = 0;
    fclose(file);
    return text;
}

/* What one call said and did. */
struct outcome {
    bool goes_on;
    int status;
    char *out, *error;
    struct config *config;
};

static void outcome_clear(struct outcome *o)
{
    free(o->out);
    free(o->error);
    config_free(o->config);
}
#define OWNED_OUTCOME __attribute__((cleanup(outcome_clear))) struct outcome

/* ARGUMENTS end with NULL. */
static struct outcome run(const char *const *arguments)
{
    char *argv[8] = {(char *)"router"};
    int argc = 1;
    while (arguments[argc - 1]) {
        argv[argc] = (char *)(uintptr_t)arguments[argc - 1];
        argc++;
    }
    fflush(NULL);
    int out = dup(STDOUT_FILENO), error = dup(STDERR_FILENO);
    int out_file = open(out_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    int error_file = open(error_path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(out_file, STDOUT_FILENO);
    dup2(error_file, STDERR_FILENO);
    struct outcome o = {.status = -1};
    o.goes_on = config_main(argc, argv, "router", "carries dossiers", table, &o.config, &o.status);
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    dup2(error, STDERR_FILENO);
    close(out);
    close(error);
    close(out_file);
    close(error_file);
    o.out = read_file(out_path);
    o.error = read_file(error_path);
    return o;
}

#define ARGUMENTS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define GOOD "database: {connection: dbname=x}\nagencies: [{code: H58, key: k\"1}, {code: H59}, {}]\n"

static void answers_each_command(void **state)
{
    (void)state;
    static const struct {
        const char *arguments[4];
        bool goes_on;
        int status;
        const char *out, *error;
    } rows[] = {
        {{"--help"}, false, 0, "router: carries dossiers\n\nUsage: router [--config FILE]", ""},
        {{"--version"}, false, 0, "router " LT_VERSION "\n", ""},
        {{"--check-config", "--config", path}, false, 0, "the configuration can be used\n", ""},
        {{"--config", path}, true, 0, "", ""},
        {{"-c", path}, true, 0, "", ""},
        {{"--check-config"},
         false,
         2,
         "",
         "router: no configuration file was given and database.connection must be set"},
        {{"--check-config", "--config", "/tmp/none.yaml"}, false, 2, "", "router: /tmp/none.yaml: No such file"},
        {{"--config"}, false, 2, "", "Try router --help."},
        {{"--unknown"}, false, 2, "", "Try router --help."},
        {{"--check-config", "stray"}, false, 2, "", "unexpected argument \"stray\""},
    };
    write_file(GOOD);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        OWNED_OUTCOME o = run(rows[i].arguments);
        if (o.goes_on != rows[i].goes_on || o.status != rows[i].status || !strstr(o.out, rows[i].out) ||
            !strstr(o.error, rows[i].error))
            fail_msg("row %zu: status %d, \"%s\", \"%s\"", i, o.status, o.out, o.error);
        assert_int_equal(*rows[i].out == 0, *o.out == 0);
        assert_int_equal(*rows[i].error == 0, *o.error == 0);
        assert_int_equal(o.config != NULL, rows[i].goes_on);
    }
}

static void a_wrong_file_is_refused(void **state)
{
    (void)state;
    write_file("database: {connection: x}\nlisten: [1]\n");
    OWNED_OUTCOME check = run(ARGUMENTS("--check-config", "--config", path));
    assert_int_equal(check.status, 2);
    assert_non_null(strstr(check.error, "router.yaml:2: listen: "));
    OWNED_OUTCOME start = run(ARGUMENTS("--config", path));
    assert_false(start.goes_on);
    assert_int_equal(start.status, 2);
}

static void print_without_a_file_shows_what_must_be_set(void **state)
{
    (void)state;
    OWNED_OUTCOME o = run(ARGUMENTS("--print-config"));
    assert_int_equal(o.status, 0);
    assert_string_equal(o.out, "# where agencies connect\n"
                               "listen: \"tcp://127.0.0.1:7000\"\n"
                               "database:\n"
                               "  # libpq connection string\n"
                               "  # connection:   must be set\n"
                               "  # limit of a statement; SIGHUP reloads it\n"
                               "  wait: 30 s\n"
                               "credit:\n"
                               "  # per session; 1 to 1000; SIGHUP reloads it\n"
                               "  messages: 100\n"
                               "# who may connect; entries have code, key; SIGHUP reloads it\n"
                               "agencies: []\n"
                               "# other routers; SIGHUP reloads it\n"
                               "peers:\n"
                               "  - \"a\"\n");
}

/* What is printed is itself a configuration, and the same one. */
static void print_can_be_read_again(void **state)
{
    (void)state;
    write_file(GOOD "listen: \"a \\\"b\\\" \\\\ \\x01 \xe1\xba\xbf\"\npeers: [\"x\\ny\", \"\"]\n");
    OWNED_OUTCOME first = run(ARGUMENTS("--print-config", "--config", path));
    assert_int_equal(first.status, 0);
    write_file(first.out);
    OWNED_OUTCOME second = run(ARGUMENTS("--print-config", "--config", path));
    assert_string_equal(first.out, second.out);
    OWNED(config) c = NULL;
    struct fault f;
    assert_int_equal(config_load(path, table, &c, &f), FAULT_NONE);
    assert_string_equal(config_text(c, "listen"), "a \"b\" \\ \x01 \xe1\xba\xbf");
    assert_string_equal(config_entry(c, "agencies", 0, "key"), "k\"1");
    assert_int_equal(config_count(c, "agencies"), 3);
    assert_null(config_entry(c, "agencies", 2, "code"));
    assert_string_equal(config_entry(c, "peers", 0, NULL), "x\ny");
}

static int open_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/router.yaml", folder);
    snprintf(out_path, sizeof(out_path), "%s/out", folder);
    snprintf(error_path, sizeof(error_path), "%s/error", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    unlink(out_path);
    unlink(error_path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_each_command),
        cmocka_unit_test(a_wrong_file_is_refused),
        cmocka_unit_test(print_without_a_file_shows_what_must_be_set),
        cmocka_unit_test(print_can_be_read_again),
    };
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
