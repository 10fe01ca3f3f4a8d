#pragma once
/* The adapter's edge: the only file of it that writes the log. */
#include "base/log.h"

/* As log_event, with at most three fields. */
void report_event(enum log_level level, const char *event, const char *text, ...) __attribute__((sentinel));
void report_fault(enum log_level level, const char *event, const struct fault *f);
