#include "adapter/drafts.h"

#include "adapter/courier.h"
#include "adapter/credentials.h"
#include "base/memory.h"

enum fault_code drafts_room(const struct lt_adapter *a, const struct envelope *e, struct fault *f)
{
    if (a->draft_count < ADAPTER_DRAFTS_MAX && a->draft_bytes + envelope_bytes(e).size <= ADAPTER_DRAFTS_BYTES_MAX)
        return FAULT_NONE;
    return fault_set(f, FAULT_LIMIT, "more than %d messages or %zu bytes of them in one transaction; commit in between",
                     ADAPTER_DRAFTS_MAX, ADAPTER_DRAFTS_BYTES_MAX);
}

/* Ownership of E moves. */
void drafts_keep(struct lt_adapter *a, const struct saying *s, struct envelope *e)
{
    if (a->draft_count == a->draft_capacity) {
        a->draft_capacity = a->draft_capacity ? 2 * a->draft_capacity : LT_BATCH_MAX;
        a->drafts = memory_grow(a->drafts, a->draft_capacity, sizeof(*a->drafts));
    }
    a->drafts[a->draft_count++] = (struct adapter_draft){.outgoing = {.message = s->message,
                                                                      .dossier = s->dossier,
                                                                      .step = s->step,
                                                                      .kind = s->kind,
                                                                      .type = envelope_header(e)->type},
                                                         .envelope = e,
                                                         .ours = a->in_batch};
    a->draft_bytes += envelope_bytes(e).size;
    if (!a->in_batch)
        a->outbox_due_at_ms = a->now_ms; /* the caller's commit is not ours to see: look in the next turn */
}

static void drop_drafts(struct lt_adapter *a, size_t count, size_t bytes)
{
    while (a->draft_count > count)
        envelope_free(a->drafts[--a->draft_count].envelope);
    a->draft_bytes = bytes;
}

void drafts_forget(struct lt_adapter *a)
{
    drop_drafts(a, 0, 0);
    a->drafts_kept = a->drafts_kept_bytes = 0;
}

void drafts_post(struct lt_adapter *a)
{
    for (size_t i = 0; i < a->draft_count; i++)
        if (a->drafts[i].ours)
            courier_post(a->courier, a->drafts[i].outgoing.message, a->drafts[i].outgoing.dossier,
                         a->drafts[i].outgoing.envelope);
    drafts_forget(a);
}

enum fault_code drafts_again(struct lt_adapter *a, struct uuid message, struct fault *f)
{
    for (size_t i = 0; i < a->draft_count; i++)
        if (uuid_equal(a->drafts[i].outgoing.message, message))
            return FAULT_NONE;
    a->outbox_due_at_ms = a->now_ms;
    return journal_resend(a->journal, message, a->now, f);
}

enum fault_code drafts_sign(struct lt_adapter *a, struct envelope *const *more, size_t more_count, struct fault *f)
{
    OWNED_MEMORY struct envelope **list = memory_array(more_count + a->draft_count + 1, sizeof(struct envelope *));
    enum fault_code code = FAULT_NONE;
    size_t count = 0;

    for (size_t i = 0; i < more_count; i++)
        if (!envelope_is_signed(more[i]))
            list[count++] = more[i];
    for (size_t i = 0; i < a->draft_count; i++)
        if (!envelope_is_signed(a->drafts[i].envelope))
            list[count++] = a->drafts[i].envelope;
    for (size_t i = 0; i < count && !code; i += ENVELOPE_BATCH_MAX) {
        size_t page = count - i < ENVELOPE_BATCH_MAX ? count - i : ENVELOPE_BATCH_MAX;
        code = envelope_sign(list + i, page, credentials_key(a->credentials), f);
    }
    for (size_t i = 0; i < a->draft_count && !code; i++)
        a->drafts[i].outgoing.envelope = envelope_bytes(a->drafts[i].envelope);
    return code ? fault_wrap(f, "signing %zu messages", count) : FAULT_NONE;
}

/* The rows of those that are, or are not, ours. */
static enum fault_code write_drafts(struct lt_adapter *a, bool ours, struct fault *f)
{
    OWNED_MEMORY struct journal_outgoing *list = memory_array(a->draft_count + 1, sizeof(*list));
    size_t count = 0;

    for (size_t i = 0; i < a->draft_count; i++)
        if (!a->drafts[i].written && a->drafts[i].ours == ours) {
            list[count++] = a->drafts[i].outgoing;
            a->drafts[i].written = true;
        }
    if (!count)
        return FAULT_NONE;
    return journal_send(a->journal, list, count, a->now,
                        ours ? instant_after_ms(a->now, a->settings.resend_ms) : a->now, f);
}

static bool any_ours(const struct lt_adapter *a)
{
    for (size_t i = 0; i < a->draft_count; i++)
        if (a->drafts[i].ours)
            return true;
    return false;
}

static enum fault_code commit_drafts(struct lt_adapter *a, struct fault *f)
{
    if (!a->draft_count)
        return FAULT_NONE;
    enum fault_code code = drafts_sign(a, NULL, 0, f);
    if (!code)
        code = write_drafts(a, true, f);
    if (!code)
        code = write_drafts(a, false, f);
    if (!code && !any_ours(a))
        drafts_forget(a); /* the outbox has them */
    return code;
}

enum fault_code drafts_on_moment(void *context, enum database_moment moment, struct fault *f)
{
    struct lt_adapter *a = context;

    switch (moment) {
    case DATABASE_COMMITTING: return commit_drafts(a, f);
    case DATABASE_SAVEPOINT:
        a->drafts_kept = a->draft_count;
        a->drafts_kept_bytes = a->draft_bytes;
        return FAULT_NONE;
    case DATABASE_SAVEPOINT_UNDONE: drop_drafts(a, a->drafts_kept, a->drafts_kept_bytes); return FAULT_NONE;
    default: drafts_forget(a); return FAULT_NONE;
    }
}
