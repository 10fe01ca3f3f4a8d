/* From proto DossierState. What the engine relies on is checked, so that a damaged row is a fault and not a crash. */
#include "workflow/dossier_state.h"
#include "base/fence.h"
#include "base/memory.h"
#include "base/text.h"
#include "lienthong/v1/dossier.pb-c.h"
#include <string.h>

#define UNPACK_ARENA_MAX (32 << 20)

static enum fault_code damaged(struct fault *f, const char *what, uint32_t id)
{
    return fault_set(f, FAULT_MALFORMED, "%s %u does not fit the rest of the state", what, id);
}

static struct clock clock_of(const Lienthong__V1__ClockState *s)
{
    struct clock c = {0};
    if (s)
        c = (struct clock){.running = s->running,
                           .ended = s->ended,
                           .started = {s->started_us},
                           .used_us = s->used_us,
                           .budget_us = s->budget_us,
                           .due = {s->due_us},
                           .calendar_version = s->calendar_version,
                           .appointments = s->appointments};
    return c;
}

#define KIND(name_) LIENTHONG__V1__NODE_KIND__NODE_KIND_##name_

/* Whether a scope of its kind can be around what it says. */
static bool scope_fits(const struct dossier *d, const Lienthong__V1__ScopeState *s)
{
    const Lienthong__V1__Node *n = process_node(d->process, s->node);
    const Lienthong__V1__Node *handler = s->handler ? process_node(d->process, s->handler - 1) : NULL;
    if (!n || (s->handler && s->kind != LIENTHONG__V1__SCOPE_KIND__SCOPE_KIND_UNDOING))
        return false;
    switch ((int)s->kind) {
    case LIENTHONG__V1__SCOPE_KIND__SCOPE_KIND_BODY: return s->id == SCOPE_ROOT || node_is_scope(n);
    case LIENTHONG__V1__SCOPE_KIND__SCOPE_KIND_INSTANCES: return n->multiple;
    case LIENTHONG__V1__SCOPE_KIND__SCOPE_KIND_UNDOING:
        return (n->kind == KIND(THROW_COMPENSATION) || n->kind == KIND(END_COMPENSATION)) && handler &&
               handler->for_compensation;
    }
    return false;
}

static enum fault_code take_scopes(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    uint32_t last = 0;
    for (size_t i = 0; i < s->n_scopes; i++) {
        const Lienthong__V1__ScopeState *from = s->scopes[i];
        bool root = i == 0;
        if (from->id <= last || from->id >= d->core.next_id || (root != (from->id == SCOPE_ROOT)))
            return damaged(f, "scope", from->id);
        if (root ? from->parent || from->token || from->node || from->kind : !dossier_scope(d, from->parent))
            return damaged(f, "scope", from->id);
        if (!scope_fits(d, from))
            return damaged(f, "scope", from->id);
        *DOSSIER_APPEND(d, scope) = (struct scope){.id = from->id,
                                                   .node = from->node,
                                                   .parent = from->parent,
                                                   .token = from->token,
                                                   .kind = (enum scope_kind)from->kind,
                                                   .handler = from->handler,
                                                   .closed = from->closed,
                                                   .asked = from->asked,
                                                   .answered = from->answered,
                                                   .silent = from->silent,
                                                   .agency = from->agency};
        last = from->id;
    }
    return FAULT_NONE;
}

/* Whether a node may be where something of SCOPE is. */
static bool stands_in(const struct dossier *d, uint32_t node, uint32_t scope)
{
    const struct scope *s = dossier_scope(d, scope);
    if (!s || node >= d->process->wire->n_nodes)
        return false;
    return d->process->nodes[node].wire->scope == scope_place(d, s);
}

/* Whether the event subprocess that HANDLER begins stands in SCOPE, which is a body. */
static bool surrounds(const struct dossier *d, uint32_t scope, const Lienthong__V1__Node *handler)
{
    const struct scope *s = dossier_scope(d, scope);
    return s && s->kind == SCOPE_BODY && node_is_handler(handler) && stands_in(d, handler->scope - 1, scope);
}

/* Whether TOKEN waits at an event-based gateway for NODE, among others. */
static bool waits_before(const struct dossier *d, const struct token *t, const Lienthong__V1__Node *n)
{
    const Lienthong__V1__Process *w = d->process->wire;
    return w->nodes[t->node]->kind == KIND(EVENT_GATEWAY) && n->n_incoming == 1 &&
           w->flows[n->incoming[0]]->from == t->node;
}

/* Instances rest on their activity; nothing else has an item. */
static bool item_fits(const struct dossier *d, const Lienthong__V1__TokenState *t)
{
    const struct scope *s = dossier_scope(d, t->scope);
    if (s->kind != SCOPE_INSTANCES)
        return t->item == 0;
    return t->item > 0 && t->item <= INSTANCES_MAX && t->node == s->node;
}

static enum fault_code take_tokens(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    uint32_t last = SCOPE_ROOT;
    for (size_t i = 0; i < s->n_tokens; i++) {
        const Lienthong__V1__TokenState *from = s->tokens[i];
        if (from->id <= last || from->id >= d->core.next_id || from->flow > d->process->wire->n_flows ||
            !stands_in(d, from->node, from->scope) || !item_fits(d, from))
            return damaged(f, "token", from->id);
        *DOSSIER_APPEND(d, token) = (struct token){
            .id = from->id, .node = from->node, .scope = from->scope, .flow = from->flow, .item = from->item};
        last = from->id;
    }
    for (uint32_t i = 1; i < d->core.scope_count; i++) {
        const struct scope *scope = &d->scopes[i];
        const struct token *t = dossier_token(d, scope->token);
        bool multiple = d->process->nodes[scope->node].wire->multiple;
        if (!t || t->node != scope->node || t->scope != scope->parent ||
            (t->item > 0) != (multiple && scope->kind == SCOPE_BODY))
            return damaged(f, "scope", scope->id);
        for (uint32_t k = 1; k < i; k++)
            if (d->scopes[k].token == scope->token)
                return damaged(f, "scope", scope->id);
    }
    return FAULT_NONE;
}

static enum fault_code take_interruptions(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    for (size_t i = 0; i < s->n_scopes; i++) {
        const Lienthong__V1__Interruption *from = s->scopes[i]->interruption;
        struct scope *scope = &d->scopes[i];
        if (!from || !from->boundary)
            continue;
        const Lienthong__V1__Node *n = process_node(d->process, from->boundary - 1);
        if (!n || !(node_is_boundary(n) || node_is_handler(n)) || !n->interrupting ||
            strlen(from->sender) >= SENDER_SIZE ||
            !uuid_from_bytes(BYTES(from->message_id.data, from->message_id.len), &scope->interruption.message_id))
            return damaged(f, "interruption of scope", scope->id);
        bool own = scope->id != SCOPE_ROOT && scope->kind != SCOPE_UNDOING && scope->node == n->attached - 1;
        if (node_is_handler(n) ? !surrounds(d, scope->id, n) : !own && !stands_in(d, n->attached - 1, scope->id))
            return damaged(f, "interruption of scope", scope->id);
        scope->interruption.boundary = from->boundary;
        scope->interruption.agency = from->agency;
        text_copy(scope->interruption.sender, SENDER_SIZE, from->sender);
    }
    return FAULT_NONE;
}

static enum fault_code take_steps(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    for (uint32_t i = 0; i < s->n_steps; i++) {
        const Lienthong__V1__StepState *from = s->steps[i];
        const Lienthong__V1__Node *n = process_node(d->process, from->node);
        if (from->id != i + 1 || from->status < LIENTHONG__V1__STEP_STATUS__STEP_STATUS_OPENED ||
            from->status > LIENTHONG__V1__STEP_STATUS__STEP_STATUS_CANCELLED || !n || !node_is_step(n))
            return damaged(f, "step", from->id);
        enum step_status status = (enum step_status)from->status;
        *DOSSIER_APPEND(d, tombstone) =
            (struct tombstone){.node = from->node, .agency = from->agency, .status = status};
        if (status >= STEP_ANSWERED)
            continue;
        const struct token *t = dossier_token(d, from->token);
        bool orphan = from->token == 0 && status == STEP_CANCELLING;
        if (!orphan &&
            (!t || t->node != from->node || t->scope != from->scope || dossier_step_of_token(d, from->token)))
            return damaged(f, "step", from->id);
        *DOSSIER_APPEND(d, step) = (struct step){.position = from->id,
                                                 .token = from->token,
                                                 .node = from->node,
                                                 .scope = from->scope,
                                                 .agency = from->agency,
                                                 .status = status,
                                                 .was_received = from->was_received,
                                                 .answer_refused = from->answer_refused,
                                                 .clock = clock_of(from->clock)};
    }
    return FAULT_NONE;
}

/* Whether a timer of node N may belong to what it says. */
static bool timer_fits(const struct dossier *d, const Lienthong__V1__TimerState *timer, const Lienthong__V1__Node *n)
{
    const struct token *t = dossier_token(d, timer->token);
    if (timer->token == 0)
        return n->timer && surrounds(d, timer->scope, n);
    if (!t || t->scope != timer->scope)
        return false;
    if (t->node == timer->node)
        return n->kind == KIND(CATCH_TIMER) || (t->item && node_is_step(n) && n->multiple->silence_agrees);
    return n->timer && (node_is_boundary(n) ? n->attached - 1 == t->node : waits_before(d, t, n));
}

static enum fault_code take_timers(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    uint32_t last = SCOPE_ROOT;
    for (size_t i = 0; i < s->n_timers; i++) {
        const Lienthong__V1__TimerState *from = s->timers[i];
        const Lienthong__V1__Node *n = process_node(d->process, from->node);
        if (from->id <= last || from->id >= d->core.next_id || !n || from->due_us < 0 || !timer_fits(d, from, n))
            return damaged(f, "timer", from->id);
        *DOSSIER_APPEND(d, timer) = (struct timer){.id = from->id,
                                                   .node = from->node,
                                                   .token = from->token,
                                                   .scope = from->scope,
                                                   .generation = from->generation,
                                                   .due = {from->due_us},
                                                   .warned = from->warned};
        last = from->id;
    }
    return FAULT_NONE;
}

static enum fault_code take_facts(struct dossier *d, const Lienthong__V1__DossierState *s, struct arena *arena,
                                  struct fault *f)
{
    for (size_t i = 0; i < s->n_facts; i++) {
        const Lienthong__V1__FactState *from = s->facts[i];
        struct value v;
        if (from->declaration >= d->process->wire->n_facts || !from->value ||
            (i > 0 && from->declaration <= s->facts[i - 1]->declaration))
            return damaged(f, "fact", from->declaration);
        if (value_from_wire(from->value, arena, &v, f))
            return fault_wrap(f, "fact %u", from->declaration);
        if (!fact_allows(d->process->wire->facts[from->declaration], &v) || !dossier_set_fact(d, from->declaration, &v))
            return damaged(f, "fact", from->declaration);
    }
    dossier_keep_facts(d);
    return FAULT_NONE;
}

static bool incident_fits(const struct dossier *d, const Lienthong__V1__IncidentState *i)
{
    const struct token *t = dossier_token(d, i->token);
    const Lienthong__V1__Node *n = process_node(d->process, i->node);
    if (!n || (i->step && !dossier_open_step(d, i->step)))
        return false;
    if (i->token == 0)
        return i->scope && surrounds(d, i->scope, n);
    bool own =
        t && (t->node == i->node || (node_is_boundary(n) && n->attached - 1 == t->node) || waits_before(d, t, n));
    for (uint32_t k = 0; k < d->core.incident_count; k++)
        if (d->incidents[k].token == i->token && d->incidents[k].node == i->node && d->incidents[k].step == i->step)
            return false;
    return own && i->scope == 0;
}

static enum fault_code take_incidents(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    for (size_t i = 0; i < s->n_incidents; i++) {
        const Lienthong__V1__IncidentState *from = s->incidents[i];
        if (!incident_fits(d, from))
            return damaged(f, "incident of token", from->token);
        struct incident *to = DOSSIER_APPEND(d, incident);
        to->token = from->token;
        to->node = from->node;
        to->step = from->step;
        to->scope = from->scope;
        text_copy(to->cause, sizeof to->cause, from->cause);
    }
    return FAULT_NONE;
}

/* Whether something still holds SCOPE, in which completion INDEX lies: it is open, or a completed subprocess behind it was it. */
static bool is_held(const struct dossier *d, const Lienthong__V1__DossierState *s, size_t index)
{
    for (size_t i = index + 1; i < s->n_completions; i++)
        if (s->completions[i]->inner == s->completions[index]->scope)
            return true;
    return dossier_scope(d, s->completions[index]->scope);
}

static enum fault_code take_completions(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    for (size_t i = 0; i < s->n_completions; i++) {
        const Lienthong__V1__CompletionState *from = s->completions[i];
        const struct token *t = dossier_token(d, from->thrower);
        Lienthong__V1__NodeKind at = t ? d->process->nodes[t->node].wire->kind : KIND(UNSPECIFIED);
        bool thrown = from->thrower == 0 || at == KIND(THROW_COMPENSATION) || at == KIND(END_COMPENSATION);
        if (from->node >= d->process->wire->n_nodes || !d->process->nodes[from->node].undoable || !thrown ||
            from->inner >= d->core.next_id || !is_held(d, s, i))
            return damaged(f, "completion", from->node);
        *DOSSIER_APPEND(d, completion) = (struct completion){.node = from->node,
                                                             .scope = from->scope,
                                                             .inner = from->inner,
                                                             .thrower = from->thrower,
                                                             .agency = from->agency};
    }
    return FAULT_NONE;
}

/* One of each item in a set, and of a set that has one at all. */
static bool is_member(const struct dossier *d, const Lienthong__V1__MemberState *s)
{
    const Lienthong__V1__Process *w = d->process->wire;
    if (s->declaration >= w->n_parts || !w->parts[s->declaration]->each || s->sequence == 0 ||
        s->sequence > d->parts[s->declaration] || !s->item[0] || strlen(s->item) > DOSSIER_ITEM_SIZE_MAX)
        return false;
    for (uint32_t i = 0; i < d->core.member_count; i++)
        if (d->members[i].declaration == s->declaration && strcmp(d->members[i].item, s->item) == 0)
            return false;
    return true;
}

static enum fault_code take_members(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    if (s->n_members > DOSSIER_MEMBERS_MAX)
        return fault_set(f, FAULT_LIMIT, "%zu members of part sets", s->n_members);
    for (size_t i = 0; i < s->n_members; i++) {
        if (!is_member(d, s->members[i]))
            return damaged(f, "member of a part set", s->members[i]->declaration);
        struct part_member *m = DOSSIER_APPEND(d, member);
        m->declaration = s->members[i]->declaration;
        m->sequence = s->members[i]->sequence;
        memcpy(m->item, s->members[i]->item, strlen(s->members[i]->item));
    }
    return FAULT_NONE;
}

static enum fault_code take_rest(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    for (size_t i = 0; i < s->n_parts; i++) {
        if (s->parts[i]->declaration >= d->process->wire->n_parts || s->parts[i]->sequence > d->core.sequence)
            return damaged(f, "part", s->parts[i]->declaration);
        d->parts[s->parts[i]->declaration] = s->parts[i]->sequence;
    }
    if (take_members(d, s, f))
        return f->code;
    return take_incidents(d, s, f) ? f->code : take_completions(d, s, f);
}

static enum fault_code take_core(struct dossier *d, const Lienthong__V1__DossierState *s, struct fault *f)
{
    if (s->status > STATUS_HANDED_OVER || s->status_before_pause > STATUS_HANDED_OVER)
        return fault_set(f, FAULT_MALFORMED, "status %u, before a pause %u", s->status, s->status_before_pause);
    if (s->n_tokens > DOSSIER_TOKENS_MAX || s->n_scopes > DOSSIER_SCOPES_MAX || s->n_steps > DOSSIER_STEPS_MAX ||
        s->n_timers > DOSSIER_TIMERS_MAX || s->n_completions > DOSSIER_COMPLETIONS_MAX)
        return fault_set(f, FAULT_LIMIT, "%zu tokens, %zu scopes, %zu steps, %zu timers, %zu completions", s->n_tokens,
                         s->n_scopes, s->n_steps, s->n_timers, s->n_completions);
    bool open = s->sequence > 0 && !s->ended;
    if (open != (s->n_scopes > 0) || s->next_id <= SCOPE_ROOT || s->now_us < 0)
        return fault_set(f, FAULT_MALFORMED, "sequence, end and scopes contradict each other");
    d->core = (struct core){.sequence = s->sequence,
                            .now = {s->now_us},
                            .clock = clock_of(s->clock),
                            .status = (enum status)s->status,
                            .status_before_pause = (enum status)s->status_before_pause,
                            .supplements = s->supplements,
                            .reschedules = s->reschedules,
                            .next_id = s->next_id,
                            .ended = s->ended};
    return FAULT_NONE;
}

OWNED_CLEANUP(dossier)

enum fault_code dossier_unpack(struct uuid id, const struct process *process, struct bytes packed, struct dossier **ret,
                               struct fault *f)
{
    OWNED_ARENA arena;
    arena_init(&arena, UNPACK_ARENA_MAX);
    ProtobufCMessage *message;
    struct fence_limits limits = {.size_max = DOSSIER_STATE_SIZE_MAX, .depth_max = 6, .fields_max = 60000};
    if (fence_unpack(packed, &lienthong__v1__dossier_state__descriptor, limits, &arena, &message, f))
        return fault_wrap(f, "state of a dossier");
    const Lienthong__V1__DossierState *s = (const Lienthong__V1__DossierState *)message;
    OWNED(dossier) d = dossier_new(id, process);
    if (take_core(d, s, f) || take_scopes(d, s, f) || take_tokens(d, s, f) || take_interruptions(d, s, f) ||
        take_steps(d, s, f) || take_timers(d, s, f) || take_facts(d, s, &arena, f) || take_rest(d, s, f))
        return fault_wrap(f, "state of a dossier");
    *ret = MOVE(d);
    return FAULT_NONE;
}
