#pragma once
/* Numbers that name people and organisations: one rule of their form for whoever takes or checks them. Pure.
 * Tax numbers: Circular 105/2020/TT-BTC, article 5 (10 digits, or 10-3 for what depends on another); for persons since
 * 2025-07-01 the personal number too: Circular 86/2024/TT-BTC, article 5. */
#include <stdbool.h>

bool identifier_is_personal_number(const char *text); /* 12 digits */
bool identifier_is_card_number(const char *text);     /* 9 digits */
/* Of an organisation: 10 digits, or 10 digits, a hyphen and 3 digits. */
bool identifier_is_organisation_tax_number(const char *text);
/* Of a person: those, or 12 digits. */
bool identifier_is_person_tax_number(const char *text);
/* A tax number of 12 digits is the personal number, so it names nobody else. Either may be NULL or "": nothing to disagree. */
bool identifier_agree(const char *tax_number, const char *personal_number);
