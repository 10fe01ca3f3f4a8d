#include "dossier.h"
#include "base/text.h"
#include "options.h"
#include "timeline.h"
#include "workflow/calendar.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 100000
#define LOCAL_TEXT_SIZE 32

static const char usage[] =
    "usage: lt dossier show CODE|UUID --database CONNECTION [--json]\n"
    "       lt dossier list --database CONNECTION [--limit N] [--json]\n"
    "\n"
    "  show  the timeline: when, who, which step, what came in and what went out, the status, working time used\n"
    "  list  the newest dossiers first (default 50)\n";

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* "2024-06-05 08:12:03" in the calendar's local time; "-" for none. */
static const char *local(const json_t *object, const char *key, int64_t offset_minutes, char text[LOCAL_TEXT_SIZE])
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

/* "1.25 of 5 wd", "12 of 240 min". */
static void print_used(const char *whose, long long used_us, long long budget_us)
{
    if (budget_us <= 0)
        return;
    bool days = budget_us >= WORKDAY_US / 2;
    double unit = days ? (double)WORKDAY_US : (double)INSTANT_MINUTE_US;
    printf("  %s %.2f of %.4g %s%s", whose, (double)used_us / unit, (double)budget_us / unit, days ? "wd" : "min",
           used_us > budget_us ? " LATE" : "");
}

/* FACTS: also those; a delivery carries all that the dossier knows, which its events have told already. */
static void print_contents(const json_t *from, bool facts)
{
    size_t i;
    json_t *part, *value;
    const char *name;
    const json_t *parts = json_object_get(from, "parts");
    json_array_foreach(parts, i, part) printf("%s%s", i ? ", " : "  parts ", text_of(part, "name"));
    const char *before = "  facts ";
    json_object_foreach(facts ? json_object_get(from, "facts") : NULL, name, value)
    {
        printf("%s%s=%s", before, name,
               json_is_string(value)  ? json_string_value(value)
               : json_is_true(value)  ? "yes"
               : json_is_false(value) ? "no"
                                      : "(list)");
        before = ", ";
    }
    printf("\n");
}

static void print_delivery(const json_t *out, int64_t offset)
{
    char at[LOCAL_TEXT_SIZE];
    const char *state = text_of(out, "state");
    printf("        -> %-6s %-28s to %-20s %s", text_of(out, "kind"), text_of(out, "type"), text_of(out, "agency"),
           state);
    if (text_equal(state, "received"))
        printf(" %s", local(out, "received", offset, at) + 11);
    if (number_of(out, "attempts") > 1)
        printf(", sent %lld times", number_of(out, "attempts"));
    if (*text_of(out, "reason"))
        printf(", %s", text_of(out, "reason"));
    print_contents(out, false);
}

static void print_event(const json_t *event, int64_t offset)
{
    char at[LOCAL_TEXT_SIZE];
    size_t i;
    json_t *out;
    printf("%4lld  %s  %-9s %-26s %-20s status %lld", number_of(event, "sequence"),
           local(event, "happened", offset, at), text_of(event, "kind"),
           *text_of(event, "node") ? text_of(event, "node") : text_of(event, "type"), text_of(event, "agency"),
           number_of(event, "status"));
    print_used("dossier", number_of(event, "used_us"), number_of(event, "budget_us"));
    print_used("step", number_of(event, "step_used_us"), number_of(event, "step_budget_us"));
    if (*text_of(event, "detail"))
        printf("  (%s)", text_of(event, "detail"));
    printf("\n");
    if (json_array_size(json_object_get(event, "parts")) || json_object_size(json_object_get(event, "facts"))) {
        printf("        <- %s", text_of(event, "type"));
        print_contents(event, true);
    }
    json_array_foreach(json_object_get(event, "out"), i, out) print_delivery(out, offset);
}

static void print_timeline(const json_t *dossier)
{
    char opened[LOCAL_TEXT_SIZE], due[LOCAL_TEXT_SIZE], ended[LOCAL_TEXT_SIZE];
    int64_t offset = number_of(dossier, "utc_offset_minutes");
    size_t i;
    json_t *item;
    printf("dossier %s  %s\nprocedure %s version %lld, submitted by %s\n", text_of(dossier, "code"),
           text_of(dossier, "id"), text_of(dossier, "procedure"), number_of(dossier, "version"),
           text_of(dossier, "submitter"));
    printf("status %lld (%s), opened %s, due %s, ended %s, %lld open steps, %lld incidents\n\n",
           number_of(dossier, "status"), text_of(dossier, "status_name"), local(dossier, "opened", offset, opened),
           local(dossier, "due", offset, due), local(dossier, "ended", offset, ended), number_of(dossier, "open_steps"),
           number_of(dossier, "incidents"));
    json_array_foreach(json_object_get(dossier, "events"), i, item) print_event(item, offset);
    json_array_foreach(json_object_get(dossier, "incident_list"), i, item)
        printf("\nincident at %s, opened %s, closed %s: %s", text_of(item, "node"),
               local(item, "opened", offset, opened), local(item, "closed", offset, ended), text_of(item, "cause"));
    if (json_array_size(json_object_get(dossier, "incident_list")))
        printf("\n");
}

static void print_list(const json_t *list)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item) printf(
        "%-28s %s  %-10s %2lld %-20s opened %.19s  due %.19s  steps %lld  incidents %lld\n", text_of(item, "code"),
        text_of(item, "id"), text_of(item, "procedure"), number_of(item, "status"), text_of(item, "status_name"),
        text_of(item, "opened"), *text_of(item, "due") ? text_of(item, "due") : "-", number_of(item, "open_steps"),
        number_of(item, "incidents"));
}

static bool take_limit(const char *text, int64_t *ret)
{
    char *end;
    errno = 0;
    *ret = 50;
    if (!text)
        return true;
    *ret = strtoll(text, &end, 10);
    return !errno && end != text && !*end && *ret >= 1 && *ret <= LIST_MAX;
}

int dossier_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    int64_t limit;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool show = o.count == 2 && text_equal(o.words[0], "show");
    if ((!show && !(o.count == 1 && text_equal(o.words[0], "list"))) || !take_limit(o.limit, &limit)) {
        fputs(usage, stderr);
        return 2;
    }
    OWNED(database) d = NULL;
    json_t *result = NULL;
    if (options_database(&o, &d, &f) != FAULT_NONE ||
        (show ? timeline_read(d, o.words[1], &result, &f) : timeline_list(d, limit, &result, &f)) != FAULT_NONE)
        return options_failed("dossier", &f);
    if (o.json) {
        json_dumpf(result, stdout, JSON_INDENT(2));
        printf("\n");
    } else if (show) {
        print_timeline(result);
    } else {
        print_list(result);
    }
    json_decref(result);
    return 0;
}
