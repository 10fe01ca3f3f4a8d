#include "audit.h"

#include "audit_file.h"
#include "base/instant.h"
#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"
#include "database/database.h"
#include "web/act.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A command, and its action; NULL: whatever it is. */
struct wording {
    const char *command, *action;
};
/* What changes nothing; everything else is recorded, also what is added to lt later. */
static const struct wording READS[] = {
    {"lint", NULL},       {"simulate", NULL},   {"form", NULL},       {"demo", NULL},
    {"dossier", NULL},    {"incidents", NULL},  {"ledger", NULL},     {"account", NULL}, /* has its own record */
    {"agencies", "list"}, {"calendar", "list"}, {"schedule", "list"}, {"keys", "show"},
    {"keys", "list"},     {"rights", "list"},   {"rights", "check"},  {"rights", "explain"},
    {"rights", "wanted"}, {"queries", NULL},    {"operations", NULL}, {"evidence", "verify"}};
/* These go to a router, which records them in its ledger: they are not held up when the database may only be read. */
static const struct wording SIGNED[] = {{"retry", NULL},        {"correct", NULL},   {"skip", NULL},
                                        {"resend", NULL},       {"abort", NULL},     {"schedule", "pause"},
                                        {"schedule", "resume"}, {"rights", "grant"}, {"rights", "revoke"}};
/* What stands behind these is no action. */
static const char *const WITHOUT_ACTION[] = {"retry", "correct", "skip", "resend", "abort", "deploy", "migrate"};
/* Options without a value. */
static const char *const FLAGS[] = {"--json",  "--all",   "--dry-run",        "--yes",
                                    "--renew", "--grant", "--without-stamps", "--without-revocation",
                                    "--rotate"};
/* Options that say on what, too. */
static const char *const TELLING[] = {"--agency", "--serial", "--name", "--algorithm", "--step", "--calendar"};

struct audit {
    char who[AUDIT_TEXT_SIZE], source[AUDIT_TEXT_SIZE], act[AUDIT_TEXT_SIZE], object[AUDIT_TEXT_SIZE];
    const char *folder; /* of an authority; NULL: a database */
    struct database *database;
    bool has_to; /* else it is done although it cannot be recorded here */
};

static bool among(const char *word, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(word, list[i]))
            return true;
    return false;
}

static bool worded(int argc, char **argv, const struct wording *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(argv[0], list[i].command) &&
            (!list[i].action || (argc > 1 && text_equal(argv[1], list[i].action))))
            return true;
    return false;
}

static bool reads_only(int argc, char **argv)
{
    bool tries = text_equal(argv[0], "deploy"); /* alone of all has --dry-run */
    for (int i = 1; i < argc; i++) {
        if (text_equal(argv[i], "--help") || text_equal(argv[i], "-h") || (tries && text_equal(argv[i], "--dry-run")))
            return true;
        i += strncmp(argv[i], "--", 2) == 0 && !among(argv[i], FLAGS, LENGTH(FLAGS)); /* its value says nothing here */
    }
    return worded(argc, argv, READS, LENGTH(READS));
}

void audit_actor(char who[AUDIT_TEXT_SIZE], char source[AUDIT_TEXT_SIZE])
{
    char host[80] = "?";
    const struct passwd *user = getpwuid(geteuid());
    const char *behind = getenv("SUDO_USER"), *from = getenv("SSH_CLIENT");
    (void)gethostname(host, sizeof(host) - 1);
    snprintf(who, AUDIT_TEXT_SIZE, "lt:%.60s%s%.60s", user ? user->pw_name : "?", behind ? " for " : "",
             behind ? behind : "");
    snprintf(source, AUDIT_TEXT_SIZE, "command line, %s%s%.*s", host, from ? " from " : "",
             from ? (int)strcspn(from, " ") : 0, from ? from : "");
}

static void object_add(struct audit *a, const char *word)
{
    size_t size = strlen(a->object);
    if (size + 1 < sizeof(a->object))
        text_copy(a->object + size, sizeof(a->object) - size, size ? " " : "");
    size = strlen(a->object);
    text_copy(a->object + size, sizeof(a->object) - size, word);
}

/* Words behind the command, and options that tell more. Never what stands after a "=": a fact's value may be a person's. */
static void read_arguments(struct audit *a, int argc, char **argv, const char **ret_database)
{
    bool action = argc > 1 && argv[1][0] != '-' && !among(argv[0], WITHOUT_ACTION, LENGTH(WITHOUT_ACTION));
    snprintf(a->act, sizeof(a->act), "lt %.40s%s%.40s", argv[0], action ? " " : "", action ? argv[1] : "");
    for (int i = action ? 2 : 1; i < argc; i++) {
        bool option = strncmp(argv[i], "--", 2) == 0;
        if (option && (among(argv[i], FLAGS, LENGTH(FLAGS)) || i + 1 == argc))
            continue;
        if (option && text_equal(argv[i], "--database"))
            *ret_database = argv[i + 1];
        if (option && among(argv[i], TELLING, LENGTH(TELLING)))
            object_add(a, argv[i + 1]);
        char word[AUDIT_TEXT_SIZE];
        text_copy(word, sizeof(word), option ? "" : argv[i]);
        word[strcspn(word, "=")] = '\0';
        if (*word)
            object_add(a, word);
        i += option;
    }
}

static enum fault_code record(const struct audit *a, const char *outcome, struct fault *f)
{
    struct instant now = system_now();
    if (a->folder) {
        const struct audit_line line = {a->who, a->source, a->act, a->object, outcome};
        return audit_file_add(a->folder, &line, now, f);
    }
    const struct act act = {a->who, a->source, a->act, a->object, outcome};
    enum fault_code code = act_record(a->database, &act, now, f);
    if (code == FAULT_DATABASE)
        return fault_wrap(f, "the record of acts cannot be written (lt migrate makes it)");
    return code;
}

/* An authority that is just made has no folder yet, a database that is migrated perhaps no table: they are recorded afterwards. */
static bool begins(int argc, char **argv)
{
    return text_equal(argv[0], "migrate") || (text_equal(argv[0], "keys") && argc > 1 && text_equal(argv[1], "init"));
}

/* False: there is nowhere to record it. Then it cannot change anything there either, or it says itself what is missing. */
static bool find_place(struct audit *a, int argc, char **argv)
{
    const char *connection = getenv("LIENTHONG_DATABASE");
    struct fault f = {0};
    read_arguments(a, argc, argv, &connection);
    if (text_equal(argv[0], "keys")) {
        for (int i = 2; i < argc && !a->folder; i++)
            if (strncmp(argv[i], "--", 2) != 0)
                a->folder = argv[i];
            else
                i += !among(argv[i], FLAGS, LENGTH(FLAGS));
        return a->folder && (begins(argc, argv) || access(a->folder, F_OK) == 0);
    }
    return !text_empty(connection) && database_open(connection, "lt", 60000, &a->database, &f) == FAULT_NONE;
}

static const char *outcome_of(int status)
{
    switch (status) {
    case 0: return "done";
    case 2: return "wrong use";
    case 3: return "not known";
    default: return "failed";
    }
}

int audit_run(int argc, char **argv, int (*run)(int argc, char **argv))
{
    struct audit a = {.has_to = !worded(argc, argv, SIGNED, LENGTH(SIGNED))};
    struct fault f = {0};
    if (reads_only(argc, argv) || !find_place(&a, argc, argv))
        return run(argc, argv);
    audit_actor(a.who, a.source);
    bool recorded = begins(argc, argv) || record(&a, "asked", &f) == FAULT_NONE;
    if (!recorded)
        fprintf(stderr, "lt %s: %s\n", argv[0], f.text);
    int status = recorded || !a.has_to ? run(argc, argv) : 1;
    if (recorded && record(&a, outcome_of(status), &f) != FAULT_NONE && (status == 0 || !begins(argc, argv)))
        fprintf(stderr, "lt %s: what came of it stands in no record: %s\n", argv[0], f.text);
    database_free(a.database);
    return status;
}
