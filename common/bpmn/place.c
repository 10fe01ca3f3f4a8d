/* From a character of a text, or of an attribute's value, back to its place in the file. */
#include "bpmn/element.h"
#include <string.h>

/* A point in the file. */
struct point {
    const uint8_t *at, *end;
    int line, column;
};

static void step(struct point *p)
{
    bool line = *p->at == '\n';
    p->at++;
    while (p->at < p->end && (*p->at & 0xc0) == 0x80)
        p->at++;
    p->line += line;
    p->column = line ? 1 : p->column + 1;
}

static bool begins(const struct point *p, const char *text)
{
    return (size_t)(p->end - p->at) >= strlen(text) && memcmp(p->at, text, strlen(text)) == 0;
}

static void step_over(struct point *p, const char *last)
{
    while (p->at < p->end && !begins(p, last))
        step(p);
    for (size_t i = 0; i < strlen(last) && p->at < p->end; i++)
        step(p);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* To the first character of the value of the attribute whose name, behind its prefix, is NAME; false: it is not there. */
static bool find_value(struct point *p, const char *name)
{
    for (;;) {
        while (p->at < p->end && !is_blank(*p->at) && *p->at != '>')
            step(p);
        while (p->at < p->end && is_blank(*p->at))
            step(p);
        const uint8_t *from = p->at;
        while (p->at < p->end && *p->at != '=' && *p->at != '>' && !is_blank(*p->at))
            step(p);
        const uint8_t *colon = memchr(from, ':', (size_t)(p->at - from)), *local = colon ? colon + 1 : from;
        bool found = colon && (size_t)(p->at - local) == strlen(name) && memcmp(local, name, strlen(name)) == 0;
        while (p->at < p->end && *p->at != '"' && *p->at != '\'' && *p->at != '>')
            step(p);
        if (p->at == p->end || *p->at == '>')
            return false;
        const char quote[] = {(char)*p->at, '\0'};
        step(p);
        if (found)
            return true;
        step_over(p, quote);
    }
}

/* Past what is no character of the text. DATA: within CDATA. */
static void skip_markup(struct point *p, bool *data)
{
    for (;;) {
        if (!*data && begins(p, "<!--")) {
            step_over(p, "-->");
        } else if (begins(p, *data ? "]]>" : "<![CDATA[")) {
            step_over(p, *data ? "]]>" : "CDATA[");
            *data = !*data;
        } else {
            return;
        }
    }
}

void element_find_place(const struct element *e, const char *lt_attribute, size_t number, int *line, int *column)
{
    struct bytes from = lt_attribute ? e->tag : e->content;
    struct point p = {.at = from.data, .end = from.data + from.size, .line = e->line, .column = e->column};
    bool data = false;
    *line = e->line;
    *column = e->column;
    if (!lt_attribute) {
        p.line = e->text_line;
        p.column = e->text_column;
    } else if (!find_value(&p, lt_attribute)) {
        return;
    }
    for (;; number--) {
        if (!lt_attribute)
            skip_markup(&p, &data);
        if (number == 0 || p.at == p.end)
            break;
        if (begins(&p, "\r\n")) /* one character to XML */
            step(&p);
        if (!data && *p.at == '&')
            step_over(&p, ";");
        else
            step(&p);
    }
    *line = p.line;
    *column = p.column;
}
