/* Decimal arithmetic on standard input, a line "a op b" each: + - * / % < or r<places><mode>; prints the result, or what is
 * wrong. test_decimal.py compares it with Python's decimal. */
#include "workflow/decimal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE_MAX 300

/* Also 1.5E-40, which no fact may be. */
static struct decimal read_number(char *text)
{
    struct decimal d = {0};
    struct fault f;
    char *exponent = strchr(text, 'E');
    if (exponent)
        *exponent++ = '\0';
    if (decimal_parse(text, &d, &f)) {
        fprintf(stderr, "decimal_tool: %s\n", f.text);
        exit(2);
    }
    d.scale -= exponent ? (int)strtol(exponent, NULL, 10) : 0;
    return d;
}

static enum fault_code compute(char *a_text, const char *op, char *b_text, struct decimal *ret, struct fault *f)
{
    struct decimal a = read_number(a_text), b = read_number(b_text);
    switch (op[0]) {
    case '+': return decimal_add(a, b, ret, f);
    case '-': return decimal_subtract(a, b, ret, f);
    case '*': return decimal_multiply(a, b, ret, f);
    case '/': return decimal_divide(a, b, ret, f);
    case '%': return decimal_modulo(a, b, ret, f);
    case '<': *ret = decimal_of(decimal_compare(a, b)); return FAULT_NONE;
    }
    int64_t places = 0;
    if (!decimal_whole(b, &places))
        return fault_set(f, FAULT_MALFORMED, "places");
    return decimal_round(a, (int)places, (enum decimal_rounding)(op[1] - '0'), ret, f);
}

int main(void)
{
    char line[LINE_SIZE_MAX], text[DECIMAL_TEXT_SIZE];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        char *rest = line, *a = strsep(&rest, " "), *op = strsep(&rest, " ");
        struct decimal d = {0};
        struct fault f;
        if (!rest)
            return 2;
        enum fault_code code = compute(a, op, rest, &d, &f);
        if (code) {
            printf("%s\n", fault_name(code));
            continue;
        }
        decimal_print(d, text);
        printf("%s\n", text);
    }
    return 0;
}
