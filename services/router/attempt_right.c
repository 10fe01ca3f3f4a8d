/* Rights to what the procedure gives to agencies: who opened the dossier may have it reach them, or it does not go out. */
#include "attempt.h"
#include "base/text.h"
#include "workflow/needs.h"
#include <stdio.h>

#define REASON_SIZE 400

/* The role as which the dossier was opened: one that its agency has. When it has none any more (it was merged, say), any that may open. */
static bool allowed_to(const struct attempt *a, const struct held *h, struct right_name *name)
{
    const Lienthong__V1__Process *p = process_definition(h->process->process);
    const struct directory *d = a->router->directory;
    bool has_any = false;
    name->sender = NEED_ROUTER;
    if (!h->submitter)
        return rights_allow(directory_rights(d), name, a->now);
    for (size_t i = 0; i < p->n_trigger_roles && !has_any; i++)
        has_any = directory_has_role(d, h->submitter, p->trigger_roles[i], NULL, a->now);
    for (size_t i = 0; i < p->n_trigger_roles; i++) {
        if (has_any && !directory_has_role(d, h->submitter, p->trigger_roles[i], NULL, a->now))
            continue;
        name->sender = p->trigger_roles[i];
        if (rights_allow(directory_rights(d), name, a->now))
            return true;
    }
    return false;
}

static void deny(struct attempt *a, const struct effect *e, const struct draft *d, const char *reason)
{
    *LIST_ADD(&a->denied) = (struct denied){.delivery = d->id,
                                            .step = e->kind == EFFECT_DELIVER ? d->step : (struct uuid){{0}},
                                            .agency = d->agency,
                                            .type = d->header.type,
                                            .reason = arena_text(&a->arena, reason)};
    writes_mark(&a->writes, (struct outbox_mark){.dossier = d->dossier,
                                                 .id = d->id,
                                                 .change = OUTBOX_DEAD,
                                                 .at = a->now,
                                                 .reason = a->denied.items[a->denied.count - 1].reason});
}

static void note_query(struct attempt *a, const struct held *h, const struct draft *d)
{
    *LIST_ADD(&a->writes.queries) = (struct query_row){.dossier = h->id,
                                                       .delivery = d->id,
                                                       .procedure = h->process->procedure,
                                                       .version = h->process->version,
                                                       .agency = h->submitter,
                                                       .officer = h->officer,
                                                       .type = d->header.type,
                                                       .recipient = d->agency,
                                                       .reason = d->header.purpose->reason};
}

void attempt_check_right(struct attempt *a, const struct held *h, const struct effect *e, const struct draft *d)
{
    const Lienthong__V1__Node *node = process_node(h->process->process, e->node);
    struct right_name name = {.procedure = h->process->procedure, .type = d->header.type, .recipient = e->role};
    char reason[REASON_SIZE], how[REASON_SIZE];
    if (e->kind == EFFECT_CANCEL || text_empty(e->role) || !uuid_is_nil(e->reply_to))
        return; /* of what was given before, or an answer to its own message */
    if (!allowed_to(a, h, &name)) {
        right_explain(rights_look(directory_rights(a->router->directory), &name, a->now), &name, how, sizeof(how));
        snprintf(reason, sizeof(reason), "not entitled: %.380s", how);
        deny(a, e, d, reason);
    } else if (e->kind == EFFECT_DELIVER && node->personal && text_empty(h->officer)) {
        deny(a, e, d, "no purpose: it queries personal data, and no officer stands for the dossier");
    } else if (e->kind == EFFECT_DELIVER && node->personal) {
        note_query(a, h, d);
    }
}

/* In the same transaction as what ordered it: nothing waits that never goes out, and a person sees why. */
void attempt_tell_denied(struct attempt *a, struct held *h, struct input *in)
{
    struct envelope *envelope = in->envelope;
    struct refusal refusal = in->refusal;
    uint64_t sequence = in->sequence;
    while (a->denied.count) {
        struct denied d = a->denied.items[--a->denied.count];
        struct step_view view;
        if (uuid_is_nil(d.step) || !dossier_find_step(h->state, d.step, &view)) {
            attempt_not_delivered(
                a, h, &(struct loaded_delivery){.dossier = h->id, .id = d.delivery, .agency = d.agency, .type = d.type},
                d.reason);
            continue;
        }
        const Lienthong__V1__Node *node = process_node(h->process->process, view.node);
        struct event event = {
            .kind = EVENT_UNDELIVERABLE, .happened = a->now, .agency = d.agency, .step = d.step, .reason = d.reason};
        in->envelope = NULL; /* the event is ours */
        (void)attempt_engine(
            a, h, in, &event,
            &(struct event_note){.type = node->operation, .node = node->id, .detail = d.reason, .step = d.step});
    }
    in->envelope = envelope;
    in->refusal = refusal;
    in->sequence = sequence;
}
