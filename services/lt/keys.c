#include "keys.h"
#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"
#include "trust/authority.h"
#include "trust/revoked.h"
#include "trust/vault.h"
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STATUS_FAILED 1
#define STATUS_WRONG_USE 2
#define AUTHORITY_DAYS 3650
#define AGENCY_DAYS 365
#define CERTIFICATES_MAX 10000
#define VAULT_FILE "vault.keys"

static const char usage[] =
    "usage: lt keys init FOLDER [--name NAME] [--days N] [--json]\n"
    "       lt keys issue FOLDER --agency CODE --name NAME [--days N] [--algorithm ALGORITHM] [--renew] [--json]\n"
    "       lt keys show FILE.pem [--json]\n"
    "       lt keys list FOLDER [--json]\n"
    "       lt keys revoke FOLDER --agency CODE [--serial N] --reason REASON [--days N]\n"
    "       lt keys suspend FOLDER --agency CODE [--serial N] [--days N]\n"
    "       lt keys resume FOLDER --agency CODE [--serial N] [--days N]\n"
    "       lt keys crl FOLDER [--days N]\n"
    "       lt keys vault FOLDER [--rotate]\n"
    "\n"
    "  init   makes a certificate authority: FOLDER/ca.key (keep it secret), ca.pem, serial\n"
    "  issue  makes FOLDER/CODE/ with sign.key, sign.pem, encrypt.key, encrypt.pem, curve.key, curve.pub; the router's CODE is\n"
    "         \"router\"\n"
    "  show   prints whose certificate it is, its key and how long it is valid\n"
    "  list   prints the certificates of a folder, the first to expire first\n"
    "  revoke   for ever; suspend until resume. Without --serial all certificates of the agency, also those before a renewal.\n"
    "         Each writes FOLDER/ca.crl anew, which the routers read (revocation.list), and FOLDER/revoked: keep a backup of it\n"
    "  crl    writes ca.crl anew, before its time is over: routers refuse messages when their list is too old\n"
    "  vault    makes FOLDER/vault.keys, which an agency's personal data at rest is sealed with (vault.keys of its configuration).\n"
    "         Keep a copy apart from the database's backups: without it nothing can be read. One file for all processes of the agency\n"
    "\n"
    "  --rotate               vault: one more key, with which all is sealed from now on; the others open what is there. Then give the\n"
    "                         file to all processes of the agency and restart them\n"
    "  --name NAME            of the authority (default \"Lienthong\") or of the agency\n"
    "  --days N               how long it is valid (default: authority 3650, agency 365, list of the revoked 7)\n"
    "  --serial N             this certificate only (lt keys list prints the numbers)\n"
    "  --reason REASON        keyCompromise, superseded, affiliationChanged, cessationOfOperation, privilegeWithdrawn or\n"
    "                         unspecified\n"
    "  --algorithm ALGORITHM  p256 (default), ed25519, rsa2048 or rsa3072\n"
    "  --renew                the agency has keys: new signing and encryption keys and certificates; the CURVE keys stay, and the\n"
    "                         old folder stays as FOLDER/.CODE.before-N. Tell the routers the new certificate before the agency restarts\n"
    "  --json                 one JSON value on standard output\n";

struct request {
    const char *action, *place, *agency, *name, *algorithm, *reason;
    uint64_t serial;
    int days;
    bool json, help, renew, rotate;
};

/* --- Arguments ---------------------------------------------------------------------------------------------------- */

static bool wrong(const char *what, const char *which)
{
    fprintf(stderr, "lt keys: %s%s\nlt keys --help tells how it is used.\n", what, which);
    return false;
}

static bool take_days(const char *text, int *ret)
{
    char *end;
    errno = 0;
    long days = strtol(text, &end, 10);
    if (errno || end == text || *end || days < 1 || days > INT_MAX)
        return wrong("--days wants a whole number of days, not ", text);
    *ret = (int)days;
    return true;
}

static bool take_serial(const char *text, uint64_t *ret)
{
    char *end;
    errno = 0;
    unsigned long long serial = strtoull(text, &end, 10);
    if (errno || end == text || *end || text[0] == '-' || serial == 0)
        return wrong("--serial wants a certificate's serial number, not ", text);
    *ret = serial;
    return true;
}

static bool take_option(struct request *r, const char *option, const char *value)
{
    if (!value)
        return wrong("a value is missing after ", option);
    if (text_equal(option, "--days"))
        return take_days(value, &r->days);
    if (text_equal(option, "--serial"))
        return take_serial(value, &r->serial);
    if (text_equal(option, "--agency"))
        r->agency = value;
    else if (text_equal(option, "--name"))
        r->name = value;
    else if (text_equal(option, "--algorithm"))
        r->algorithm = value;
    else if (text_equal(option, "--reason"))
        r->reason = value;
    else
        return wrong("unknown option ", option);
    return true;
}

static bool take_word(struct request *r, const char *word)
{
    if (!r->action)
        r->action = word;
    else if (!r->place)
        r->place = word;
    else
        return wrong("one word too many: ", word);
    return true;
}

static bool take_arguments(struct request *r, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (text_equal(argv[i], "--help") || text_equal(argv[i], "-h")) {
            r->help = true;
            return true;
        }
        if (text_equal(argv[i], "--json")) {
            r->json = true;
        } else if (text_equal(argv[i], "--renew")) {
            r->renew = true;
        } else if (text_equal(argv[i], "--rotate")) {
            r->rotate = true;
        } else if (strncmp(argv[i], "--", 2) == 0) {
            if (!take_option(r, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
                return false;
            i++;
        } else if (!take_word(r, argv[i])) {
            return false;
        }
    }
    if (!r->action)
        return wrong("what shall be done? init, issue, show, list, revoke, suspend, resume, crl or vault", "");
    return r->place || wrong("a folder or file is missing after ", r->action);
}

/* --- Printing ----------------------------------------------------------------------------------------------------- */

static int failed(const struct fault *f)
{
    fprintf(stderr, "lt keys: %s\n", f->text);
    return STATUS_FAILED;
}

static int print_json(json_t *value)
{
    bool good = json_dumpf(value, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF && fflush(stdout) == 0;
    json_decref(value);
    return good ? 0 : STATUS_FAILED;
}

/* A certificate in short. */
struct row {
    char file[PATH_MAX], agency[64], serial[64], key[2 * DIGEST_SIZE + 1], from[INSTANT_TEXT_SIZE],
        until[INSTANT_TEXT_SIZE];
    char state[FAULT_TEXT_SIZE_MAX]; /* "valid" or why not */
    int64_t until_us;
};

static enum fault_code row_load(const char *path, struct instant now, struct row *ret, struct fault *f)
{
    OWNED(certificate) c = NULL;
    enum fault_code code = certificate_load(path, &c, f);
    if (code)
        return code;
    struct digest id = certificate_key_id(c);
    struct fault why;
    *ret = (struct row){.until_us = certificate_until(c).us};
    text_copy(ret->file, sizeof(ret->file), path);
    text_copy(ret->agency, sizeof(ret->agency), certificate_agency(c));
    bytes_to_hex(digest_bytes(&id), ret->key);
    OWNED_MEMORY char *serial = certificate_serial(c);
    text_copy(ret->serial, sizeof(ret->serial), serial);
    instant_print(certificate_from(c), ret->from);
    instant_print(certificate_until(c), ret->until);
    bool valid = certificate_check_time(c, now, &why) == FAULT_NONE;
    text_copy(ret->state, sizeof(ret->state), valid ? "valid" : why.text);
    return FAULT_NONE;
}

static json_t *row_json(const struct row *r)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "file", r->file, "agency", r->agency, "serial", r->serial,
                     "key_id", r->key, "from", r->from, "until", r->until, "state", r->state);
}

static const char *row_agency(const struct row *r)
{
    return r->agency[0] ? r->agency : "(authority)";
}

static int print_row(const struct row *r, bool json)
{
    if (json)
        return print_json(row_json(r));
    printf("file    %s\nagency  %s\nserial  %s\nkey id  %s\nfrom    %s\nuntil   %s\nstate   %s\n", r->file,
           row_agency(r), r->serial, r->key, r->from, r->until, r->state);
    return 0;
}

/* --- Actions ------------------------------------------------------------------------------------------------------ */

static bool join(char path[PATH_MAX], const char *folder, const char *below, const char *name)
{
    int size = snprintf(path, PATH_MAX, "%s/%s%s%s", folder, below, *below ? "/" : "", name);
    return size > 0 && size < PATH_MAX;
}

static int show_made(const struct request *r, const char *below, const char *name)
{
    char path[PATH_MAX];
    struct row row;
    struct fault f = {.text = "the path is too long"};
    if (!join(path, r->place, below, name) || row_load(path, system_now(), &row, &f))
        return failed(&f);
    return print_row(&row, r->json);
}

static int keys_init(const struct request *r)
{
    struct fault f;
    if (r->agency || r->algorithm || r->renew) {
        wrong("init takes --name and --days only", "");
        return STATUS_WRONG_USE;
    }
    if (authority_create(r->place, r->name ? r->name : "Lienthong", system_now(), r->days ? r->days : AUTHORITY_DAYS,
                         &f))
        return failed(&f);
    return show_made(r, "", "ca.pem");
}

static int keys_issue(const struct request *r)
{
    struct fault f;
    if (!r->agency || !r->name) {
        wrong("issue wants --agency CODE and --name NAME", "");
        return STATUS_WRONG_USE;
    }
    const struct authority_subject subject = {.agency = r->agency,
                                              .name = r->name,
                                              .valid_days = r->days ? r->days : AGENCY_DAYS,
                                              .algorithm = r->algorithm ? r->algorithm : "p256",
                                              .renew = r->renew};
    if (authority_issue(r->place, subject, system_now(), &f))
        return failed(&f);
    return show_made(r, r->agency, "sign.pem");
}

static int keys_show(const struct request *r)
{
    struct row row;
    struct fault f;
    if (row_load(r->place, system_now(), &row, &f))
        return failed(&f);
    return print_row(&row, r->json);
}

static int compare_rows(const void *a, const void *b)
{
    const struct row *x = *(struct row *const *)a, *y = *(struct row *const *)b;
    return x->until_us != y->until_us ? (x->until_us < y->until_us ? -1 : 1) : strcmp(x->file, y->file);
}

struct table {
    struct row **rows;
    size_t count;
    bool broken; /* a certificate could not be read; it was named on stderr */
};

static void table_clear(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->rows[i]);
    free(t->rows);
}

static void table_add(struct table *t, const char *path, struct instant now)
{
    struct fault f;
    struct row *row = memory_new(sizeof(*row));
    enum fault_code code = row_load(path, now, row, &f);
    if (!code && t->count == CERTIFICATES_MAX)
        code = fault_set(&f, FAULT_LIMIT, "%s is left out: more than %d certificates", path, CERTIFICATES_MAX);
    if (code) {
        free(row);
        if (code != FAULT_NOT_FOUND) { /* a folder without sign.pem is no agency's */
            t->broken = true;
            failed(&f);
        }
        return;
    }
    t->rows = memory_grow(t->rows, t->count + 1, sizeof(t->rows[0]));
    t->rows[t->count++] = row;
}

static int print_table(const struct table *t, bool json)
{
    if (json) {
        json_t *list = json_array();
        for (size_t i = 0; i < t->count; i++)
            json_array_append_new(list, row_json(t->rows[i]));
        return print_json(list);
    }
    printf("%-35s  %-8s  %-24s  %-16s  %s\n", "AGENCY", "SERIAL", "UNTIL", "KEY", "STATE");
    for (size_t i = 0; i < t->count; i++)
        printf("%-35s  %-8s  %-24s  %.16s  %s\n", row_agency(t->rows[i]), t->rows[i]->serial, t->rows[i]->until,
               t->rows[i]->key, t->rows[i]->state);
    return 0;
}

static int keys_list(const struct request *r)
{
    char path[PATH_MAX];
    struct instant now = system_now();
    struct table t = {0};
    DIR *folder = opendir(r->place);
    if (!folder) {
        fprintf(stderr, "lt keys: opening folder %s: %s\n", r->place, strerror(errno));
        return STATUS_FAILED;
    }
    if (join(path, r->place, "", "ca.pem"))
        table_add(&t, path, now);
    for (const struct dirent *entry; (entry = readdir(folder));)
        if (entry->d_name[0] != '.' && (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) &&
            join(path, r->place, entry->d_name, "sign.pem"))
            table_add(&t, path, now);
    closedir(folder);
    if (t.count)
        qsort(t.rows, t.count, sizeof(t.rows[0]), compare_rows);
    int status = print_table(&t, r->json);
    bool broken = t.broken;
    table_clear(&t);
    return broken ? STATUS_FAILED : status;
}

/* --- Revoking ----------------------------------------------------------------------------------------------------- */

static int keys_change(const struct request *r, enum revoked_act act, const char *done)
{
    struct fault f;
    size_t count;
    if (!r->agency || r->name || r->algorithm || r->renew || (act == REVOKED_REVOKE) != (r->reason != NULL)) {
        wrong(act == REVOKED_REVOKE ? "revoke wants --agency CODE and --reason REASON" : "wanted is --agency CODE", "");
        return STATUS_WRONG_USE;
    }
    const struct revoked_order order = {.act = act,
                                        .agency = r->agency,
                                        .serial = r->serial,
                                        .reason = r->reason,
                                        .now = system_now(),
                                        .list_days = r->days ? r->days : REVOKED_DAYS};
    if (revoked_change(r->place, &order, &count, &f))
        return failed(&f);
    if (r->json)
        return print_json(
            json_pack("{s:s, s:s, s:I}", "agency", r->agency, "done", done, "certificates", (json_int_t)count));
    printf("%s: %zu certificate%s of %s. Give %s/ca.crl to the routers now (their revocation.list).\n", done, count,
           count == 1 ? "" : "s", r->agency, r->place);
    return 0;
}

static int keys_revoke(const struct request *r)
{
    return keys_change(r, REVOKED_REVOKE, "revoked");
}

static int keys_suspend(const struct request *r)
{
    return keys_change(r, REVOKED_SUSPEND, "suspended");
}

static int keys_resume(const struct request *r)
{
    return keys_change(r, REVOKED_RESUME, "resumed");
}

static int keys_crl(const struct request *r)
{
    struct fault f;
    if (r->agency || r->name || r->algorithm || r->renew || r->reason || r->serial) {
        wrong("crl takes --days only", "");
        return STATUS_WRONG_USE;
    }
    if (revoked_list(r->place, system_now(), r->days ? r->days : REVOKED_DAYS, &f))
        return failed(&f);
    return 0;
}

/* --- The vault ----------------------------------------------------------------------------------------------------- */

static int keys_vault(const struct request *r)
{
    struct fault f;
    if (r->agency || r->name || r->algorithm || r->renew || r->reason || r->serial || r->days) {
        wrong("vault takes --rotate only", "");
        return STATUS_WRONG_USE;
    }
    if (mkdir(r->place, 0700) && errno != EEXIST) {
        fprintf(stderr, "lt keys: making folder %s: %s\n", r->place, strerror(errno));
        return STATUS_FAILED;
    }
    if ((r->rotate ? vault_rotate : vault_create)(r->place, VAULT_FILE, &f))
        return failed(&f);
    if (r->json)
        return print_json(json_pack("{s:s, s:b}", "folder", r->place, "rotated", r->rotate));
    printf("%s/" VAULT_FILE " %s; keep a copy of it apart from the database's backups\n", r->place,
           r->rotate ? "has a new key in front: give it to all processes of the agency and restart them" : "is made");
    return 0;
}

int keys_main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(const struct request *r);
    } actions[] = {{"init", keys_init},     {"issue", keys_issue},   {"show", keys_show},
                   {"list", keys_list},     {"revoke", keys_revoke}, {"suspend", keys_suspend},
                   {"resume", keys_resume}, {"crl", keys_crl},       {"vault", keys_vault}};
    struct request r = {0};
    if (!take_arguments(&r, argc, argv))
        return STATUS_WRONG_USE;
    if (r.help) {
        fputs(usage, stdout);
        return 0;
    }
    if (r.rotate && !text_equal(r.action, "vault")) {
        wrong("--rotate is for vault", "");
        return STATUS_WRONG_USE;
    }
    for (size_t i = 0; i < LENGTH(actions); i++)
        if (text_equal(r.action, actions[i].name))
            return actions[i].run(&r);
    wrong("unknown action ", r.action);
    return STATUS_WRONG_USE;
}
