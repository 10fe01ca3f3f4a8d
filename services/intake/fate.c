#include "fate.h"
#include "record.h"
#include "waiting.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "message/envelope.h"
#include <stdio.h>
#include <stdlib.h>

#define FATE_AGAIN_MS 1000
#define FATE_MISSED_MS 10000

/* Bounded by what the routers acknowledge while the database is away: nothing new can be journalled then. */
struct fate {
    struct fate *next;
    struct uuid message;
    char *outcome;
};

static struct fate *fate_free(struct fate *fate)
{
    free(fate->outcome);
    free(fate);
    return NULL;
}

void fate_tell(struct intake *in, struct uuid message, const char *outcome)
{
    struct fault f = {0};
    if (in->fates || record_outcome(in->database, message, outcome, in->now, &f) != FAULT_NONE) {
        if (!in->fates)
            log_fault(LOG_ERROR, "INTAKE-OUTCOME", &f);
        struct fate *fate = memory_new(sizeof(*fate)), **end = &in->fates;
        while (*end)
            end = &(*end)->next;
        *fate = (struct fate){.message = message, .outcome = memory_text(outcome)};
        *end = fate;
    }
    if (text_equal(outcome, "accepted"))
        waiting_committed(in, message);
    else
        waiting_refused(in, message, outcome);
}

void fate_text(Lienthong__V1__RefusalCode code, const char *text, char outcome[FATE_TEXT_SIZE])
{
    char whole[FATE_TEXT_SIZE + 200];
    snprintf(whole, sizeof(whole), "%s: %s", refusal_name(code), text);
    text_copy(outcome, FATE_TEXT_SIZE, whole);
}

/* Those that the journal settled just before this or another process of ours ended. */
static void fate_catch_up(struct intake *in)
{
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    in->fate_missed_ms = in->now_ms + FATE_MISSED_MS;
    if (record_missed(in->database, &rows, &f) != FAULT_NONE)
        return; /* the database is away: the adapter says so */
    for (int i = 0; i < rows_count(rows); i++) {
        char outcome[FATE_TEXT_SIZE] = "accepted";
        if (!rows_yes(rows, i, 1))
            fate_text((Lienthong__V1__RefusalCode)rows_integer(rows, i, 2), rows_text(rows, i, 3), outcome);
        fate_tell(in, rows_uuid(rows, i, 0), outcome);
    }
}

void fate_turn(struct intake *in)
{
    struct fault f = {0};
    if (in->fates && in->now_ms < in->fate_again_ms)
        return;
    while (in->fates) {
        struct fate *fate = in->fates;
        if (record_outcome(in->database, fate->message, fate->outcome, in->now, &f) != FAULT_NONE) {
            in->fate_again_ms = in->now_ms + FATE_AGAIN_MS;
            return;
        }
        in->fates = fate->next;
        fate_free(fate);
    }
    if (in->now_ms >= in->fate_missed_ms)
        fate_catch_up(in);
}

void fate_clear(struct intake *in)
{
    while (in->fates) {
        struct fate *fate = in->fates;
        in->fates = fate->next;
        fate_free(fate);
    }
}
