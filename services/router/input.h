#pragma once
/* What a batch is made of: a message, a timer that is due, a delivery that is given up or has waited too long for a seal, or a dossier that begins by time. And the queue of them. */
#include "admission.h"
#include "base/uuid.h"
#include "workflow/schedule.h"

#define BEGIN_PROCEDURE_SIZE 65 /* lt deploy has no longer one */
#define BEGIN_KEY_SIZE 100

enum input_kind { INPUT_MESSAGE, INPUT_TIMER, INPUT_UNDELIVERABLE, INPUT_UNSEALED, INPUT_BEGIN };

enum outcome {
    OUTCOME_NONE,
    OUTCOME_ACKNOWLEDGED, /* also: nothing more to do with a timer */
    OUTCOME_REFUSED
};

struct input {
    struct input *prev, *next;
    enum input_kind kind;
    struct uuid dossier;
    struct instant arrived;

    /* INPUT_MESSAGE */
    uint64_t peer;
    uint32_t agency;
    size_t size; /* as it came: credit */
    struct envelope *envelope;
    bool refused; /* by admission, proved: REFUSAL */

    /* INPUT_TIMER */
    uint32_t timer, generation;

    /* INPUT_UNDELIVERABLE, INPUT_UNSEALED; AGENCY too */
    struct uuid delivery;
    char reason[300];
    bool by_agency; /* its agency will not take it, which counts also after its receipt */

    /* INPUT_BEGIN: DOSSIER is what begins. REASON too: why it cannot. */
    struct beginning {
        char procedure[BEGIN_PROCEDURE_SIZE], key[BEGIN_KEY_SIZE]; /* KEY: of the submission that nobody made */
        uint32_t process;
        struct instant from; /* the tick where the schedule stands */
        struct schedule_turn turn;
    } begin;

    /* What became of it, anew in each attempt. */
    enum outcome outcome;
    struct refusal refusal;
    uint64_t sequence;    /* of its event; 0: none */
    struct uuid received; /* the delivery that it proved to be received; nil: none */
};

struct input *input_new(enum input_kind kind, struct uuid dossier, struct instant arrived);
struct input *input_free(struct input *in);
size_t input_size(const struct input *in);

/* A queue in order of arrival. Its bound is the sessions' credit and the limits of claims. */
struct inlet {
    struct input *head;
    size_t count, bytes, refused; /* refused: by_agency */
};
void inlet_put(struct inlet *inlet, struct input *in); /* ownership moves */
struct input *inlet_take(struct inlet *inlet);         /* NULL: empty; caller owns */
void inlet_clear(struct inlet *inlet);
