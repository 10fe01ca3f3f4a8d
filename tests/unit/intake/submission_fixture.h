#pragma once
/* A whole submission as a portal sends it, and changes to it by JSON pointer. */
#include <jansson.h>

/* Caller owns. */
json_t *submission_fixture(void);
/* Sets the member at POINTER ("/applicant/full_name", "/documents/0/name") to VALUE, whose ownership moves; NULL takes it away. */
void submission_fixture_set(json_t *json, const char *pointer, json_t *value);
/* COUNT times LETTER, which may have several bytes. Caller frees. */
char *submission_fixture_letters(const char *letter, size_t count);
