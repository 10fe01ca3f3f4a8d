#pragma once
/* JSON lines on stderr: {"at":…,"level":…,"service":…,"event":…,"text":…, fields…}. Only services call it. */
#include "base/fault.h"
#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

void log_open(const char *service, enum log_level least); /* SERVICE is copied */
/* EVENT is a stable id in capitals ("PEER-MISMATCH"). FIELDS: key, value, …, NULL; all text; escaped; never personal data. */
void log_event(enum log_level level, const char *event, const char *text, ...) __attribute__((sentinel));
void log_fault(enum log_level level, const char *event, const struct fault *f);
bool log_level_parse(const char *name, enum log_level *ret);
