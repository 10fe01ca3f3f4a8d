#pragma once
/* Adding to a report. */
#include "bpmn/compiler.h"
#include "bpmn/element.h"

/* About the element AT (NULL: the file). Beyond BPMN_FINDINGS_MAX only counted. */
void finding_error(struct bpmn_report *r, const struct element *at, const char *format, ...) PRINTF_LIKE(3, 4);
void finding_warning(struct bpmn_report *r, const struct element *at, const char *format, ...) PRINTF_LIKE(3, 4);
/* An error about AT, but at another place in the file. */
void finding_error_at(struct bpmn_report *r, const struct element *at, int line, int column, const char *format, ...)
    PRINTF_LIKE(5, 6);
