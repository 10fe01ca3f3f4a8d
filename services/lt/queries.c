#include "base/text.h"
#include "options.h"
#include "rights.h"
#include "timeline.h"
#include <jansson.h>
#include <stdio.h>

static const char usage[] =
    "usage: lt queries [DOSSIER] [--agency CODE] [--officer NAME] [--from INSTANT] [--until INSTANT] [--limit N] [--json]\n"
    "                  --database CONNECTION\n"
    "\n"
    "Who asked whom for personal data, for what and why: each query that a procedure made for a dossier, with the agency that opened\n"
    "it, the officer who stands for it, the procedure, and the step that wanted it. Newest first.\n"
    "\n"
    "  DOSSIER             its code or UUID: what an applicant may ask\n"
    "  --agency CODE       that asked, or was asked\n"
    "  --officer NAME      who stood for it\n"
    "  --from, --until     RFC 3339: 2027-01-15T08:00:00+07:00\n"
    "  --limit N           at most so many (default 100)\n";

static const char list_sql[] =
    "SELECT q.at, q.dossier, coalesce(d.code, ''), q.procedure, q.version, coalesce(a.code, ''), q.officer, q.type,"
    " coalesce(b.code, ''), q.reason FROM query q"
    " LEFT JOIN dossier d ON d.shard = get_byte(uuid_send(q.dossier), 15) & 63 AND d.id = q.dossier" /* uuid_shard */
    " LEFT JOIN agency_code a ON a.agency = q.agency AND a.valid_from <= q.at AND q.at < a.valid_until"
    " LEFT JOIN agency_code b ON b.agency = q.recipient AND b.valid_from <= q.at AND q.at < b.valid_until"
    " WHERE ($1 = '00000000-0000-0000-0000-000000000000' OR q.dossier = $1) AND ($2 = '' OR a.code = $2 OR b.code = $2)"
    " AND ($3 = '' OR q.officer = $3) AND ($4::timestamptz IS NULL OR q.at >= $4)"
    " AND ($5::timestamptz IS NULL OR q.at < $5) ORDER BY q.at DESC, q.delivery LIMIT $6";

struct question {
    struct uuid dossier; /* nil: any */
    struct instant from, until;
    int64_t limit;
};

static enum fault_code read(struct database *d, const struct options *o, const struct question *q, struct rows **ret,
                            struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, q->dossier);
    parameters_text(p, o->agency ? o->agency : "");
    parameters_text(p, o->officer ? o->officer : "");
    parameters_instant(p, q->from);
    parameters_instant(p, q->until);
    parameters_integer(p, q->limit);
    return database_run(d, list_sql, p, ret, f);
}

static json_t *entry_of(const struct rows *r, int i)
{
    char at[INSTANT_TEXT_SIZE], dossier[UUID_TEXT_SIZE];
    instant_print(rows_instant(r, i, 0), at);
    uuid_print(rows_uuid(r, i, 1), dossier);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "at", at, "dossier", dossier, "code",
                     rows_text(r, i, 2), "procedure", rows_text(r, i, 3), "version", (json_int_t)rows_integer(r, i, 4),
                     "agency", rows_text(r, i, 5), "officer", rows_text(r, i, 6), "type", rows_text(r, i, 7), "asked",
                     rows_text(r, i, 8), "reason", rows_text(r, i, 9));
}

static void print(const struct rows *r, bool json)
{
    json_t *list = json_array();
    for (int i = 0; i < rows_count(r); i++) {
        char at[INSTANT_TEXT_SIZE], dossier[UUID_TEXT_SIZE];
        instant_print(rows_instant(r, i, 0), at);
        uuid_print(rows_uuid(r, i, 1), dossier);
        if (json)
            json_array_append_new(list, entry_of(r, i));
        else
            printf("%s  %s asked %s for %s\n    dossier %s, procedure %s version %lld, officer %s: %s\n", at,
                   *rows_text(r, i, 5) ? rows_text(r, i, 5) : "nobody (it began by time)", rows_text(r, i, 8),
                   rows_text(r, i, 7), dossier, rows_text(r, i, 3), (long long)rows_integer(r, i, 4),
                   rows_text(r, i, 6), rows_text(r, i, 9));
    }
    if (json) {
        json_dumpf(list, stdout, JSON_INDENT(2));
        printf("\n");
    } else if (rows_count(r) == 0) {
        printf("no queries\n");
    }
    json_decref(list);
}

static bool read_question(const struct options *o, struct question *q)
{
    struct fault f;
    bool fine = o->count <= 1 && options_number(o->limit, 1, 100000, 100, &q->limit);
    fine = fine && (!o->from || instant_parse(o->from, &q->from, &f) == FAULT_NONE);
    return fine && (!o->until || instant_parse(o->until, &q->until, &f) == FAULT_NONE);
}

int queries_main(int argc, char **argv)
{
    struct options o;
    struct question q = {0};
    struct fault f;
    int status;
    OWNED(database) d = NULL;
    OWNED(rows) rows = NULL;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    if (!read_question(&o, &q)) {
        fputs(usage, stderr);
        return 2;
    }
    enum fault_code code = options_database(&o, &d, &f);
    if (code == FAULT_NONE && o.count)
        code = timeline_find(d, o.words[0], &q.dossier, &f);
    if (code == FAULT_NONE)
        code = read(d, &o, &q, &rows, &f);
    if (code != FAULT_NONE)
        return options_failed("queries", &f);
    print(rows, o.json);
    return 0;
}
