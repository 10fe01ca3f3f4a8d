/* Incidents of the router's own, beside those that the engine opens: what it could not apply, and notices that found nobody. The
 * engine does not know of them; their event number is 0, and their node says what it is about. */
#include "attempt.h"
#include <stdio.h>

#define NODE_SIZE 200

static const char *of_agency(struct attempt *a, const char *what, const char *type, uint32_t agency)
{
    char node[NODE_SIZE];
    snprintf(node, sizeof(node), "%s %.100s, agency %u", what, type, agency);
    return arena_text(&a->arena, node);
}

static const char *of_timer(struct attempt *a, uint32_t timer)
{
    char node[NODE_SIZE];
    snprintf(node, sizeof(node), "timer %u", timer);
    return arena_text(&a->arena, node);
}

static void open_trouble(struct attempt *a, struct held *h, const char *node, uint32_t agency, struct uuid step,
                         const char *cause)
{
    writes_trouble(&a->writes,
                   (struct incident_row){
                       .dossier = h->id, .step = step, .node = node, .cause = cause, .agency = agency, .at = a->now});
    h->troubled = true;
}

void attempt_not_delivered(struct attempt *a, struct held *h, const struct loaded_delivery *d, const char *cause)
{
    open_trouble(a, h, of_agency(a, "delivery", d->type, d->agency), d->agency, d->step, cause);
}

void attempt_not_sealed(struct attempt *a, struct held *h, const struct draft *d, uint32_t owner, const char *cause)
{
    open_trouble(a, h, of_agency(a, "seal", d->header.type, d->agency), owner, d->step, arena_text(&a->arena, cause));
}

void attempt_sealed(struct attempt *a, const struct held *h, const struct draft *d)
{
    if (h->troubled)
        writes_trouble_end(&a->writes, h->id, of_agency(a, "seal", d->header.type, d->agency), a->now);
}

/* What is void waits for nothing. */
void attempt_step_dropped(struct attempt *a, const struct held *h, uint32_t step)
{
    struct step_view view;
    if (h->troubled && dossier_find_step(h->state, uuid_step(h->id, step), &view))
        writes_trouble_end(&a->writes, h->id,
                           of_agency(a, "seal", process_node(h->process->process, view.node)->operation, view.agency),
                           a->now);
}

/* Also by a later delivery of the type: a newer status makes up for one that was never received. */
void attempt_delivery_done(struct attempt *a, const struct held *h, const struct loaded_delivery *d)
{
    if (h->troubled)
        writes_trouble_end(&a->writes, h->id, of_agency(a, "delivery", d->type, d->agency), a->now);
}

void attempt_message_done(struct attempt *a, const struct held *h, const struct input *in)
{
    if (h->troubled)
        writes_trouble_end(&a->writes, h->id, of_agency(a, "message", envelope_header(in->envelope)->type, in->agency),
                           a->now);
}

void attempt_timer_done(struct attempt *a, const struct held *h, uint32_t timer)
{
    if (h->troubled)
        writes_trouble_end(&a->writes, h->id, of_timer(a, timer), a->now);
}

/* --- What cannot be applied ---------------------------------------------------------------------------------------- */

static void poison_message(struct attempt *a, struct held *h, struct input *in)
{
    if (h->exists)
        open_trouble(a, h, of_agency(a, "message", envelope_header(in->envelope)->type, in->agency), in->agency,
                     envelope_step_id(in->envelope), a->poison);
}

/* It stays armed, and is tried again: the cause may be gone with the next version of the program. */
static void poison_timer(struct attempt *a, struct held *h, const struct input *in)
{
    struct instant again = {a->now.us + a->router->settings.retry_us_max};
    if (!h->exists) {
        writes_timer(&a->writes, in->dossier, in->timer, in->generation, (struct instant){0});
        return;
    }
    writes_timer_later(&a->writes, in->dossier, in->timer, in->generation, again);
    open_trouble(a, h, of_timer(a, in->timer), 0, (struct uuid){{0}}, a->poison);
}

/* The engine must learn that the delivery is given up: it is, once more, later. */
static void poison_undeliverable(struct attempt *a, struct held *h, const struct input *in)
{
    struct instant again = {a->now.us + a->router->settings.retry_us_max};
    const struct loaded_delivery *d = attempt_delivery(a, in->dossier, in->delivery);
    router_postpone(a->router, in->dossier, in->delivery, again, false);
    if (h->exists && d && d->agency == in->agency)
        attempt_not_delivered(a, h, d, a->poison);
}

void attempt_poisoned(struct attempt *a, struct input *in)
{
    struct held *h = attempt_held(a, in->dossier);
    switch (in->kind) {
    case INPUT_MESSAGE: poison_message(a, h, in); break;
    case INPUT_TIMER: poison_timer(a, h, in); break;
    case INPUT_UNSEALED:
    case INPUT_UNDELIVERABLE: poison_undeliverable(a, h, in); break;
    case INPUT_BEGIN: attempt_begin_later(a, in, a->poison); break;
    }
}
