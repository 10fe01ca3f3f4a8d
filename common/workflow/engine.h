#pragma once
/* What happens to a dossier when an event arrives. Deterministic: the same inputs give the same state and effects, byte for
 * byte (design decision 20). No I/O, no clock, no randomness.
 *
 * An event is either applied whole or refused whole: on a refusal the dossier is as it was. */
#include "lienthong/v1/session.pb-c.h"
#include "workflow/dossier.h"

enum event_kind {
    EVENT_OPEN,      /* the submission */
    EVENT_RECEIPT,   /* the agency has journalled a step's delivery */
    EVENT_ANSWER,    /* of a step; ERROR set: a business error */
    EVENT_CANCELLED, /* the agency gave a cancelled step up */
    EVENT_MESSAGE,   /* for a catch event, a receive task or a message boundary event */
    EVENT_TIMER,
    EVENT_UNDELIVERABLE, /* the delivery of a step is dead: opens an incident with REASON */
    EVENT_RETRY,         /* command: lets what stands in an incident happen again; a step as a new step */
    EVENT_CORRECT,       /* command: sets facts (as "operator") and goes on at an incident without step */
    EVENT_ABORT,         /* command: ends the dossier with REASON */
    EVENT_BEGIN,         /* a timer start event of the process is due: the router opens a dossier by itself */
    EVENT_SKIP,       /* command: the activity in an incident is void, and its token goes on as if it were answered */
    EVENT_IMPOSSIBLE, /* a step's answer was refused for good: opens an incident with REASON */
    EVENT_RESEND, /* command: the router sends dead notices again; the dossier, which may have ended, keeps the act alone */
    EVENT_RESEAL /* the author of a part has sealed it anew, the same text; what is given later, also after the end, is given so */
};

struct event_fact {
    const char *name;
    struct value value;
};
struct event_part {
    const char *name;
    const char *type;
    size_t
        size; /* of what it will take in a delivery: its content, and the header that proves its author; 0: not known */
};

struct outage {
    struct instant from, until;
};

struct event {
    enum event_kind kind;
    struct instant happened; /* signed by the sender; already within the allowed skew of NOW */
    const char *role;        /* one of the sender's roles that entitles it; the router has chosen it */
    uint32_t agency;         /* sender's surrogate id */
    const char *sender;      /* sender's code */
    struct uuid message_id;
    struct uuid step; /* RECEIPT, ANSWER, CANCELLED, UNDELIVERABLE, IMPOSSIBLE; RETRY, SKIP: or ELEMENT, or neither */
    const char *element; /* RETRY, SKIP: BPMN id of where the incident is */
    const char *message; /* MESSAGE: its type; OPEN: which start event, when there are several */
    const char *error;   /* ANSWER: business error or NULL */
    const char *reason;
    uint32_t timer, generation; /* TIMER */
    const struct event_fact *facts;
    size_t fact_count;
    const struct event_part *parts;
    size_t part_count;
    const uint64_t *was; /* RESEAL: the events that brought this text of its one part before */
    size_t was_count;
    /* RECEIPT, ANSWER without one: when no line to the agency was up since the step opened, in order, as the router measured it and
     * not the agency */
    const struct outage *outages;
    size_t outage_count;
    uint32_t channel; /* OPEN: 1 counter, 2 online, 3 post; the fact dossier.channel */
};

/* Who is competent: ROLE and the jurisdiction (a fact's text, or NULL) on the day of NOW. 0: nobody (an incident). */
struct engine_directory {
    uint32_t (*resolve)(const void *context, const char *role, const char *jurisdiction, struct instant now);
    const void *context;
};

enum effect_kind {
    EFFECT_DELIVER, /* a task to an agency */
    EFFECT_INFORM,  /* a notice: send task, status update, refused withdrawal */
    EFFECT_CANCEL,  /* ask an agency to give a step up */
    EFFECT_DROP,    /* a step's delivery is void: not to be (re)sent any more */
    EFFECT_ARM,     /* a timer; replaces the same timer's earlier generation */
    EFFECT_DISARM,
    EFFECT_STATUS,   /* the national code changed */
    EFFECT_INCIDENT, /* opened */
    EFFECT_RESOLVED, /* an incident is closed */
    EFFECT_ENDED,
    EFFECT_AWAY, /* the line of the step's agency was away before it received the step: its clock goes on without that */
    EFFECT_SILENT, /* the step of an instance was not answered within its budget, which counts as agreement */
    EFFECT_TRACE   /* for the timeline: a node was entered or left without anything else to see */
};

struct effect {
    enum effect_kind kind;
    uint32_t node;
    uint32_t step; /* position; 0: none */
    uint32_t
        place; /* INCIDENT, RESOLVED: the token, or else the scope, that stands: two may stand at one node. 0: the dossier */
    uint32_t agency; /* DELIVER, INFORM, CANCEL; INCIDENT: whose step it is, 0: operators */
    const char *role;
    const char *type;      /* operation or message name */
    const uint32_t *parts; /* declarations to send along; newest of each */
    size_t part_count;
    struct clock clock; /* DELIVER, AWAY, SILENT: the step's */
    uint32_t timer, generation;
    struct instant due;                /* ARM */
    enum status status, status_before; /* STATUS and status informs */
    struct uuid reply_to;              /* INFORM of a refused interruption: the message that caused it */
    const char *text;                  /* cause, detail, never NULL; borrowed from the effects' arena or the process */
};

#define EFFECTS_MAX 1024 /* of one event; tokens that would make more stop in an incident ("loop") */
struct effects {
    struct effect *items;
    size_t count, capacity;
    struct arena arena;
    struct undo *undo; /* the engine's: the state before the event */
};
void effects_init(struct effects *e);
void effects_reset(struct effects *e);
void effects_clear(struct effects *e);

/* Refusals carry the wire's code, so that the sender learns the cause. */
struct refusal {
    Lienthong__V1__RefusalCode code;
    char text[400];
};

enum engine_result {
    ENGINE_APPLIED,
    ENGINE_IGNORED, /* nothing to do, not wrong: stale timer, a second receipt, cancelled after answered */
    ENGINE_REFUSED  /* *refusal says why; the dossier is as it was */
};

struct engine_input {
    const struct calendar *calendar;
    struct engine_directory directory;
    struct instant now; /* the router's; the dossier's time is max(now, its last) */
};

/* Applies EVENT to DOSSIER in place and appends to EFFECTS (not reset here). Internal faults (a condition that cannot be
 * evaluated, no competent agency, `requires` not met, a loop) become incidents of the dossier, not refusals. */
enum engine_result engine_apply(struct dossier *d, const struct event *event, const struct engine_input *input,
                                struct effects *effects, struct refusal *refusal);
