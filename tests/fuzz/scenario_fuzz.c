/* Any text as a scenario of two of the procedures that we ship: refused with file and line, or scenarios whose names are the procedure's;
 * the first of them runs to its end, or to the limit of events.
 * Links: lt_service_lt lt_bpmn lt_workflow lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/compiler.h"
#include "calendar.h"
#include "file.h"
#include "simulation.h"
#include "workflow/process.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PROCEDURES 2

static struct process *procedures[PROCEDURES];
static struct calendar *calendar;

static void must(bool good)
{
    if (!good)
        abort();
}

static struct process *compile(const char *path)
{
    static struct bpmn_report report;
    OWNED_BUFFER source = BUFFER(1u << 20);
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    OWNED_ARENA arena;
    Lienthong__V1__Process *definition = NULL;
    struct process *process = NULL;
    struct fault f;
    arena_init(&arena, 64u << 20);
    must(file_read(path, &source, &f) == FAULT_NONE);
    must(bpmn_compile(buffer_bytes(&source), &arena, &definition, &packed, &report, &f) == FAULT_NONE);
    must(process_unpack(buffer_bytes(&packed), &process, &f) == FAULT_NONE);
    return process;
}

static void prepare(void)
{
    OWNED_BUFFER text = BUFFER(CALENDAR_TEXT_SIZE_MAX);
    OWNED_BUFFER packed = BUFFER(1u << 20);
    OWNED_MEMORY char *id = NULL;
    uint32_t version;
    struct fault f;
    int nothing =
        open("/dev/null", O_RDONLY | O_CLOEXEC); /* an input that extends file 0 must not wait for a terminal */
    must(nothing >= 0 && dup2(nothing, STDIN_FILENO) == STDIN_FILENO);
    close(nothing);
    procedures[0] = compile("deploy/workflows/inter-agency-opinion.bpmn");
    procedures[1] = compile("deploy/workflows/land-transfer.bpmn");
    must(file_read("deploy/calendar/vn-2026.yaml", &text, &f) == FAULT_NONE);
    must(calendar_compile(buffer_bytes(&text), &packed, &id, &version, &f) == FAULT_NONE);
    must(calendar_unpack(buffer_bytes(&packed), &calendar, &f) == FAULT_NONE);
}

static void simulate(const struct process *process, const struct scenario *scenario)
{
    struct simulation s;
    if (!scenario->start.us)
        return;
    simulation_init(&s, process, calendar, -calendar_instant(calendar, 0).us, scenario);
    simulation_run(&s);
    expectation_check(&s);
    json_decref(simulation_timeline(&s));
    must(s.events <= SIMULATION_EVENTS_MAX && s.failures.count <= SIMULATION_FAILURES_MAX);
    simulation_clear(&s);
}

static void take(const char *path, const struct process *process)
{
    struct scenario_file file;
    struct fault f = {0};
    enum fault_code code = scenario_read(path, process, &file, &f);
    must(code ? f.code == code && f.text[0] && text_is_utf8(bytes_of_text(f.text)) : file.count <= SCENARIO_LIST_MAX);
    for (size_t i = 0; i < file.count && !code; i++)
        must(file.scenarios[i].name && file.scenarios[i].mark.line > 0);
    if (!code && file.count)
        simulate(process, &file.scenarios[0]);
    scenario_clear(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[40];
    if (!calendar)
        prepare();
    int file = memfd_create("scenario", MFD_CLOEXEC);
    must(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    for (size_t i = 0; i < PROCEDURES; i++)
        take(path, procedures[i]);
    close(file);
    return 0;
}
