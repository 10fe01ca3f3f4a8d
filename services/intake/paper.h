#pragma once
/* Which paper of an application is believed. An officer sees what comes by counter and post; online nobody looks, and nothing comes but
 * what was uploaded. Pure. */
#include "base/fault.h"
#include "lienthong/v1/intake.pb-c.h"
#include <stdbool.h>

enum { PAPER_NONE = 2 }; /* copy kind: electronic */

/* Without an officer, paper that is neither promised (paper_pending) nor received earlier (in BEFORE; NULL: nothing yet) is named and no
 * more: it becomes PAPER_NONE. */
void paper_believe(Lienthong__V1__Application *a, const Lienthong__V1__Application *before, bool by_officer);
/* Without an officer, what was promised stays promised: else the result would go out without the originals. FAULT_MALFORMED. */
MUST_USE enum fault_code paper_check_promises(const Lienthong__V1__Application *a,
                                              const Lienthong__V1__Application *before, bool by_officer,
                                              struct fault *f);
bool paper_pending(const Lienthong__V1__Application *a);
