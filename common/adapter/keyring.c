#include "adapter/keyring.h"

#include "base/digest.h"
#include "database/sealed.h"

#define MARK "lienthong.vault.mark"

static const char add_sql[] = "INSERT INTO lienthong.vault (mark, index) VALUES ($1, $2) ON CONFLICT DO NOTHING";
static const char find_sql[] = "SELECT mark, index FROM lienthong.vault";
static const char renew_sql[] = "UPDATE lienthong.vault SET mark = $1";

enum fault_code keyring_load(const struct config *c, struct vault **ret, struct fault *f)
{
    const char *path = config_text(c, "vault.keys");
    enum fault_code code = vault_load(path, ret, f);
    return code ? fault_wrap(
                      f, "vault.keys, which personal data in the database is sealed with (a new agency makes it with "
                         "`lt keys vault FOLDER`; otherwise bring back the file that was used before)")
                : FAULT_NONE;
}

static enum fault_code write_mark(struct database *d, const char *sql, bool index, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_sealed_text(p, d, SEALED_AT(MARK, BYTES("", 0)), MARK);
    if (index)
        parameters_index(p, d, MARK, MARK);
    return database_run(d, sql, p, NULL, f);
}

/* The mark opens, and is then sealed anew by the present key: so a program with the file from before a rotation finds out. */
static enum fault_code compare_mark(struct database *d, struct rows *rows, struct fault *f)
{
    struct digest index = sealed_index(d, MARK, MARK);
    enum fault_code code = rows_open(rows, 0, 0, SEALED_AT(MARK, BYTES("", 0)), f);
    if (!code && !bytes_equal(rows_bytes(rows, 0, 1), digest_bytes(&index)))
        code = fault_set(f, FAULT_CONFIG, "the index key is another");
    return code ? code : write_mark(d, renew_sql, false, f);
}

static enum fault_code check_mark(struct database *d, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = write_mark(d, add_sql, true, f);
    if (!code)
        code = database_run(d, find_sql, NULL, &rows, f);
    return code ? code : compare_mark(d, rows, f);
}

enum fault_code keyring_give(const struct config *c, const struct vault *v, struct database *d, struct fault *f)
{
    database_set_vault(d, v);
    enum fault_code code = database_begin(d, f);
    if (!code)
        code = check_mark(d, f);
    code = database_end(d, code, f);
    if (code == FAULT_CONFIG || code == FAULT_UNTRUSTED)
        code =
            fault_set(f, FAULT_CONFIG,
                      "vault.keys: %s is not the file that this database was written with, or is from before its keys "
                      "changed: nothing here could be read. Bring back the right one",
                      config_text(c, "vault.keys"));
    return code;
}
