#pragma once
/* The two things that make a program unrepeatable: the clock and randomness. Only a service's loop calls these, and hands
 * the values on. LIENTHONG_TIME_FILE names a file whose text, an offset in seconds, is added to the clock (tests only). */
#include "base/bytes.h"
#include "base/instant.h"

struct instant system_now(void);
int64_t system_monotonic_ms(void);
void system_random(void *data, size_t size); /* getrandom; ends the process if it fails */

/* SIGTERM and SIGINT become one flag, SIGHUP another, so that a loop ends in order. SIGPIPE is ignored. */
void system_handle_signals(void);
bool system_stopping(void);
bool system_reloading(void); /* true once after each SIGHUP */
