#pragma once
/* What can be under way at the same time. Two tokens of one scope may be concurrent as Kovalyov and Esparza compute it for
 * free-choice nets: a fork makes its ways concurrent, concurrency moves on with each token, and a join needs it of all its
 * ways in. A boundary event that does not interrupt is a fork of its activity. */
#include "bpmn/model.h"

struct relation;

/* Lives in M's arena. M's references must be sound. */
const struct relation *relation_new(struct model *m);
/* Both of one scope. */
bool relation_of_nodes(const struct relation *r, uint32_t a, uint32_t b);
bool relation_of_flows(const struct relation *r, uint32_t a, uint32_t b);
/* Whether nodes A and B, of any scopes, may wait at the same time; A = B: twice. */
bool relation_waits_together(const struct relation *r, uint32_t a, uint32_t b);
/* Whether a token may be on A, or on what holds it, while another is on B, both in one and the same open scope WITHIN (1 + index
 * of a subprocess, 0: the process). A = B: twice. False when one of them stands outside. */
bool relation_beside(const struct relation *r, uint32_t a, uint32_t b, uint32_t within);
