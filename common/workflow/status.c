/* The table of domain.md section 4. Bit n of a row: code n may follow. */
#include "workflow/dossier.h"

#define MAY(status_) (1U << (status_))

static const struct {
    const char *name;
    uint32_t next;
} rows[] = {
    [STATUS_NONE] = {"none", MAY(STATUS_REGISTERED) | MAY(STATUS_RECEIVED)},
    [STATUS_REGISTERED] = {"registered", MAY(STATUS_RECEIVED) | MAY(STATUS_NOT_ACCEPTED) | MAY(STATUS_SUPPLEMENT) |
                                             MAY(STATUS_WITHDRAWN)},
    [STATUS_RECEIVED] = {"received",
                         MAY(STATUS_IN_PROCESS) | MAY(STATUS_SUPPLEMENT) | MAY(STATUS_WITHDRAWN) | MAY(STATUS_STOPPED)},
    [STATUS_NOT_ACCEPTED] = {"not accepted", 0},
    [STATUS_IN_PROCESS] = {"in process", MAY(STATUS_SUPPLEMENT) | MAY(STATUS_OBLIGATION) | MAY(STATUS_WITHDRAWN) |
                                             MAY(STATUS_STOPPED) | MAY(STATUS_FINISHED)},
    /* and the code that it came from */
    [STATUS_SUPPLEMENT] = {"supplement requested", MAY(STATUS_WITHDRAWN) | MAY(STATUS_STOPPED)},
    [STATUS_OBLIGATION] = {"obligation to be paid",
                           MAY(STATUS_IN_PROCESS) | MAY(STATUS_WITHDRAWN) | MAY(STATUS_STOPPED)},
    [STATUS_WITHDRAWN] = {"withdrawn", MAY(STATUS_FINISHED)},
    [STATUS_STOPPED] = {"stopped", MAY(STATUS_IN_PROCESS) | MAY(STATUS_FINISHED)},
    [STATUS_FINISHED] = {"finished", MAY(STATUS_HANDED_OVER)},
    [STATUS_HANDED_OVER] = {"handed over", 0},
};

bool status_may_follow(enum status from, enum status to, enum status before_pause)
{
    if ((unsigned)from > STATUS_HANDED_OVER || (unsigned)to > STATUS_HANDED_OVER)
        return false;
    if (from == STATUS_SUPPLEMENT && (to == STATUS_REGISTERED || to == STATUS_RECEIVED || to == STATUS_IN_PROCESS))
        return to == before_pause;
    return rows[from].next & MAY(to);
}

const char *status_name(enum status s)
{
    return (unsigned)s > STATUS_HANDED_OVER ? "unknown" : rows[s].name;
}
