#pragma once
/* ZeroMQ for those above session/: its context, and waiting for several sockets and descriptors at once. */
#include "base/fault.h"
#include <stddef.h>
#include <stdint.h>

#define POLL_ITEMS_MAX 64

MUST_USE enum fault_code poll_context_new(void **ret, struct fault *f);
void poll_context_free(void *context); /* all sockets are closed; accepts NULL */
/* Until one of SOCKETS (link_socket, hub_socket, …) or DESCRIPTORS can be read, WAIT_MS have passed, or a signal came. */
void poll_wait(void *const *sockets, size_t socket_count, const int *descriptors, size_t descriptor_count,
               int64_t wait_ms);
