#include "web/account.h"

#include "base/system.h"
#include "base/text.h"
#include "trust/password.h"
#include "web/act.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned role;
} ROLES[] = {{"observer", ACCOUNT_OBSERVER},
             {"operator", ACCOUNT_OPERATOR},
             {"security-officer", ACCOUNT_SECURITY_OFFICER},
             {"administrator", ACCOUNT_ADMINISTRATOR},
             {"desk", ACCOUNT_DESK}};

static unsigned role_of(const char *word, size_t size)
{
    for (size_t i = 0; i < LENGTH(ROLES); i++)
        if (strlen(ROLES[i].name) == size && memcmp(ROLES[i].name, word, size) == 0)
            return ROLES[i].role;
    return 0;
}

enum fault_code account_roles_parse(const char *text, unsigned *ret, struct fault *f)
{
    unsigned roles = 0;
    while (*text) {
        size_t size = strcspn(text, ",");
        unsigned role = role_of(text, size);
        if (!role)
            return fault_set(f, FAULT_MALFORMED,
                             "\"%.*s\" is no role: observer, operator, security-officer, administrator, desk",
                             (int)(size < 40 ? size : 40), text);
        roles |= role;
        text += size;
        text += *text == ',';
    }
    *ret = roles;
    return FAULT_NONE;
}

void account_roles_print(unsigned roles, char text[ACCOUNT_ROLES_TEXT_SIZE])
{
    size_t size = 0;
    *text = '\0';
    for (size_t i = 0; i < LENGTH(ROLES); i++)
        if (roles & ROLES[i].role)
            size +=
                (size_t)snprintf(text + size, ACCOUNT_ROLES_TEXT_SIZE - size, "%s%s", size ? "," : "", ROLES[i].name);
}

static bool name_good(const char *name)
{
    size_t size = strlen(name);
    bool good = size >= 2 && size < ACCOUNT_NAME_SIZE && *name >= 'a' && *name <= 'z';
    for (size_t i = 0; good && i < size; i++)
        good = (name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') || strchr("._-", name[i]);
    return good;
}

static bool full_name_good(const char *name)
{
    size_t characters = 0;
    if (!text_is_utf8(bytes_of_text(name)))
        return false;
    for (const char *c = name; *c; c++) {
        if (text_hidden(c))
            return false;
        characters += ((unsigned char)*c & 0xC0) != 0x80;
    }
    return characters >= 1 && characters <= 100;
}

static enum fault_code digest_password(const char *password, char ret[PASSWORD_STORED_SIZE], struct fault *f)
{
    uint8_t salt[PASSWORD_SALT_SIZE];
    system_random(salt, sizeof(salt));
    return password_digest(password, salt, ret, f);
}

static enum fault_code record(struct database *d, const char *what, const char *name, const struct account_actor *by,
                              struct fault *f)
{
    const struct act act = {by->who, by->source, what, name, "done"};
    return act_record(d, &act, by->now, f);
}

enum fault_code account_add(struct database *d, const struct account *a, const char *password,
                            const struct account_actor *by, struct fault *f)
{
    static const char sql[] = "INSERT INTO account.person (name, full_name, password, roles, created_at, changed_at) "
                              "VALUES ($1, $2, $3, $4, $5, $5)";
    char stored[PASSWORD_STORED_SIZE];
    if (!name_good(a->name))
        return fault_set(f, FAULT_MALFORMED,
                         "an account's name has 2 to 20 characters: a letter a to z, then letters, digits, \".\", "
                         "\"_\", \"-\"");
    if (!full_name_good(a->full_name))
        return fault_set(f, FAULT_MALFORMED, "the full name has 1 to 100 characters, and no control character");
    if (!a->roles)
        return fault_set(f, FAULT_MALFORMED, "an account has at least one role");
    if (digest_password(password, stored, f))
        return f->code;
    OWNED(parameters) p = parameters_new();
    parameters_text(p, a->name);
    parameters_text(p, a->full_name);
    parameters_text(p, stored);
    parameters_integer(p, a->roles);
    parameters_instant(p, by->now);
    enum fault_code code = database_begin(d, f);
    if (!code && database_run(d, sql, p, NULL, f))
        code = f->code == FAULT_CONFLICT ? fault_set(f, FAULT_CONFLICT, "there is an account \"%s\" already", a->name)
                                         : f->code;
    if (!code)
        code = record(d, "account add", a->name, by, f);
    return database_end(d, code, f);
}

/* SQL changes the row of NAME ($1, with the time as $2); VALUE's parameters follow in P. */
static enum fault_code change(struct database *d, const char *sql, const struct parameters *p, const char *name,
                              const char *what, const struct account_actor *by, struct fault *f)
{
    static const char end_sessions[] = "DELETE FROM account.session WHERE name = $1";
    OWNED(rows) rows = NULL;
    OWNED(parameters) of = parameters_new();
    parameters_text(of, name);
    enum fault_code code = database_begin(d, f);
    if (!code)
        code = database_run(d, sql, p, &rows, f);
    if (!code && rows_affected(rows) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "there is no account \"%s\"", name);
    if (!code)
        code = database_run(d, end_sessions, of, NULL, f);
    if (!code)
        code = record(d, what, name, by, f);
    return database_end(d, code, f);
}

static struct parameters *change_of(const char *name, const struct account_actor *by)
{
    struct parameters *p = parameters_new();
    parameters_text(p, name);
    parameters_instant(p, by->now);
    return p;
}

enum fault_code account_set_password(struct database *d, const char *name, const char *password,
                                     const struct account_actor *by, struct fault *f)
{
    static const char sql[] = "UPDATE account.person SET password = $3, changed_at = $2, failures = 0, "
                              "pause_until = NULL WHERE name = $1";
    char stored[PASSWORD_STORED_SIZE];
    if (digest_password(password, stored, f))
        return f->code;
    OWNED(parameters) p = change_of(name, by);
    parameters_text(p, stored);
    return change(d, sql, p, name, "account passwd", by, f);
}

enum fault_code account_set_locked(struct database *d, const char *name, bool locked, const struct account_actor *by,
                                   struct fault *f)
{
    static const char sql[] = "UPDATE account.person SET locked = $3, changed_at = $2, failures = 0, "
                              "pause_until = NULL WHERE name = $1";
    OWNED(parameters) p = change_of(name, by);
    parameters_yes(p, locked);
    return change(d, sql, p, name, locked ? "account lock" : "account unlock", by, f);
}

enum fault_code account_set_roles(struct database *d, const char *name, unsigned roles, const struct account_actor *by,
                                  struct fault *f)
{
    static const char sql[] = "UPDATE account.person SET roles = $3, changed_at = $2 WHERE name = $1";
    char text[ACCOUNT_ROLES_TEXT_SIZE], what[ACCOUNT_ROLES_TEXT_SIZE + 20];
    if (!roles)
        return fault_set(f, FAULT_MALFORMED, "an account has at least one role; lock it instead");
    account_roles_print(roles, text);
    snprintf(what, sizeof(what), "account roles %s", text);
    OWNED(parameters) p = change_of(name, by);
    parameters_integer(p, roles);
    return change(d, sql, p, name, what, by, f);
}

enum fault_code account_list(struct database *d, struct rows **ret, struct fault *f)
{
    static const char sql[] = "SELECT name, full_name, roles, locked, failures, pause_until, login_at "
                              "FROM account.person ORDER BY name";
    return database_run(d, sql, NULL, ret, f);
}
