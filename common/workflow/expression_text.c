/* Texts are valid UTF-8; positions and lengths count characters (code points). */
#include "workflow/expression_run.h"
#include "base/text.h"
#include <string.h>

#define STEP_BYTES 16

static void spend_on(struct evaluation *e, const char *text)
{
    evaluation_spend(e, strlen(text) / STEP_BYTES);
}

/* The first SIZE bytes of FROM as a text of its own. */
struct value text_piece(struct evaluation *e, const char *from, size_t size)
{
    char *copy = arena_alloc(e->arena, size + 1);
    evaluation_spend(e, size / STEP_BYTES);
    if (!copy) {
        e->exhausted = true;
        return (struct value){.kind = VALUE_NULL};
    }
    memcpy(copy, from, size);
    return (struct value){.kind = VALUE_TEXT, .text = copy};
}

static struct value too_long(struct evaluation *e)
{
    return value_null(e, "a text would be longer than 1000 bytes");
}

struct value text_join(struct evaluation *e, const char *a, const char *b)
{
    size_t size_a = strlen(a), size_b = strlen(b);
    if (size_a + size_b > VALUE_TEXT_SIZE_MAX)
        return too_long(e);
    char joined[VALUE_TEXT_SIZE_MAX + 1];
    memcpy(joined, a, size_a);
    memcpy(joined + size_a, b, size_b);
    return text_piece(e, joined, size_a + size_b);
}

static bool goes_on(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

static int64_t characters(const char *text)
{
    int64_t count = 0;
    for (; *text; text++)
        count += !goes_on(*text);
    return count;
}

/* Behind COUNT characters, or at the end. */
static const char *skip(const char *text, int64_t count)
{
    for (; count > 0 && *text; count--)
        do
            text++;
        while (goes_on(*text));
    return text;
}

FUNCTION(function_string_length)
{
    (void)count;
    spend_on(e, arguments->text);
    return value_number(decimal_of(characters(arguments->text)));
}

static struct value in_case(struct evaluation *e, const char *text, bool upper)
{
    char changed[VALUE_TEXT_SIZE_MAX + 1];
    if (text_in_case(text, upper, changed, sizeof changed) >= sizeof changed)
        return too_long(e);
    return text_piece(e, changed, strlen(changed));
}

FUNCTION(function_upper_case)
{
    (void)count;
    return in_case(e, arguments->text, true);
}

FUNCTION(function_lower_case)
{
    (void)count;
    return in_case(e, arguments->text, false);
}

FUNCTION(function_contains)
{
    (void)count;
    spend_on(e, arguments[0].text);
    return value_yes_no(strstr(arguments[0].text, arguments[1].text));
}

FUNCTION(function_starts_with)
{
    (void)count;
    spend_on(e, arguments[1].text);
    return value_yes_no(strncmp(arguments[0].text, arguments[1].text, strlen(arguments[1].text)) == 0);
}

FUNCTION(function_ends_with)
{
    size_t size = strlen(arguments[0].text), end = strlen(arguments[1].text);
    (void)count;
    spend_on(e, arguments[0].text);
    return value_yes_no(size >= end && strcmp(arguments[0].text + size - end, arguments[1].text) == 0);
}

FUNCTION(function_substring)
{
    const char *text = arguments[0].text;
    int64_t length = characters(text), start = 0, wanted = length;
    if (!decimal_whole(arguments[1].decimal, &start) || start == 0 || start < -length)
        return value_null(e, "the start of a substring is a whole number from 1, or from -1 backwards within the text");
    if (count > 2 && (!decimal_whole(arguments[2].decimal, &wanted) || wanted < 0))
        return value_null(e, "the length of a substring is a whole number from 0");
    const char *from = skip(text, start > 0 ? start - 1 : length + start);
    return text_piece(e, from, (size_t)(skip(from, wanted) - from));
}

FUNCTION(function_substring_before)
{
    const char *found = strstr(arguments[0].text, arguments[1].text);
    (void)count;
    spend_on(e, arguments[0].text);
    return text_piece(e, arguments[0].text, found ? (size_t)(found - arguments[0].text) : 0);
}

FUNCTION(function_substring_after)
{
    const char *found = strstr(arguments[0].text, arguments[1].text);
    (void)count;
    spend_on(e, arguments[0].text);
    const char *from = found ? found + strlen(arguments[1].text) : "";
    return text_piece(e, from, strlen(from));
}
