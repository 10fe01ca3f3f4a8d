#include "unit.h"
#include "keys.h"
#include "base/memory.h"
#include "base/system.h"
#include "trust/pki.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 12

static char folder[64];

static int open_all(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/lt-keys-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int close_all(void **state)
{
    (void)state;
    struct pki p = {0};
    memcpy(p.folder, folder, sizeof(folder));
    pki_close(&p);
    return 0;
}

/* Runs `lt keys LINE`, words separated by single spaces, "@" standing for the folder; *ret_out (may be NULL) gets what it wrote. */
static int run(const char *line, char **ret_out)
{
    OWNED_MEMORY char *words = memory_text(line);
    char *argv[WORDS_MAX + 1] = {(char *)"keys"}, place[WORDS_MAX][128];
    int argc = 1;
    for (char *at = words, *word; argc < WORDS_MAX && (word = strsep(&at, " ")); argc++) {
        snprintf(place[argc], sizeof(place[argc]), "%s%s", word[0] == '@' ? folder : "", word + (word[0] == '@'));
        argv[argc] = place[argc];
    }
    fflush(stdout);
    int saved = dup(STDOUT_FILENO);
    FILE *file = tmpfile();
    dup2(fileno(file), STDOUT_FILENO);
    int status = keys_main(argc, argv);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    char text[8192] = "";
    rewind(file);
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = '\0';
    fclose(file);
    if (ret_out)
        *ret_out = memory_text(text);
    return status;
}

static void test_an_authority_from_the_command_line(void **state)
{
    (void)state;
    char *out;
    assert_int_equal(run("init @/k --name Province --days 400", NULL), 0);
    assert_int_equal(run("issue @/k --agency router --name Router --days 30", NULL), 0);
    assert_int_equal(run("issue @/k --agency G12 --name Tax --algorithm ed25519 --json", &out), 0);
    json_t *value = json_loads(out, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(value, "agency")), "G12");
    assert_string_equal(json_string_value(json_object_get(value, "state")), "valid");
    assert_int_equal(strlen(json_string_value(json_object_get(value, "key_id"))), 64);
    json_decref(value);
    free(out);
    assert_int_equal(run("list @/k --json", &out), 0);
    value = json_loads(out, 0, NULL);
    assert_int_equal(json_array_size(value), 3);
    /* The first to expire comes first. */
    assert_string_equal(json_string_value(json_object_get(json_array_get(value, 0), "agency")), "router");
    assert_string_equal(json_string_value(json_object_get(json_array_get(value, 2), "agency")), "");
    json_decref(value);
    free(out);
    assert_int_equal(run("show @/k/G12/sign.pem", &out), 0);
    assert_non_null(strstr(out, "agency  G12\n"));
    free(out);
}

static void test_exit_statuses(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int want;
    } rows[] = {
        {"--help", 0},
        {"init --help", 0},
        {"init", 2},
        {"bake @/k", 2},
        {"init @/x --agency A01", 2},
        {"init @/x more", 2},
        {"init @/x --days many", 2},
        {"init @/x --days -1", 2},
        {"init @/x --days", 2},
        {"init @/x --colour red", 2},
        {"issue @/k --agency A01", 2},
        {"issue @/k --name N", 2},
        {"issue @/nowhere --agency A01 --name N", 1},
        {"issue @/k --agency A/1 --name N", 1},
        {"issue @/k --agency A01 --name N --algorithm rot13", 1},
        {"issue @/k --agency A01 --name N --days 401", 1},
        {"issue @/k --agency G12 --name N --days 20 --renew", 0},
        {"issue @/k --agency G13 --name N --renew", 1},
        {"init @/x --renew", 2},
        {"show @/k/ca.key", 1},
        {"show @/nothing", 1},
        {"list @/nowhere", 1},
        {"revoke @/k --agency G12", 2},
        {"revoke @/k --reason superseded", 2},
        {"suspend @/k --agency G12 --reason superseded", 2},
        {"revoke @/k --agency G12 --serial none --reason superseded", 2},
        {"revoke @/k --agency G99 --reason superseded", 1},
        {"revoke @/k --agency G12 --reason boredom", 1},
        {"resume @/k --agency G12", 1},
        {"suspend @/k --agency G12", 0},
        {"resume @/k --agency G12", 0},
        {"revoke @/k --agency G12 --reason superseded --days 3", 0},
        {"resume @/k --agency G12", 1},
        {"crl @/k --days 5", 0},
        {"crl @/k --agency G12", 2},
        {"crl @/nowhere", 1},
    };
    assert_int_equal(run("init @/k2", NULL), 0);
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (run(rows[i].line, NULL) != rows[i].want)
            fail_msg("lt keys %s should end with %d", rows[i].line, rows[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_authority_from_the_command_line),
        cmocka_unit_test(test_exit_statuses),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
