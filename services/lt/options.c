#include "options.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wrong_use(const char *name, const char *what, const char *which, int *ret_status)
{
    fprintf(stderr, "lt %s: %s%s\nlt %s --help tells how it is used.\n", name, what, which, name);
    *ret_status = 2;
    return false;
}

static const char **value_of(struct options *o, const char *option)
{
    struct {
        const char *option;
        const char **value;
    } values[] = {{"--database", &o->database},
                  {"--calendar", &o->calendar},
                  {"--limit", &o->limit},
                  {"--operator", &o->signer},
                  {"--officer", &o->officer},
                  {"--reason", &o->reason},
                  {"--step", &o->step},
                  {"--message-id", &o->message_id},
                  {"--timeout", &o->timeout},
                  {"--full-name", &o->full_name},
                  {"--from", &o->from},
                  {"--until", &o->until},
                  {"--at", &o->at},
                  {"--agency", &o->agency},
                  {"--roles", &o->roles},
                  {"--service", &o->service},
                  {"--authority", &o->authority},
                  {"--checkpoint", &o->checkpoint},
                  {"--write-checkpoint", &o->write_checkpoint},
                  {"--stamp-authority", &o->stamp_authority},
                  {"--output", &o->output},
                  {"--crl", &o->crl}};
    for (size_t i = 0; i < LENGTH(values); i++)
        if (text_equal(option, values[i].option))
            return values[i].value;
    return NULL;
}

static bool *switch_of(struct options *o, const char *option)
{
    struct {
        const char *option;
        bool *is;
    } switches[] = {{"--json", &o->json},
                    {"--all", &o->all},
                    {"--dry-run", &o->dry_run},
                    {"--yes", &o->yes},
                    {"--grant", &o->grant},
                    {"--without-stamps", &o->without_stamps},
                    {"--without-revocation", &o->without_revocation}};
    for (size_t i = 0; i < LENGTH(switches); i++)
        if (text_equal(option, switches[i].option))
            return switches[i].is;
    return NULL;
}

bool options_take(int argc, char **argv, const char *usage, struct options *ret, int *ret_status)
{
    *ret = (struct options){0};
    for (int i = 1; i < argc; i++) {
        const char **value = value_of(ret, argv[i]);
        if (text_equal(argv[i], "--help") || text_equal(argv[i], "-h")) {
            fputs(usage, stdout);
            *ret_status = 0;
            return false;
        }
        bool *is = switch_of(ret, argv[i]);
        if (is)
            *is = true;
        else if (value && i + 1 == argc)
            return wrong_use(argv[0], "a value is missing after ", argv[i], ret_status);
        else if (value)
            *value = argv[++i];
        else if (argv[i][0] == '-')
            return wrong_use(argv[0], "unknown option ", argv[i], ret_status);
        else if (ret->count == OPTIONS_WORDS_MAX)
            return wrong_use(argv[0], "too many words", "", ret_status);
        else
            ret->words[ret->count++] = argv[i];
    }
    return true;
}

enum fault_code options_database(const struct options *o, struct database **ret, struct fault *f)
{
    return options_connect(o, 60000, ret, f);
}

enum fault_code options_connect(const struct options *o, int statement_ms_max, struct database **ret, struct fault *f)
{
    const char *connection = o->database ? o->database : getenv("LIENTHONG_DATABASE");
    if (text_empty(connection))
        return fault_set(f, FAULT_CONFIG, "which database? Give --database CONNECTION, or set LIENTHONG_DATABASE");
    return database_open(connection, "lt", statement_ms_max, ret, f);
}

bool options_number(const char *text, int64_t least, int64_t most, int64_t standard, int64_t *ret)
{
    char *end;
    *ret = standard;
    if (!text)
        return true;
    errno = 0;
    *ret = strtoll(text, &end, 10);
    return !errno && end != text && !*end && *ret >= least && *ret <= most;
}

int options_failed(const char *name, const struct fault *f)
{
    fprintf(stderr, "lt %s: %s\n", name, f->text);
    return 1;
}
