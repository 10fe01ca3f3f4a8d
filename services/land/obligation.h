#pragma once
/* Is the financial obligation, as tax states it, settled? Pure. */
#include "base/fault.h"
#include "lienthong/v1/tax.pb-c.h"

/* NOTICE_COUNT: how many notices tax issued, by the fact obligation.count; -1: not said. FAULT_REFUSED names what is open: a notice
 * without number or payment (an exemption has amount 0 and needs none), the same one twice, fewer than were issued. */
MUST_USE enum fault_code obligation_check(const Lienthong__V1__ObligationDone *o, long notice_count, struct fault *f);
