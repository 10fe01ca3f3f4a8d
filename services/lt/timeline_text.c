#include "timeline_text.h"
#include "base/memory.h"
#include "base/text.h"
#include "workflow/calendar.h"
#include "workflow/dossier.h"
#include <string.h>

#define INDENT 10       /* of what is continued */
#define NAME_COLUMNS 24 /* elements and agencies are shown in so many columns; longer names push the rest away */

/* What is being written. Agencies chose some of the texts, so nothing reaches the terminal that could steer it. */
struct line {
    FILE *to;
    unsigned column; /* where the next character goes */
    unsigned spaces; /* of them not yet written, lest a line end in them */
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const char *timeline_local(const json_t *object, const char *key, int64_t offset_minutes, char text[LOCAL_TEXT_SIZE])
{
    struct instant at;
    char full[INSTANT_TEXT_SIZE];
    if (instant_parse(text_of(object, key), &at, NULL) != FAULT_NONE)
        return "-";
    at.us += offset_minutes * INSTANT_MINUTE_US;
    instant_print(at, full);
    snprintf(text, LOCAL_TEXT_SIZE, "%.10s %.8s", full, full + 11);
    return text;
}

/* --- A line ---------------------------------------------------------------------------------------------------------- */

static bool follows(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* Characters, as jansson's texts are UTF-8; marks that combine count too, so a line may be shorter than it could. */
static unsigned columns_of(const char *text)
{
    unsigned columns = 0;
    for (; *text; text++)
        columns += !follows(*text);
    return columns;
}

static void line_break(struct line *l)
{
    fprintf(l->to, "\n%*s", INDENT, "");
    l->column = INDENT;
    l->spaces = 0;
}

static void line_end(struct line *l)
{
    fputc('\n', l->to);
    l->column = 0;
    l->spaces = 0;
}

/* Breaks only what is longer than a whole line. Controls (C0, DEL, C1) become '?'. */
static void line_put(struct line *l, const char *text)
{
    if (*text) {
        fprintf(l->to, "%*s", (int)l->spaces, "");
        l->spaces = 0;
    }
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text, next = (unsigned char)text[1];
        bool c1 = byte == 0xc2 && next >= 0x80 && next < 0xa0;
        if (!follows(*text)) {
            if (l->column >= TIMELINE_COLUMNS - 1) /* room for a comma */
                line_break(l);
            l->column++;
        }
        fputc(byte < 0x20 || byte == 0x7f || c1 ? '?' : byte, l->to);
        text += c1;
    }
}

/* TEXT stands on one line when it can; BEFORE parts it from the last one: its sign (", ") stays, its word (" to ") goes along. */
static void line_word(struct line *l, const char *before, const char *text)
{
    if (l->column + columns_of(before) + columns_of(text) < TIMELINE_COLUMNS || l->column <= INDENT) {
        line_put(l, before);
    } else {
        for (; *before && *before != ' '; before++)
            fputc(*before, l->to);
        line_break(l);
        line_put(l, before + strspn(before, " "));
    }
    line_put(l, text);
}

static void line_pad(struct line *l, unsigned column)
{
    if (l->column < column) {
        l->spaces += column - l->column;
        l->column = column;
    }
}

static void line_field(struct line *l, const char *text, unsigned columns)
{
    unsigned until = l->column + columns;
    line_put(l, text);
    line_pad(l, until);
    line_pad(l, l->column + 2);
}

/* --- An event -------------------------------------------------------------------------------------------------------- */

#define USED_TEXT_SIZE 100

/* "step 1.25/5 wd", "step 300.00/240 min LATE by 60.00"; nothing without a budget. */
static const char *used_text(const char *whose, long long used_us, long long budget_us, char text[USED_TEXT_SIZE])
{
    bool days = budget_us >= WORKDAY_US / 2;
    double unit = days ? (double)WORKDAY_US : (double)INSTANT_MINUTE_US;
    *text = '\0';
    if (budget_us > 0)
        snprintf(text, USED_TEXT_SIZE, "%s %.2f/%.4g %s", whose, (double)used_us / unit, (double)budget_us / unit,
                 days ? "wd" : "min");
    if (used_us > budget_us && budget_us > 0) {
        double over = (double)(used_us - budget_us) / unit;
        size_t size = strlen(text);
        snprintf(text + size, USED_TEXT_SIZE - size, over < 0.01 ? " LATE" : " LATE by %.2f", over);
    }
    return text;
}

static const char *agency_of(const json_t *object)
{
    const char *name = text_of(object, "agency_name");
    return *name ? name : *text_of(object, "agency") ? text_of(object, "agency") : "-";
}

static const char *element_of(const json_t *event)
{
    return *text_of(event, "node") ? text_of(event, "node") : text_of(event, "type");
}

static void print_status(struct line *l, bool first, long long status, long long *last)
{
    char text[80];
    if (status == *last)
        return;
    snprintf(text, sizeof(text), "%s%lld %s", first ? "status " : "", status, status_name((enum status)status));
    line_word(l, first ? "  " : ", ", text);
    *last = status;
}

/* Of what the first inform role was told: the change that leaves STATUS and is not yet in *USED. */
static const json_t *next_told(const json_t *out, long long status, uint64_t *used)
{
    const char *agency = NULL;
    for (size_t i = 0; i < json_array_size(out) && i < 64; i++) {
        const json_t *it = json_array_get(out, i);
        const json_t *told = json_object_get(it, "status_told");
        agency = told && !agency ? text_of(it, "agency") : agency;
        if (!told || *used >> i & 1 || !text_equal(agency, text_of(it, "agency")) ||
            number_of(it, "status_before") != status || json_integer_value(told) == status)
            continue;
        *used |= UINT64_C(1) << i;
        return told;
    }
    return NULL;
}

/* Also the codes that it passed through, in their order: deliveries of one event stand in none. */
static void print_statuses(struct line *l, const json_t *event, long long *last)
{
    const json_t *told;
    uint64_t used = 0;
    while ((told = next_told(json_object_get(event, "out"), *last, &used)) != NULL)
        print_status(l, (used & (used - 1)) == 0, json_integer_value(told), last);
    print_status(l, used == 0, number_of(event, "status"), last);
}

/* What a command says of itself stands elsewhere in its event. */
static bool is_of_command(const char *fact)
{
    return strncmp(fact, "command.", strlen("command.")) == 0;
}

static void print_in(struct line *l, const json_t *event)
{
    size_t i;
    json_t *part, *value;
    const char *name, *before = "";
    char text[600];
    size_t facts = 0;
    json_object_foreach(json_object_get(event, "facts"), name, value) facts += !is_of_command(name);
    if (json_array_size(json_object_get(event, "parts")) + facts == 0)
        return;
    line_put(l, "     in   ");
    json_array_foreach(json_object_get(event, "parts"), i, part)
    {
        line_word(l, before, text_of(part, "name"));
        before = ", ";
    }
    before = i > 0 ? "; " : "";
    json_object_foreach(json_object_get(event, "facts"), name, value)
    {
        if (is_of_command(name))
            continue;
        if (json_is_array(value))
            snprintf(text, sizeof(text), "%s=(%zu)", name, json_array_size(value));
        else
            snprintf(text, sizeof(text), "%s=%s", name,
                     json_is_string(value) ? json_string_value(value)
                     : json_is_true(value) ? "yes"
                                           : "no");
        line_word(l, before, text);
        before = ", ";
    }
    line_end(l);
}

/* Differ only in who got them. */
static bool same_delivery(const json_t *a, const json_t *b)
{
    return text_equal(text_of(a, "kind"), text_of(b, "kind")) && text_equal(text_of(a, "type"), text_of(b, "type")) &&
           text_equal(text_of(a, "state"), text_of(b, "state")) &&
           text_equal(text_of(a, "reason"), text_of(b, "reason")) &&
           number_of(a, "attempts") == number_of(b, "attempts");
}

/* The first of OUT before END that is like OUT[END]; BY_AGENCY: to the same agency, too. */
static bool stands_before(const json_t *out, size_t end, bool by_agency)
{
    const json_t *it = json_array_get(out, end);
    for (size_t i = 0; i < end; i++) {
        const json_t *other = json_array_get(out, i);
        if (same_delivery(it, other) && (!by_agency || text_equal(text_of(it, "agency"), text_of(other, "agency"))))
            return true;
    }
    return false;
}

static void print_delivery(struct line *l, const json_t *out, size_t first)
{
    const json_t *it = json_array_get(out, first);
    const char *before = " to ", *state = text_of(it, "state");
    char text[300];
    snprintf(text, sizeof(text), "%s %s", text_of(it, "kind"), text_of(it, "type"));
    line_word(l, l->column > INDENT ? "; " : "", text);
    for (size_t i = first; i < json_array_size(out); i++)
        if (same_delivery(it, json_array_get(out, i)) && !stands_before(out, i, true)) {
            line_word(l, before, agency_of(json_array_get(out, i)));
            before = ", ";
        }
    if (!text_equal(state, "received")) {
        snprintf(text, sizeof(text), "(%s%s%s)", state, *text_of(it, "reason") ? ": " : "", text_of(it, "reason"));
        line_word(l, " ", text);
    }
    if (number_of(it, "attempts") > 1) {
        snprintf(text, sizeof(text), "(sent %lld times)", number_of(it, "attempts"));
        line_word(l, " ", text);
    }
}

static void print_out(struct line *l, const json_t *event)
{
    const json_t *out = json_object_get(event, "out");
    if (json_array_size(out) == 0)
        return;
    line_put(l, "     out  ");
    for (size_t i = 0; i < json_array_size(out); i++)
        if (!stands_before(out, i, false))
            print_delivery(l, out, i);
    line_end(l);
}

struct widths {
    unsigned kind, element, agency;
};

/* A person's act: who, and why. */
static bool is_command(const json_t *event)
{
    static const char *const kinds[] = {"retry", "correct", "skip", "abort", "resend"};
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (text_equal(text_of(event, "kind"), kinds[i]))
            return true;
    return false;
}

static void print_detail(struct line *l, const json_t *event)
{
    char text[1200];
    if (!*text_of(event, "detail"))
        return;
    snprintf(text, sizeof(text), "by %.100s: %s", text_of(event, "officer"), text_of(event, "detail"));
    line_word(l, "  ", is_command(event) && *text_of(event, "officer") ? text : text_of(event, "detail"));
}

static void print_due(struct line *l, const json_t *event, const char *key, const char *what, int64_t offset)
{
    char at[LOCAL_TEXT_SIZE], text[60];
    if (!*text_of(event, key))
        return;
    snprintf(text, sizeof(text), "%s %s", what, timeline_local(event, key, offset, at));
    line_word(l, "  ", text);
}

/* The elements that it passed, in order, with their names: a simulation tells them. */
static void print_way(struct line *l, const json_t *event)
{
    const json_t *way = json_object_get(event, "way");
    size_t count = json_array_size(way), times;
    char text[600], often[30] = "";
    if (count == 0)
        return;
    line_put(l, "     way  ");
    for (size_t i = 0; i < count; i += times) {
        const json_t *it = json_array_get(way, i);
        const char *name = text_of(it, "name"), *remark = text_of(it, "remark");
        for (times = 1; i + times < count && json_equal(it, json_array_get(way, i + times));)
            times++;
        often[0] = '\0';
        if (times > 1)
            snprintf(often, sizeof(often), " %zu times", times);
        snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s", text_of(it, "node"), *name ? " \"" : "", name,
                 *name ? "\"" : "", *remark ? " (" : "", remark, *remark ? ")" : "", often);
        line_word(l, i ? ", " : "", text);
    }
    line_end(l);
}

static void print_event(struct line *l, const json_t *event, struct widths widths, int64_t offset, long long *status)
{
    char at[LOCAL_TEXT_SIZE], number[24], text[USED_TEXT_SIZE];
    snprintf(number, sizeof(number), "%3lld", number_of(event, "sequence"));
    line_field(l, number, 3);
    line_field(l, timeline_local(event, "happened", offset, at), 19);
    line_field(l, text_of(event, "kind"), widths.kind);
    line_field(l, element_of(event), widths.element);
    line_field(l, agency_of(event), widths.agency);
    line_field(l, used_text("step", number_of(event, "step_used_us"), number_of(event, "step_budget_us"), text), 16);
    line_put(l, used_text("dossier", number_of(event, "used_us"), number_of(event, "budget_us"), text));
    print_statuses(l, event, status);
    print_due(l, event, "step_due", "to be answered by", offset);
    print_due(l, event, "due", "appointment", offset);
    print_detail(l, event);
    line_end(l);
    print_in(l, event);
    print_way(l, event);
    print_out(l, event);
}

/* --- The whole ------------------------------------------------------------------------------------------------------- */

static struct widths widths_of(const json_t *events)
{
    struct widths widths = {7, 7, 6};
    size_t i;
    json_t *event;
    json_array_foreach(events, i, event)
    {
        unsigned kind = columns_of(text_of(event, "kind"));
        unsigned element = columns_of(element_of(event)), agency = columns_of(agency_of(event));
        widths.kind = kind > widths.kind && kind <= NAME_COLUMNS ? kind : widths.kind;
        widths.element = element > widths.element && element <= NAME_COLUMNS ? element : widths.element;
        widths.agency = agency > widths.agency && agency <= NAME_COLUMNS ? agency : widths.agency;
    }
    return widths;
}

static void print_head(struct line *l, const json_t *dossier, int64_t offset)
{
    char opened[LOCAL_TEXT_SIZE], due[LOCAL_TEXT_SIZE], ended[LOCAL_TEXT_SIZE], text[600];
    snprintf(text, sizeof(text), "dossier %s  %s", text_of(dossier, "code"), text_of(dossier, "id"));
    line_put(l, text);
    line_end(l);
    snprintf(text, sizeof(text), "procedure %s version %lld, ", text_of(dossier, "procedure"),
             number_of(dossier, "version"));
    line_put(l, text);
    snprintf(text, sizeof(text), "submitted by %s (%s)", text_of(dossier, "submitter_name"),
             text_of(dossier, "submitter"));
    line_put(l, *text_of(dossier, "submitter_name") ? text : "begun by time");
    line_end(l);
    snprintf(text, sizeof(text), "status %lld (%s), opened %s, due %s, ended %s, %lld open steps, %lld incidents",
             number_of(dossier, "status"), text_of(dossier, "status_name"),
             timeline_local(dossier, "opened", offset, opened), timeline_local(dossier, "due", offset, due),
             timeline_local(dossier, "ended", offset, ended), number_of(dossier, "open_steps"),
             number_of(dossier, "incidents"));
    line_put(l, text);
    line_end(l);
}

static void print_titles(struct line *l, struct widths widths, int64_t offset)
{
    char when[30];
    int minutes = (int)(offset < 0 ? -offset : offset);
    snprintf(when, sizeof(when), "when (UTC%c%02d:%02d)", offset < 0 ? '-' : '+', minutes / 60 % 100, minutes % 60);
    line_end(l);
    line_field(l, "  #", 3);
    line_field(l, when, 19);
    line_field(l, "event", widths.kind);
    line_field(l, "element", widths.element);
    line_field(l, "agency", widths.agency);
    line_put(l, "working time used/budget; status when it changed");
    line_end(l);
}

static void print_incident(struct line *l, const json_t *incident, int64_t offset)
{
    char opened[LOCAL_TEXT_SIZE], closed[LOCAL_TEXT_SIZE], text[200];
    snprintf(text, sizeof(text), "incident at %s, opened %s, closed %s: ", text_of(incident, "node"),
             timeline_local(incident, "opened", offset, opened), timeline_local(incident, "closed", offset, closed));
    line_put(l, text);
    line_put(l, text_of(incident, "cause"));
    line_end(l);
}

void timeline_print(const json_t *dossier, FILE *to)
{
    struct line l = {.to = to};
    int64_t offset = number_of(dossier, "utc_offset_minutes");
    long long status = 0; /* before the first event */
    size_t i;
    json_t *item;
    const json_t *events = json_object_get(dossier, "events"), *incidents = json_object_get(dossier, "incident_list");
    struct widths widths = widths_of(events);
    print_head(&l, dossier, offset);
    print_titles(&l, widths, offset);
    json_array_foreach(events, i, item) print_event(&l, item, widths, offset, &status);
    if (json_array_size(incidents))
        line_end(&l);
    json_array_foreach(incidents, i, item) print_incident(&l, item, offset);
}
