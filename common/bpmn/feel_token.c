#include "bpmn/feel_token.h"
#include <ctype.h>
#include <string.h>

#define NUMBER_DIGITS_MAX 34

static const struct {
    const char *text;
    enum token_kind kind;
    const char *instead; /* set: refused */
} signs[] = {
    {"==", TOKEN_END, "\"==\" is not FEEL: write \"=\""},
    {"&&", TOKEN_END, "\"&&\" is not FEEL: write \"and\""},
    {"||", TOKEN_END, "\"||\" is not FEEL: write \"or\""},
    {"**", TOKEN_END, "powers are not in the subset: multiply"},
    {"->", TOKEN_END, "\"->\" is not FEEL: a property stands behind a dot"},
    {"..", TOKEN_RANGE, NULL},
    {"!=", TOKEN_NOT_EQUAL, NULL},
    {"<=", TOKEN_LESS_EQUAL, NULL},
    {">=", TOKEN_GREATER_EQUAL, NULL},
    {"=", TOKEN_EQUAL, NULL},
    {"<", TOKEN_LESS, NULL},
    {">", TOKEN_GREATER, NULL},
    {"+", TOKEN_PLUS, NULL},
    {"-", TOKEN_MINUS, NULL},
    {"*", TOKEN_TIMES, NULL},
    {"/", TOKEN_DIVIDE, NULL},
    {"(", TOKEN_OPEN, NULL},
    {")", TOKEN_CLOSE, NULL},
    {",", TOKEN_COMMA, NULL},
    {"!", TOKEN_END, "\"!\" is not FEEL: write not(…)"},
    {"[", TOKEN_OPEN_LIST, NULL},
    {"]", TOKEN_CLOSE_LIST, NULL},
    {".", TOKEN_DOT, NULL},
    {"@", TOKEN_AT, NULL},
    {"{", TOKEN_END, "contexts are not in the subset: declare a fact for each value"},
    {"'", TOKEN_END, "text stands in double quotes: \"…\""},
    {"$", TOKEN_END, "\"${…}\" is not FEEL: write the expression alone"},
    {"%", TOKEN_END, "\"%\" is not FEEL: write modulo(a, b)"},
    {"^", TOKEN_END, "powers are not in the subset: multiply"},
    {"?", TOKEN_END, "\"?\" is not in the subset: name the fact; for a choice write if … then … else …"},
};

static enum fault_code read_sign(const char **at, struct token *token, struct fault *f)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        size_t size = strlen(signs[i].text);
        if (strncmp(*at, signs[i].text, size) != 0)
            continue;
        if (signs[i].instead)
            return fault_set(f, FAULT_MALFORMED, "%s", signs[i].instead);
        token->kind = signs[i].kind;
        *at += size;
        return FAULT_NONE;
    }
    return fault_set(f, FAULT_MALFORMED,
                     "this character begins nothing in FEEL: names of facts have the letters a to z, "
                     "digits, \"_\" and dots; text stands in double quotes");
}

static char unescaped(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == '"' || c == '\\' ? c : '\0';
}

static enum fault_code read_text(const char **at, struct arena *arena, struct token *token, struct fault *f)
{
    const char *c = *at + 1;
    char *text = arena_alloc(arena, strlen(c) + 1), *to = text;
    if (!text)
        return fault_set(f, FAULT_LIMIT, "no room for the expression");
    for (; *c != '"'; c++) {
        if (*c == '\0')
            return fault_set(f, FAULT_MALFORMED, "text without its closing quotation mark");
        if (*c == '\\' && !unescaped(c[1]))
            return fault_set(f, FAULT_MALFORMED, "only \\\" \\\\ \\n and \\t may be escaped in text");
        *to++ = *c == '\\' ? unescaped(*++c) : *c;
    }
    token->kind = TOKEN_TEXT;
    token->text = text;
    *at = c + 1;
    return FAULT_NONE;
}

static enum fault_code take(const char **at, size_t size, enum token_kind kind, struct arena *arena,
                            struct token *token, struct fault *f)
{
    struct bytes copy = arena_bytes(arena, BYTES(*at, size + 1));
    if (!copy.data)
        return fault_set(f, FAULT_LIMIT, "no room for the expression");
    ((char *)(uintptr_t)copy.data)[size] = '\0';
    token->kind = kind;
    token->text = (const char *)copy.data;
    *at += size;
    return FAULT_NONE;
}

static enum fault_code read_number(const char **at, struct arena *arena, struct token *token, struct fault *f)
{
    size_t whole = strspn(*at, "0123456789"), size = whole;
    if ((*at)[size] == '.' && isdigit((unsigned char)(*at)[size + 1]))
        size += 1 + strspn(*at + size + 1, "0123456789");
    if (((*at)[size] == '.' && (*at)[size + 1] != '.') || isalpha((unsigned char)(*at)[size]) || (*at)[size] == '_')
        return fault_set(f, FAULT_MALFORMED, "a number is digits, or digits with a fraction: 12.5");
    if (size - (size > whole) > NUMBER_DIGITS_MAX)
        return fault_set(f, FAULT_MALFORMED, "a number has at most %d digits", NUMBER_DIGITS_MAX);
    const char *from = *at;
    enum fault_code code = take(at, size, TOKEN_NUMBER, arena, token, f);
    if (code || whole > 0)
        return code;
    char *text = arena_alloc(arena, size + 2); /* .5 is 0.5 */
    if (!text)
        return fault_set(f, FAULT_LIMIT, "no room for the expression");
    text[0] = '0';
    memcpy(text + 1, from, size);
    token->text = text;
    return FAULT_NONE;
}

static size_t name_size(const char *at)
{
    size_t size = 0;
    while (isalnum((unsigned char)at[size]) || at[size] == '_' ||
           (at[size] == '.' && isalpha((unsigned char)at[size + 1])))
        size++;
    return size;
}

enum fault_code token_read(const char **at, struct arena *arena, struct token *token, struct fault *f)
{
    while (**at == ' ' || **at == '\t' || **at == '\n' || **at == '\r')
        ++*at;
    *token = (struct token){.at = *at};
    unsigned char c = (unsigned char)**at;
    if (c == '\0')
        return FAULT_NONE;
    if (c == '"')
        return read_text(at, arena, token, f);
    if (isdigit(c) || (c == '.' && isdigit((unsigned char)(*at)[1])))
        return read_number(at, arena, token, f);
    if (isalpha(c) || c == '_')
        return take(at, name_size(*at), TOKEN_NAME, arena, token, f);
    return read_sign(at, token, f);
}
