#pragma once
/* Within workflow/ only: one event on its way through the engine. Functions that return bool answer false when the event is
 * refused; *refusal is then set and engine_apply takes everything back. What cannot be blamed on the event becomes an
 * incident and counts as success. */
#include "workflow/dossier_state.h"
#include "workflow/engine.h"

#define MOVES_MAX 10000

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_
#define REFUSAL(name_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name_

struct run {
    struct dossier *d;
    const struct process *p;
    const struct event *event;
    const struct engine_input *input;
    struct effects *effects;
    struct refusal *refusal;
    struct instant now, happened;
    size_t effects_from;
    uint32_t moves;
    uint32_t head, waiting; /* a ring of tokens that are about to enter their node */
    uint32_t queue[DOSSIER_TOKENS_MAX];
};

static inline const Lienthong__V1__Node *run_node(const struct run *r, uint32_t node)
{
    return r->p->nodes[node].wire;
}

/* engine.c */
MUST_USE bool run_refuse(struct run *r, Lienthong__V1__RefusalCode code, const char *format, ...) PRINTF_LIKE(3, 4);
/* A fault of ours while applying (a calendar that does not reach so far): REFUSAL INTERNAL. */
MUST_USE bool run_fault(struct run *r, const struct fault *f);
uint32_t run_resolve(const struct run *r, const char *role);
/* How much plain time or working time BUDGET is from AT: to a due instant. */
MUST_USE enum fault_code run_due(const struct run *r, const Lienthong__V1__Budget *budget, struct instant at,
                                 struct instant *ret, struct fault *f);
/* A new clock with BUDGET (may be NULL) from AT. */
MUST_USE enum fault_code run_clock(const struct run *r, const Lienthong__V1__Budget *budget, struct instant at,
                                   struct clock *clock, struct fault *f);

/* effects.c: a new effect of KIND; all else zero, text "". Valid until the next. */
struct effect *run_effect(struct run *r, enum effect_kind kind, uint32_t node);
const char *run_text(struct run *r, const char *format, ...) PRINTF_LIKE(2, 3);
void run_trace(struct run *r, uint32_t node, const char *text);
/* The declarations of NODE that somebody has brought. */
void run_parts(struct run *r, uint32_t node, struct effect *to);

/* token.c */
struct token *token_new(struct run *r, uint32_t node, uint32_t scope);
void token_enter_later(struct run *r, uint32_t token);
/* Lets the tokens that are about to enter do so, and all that follow. */
MUST_USE bool token_run(struct run *r);
/* Token TOKEN has done what its node asks: the node completes, the token goes on by all outgoing flows. */
MUST_USE bool token_complete(struct run *r, uint32_t token);
/* Puts the token on NODE, which it enters later; all that tied it to its old node is undone. */
void token_move(struct run *r, uint32_t token, uint32_t node, uint32_t flow);
/* What holds a token at its node (timers, incident) goes. */
void token_release(struct run *r, uint32_t token);
void token_remove(struct run *r, uint32_t token);

/* scope.c */
MUST_USE bool scope_open(struct run *r, uint32_t token);
/* Everything in the scope, and below, vanishes; open steps are given up. The scope itself stays. */
void scope_clear(struct run *r, uint32_t scope);
void scope_remove(struct run *r, uint32_t scope);
/* The scope has no token any more: its subprocess completes, or the dossier ends. */
MUST_USE bool scope_over(struct run *r, uint32_t scope);
MUST_USE bool scope_over_if_empty(struct run *r, uint32_t scope);
/* Whether TOKEN stands in SCOPE or below. */
bool scope_holds(const struct dossier *d, uint32_t scope, const struct token *token);
/* An error leaves ACTIVITY's token (a task), or the scope; it goes to the nearest boundary event that takes it. */
MUST_USE bool scope_throw_task(struct run *r, uint32_t token, const char *error);
MUST_USE bool scope_throw(struct run *r, uint32_t scope, const char *error);
MUST_USE bool dossier_end(struct run *r, const char *cause);

/* step.c */
MUST_USE bool step_open(struct run *r, uint32_t token);
/* Asks the agency to give it up. */
void step_ask(struct run *r, const struct step *s);
void step_give_up(struct run *r, struct step *s, bool orphan);
void step_close(struct run *r, struct step *s, enum step_status status);
enum engine_result step_on_receipt(struct run *r);
enum engine_result step_on_answer(struct run *r);
enum engine_result step_on_cancelled(struct run *r);
enum engine_result step_on_undeliverable(struct run *r);

/* timer.c */
MUST_USE enum fault_code timer_arm(struct run *r, uint32_t node, const struct token *token, const struct clock *clock,
                                   struct fault *f);
MUST_USE enum fault_code timer_arm_boundaries(struct run *r, const struct token *token, const struct clock *clock,
                                              struct fault *f);
void timer_disarm_token(struct run *r, uint32_t token);
void timer_disarm_all(struct run *r);
struct timer *timer_of_token(const struct dossier *d, uint32_t token, uint32_t node);
void timer_remove(struct run *r, struct timer *t);
/* After any change of the dossier's clock. */
MUST_USE enum fault_code timer_follow_clock(struct run *r, struct fault *f);
enum engine_result timer_on_event(struct run *r);
/* The firing was taken back because of CAUSE: an incident instead. */
void timer_on_failure(struct run *r, const char *cause);

/* interruption.c */
MUST_USE bool boundary_fire(struct run *r, uint32_t boundary, uint32_t token);
/* Whether an irrevocable step of TOKEN must wait for a pending interruption. */
bool interruption_covers(const struct dossier *d, const struct token *token);
void interruption_drop(struct run *r, struct scope *s, const char *cause);
/* An irrevocable step of TOKEN was answered, or given up, although or because an interruption waited for it. */
void interruption_on_answer(struct run *r, const struct token *token);
MUST_USE bool interruption_on_cancelled(struct run *r, uint32_t token);
/* That could not happen because of CAUSE: an incident instead. */
void interruption_on_failure(struct run *r, const char *cause);

/* message.c */
enum engine_result message_on_event(struct run *r);

/* fact.c */
/* Facts that came for NODE, set by ROLE; WHOLE: every one that is not optional must be there. NODE NULL: a correction, which
 * is of no node and may set what ROLE may. */
MUST_USE bool fact_take_all(struct run *r, const Lienthong__V1__Node *node, const char *role, bool whole);
/* Parts that came for NODE, written by ROLE; WHOLE: every one that is not optional must be there. */
MUST_USE bool part_take_all(struct run *r, const Lienthong__V1__Node *node, const char *role, bool whole);
/* A condition over the facts as of now. */
MUST_USE enum fault_code fact_holds(struct run *r, uint32_t expression, bool *ret, struct fault *f);

/* mark.c: what a node does to status and clock */
MUST_USE bool mark_enter(struct run *r, uint32_t node);
MUST_USE bool mark_receipt(struct run *r, uint32_t node);
MUST_USE bool mark_complete(struct run *r, uint32_t node);
/* Tells the inform roles what changed besides the status. */
void mark_tell(struct run *r, const struct clock *before, bool ended_before);

/* incident.c */
void incident_open(struct run *r, uint32_t token, uint32_t node, uint32_t step, const char *cause);
void incident_close_of_token(struct run *r, uint32_t token);
void incident_close_of_step(struct run *r, uint32_t step);
enum engine_result incident_on_retry(struct run *r);
enum engine_result incident_on_correct(struct run *r);
/* A dossier that nothing can move any more gets an incident. */
void incident_if_stuck(struct run *r);
