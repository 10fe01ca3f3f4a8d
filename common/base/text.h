#pragma once
/* UTF-8 text. */
#include "base/bytes.h"

bool text_is_utf8(struct bytes bytes);         /* well-formed, no NUL */
bool text_equal(const char *a, const char *b); /* NULL equals NULL only */
bool text_empty(const char *text);             /* NULL or "" */
/* Unicode NFC. Caller owns *ret. */
MUST_USE enum fault_code text_nfc(const char *text, char **ret, struct fault *f);
/* Size of the UTF-8 character that TEXT begins with when nobody sees it, or it changes how others are seen: C0 and C1 controls (also line
 * feed and tab), separators of lines and paragraphs, marks of direction, tags, U+FEFF. 0: any other. */
size_t text_hidden(const char *text);
/* "****123": keeps the last three characters of seven or more, and nothing of less; for logs and errors. Caller owns. */
char *text_masked(const char *text);
/* FROM (valid UTF-8) in capital or small letters, one character for one, into TO of SIZE bytes, cut at a character's edge.
 * Returns the size without its NUL that all of it has, also when that is more than fits. */
size_t text_in_case(const char *from, bool upper, char *to, size_t size);
/* Levenshtein distance in bytes, for "did you mean"; SIZE_MAX when one of them is longer than TEXT_WORD_SIZE_MAX. */
#define TEXT_WORD_SIZE_MAX 160
size_t text_distance(const char *a, const char *b);
/* Copies at most size - 1 bytes, cuts at a character's edge. */
void text_copy(char *to, size_t size, const char *from);
/* Makes TEXT UTF-8: each run of bytes that is none becomes one "?". For what is shown; "%.60s" may have cut a character in two. */
void text_mend(char *text);
