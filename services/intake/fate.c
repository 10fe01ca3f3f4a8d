#include "fate.h"
#include "record.h"
#include "waiting.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "message/envelope.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FATE_AGAIN_MS 1000
#define FATE_MISSED_MS 10000
#define FATE_MISSED_PAGE_MS 200 /* from page to page: a look at much that is open takes its time, not the loop's */
#define FATE_PAGE_MAX 1000      /* in one statement */

struct fate {
    struct uuid message;
    char *outcome;
};

struct fates {
    struct fate
        *list; /* bounded by what the routers acknowledge while the database is away: nothing new is journalled then */
    size_t count, capacity, told;
    bool failing;
    int64_t again_ms, missed_ms; /* no try and no look before */
    struct uuid missed_after;    /* where the look goes on */
};

struct fates *fates_new(void)
{
    return memory_new(sizeof(struct fates));
}

static void fates_forget(struct fates *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(all->list[i].outcome);
    memmove(all->list, all->list + count, (all->count - count) * sizeof(*all->list));
    all->count -= count;
    all->told -= count < all->told ? count : all->told;
}

struct fates *fates_free(struct fates *all)
{
    if (!all)
        return NULL;
    if (all->count)
        fates_forget(all, all->count);
    free(all->list);
    free(all);
    return NULL;
}

void fate_add(struct intake *in, struct uuid message, const char *outcome)
{
    struct fates *all = in->fates;
    if (all->count == all->capacity) {
        all->capacity = all->capacity ? 2 * all->capacity : 64;
        all->list = memory_grow(all->list, all->capacity, sizeof(*all->list));
    }
    all->list[all->count++] = (struct fate){.message = message, .outcome = memory_text(outcome)};
}

void fate_text(Lienthong__V1__RefusalCode code, const char *text, char outcome[FATE_TEXT_SIZE])
{
    char whole[FATE_TEXT_SIZE + 200];
    snprintf(whole, sizeof(whole), "%s: %s", refusal_name(code), text);
    text_copy(outcome, FATE_TEXT_SIZE, whole);
}

/* Those that the journal settled just before this or another process of ours ended. */
static void fates_catch_up(struct intake *in)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    in->fates->missed_ms = in->now_ms + FATE_MISSED_MS;
    if (record_missed(in->database, &in->fates->missed_after, &rows, &f) != FAULT_NONE)
        return; /* the database is away: the adapter says so */
    if (!uuid_is_nil(in->fates->missed_after))
        in->fates->missed_ms = in->now_ms + FATE_MISSED_PAGE_MS;
    for (int i = 0; i < rows_count(rows); i++) {
        if (rows_null(rows, i, 1))
            continue;
        char outcome[FATE_TEXT_SIZE] = "accepted";
        if (!rows_yes(rows, i, 1))
            fate_text((Lienthong__V1__RefusalCode)rows_integer(rows, i, 2), rows_text(rows, i, 3), outcome);
        fate_add(in, rows_uuid(rows, i, 0), outcome);
    }
}

static void fates_tell(struct intake *in)
{
    struct fates *all = in->fates;
    for (; all->told < all->count; all->told++) {
        const struct fate *fate = &all->list[all->told];
        if (text_equal(fate->outcome, "accepted"))
            waiting_committed(in, fate->message);
        else
            waiting_refused(in, fate->message, fate->outcome);
    }
}

static enum fault_code fates_record(struct intake *in, size_t count, struct fault *f)
{
    OWNED(column) messages = column_new(COLUMN_UUID);
    OWNED(column) outcomes = column_new(COLUMN_TEXT);
    for (size_t i = 0; i < count; i++) {
        column_uuid(messages, in->fates->list[i].message);
        column_text(outcomes, in->fates->list[i].outcome);
    }
    return record_outcomes(in->database, messages, outcomes, in->now, f);
}

/* The database being away is told by the adapter; what else keeps them from being recorded, once. */
static void fates_failed(struct intake *in, const struct fault *f)
{
    if (!in->fates->failing)
        log_fault(LOG_ERROR, "INTAKE-OUTCOME", f);
    in->fates->failing = true;
    in->fates->again_ms = in->now_ms + FATE_AGAIN_MS;
}

void fates_turn(struct intake *in)
{
    struct fates *all = in->fates;
    size_t count = all->count < FATE_PAGE_MAX ? all->count : FATE_PAGE_MAX;
    struct fault f = {0};
    bool due = count > 0 && in->now_ms >= all->again_ms;
    enum fault_code code = due ? fates_record(in, count, &f) : FAULT_NONE;
    fates_tell(in); /* also when it could not be recorded: the router has decided */
    if (code != FAULT_NONE) {
        fates_failed(in, &f);
    } else if (due) {
        fates_forget(all, count);
        all->failing = false;
    }
    if (all->count == 0 && in->now_ms >= all->missed_ms)
        fates_catch_up(in);
}
