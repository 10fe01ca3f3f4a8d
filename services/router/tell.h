#pragma once
/* What the router says of its directory to an agency that asks (proto/README.md, "Questions"). Pure. */
#include "directory.h"
#include "lienthong/v1/session.pb-c.h"

#define TELL_CERTIFICATES_MAX 4 /* of one agency */

/* *RET lives in ARENA and borrows from D and ASK. What is unknown is left out. */
void tell_answer(const struct directory *d, const Lienthong__V1__Ask *ask, struct instant now, struct arena *arena,
                 Lienthong__V1__Tell *ret);
