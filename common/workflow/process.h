#pragma once
/* A compiled procedure in memory: proto Process unpacked once, checked, and shared by all its dossiers. Immutable. */
#include "base/arena.h"
#include "lienthong/v1/process.pb-c.h"

#define PROCESS_SIZE_MAX (1 << 20)
#define PROCESS_NODES_MAX 2000
#define PROCESS_FLOWS_MAX 4000
#define PROCESS_FACTS_MAX 200
#define PROCESS_PARTS_MAX 100

struct process;

/* Everything that the engine relies on is checked here (indices in range, scopes nest, one start for each scope, boundary events attached
 * to activities, expressions' stack depth and types, …), so that a hostile Process bytes cannot crash it. */
MUST_USE enum fault_code process_unpack(struct bytes packed, struct process **ret, struct fault *f);
struct process *process_free(struct process *p);
const Lienthong__V1__Process *process_definition(const struct process *p);
const Lienthong__V1__Node *process_node(const struct process *p, uint32_t index);
/* -1: none. */
int process_find_node(const struct process *p, const char *id);
int process_find_fact(const struct process *p, const char *name);
int process_find_part(const struct process *p, const char *name);
/* Where a node stands that moves the appointment (lt:reschedules). */
enum way {
    WAY_MAIN,   /* a token of the main way may come to it */
    WAY_BESIDE, /* beside the main way, but what it leads to is more than ends */
    WAY_ASIDE   /* on a side path: a token may be over there, and nothing waits for it */
};
enum way process_way(const struct process *p, uint32_t node);
bool process_has_role(char *const *roles, size_t count, const char *role);
