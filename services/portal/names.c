#include "names.h"

#include "adapter/day.h"
#include "base/text.h"

#include <stdlib.h>

struct names {
    char *peer;
    int32_t day;
    int64_t read_ms;
    struct rows *catalogue, *codes;
};

struct names *names_free(struct names *n)
{
    if (!n)
        return NULL;
    rows_free(n->catalogue);
    rows_free(n->codes);
    free(n->peer);
    free(n);
    return NULL;
}

static enum fault_code names_read(struct names *n, struct database *d, struct fault *f)
{
    static const char catalogue[] = "SELECT procedure, name, field, field_name FROM portal.catalogue "
                                    "WHERE valid_from <= $1::date AND $1::date < valid_until";
    static const char codes[] = "SELECT name, ours, theirs FROM portal.code_table WHERE peer = $1";
    char day[DATE_TEXT_SIZE];
    OWNED(parameters) p = parameters_new();
    date_print(n->day, day);
    parameters_text(p, day);
    if (database_run(d, catalogue, p, &n->catalogue, f) != FAULT_NONE)
        return fault_wrap(f, "catalogue of procedures");
    parameters_reset(p);
    parameters_text(p, n->peer);
    if (database_run(d, codes, p, &n->codes, f) != FAULT_NONE)
        return fault_wrap(f, "code tables of peer %s", n->peer);
    return FAULT_NONE;
}

enum fault_code names_refresh(struct names **names, struct database *d, const char *peer, struct instant now,
                              int64_t now_ms, struct fault *f)
{
    int32_t day = day_of_instant(now);
    if (*names && (*names)->day == day && now_ms - (*names)->read_ms < NAMES_KEPT_MS)
        return FAULT_NONE;
    OWNED(names) n = memory_new(sizeof(*n));
    n->peer = memory_text(peer);
    n->day = day;
    n->read_ms = now_ms;
    if (names_read(n, d, f) != FAULT_NONE)
        return f->code;
    names_free(*names);
    *names = MOVE(n);
    return FAULT_NONE;
}

struct procedure_names names_procedure(const struct names *n, const char *procedure)
{
    for (int i = 0; i < rows_count(n->catalogue); i++)
        if (text_equal(rows_text(n->catalogue, i, 0), procedure))
            return (struct procedure_names){rows_text(n->catalogue, i, 1), rows_text(n->catalogue, i, 2),
                                            rows_text(n->catalogue, i, 3)};
    return (struct procedure_names){procedure, "", ""};
}

enum fault_code names_code(const struct names *n, const char *name, unsigned ours, const char **ret, struct fault *f)
{
    for (int i = 0; i < rows_count(n->codes); i++)
        if (rows_integer(n->codes, i, 1) == ours && text_equal(rows_text(n->codes, i, 0), name)) {
            *ret = rows_text(n->codes, i, 2);
            return FAULT_NONE;
        }
    return fault_set(f, FAULT_NOT_FOUND, "code table %s of peer %s has no %u; add the row", name, n->peer, ours);
}
