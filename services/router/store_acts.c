/* Acts on the directory of a batch: who, why, and what they change. */
#include "store_postgres.h"

static const char directory_sql[] = "UPDATE directory_version SET sequence = $1, last_digest = $2";
static const char act_sql[] =
    "INSERT INTO schedule_act (event, procedure, pause, at, agency, officer, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)";
static const char pause_sql[] = "UPDATE schedule SET paused = true WHERE procedure = $1";
static const char resume_sql[] =
    "UPDATE schedule SET paused = false, due_at = $2, number = $3, try_at = NULL, trouble = '' WHERE procedure = $1";
static const char missed_sql[] = "INSERT INTO schedule_missed (procedure, from_at, until_at, ticks, reason, noted_at)"
                                 " VALUES ($1, $2, $3, $4, 'it was paused', $3) ON CONFLICT DO NOTHING";

static enum fault_code write_missed(struct database *d, const struct schedule_act *act, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    if (!act->resumed.missed)
        return FAULT_NONE;
    parameters_text(p, act->procedure);
    parameters_instant(p, act->resumed.from);
    parameters_instant(p, act->resumed.missed_until);
    parameters_integer(p, (int64_t)act->resumed.missed);
    return database_queue(d, missed_sql, p, f);
}

static enum fault_code write_change(struct database *d, const struct schedule_act *act, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    if (!act->changes)
        return FAULT_NONE;
    parameters_text(p, act->procedure);
    if (act->pause)
        return database_queue(d, pause_sql, p, f);
    parameters_instant(p, act->resumed.next);
    parameters_integer(p, (int64_t)act->resumed.next_number);
    enum fault_code code = write_missed(d, act, f);
    return code == FAULT_NONE ? database_queue(d, resume_sql, p, f) : code;
}

static enum fault_code write_act(struct database *d, const struct schedule_act *act, struct instant now,
                                 struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, (int64_t)act->event);
    parameters_text(p, act->procedure);
    parameters_yes(p, act->pause);
    parameters_instant(p, now);
    parameters_integer(p, act->agency);
    parameters_text(p, act->officer);
    parameters_text(p, act->reason);
    enum fault_code code = database_queue(d, act_sql, p, f);
    return code == FAULT_NONE ? write_change(d, act, f) : code;
}

enum fault_code store_write_acts(struct database *d, const struct writes *w, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    enum fault_code code = FAULT_NONE;
    if (!w->directory_sequence)
        return FAULT_NONE;
    for (size_t i = 0; i < w->schedule_acts.count && code == FAULT_NONE; i++)
        code = write_act(d, &w->schedule_acts.items[i], w->now, f);
    parameters_integer(p, (int64_t)w->directory_sequence);
    parameters_bytes(p, digest_bytes(&w->directory_digest));
    return code == FAULT_NONE ? database_queue(d, directory_sql, p, f) : code;
}
