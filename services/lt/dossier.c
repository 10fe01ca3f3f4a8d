#include "dossier.h"
#include "base/text.h"
#include "options.h"
#include "timeline.h"
#include "timeline_text.h"
#include <stdio.h>

#define LIST_MAX 100000

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

int dossier_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    int64_t limit;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool show = o.count == 2 && text_equal(o.words[0], "show");
    if ((!show && !(o.count == 1 && text_equal(o.words[0], "list"))) ||
        !options_number(o.limit, 1, LIST_MAX, 50, &limit)) {
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
        timeline_print(result, stdout);
    } else {
        print_list(result);
    }
    json_decref(result);
    return 0;
}
