#include "bpmn/words.h"
#include <ctype.h>
#include <string.h>

#define BUDGET_MINUTES_MAX (480 * 5000) /* 5,000 working days */
#define BUDGET_DAYS_MAX 10000
#define SPACES " \t\r\n"

char **words_split(const char *text, struct arena *arena, size_t *ret_count)
{
    *ret_count = 0;
    char *copy = text ? arena_text(arena, text) : NULL;
    size_t room = 0;
    for (const char *c = copy; c && *(c += strspn(c, SPACES)); c += strcspn(c, SPACES))
        room++;
    if (room == 0)
        return NULL;
    char **words = arena_alloc(arena, sizeof *words * room);
    for (char *c = copy; words && *(c += strspn(c, SPACES)) && *ret_count < room;) {
        words[(*ret_count)++] = c;
        c += strcspn(c, SPACES);
        if (*c)
            *c++ = '\0';
    }
    return words;
}

bool words_have(char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static bool is_name(const char *text, const char *also)
{
    if (!text || !islower((unsigned char)text[0]) || strlen(text) > 100)
        return false;
    for (const char *c = text; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && !strchr(also, *c))
            return false;
    return true;
}

bool words_is_name(const char *text)
{
    return is_name(text, "-_.");
}

bool words_is_fact_name(const char *text)
{
    if (!is_name(text, "_."))
        return false;
    for (const char *dot = strchr(text, '.'); dot; dot = strchr(dot + 1, '.'))
        if (!islower((unsigned char)dot[1]))
            return false;
    static const char *const taken[] = {"and",     "or",       "not",      "in",     "true",     "false", "null",
                                        "date",    "if",       "then",     "else",   "for",      "some",  "every",
                                        "between", "function", "instance", "return", "satisfies"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        if (strcmp(taken[i], text) == 0)
            return false;
    return true;
}

/* Digits with up to two of fraction, as hundredths; moves *AT behind them. */
static bool read_hundredths(const char **at, uint64_t *ret)
{
    uint64_t value = 0;
    size_t digits = 0;
    for (; isdigit((unsigned char)**at) && digits < 7; ++*at, digits++)
        value = value * 10 + (uint64_t)(**at - '0');
    value *= 100;
    if (digits > 0 && **at == '.' && isdigit((unsigned char)(*at)[1])) {
        ++*at;
        for (uint64_t unit = 10; isdigit((unsigned char)**at); ++*at, unit /= 10) {
            if (unit == 0)
                return false;
            value += unit * (uint64_t)(**at - '0');
        }
    }
    *ret = value;
    return digits > 0;
}

static enum fault_code budget_new(struct arena *arena, Lienthong__V1__Budget **ret, struct fault *f)
{
    Lienthong__V1__Budget *budget = arena_alloc(arena, sizeof *budget);
    if (!budget)
        return fault_set(f, FAULT_LIMIT, "no room for a budget");
    lienthong__v1__budget__init(budget);
    *ret = budget;
    return FAULT_NONE;
}

static enum fault_code same_day_new(struct arena *arena, Lienthong__V1__Budget **ret, struct fault *f)
{
    if (budget_new(arena, ret, f))
        return f->code;
    (*ret)->same_day = true;
    return FAULT_NONE;
}

static bool is_same_day(const char *text)
{
    static const char *const words[] = {"same", "day"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        text += strspn(text, SPACES);
        size_t size = strcspn(text, SPACES);
        if (size != strlen(words[i]) || strncmp(text, words[i], size) != 0)
            return false;
        text += size;
    }
    return text[strspn(text, SPACES)] == '\0';
}

enum fault_code budget_parse(const char *text, struct arena *arena, Lienthong__V1__Budget **ret, struct fault *f)
{
    static const struct {
        const char *name;
        uint64_t minutes;
    } units[] = {{"wd", 480}, {"h", 60}, {"min", 1}, {"d", 0}};
    const char *at = text + strspn(text, SPACES);
    uint64_t hundredths;
    if (is_same_day(text))
        return same_day_new(arena, ret, f);
    if (!read_hundredths(&at, &hundredths))
        return fault_set(f, FAULT_MALFORMED,
                         "\"%.40s\" is no working time: write 4.5 wd, 2 h, 90 min, 30 d or same day", text);
    at += strspn(at, SPACES);
    size_t size = strcspn(at, SPACES);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strlen(units[i].name) != size || strncmp(units[i].name, at, size) != 0 ||
            at[size + strspn(at + size, SPACES)])
            continue;
        uint64_t amount = hundredths * (units[i].minutes ? units[i].minutes : 1);
        if (amount == 0 || amount % 100 != 0 ||
            amount / 100 > (units[i].minutes ? BUDGET_MINUTES_MAX : BUDGET_DAYS_MAX))
            return fault_set(f, FAULT_MALFORMED, "\"%.40s\" must be whole %s, more than none, at most %d", text,
                             units[i].minutes ? "minutes" : "days",
                             units[i].minutes ? BUDGET_MINUTES_MAX : BUDGET_DAYS_MAX);
        if (budget_new(arena, ret, f))
            return f->code;
        *(units[i].minutes ? &(*ret)->minutes : &(*ret)->calendar_days) = (uint32_t)(amount / 100);
        return FAULT_NONE;
    }
    return fault_set(f, FAULT_MALFORMED, "\"%.40s\" has no known unit: wd (working days), h, min or d (calendar days)",
                     text);
}

enum fault_code duration_parse(const char *text, uint64_t *ret_ms, struct fault *f)
{
    static const struct {
        char sign;
        bool time;
        uint64_t ms;
    } units[] = {{'D', false, 86400000}, {'H', true, 3600000}, {'M', true, 60000}, {'S', true, 1000}};
    const char *at = text + strspn(text, SPACES);
    bool time = false, good = *at == 'P';
    size_t next = 0;
    uint64_t ms = 0;
    for (at += good; good && *at && !strchr(SPACES, *at);) {
        if (*at == 'T' && !time) {
            time = true;
            at++;
            continue;
        }
        uint64_t hundredths = 0;
        good = read_hundredths(&at, &hundredths);
        while (next < 4 && (units[next].sign != *at || units[next].time != time))
            next++;
        good = good && next < 4;
        if (good)
            ms += hundredths * units[next++].ms / 100;
        at += good;
    }
    if (!good || ms == 0 || at[strspn(at, SPACES)])
        return fault_set(f, FAULT_MALFORMED,
                         "\"%.40s\" is no duration of days, hours, minutes and seconds: write PT10M or "
                         "P1DT12H; for working time use lt:after=\"3 wd\"",
                         text);
    *ret_ms = ms;
    return FAULT_NONE;
}
