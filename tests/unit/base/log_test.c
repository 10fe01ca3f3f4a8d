#include "unit.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char captured[64 * 1024];
static int saved, pipe_ends[2];

static void capture_begin(void)
{
    fflush(stderr);
    assert_int_equal(pipe(pipe_ends), 0);
    saved = dup(STDERR_FILENO);
    dup2(pipe_ends[1], STDERR_FILENO);
}

static const char *capture_end(void)
{
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipe_ends[1]);
    size_t size = 0;
    ssize_t got;
    while ((got = read(pipe_ends[0], captured + size, sizeof(captured) - 1 - size)) > 0)
        size += (size_t)got;
    captured[size] = 0;
    close(pipe_ends[0]);
    return captured;
}

/* Size of the JSON string at TEXT, quotes included; 0 when it is none. */
static size_t json_string(const char *text)
{
    if (*text != '"')
        return 0;
    for (size_t i = 1; text[i]; i++) {
        if ((unsigned char)text[i] < 0x20)
            return 0;
        if (text[i] == '"')
            return i + 1;
        if (text[i] != '\\')
            continue;
        i++;
        if (text[i] == 'u' && strspn(text + i + 1, "0123456789abcdef") >= 4)
            i += 4;
        else if (!text[i] || !strchr("\"\\", text[i]))
            return 0;
    }
    return 0;
}

/* Whether LINE is one flat JSON object of strings and a line's end: all that log lines are made of. */
static bool json_line(const char *line)
{
    if (*line++ != '{')
        return false;
    for (;;) {
        size_t size = json_string(line);
        if (!size || line[size] != ':')
            return false;
        line += size + 1;
        if (!(size = json_string(line)))
            return false;
        line += size;
        if (*line != ',')
            return text_equal(line, "}\n");
        line++;
    }
}

static void lines_are_json(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want;
    } rows[] = {
        {"plain", "\"text\":\"plain\""},
        {"", "\"text\":\"\""},
        {NULL, "\"text\":\"\""},
        {"a \"quote\" and \\", "\"text\":\"a \\\"quote\\\" and \\\\\""},
        {"line\nend\ttab\x01", "\"text\":\"line\\u000aend\\u0009tab\\u0001\""},
        {"Nguy\xe1\xbb\x85n", "\"text\":\"Nguy\xe1\xbb\x85n\""},
        {"bad \xff\xc3 utf", "\"text\":\"bad \\ufffd\\ufffd utf\""},
        {"\xc2\x85|\xe2\x80\xa8|\xe2\x80\xae|\xf3\xa0\x80\xa1|", "\"text\":\"\\u0085|\\u2028|\\u202e|\\ufffd|\""},
        {"\",\"event\":\"FORGED\"}\n{\"event\":\"FORGED",
         "\"text\":\"\\\",\\\"event\\\":\\\"FORGED\\\"}\\u000a{\\\"event\\\":\\\"FORGED\""},
        {"%n%s%x", "\"text\":\"%n%s%x\""},
        {"cut \xe1\xba", "\"text\":\"cut \\ufffd\\ufffd\""},
    };
    log_open("router", LOG_INFO);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        capture_begin();
        log_event(LOG_INFO, "EVENT-ID", rows[i].text, "agency", "H58", "empty", "", NULL);
        const char *line = capture_end();
        if (!json_line(line) || !strstr(line, rows[i].want))
            fail_msg("%s", line);
        assert_non_null(strstr(line, "\"level\":\"info\",\"service\":\"router\",\"event\":\"EVENT-ID\""));
        assert_non_null(strstr(line, ",\"agency\":\"H58\",\"empty\":\"\"}\n"));
        assert_int_equal(strncmp(line, "{\"at\":\"20", 9), 0);
    }
}

/* Whatever the lengths, a line stays JSON and below its limit. */
static void long_lines_are_cut_and_stay_json(void **state)
{
    (void)state;
    static char text[6000], value[6000];
    static const char *const fills[] = {"x", "\"", "\n", "\xe1\xba\xbf", "\xff"};
    log_open("router", LOG_INFO);
    for (size_t fill = 0; fill < LENGTH(fills); fill++) {
        size_t step = strlen(fills[fill]);
        for (size_t size = 0; size + step < sizeof(text) - 1; size += step)
            memcpy(text + size, fills[fill], step + 1);
        for (size_t size = 3500; size < 4200; size++) {
            memset(value, 'v', size);
            value[size] = 0;
            capture_begin();
            log_event(LOG_INFO, "E", size % 2 ? value : "short", "k", text, "kk", value, "kkk", text, NULL);
            const char *line = capture_end();
            assert_true(strlen(line) <= 4096);
            if (!json_line(line) || !text_is_utf8(bytes_of_text(line)))
                fail_msg("size %zu fill %zu: %s", size, fill, line);
        }
    }
}

static void levels_below_the_least_are_silent(void **state)
{
    (void)state;
    for (int least = LOG_DEBUG; least <= LOG_ERROR; least++)
        for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
            log_open("router", (enum log_level)least);
            capture_begin();
            log_event((enum log_level)level, "E", "text", NULL);
            assert_int_equal(*capture_end() != 0, level >= least);
        }
}

static void faults_show_their_name(void **state)
{
    (void)state;
    log_open("tax", LOG_INFO);
    struct fault f;
    fault_set(&f, FAULT_NOT_FOUND, "no file \"x\"");
    capture_begin();
    log_fault(LOG_ERROR, "FILE-MISSING", &f);
    const char *line = capture_end();
    assert_true(json_line(line));
    assert_non_null(strstr(line, "\"level\":\"error\",\"service\":\"tax\",\"event\":\"FILE-MISSING\","
                                 "\"text\":\"no file \\\"x\\\"\",\"fault\":\"not found\"}"));
}

static void level_names_are_known(void **state)
{
    (void)state;
    enum log_level level = LOG_DEBUG;
    assert_true(log_level_parse("warning", &level));
    assert_int_equal(level, LOG_WARNING);
    assert_false(log_level_parse("loud", &level));
    assert_false(log_level_parse(NULL, &level));
    assert_int_equal(level, LOG_WARNING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_json),
        cmocka_unit_test(long_lines_are_cut_and_stay_json),
        cmocka_unit_test(levels_below_the_least_are_silent),
        cmocka_unit_test(faults_show_their_name),
        cmocka_unit_test(level_names_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
