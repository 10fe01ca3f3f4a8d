#include "writes.h"
#include "lienthong/v1/envelope.pb-c.h"
#include <stdlib.h>
#include <string.h>

#define EACH_LIST(act_)                                                                                          \
    act_(dossiers) act_(events) act_(parts) act_(messages) act_(outbox) act_(marks) act_(drops) act_(timers)     \
        act_(incidents) act_(incident_ends) act_(submissions) act_(schedules) act_(refusals) act_(schedule_acts) \
            act_(rights) act_(queries)

void writes_reset(struct writes *w)
{
#define RESET(list_) w->list_.count = 0;
    EACH_LIST(RESET)
#undef RESET
    w->has_block = false;
    w->directory_sequence = 0;
}

void writes_clear(struct writes *w)
{
#define CLEAR(list_) free(w->list_.items);
    EACH_LIST(CLEAR)
#undef CLEAR
    *w = (struct writes){0};
}

/* Newest first: the timers of one dossier are touched close together. */
void writes_timer(struct writes *w, struct uuid dossier, uint32_t timer, uint32_t generation, struct instant due)
{
    struct timer_row *row = NULL;
    for (size_t i = w->timers.count; i > 0 && !row; i--)
        if (w->timers.items[i - 1].timer == timer && uuid_equal(w->timers.items[i - 1].dossier, dossier))
            row = &w->timers.items[i - 1];
    if (row && !due.us && row->generation > generation)
        return; /* a stale firing: the timer was armed anew in this batch */
    if (!row)
        row = LIST_ADD(&w->timers);
    *row = (struct timer_row){.dossier = dossier, .timer = timer, .generation = generation, .due = due};
}

void writes_timer_later(struct writes *w, struct uuid dossier, uint32_t timer, uint32_t generation, struct instant at)
{
    *LIST_ADD(&w->timers) =
        (struct timer_row){.dossier = dossier, .timer = timer, .generation = generation, .due = at, .later = true};
}

static struct incident_row *opened_by(const struct writes *w, struct uuid dossier, uint64_t sequence, const char *node,
                                      uint32_t place)
{
    for (size_t i = w->incidents.count; i > 0; i--) {
        struct incident_row *row = &w->incidents.items[i - 1];
        if (row->sequence == sequence && row->place == place && uuid_equal(row->dossier, dossier) &&
            strcmp(row->node, node) == 0)
            return row;
    }
    return NULL;
}

void writes_incident(struct writes *w, struct incident_row row)
{
    struct incident_row *before = opened_by(w, row.dossier, row.sequence, row.node, row.place);
    if (!before)
        before = LIST_ADD(&w->incidents);
    *before = row;
}

void writes_incident_end(struct writes *w, struct incident_end end)
{
    struct incident_row *same = opened_by(w, end.dossier, end.sequence, end.node, end.place);
    if (same)
        same->closed = end.at;
    *LIST_ADD(&w->incident_ends) = end;
}

/* Opened after it was closed, in one batch: it is open. */
static void forget_end(struct writes *w, struct uuid dossier, const char *node)
{
    for (size_t i = 0; i < w->incident_ends.count;) {
        const struct incident_end *end = &w->incident_ends.items[i];
        if (uuid_equal(end->dossier, dossier) && strcmp(end->node, node) == 0)
            w->incident_ends.items[i] = w->incident_ends.items[--w->incident_ends.count];
        else
            i++;
    }
}

void writes_trouble(struct writes *w, struct incident_row row)
{
    row.sequence = 0;
    forget_end(w, row.dossier, row.node);
    for (size_t i = 0; i < w->incidents.count; i++) {
        struct incident_row *old = &w->incidents.items[i];
        if (old->sequence == 0 && uuid_equal(old->dossier, row.dossier) && strcmp(old->node, row.node) == 0) {
            *old = row;
            return;
        }
    }
    *LIST_ADD(&w->incidents) = row;
}

void writes_trouble_end(struct writes *w, struct uuid dossier, const char *node, struct instant at)
{
    forget_end(w, dossier, node);
    *LIST_ADD(&w->incident_ends) = (struct incident_end){.dossier = dossier, .sequence = 1, .node = node, .at = at};
}

const struct outbox_mark *writes_marked(const struct writes *w, struct uuid dossier, struct uuid id)
{
    for (size_t i = 0; i < w->marks.count; i++)
        if (uuid_equal(w->marks.items[i].id, id) && uuid_equal(w->marks.items[i].dossier, dossier))
            return &w->marks.items[i];
    return NULL;
}

void writes_mark(struct writes *w, struct outbox_mark mark)
{
    struct outbox_mark *before = (struct outbox_mark *)writes_marked(w, mark.dossier, mark.id);
    if (!before)
        before = LIST_ADD(&w->marks);
    *before = mark;
}

void writes_drop(struct writes *w, struct uuid dossier, struct uuid step)
{
    for (size_t i = 0; i < w->outbox.count; i++) {
        struct outbox_row *row = &w->outbox.items[i];
        if (row->kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK && uuid_equal(row->dossier, dossier) &&
            uuid_equal(row->step, step))
            row->dropped = true;
    }
    *LIST_ADD(&w->drops) = (struct outbox_drop){.dossier = dossier, .step = step};
}
