#include "s10.h"

#include <stdio.h>
#include <string.h>

/* UPU S10, section 5: weights 8 6 4 2 3 5 9 7; 11 minus the sum modulo 11; 10 becomes 0 and 11 becomes 5. */
static char check_digit(const char digits[8])
{
    static const int weights[8] = {8, 6, 4, 2, 3, 5, 9, 7};
    int sum = 0;
    for (int i = 0; i < 8; i++)
        sum += (digits[i] - '0') * weights[i];
    int digit = 11 - sum % 11;
    return (char)('0' + (digit == 10 ? 0 : digit == 11 ? 5 : digit));
}

void s10_make(const char *service, uint32_t serial, const char *country, char text[S10_TEXT_SIZE])
{
    char digits[12];
    snprintf(digits, sizeof(digits), "%08u", (unsigned)(serial % 100000000));
    snprintf(text, S10_TEXT_SIZE, "%.2s%.8s%c%.2s", service, digits, check_digit(digits), country);
}

static bool capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool s10_valid(const char *text)
{
    if (!text || strlen(text) != 13 || !capital(text[0]) || !capital(text[1]) || !capital(text[11]) ||
        !capital(text[12]))
        return false;
    return strspn(text + 2, "0123456789") == 9 && text[10] == check_digit(text + 2);
}
