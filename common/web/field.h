#pragma once
/* Checked reading of JSON that a stranger wrote: each getter says by its JSON pointer (RFC 6901) what is wrong and what was
 * wanted, and never quotes the value, which may be personal data. Everything is bounded. All faults are FAULT_MALFORMED. */
#include "base/bytes.h"
#include "base/instant.h"
#include <jansson.h>
#include <regex.h>

#define FIELD_POINTER_SIZE 256

/* A value and where it stands. Borrowed from the document. JSON NULL: absent. */
struct field {
    const json_t *json;
    char pointer[FIELD_POINTER_SIZE]; /* "" for the whole, "/files/2/name" */
};

enum field_need { FIELD_OPTIONAL, FIELD_REQUIRED };

struct field field_of(const json_t *document);
/* Whether something stands there; null counts as absent, here and in every getter. */
bool field_present(const struct field *of, const char *key);

/* KEY of the object OF. Absent and optional: FAULT_NONE, and *ret is NULL, 0, false or a field without json. */
MUST_USE enum fault_code field_object(const struct field *of, const char *key, enum field_need need, struct field *ret,
                                      struct fault *f);
MUST_USE enum fault_code field_array(const struct field *of, const char *key, enum field_need need, size_t count_max,
                                     struct field *ret, struct fault *f);
/* At most CHARACTERS_MAX characters (not bytes); a required one is not empty; no control characters but line feed and tab.
 * Borrowed from the document. */
MUST_USE enum fault_code field_text(const struct field *of, const char *key, enum field_need need,
                                    size_t characters_max, const char **ret, struct fault *f);
MUST_USE enum fault_code field_integer(const struct field *of, const char *key, enum field_need need, int64_t least,
                                       int64_t most, int64_t *ret, struct fault *f);
MUST_USE enum fault_code field_yes(const struct field *of, const char *key, enum field_need need, bool *ret,
                                   struct fault *f);
/* A number written as text ("1200000000.50"), so that no reader rounds it: at most DIGITS_MAX digits before the point and
 * FRACTION_MAX behind; no exponent, no leading zeros. */
MUST_USE enum fault_code field_decimal(const struct field *of, const char *key, enum field_need need, size_t digits_max,
                                       size_t fraction_max, const char **ret, struct fault *f);
/* "yyyy-mm-dd"; *ret in days since 1970-01-01. */
MUST_USE enum fault_code field_date(const struct field *of, const char *key, enum field_need need, int32_t *ret_day,
                                    struct fault *f);
/* RFC 3339 with an offset, like "2026-11-23T09:00:00+07:00". Absent: 0. */
MUST_USE enum fault_code field_instant(const struct field *of, const char *key, enum field_need need,
                                       struct instant *ret, struct fault *f);
/* One of CHOICES (ended by NULL); *ret is its index, -1 when absent. */
MUST_USE enum fault_code field_choice(const struct field *of, const char *key, enum field_need need,
                                      const char *const *choices, int *ret, struct fault *f);

/* The form of a text: a POSIX extended expression over all of it ("^[0-9]{12}$"), the same that the API's description shows, and
 * WANTED in words ("12 digits"). Static, one for each form; compiled when it is first used. */
struct field_pattern {
    const char *expression, *wanted;
    regex_t compiled;
    bool ready;
};
/* Text of at most FIELD_MATCHING_SIZE_MAX bytes that has the form. */
#define FIELD_MATCHING_SIZE_MAX 200
MUST_USE enum fault_code field_matching(const struct field *of, const char *key, enum field_need need,
                                        struct field_pattern *pattern, const char **ret, struct fault *f);

/* Of an array: its length, and one element, which must be an object. */
size_t field_count(const struct field *array);
MUST_USE enum fault_code field_item(const struct field *array, size_t index, struct field *ret, struct fault *f);
/* One element that must be text. */
MUST_USE enum fault_code field_item_text(const struct field *array, size_t index, size_t characters_max,
                                         const char **ret, struct fault *f);

/* A key of OF that is not among KEYS (ended by NULL) is a fault: a misspelt name is noticed instead of ignored. */
MUST_USE enum fault_code field_only(const struct field *of, const char *const *keys, struct fault *f);

/* For a rule of the caller's own: "/applicant/tax_number: " and the text. KEY NULL: OF itself. */
enum fault_code field_wrong(const struct field *of, const char *key, struct fault *f, const char *format, ...)
    PRINTF_LIKE(4, 5);
