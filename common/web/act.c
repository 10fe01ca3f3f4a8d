#include "web/act.h"

#include "base/text.h"

#define ACT_TEXT_SIZE 200

static void act_text(struct parameters *p, const char *text)
{
    char clean[ACT_TEXT_SIZE];
    text_copy(clean, sizeof(clean), text ? text : "");
    for (char *c = clean; *c; c++)
        for (size_t hidden = text_hidden(c); hidden > 0; hidden--)
            c[hidden - 1] = '?';
    parameters_text(p, text_is_utf8(bytes_of_text(clean)) ? clean : "?");
}

enum fault_code act_record(struct database *d, const struct act *a, struct instant now, struct fault *f)
{
    static const char sql[] = "INSERT INTO account.act (at, who, source, act, object, outcome) "
                              "VALUES ($1, $2, $3, $4, $5, $6)";
    OWNED(parameters) p = parameters_new();
    parameters_instant(p, now);
    act_text(p, a->who);
    act_text(p, a->source);
    act_text(p, a->act);
    act_text(p, a->object);
    act_text(p, a->outcome);
    return database_run(d, sql, p, NULL, f);
}

enum fault_code act_list(struct database *d, int64_t count_max, struct rows **ret, struct fault *f)
{
    static const char sql[] = "SELECT number, at, who, source, act, object, outcome FROM account.act "
                              "ORDER BY number DESC LIMIT $1";
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, count_max);
    return database_run(d, sql, p, ret, f);
}
