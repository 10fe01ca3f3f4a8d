#pragma once
/* Both ends of the proof in hello, for hubs and links of tests: one agency's signing key and its certificate. */
#include "session/hub.h"
#include "session/link.h"

void prover_open(void);
void prover_close(void);
/* For link_events and hub_events; CONTEXT is not looked at. */
enum fault_code prover_sign(struct proof *p, void *context, struct fault *f);
Lienthong__V1__RefusalCode prover_check(uint32_t agency, const struct proof *p, char *text, size_t size, void *context);
