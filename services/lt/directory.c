#include "directory.h"
#include "base/config.h"
#include "base/system.h"
#include "base/text.h"
#include "options.h"
#include "trust/curve.h"
#include "trust/key.h"
#include <stdio.h>
#include <string.h>

#define ROLE_SIZE_MAX 100

static const char usage[] =
    "usage: lt agencies apply FILE.yaml --database CONNECTION\n"
    "       lt agencies list --database CONNECTION\n"
    "\n"
    "FILE.yaml:\n"
    "  authorities: [ca.pem]\n"
    "  agencies:\n"
    "    - code: 000.02.01.H58\n"
    "      name: Land registry of the province\n"
    "      roles: land land-archive@district-1      # role, or role@jurisdiction, separated by spaces\n"
    "      certificate: keys/000.02.01.H58/sign.pem keys/000.02.01.H58/encrypt.pem\n"
    "      curve: keys/000.02.01.H58/curve.pub\n"
    "      paused: no                               # yes: nothing is delivered to it\n"
    "File names are relative to the file. Applying it again changes nothing. Roles that it names no more end now.\n";

static const char *const entry_keys[] = {"code", "name", "roles", "certificate", "curve", "paused", NULL};
static const struct config_row rows_of_file[] = {
    {.key = "authorities", .type = CONFIG_LIST, .standard = "[]", .help = "certificates of authorities (PEM)"},
    {.key = "agencies", .type = CONFIG_LIST, .standard = "[]", .entry_keys = entry_keys, .help = "agencies"},
    {0}};

static const char lock_sql[] = "SELECT version FROM directory_version FOR UPDATE";
static const char raise_sql[] = "UPDATE directory_version SET version = version + 1";
static const char authority_sql[] =
    "INSERT INTO authority (key_id, certificate) VALUES ($1, $2) ON CONFLICT (key_id) DO UPDATE"
    " SET certificate = excluded.certificate WHERE authority.certificate <> excluded.certificate";
static const char find_sql[] =
    "SELECT agency FROM agency_code WHERE code = $1 AND valid_from <= $2 AND $2 < valid_until LIMIT 1";
static const char insert_sql[] = "INSERT INTO agency (name, paused) VALUES ($1, $2) RETURNING id";
static const char code_sql[] = "INSERT INTO agency_code (code, agency) VALUES ($1, $2)";
static const char update_sql[] =
    "UPDATE agency SET name = $2, paused = $3 WHERE id = $1 AND (name, paused) IS DISTINCT FROM ($2, $3)";
static const char key_sql[] =
    "INSERT INTO agency_key (key_id, agency, purpose, certificate, valid_from, valid_until)"
    " VALUES ($1, $2, $6, $3, $4, $5) ON CONFLICT (key_id) DO UPDATE SET certificate = excluded.certificate,"
    " valid_from = excluded.valid_from, valid_until = excluded.valid_until"
    " WHERE agency_key.agency = excluded.agency AND agency_key.certificate <> excluded.certificate";
static const char key_owner_sql[] = "SELECT agency FROM agency_key WHERE key_id = $1";
static const char curve_sql[] =
    "INSERT INTO agency_curve (curve, agency) VALUES ($1, $2) ON CONFLICT (curve) DO NOTHING";
static const char curve_owner_sql[] = "SELECT agency FROM agency_curve WHERE curve = $1";
/* What the agency never had holds from ever; what it had before and gets again, from now. */
static const char roles_sql[] =
    "INSERT INTO agency_role (role, jurisdiction, agency, valid_from)"
    " SELECT q.role, q.jurisdiction, $1::int, CASE WHEN EXISTS (SELECT FROM agency_role o WHERE o.agency = $1::int"
    "   AND o.role = q.role AND o.jurisdiction = q.jurisdiction) THEN $4::timestamptz ELSE '-infinity' END"
    " FROM unnest($2::text[], $3::text[]) AS q (role, jurisdiction)"
    " WHERE NOT EXISTS (SELECT FROM agency_role r WHERE r.agency = $1::int AND r.role = q.role"
    "   AND r.jurisdiction = q.jurisdiction AND r.valid_from <= $4::timestamptz AND $4::timestamptz < r.valid_until)";
static const char roles_end_sql[] =
    "UPDATE agency_role r SET valid_until = $4::timestamptz WHERE r.agency = $1::int AND r.valid_until > $4::timestamptz"
    " AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[]) AS q (role, jurisdiction)"
    "   WHERE q.role = r.role AND q.jurisdiction = r.jurisdiction)";
static const char list_sql[] =
    "SELECT coalesce(c.code, ''), a.name, a.paused,"
    " coalesce((SELECT string_agg(r.role || CASE WHEN r.jurisdiction = '' THEN '' ELSE '@' || r.jurisdiction END, ' '"
    "   ORDER BY r.role, r.jurisdiction) FROM agency_role r WHERE r.agency = a.id AND r.valid_from <= now()"
    "   AND now() < r.valid_until), ''),"
    " (SELECT max(k.valid_until) FROM agency_key k WHERE k.agency = a.id AND k.revoked_at IS NULL)"
    " FROM agency a LEFT JOIN agency_code c ON c.agency = a.id AND c.valid_from <= now() AND now() < c.valid_until"
    " ORDER BY 1, a.id";

struct apply {
    struct database *database;
    const struct config *config;
    struct instant now;
    int64_t changes;
};

/* Runs SQL and counts what it changed. */
static enum fault_code change(struct apply *a, const char *sql, const struct parameters *p, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(a->database, sql, p, &rows, f);
    if (code == FAULT_NONE)
        a->changes += rows_affected(rows);
    return code;
}

static enum fault_code belongs_to(struct apply *a, const char *sql, struct bytes key, int64_t agency, const char *path,
                                  struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_bytes(p, key);
    enum fault_code code = database_run(a->database, sql, p, &rows, f);
    if (code == FAULT_NONE && rows_count(rows) && rows_integer(rows, 0, 0) != agency)
        code = fault_set(f, FAULT_CONFLICT, "%s: this key is another agency's already", path);
    return code;
}

static enum fault_code apply_authorities(struct apply *a, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < config_count(a->config, "authorities") && code == FAULT_NONE; i++) {
        OWNED_MEMORY char *path = config_file_path(a->config, config_entry(a->config, "authorities", i, NULL));
        struct certificate *certificate = NULL;
        OWNED(parameters) p = parameters_new();
        code = certificate_load(path, &certificate, f);
        if (code != FAULT_NONE)
            return code;
        struct digest id = certificate_key_id(certificate);
        parameters_bytes(p, digest_bytes(&id));
        parameters_bytes(p, certificate_der(certificate));
        code = change(a, authority_sql, p, f);
        certificate_free(certificate);
    }
    return code;
}

static enum fault_code find_agency(struct apply *a, const char *agency_code, const char *name, bool paused,
                                   int64_t *ret, struct fault *f)
{
    OWNED(rows) found = NULL;
    OWNED(rows) made = NULL;
    OWNED(parameters) find = parameters_new();
    parameters_text(find, agency_code);
    parameters_instant(find, a->now);
    enum fault_code code = database_run(a->database, find_sql, find, &found, f);
    if (code != FAULT_NONE)
        return code;
    if (rows_count(found)) {
        *ret = rows_integer(found, 0, 0);
        OWNED(parameters) update = parameters_new();
        parameters_integer(update, *ret);
        parameters_text(update, name);
        parameters_yes(update, paused);
        return change(a, update_sql, update, f);
    }
    OWNED(parameters) insert = parameters_new();
    parameters_text(insert, name);
    parameters_yes(insert, paused);
    code = database_run(a->database, insert_sql, insert, &made, f);
    if (code != FAULT_NONE)
        return code;
    *ret = rows_integer(made, 0, 0);
    OWNED(parameters) p = parameters_new();
    parameters_text(p, agency_code);
    parameters_integer(p, *ret);
    return change(a, code_sql, p, f);
}

static enum fault_code apply_certificate(struct apply *a, int64_t agency, const char *agency_code, const char *path,
                                         struct fault *f)
{
    struct certificate *c = NULL;
    enum fault_code code = certificate_load(path, &c, f);
    if (code != FAULT_NONE)
        return code;
    struct digest id = certificate_key_id(c);
    OWNED(parameters) p = parameters_new();
    parameters_bytes(p, digest_bytes(&id));
    parameters_integer(p, agency);
    parameters_bytes(p, certificate_der(c));
    parameters_instant(p, certificate_from(c));
    parameters_instant(p, certificate_until(c));
    parameters_text(p, certificate_is_for(c, CERTIFICATE_ENCRYPTS) ? "encrypt" : "sign");
    if (!text_equal(certificate_agency(c), agency_code))
        code = fault_set(f, FAULT_CONFLICT, "%s: the certificate names agency %s, not %s", path, certificate_agency(c),
                         agency_code);
    if (code == FAULT_NONE)
        code = belongs_to(a, key_owner_sql, digest_bytes(&id), agency, path, f);
    if (code == FAULT_NONE)
        code = change(a, key_sql, p, f);
    certificate_free(c);
    return code;
}

static enum fault_code apply_curve(struct apply *a, int64_t agency, const char *path, struct fault *f)
{
    char text[Z85_TEXT_SIZE];
    uint8_t key[32];
    enum fault_code code = curve_load_public(path, text, f);
    if (code == FAULT_NONE)
        code = z85_decode(text, key) ? FAULT_NONE : fault_set(f, FAULT_MALFORMED, "%s: not a Z85 key", path);
    if (code == FAULT_NONE)
        code = belongs_to(a, curve_owner_sql, BYTES(key, sizeof(key)), agency, path, f);
    if (code != FAULT_NONE)
        return code;
    OWNED(parameters) p = parameters_new();
    parameters_bytes(p, BYTES(key, sizeof(key)));
    parameters_integer(p, agency);
    return change(a, curve_sql, p, f);
}

/* "role" or "role@jurisdiction", separated by spaces. */
static enum fault_code read_roles(const char *text, struct column *roles, struct column *jurisdictions, struct fault *f)
{
    OWNED_MEMORY char *copy = memory_text(text);
    char *rest = copy;
    for (char *word; (word = strsep(&rest, " \t\n"));) {
        if (!*word)
            continue;
        char *at = strchr(word, '@');
        if (strlen(word) > ROLE_SIZE_MAX || at == word || (at && !at[1]))
            return fault_set(f, FAULT_CONFIG, "roles: cannot read \"%.120s\"; want role or role@jurisdiction", word);
        if (at)
            *at = '\0';
        column_text(roles, word);
        column_text(jurisdictions, at ? at + 1 : "");
    }
    return FAULT_NONE;
}

static enum fault_code apply_roles(struct apply *a, int64_t agency, const char *text, struct fault *f)
{
    OWNED(column) roles = column_new(COLUMN_TEXT);
    OWNED(column) jurisdictions = column_new(COLUMN_TEXT);
    OWNED(parameters) p = parameters_new();
    enum fault_code code = read_roles(text, roles, jurisdictions, f);
    if (code != FAULT_NONE)
        return code;
    parameters_integer(p, agency);
    parameters_column(p, roles);
    parameters_column(p, jurisdictions);
    parameters_instant(p, a->now);
    code = change(a, roles_end_sql, p, f);
    return code == FAULT_NONE ? change(a, roles_sql, p, f) : code;
}

/* Each of the file names in TEXT, separated by spaces. */
static enum fault_code apply_files(struct apply *a, int64_t agency, const char *agency_code, const char *text,
                                   bool curve, struct fault *f)
{
    OWNED_MEMORY char *copy = memory_text(text ? text : "");
    char *rest = copy;
    enum fault_code code = FAULT_NONE;
    for (char *word; code == FAULT_NONE && (word = strsep(&rest, " \t\n"));) {
        if (!*word)
            continue;
        OWNED_MEMORY char *path = config_file_path(a->config, word);
        code = curve ? apply_curve(a, agency, path, f) : apply_certificate(a, agency, agency_code, path, f);
    }
    return code;
}

static enum fault_code apply_agency(struct apply *a, size_t index, struct fault *f)
{
    const char *field[6];
    int64_t agency = 0;
    for (size_t i = 0; i < LENGTH(field); i++)
        field[i] = config_entry(a->config, "agencies", index, entry_keys[i]);
    const char *agency_code = field[0], *name = field[1], *paused = field[5];
    if (text_empty(agency_code) || text_empty(name))
        return fault_set(f, FAULT_CONFIG, "agency %zu of the file has no code or no name", index + 1);
    if (paused && !text_equal(paused, "yes") && !text_equal(paused, "no"))
        return fault_set(f, FAULT_CONFIG, "agency %s: paused is \"%s\"; want yes or no", agency_code, paused);
    enum fault_code code = find_agency(a, agency_code, name, text_equal(paused, "yes"), &agency, f);
    if (code == FAULT_NONE)
        code = apply_roles(a, agency, field[2] ? field[2] : "", f);
    if (code == FAULT_NONE)
        code = apply_files(a, agency, agency_code, field[3], false, f);
    if (code == FAULT_NONE)
        code = apply_files(a, agency, agency_code, field[4], true, f);
    return code == FAULT_NONE ? FAULT_NONE : fault_wrap(f, "agency %s", agency_code);
}

static enum fault_code apply_all(struct apply *a, struct fault *f)
{
    enum fault_code code = database_begin(a->database, f);
    if (code == FAULT_NONE)
        code = database_run(a->database, lock_sql, NULL, NULL, f);
    if (code == FAULT_NONE)
        code = apply_authorities(a, f);
    for (size_t i = 0; i < config_count(a->config, "agencies") && code == FAULT_NONE; i++)
        code = apply_agency(a, i, f);
    if (code == FAULT_NONE && a->changes)
        code = database_run(a->database, raise_sql, NULL, NULL, f);
    if (code == FAULT_NONE)
        code = database_commit(a->database, f);
    if (code != FAULT_NONE)
        database_rollback(a->database);
    return code;
}

static int apply_main(struct database *d, const char *path)
{
    struct fault f;
    struct config *config = NULL;
    if (config_load(path, rows_of_file, &config, &f) != FAULT_NONE)
        return options_failed("agencies", &f);
    struct apply a = {.database = d, .config = config, .now = system_now()};
    enum fault_code code = apply_all(&a, &f);
    size_t count = config_count(config, "agencies");
    config_free(config);
    if (code != FAULT_NONE)
        return options_failed("agencies", &f);
    printf("%zu agencies, %lld changes\n", count, (long long)a.changes);
    return 0;
}

static int list_main(struct database *d)
{
    struct fault f;
    OWNED(rows) rows = NULL;
    if (database_run(d, list_sql, NULL, &rows, &f) != FAULT_NONE)
        return options_failed("agencies", &f);
    for (int i = 0; i < rows_count(rows); i++) {
        char until[INSTANT_TEXT_SIZE] = "no key";
        if (!rows_null(rows, i, 4))
            instant_print(rows_instant(rows, i, 4), until);
        printf("%-24s %-32s %-9s key until %-28s %s\n", rows_text(rows, i, 0), rows_text(rows, i, 1),
               rows_yes(rows, i, 2) ? "paused" : "", until, rows_text(rows, i, 3));
    }
    return 0;
}

int agencies_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool apply = o.count == 2 && text_equal(o.words[0], "apply");
    if (!apply && !(o.count == 1 && text_equal(o.words[0], "list"))) {
        fputs(usage, stderr);
        return 2;
    }
    OWNED(database) d = NULL;
    if (options_database(&o, &d, &f) != FAULT_NONE)
        return options_failed("agencies", &f);
    return apply ? apply_main(d, o.words[1]) : list_main(d);
}
