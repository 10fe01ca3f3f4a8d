#include "unit.h"
#include "base/bytes.h"
#include "base/config.h"
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

OWNED_CLEANUP(config)

static const char *const agency_keys[] = {"code", "key", NULL};
static const struct config_row table[] = {
    {"name", CONFIG_TEXT, "router-1", true, 0, 0, NULL, "name in the log"},
    {"database.connection", CONFIG_TEXT, NULL, false, 0, 0, NULL, "libpq connection string"},
    {"database.pool", CONFIG_INTEGER, "4", true, 1, 64, NULL, "connections"},
    {"database.wait", CONFIG_DURATION_MS, "30 s", true, 100, 3600000, NULL, "limit of a statement"},
    {"trust.key", CONFIG_PATH, "", false, 0, 0, NULL, "private key"},
    {"debug", CONFIG_YES_NO, "no", true, 0, 0, NULL, "more lines"},
    {"limit", CONFIG_INTEGER, "-5", false, 0, 0, NULL, NULL},
    {"peers", CONFIG_LIST, "[a, \"b c\"]", true, 0, 0, NULL, "other routers"},
    {"agencies", CONFIG_LIST, "[]", false, 0, 0, agency_keys, "who may connect"},
    {0},
};

static char folder[] = "/tmp/lienthong-config-XXXXXX";
static char path[64];

static void write_file(const char *text, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
}

static struct config *load(const char *text)
{
    struct config *c = NULL;
    struct fault f;
    write_file(text, strlen(text));
    if (config_load(path, table, &c, &f))
        fail_msg("%s", f.text);
    return c;
}

static void defaults_hold(void **state)
{
    (void)state;
    OWNED(config) c = load("database.connection: dbname=x\n");
    assert_string_equal(config_text(c, "name"), "router-1");
    assert_string_equal(config_text(c, "database.connection"), "dbname=x");
    assert_int_equal(config_integer(c, "database.pool"), 4);
    assert_int_equal(config_integer(c, "database.wait"), 30000);
    assert_string_equal(config_text(c, "trust.key"), "");
    assert_false(config_yes(c, "debug"));
    assert_int_equal(config_integer(c, "limit"), -5);
    assert_int_equal(config_count(c, "peers"), 2);
    assert_string_equal(config_entry(c, "peers", 1, NULL), "b c");
    assert_null(config_entry(c, "peers", 2, NULL));
    assert_int_equal(config_count(c, "agencies"), 0);
}

static void a_file_is_read(void **state)
{
    (void)state;
    OWNED(config)
    c = load("# comment\n"
             "name: \"two words\"\n"
             "database:\n"
             "  connection: 'host=/run port=5432'\n"
             "  pool: 64\n"
             "  wait: 5min\n"
             "trust: {key: keys/router.pem}\n"
             "debug: true\n"
             "peers: []\n"
             "agencies:\n"
             "  - code: H58\n"
             "    key: abc\n"
             "  - {code: H59}\n");
    char key[128];
    snprintf(key, sizeof(key), "%s/keys/router.pem", folder);
    assert_string_equal(config_text(c, "name"), "two words");
    assert_string_equal(config_text(c, "database.connection"), "host=/run port=5432");
    assert_int_equal(config_integer(c, "database.pool"), 64);
    assert_int_equal(config_integer(c, "database.wait"), 300000);
    assert_string_equal(config_text(c, "trust.key"), key);
    assert_true(config_yes(c, "debug"));
    assert_int_equal(config_count(c, "peers"), 0);
    assert_int_equal(config_count(c, "agencies"), 2);
    assert_string_equal(config_entry(c, "agencies", 0, "key"), "abc");
    assert_string_equal(config_entry(c, "agencies", 1, "code"), "H59");
    assert_null(config_entry(c, "agencies", 1, "key"));
    OWNED_MEMORY char *beside = config_file_path(c, "x.pem");
    snprintf(key, sizeof(key), "%s/x.pem", folder);
    assert_string_equal(beside, key);
    OWNED_MEMORY char *absolute = config_file_path(c, "/etc/x.pem");
    assert_string_equal(absolute, "/etc/x.pem");
}

#define GOOD "database: {connection: x}\n"

static void mistakes_name_file_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* after the path */
    } rows[] = {
        {"", ": database.connection must be set"},
        {"name: x\n", ": database.connection must be set"},
        {GOOD "nam: x\n", ":2: nam: unknown key; did you mean name?"},
        {"\n\ndatabase:\n  conection: x\n", ":4: database.conection: unknown key; did you mean database.connection?"},
        {GOOD "quite_another: x\n", ":2: quite_another: unknown key; --print-config"},
        {"database:\n  connection: x\n  pool: many\n", ":3: database.pool: \"many\" is not a whole number"},
        {"database:\n  connection: x\n  pool: 4.0\n", ":3: database.pool: \"4.0\" is not a whole number"},
        {"database:\n  connection: x\n  pool: 0\n", ":3: database.pool: \"0\" is outside 1 to 64"},
        {"database:\n  connection: x\n  pool: 65\n", ":3: database.pool: \"65\" is outside 1 to 64"},
        {"database: {connection: x, pool: 99999999999999999999}\n", "\"99999999999999999999\" is too large"},
        {"database: {connection: x, pool: \" 4\"}\n", "not a whole number"},
        {"database:\n  connection: x\n  wait: 30\n", ":3: database.wait: \"30\" is not a duration"},
        {"database: {connection: x, wait: 3 days}\n", "is not a duration"},
        {"database: {connection: x, wait: -3 s}\n", "is not a duration"},
        {"database: {connection: x, wait: s}\n", "is not a duration"},
        {"database: {connection: x, wait: 2 h}\n", "\"2 h\" is outside 100 ms to 3600000 ms"},
        {"database: {connection: x, wait: 9223372036854775807 h}\n", "is too long"},
        {GOOD "debug: maybe\n", ":2: debug: \"maybe\" is neither yes nor no"},
        {GOOD "name:\n", ":2: name: has no value; leave the line out"},
        {GOOD "name: ~\n", ":2: name: has no value"},
        {GOOD "name: [a]\n", ":2: name: needs a single value, not a list"},
        {GOOD "name: \"a\\0b\"\n", ":2: name: has no value"},
        {GOOD "database: {pool: 3}\n", ":2: database: the key stands twice"},
        {GOOD "name: a\nname: b\n", ":3: name: the key stands twice"},
        {GOOD "database.pool: 3\ndatabase.pool: 3\n", ":3: database.pool: the key stands twice"},
        {GOOD "database.connection: y\n", ":2: database.connection: the key stands twice"},
        {"database: x\n", ":1: database: is a group of keys, not a value"},
        {GOOD "peers: a\n", ":2: peers: must be a list"},
        {GOOD "peers:\n  - a\n  - [b]\n", ":4: peers: each entry must be a single value"},
        {GOOD "peers:\n  - a\n  -\n", ":4: peers: each entry must be a single value"},
        {GOOD "agencies:\n  - H58\n", ":3: agencies: each entry must be a mapping"},
        {GOOD "agencies:\n  - cod: H58\n", ":3: agencies[].cod: unknown key in a list's entry"},
        {GOOD "agencies:\n  - code: H58\n    code: H59\n", ":4: agencies[].code: the key stands twice"},
        {GOOD "agencies:\n  - code: [H58]\n", ":3: agencies[].code: needs a single value"},
        {"- a\n", ":1: a configuration is a mapping"},
        {"just text\n", ":1: a configuration is a mapping"},
        {"name: \"x\n", "not valid YAML"},
        {GOOD "\tname: x\n", ":2: not valid YAML"},
        {GOOD "? [a, b]\n: x\n", ":2: a key must be a short word"},
        {GOOD "---\nname: x\n", ": a second document follows"},
        {"name: \xff\n", "not valid YAML"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct config *c = NULL;
        struct fault f = {0};
        write_file(rows[i].text, strlen(rows[i].text));
        enum fault_code code = config_load(path, table, &c, &f);
        if (code != FAULT_CONFIG || !strstr(f.text, rows[i].want) || strncmp(f.text, path, strlen(path)))
            fail_msg("row %zu: %s, \"%s\" without \"%s\"", i, fault_name(code), f.text, rows[i].want);
        assert_null(c);
    }
}

static void files_that_cannot_be_read_are_named(void **state)
{
    (void)state;
    struct config *c = NULL;
    struct fault f;
    assert_int_equal(config_load("/tmp/lienthong-no-such-file.yaml", table, &c, &f), FAULT_CONFIG);
    assert_string_equal(f.text, "/tmp/lienthong-no-such-file.yaml: No such file or directory");
    assert_int_equal(config_load("/tmp", table, &c, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "/tmp"));
    assert_int_equal(config_load(NULL, table, &c, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "database.connection must be set: use --config FILE"));
    size_t size = (1 << 20) + 1;
    OWNED_MEMORY char *large = memory_new(size);
    memset(large, '#', size);
    write_file(large, size);
    assert_int_equal(config_load(path, table, &c, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, "larger than 1048576 bytes"));
    assert_null(c);
}

/* Aliases that grow without end, and nesting without end, are refused before they cost anything. */
static void hostile_yaml_is_refused(void **state)
{
    (void)state;
    OWNED_BUFFER text = BUFFER(1 << 20);
    assert_int_equal(buffer_print(&text, NULL, "a0: &a0 [x,x,x,x,x,x,x,x]\n"), FAULT_NONE);
    for (int i = 1; i < 40; i++)
        assert_int_equal(buffer_print(&text, NULL, "a%d: &a%d [*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1),
                         FAULT_NONE);
    struct config *c = NULL;
    struct fault f;
    write_file((char *)text.data, text.size);
    assert_int_equal(config_load(path, table, &c, &f), FAULT_CONFIG);
    assert_non_null(strstr(f.text, ":1: a0: unknown key"));
    buffer_reset(&text);
    for (int i = 0; i < 20000; i++)
        assert_int_equal(buffer_print(&text, NULL, "["), FAULT_NONE);
    write_file((char *)text.data, text.size);
    assert_int_equal(config_load(path, table, &c, &f), FAULT_CONFIG);
    write_file("x: &x {x: *x}\n", 14);
    assert_int_equal(config_load(path, table, &c, &f), FAULT_CONFIG);
    write_file("database: &d {connection: *d}\n", 30);
    assert_int_equal(config_load(path, table, &c, &f), FAULT_CONFIG);
    assert_null(c);
}

static void reload_takes_what_may_change_and_names_the_rest(void **state)
{
    (void)state;
    OWNED(config) c = load("database: {connection: x, pool: 3}\npeers: [a]\n");
    OWNED(config) same = load("database: {connection: x, pool: 3}\npeers: [a]\n");
    char *restart = NULL;
    config_reload(c, same, &restart);
    assert_null(restart);
    OWNED(config) next = load("database: {connection: y, pool: 9}\nname: z\npeers: [b, c]\nagencies: [{code: H58}]\n");
    config_reload(c, next, &restart);
    assert_string_equal(restart, "database.connection, agencies");
    free(restart);
    assert_string_equal(config_text(c, "database.connection"), "x");
    assert_int_equal(config_count(c, "agencies"), 0);
    assert_int_equal(config_integer(c, "database.pool"), 9);
    assert_string_equal(config_text(c, "name"), "z");
    assert_int_equal(config_count(c, "peers"), 2);
    assert_string_equal(config_entry(c, "peers", 1, NULL), "c");
    assert_string_equal(config_entry(next, "peers", 1, NULL), "c");
}

static void a_wrong_default_is_our_mistake_and_is_found(void **state)
{
    (void)state;
    static const struct config_row wrong[][2] = {
        {{"a", CONFIG_INTEGER, "x", false, 0, 0, NULL, NULL}, {0}},
        {{"a", CONFIG_DURATION_MS, "5", false, 0, 0, NULL, NULL}, {0}},
        {{"a", CONFIG_LIST, "x", false, 0, 0, NULL, NULL}, {0}},
        {{"a", CONFIG_LIST, "[", false, 0, 0, NULL, NULL}, {0}},
    };
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        struct config *c = NULL;
        struct fault f;
        assert_int_equal(config_load(NULL, wrong[i], &c, &f), FAULT_CONFIG);
        assert_int_equal(strncmp(f.text, "default of a: ", 14), 0);
    }
}

static int open_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/router.yaml", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold),
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(mistakes_name_file_line_and_key),
        cmocka_unit_test(files_that_cannot_be_read_are_named),
        cmocka_unit_test(hostile_yaml_is_refused),
        cmocka_unit_test(reload_takes_what_may_change_and_names_the_rest),
        cmocka_unit_test(a_wrong_default_is_our_mistake_and_is_found),
    };
    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
