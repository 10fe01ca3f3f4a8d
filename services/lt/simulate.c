#include "simulate.h"
#include "base/memory.h"
#include "base/text.h"
#include "calendar.h"
#include "file.h"
#include "library.h"
#include "simulation.h"
#include "timeline_text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SIMULATE_PATHS_MAX 500
#define SIMULATE_PATH_SIZE 1024
#define SIMULATE_ARENA_SIZE_MAX ((size_t)64 << 20)
#define SCENARIO_FOLDER "scenarios"

static const char usage[] =
    "usage: lt simulate FILE.bpmn|FOLDER… [--scenario FILE.yaml|FOLDER]… [--calendar FILE.yaml] [--quiet|--json]\n"
    "\n"
    "Runs a procedure with pretended agencies in pretended time, by the engine that the router runs, and compares what came of\n"
    "it with what each scenario expects. Needs no server and no database.\n"
    "\n"
    "  FILE.bpmn   the procedure; a folder stands for every .bpmn file in it\n"
    "  --scenario  a file, or every .yaml file of a folder; may be given several times. Without it: the folder\n"
    "              scenarios/NAME beside NAME.bpmn\n"
    "  --calendar  working time; instead of the calendar that a scenario names\n"
    "  --quiet     one line for each scenario, and what was not as expected\n"
    "  --json      all of it as one JSON array: scenario, file, line, passed, failures, timeline\n"
    "\n"
    "A scenario says when a dossier is submitted and with what, what each agency does with each step that it is given, what\n"
    "happens of itself, and what should come of it:\n"
    "\n"
    "  scenario: The department asks for a supplement\n"
    "  calendar: ../../calendar/vn-2026.yaml\n"
    "  start: 2026-06-01 08:00\n"
    "  submission: {channel: online, facts: {district: Cai Be}}\n"
    "  steps:\n"
    "    accept: {answer: 1 wh, facts: {decision: accept}}      # an element, or an operation\n"
    "    appraise:                                              # the first time, and every later time\n"
    "      - {answer: 2 wd, facts: {result: supplement}}\n"
    "      - {answer: 1 wd, facts: {result: clear}}\n"
    "  events:\n"
    "    - {message: supplement, status: 5, after: 3 d}         # three days after status 5\n"
    "  expect: {end: ended, statuses: [1, 2, 5, 2, 4, 9, 10], late: []}\n"
    "\n"
    "The whole language: deploy/workflows/scenarios/README.md.\n"
    "\n"
    "The timeline has one line for each event: its local time, what it was, the element, whose, the working time that the step\n"
    "and the dossier have used of their budgets (LATE by how much, when it is more), the status when it changes, until when\n"
    "a step is to be answered, a new appointment; what nobody did (a line that was away, silence that counts as agreement).\n"
    "Below it:\n"
    "\n"
    "  in   parts and facts that it brought\n"
    "  way  the elements that were passed because of it, in order: \"id \"Name\" (the way a gateway chose)\". A parallel gateway\n"
    "       says \"side by side from here\" where it opens several ways, and \"all have come\" where it joins them\n"
    "  out  what was delivered to whom\n"
    "\n"
    "What is not as expected stands below the timeline: FILE:LINE of the expectation, what was expected, what was, and at\n"
    "which element and when. A dossier that has not ended says what it waits for.\n"
    "\n"
    "Exit status: 0 all as expected; 1 something was not, FILE:LINE says what; 2 wrong use, or a procedure, calendar or\n"
    "scenario that cannot be read.\n";

struct paths {
    char *items[SIMULATE_PATHS_MAX];
    size_t count;
};

struct run {
    const char *calendar_path; /* of --calendar */
    bool quiet, json;
    struct paths procedures, scenarios;
    struct calendar *calendar; /* the newest that was read */
    char *calendar_from;
    int64_t offset_us;
    json_t *results;
    size_t done, failed;
};

OWNED_CLEANUP(process)

/* --- Files ------------------------------------------------------------------------------------------------------------ */

static void paths_clear(struct paths *p)
{
    for (size_t i = 0; i < p->count; i++)
        memory_cleanup(&p->items[i]);
    p->count = 0;
}

static enum fault_code paths_add(struct paths *p, const char *path, struct fault *f)
{
    if (p->count == SIMULATE_PATHS_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d files", SIMULATE_PATHS_MAX);
    p->items[p->count++] = memory_text(path);
    return FAULT_NONE;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), tail = strlen(ending);
    return size > tail && strcmp(name + size - tail, ending) == 0;
}

static bool is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* The files of FOLDER that end in ENDING, by name. */
static enum fault_code paths_of_folder(struct paths *p, const char *folder, const char *ending, struct fault *f)
{
    size_t from = p->count;
    DIR *directory = opendir(folder);
    enum fault_code code = FAULT_NONE;
    if (!directory)
        return fault_set(f, FAULT_SYSTEM, "%s: %s", folder, strerror(errno));
    for (struct dirent *entry; code == FAULT_NONE && (entry = readdir(directory)) != NULL;) {
        char path[SIMULATE_PATH_SIZE];
        if (*entry->d_name == '.' || !ends_in(entry->d_name, ending))
            continue;
        snprintf(path, sizeof(path), "%s%s%s", folder, ends_in(folder, "/") ? "" : "/", entry->d_name);
        code = paths_add(p, path, f);
    }
    closedir(directory);
    qsort(p->items + from, p->count - from, sizeof(*p->items), by_name);
    if (code == FAULT_NONE && p->count == from)
        code = fault_set(f, FAULT_NOT_FOUND, "%s: there is no file *%s in this folder", folder, ending);
    return code;
}

static enum fault_code paths_take(struct paths *p, const char *path, const char *ending, struct fault *f)
{
    return is_folder(path) ? paths_of_folder(p, path, ending, f) : paths_add(p, path, f);
}

/* --- What is read ----------------------------------------------------------------------------------------------------- */

static enum fault_code read_process(const char *path, struct process **ret, struct fault *f)
{
    OWNED_BUFFER source = BUFFER(BPMN_SIZE_MAX);
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    OWNED_ARENA arena;
    OWNED_MEMORY struct bpmn_report *report = memory_new(sizeof(*report));
    Lienthong__V1__Process *process;
    struct library library;
    arena_init(&arena, SIMULATE_ARENA_SIZE_MAX);
    enum fault_code code = file_read(path, &source, f);
    if (code != FAULT_NONE)
        return code;
    library_init(&library, path);
    code = bpmn_compile_with(buffer_bytes(&source), &library.bpmn, &arena, &process, &packed, report, f);
    for (size_t i = 0; code != FAULT_NONE && i < report->count; i++)
        if (report->findings[i].error)
            fprintf(stderr, "%s:%d:%d: error: %s: %s\n", path, report->findings[i].line, report->findings[i].column,
                    report->findings[i].element, report->findings[i].text);
    if (code == FAULT_NONE)
        code = process_unpack(buffer_bytes(&packed), ret, f);
    return code == FAULT_NONE ? FAULT_NONE : fault_wrap(f, "%s", path);
}

static enum fault_code unpack_calendar(struct run *r, const char *path, struct bytes packed, struct fault *f)
{
    struct calendar *calendar = NULL;
    if (calendar_unpack(packed, &calendar, f) != FAULT_NONE)
        return fault_wrap(f, "%s", path);
    Lienthong__V1__Calendar *wire = lienthong__v1__calendar__unpack(NULL, packed.size, packed.data); /* our own bytes */
    r->offset_us = wire ? wire->utc_offset_minutes * INSTANT_MINUTE_US : 0;
    if (wire)
        lienthong__v1__calendar__free_unpacked(wire, NULL);
    calendar_free(r->calendar);
    memory_cleanup(&r->calendar_from);
    r->calendar = calendar;
    r->calendar_from = memory_text(path);
    return FAULT_NONE;
}

static enum fault_code read_calendar(struct run *r, const char *path, struct fault *f)
{
    OWNED_BUFFER text = BUFFER(CALENDAR_TEXT_SIZE_MAX);
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    OWNED_MEMORY char *id = NULL;
    uint32_t version;
    if (text_equal(path, r->calendar_from))
        return FAULT_NONE;
    if (file_read(path, &text, f) != FAULT_NONE)
        return f->code;
    if (calendar_compile(buffer_bytes(&text), &packed, &id, &version, f) != FAULT_NONE)
        return fault_wrap(f, "%s", path);
    return unpack_calendar(r, path, buffer_bytes(&packed), f);
}

/* --- Scenarios -------------------------------------------------------------------------------------------------------- */

static json_t *result_json(const struct simulation *s)
{
    json_t *failures = json_array();
    for (size_t i = 0; i < s->failures.count; i++) {
        const struct failure *x = &s->failures.items[i];
        json_array_append_new(failures, json_pack("{s:s, s:I, s:s}", "file", x->mark.file, "line",
                                                  (json_int_t)x->mark.line, "text", x->text));
    }
    return json_pack("{s:s, s:s, s:I, s:b, s:o, s:o}", "scenario", s->scenario->name, "file", s->scenario->mark.file,
                     "line", (json_int_t)s->scenario->mark.line, "passed", (int)(s->failures.count == 0), "failures",
                     failures, "timeline", simulation_timeline(s));
}

static void print_result(const struct run *r, const struct simulation *s)
{
    const struct mark *mark = &s->scenario->mark;
    if (!r->quiet) {
        json_t *timeline = simulation_timeline(s);
        timeline_print(timeline, stdout);
        json_decref(timeline);
        printf("\n");
    }
    printf("%-6s %s:%zu: %s\n", s->failures.count ? "FAILED" : "passed", mark->file, mark->line, s->scenario->name);
    for (size_t i = 0; i < s->failures.count; i++)
        printf("       %s:%zu: %s\n", s->failures.items[i].mark.file, s->failures.items[i].mark.line,
               s->failures.items[i].text);
    if (!r->quiet)
        printf("\n");
}

static enum fault_code run_scenario(struct run *r, const struct process *process, const struct scenario *scenario,
                                    struct fault *f)
{
    const char *calendar = r->calendar_path ? r->calendar_path : scenario->calendar;
    if (!calendar || !scenario->start.us)
        return fault_set(f, FAULT_CONFIG, "%s:%zu: %s", scenario->mark.file, scenario->mark.line,
                         calendar ? "start is missing: when is the dossier submitted?"
                                  : "calendar is missing: name a calendar's file, or give --calendar FILE.yaml");
    if (read_calendar(r, calendar, f) != FAULT_NONE)
        return fault_wrap(f, "%s:%zu", scenario->mark.file, scenario->mark.line);
    struct simulation s;
    simulation_init(&s, process, r->calendar, r->offset_us, scenario);
    simulation_run(&s);
    expectation_check(&s);
    r->done++;
    r->failed += s.failures.count > 0;
    if (r->json)
        json_array_append_new(r->results, result_json(&s));
    else
        print_result(r, &s);
    simulation_clear(&s);
    return FAULT_NONE;
}

static enum fault_code run_file(struct run *r, const struct process *process, const char *path, struct fault *f)
{
    struct scenario_file file;
    enum fault_code code = scenario_read(path, process, &file, f);
    for (size_t i = 0; i < file.count && code == FAULT_NONE; i++)
        code = run_scenario(r, process, &file.scenarios[i], f);
    scenario_clear(&file);
    return code;
}

/* scenarios/NAME beside NAME.bpmn. */
static enum fault_code paths_beside(struct paths *p, const char *procedure, struct fault *f)
{
    char path[SIMULATE_PATH_SIZE];
    const char *slash = strrchr(procedure, '/'), *name = slash ? slash + 1 : procedure;
    int folder = (int)(name - procedure), size = (int)(strlen(name) - (ends_in(name, ".bpmn") ? strlen(".bpmn") : 0));
    snprintf(path, sizeof(path), "%.*s" SCENARIO_FOLDER "/%.*s", folder, procedure, size, name);
    return paths_of_folder(p, path, ".yaml", f) == FAULT_NONE
               ? FAULT_NONE
               : fault_wrap(f, "%s has no scenarios beside it, and --scenario names none", procedure);
}

static enum fault_code run_procedure(struct run *r, const char *path, struct fault *f)
{
    OWNED(process) process = NULL;
    struct paths beside = {.count = 0};
    bool named = r->scenarios.count > 0;
    size_t before = r->done;
    enum fault_code code = read_process(path, &process, f);
    if (code == FAULT_NONE && !named)
        code = paths_beside(&beside, path, f);
    const struct paths *all = named ? &r->scenarios : &beside;
    for (size_t i = 0; i < all->count && code == FAULT_NONE; i++)
        code = run_file(r, process, all->items[i], f);
    if (code == FAULT_NONE && r->done == before)
        code = fault_set(f, FAULT_CONFIG, "%s: no scenario here has a name (scenario: …); these can only be extended",
                         all->items[0]);
    paths_clear(&beside);
    return code;
}

/* --- The command ------------------------------------------------------------------------------------------------------ */

static bool wrong_use(const char *what, const char *which, int *ret_status)
{
    fprintf(stderr, "lt simulate: %s%s\nlt simulate --help tells how it is used.\n", what, which);
    *ret_status = 2;
    return false;
}

static bool take_option(struct run *r, int argc, char **argv, int *i, int *ret_status)
{
    struct fault f;
    const char *option = argv[*i];
    bool scenario = text_equal(option, "--scenario");
    if (text_equal(option, "--quiet")) {
        r->quiet = true;
    } else if (text_equal(option, "--json")) {
        r->json = true;
    } else if (!scenario && !text_equal(option, "--calendar")) {
        return wrong_use("unknown option ", option, ret_status);
    } else if (*i + 1 == argc) {
        return wrong_use("a value is missing after ", option, ret_status);
    } else if (!scenario) {
        r->calendar_path = argv[++*i];
    } else if (paths_take(&r->scenarios, argv[++*i], ".yaml", &f) != FAULT_NONE) {
        return wrong_use(f.text, "", ret_status);
    }
    return true;
}

/* False: the process ends with *ret_status. */
static bool take_arguments(struct run *r, int argc, char **argv, int *ret_status)
{
    struct fault f;
    for (int i = 1; i < argc; i++) {
        if (text_equal(argv[i], "--help") || text_equal(argv[i], "-h")) {
            fputs(usage, stdout);
            *ret_status = 0;
            return false;
        }
        if (argv[i][0] == '-') {
            if (!take_option(r, argc, argv, &i, ret_status))
                return false;
        } else if (paths_take(&r->procedures, argv[i], ".bpmn", &f) != FAULT_NONE) {
            return wrong_use(f.text, "", ret_status);
        }
    }
    if (r->procedures.count == 0)
        return wrong_use("which procedure? Give a BPMN file, or a folder of them", "", ret_status);
    if (r->scenarios.count && r->procedures.count > 1)
        return wrong_use("--scenario goes with one procedure; without it each is run with the scenarios beside it", "",
                         ret_status);
    if (r->quiet && r->json)
        return wrong_use("--quiet or --json, not both", "", ret_status);
    return true;
}

static int run_all(struct run *r)
{
    struct fault f;
    for (size_t i = 0; i < r->procedures.count; i++)
        if (run_procedure(r, r->procedures.items[i], &f) != FAULT_NONE) {
            fprintf(stderr, "lt simulate: %s\n", f.text);
            return 2;
        }
    if (r->json) {
        json_dumpf(r->results, stdout, JSON_INDENT(2));
        printf("\n");
    } else {
        printf("%zu scenario%s, %zu failed\n", r->done, r->done == 1 ? "" : "s", r->failed);
    }
    return r->failed ? 1 : 0;
}

int simulate_main(int argc, char **argv)
{
    struct run *r = memory_new(sizeof(*r));
    int status;
    r->results = json_array();
    if (take_arguments(r, argc, argv, &status))
        status = run_all(r);
    paths_clear(&r->procedures);
    paths_clear(&r->scenarios);
    calendar_free(r->calendar);
    memory_cleanup(&r->calendar_from);
    json_decref(r->results);
    memory_cleanup(&r);
    return status;
}
