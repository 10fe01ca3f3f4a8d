#include "calendar_deploy.h"
#include "base/text.h"
#include "calendar.h"
#include "file.h"
#include "options.h"
#include "workflow/calendar.h"
#include <stdio.h>
#include <stdlib.h>

static const char usage[] = "usage: lt calendar deploy FILE.yaml… --database CONNECTION\n"
                            "       lt calendar list --database CONNECTION\n"
                            "\n"
                            "A deployed version never changes: give another content another version.\n";

static const char insert_sql[] =
    "INSERT INTO calendar (id, version, packed) VALUES ($1, $2, $3) ON CONFLICT (id, version) DO NOTHING";
static const char same_sql[] = "SELECT packed = $3 FROM calendar WHERE id = $1 AND version = $2";
static const char raise_sql[] = "UPDATE directory_version SET version = version + 1";
static const char list_sql[] = "SELECT id, version, deployed_at FROM calendar ORDER BY id, version";

static enum fault_code insert(struct database *d, const struct parameters *p, bool *ret_new, struct fault *f)
{
    OWNED(rows) inserted = NULL;
    OWNED(rows) same = NULL;
    enum fault_code code = database_run(d, insert_sql, p, &inserted, f);
    if (code == FAULT_NONE && rows_affected(inserted)) {
        *ret_new = true;
        return database_run(d, raise_sql, NULL, NULL, f);
    }
    if (code == FAULT_NONE)
        code = database_run(d, same_sql, p, &same, f);
    if (code == FAULT_NONE && (!rows_count(same) || !rows_yes(same, 0, 0)))
        code = fault_set(f, FAULT_CONFLICT, "this version is deployed with another content; raise `version`");
    return code;
}

static enum fault_code deploy_file(struct database *d, const char *path, struct fault *f)
{
    OWNED_BUFFER yaml = BUFFER(CALENDAR_TEXT_SIZE_MAX);
    OWNED_BUFFER packed = BUFFER(1 << 20);
    OWNED_MEMORY char *id = NULL;
    uint32_t version = 0;
    struct calendar *checked = NULL;
    bool fresh = false;
    enum fault_code code = file_read(path, &yaml, f);
    if (code != FAULT_NONE)
        return code;
    code = calendar_compile(buffer_bytes(&yaml), &packed, &id, &version, f);
    if (code == FAULT_NONE)
        code = calendar_unpack(buffer_bytes(&packed), &checked, f);
    calendar_free(checked);
    if (code != FAULT_NONE)
        return fault_wrap(f, "%s", path);
    OWNED(parameters) p = parameters_new();
    parameters_text(p, id);
    parameters_integer(p, version);
    parameters_bytes(p, buffer_bytes(&packed));
    code = database_begin(d, f);
    if (code == FAULT_NONE)
        code = insert(d, p, &fresh, f);
    if (code == FAULT_NONE)
        code = database_commit(d, f);
    if (code != FAULT_NONE) {
        database_rollback(d);
        return fault_wrap(f, "%s: calendar %s version %u", path, id, version);
    }
    printf("calendar %s version %u%s\n", id, version, fresh ? " deployed" : " is already deployed");
    return FAULT_NONE;
}

static enum fault_code list(struct database *d, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, list_sql, NULL, &rows, f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
        char at[INSTANT_TEXT_SIZE];
        instant_print(rows_instant(rows, i, 2), at);
        printf("%-20s version %lld, deployed %s\n", rows_text(rows, i, 0), (long long)rows_integer(rows, i, 1), at);
    }
    return code;
}

int calendar_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool deploy = o.count >= 2 && text_equal(o.words[0], "deploy");
    if (!deploy && !(o.count == 1 && text_equal(o.words[0], "list"))) {
        fputs(usage, stderr);
        return 2;
    }
    OWNED(database) d = NULL;
    if (options_database(&o, &d, &f) != FAULT_NONE || (!deploy && list(d, &f) != FAULT_NONE))
        return options_failed("calendar", &f);
    for (size_t i = 1; i < o.count; i++)
        if (deploy_file(d, o.words[i], &f) != FAULT_NONE)
            return options_failed("calendar", &f);
    return 0;
}
