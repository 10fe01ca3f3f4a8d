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
    uint32_t skipped;       /* the token whose activity completes without having been done */
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
/* The same for TOKEN's place: within an instance, the role that its item picks is resolved by the item. */
/* The item of the instance within which TOKEN is, when it picks ROLE; NULL: none does. */
const char *run_item(const struct run *r, const char *role, const struct token *token);
uint32_t run_resolve_at(const struct run *r, const char *role, const struct token *token);
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
/* The token leaves its node by COUNT flows, each with a token of its own. */
void token_leave(struct run *r, uint32_t token, const uint32_t *flows, size_t count);
/* Enters a node and leaves it at once. */
/* TOKEN is over where it is. */
MUST_USE bool token_vanish(struct run *r, uint32_t token);
MUST_USE bool token_pass(struct run *r, uint32_t token, uint32_t node);
/* Whether TOKEN is about to enter its node. */
bool token_is_moving(const struct run *r, uint32_t token);

/* gateway.c */
MUST_USE bool gateway_enter(struct run *r, uint32_t token, uint32_t node);
/* Lets one inclusive join go on whose tokens have all come, when nothing moves any more. False with *RET_NONE: there is none. */
MUST_USE bool gateway_join(struct run *r, bool *ret_none);
/* The event NODE behind the event-based gateway at which TOKEN waits has happened. */
MUST_USE bool gateway_choose(struct run *r, uint32_t token, uint32_t node);
/* The flow by which the event-based gateway NODE leads to EVENT; UINT32_MAX: none. */
uint32_t gateway_flow_to(const struct process *p, uint32_t node, uint32_t event);

/* instances.c */
MUST_USE bool instances_open(struct run *r, uint32_t token);
/* Instance TOKEN has completed; SILENT: nobody answered in time. */
MUST_USE bool instances_complete(struct run *r, uint32_t token, bool silent);
/* Whether the instances in SCOPE are enough now; lets the activity go on when they are. */
MUST_USE bool instances_check(struct run *r, uint32_t scope);
/* The budget of instance TOKEN's step is spent. */
MUST_USE bool instances_fall_silent(struct run *r, uint32_t token);
/* The timer of silence; the step's receipt arms it anew when the budget was over before. */
MUST_USE enum fault_code instances_watch(struct run *r, const struct token *token, struct instant due, struct fault *f);
/* What the instance of TOKEN brings to the part set DECLARATION goes to the others. */
MUST_USE bool instances_keep_part(struct run *r, const struct token *token, uint32_t declaration, size_t size);
/* Whether fact DECLARATION stands fast, because instances are being made over it. */
bool instances_hold(const struct run *r, uint32_t declaration);
/* What item INDEX of the list is; NULL: no text. */
const char *instances_item(const struct run *r, const Lienthong__V1__MultiInstance *m, uint32_t index);

/* handler.c: event subprocesses */
MUST_USE enum fault_code handler_arm(struct run *r, const struct scope *scope, struct fault *f);
/* HANDLER's event has happened in SCOPE. */
MUST_USE bool handler_fire(struct run *r, uint32_t handler, uint32_t scope);
/* The same without asking irrevocable steps first: errors and escalations come from within. */
void handler_begin(struct run *r, uint32_t handler, uint32_t scope);
/* The handler in SCOPE that takes an error or escalation CODE, one that names it before one that takes any; -1: none. */
int handler_catcher(const struct run *r, const struct scope *scope, Lienthong__V1__NodeKind kind, const char *code);
/* The handlers of SCOPE, as indices into process->handlers. */
void handler_range(const struct run *r, const struct scope *scope, uint32_t *ret_from, uint32_t *ret_count);

/* compensation.c */
MUST_USE bool compensation_enter(struct run *r, uint32_t token, uint32_t node);
/* The next activity that TOKEN's throw has to undo; none: the throw is over. */
MUST_USE bool compensation_next(struct run *r, uint32_t token);
/* Activity NODE has completed in SCOPE; INNER: what was its own scope; AGENCY: who did it, when no other may undo it. False:
 * there is no room. */
MUST_USE bool compensation_keep(struct run *r, uint32_t node, uint32_t scope, uint32_t inner, uint32_t agency);
/* SCOPE is gone without having completed, or for good: nothing in it can be undone any more. */
void compensation_forget(struct dossier *d, uint32_t scope);
/* The token at a throw vanishes: what it had not yet undone stands again. */
void compensation_let_go(struct dossier *d, uint32_t thrower);

/* scope.c */
/* A scope of its own that lives as long as TOKEN stands at its node. */
struct scope *scope_new(struct run *r, uint32_t token);
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
/* An escalation leaves SCOPE for the nearest that takes it; what it leaves goes on unless that interrupts. */
void scope_escalate(struct run *r, uint32_t scope, const char *code);
MUST_USE bool dossier_end(struct run *r, const char *cause);

/* step.c */
MUST_USE bool step_open(struct run *r, uint32_t token);
/* A task to be told, not to be waited for. False: an incident instead, or refused. */
MUST_USE bool step_send(struct run *r, uint32_t token, uint32_t node, bool *ret_sent);
/* Asks the agency to give it up. */
void step_ask(struct run *r, const struct step *s);
void step_give_up(struct run *r, struct step *s, bool orphan);
void step_close(struct run *r, struct step *s, enum step_status status);
/* An operator does without it. Moves the array of steps or not. */
void step_void(struct run *r, struct step *s);
enum engine_result step_on_receipt(struct run *r);
enum engine_result step_on_answer(struct run *r);
enum engine_result step_on_cancelled(struct run *r);
enum engine_result step_on_undeliverable(struct run *r);
enum engine_result step_on_impossible(struct run *r);

/* timer.c */
MUST_USE enum fault_code timer_arm(struct run *r, uint32_t node, const struct token *token, const struct clock *clock,
                                   struct fault *f);
MUST_USE enum fault_code timer_arm_boundaries(struct run *r, const struct token *token, const struct clock *clock,
                                              struct fault *f);
void timer_disarm_token(struct run *r, uint32_t token);
void timer_disarm_all(struct run *r);
/* Those that begin event subprocesses of SCOPE. */
void timer_disarm_scope(struct run *r, uint32_t scope);
struct timer *timer_of_scope(const struct dossier *d, uint32_t scope, uint32_t node);
/* A new timer at NODE, due at DUE (0: not yet). */
MUST_USE enum fault_code timer_add(struct run *r, uint32_t node, const struct token *token, struct instant due,
                                   struct fault *f);
struct timer *timer_of_token(const struct dossier *d, uint32_t token, uint32_t node);
void timer_remove(struct run *r, struct timer *t);
/* An armed one, to another instant. */
void timer_move(struct run *r, struct timer *t, struct instant due);
/* It has happened, or will not: gone, but for a warning, which waits for the next appointment. */
void timer_spend(struct run *r, struct timer *t);
/* After any change of the dossier's clock. */
MUST_USE enum fault_code timer_follow_clock(struct run *r, struct fault *f);
/* What a timer at NODE stands for happens. */
MUST_USE bool timer_act(struct run *r, uint32_t node, uint32_t token, uint32_t scope);
enum engine_result timer_on_event(struct run *r);
/* The firing was taken back because of CAUSE: an incident instead. */
void timer_on_failure(struct run *r, const char *cause);

/* interruption.c */
MUST_USE bool boundary_fire(struct run *r, uint32_t boundary, uint32_t token);
/* An interrupting boundary event happens now, whatever is open. */
void boundary_interrupt(struct run *r, uint32_t boundary, uint32_t token);
/* Whether an interruption may begin: none is pending. Refuses otherwise. */
MUST_USE bool interruption_may(struct run *r);
/* Asks every irrevocable step in SCOPE to be given up, and notes that NODE's event waits for it; false: there is none. */
bool interruption_wait(struct run *r, struct scope *scope, uint32_t node);
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
/* The same for a NODE that an operator skips: every one that is not optional must be there. What the operator may not set itself
 * is set in the place of NODE's role, unless a `requires` of the definition depends on it. */
MUST_USE bool fact_take_skipped(struct run *r, const Lienthong__V1__Node *node);
/* Parts that came for NODE, written by ROLE; WHOLE: every one that is not optional must be there. */
/* TOKEN: at the task whose answer it is, which may be an instance's; NULL: of no instance. */
/* RESEAL: its part is brought by this event from now on. */
MUST_USE bool part_reseal(struct run *r);
MUST_USE bool part_take_all(struct run *r, const Lienthong__V1__Node *node, const struct token *token, const char *role,
                            bool whole);
/* A condition over the facts as of now. */
MUST_USE enum fault_code fact_holds(struct run *r, uint32_t expression, bool *ret, struct fault *f);

/* mark.c: what a node does to status and clock */
MUST_USE bool mark_enter(struct run *r, uint32_t node);
MUST_USE bool mark_receipt(struct run *r, uint32_t node);
/* NODE is passed over: status and clock as if it had been done, but no new appointment. */
MUST_USE bool mark_pass_over(struct run *r, uint32_t node);
MUST_USE bool mark_complete(struct run *r, uint32_t node);
/* Tells the inform roles what changed besides the status. */
void mark_tell(struct run *r, const struct clock *before, bool ended_before);

/* incident.c */
void incident_open(struct run *r, uint32_t token, uint32_t node, uint32_t step, const char *cause);
/* At the start of an event subprocess in SCOPE, where no token rests. */
void incident_open_of_scope(struct run *r, uint32_t scope, uint32_t node, const char *cause);
void incident_close_of_scope(struct run *r, uint32_t scope);
void incident_close(struct run *r, const struct incident *i);
void incident_close_of_token(struct run *r, uint32_t token);
void incident_close_of_step(struct run *r, uint32_t step);
/* The open incident that a command names by its step or element, or the only one. NULL: refused. Borrowed until one closes. */
const struct incident *incident_named(struct run *r);
enum engine_result incident_on_retry(struct run *r);
enum engine_result incident_on_correct(struct run *r);
/* A dossier that nothing can move any more gets an incident. */
void incident_if_stuck(struct run *r);

/* skip.c */
MUST_USE bool skip_on_command(struct run *r);
