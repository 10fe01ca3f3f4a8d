#pragma once
/* What the desk may say to each procedure: files that `lt form` makes, read when the program starts. The transfer of land-use
 * right (1.013831) needs none. */
#include "base/fault.h"
#include "lienthong/adapter.h"
#include <jansson.h>

#define FORM_TRANSFER "1.013831"
#define FORM_FACTS_MAX 24

struct forms;
/* FOLDER "": none. FAULT_CONFIG names the file and what is wrong with it. */
MUST_USE enum fault_code forms_open(const char *folder, struct forms **ret, struct fault *f);
struct forms *forms_free(struct forms *forms);

/* The form of PROCEDURE, borrowed; NULL: there is none, or it is the transfer's. FORMS may be NULL. */
const json_t *forms_find(const struct forms *forms, const char *procedure);

/* Of PARTS those that MESSAGE of FORM takes; returns how many. */
size_t form_parts(const json_t *form, const char *message, struct lt_part_out *parts, size_t count);

/* The facts of MESSAGE: of DERIVED those that it takes, and of GIVEN (an object, or NULL) all, as their type wants them.
 * FAULT_MALFORMED names the member: not a fact of the message, of another type or value, or missing. */
MUST_USE enum fault_code form_facts(const json_t *form, const char *message, const struct lt_fact_out *derived,
                                    size_t derived_count, const json_t *given,
                                    struct lt_fact_out ret[static FORM_FACTS_MAX], size_t *ret_count, struct fault *f);
