#pragma once
/* Within workflow/ only: what process_unpack works out once, so that no event has to search. */
#include "workflow/expression.h"

/* Names in order, for binary search. */
#define SUPPLEMENT_FACTS 4 /* supplement.gaps, .stage, .basis, .approver */

struct name {
    const char *text;
    uint32_t index;
};
struct names {
    struct name *items;
    uint32_t count;
};

struct node {
    const Lienthong__V1__Node *wire;
    uint32_t start;                         /* of a subprocess: its start node */
    uint32_t boundary_from, boundary_count; /* in process->boundaries */
    uint32_t handler_from, handler_count;   /* in process->handlers: events that begin event subprocesses in it */
    uint32_t *receives;                     /* declarations of the parts that it is given */
    /* Inclusive join: for each incoming flow a row of bits, the nodes from which a token can come by it. */
    uint64_t *reach;
    uint32_t undo; /* compensation boundary's handler: 1 + node; 0: none */
    bool undoable; /* it, or something within it, can be undone: its completion is kept */
    enum way way;  /* of what moves the appointment */
};

struct instruction {
    Lienthong__V1__Opcode op;
    uint32_t argument;
    uint32_t operands;                /* IN: of all its tests, and the value */
    Lienthong__V1__Function function; /* CALL */
    const Lienthong__V1__Test *tests; /* IN; NULL: all are VALUE */
    struct value value;               /* LITERAL */
};

struct expression {
    const Lienthong__V1__Expression *wire;
    struct instruction *code;
    size_t count;
};

struct process {
    struct arena arena; /* holds the definition, */
    struct arena index; /* and this all below */
    const Lienthong__V1__Process *wire;
    struct node *nodes;
    uint32_t *boundaries; /* boundary events by activity, each activity's in the order of nodes */
    struct expression *expressions;
    uint32_t *handlers; /* starts of event subprocesses by the scope around them, each scope's in the order of nodes */
    uint32_t handler_count; /* the process's own come first: so many */
    bool has_handlers, has_inclusive_joins, has_compensation, has_instances;
    bool has_starts; /* more than one for submissions, or none */
    size_t reach_words;
    uint32_t start; /* of the process itself: the first that a submission may begin */
    struct names node_names, fact_names, part_names;
    /* Facts that the engine keeps; -1: this definition does not declare it. */
    int supplements, reschedules, status, late, channel;
    /* What a request for a supplement must say, where the definition declares it; else -1. */
    int supplement[SUPPLEMENT_FACTS];
};

/* Nodes that are delivered and wait for an answer. */
static inline bool node_is_step(const Lienthong__V1__Node *n)
{
    return n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_SERVICE_TASK ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_USER_TASK;
}

static inline bool node_is_boundary(const Lienthong__V1__Node *n)
{
    return (n->kind >= LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_MESSAGE &&
            n->kind <= LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_ERROR) ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_ESCALATION ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_COMPENSATION;
}

/* The start of an event subprocess. */
static inline bool node_is_handler(const Lienthong__V1__Node *n)
{
    return n->kind >= LIENTHONG__V1__NODE_KIND__NODE_KIND_ON_MESSAGE &&
           n->kind <= LIENTHONG__V1__NODE_KIND__NODE_KIND_ON_ESCALATION;
}

/* What has nodes of its own. */
static inline bool node_is_scope(const Lienthong__V1__Node *n)
{
    return n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_SUBPROCESS ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_EVENT_SUBPROCESS;
}

static inline bool node_is_end(const Lienthong__V1__Node *n)
{
    return (n->kind >= LIENTHONG__V1__NODE_KIND__NODE_KIND_END &&
            n->kind <= LIENTHONG__V1__NODE_KIND__NODE_KIND_END_ERROR) ||
           (n->kind >= LIENTHONG__V1__NODE_KIND__NODE_KIND_END_MESSAGE &&
            n->kind <= LIENTHONG__V1__NODE_KIND__NODE_KIND_END_COMPENSATION);
}

/* What undoes others. */
static inline bool node_undoes(const Lienthong__V1__Node *n)
{
    return n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_THROW_COMPENSATION ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_END_COMPENSATION;
}

/* What a message may come for. */
static inline bool node_waits(const Lienthong__V1__Node *n)
{
    return n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_RECEIVE_TASK ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_CATCH_MESSAGE ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_MESSAGE ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_ON_MESSAGE;
}

/* What a boundary event may be attached to. */
static inline bool node_is_activity(const Lienthong__V1__Node *n)
{
    return node_is_step(n) || n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_RECEIVE_TASK ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_SUBPROCESS;
}

enum value_kind fact_kind(const Lienthong__V1__FactDeclaration *declaration);
/* Whether VALUE (not null) may stand in DECLARATION: its type, and its allowed texts. */
bool fact_allows(const Lienthong__V1__FactDeclaration *declaration, const struct value *value);

/* process_graph.c, after process_check: starts, boundary events, event subprocesses, joins, what can be undone. */
void process_index_graph(struct process *p);
/* process_aside.c, after it. */
void process_index_aside(struct process *p);
/* Room for COUNT things in P's index, and one more; never NULL. */
void *process_room(struct process *p, size_t count, size_t size);
/* process_check_multiple.c: instances, and what is undone by what. */
MUST_USE enum fault_code process_check_multiple(const Lienthong__V1__Process *w, const Lienthong__V1__Node *n,
                                                struct fault *f);
MUST_USE enum fault_code process_check_compensation(const Lienthong__V1__Process *w, uint32_t index, struct fault *f);
/* process_check.c: all that concerns nodes and flows. */
MUST_USE enum fault_code process_check(const Lienthong__V1__Process *wire, struct fault *f);
/* expression_check.c: depth, types, literals. *ret's code lives in P's arena. */
MUST_USE enum fault_code expression_compile(struct process *p, uint32_t index, struct fault *f);
/* The kind of value that a compiled expression gives. */
MUST_USE enum fault_code expression_kind(const struct process *p, uint32_t index, enum value_kind *ret,
                                         struct fault *f);
