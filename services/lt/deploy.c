#include "deploy.h"
#include "bpmn/compiler.h"
#include "migrations.h"
#include "options.h"
#include "workflow/process.h"
#include <stdio.h>
#include <string.h>

#define DEPLOY_ARENA_SIZE_MAX ((size_t)64 << 20)

static const char deploy_usage[] =
    "usage: lt deploy FILE.bpmn --database CONNECTION --calendar ID\n"
    "\n"
    "Compiles the file and makes it the newest version of its procedure. Running dossiers keep theirs. The calendar must be\n"
    "deployed before. The same file with the same calendar again changes nothing.\n";
static const char migrate_usage[] = "usage: lt migrate --database CONNECTION\n"
                                    "\n"
                                    "Brings the routers' database up to date. A router does the same when it starts.\n";

static const char lock_sql[] = "LOCK TABLE process IN SHARE ROW EXCLUSIVE MODE";
static const char calendar_sql[] = "SELECT version FROM calendar WHERE id = $1 ORDER BY version DESC LIMIT 1";
static const char newest_sql[] =
    "SELECT version, source = $2 AND calendar = $3 FROM process WHERE procedure = $1 ORDER BY version DESC LIMIT 1";
static const char insert_sql[] =
    "INSERT INTO process (procedure, version, packed, source, calendar) VALUES ($1, $2, $3, $4, $5)";
static const char raise_sql[] = "UPDATE directory_version SET version = version + 1";

struct deployment {
    const char *path, *calendar;
    struct bytes source;
    Lienthong__V1__Process *process;
    int64_t version;
    bool already;
};

static void print_findings(const char *path, const struct bpmn_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct bpmn_finding *finding = &report->findings[i];
        fprintf(stderr, "%s:%d:%d: %s: %s: %s\n", path, finding->line, finding->column,
                finding->error ? "error" : "warning", finding->element, finding->text);
    }
}

static enum fault_code calendar_known(struct database *d, const struct deployment *x, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, x->calendar);
    enum fault_code code = database_run(d, calendar_sql, p, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "no calendar \"%s\" is deployed; run `lt calendar deploy FILE.yaml` first",
                         x->calendar);
    return code;
}

static enum fault_code find_newest(struct database *d, struct deployment *x, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, x->process->procedure);
    parameters_bytes(p, x->source);
    parameters_text(p, x->calendar);
    enum fault_code code = database_run(d, newest_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    x->version = rows_count(rows) ? rows_integer(rows, 0, 0) : 0;
    x->already = rows_count(rows) && rows_yes(rows, 0, 1);
    return FAULT_NONE;
}

/* Packed with its version, and read back as the router will. */
static enum fault_code insert_process(struct database *d, struct deployment *x, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    x->process->version = (uint32_t)++x->version;
    size_t size = lienthong__v1__process__get_packed_size(x->process);
    OWNED_MEMORY uint8_t *packed = memory_new(size);
    lienthong__v1__process__pack(x->process, packed);
    struct process *checked = NULL;
    enum fault_code code = process_unpack(BYTES(packed, size), &checked, f);
    process_free(checked);
    if (code != FAULT_NONE)
        return fault_wrap(f, "the compiled process is not one that a router runs");
    parameters_text(p, x->process->procedure);
    parameters_integer(p, x->version);
    parameters_bytes(p, BYTES(packed, size));
    parameters_bytes(p, x->source);
    parameters_text(p, x->calendar);
    code = database_run(d, insert_sql, p, NULL, f);
    return code == FAULT_NONE ? database_run(d, raise_sql, NULL, NULL, f) : code;
}

static enum fault_code deploy(struct database *d, struct deployment *x, struct fault *f)
{
    enum fault_code code = database_begin(d, f);
    if (code == FAULT_NONE)
        code = database_run(d, lock_sql, NULL, NULL, f);
    if (code == FAULT_NONE)
        code = calendar_known(d, x, f);
    if (code == FAULT_NONE)
        code = find_newest(d, x, f);
    if (code == FAULT_NONE && !x->already)
        code = insert_process(d, x, f);
    if (code == FAULT_NONE)
        code = database_commit(d, f);
    if (code != FAULT_NONE)
        database_rollback(d);
    return code;
}

static enum fault_code compile(struct deployment *x, struct buffer *source, struct arena *arena, struct fault *f)
{
    OWNED_MEMORY struct bpmn_report *report = memory_new(sizeof(*report));
    enum fault_code code = options_read_file(x->path, source, f);
    if (code != FAULT_NONE)
        return code;
    x->source = buffer_bytes(source);
    code = bpmn_compile(x->source, arena, &x->process, NULL, report, f);
    print_findings(x->path, report);
    return code;
}

int deploy_main(int argc, char **argv)
{
    struct options o;
    int status;
    if (!options_take(argc, argv, deploy_usage, &o, &status))
        return status;
    if (o.count != 1 || !o.calendar) {
        fputs(deploy_usage, stderr);
        return 2;
    }
    struct fault f;
    struct deployment x = {.path = o.words[0], .calendar = o.calendar};
    OWNED_BUFFER source = BUFFER(BPMN_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, DEPLOY_ARENA_SIZE_MAX);
    OWNED(database) d = NULL;
    if (compile(&x, &source, &arena, &f) != FAULT_NONE || options_database(&o, &d, &f) != FAULT_NONE ||
        deploy(d, &x, &f) != FAULT_NONE)
        return options_failed("deploy", &f);
    printf("%s version %lld%s\n", x.process->procedure, (long long)x.version,
           x.already ? " is already deployed" : " deployed");
    return 0;
}

int migrate_main(int argc, char **argv)
{
    struct options o;
    int status, applied = 0;
    struct fault f;
    if (!options_take(argc, argv, migrate_usage, &o, &status))
        return status;
    if (o.count) {
        fputs(migrate_usage, stderr);
        return 2;
    }
    OWNED(database) d = NULL;
    if (options_database(&o, &d, &f) != FAULT_NONE ||
        migration_run(d, migrations, LENGTH(migrations), &applied, &f) != FAULT_NONE)
        return options_failed("migrate", &f);
    printf("%d script%s applied\n", applied, applied == 1 ? "" : "s");
    return 0;
}
