#include "deploy.h"
#include "base/memory.h"
#include "base/system.h"
#include "bpmn/library.h"
#include "difference.h"
#include "file.h"
#include "database/grants.h"
#include "grants.sql.h"
#include "migrations.h"
#include "need.h"
#include "options.h"
#include "schedule.h"
#include "workflow/process.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEPLOY_ARENA_SIZE_MAX ((size_t)64 << 20)

static const char deploy_usage[] =
    "usage: lt deploy FILE.bpmn… --database CONNECTION --calendar ID [--grant] [--dry-run] [--yes] [--json]\n"
    "\n"
    "Compiles the files and makes each the newest version of its procedure, all or none. Running dossiers keep theirs. The\n"
    "calendar must be deployed before. The same file with the same calendar again changes nothing, unless what it calls has\n"
    "changed. Two definitions that would both answer a procedure's submissions are refused.\n"
    "\n"
    "A version with a timer start event begins by itself from then on, counted from its deployment; the version before does no more.\n"
    "\n"
    "Nobody may do what no right allows (lt rights --help). --grant gives, in the same transaction, the rights that the definition needs\n"
    "and that no act has ever named; what was revoked stays revoked. Without it those that are missing are counted.\n"
    "\n"
    "Before that it says what the new version changes against the newest, element by element (- gone, ~ changed, + new), and how\n"
    "many dossiers run on each version. On a terminal it then asks; --yes does not ask, and without a terminal nobody is asked.\n"
    "--dry-run says it and deploys nothing. --json: all of it as JSON.\n";
static const char migrate_usage[] =
    "usage: lt migrate --database CONNECTION [--service ROLE]\n"
    "\n"
    "Brings the routers' database up to date. A router that owns its tables does the same when it starts.\n"
    "\n"
    "  --service ROLE  the routers' own role, which owns nothing: it gets the rights that a router needs\n";

static const char lock_sql[] = "LOCK TABLE process IN SHARE ROW EXCLUSIVE MODE";
static const char calendar_sql[] = "SELECT version FROM calendar WHERE id = $1 ORDER BY version DESC LIMIT 1";
static const char newest_sql[] =
    "SELECT version, source = $2 AND calendar = $3, packed, calendar FROM process WHERE procedure = $1 "
    "ORDER BY version DESC LIMIT 1";
static const char running_sql[] =
    "SELECT p.version, (SELECT count(*) FROM dossier d WHERE d.process = p.id AND d.ended_at IS NULL)" /* dossier_running */
    " FROM process p WHERE p.procedure = $1 ORDER BY p.version";
static const char all_newest_sql[] =
    "SELECT DISTINCT ON (procedure) packed FROM process ORDER BY procedure, version DESC";
static const char version_sql[] = "SELECT packed FROM process WHERE procedure = $1 AND version = $2";
static const char insert_sql[] =
    "INSERT INTO process (procedure, version, packed, source, calendar) VALUES ($1, $2, $3, $4, $5)";
static const char raise_sql[] = "UPDATE directory_version SET version = version + 1";

struct deployment {
    const char *path, *calendar;
    struct buffer source;
    struct arena arena;
    Lienthong__V1__Process *process;
    int64_t version, version_before; /* 0: none yet */
    bool already;
    json_t *difference; /* against the newest version; NULL: there is none, or it is the same */
    json_t *running;    /* version to the number of its dossiers that have not ended */
    struct schedule_plan schedule;
    json_t *needs; /* its rights, as they stand behind it */
    size_t given;
};

static Lienthong__V1__Process *unpack(struct bytes packed, struct arena *arena)
{
    return lienthong__v1__process__unpack(arena_protobuf(arena), packed.size, packed.data);
}

/* The newest version of the procedure whose process is ID; NULL: none has it. */
static enum fault_code newest_with_id(struct database *d, const char *id, struct arena *arena,
                                      Lienthong__V1__Process **ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, all_newest_sql, NULL, &rows, f);
    *ret = NULL;
    for (int i = 0; code == FAULT_NONE && !*ret && i < rows_count(rows); i++) {
        Lienthong__V1__Process *process = unpack(rows_bytes(rows, i, 0), arena);
        if (process && strcmp(process->id, id) == 0)
            *ret = process;
    }
    return code;
}

static enum fault_code given_version(struct database *d, const char *procedure, uint32_t version, struct arena *arena,
                                     Lienthong__V1__Process **ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, procedure);
    parameters_integer(p, version);
    enum fault_code code = database_run(d, version_sql, p, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) == 0)
        return fault_set(f, FAULT_NOT_FOUND, "procedure %.40s has no version %u", procedure, version);
    if (code == FAULT_NONE)
        *ret = unpack(rows_bytes(rows, 0, 0), arena);
    return code;
}

/* What call activities find in the database. */
static enum fault_code find_deployed(const void *context, const char *called, enum bpmn_binding binding,
                                     uint32_t version, const struct bpmn_link *link, struct arena *arena,
                                     Lienthong__V1__Process **ret, struct fault *f)
{
    (void)link;
    struct database *d = (struct database *)(uintptr_t)context;
    Lienthong__V1__Process *process = NULL;
    enum fault_code code = newest_with_id(d, called, arena, &process, f);
    if (code != FAULT_NONE)
        return code;
    if (!process)
        return fault_set(f, FAULT_NOT_FOUND, "it is not deployed: deploy it first, or give its file too");
    if (binding == BPMN_BINDING_VERSION && process->version != version) {
        const char *procedure = process->procedure;
        process = NULL;
        code = given_version(d, procedure, version, arena, &process, f);
    }
    if (code == FAULT_NONE && !process)
        return fault_set(f, FAULT_LIMIT, "its compiled form does not fit into the memory set aside for it");
    if (code == FAULT_NONE)
        *ret = process;
    return code;
}

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

static enum fault_code describe(struct deployment *x, struct bytes packed, const char *calendar, struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, DEPLOY_ARENA_SIZE_MAX);
    const Lienthong__V1__Process *newest = unpack(packed, &arena);
    if (!newest)
        return fault_set(f, FAULT_INTERNAL, "version %lld of %s cannot be read", (long long)x->version,
                         x->process->procedure);
    json_t *before = difference_describe(newest, calendar), *after = difference_describe(x->process, x->calendar);
    x->difference = difference_of(before, after);
    json_decref(before);
    json_decref(after);
    return FAULT_NONE;
}

static enum fault_code count_running(struct database *d, struct deployment *x, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, x->process->procedure);
    enum fault_code code = database_run(d, running_sql, p, &rows, f);
    x->running = json_object();
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
        char version[24];
        snprintf(version, sizeof(version), "%lld", (long long)rows_integer(rows, i, 0));
        json_object_set_new(x->running, version, json_integer(rows_integer(rows, i, 1)));
    }
    return code;
}

/* Whether the newest version, PACKED, is X compiled again: what it calls may have changed. */
static bool is_same(struct deployment *x, struct bytes packed)
{
    x->process->version = (uint32_t)x->version;
    size_t size = lienthong__v1__process__get_packed_size(x->process);
    OWNED_MEMORY uint8_t *again = memory_new(size);
    return bytes_equal(packed, BYTES(again, lienthong__v1__process__pack(x->process, again)));
}

static enum fault_code find_newest(struct database *d, struct deployment *x, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, x->process->procedure);
    parameters_bytes(p, buffer_bytes(&x->source));
    parameters_text(p, x->calendar);
    enum fault_code code = database_run(d, newest_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    x->version = rows_count(rows) ? rows_integer(rows, 0, 0) : 0;
    x->version_before = x->version;
    x->already = rows_count(rows) && rows_yes(rows, 0, 1) && is_same(x, rows_bytes(rows, 0, 2));
    if (rows_count(rows) && !x->already)
        code = describe(x, rows_bytes(rows, 0, 2), rows_text(rows, 0, 3), f);
    return code == FAULT_NONE ? count_running(d, x, f) : code;
}

/* Another definition must not answer the same submissions, or calls. */
static enum fault_code check_clashes(struct database *d, const struct deployment *x, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, all_newest_sql, NULL, &rows, f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
        OWNED_ARENA arena;
        arena_init(&arena, DEPLOY_ARENA_SIZE_MAX);
        const Lienthong__V1__Process *deployed = unpack(rows_bytes(rows, i, 0), &arena);
        if (deployed)
            code = bpmn_clash(deployed, x->process, f);
    }
    return code == FAULT_NONE ? code : fault_wrap(f, "%s", x->path);
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
    parameters_bytes(p, buffer_bytes(&x->source));
    parameters_text(p, x->calendar);
    code = database_run(d, insert_sql, p, NULL, f);
    return code == FAULT_NONE ? database_run(d, raise_sql, NULL, NULL, f) : code;
}

static enum fault_code compile(struct deployment *x, const struct bpmn_library *library, struct fault *f)
{
    OWNED_MEMORY struct bpmn_report *report = memory_new(sizeof(*report));
    enum fault_code code =
        bpmn_compile_with(buffer_bytes(&x->source), library, &x->arena, &x->process, NULL, report, f);
    print_findings(x->path, report);
    return code;
}

static enum fault_code compile_all(struct deployment *x, size_t count, const struct bpmn_library *library,
                                   struct fault *f)
{
    for (size_t i = 0; i < count; i++) {
        if (compile(&x[i], library, f) != FAULT_NONE)
            return fault_wrap(f, "%s", x[i].path);
        for (size_t k = 0; k < i; k++)
            if (bpmn_clash(x[k].process, x[i].process, f) != FAULT_NONE ||
                (strcmp(x[k].process->id, x[i].process->id) == 0 &&
                 fault_set(f, FAULT_REFUSED, "%s defines the same procedure: give one file for it", x[k].path)))
                return fault_wrap(f, "%s", x[i].path);
    }
    return FAULT_NONE;
}

static enum fault_code deploy_one(struct database *d, struct deployment *x, struct fault *f)
{
    enum fault_code code = check_clashes(d, x, f);
    if (code == FAULT_NONE)
        code = find_newest(d, x, f);
    if (code == FAULT_NONE && !x->already)
        code = insert_process(d, x, f);
    if (code == FAULT_NONE && !x->already && schedule_plan(d, x->process, x->calendar, system_now(), &x->schedule, f))
        code = fault_wrap(f, "%s", x->path);
    return code;
}

/* --- What is said of it ----------------------------------------------------------------------------------------------- */

static void print_running(const struct deployment *x)
{
    const char *version, *before = "";
    json_t *count;
    if (json_object_size(x->running) == 0)
        return;
    printf("dossiers that run, and keep their version: ");
    json_object_foreach(x->running, version, count)
    {
        printf("%sversion %s: %lld", before, version, (long long)json_integer_value(count));
        before = ", ";
    }
    printf("\n");
}

static void print_plan(const struct deployment *x)
{
    if (x->already)
        return;
    if (x->version_before == 0) {
        printf("%s: the first version, %zu elements\n", x->process->procedure, x->process->n_nodes);
        return;
    }
    printf("%s: version %lld against version %lld\n", x->process->procedure, (long long)x->version,
           (long long)x->version_before);
    if (!difference_print(x->difference, stdout))
        printf("  only the file's text differs: what runs is the same\n");
    print_running(x);
}

static void print_schedule(const struct deployment *x)
{
    char text[SCHEDULE_TEXT_SIZE];
    if (!x->schedule.start)
        return;
    if (x->schedule.first.due.us)
        printf("%s begins by itself at %s for the first time\n", x->process->procedure,
               schedule_text(x->schedule.first.due, x->schedule.offset_us, text));
    else
        printf("%s never begins by itself: its dates are past\n", x->process->procedure);
}

/* NULL: it does not begin by time, or nothing is deployed. */
static json_t *first_begin(const struct deployment *x)
{
    char text[SCHEDULE_TEXT_SIZE];
    return x->schedule.start ? json_string(schedule_text(x->schedule.first.due, x->schedule.offset_us, text)) : NULL;
}

static void print_rights(const struct deployment *x)
{
    size_t missing = need_count(x->needs, "missing"), denied = need_count(x->needs, "denied");
    const char *procedure = x->process->procedure;
    if (x->given)
        printf("%s: %zu rights given; change them with `lt rights`\n", procedure, x->given);
    if (missing)
        printf(
            "%s: %zu of the %zu rights that it needs are missing, and what they would allow is refused: see `lt rights wanted %s`, or"
            " deploy with --grant\n",
            procedure, missing, json_array_size(x->needs), procedure);
    if (denied)
        printf("%s: %zu rights that it needs were revoked or have ended: see `lt rights wanted %s`\n", procedure,
               denied, procedure);
}

static json_t *rights_json(const struct deployment *x)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "needed", (json_int_t)json_array_size(x->needs), "given",
                     (json_int_t)x->given, "missing", (json_int_t)need_count(x->needs, "missing"), "denied",
                     (json_int_t)need_count(x->needs, "denied"));
}

static void print_json(const struct deployment *x, size_t count, bool deployed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:I, s:b, s:O?, s:O?, s:o?, s:o}", "procedure", x[i].process->procedure,
                            "version", (json_int_t)x[i].version, "before", (json_int_t)x[i].version_before, "deployed",
                            (int)(deployed && !x[i].already), "difference", x[i].difference, "running", x[i].running,
                            "begins", first_begin(&x[i]), "rights", rights_json(&x[i])));
    json_dumpf(list, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(list);
}

static void print_done(const struct deployment *x, const struct options *o, bool deployed)
{
    if (o->json) {
        print_json(x, o->count, deployed);
        return;
    }
    for (size_t i = 0; i < o->count; i++) {
        printf("%s version %lld%s\n", x[i].process->procedure, (long long)x[i].version,
               x[i].already ? " is already deployed"
               : deployed   ? " deployed"
                            : " is not deployed");
        if (deployed || o->dry_run)
            print_schedule(&x[i]);
        print_rights(&x[i]);
    }
}

/* On a terminal a person decides; other deployments wait meanwhile, routers do not. */
static bool agreed(const struct deployment *x, const struct options *o)
{
    char line[16] = "";
    bool changes = false;
    for (size_t i = 0; i < o->count; i++) {
        changes |= !x[i].already && x[i].version_before > 0;
        if (!o->json)
            print_plan(&x[i]);
    }
    if (o->dry_run || !changes || o->yes || !isatty(STDIN_FILENO))
        return !o->dry_run;
    printf("Deploy? [y/N] ");
    fflush(stdout);
    return fgets(line, sizeof(line), stdin) && (line[0] == 'y' || line[0] == 'Y');
}

static enum fault_code settle_rights(struct database *d, struct deployment *x, const struct options *o, bool deployed,
                                     struct fault *f)
{
    char reason[80];
    struct instant now = system_now();
    enum fault_code code = need_list(d, x->process, now, &x->needs, f);
    snprintf(reason, sizeof(reason), "given with the deployment of version %lld", (long long)x->version);
    if (code != FAULT_NONE || !o->grant || !deployed)
        return code;
    return need_grant(d, x->process, x->needs, now, "lt deploy --grant", reason, &x->given, f);
}

/* Compiled under the lock, so that what is called is the newest until all is done. */
static enum fault_code deploy(struct database *d, struct deployment *x, const struct options *o,
                              struct bpmn_files *files, bool *ret_deployed, struct fault *f)
{
    const struct bpmn_library deployed = {.find = find_deployed, .context = d};
    enum fault_code code = database_begin(d, f);
    if (code == FAULT_NONE)
        code = database_run(d, lock_sql, NULL, NULL, f);
    if (code == FAULT_NONE)
        code = calendar_known(d, x, f);
    if (code == FAULT_NONE)
        code = compile_all(x, o->count, bpmn_files_library(files, &deployed, false), f);
    for (size_t i = 0; code == FAULT_NONE && i < o->count; i++)
        code = deploy_one(d, &x[i], f);
    *ret_deployed = code == FAULT_NONE && agreed(x, o);
    for (size_t i = 0; code == FAULT_NONE && *ret_deployed && i < o->count; i++) /* a person may have taken his time: */
        if (!x[i].already)                                                       /* routers wait for its row only now */
            code = schedule_deploy(d, x[i].process, &x[i].schedule, f);
    for (size_t i = 0; code == FAULT_NONE && i < o->count; i++)
        code = settle_rights(d, &x[i], o, *ret_deployed, f);
    *ret_deployed &= code == FAULT_NONE;
    if (*ret_deployed)
        code = database_commit(d, f);
    if (code != FAULT_NONE || !*ret_deployed)
        database_rollback(d);
    return code;
}

static enum fault_code read_all(struct deployment *x, const struct options *o, struct bpmn_files *files,
                                struct fault *f)
{
    for (size_t i = 0; i < o->count; i++) {
        x[i] = (struct deployment){.path = o->words[i], .calendar = o->calendar, .source = BUFFER(BPMN_SIZE_MAX)};
        arena_init(&x[i].arena, DEPLOY_ARENA_SIZE_MAX);
    }
    for (size_t i = 0; i < o->count; i++)
        if (file_read(x[i].path, &x[i].source, f) != FAULT_NONE ||
            bpmn_files_add(files, x[i].path, buffer_bytes(&x[i].source), f) != FAULT_NONE)
            return f->code;
    return FAULT_NONE;
}

int deploy_main(int argc, char **argv)
{
    struct options o;
    int status;
    if (!options_take(argc, argv, deploy_usage, &o, &status))
        return status;
    if (o.count == 0 || !o.calendar) {
        fputs(deploy_usage, stderr);
        return 2;
    }
    struct fault f;
    struct deployment *x = memory_array(o.count, sizeof(*x));
    struct bpmn_files *files = bpmn_files_new();
    OWNED(database) d = NULL;
    bool deployed = false;
    bool done = read_all(x, &o, files, &f) == FAULT_NONE && options_database(&o, &d, &f) == FAULT_NONE &&
                deploy(d, x, &o, files, &deployed, &f) == FAULT_NONE;
    if (done)
        print_done(x, &o, deployed);
    for (size_t i = 0; i < o.count; i++) {
        json_decref(x[i].difference);
        json_decref(x[i].running);
        json_decref(x[i].needs);
        buffer_clear(&x[i].source);
        arena_clear(&x[i].arena);
    }
    bpmn_files_free(files);
    memory_cleanup(&x);
    if (!done)
        return options_failed("deploy", &f);
    return deployed || o.dry_run ? 0 : 1; /* a person said no */
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
        migration_run(d, migrations, LENGTH(migrations), &applied, &f) != FAULT_NONE ||
        (o.service && grants_apply(d, "public", grants_sql, o.service, &f) != FAULT_NONE))
        return options_failed("migrate", &f);
    printf("%d script%s applied\n", applied, applied == 1 ? "" : "s");
    return 0;
}
