/* Notices that nobody received are no step, so the engine does not know of them: it records the operator's act, and what is dead waits
 * again. It keeps its message id and its place: an agency that has it already only sends its receipt, and what came later waits. */
#include "attempt.h"
#include "base/text.h"
#include <stdio.h>

#define DETAIL_SIZE 1200

static bool is_dead(const struct attempt *a, const struct loaded_notice *n)
{
    const struct outbox_mark *mark = writes_marked(&a->writes, n->dossier, n->id);
    return !mark || mark->change == OUTBOX_DEAD;
}

static bool is_meant(const struct attempt *a, const struct held *h, const struct event *event,
                     const struct loaded_notice *n)
{
    return uuid_equal(n->dossier, h->id) && is_dead(a, n) &&
           (text_empty(event->element) || text_equal(event->element, n->type));
}

enum engine_result attempt_resend(struct attempt *a, struct held *h, struct input *in, const struct event *event,
                                  const struct event_note *note)
{
    char detail[DETAIL_SIZE];
    struct event_note whole = *note;
    size_t count = 0;
    for (size_t i = 0; i < a->loaded.notice_count; i++)
        count += is_meant(a, h, event, &a->loaded.notices[i]);
    if (count == 0) {
        refusal_set(&in->refusal, LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_UNEXPECTED,
                    "the dossier has no dead notice%s%.100s; a step is delivered again by dossier.retry",
                    text_empty(event->element) ? "" : " ", text_empty(event->element) ? "" : event->element);
        return ENGINE_REFUSED;
    }
    snprintf(detail, sizeof(detail), "%s (%zu notice%s sent again)", event->reason, count, count == 1 ? "" : "s");
    whole.detail = detail;
    enum engine_result result = attempt_engine(a, h, in, event, &whole);
    for (size_t i = 0; result == ENGINE_APPLIED && i < a->loaded.notice_count; i++)
        if (is_meant(a, h, event, &a->loaded.notices[i]))
            writes_mark(&a->writes, (struct outbox_mark){.dossier = h->id,
                                                         .id = a->loaded.notices[i].id,
                                                         .change = OUTBOX_AGAIN,
                                                         .at = a->now,
                                                         .reason = ""});
    return result;
}

bool attempt_resends(const struct attempt *a, struct uuid dossier, uint32_t agency)
{
    for (size_t i = 0; i < a->loaded.notice_count; i++) {
        const struct loaded_notice *n = &a->loaded.notices[i];
        if (n->agency != agency || !uuid_equal(n->dossier, dossier))
            continue;
        const struct outbox_mark *mark = writes_marked(&a->writes, dossier, n->id);
        if (mark && mark->change == OUTBOX_AGAIN)
            return true;
    }
    return false;
}
