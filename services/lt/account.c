#include "account.h"
#include "audit.h"

#include "base/system.h"
#include "base/text.h"
#include "options.h"
#include "trust/password.h"
#include "web/account.h"
#include "web/act.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define ACTS_STANDARD 100
#define ACTS_MAX 100000

static const char usage[] =
    "usage: lt account add NAME --full-name NAME --roles ROLES --database CONNECTION\n"
    "       lt account passwd NAME --database CONNECTION\n"
    "       lt account lock|unlock NAME --database CONNECTION\n"
    "       lt account roles NAME --roles ROLES --database CONNECTION\n"
    "       lt account list --database CONNECTION [--json]\n"
    "       lt account audit --database CONNECTION [--limit N] [--json]\n"
    "\n"
    "  add     a new account; the password is read from the terminal without echo, or is the first line of standard input\n"
    "  passwd  another password; ends the account's sessions and its pause\n"
    "  lock    nobody logs in to it any more; its sessions end. unlock also ends a pause after wrong passwords\n"
    "  roles   other roles in place of those it has; its sessions end\n"
    "  list    all accounts\n"
    "  audit   the record of logins, refusals, changes of accounts and acts of officers, newest first\n"
    "\n"
    "  --full-name NAME       as it stands in dossiers\n"
    "  --roles ROLES          separated by commas: observer, operator, security-officer, administrator, desk\n"
    "  --database CONNECTION  of the service whose accounts they are (or LIENTHONG_DATABASE)\n"
    "  --limit N              of audit: so many lines (default 100)\n";

/* --- The password ------------------------------------------------------------------------------------------------- */

static bool read_line(char line[PASSWORD_SIZE_MAX + 2])
{
    if (!fgets(line, PASSWORD_SIZE_MAX + 2, stdin))
        return false;
    size_t size = strcspn(line, "\n");
    bool whole = line[size] == '\n' || feof(stdin);
    line[size] = '\0';
    return whole;
}

static bool ask(const char *question, char line[PASSWORD_SIZE_MAX + 2])
{
    struct termios before, silent;
    fputs(question, stderr);
    if (tcgetattr(STDIN_FILENO, &before))
        return false;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent))
        return false;
    bool good = read_line(line);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return good;
}

static enum fault_code read_password(char ret[PASSWORD_SIZE_MAX + 2], struct fault *f)
{
    char again[PASSWORD_SIZE_MAX + 2] = "";
    if (!isatty(STDIN_FILENO))
        return read_line(ret) ? FAULT_NONE
                              : fault_set(f, FAULT_MALFORMED,
                                          "the password, one line of at most %d bytes, is expected "
                                          "on standard input",
                                          PASSWORD_SIZE_MAX);
    bool good = ask("Password: ", ret) && ask("Again: ", again);
    bool same = good && text_equal(ret, again);
    OPENSSL_cleanse(again, sizeof(again));
    if (!good)
        return fault_set(f, FAULT_MALFORMED, "no password of at most %d bytes was given", PASSWORD_SIZE_MAX);
    return same ? FAULT_NONE : fault_set(f, FAULT_MALFORMED, "the two passwords differ");
}

/* --- Actions ------------------------------------------------------------------------------------------------------ */

struct job {
    struct database *d;
    const struct options *o;
    const char *name;
    struct account_actor by;
    unsigned roles;
};

static enum fault_code do_add(struct job *j, struct fault *f)
{
    char password[PASSWORD_SIZE_MAX + 2] = "";
    struct account a = {.roles = j->roles};
    if (strlen(j->name) >= sizeof(a.name) || strlen(j->o->full_name) >= sizeof(a.full_name))
        return fault_set(f, FAULT_MALFORMED, "the name is too long");
    text_copy(a.name, sizeof(a.name), j->name);
    text_copy(a.full_name, sizeof(a.full_name), j->o->full_name);
    enum fault_code code = read_password(password, f);
    if (!code)
        code = account_add(j->d, &a, password, &j->by, f);
    OPENSSL_cleanse(password, sizeof(password));
    return code;
}

static enum fault_code do_passwd(struct job *j, struct fault *f)
{
    char password[PASSWORD_SIZE_MAX + 2] = "";
    enum fault_code code = read_password(password, f);
    if (!code)
        code = account_set_password(j->d, j->name, password, &j->by, f);
    OPENSSL_cleanse(password, sizeof(password));
    return code;
}

static enum fault_code do_lock(struct job *j, struct fault *f)
{
    return account_set_locked(j->d, j->name, true, &j->by, f);
}

static enum fault_code do_unlock(struct job *j, struct fault *f)
{
    return account_set_locked(j->d, j->name, false, &j->by, f);
}

static enum fault_code do_roles(struct job *j, struct fault *f)
{
    return account_set_roles(j->d, j->name, j->roles, &j->by, f);
}

/* A table as it is printed: its columns by name, in the order of the query. */
enum shown { SHOWN_TEXT, SHOWN_NUMBER, SHOWN_ROLES, SHOWN_YES, SHOWN_TIME };
struct column_shown {
    const char *name;
    enum shown as;
};

static json_t *cell(const struct rows *rows, int row, int column, enum shown as)
{
    char text[ACCOUNT_ROLES_TEXT_SIZE];
    switch (as) {
    case SHOWN_NUMBER: return json_integer(rows_integer(rows, row, column));
    case SHOWN_YES: return json_boolean(rows_yes(rows, row, column));
    case SHOWN_ROLES: account_roles_print((unsigned)rows_integer(rows, row, column), text); return json_string(text);
    case SHOWN_TIME:
        if (rows_null(rows, row, column))
            return json_null();
        instant_print(rows_instant(rows, row, column), text);
        return json_string(text);
    case SHOWN_TEXT: break;
    }
    return json_string(rows_text(rows, row, column));
}

static void print_cell(const json_t *value)
{
    if (json_is_integer(value))
        printf("%lld", (long long)json_integer_value(value));
    else
        fputs(json_is_string(value) ? json_string_value(value) : json_is_true(value) ? "yes" : "-", stdout);
}

static enum fault_code print_rows(const struct rows *rows, const struct column_shown *columns, size_t count, bool json,
                                  struct fault *f)
{
    json_t *list = json_array();
    for (size_t c = 0; !json && c < count; c++)
        printf("%s%s", columns[c].name, c + 1 < count ? "\t" : "\n");
    for (int i = 0; i < rows_count(rows); i++) {
        json_t *object = json_object();
        for (size_t c = 0; c < count; c++) {
            json_object_set_new(object, columns[c].name, cell(rows, i, (int)c, columns[c].as));
            if (!json)
                print_cell(json_object_get(object, columns[c].name));
            if (!json)
                putchar(c + 1 < count ? '\t' : '\n');
        }
        json_array_append_new(list, object);
    }
    bool good = !json || (json_dumpf(list, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF);
    json_decref(list);
    return good && fflush(stdout) == 0 ? FAULT_NONE : fault_set(f, FAULT_SYSTEM, "standard output cannot be written");
}

static enum fault_code do_list(struct job *j, struct fault *f)
{
    static const struct column_shown columns[] = {
        {"name", SHOWN_TEXT},       {"full_name", SHOWN_TEXT},   {"roles", SHOWN_ROLES},   {"locked", SHOWN_YES},
        {"failures", SHOWN_NUMBER}, {"pause_until", SHOWN_TIME}, {"login_at", SHOWN_TIME},
    };
    OWNED(rows) rows = NULL;
    enum fault_code code = account_list(j->d, &rows, f);
    return code ? code : print_rows(rows, columns, LENGTH(columns), j->o->json, f);
}

static enum fault_code do_audit(struct job *j, struct fault *f)
{
    static const struct column_shown columns[] = {
        {"number", SHOWN_NUMBER}, {"at", SHOWN_TIME},     {"who", SHOWN_TEXT},     {"source", SHOWN_TEXT},
        {"act", SHOWN_TEXT},      {"object", SHOWN_TEXT}, {"outcome", SHOWN_TEXT},
    };
    OWNED(rows) rows = NULL;
    int64_t limit;
    if (!options_number(j->o->limit, 1, ACTS_MAX, ACTS_STANDARD, &limit))
        return fault_set(f, FAULT_MALFORMED, "--limit wants a whole number from 1 to %d", ACTS_MAX);
    enum fault_code code = act_list(j->d, limit, &rows, f);
    return code ? code : print_rows(rows, columns, LENGTH(columns), j->o->json, f);
}

/* --- The command -------------------------------------------------------------------------------------------------- */

static const struct action {
    const char *name;
    enum fault_code (*run)(struct job *j, struct fault *f);
    bool of_one, with_roles, with_full_name;
} actions[] = {
    {"add", do_add, true, true, true},        {"passwd", do_passwd, true, false, false},
    {"lock", do_lock, true, false, false},    {"unlock", do_unlock, true, false, false},
    {"roles", do_roles, true, true, false},   {"list", do_list, false, false, false},
    {"audit", do_audit, false, false, false},
};

static const struct action *action_of(const struct options *o)
{
    for (size_t i = 0; o->count && i < LENGTH(actions); i++) {
        const struct action *a = &actions[i];
        if (text_equal(o->words[0], a->name))
            return o->count == (a->of_one ? 2 : 1) && !!o->roles == a->with_roles && !!o->full_name == a->with_full_name
                       ? a
                       : NULL;
    }
    return NULL;
}

/* What was done is recorded with it. */
static void record_failure(const struct action *a, const struct job *j)
{
    struct fault f = {0};
    char what[40];
    snprintf(what, sizeof(what), "account %s", a->name);
    const struct act act = {j->by.who, j->by.source, what, j->name, "failed"};
    if (act_record(j->d, &act, j->by.now, &f) != FAULT_NONE)
        fprintf(stderr, "lt account: that it failed stands in no record: %s\n", f.text);
}

static enum fault_code run(const struct action *a, struct job *j, struct fault *f)
{
    OWNED(database) d = NULL;
    if (j->o->roles && account_roles_parse(j->o->roles, &j->roles, f))
        return f->code;
    enum fault_code code = options_database(j->o, &d, f);
    j->d = d;
    if (!code)
        code = a->run(j, f);
    if (code && d && a->of_one)
        record_failure(a, j);
    if (code == FAULT_DATABASE)
        fault_wrap(f, "the database of a service that has accounts (intake) and was started once is expected");
    return code;
}

int account_main(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    int status = 0;
    char who[AUDIT_TEXT_SIZE], source[AUDIT_TEXT_SIZE];
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    const struct action *a = action_of(&o);
    if (!a) {
        fprintf(stderr, "lt account: add, passwd, lock, unlock, roles, list or audit, each with what it needs, is "
                        "expected.\nlt account --help tells how it is used.\n");
        return 2;
    }
    audit_actor(who, source);
    struct job j = {.o = &o, .name = a->of_one ? o.words[1] : NULL, .by = {who, source, system_now()}};
    if (run(a, &j, &f))
        return options_failed("account", &f);
    return 0;
}
