#pragma once
/* What a procedure is tried with: pretended agencies, a pretended time, and what should come of it (deploy/workflows/scenarios/README.md has the language). */
#include "workflow/engine.h"

#define SCENARIO_FILE_SIZE_MAX (256 * 1024)
#define SCENARIO_EXTENDS_MAX 8
#define SCENARIO_LIST_MAX 500 /* entries of any list or mapping of a scenario */
#define SCENARIO_WHOLE_PERCENT 100

/* Steps are given to an agency, which answers. */
static inline bool scenario_is_step(const Lienthong__V1__Node *n)
{
    return n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_SERVICE_TASK ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_USER_TASK;
}
/* What waits for a message of an agency while the dossier is under way. */
static inline bool scenario_takes_messages(const Lienthong__V1__Node *n)
{
    return *n->operation && !scenario_is_step(n) && n->kind != LIENTHONG__V1__NODE_KIND__NODE_KIND_START &&
           n->kind != LIENTHONG__V1__NODE_KIND__NODE_KIND_SEND_TASK &&
           n->kind != LIENTHONG__V1__NODE_KIND__NODE_KIND_END_MESSAGE;
}

/* Where something is written. */
struct mark {
    const char *file;
    size_t line;
};

/* Working time, then plain time, or a share of the step's budget. */
struct span {
    int64_t work_us, plain_us;
    int64_t percent;
};

/* An instant; LOCAL: by the calendar's clocks, its offset not yet taken off. us 0: none. */
struct moment {
    int64_t us;
    bool local;
};

struct setting {
    struct mark mark;
    uint32_t fact; /* declaration */
    struct value value;
};
struct settings {
    struct setting *items;
    size_t count;
};
struct words {
    const char **items;
    size_t count;
    bool given;
};

enum on_cancel { CANCEL_YIELDS, CANCEL_ANSWERS, CANCEL_IGNORES };

/* What an agency does with one delivery. */
struct reaction {
    struct mark mark;
    struct span receipt, answer, cancelled, lost;
    struct moment answer_at;
    bool never_received, never_answered, is_lost;
    struct settings facts;
    struct words parts;
    const char *error;
    const char *refuse; /* the delivery is refused for that reason */
    enum on_cancel on_cancel;
    int refused; /* the code with which its answer is to be refused; 0: taken */
};

/* What an agency does with the deliveries of an element or operation: the first, the second, …; the last for all further. */
struct behaviour {
    struct mark mark;
    const char *element; /* element id or operation */
    const char *place;   /* the jurisdiction for which the agency is competent; NULL: any */
    struct reaction *reactions;
    size_t count;
};

enum anchor_kind {
    ANCHOR_START,
    ANCHOR_AT,
    ANCHOR_OPENED,
    ANCHOR_RECEIVED,
    ANCHOR_ANSWERED,
    ANCHOR_STATUS,
    ANCHOR_INCIDENT
};
struct anchor {
    enum anchor_kind kind;
    struct moment at;
    uint32_t node, status;
    bool any; /* incident: wherever */
    uint32_t nth;
    struct span after;
};

/* What happens of itself: a message, or an operator's command. */
struct happening {
    struct mark mark;
    enum event_kind kind;
    const char *message, *role, *reason;
    const char *place; /* of the role's agency that sends it; NULL: the dossier's own */
    int node;          /* retry: of which element's newest step; -1: none */
    struct settings facts;
    struct words parts;
    struct anchor when;
    int refused;
};

/* AGENCY ("role" or "role@place") is not connected, or nobody is competent in that role. 0: since ever, for ever. */
struct absence {
    struct mark mark;
    const char *agency;
    struct moment from, until;
};

enum expected_kind {
    EXPECT_END,
    EXPECT_STATUS,
    EXPECT_STATUSES,
    EXPECT_PATH,
    EXPECT_WHOLE_PATH,
    EXPECT_PASSES,
    EXPECT_AVOIDS,
    EXPECT_FACT,
    EXPECT_SUPPLEMENTS,
    EXPECT_RESCHEDULES,
    EXPECT_DUES,
    EXPECT_CLOCK,
    EXPECT_LATE,
    EXPECT_ENDED_AT,
    EXPECT_ENDED_BY,
    EXPECT_INCIDENTS,
    EXPECT_TOLD
};
enum ending { ENDING_OPEN, ENDING_ENDED, ENDING_INCIDENT };

struct expected_clock {
    int node; /* -1: the dossier's */
    bool has_used, has_budget, has_due, has_late, has_most;
    int64_t used_us, budget_us, most_us;
    struct moment due;
    bool late;
    uint32_t nth; /* of the element's steps; 0: the newest */
};
struct expected_incident {
    struct mark mark;
    uint32_t node;
    const char *cause; /* contained in it */
    bool has_open, open;
};
struct expected_told {
    struct mark mark;
    const char *type, *role;
    bool has_times;
    uint32_t times;
};

struct expected {
    struct mark mark;
    enum expected_kind kind;
    uint32_t *numbers; /* statuses; nodes; for LATE and others by kind */
    size_t count;
    const char **roles; /* LATE: whose; NULL where it was not said */
    enum ending ending;
    struct setting fact; /* value VALUE_NULL: not set */
    struct moment *moments;
    struct expected_clock clock;
    struct expected_incident *incidents;
    struct expected_told told;
};

struct scenario {
    struct mark mark;
    const char *name;     /* NULL: only to be extended */
    const char *calendar; /* path; NULL: none */
    struct moment start, until;
    const char *submitter, *message; /* role; which start event */
    bool by_timer;                   /* nobody submits it: a timer start event is due */
    uint32_t channel;
    struct settings submission_facts;
    struct words submission_parts;
    struct settings facts; /* what agencies say where nothing else is said */
    struct reaction usual; /* what they do */
    struct behaviour *behaviours;
    size_t behaviour_count;
    struct happening *happenings;
    size_t happening_count;
    struct absence *outages, *vacancies;
    size_t outage_count, vacancy_count;
    struct expected *expected;
    size_t expected_count;
};

/* The scenarios of one file, in its order; what only is extended is left out. Owns all that they point to. */
struct scenario_file {
    struct arena arena;
    struct scenario *scenarios;
    size_t count;
};

/* Reads PATH for PROCESS (borrowed, outlives it), and what it extends. Every name is checked against the procedure.
 * FAULT_CONFIG and FAULT_SYSTEM: "FILE:LINE: …". *ret is to be cleared in any case. */
MUST_USE enum fault_code scenario_read(const char *path, const struct process *process, struct scenario_file *ret,
                                       struct fault *f);
void scenario_clear(struct scenario_file *file);
