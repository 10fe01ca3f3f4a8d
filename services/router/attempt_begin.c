/* A dossier that begins by time: nobody has submitted it, and its submission's key is its tick. */
#include "attempt.h"
#include <stdio.h>
#include <string.h>

#define DETAIL_SIZE 200

/* Whether the schedule still stands where it stood when the tick was claimed: not begun by another router, not paused, not of a newer
 * version. Its row is locked. */
static bool stands(const struct attempt *a, const struct beginning *b)
{
    for (size_t i = 0; i < a->writes.schedules.count; i++) /* claimed twice */
        if (strcmp(a->writes.schedules.items[i].procedure, b->procedure) == 0)
            return false;
    for (size_t i = 0; i < a->loaded.schedule_count; i++) {
        const struct loaded_schedule *s = &a->loaded.schedules[i];
        if (strcmp(s->procedure, b->procedure) == 0)
            return s->process == b->process && s->due.us == b->from.us && !s->paused;
    }
    return false;
}

/* A version before has begun this tick, which is a tick of both. */
static bool begun_before(const struct attempt *a, const struct held *h, const struct beginning *b)
{
    bool used = h->exists;
    for (size_t i = 0; i < a->loaded.submission_count && !used; i++)
        used = a->loaded.submissions[i].agency == 0 && strcmp(a->loaded.submissions[i].key, b->key) == 0;
    return used;
}

static void advance(struct attempt *a, const struct beginning *b, struct uuid dossier)
{
    *LIST_ADD(&a->writes.schedules) = (struct schedule_row){.procedure = b->procedure,
                                                            .process = b->process,
                                                            .from = b->from,
                                                            .due = b->turn.tick.due,
                                                            .dossier = dossier,
                                                            .next = b->turn.next.due,
                                                            .next_number = b->turn.next.number,
                                                            .missed = b->turn.missed,
                                                            .missed_until = b->turn.tick.due};
}

void attempt_begin_later(struct attempt *a, const struct input *in, const char *trouble)
{
    *LIST_ADD(&a->writes.schedules) = (struct schedule_row){.procedure = in->begin.procedure,
                                                            .process = in->begin.process,
                                                            .from = in->begin.from,
                                                            .later = {a->now.us + a->router->settings.retry_us_max},
                                                            .trouble = arena_text(&a->arena, trouble)};
}

/* A code to talk about it; its tick by the clock of the calendar is for people. */
static const char *code_of(struct attempt *a, const struct beginning *b)
{
    char code[DETAIL_SIZE], due[INSTANT_TEXT_SIZE];
    instant_print(b->turn.tick.due, due);
    snprintf(code, sizeof(code), "%s/%s", b->procedure, due);
    return arena_text(&a->arena, code);
}

static const char *detail_of(struct attempt *a, const struct beginning *b)
{
    char detail[DETAIL_SIZE], due[INSTANT_TEXT_SIZE];
    instant_print(b->turn.tick.due, due);
    int size = snprintf(detail, sizeof(detail), "due %s", due);
    if (b->turn.missed)
        snprintf(detail + size, sizeof(detail) - (size_t)size, "; %llu earlier missed",
                 (unsigned long long)b->turn.missed);
    return arena_text(&a->arena, detail);
}

static bool held_begin(struct attempt *a, struct held *h, const struct beginning *b)
{
    h->process = catalogue_process(a->router->catalogue, b->process);
    h->calendar = h->process ? catalogue_calendar(a->router->catalogue, h->process->calendar) : NULL;
    if (!h->calendar)
        return false;
    h->submitter = 0;
    h->code = code_of(a, b);
    h->officer = "";
    h->opened_at = a->now;
    h->version = 0;
    h->state = dossier_new(h->id, h->process->process);
    h->opened = h->exists = true;
    return true;
}

/* It begins now and not when it was due: nobody is late for a router that was away. */
static void open(struct attempt *a, struct held *h, struct input *in)
{
    const struct beginning *b = &in->begin;
    if (!held_begin(a, h, b)) {
        attempt_begin_later(a, in, "its process or calendar is gone");
        return;
    }
    const Lienthong__V1__Node *start = schedule_node(process_definition(h->process->process));
    struct event event = {.kind = EVENT_BEGIN, .happened = a->now};
    struct event_note note = {.type = "timer", .node = start->id, .detail = detail_of(a, b)};
    if (attempt_engine(a, h, in, &event, &note) == ENGINE_APPLIED) {
        struct bytes pieces[] = {BYTES("lienthong/v1/beginning", 23), bytes_of_text(b->key)};
        *LIST_ADD(&a->writes.submissions) = (struct submission_row){
            .agency = 0, .key = b->key, .dossier = h->id, .digest = digest_of_all(pieces, LENGTH(pieces))};
        advance(a, b, h->id);
        return;
    }
    h->opened = h->exists = false;
    h->state = dossier_free(h->state);
    attempt_begin_later(a, in, in->refusal.text);
}

void attempt_begin(struct attempt *a, struct held *h, struct input *in)
{
    in->outcome = OUTCOME_ACKNOWLEDGED;
    if (!stands(a, &in->begin))
        return;
    if (in->reason[0])
        attempt_begin_later(a, in, in->reason);
    else if (begun_before(a, h, &in->begin))
        advance(a, &in->begin, (struct uuid){{0}});
    else
        open(a, h, in);
}

void attempt_tell_missed(const struct attempt *a)
{
    for (size_t i = 0; i < a->writes.schedules.count; i++) {
        const struct schedule_row *row = &a->writes.schedules.items[i];
        struct fault f;
        char from[INSTANT_TEXT_SIZE];
        instant_print(row->from, from);
        if (row->later.us) {
            fault_set(&f, FAULT_AGAIN, "%s, due %s: %.300s", row->procedure, from, row->trouble);
            router_note(a->router, &f, "SCHEDULE-TROUBLE");
        } else if (row->missed) {
            fault_set(&f, FAULT_AGAIN, "%s: %llu ticks from %s on have begun nothing", row->procedure,
                      (unsigned long long)row->missed, from);
            router_note(a->router, &f, "SCHEDULE-MISSED");
        }
    }
}
