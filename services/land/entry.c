#include "entry.h"

#include "adapter/day.h"
#include "counter.h"
#include "party.h"
#include "waiting.h"

#include <inttypes.h>
#include <stdio.h>

static const char right_end_sql[] = "UPDATE land.rrr SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL";

/* Only behind one that has ended now. */
static const char right_add_sql[] =
    "INSERT INTO land.rrr (ba_unit, party, kind, term_until, begins_at)"
    " SELECT ba_unit, $2, kind, term_until, $3 FROM land.rrr WHERE id = $1 AND ended_at = $3 RETURNING id";

static const char certificate_end_sql[] =
    "UPDATE land.certificate SET invalidated_at = $3, replaced_by = $2 WHERE serial = $1 AND invalidated_at IS NULL";

static const char certificate_add_sql[] = "INSERT INTO land.certificate (serial, rrr, issued_at) VALUES ($1, $2, $3)";

/* Only for a certificate that was replaced now. */
static const char entry_add_sql[] =
    "INSERT INTO land.entry (number, ba_unit, dossier, step, at, old_right, new_right, old_serial, new_serial)"
    " SELECT $1, $2, $3, $4, $5, $6, $7, serial, replaced_by FROM land.certificate"
    " WHERE serial = $8 AND replaced_by = $9 AND invalidated_at = $5";

static const char entry_exists_sql[] = "SELECT EXISTS (SELECT FROM land.entry WHERE step = $1)";

static enum fault_code entry_names(struct database *d, struct instant now, struct entry *ret, struct fault *f)
{
    char counter[32];
    struct rows *rows[2] = {NULL}; /* serial, number */
    int year = day_year(day_of_instant(now));
    snprintf(counter, sizeof(counter), "entry-%d", year);
    enum fault_code code = counter_queue(d, "certificate", f);
    if (!code)
        code = counter_queue(d, counter, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code)
        return fault_wrap(f, "next numbers");
    snprintf(ret->serial, sizeof(ret->serial), "TG %08" PRId64, rows_integer(rows[0], 0, 0));
    snprintf(ret->number, sizeof(ret->number), "%06" PRId64 "/%d", rows_integer(rows[1], 0, 0), year);
    rows_free(rows[0]);
    rows_free(rows[1]);
    return FAULT_NONE;
}

/* The unit's right passes to PARTY: *ret is the new one. */
static enum fault_code entry_move_right(struct database *d, int64_t right, int64_t party, struct instant now,
                                        int64_t *ret, struct fault *f)
{
    OWNED(parameters) end = parameters_new();
    OWNED(parameters) add = parameters_new();
    OWNED(rows) added = NULL;
    parameters_integer(end, right);
    parameters_instant(end, now);
    parameters_integer(add, right);
    parameters_integer(add, party);
    parameters_instant(add, now);
    enum fault_code code = database_queue(d, right_end_sql, end, f);
    if (!code)
        code = database_run(d, right_add_sql, add, &added, f);
    if (!code && rows_count(added) != 1)
        code = fault_set(f, FAULT_INTERNAL, "right %" PRId64 " ended under the lock", right);
    if (!code)
        *ret = rows_integer(added, 0, 0);
    return code;
}

static enum fault_code entry_replace_certificate(struct database *d, const char *old, const struct entry *e,
                                                 int64_t right, struct instant now, struct fault *f)
{
    OWNED(parameters) end = parameters_new();
    OWNED(parameters) add = parameters_new();
    parameters_text(end, old);
    parameters_text(end, e->serial);
    parameters_instant(end, now);
    parameters_text(add, e->serial);
    parameters_integer(add, right);
    parameters_instant(add, now);
    enum fault_code code = database_queue(d, certificate_end_sql, end, f);
    return code ? code : database_queue(d, certificate_add_sql, add, f);
}

static enum fault_code entry_add(struct database *d, const struct examination_order *o, const struct parcel *parcel,
                                 const struct entry *e, int64_t right, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) added = NULL;
    parameters_text(p, e->number);
    parameters_integer(p, parcel->ba_unit);
    parameters_uuid(p, o->dossier);
    parameters_uuid(p, o->step);
    parameters_instant(p, o->now);
    parameters_integer(p, parcel->right);
    parameters_integer(p, right);
    parameters_text(p, parcel->serial);
    parameters_text(p, e->serial);
    enum fault_code code = database_run(d, entry_add_sql, p, &added, f);
    if (!code && rows_affected(added) != 1)
        code = fault_set(f, FAULT_INTERNAL, "certificate %s was invalidated under the lock", parcel->serial);
    return code;
}

static enum fault_code entry_block(struct database *d, const struct examination_order *o, const struct examination *e,
                                   const char *procedure, struct fault *f)
{
    struct waiting waiting = {.dossier = o->dossier, .procedure = procedure, .cause = "blocked"};
    enum fault_code code = examination_record(d, o, e, "blocked", f);
    if (!code && e->parcel)
        code = waiting_add(d, &waiting, e->parcel->ba_unit, o->now, f);
    return code;
}

static enum fault_code entry_transfer(struct database *d, const struct examination_order *o,
                                      const struct parcel *parcel, struct entry *ret, struct fault *f)
{
    int64_t party = 0, right = 0;
    enum fault_code code = party_enter(d, o->application->transferee, &party, f);
    if (!code)
        code = entry_names(d, o->now, ret, f);
    if (!code)
        code = entry_move_right(d, parcel->right, party, o->now, &right, f);
    if (!code)
        code = entry_replace_certificate(d, parcel->serial, ret, right, o->now, f);
    if (!code)
        code = entry_add(d, o, parcel, ret, right, f);
    return code;
}

enum fault_code entry_write(struct database *d, const struct examination_order *order, const char *procedure,
                            struct examination *ret_examination, struct entry *ret, struct fault *f)
{
    *ret = (struct entry){0};
    enum fault_code code = examination_make(d, order, ret_examination, f);
    if (code)
        return code;
    ret->blocked = ret_examination->decision.outcome != CONDITIONS_CLEAR;
    if (ret->blocked)
        return entry_block(d, order, ret_examination, procedure, f);
    code = entry_transfer(d, order, ret_examination->parcel, ret, f);
    return code ? fault_wrap(f, "writing the transfer of certificate %s", ret_examination->parcel->serial) : FAULT_NONE;
}

enum fault_code entry_exists(struct database *d, struct uuid step, bool *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, step);
    enum fault_code code = database_run(d, entry_exists_sql, p, &rows, f);
    if (!code)
        *ret = rows_yes(rows, 0, 0);
    return code;
}
