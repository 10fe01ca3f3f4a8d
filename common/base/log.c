#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Small enough that a line to a pipe or the journal is written in one piece (PIPE_BUF is 4096). */
#define LOG_LINE_SIZE_MAX 4096
#define LOG_SERVICE_SIZE 48
#define LOG_TAIL "\"}\n"

static const char *const levels[] = {"debug", "info", "warning", "error"};
static char log_service[LOG_SERVICE_SIZE] = "lienthong";
static _Atomic enum log_level log_least = LOG_INFO;

/* A line that is being written. What does not fit is left out, but the line stays JSON. */
struct log_line {
    char text[LOG_LINE_SIZE_MAX];
    size_t size;
};

bool log_level_parse(const char *name, enum log_level *ret)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++)
        if (text_equal(name, levels[i])) {
            *ret = (enum log_level)i;
            return true;
        }
    return false;
}

void log_open(const char *service, enum log_level least)
{
    text_copy(log_service, sizeof(log_service), service);
    log_least = least;
}

static size_t line_room(const struct log_line *line)
{
    size_t limit = LOG_LINE_SIZE_MAX - (sizeof(LOG_TAIL) - 1);
    return line->size < limit ? limit - line->size : 0;
}

static bool line_add(struct log_line *line, const char *text, size_t size)
{
    if (size > line_room(line))
        return false;
    memcpy(line->text + line->size, text, size);
    line->size += size;
    return true;
}

/* Size of the UTF-8 character at TEXT, 0 when it is not one. */
static size_t character_at(const char *text)
{
    size_t left = strnlen(text, 4);
    for (size_t size = 1; size <= left; size++)
        if (text_is_utf8(BYTES(text, size)))
            return size;
    return 0;
}

/* Of the character at TEXT, of at most three bytes; of a larger one U+FFFD. */
static unsigned code_point(const char *text, size_t size)
{
    const uint8_t *c = (const uint8_t *)text;
    switch (size) {
    case 1: return c[0];
    case 2: return (c[0] & 0x1fU) << 6 | (c[1] & 0x3fU);
    case 3: return (c[0] & 0x0fU) << 12 | (c[1] & 0x3fU) << 6 | (c[2] & 0x3fU);
    default: return 0xfffd;
    }
}

static bool line_add_character(struct log_line *line, const char **text)
{
    uint8_t c = (uint8_t) * *text;
    char escape[8];
    size_t size = character_at(*text);
    if (size == 0) {
        (*text)++;
        return line_add(line, "\\ufffd", 6);
    }
    const char *start = *text;
    *text += size;
    if (c == '"' || c == '\\')
        return line_add(line, c == '"' ? "\\\"" : "\\\\", 2);
    if (text_hidden(start)) { /* of a line that people read, nothing is unseen */
        snprintf(escape, sizeof(escape), "\\u%04x", code_point(start, size));
        return line_add(line, escape, 6);
    }
    return line_add(line, start, size);
}

static void line_add_escaped(struct log_line *line, const char *text)
{
    while (text && *text)
        if (!line_add_character(line, &text))
            return;
}

/* ,"key":"value" — or nothing when not even the key fits. */
static void line_add_field(struct log_line *line, const char *key, const char *value)
{
    size_t start = line->size;
    bool whole = line_add(line, line->size > 1 ? ",\"" : "\"", line->size > 1 ? 2 : 1);
    size_t before = line->size;
    line_add_escaped(line, key);
    whole = whole && line->size - before >= strlen(key) && line_add(line, "\":\"", 3);
    if (!whole) {
        line->size = start;
        return;
    }
    line_add_escaped(line, value);
    line->text[line->size++] = '"'; /* room for the tail was kept */
}

static void line_write(struct log_line *line)
{
    memcpy(line->text + line->size, "}\n", 2);
    line->size += 2;
    const char *from = line->text;
    while (line->size) {
        ssize_t written = write(STDERR_FILENO, from, line->size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody reads the log; the service goes on */
        from += written;
        line->size -= (size_t)written;
    }
}

static void line_begin(struct log_line *line, enum log_level level, const char *event, const char *text)
{
    char at[INSTANT_TEXT_SIZE];
    instant_print(system_now(), at);
    line->size = 0;
    line_add(line, "{", 1);
    line_add_field(line, "at", at);
    line_add_field(line, "level", levels[level]);
    line_add_field(line, "service", log_service);
    line_add_field(line, "event", event);
    line_add_field(line, "text", text);
}

void log_event(enum log_level level, const char *event, const char *text, ...)
{
    if (level < log_least)
        return;
    struct log_line line;
    line_begin(&line, level, event, text);
    va_list fields;
    va_start(fields, text);
    for (const char *key; (key = va_arg(fields, const char *));)
        line_add_field(&line, key, va_arg(fields, const char *));
    va_end(fields);
    line_write(&line);
}

void log_fault(enum log_level level, const char *event, const struct fault *f)
{
    log_event(level, event, f->text, "fault", fault_name(f->code), NULL);
}
