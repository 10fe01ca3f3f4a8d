#pragma once
/* Attribute texts: lists of names, budgets, durations. */
#include "base/arena.h"
#include "lienthong/v1/process.pb-c.h"

#define WORDS_MAX 200

/* The words of TEXT (NULL: none), separated by white space; copied into ARENA. */
char **words_split(const char *text, struct arena *arena, size_t *ret_count);
bool words_have(char *const *words, size_t count, const char *word);
/* A role, part, operation, message or error name: a to z, digits, "-", "_", "."; begins with a letter; up to 100. */
bool words_is_name(const char *text);
/* A fact's name: the same without "-", which is minus in a condition. */
bool words_is_fact_name(const char *text);
/* "4.5 wd", "2 h", "90 min" (working time), "30 d" (calendar days), or "same day" (until the working day's end; what comes
 * after 15:00 belongs to the next one). */
MUST_USE enum fault_code budget_parse(const char *text, struct arena *arena, Lienthong__V1__Budget **ret,
                                      struct fault *f);
/* ISO 8601 duration of days, hours, minutes and seconds: "PT10M", "P1DT12H". */
MUST_USE enum fault_code duration_parse(const char *text, uint64_t *ret_ms, struct fault *f);
