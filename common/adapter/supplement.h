#pragma once
/* What a request for a supplement says (form 02; domain.md section 1, supplement guard), between its part and the facts by which the
 * router guards it: supplement.gaps, .stage, .basis and .approver. */
#include "lienthong/adapter.h"
#include "lienthong/v1/intake.pb-c.h"

#define SUPPLEMENT_FACT_COUNT 4

/* The facts of S, which must outlive them. The router reads them: a gap names what is missing, and no person. */
void supplement_facts(const Lienthong__V1__SupplementRequest *s, struct lt_fact_out ret[static SUPPLEMENT_FACT_COUNT]);
/* What the facts that came with D say; false, and *RET without gaps: none was asked for. Borrows from D, lists in ARENA. */
bool supplement_read(const struct lt_delivery *d, struct arena *arena, Lienthong__V1__SupplementRequest *ret);
