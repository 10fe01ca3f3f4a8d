#include "bpmn/finding.h"
#include "base/text.h"
#include <stdio.h>

static void finding_put(struct bpmn_report *r, bool error, const struct element *at, int line, int column,
                        const char *format, va_list arguments) __attribute__((format(printf, 6, 0)));

static void finding_put(struct bpmn_report *r, bool error, const struct element *at, int line, int column,
                        const char *format, va_list arguments)
{
    if (error)
        r->errors++;
    if (r->count >= (error ? BPMN_FINDINGS_MAX : BPMN_FINDINGS_MAX / 2)) /* warnings leave room for errors */
        return;
    struct bpmn_finding *finding = &r->findings[r->count++];
    *finding = (struct bpmn_finding){.error = error, .line = line, .column = column};
    const char *id = at ? element_attribute(at, "id") : NULL;
    text_copy(finding->element, sizeof finding->element, !at ? "file" : !text_empty(id) ? id : at->name);
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    text_mend(text);
    text_copy(finding->text, sizeof finding->text, text);
}

void finding_error(struct bpmn_report *r, const struct element *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finding_put(r, true, at, at ? at->line : 1, at ? at->column : 1, format, arguments);
    va_end(arguments);
}

void finding_warning(struct bpmn_report *r, const struct element *at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finding_put(r, false, at, at->line, at->column, format, arguments);
    va_end(arguments);
}

void finding_error_at(struct bpmn_report *r, const struct element *at, int line, int column, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    finding_put(r, true, at, line, column, format, arguments);
    va_end(arguments);
}
