#include "lint.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/library.h"
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
    "A call activity calls a process of the files given, or of a file beside its own. Two files given that define the same\n"
    "procedure are refused.\n"
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

struct linted {
    const char *path;
    struct buffer xml;
    struct arena arena;
    Lienthong__V1__Process *process; /* NULL: refused */
};

static int compile_file(struct linted *l, struct bpmn_files *set)
{
    struct fault f;
    struct bpmn_report *report __attribute__((cleanup(memory_cleanup))) = memory_new(sizeof *report);
    struct library beside;
    library_init(&beside, l->path);
    enum fault_code code = bpmn_compile_with(buffer_bytes(&l->xml), bpmn_files_library(set, &beside.bpmn, true),
                                             &l->arena, &l->process, NULL, report, &f);
    print_findings(l->path, report);
    if (code && report->errors == 0)
        printf("%s:1:1: error: file: %s\n", l->path, f.text);
    if (code)
        l->process = NULL;
    return code ? 1 : 0;
}

/* Of two definitions for one procedure nobody could say which answers. */
static int compare_files(const struct linted *files, int count)
{
    int status = 0;
    for (int b = 1; b < count; b++)
        for (int a = 0; a < b; a++) {
            const Lienthong__V1__Process *x = files[a].process, *y = files[b].process;
            struct fault f;
            if (!x || !y || (strcmp(x->procedure, y->procedure) != 0 && strcmp(x->id, y->id) != 0))
                continue;
            status = 1;
            if (bpmn_clash(x, y, &f))
                printf("%s:1:1: error: %s: %s (%s)\n", files[b].path, y->id, f.text, files[a].path);
            else
                printf("%s:1:1: error: %s: %s defines procedure %s too: give one file for it\n", files[b].path, y->id,
                       files[a].path, y->procedure);
        }
    return status;
}

/* All files may call each other. */
static int lint_files(struct linted *files, int count, struct bpmn_files *set)
{
    int worst = 0;
    struct fault f;
    for (int i = 0; i < count; i++)
        if (read_file(files[i].path, &files[i].xml, &f) ||
            bpmn_files_add(set, files[i].path, buffer_bytes(&files[i].xml), &f)) {
            fprintf(stderr, "%s: %s\n", files[i].path, f.text);
            files[i].path = NULL;
            worst = 2;
        }
    for (int i = 0; i < count; i++) {
        int status = files[i].path ? compile_file(&files[i], set) : 0;
        worst = status > worst ? status : worst;
    }
    int status = compare_files(files, count);
    return status > worst ? status : worst;
}

int lint_main(int argc, char **argv)
{
    bool help = argc == 2 && (text_equal(argv[1], "--help") || text_equal(argv[1], "-h"));
    if (argc < 2 || argv[1][0] == '-') {
        fputs(usage, help ? stdout : stderr);
        return help ? 0 : 2;
    }
    int count = argc - 1;
    struct linted *files = memory_array((size_t)count, sizeof *files);
    struct bpmn_files *set = bpmn_files_new();
    for (int i = 0; i < count; i++) {
        files[i] = (struct linted){.path = argv[i + 1], .xml = BUFFER(BPMN_SIZE_MAX + 2 * 65536)};
        arena_init(&files[i].arena, LINT_PROCESS_SIZE_MAX);
    }
    int worst = lint_files(files, count, set);
    for (int i = 0; i < count; i++) {
        buffer_clear(&files[i].xml);
        arena_clear(&files[i].arena);
    }
    bpmn_files_free(set);
    memory_cleanup(&files);
    return worst;
}
