#pragma once
/* Within workflow/ only: what process_unpack works out once, so that no event has to search. */
#include "workflow/expression.h"

/* Names in order, for binary search. */
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
    uint32_t *receives;                     /* declarations of the parts that it is given */
};

struct instruction {
    Lienthong__V1__Opcode op;
    uint32_t argument;
    struct value value;
};

struct expression {
    const Lienthong__V1__Expression *wire;
    struct instruction *code;
    size_t count;
};

struct process {
    struct arena arena; /* holds all below */
    const Lienthong__V1__Process *wire;
    struct node *nodes;
    uint32_t *boundaries; /* boundary events by activity, each activity's in the order of nodes */
    struct expression *expressions;
    uint32_t start; /* of the process itself */
    struct names node_names, fact_names, part_names;
    /* Facts that the engine keeps; -1: this definition does not declare it. */
    int supplements, reschedules, status, late, channel;
};

/* Nodes that are delivered and wait for an answer. */
static inline bool node_is_step(const Lienthong__V1__Node *n)
{
    return n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_SERVICE_TASK ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_USER_TASK;
}

static inline bool node_is_boundary(const Lienthong__V1__Node *n)
{
    return n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_MESSAGE ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_TIMER ||
           n->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_ERROR;
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

/* process_check.c: all that concerns nodes and flows. */
MUST_USE enum fault_code process_check(const Lienthong__V1__Process *wire, struct fault *f);
/* expression_check.c: depth, types, literals. *ret's code lives in P's arena. */
MUST_USE enum fault_code expression_compile(struct process *p, uint32_t index, struct fault *f);
/* The kind of value that a compiled expression gives. */
MUST_USE enum fault_code expression_kind(const struct process *p, uint32_t index, enum value_kind *ret,
                                         struct fault *f);
