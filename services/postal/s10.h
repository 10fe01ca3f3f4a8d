#pragma once
/* UPU S10 identifiers of postal items: two letters of service, eight digits, a check digit, country. "RR473124829VN". Pure. */
#include <stdbool.h>
#include <stdint.h>

#define S10_TEXT_SIZE 14

/* SERVICE: two capital letters; SERIAL 0 to 99999999. */
void s10_make(const char *service, uint32_t serial, const char *country, char text[S10_TEXT_SIZE]);
/* Form and check digit. */
bool s10_valid(const char *text);
