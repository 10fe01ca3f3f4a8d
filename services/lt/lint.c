#include "lint.h"
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/library.h"
#include "folder.h"
#include "library.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINT_PROCESS_SIZE_MAX ((size_t)64 << 20)
#define LINT_TOGETHER_SIZE_MAX ((size_t)32 << 20) /* of files that may call each other */

static const char usage[] =
    "usage: lt lint FILE.bpmn… | FOLDER…\n"
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
    "Of a FOLDER each file that ends in " FOLDER_ENDINGS
    " is checked, in folders below it too, one by one, and a last line\n"
    "sums up: how many can be deployed, and how many are refused.\n"
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

/* What has come of the files of folders. */
struct summary {
    size_t good, warned, refused, unread, errors;
};

struct linted {
    const char *path;
    struct buffer xml;
    struct arena arena;
    Lienthong__V1__Process *process; /* NULL: refused */
    size_t errors, warnings;
};

/* SET: the files that it may call besides those beside it; NULL: none. */
static int compile_file(struct linted *l, struct bpmn_files *set)
{
    struct fault f;
    struct bpmn_report *report __attribute__((cleanup(memory_cleanup))) = memory_new(sizeof *report);
    struct library beside;
    library_init(&beside, l->path);
    const struct bpmn_library *library = set ? bpmn_files_library(set, &beside.bpmn, true) : &beside.bpmn;
    enum fault_code code = bpmn_compile_with(buffer_bytes(&l->xml), library, &l->arena, &l->process, NULL, report, &f);
    print_findings(l->path, report);
    l->errors = code && report->errors == 0 ? 1 : report->errors;
    l->warnings = report->count; /* counts only when nothing is refused */
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

/* False: it cannot be read, or not together with the others; said to stderr. */
static bool take_file(struct linted *l, struct bpmn_files *set, size_t *room)
{
    struct fault f;
    enum fault_code code = read_file(l->path, &l->xml, &f);
    if (code == FAULT_NONE && l->xml.size > *room)
        code = fault_set(&f, FAULT_LIMIT, "the files given are larger than %zu MiB together",
                         LINT_TOGETHER_SIZE_MAX >> 20);
    if (code == FAULT_NONE)
        code = bpmn_files_add(set, l->path, buffer_bytes(&l->xml), &f);
    if (code == FAULT_NONE) {
        *room -= l->xml.size;
        return true;
    }
    fprintf(stderr, "%s: %s%s\n", l->path, f.text,
            code == FAULT_LIMIT ? ": give fewer, or their folder, whose files are checked one by one" : "");
    buffer_clear(&l->xml);
    l->path = NULL;
    return false;
}

/* All files may call each other. */
static int lint_files(struct linted *files, int count, struct bpmn_files *set)
{
    int worst = 0;
    size_t room = LINT_TOGETHER_SIZE_MAX;
    for (int i = 0; i < count; i++)
        if (!take_file(&files[i], set, &room))
            worst = 2;
    for (int i = 0; i < count; i++) {
        int status = files[i].path ? compile_file(&files[i], set) : 0;
        worst = status > worst ? status : worst;
    }
    int status = compare_files(files, count);
    return status > worst ? status : worst;
}

static void linted_init(struct linted *l, const char *path)
{
    *l = (struct linted){.path = path, .xml = BUFFER(BPMN_SIZE_MAX + 2 * 65536)};
    arena_init(&l->arena, LINT_PROCESS_SIZE_MAX);
}

static void linted_clear(struct linted *l)
{
    buffer_clear(&l->xml);
    arena_clear(&l->arena);
}

static int lint_together(const char *const *paths, int count)
{
    struct linted *files = memory_array((size_t)count, sizeof *files);
    struct bpmn_files *set = bpmn_files_new();
    for (int i = 0; i < count; i++)
        linted_init(&files[i], paths[i]);
    int worst = lint_files(files, count, set);
    for (int i = 0; i < count; i++)
        linted_clear(&files[i]);
    bpmn_files_free(set);
    memory_cleanup(&files);
    return worst;
}

/* A file of a folder: alone, so that only one is in memory at a time. */
static void lint_alone(const char *path, struct summary *s)
{
    struct linted l;
    struct fault f;
    linted_init(&l, path);
    if (read_file(path, &l.xml, &f)) {
        fprintf(stderr, "%s: %s\n", path, f.text);
        s->unread++;
    } else if (compile_file(&l, NULL)) {
        s->refused++;
        s->errors += l.errors;
    } else {
        s->good++;
        s->warned += l.warnings > 0;
    }
    linted_clear(&l);
}

static int lint_folder(const char *path, struct summary *s)
{
    struct folder folder;
    struct fault f;
    int status = 0;
    if (folder_read(path, &folder, &f)) {
        fprintf(stderr, "%s\n", f.text);
        status = 2;
    } else {
        for (size_t i = 0; i < folder.count; i++)
            lint_alone(folder.paths[i], s);
    }
    folder_clear(&folder);
    return status;
}

/* The folders among PATHS; the files stay there, and *count becomes their number. */
static int lint_folders(const char **paths, int *count)
{
    struct summary s = {0};
    int files = 0, worst = 0, folders = 0;
    for (int i = 0; i < *count; i++) {
        if (!folder_is_one(paths[i])) {
            paths[files++] = paths[i];
            continue;
        }
        int status = lint_folder(paths[i], &s);
        worst = status > worst ? status : worst;
        folders++;
    }
    *count = files;
    if (folders == 0)
        return 0;
    size_t all = s.good + s.refused + s.unread;
    printf(
        "%zu file%s: %zu can be deployed, %zu of them with warnings; %zu refused, with %zu error%s; %zu cannot be read\n",
        all, all == 1 ? "" : "s", s.good, s.warned, s.refused, s.errors, s.errors == 1 ? "" : "s", s.unread);
    int status = s.unread ? 2 : s.refused ? 1 : 0;
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
    const char **paths = memory_copy(argv + 1, (size_t)count * sizeof *paths);
    int worst = lint_folders(paths, &count), status = count > 0 ? lint_together(paths, count) : 0;
    memory_cleanup(&paths);
    return status > worst ? status : worst;
}
