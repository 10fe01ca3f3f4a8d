#pragma once
/* What the agency may call, asked of a router page by page (proto/README.md section 2, AskOperations). One at a time. */
#include "adapter/inside.h"

#define ENQUIRY_ANSWER_MS 5000 /* then it is asked again, perhaps of another router */

struct enquiry;
struct enquiry *enquiry_new(struct lt_adapter *a);
struct enquiry *enquiry_free(struct enquiry *e);
/* FAULT_CONFLICT: one is under way. FAULT_MALFORMED: PROCEDURE is too long. */
MUST_USE enum fault_code enquiry_begin(struct enquiry *e, const char *procedure, struct fault *f);
/* Keeps a page that answers it; any other is not for it. Calls nobody: the program may be within a transaction. */
void enquiry_on_tell(struct enquiry *e, const Lienthong__V1__Tell *tell);
/* Asks for the next page, or tells the program what came. */
void enquiry_turn(struct enquiry *e);
/* When its turn is next; -1: it waits for nothing but a router. */
int64_t enquiry_timeout_ms(const struct enquiry *e);
