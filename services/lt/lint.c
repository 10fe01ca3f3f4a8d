#include "lint.h"
#include "base/memory.h"
#include "base/text.h"
#include "library.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINT_PROCESS_SIZE_MAX ((size_t)64 << 20)

static const char usage[] =
    "usage: lt lint FILE.bpmn…\n"
    "\n"
    "Checks BPMN files as `lt deploy` would, without deploying them. Every finding is a line\n"
    "\n"
    "  FILE:LINE:COLUMN: error|warning: ELEMENT: what is wrong, and what to use instead\n"
    "\n"
    "Errors are what cannot be run: elements outside the subset; steps without role, operation or budget; facts and parts that\n"
    "are not declared, not set before they are read, or not for that role; joins that never complete, dead ends, gateways\n"
    "without default, conditions that can hold at once, two places that wait for one message. Nothing is accepted and then\n"
    "passed over. A file with warnings alone can be deployed.\n"
    "\n"
    "A call activity calls a process of a file beside FILE.\n"
    "\n"
    "The subset: common/bpmn/README.md. What comes next: lt simulate --help.\n"
    "\n"
    "Exit status: 0 no errors; 1 errors; 2 wrong use, or a file that cannot be read.\n";

/* A byte more than the limit is kept, so that the compiler can say that the file is too large. */
static enum fault_code read_file(const char *path, struct buffer *to, struct fault *f)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return fault_set(f, FAULT_SYSTEM, "cannot open: %s", strerror(errno));
    char piece[65536];
    size_t size;
    enum fault_code code = FAULT_NONE;
    while (!code && (size = fread(piece, 1, sizeof piece, file)) > 0 && to->size <= BPMN_SIZE_MAX)
        code = buffer_append(to, BYTES(piece, size), f);
    if (ferror(file))
        code = fault_set(f, FAULT_SYSTEM, "cannot read: %s", strerror(errno));
    fclose(file);
    return code;
}

static void print_findings(const char *path, const struct bpmn_report *report)
{
    size_t errors = 0;
    for (size_t i = 0; i < report->count; i++) {
        const struct bpmn_finding *finding = &report->findings[i];
        errors += finding->error;
        printf("%s:%d:%d: %s: %s: %s\n", path, finding->line, finding->column, finding->error ? "error" : "warning",
               finding->element, finding->text);
    }
    if (report->errors > errors)
        printf("%s: and %zu more errors\n", path, report->errors - errors);
}

static int lint_file(const char *path)
{
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX + 2 * 65536);
    OWNED_ARENA arena;
    arena_init(&arena, LINT_PROCESS_SIZE_MAX);
    struct fault f;
    if (read_file(path, &xml, &f)) {
        fprintf(stderr, "%s: %s\n", path, f.text);
        return 2;
    }
    struct bpmn_report *report __attribute__((cleanup(memory_cleanup))) = memory_new(sizeof *report);
    Lienthong__V1__Process *process;
    struct library library;
    library_init(&library, path);
    enum fault_code code = bpmn_compile_with(buffer_bytes(&xml), &library.bpmn, &arena, &process, NULL, report, &f);
    print_findings(path, report);
    if (code && report->errors == 0)
        printf("%s:1:1: error: file: %s\n", path, f.text);
    return code ? 1 : 0;
}

int lint_main(int argc, char **argv)
{
    bool help = argc == 2 && (text_equal(argv[1], "--help") || text_equal(argv[1], "-h"));
    if (argc < 2 || argv[1][0] == '-') {
        fputs(usage, help ? stdout : stderr);
        return help ? 0 : 2;
    }
    int worst = 0;
    for (int i = 1; i < argc; i++) {
        int status = lint_file(argv[i]);
        worst = status > worst ? status : worst;
    }
    return worst;
}
