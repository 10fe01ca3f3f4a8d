#include "adapter/program_report.h"

#include <stddef.h>

#define REPORT_FIELDS_MAX 3

void report_event(enum log_level level, const char *event, const char *text, ...)
{
    const char *field[2 * REPORT_FIELDS_MAX + 1] = {NULL};
    va_list list;

    va_start(list, text);
    for (int i = 0; i < 2 * REPORT_FIELDS_MAX && (field[i] = va_arg(list, const char *)); i++)
        ;
    va_end(list);
    log_event(level, event, text, field[0], field[1], field[2], field[3], field[4], field[5], NULL);
}

void report_fault(enum log_level level, const char *event, const struct fault *f)
{
    log_fault(level, event, f);
}
