#pragma once
/* Within bpmn/ only: the file as nodes and flows, between the XML and the packed Process. Everything lives in one arena
 * without limit: its size follows from the limits of element.h. */
#include "bpmn/finding.h"
#include "bpmn/words.h"
#include "workflow/process.h"

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_
#define CLOCK(name_) LIENTHONG__V1__CLOCK_ACTION__CLOCK_ACTION_##name_
#define STATUS_BACK 255
#define SCOPE_DEPTH_MAX 16 /* as the engine's */
#define NOWHERE UINT32_MAX

struct model_node {
    Lienthong__V1__Node wire;
    const struct element *element;
    const struct element *event; /* its event definition; NULL: none */
    bool lane_role;              /* the role comes from a lane */
    /* Call activity: what a submission would bring to the called process. */
    Lienthong__V1__FactUse **needs;
    size_t need_count;
    Lienthong__V1__PartUse **needs_parts;
    size_t needs_part_count;
};

struct model_flow {
    Lienthong__V1__Flow wire; /* from, to: NOWHERE when dangling */
    const struct element *element;
};

struct model {
    struct arena *arena;
    struct bpmn_report *report;
    const struct element *root, *process;
    struct model_node *nodes;
    size_t node_count;
    struct model_flow *flows;
    size_t flow_count;
    const struct element **ids; /* every BPMN element with an id, in order of ids */
    size_t id_count;
    bool *refused;                    /* by element's order: what cannot be executed, and has been said to be so */
    const struct element **lane_refs; /* flowNodeRef elements */
    size_t lane_ref_count;
    const struct element **pools; /* participants with a process */
    size_t pool_count;
    const struct element **message_flows;
    size_t message_flow_count;
    const struct element **associations;
    size_t association_count;
    bool nodes_told, flows_told;          /* more than there may be */
    size_t own_count;                     /* nodes of this file; behind them those of called processes */
    const struct element **fact_elements; /* where each fact is declared */
    const struct bpmn_library *library;   /* what call activities may call; NULL: nothing */
    char **throws;                        /* errors and escalations that a caller must take */
    size_t throw_count;
    Lienthong__V1__Process wire; /* facts, parts, expressions; nodes and flows when packed */
};

/* declaration.c: the process's head. */
void model_read_declarations(struct model *m);
/* scope.c: all nodes, flows and lanes, and what refers to what. */
void model_read_scopes(struct model *m);
/* node.c: what stands in one node. */
void model_read_node(struct model *m, struct model_node *n);
/* event.c: messages, timers, errors. */
void model_read_event(struct model *m, struct model_node *n);
/* condition.c: conditions of flows and of steps. */
void model_read_conditions(struct model *m);
/* 1 + index of the yes/no expression SOURCE of AT; 0: refused. It is HOLDER's text, or our ATTRIBUTE of it. */
uint32_t model_add_expression(struct model *m, const struct element *at, const char *source,
                              const struct element *holder, const char *attribute);
/* pool.c: the roles of pools, and what message flows lead to. After the lanes. */
void model_read_pools(struct model *m);
/* multiple.c: several instances over a list. */
void model_read_multiple(struct model *m, struct model_node *n);
/* undo.c: what is undone by what. */
void model_read_undoing(struct model *m);
/* call.c: puts called processes into the place of their call activities. */
void model_read_calls(struct model *m);
/* support.c: says that E cannot be executed and what to use instead. */
void model_refuse(struct model *m, const struct element *e);
/* What to use instead of E, an element of BPMN. */
const char *model_instead_of(const struct element *e);
/* Says at FROM that its reference ID leads to nothing, which WHAT describes; nothing when what it leads to is refused itself. */
void model_refuse_reference(struct model *m, const struct element *from, const char *attribute, const char *id,
                            const char *what);
/* Refuses attributes of E that are not in ALLOWED (names separated by spaces) unless they say what is so anyway. */
void model_check_attributes(struct model *m, const struct element *e, const char *allowed, const char *allowed_lt);
/* The same for an element of ours. */
void model_check_own_attributes(struct model *m, const struct element *e, const char *allowed);
/* documentation, extensions of others: fine anywhere. Extensions of others draw a warning. */
bool model_is_ignorable(struct model *m, const struct element *e);

/* ids.c */
void model_index_ids(struct model *m);
/* ID may be a qualified name, such as tns:check, as BPMN's schema has it: one file holds all, so the prefix says nothing. */
const struct element *model_find_id(const struct model *m, const char *id);
/* NOWHERE: none. */
uint32_t model_find_node(const struct model *m, const struct element *e);
uint32_t model_find_flow(const struct model *m, const struct element *e);
int model_find_fact(const struct model *m, const char *name);
int model_find_part(const struct model *m, const char *name);
void *model_take(struct model *m, size_t count, size_t size);

/* order.c: every node behind those from which a token comes to it, as far as circles let it; a scope before what it holds and
 * again behind it. What is spread in this order soon comes to rest, however the file is ordered. */
const uint32_t *model_order(struct model *m, size_t *ret_count);

bool node_waits_for_message(const struct model_node *n); /* receive task, message catch and boundary */
bool node_is_task(const struct model_node *n);           /* service or user: delivered, answered */
bool node_is_bound(const struct model_node *n);          /* boundary event */
bool node_is_final(const struct model_node *n);          /* any end event */
bool node_is_apart(const struct model_node *n);          /* event subprocess, activity that undoes: no flows */
bool node_is_handler(const struct model_node *n);        /* start of an event subprocess */
bool node_is_scope(const struct model_node *n);          /* subprocess, event subprocess, call activity */
bool node_begins(const struct model_node *n);            /* any start event */
bool node_chooses(const struct model_node *n);           /* exclusive or inclusive gateway */
bool node_stands_in(const struct model *m, uint32_t node,
                    uint32_t scope); /* at any depth; SCOPE 1 + index, 0: the process */
/* Whether NODE is an event subprocess that interrupts what is around it: then no other begins there. */
bool node_closes(const struct model *m, uint32_t node);
/* The element that says how many instances there are; NULL: one. */
const struct element *node_multiple(const struct model_node *n);

/* Lints; they need a model without errors so far. */
void lint_shape(struct model *m);  /* lint_shape.c: ways in and out, gateways, starts */
void lint_reach(struct model *m);  /* lint_reach.c: unreachable, no way to an end */
void lint_errors(struct model *m); /* lint_errors.c: raised, thrown, caught */
struct relation;
void lint_parallel(struct model *m, const struct relation *r); /* lint_parallel.c: joins, double subscriptions */
void lint_stuck(struct model *m);                              /* lint_stuck.c: joins that wait for ever */
void lint_circles(struct model *m, const struct relation *r);  /* lint_circles.c: circles without a wait */
/* lint_irrevocable.c: what would be given up unasked */
void lint_irrevocable(struct model *m, const struct relation *r);
void lint_data(struct model *m, const struct relation *r);   /* lint_data.c: facts and parts before use, entitlement */
void lint_status(struct model *m, const struct relation *r); /* lint_status.c: status codes, clock */
void lint_apology(struct model *m, const struct process *p); /* lint_apology.c: the one new appointment */
void lint_choice(struct model *m, const struct process *p);  /* lint_choice.c: two conditions true at once */
