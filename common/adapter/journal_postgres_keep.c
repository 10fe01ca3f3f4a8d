#include "adapter/journal_postgres.h"

/* Message ids of our own begin with their time: the primary key finds the oldest. What waits is left alone. */
static const char keep_outbox_sql[] =
    "DELETE FROM lienthong.outbox WHERE message IN (SELECT message FROM lienthong.outbox"
    " WHERE message < $1 AND state <> 0 AND settled < $2 ORDER BY message LIMIT $3 FOR UPDATE SKIP LOCKED)";
static const char keep_inbox_sql[] =
    "UPDATE lienthong.inbox SET envelope = NULL WHERE message IN (SELECT message FROM lienthong.inbox"
    " WHERE state <> 0 AND envelope IS NOT NULL AND arrived < $1 ORDER BY arrived LIMIT $2 FOR UPDATE SKIP LOCKED)";

enum fault_code journal_thin(struct journal *j, struct instant before, size_t most, bool *ret_more, struct fault *f)
{
    struct parameters *p = journal_parameters(j);

    parameters_uuid(p, uuid_v7(before, (uint8_t[10]){0}));
    parameters_instant(p, before);
    parameters_integer(p, (int64_t)most);
    enum fault_code code = journal_run(j, keep_outbox_sql, f);
    if (code)
        return fault_wrap(f, "thinning the outbox");
    bool full = rows_affected(j->rows) == (int64_t)most;
    p = journal_parameters(j);
    parameters_instant(p, before);
    parameters_integer(p, (int64_t)most);
    code = journal_run(j, keep_inbox_sql, f);
    if (code)
        return fault_wrap(f, "thinning the inbox");
    *ret_more = full || rows_affected(j->rows) == (int64_t)most;
    return FAULT_NONE;
}
