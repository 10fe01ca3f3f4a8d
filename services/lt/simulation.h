#pragma once
/* A procedure run with pretended agencies in pretended time. Drives the same engine as the router, by its effects alone. */
#include "scenario.h"
#include <jansson.h>

#define SIMULATION_EVENTS_MAX 5000 /* that are applied or refused */
#define SIMULATION_FAILURES_MAX 100
#define SIMULATION_UNTIL_DAYS 366 /* after the start, where the scenario says nothing */

/* --- What it leaves --------------------------------------------------------------------------------------------------- */

/* A step that an agency was given. */
struct past_step {
    uint32_t node, position;
    const char *agency;
    struct instant opened;
    struct clock clock; /* as it last was while open */
    int64_t used_us;
    bool closed, late;
};
struct past_incident {
    uint32_t node, step, place;
    const char *cause;
    bool open;
};
struct past_place {
    uint32_t node;
    struct instant at;
};
struct past_message {
    const char *type, *agency;
};

/* A growing list; entries live in the simulation's arena. */
#define PAST(type_)   \
    struct {          \
        type_ *items; \
        size_t count; \
        size_t room;  \
    }

struct past {
    PAST(uint32_t) path;                   /* nodes, as they were passed */
    PAST(uint32_t) statuses;               /* each change, */
    PAST(struct past_place) status_places; /* and where it came from */
    PAST(struct instant) dues;             /* each due instant that the dossier's clock got */
    PAST(struct past_step) steps;
    PAST(struct past_incident) incidents;
    PAST(struct past_message) told; /* notices but those of the status */
    struct instant ended;
    uint32_t appointments; /* so far */
};

struct failure {
    struct mark mark;
    const char *text;
};

/* --- Inside ----------------------------------------------------------------------------------------------------------- */

struct agency {
    const char *role, *place; /* place NULL: the procedure has no jurisdiction */
    const char *name;
};

/* What the router sends, and its line in the timeline. */
struct sending {
    uint32_t agency, step, node;
    enum effect_kind kind;
    bool dropped, arrived;
    struct instant at;
    json_t *line;
};

/* A step as its agency sees it. */
struct work {
    uint32_t step, agency, node, sending;
    const struct reaction *reaction;
    const struct behaviour *behaviour; /* NULL: the usual */
    int64_t budget_us;
    struct outage outage; /* its line was away before it came; empty: it was not */
    bool committed;       /* it has said its last word: answered, refused or gave it up */
};

enum task_kind {
    TASK_ARRIVES,
    TASK_RECEIPT,
    TASK_ANSWER,
    TASK_CANCELLED,
    TASK_REFUSES,
    TASK_LOST,
    TASK_SAID,
    TASK_HAPPENS
};
/* What will happen at an instant, in the order in which it was planned. */
struct task {
    struct instant at, happened;
    uint64_t order;
    enum task_kind kind;
    uint32_t index;        /* of a sending, a work or a happening */
    enum event_kind event; /* SAID: what the line brings to the router */
};
struct alarm {
    uint32_t timer, generation;
    struct instant due;
};

struct simulation {
    const struct process *process;
    const struct calendar *calendar;
    int64_t offset_us;
    const struct scenario *scenario;
    struct arena arena;
    struct dossier *dossier;
    struct effects effects;
    struct instant now, until;
    uint64_t order, messages;
    size_t events;
    const char *place; /* the dossier's own jurisdiction; NULL: none */
    bool stopped;      /* by SIMULATION_EVENTS_MAX */
    PAST(struct agency) agencies;
    PAST(struct sending) sendings;
    PAST(struct work) works;
    PAST(struct task) tasks;
    PAST(struct alarm) alarms;
    uint32_t *anchored; /* how often what each happening waits for has come */
    uint32_t *turns;    /* of each behaviour: how many deliveries it has had */
    struct past past;
    json_t *lines; /* the timeline's events */
    json_t *incident_lines;
    PAST(struct failure) failures;
};

/* SCENARIO, PROCESS and CALENDAR are borrowed. */
void simulation_init(struct simulation *s, const struct process *process, const struct calendar *calendar,
                     int64_t offset_us, const struct scenario *scenario);
void simulation_clear(struct simulation *s);
/* Runs until nothing is left to happen, or the scenario's end. What went otherwise than the scenario says is among the failures. */
void simulation_run(struct simulation *s);
/* The timeline, in the shape of timeline_read: caller owns it. */
json_t *simulation_timeline(const struct simulation *s);

/* Compares what came of it with what the scenario expects; each difference becomes a failure. */
void expectation_check(struct simulation *s);

/* --- Between its files ------------------------------------------------------------------------------------------------ */

#define PAST_ADD(s_, list_)                                                                                 \
    ({                                                                                                      \
        if ((list_)->count == (list_)->room) {                                                              \
            size_t room_ = (list_)->room ? 2 * (list_)->room : 16;                                          \
            __typeof__((list_)->items) items_ = arena_alloc(&(s_)->arena, room_ * sizeof(*(list_)->items)); \
            if ((list_)->count)                                                                             \
                memcpy(items_, (list_)->items, (list_)->count * sizeof(*items_));                           \
            (list_)->items = items_;                                                                        \
            (list_)->room = room_;                                                                          \
        }                                                                                                   \
        &(list_)->items[(list_)->count++];                                                                  \
    })

const char *simulation_text(struct simulation *s, const char *format, ...) PRINTF_LIKE(2, 3);
void simulation_fail(struct simulation *s, struct mark mark, const char *format, ...) PRINTF_LIKE(3, 4);
struct instant simulation_instant(const struct simulation *s, struct moment moment);
void simulation_plan(struct simulation *s, struct instant at, enum task_kind kind, uint32_t index);
/* AT plus SPAN; BUDGET_US: of the step. Beyond what the calendar knows, plain time counts. */
struct instant simulation_after(const struct simulation *s, struct instant at, struct span span, int64_t budget_us);
/* What an event of NODE brings: GIVEN, and what else it must bring. False: a fact that it must set is given nowhere, which is a failure at MARK. */
bool simulation_bring(struct simulation *s, const Lienthong__V1__Node *node, const struct settings *given,
                      const struct words *parts, bool whole, struct mark mark, struct event *event);
/* Applies EVENT, which arrives now; its effects are followed. MARK, WHAT: for failures. REFUSED: the code that is expected, or 0.
 * False: it was refused. */
bool simulation_apply(struct simulation *s, const struct event *event, uint32_t node, struct mark mark,
                      const char *what, int refused);

/* Timers are armed and disarmed, deliveries become void. */
void simulation_follow(struct simulation *s, const struct effect *e);

/* pretended.c: the agencies */
uint32_t pretended_resolve(const void *context, const char *role, const char *jurisdiction, struct instant now);
/* Its id, made on first use. PLACE may be NULL. */
uint32_t pretended_agency(struct simulation *s, const char *role, const char *place);
const char *pretended_name(const struct simulation *s, uint32_t agency);
/* When AGENCY's line is up, not before AT; us INT64_MAX: never. */
struct instant pretended_line(const struct simulation *s, uint32_t agency, struct instant at);
void pretended_send(struct simulation *s, const struct effect *e, json_t *line);
void pretended_drop(struct simulation *s, uint32_t step);
void pretended_act(struct simulation *s, const struct task *t);

/* spontaneous.c */
void spontaneous_plan(struct simulation *s);
void spontaneous_anchor(struct simulation *s, enum anchor_kind kind, uint32_t number);
void spontaneous_happen(struct simulation *s, const struct task *t);

/* retold.c: what is kept of an event and its effects */
void retold_event(struct simulation *s, const struct event *event, uint32_t node, const struct clock *step_clock);
void retold_refusal(struct simulation *s, const struct event *event, uint32_t node, const struct refusal *refusal);
/* Works of the open steps, at the end. */
void retold_finish(struct simulation *s);
