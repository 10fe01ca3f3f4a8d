#pragma once
/* Dong and rates, exact: no binary fractions anywhere. Pure. */
#include <stdbool.h>
#include <stdint.h>

#define MONEY_DIGITS_MAX 15     /* before the point */
#define MONEY_RATE_UNIT 1000000 /* a rate is a whole number of millionths */

/* A contract's value in hundredths of a dong: "1500000000", "1500000000.50". False: no such number, negative, too large. */
bool money_parse(const char *text, int64_t *ret_hundredths);
/* Whole dong, not negative. */
bool money_parse_dong(const char *text, int64_t *ret);
/* "0.02", "1", at most six digits after the point, 0 to 1. */
bool money_parse_rate(const char *text, int64_t *ret_millionths);
/* RATE of VALUE, rounded half up to whole dong. */
int64_t money_share(int64_t hundredths, int64_t rate_millionths);
/* "2 %", "0.5 %". */
#define MONEY_PERCENT_SIZE 24
void money_print_percent(int64_t rate_millionths, char text[MONEY_PERCENT_SIZE]);
