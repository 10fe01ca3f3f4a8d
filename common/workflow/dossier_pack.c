/* To proto DossierState. Arrays are in their order, numbers in their only form, so equal states give equal bytes. */
#include "workflow/dossier_state.h"
#include "base/memory.h"
#include "lienthong/v1/dossier.pb-c.h"
#include <string.h>

struct packing {
    const struct dossier *d;
    struct arena arena;
    Lienthong__V1__DossierState state;
};

/* Room for COUNT messages and the pointers to them, which proto wants. The arena has no limit of its own: what is packed is
 * bounded by DOSSIER_*_MAX. */
#define MESSAGES(p_, type_, count_, items_)                              \
    ({                                                                   \
        size_t n_ = (count_);                                            \
        type_ *m_ = arena_alloc(&(p_)->arena, n_ * sizeof *m_ + 1);      \
        (items_) = arena_alloc(&(p_)->arena, n_ * sizeof *(items_) + 1); \
        for (size_t i_ = 0; i_ < n_; i_++)                               \
            (items_)[i_] = &m_[i_];                                      \
        m_;                                                              \
    })

static Lienthong__V1__ClockState *clock_state(struct packing *p, const struct clock *c)
{
    Lienthong__V1__ClockState *s = arena_alloc(&p->arena, sizeof *s);
    lienthong__v1__clock_state__init(s);
    s->running = c->running;
    s->started_us = c->started.us;
    s->used_us = c->used_us;
    s->budget_us = c->budget_us;
    s->due_us = c->due.us;
    s->calendar_version = c->calendar_version;
    s->appointments = c->appointments;
    s->ended = c->ended;
    return s;
}

static void pack_scopes(struct packing *p)
{
    const struct dossier *d = p->d;
    Lienthong__V1__ScopeState *s = MESSAGES(p, Lienthong__V1__ScopeState, d->core.scope_count, p->state.scopes);
    p->state.n_scopes = d->core.scope_count;
    for (uint32_t i = 0; i < d->core.scope_count; i++) {
        struct scope *from = &d->scopes[i];
        lienthong__v1__scope_state__init(&s[i]);
        s[i].id = from->id;
        s[i].node = from->node;
        s[i].parent = from->parent;
        s[i].token = from->token;
        s[i].kind = (Lienthong__V1__ScopeKind)from->kind;
        s[i].handler = from->handler;
        s[i].closed = from->closed;
        s[i].asked = from->asked;
        s[i].answered = from->answered;
        s[i].silent = from->silent;
        s[i].agency = from->agency;
        if (!from->interruption.boundary)
            continue;
        Lienthong__V1__Interruption *n = s[i].interruption = arena_alloc(&p->arena, sizeof *n);
        lienthong__v1__interruption__init(n);
        n->boundary = from->interruption.boundary;
        n->agency = from->interruption.agency;
        n->sender = from->interruption.sender;
        n->message_id = (ProtobufCBinaryData){16, from->interruption.message_id.bytes};
    }
}

static void pack_tokens(struct packing *p)
{
    const struct dossier *d = p->d;
    Lienthong__V1__TokenState *t = MESSAGES(p, Lienthong__V1__TokenState, d->core.token_count, p->state.tokens);
    p->state.n_tokens = d->core.token_count;
    for (uint32_t i = 0; i < d->core.token_count; i++) {
        lienthong__v1__token_state__init(&t[i]);
        t[i].id = d->tokens[i].id;
        t[i].node = d->tokens[i].node;
        t[i].scope = d->tokens[i].scope;
        t[i].flow = d->tokens[i].flow;
        t[i].item = d->tokens[i].item;
    }
}

static void pack_steps(struct packing *p)
{
    const struct dossier *d = p->d;
    Lienthong__V1__StepState *s = MESSAGES(p, Lienthong__V1__StepState, d->core.tombstone_count, p->state.steps);
    p->state.n_steps = d->core.tombstone_count;
    for (uint32_t i = 0; i < d->core.tombstone_count; i++) {
        lienthong__v1__step_state__init(&s[i]);
        s[i].id = i + 1;
        s[i].node = d->tombstones[i].node;
        s[i].agency = d->tombstones[i].agency;
        s[i].status = (Lienthong__V1__StepStatus)d->tombstones[i].status;
    }
    for (uint32_t i = 0; i < d->core.step_count; i++) {
        const struct step *open = &d->steps[i];
        Lienthong__V1__StepState *to = &s[open->position - 1];
        to->token = open->token;
        to->scope = open->scope;
        to->was_received = open->was_received;
        to->answer_refused = open->answer_refused;
        to->clock = clock_state(p, &open->clock);
    }
}

static void pack_timers(struct packing *p)
{
    const struct dossier *d = p->d;
    Lienthong__V1__TimerState *t = MESSAGES(p, Lienthong__V1__TimerState, d->core.timer_count, p->state.timers);
    p->state.n_timers = d->core.timer_count;
    for (uint32_t i = 0; i < d->core.timer_count; i++) {
        lienthong__v1__timer_state__init(&t[i]);
        t[i].id = d->timers[i].id;
        t[i].node = d->timers[i].node;
        t[i].token = d->timers[i].token;
        t[i].scope = d->timers[i].scope;
        t[i].generation = d->timers[i].generation;
        t[i].due_us = d->timers[i].due.us;
        t[i].warned = d->timers[i].warned;
    }
}

/* Without those that follow from the rest of the state. */
static bool is_stored(const struct process *p, uint32_t fact)
{
    int i = (int)fact;
    return i != p->supplements && i != p->reschedules && i != p->status && i != p->late;
}

static void pack_facts(struct packing *p)
{
    const struct dossier *d = p->d;
    size_t declared = d->process->wire->n_facts;
    Lienthong__V1__FactState *f = MESSAGES(p, Lienthong__V1__FactState, declared, p->state.facts);
    for (uint32_t i = 0; i < declared; i++) {
        if (d->facts[i].kind == VALUE_NULL || !is_stored(d->process, i))
            continue;
        Lienthong__V1__FactState *to = &f[p->state.n_facts++];
        lienthong__v1__fact_state__init(to);
        to->declaration = i;
        to->value = value_to_wire(&d->facts[i], &p->arena);
    }
}

static void pack_parts(struct packing *p)
{
    const struct dossier *d = p->d;
    size_t declared = d->process->wire->n_parts;
    Lienthong__V1__PartState *s = MESSAGES(p, Lienthong__V1__PartState, declared, p->state.parts);
    for (uint32_t i = 0; i < declared; i++)
        if (d->parts[i]) {
            Lienthong__V1__PartState *to = &s[p->state.n_parts++];
            lienthong__v1__part_state__init(to);
            to->declaration = i;
            to->sequence = d->parts[i];
        }
}

static void pack_members(struct packing *p)
{
    const struct dossier *d = p->d;
    Lienthong__V1__MemberState *s = MESSAGES(p, Lienthong__V1__MemberState, d->core.member_count, p->state.members);
    p->state.n_members = d->core.member_count;
    for (uint32_t i = 0; i < d->core.member_count; i++) {
        lienthong__v1__member_state__init(&s[i]);
        s[i].declaration = d->members[i].declaration;
        s[i].sequence = d->members[i].sequence;
        s[i].item = d->members[i].item;
    }
}

static void pack_incidents(struct packing *p)
{
    const struct dossier *d = p->d;
    Lienthong__V1__IncidentState *s =
        MESSAGES(p, Lienthong__V1__IncidentState, d->core.incident_count, p->state.incidents);
    p->state.n_incidents = d->core.incident_count;
    for (uint32_t i = 0; i < d->core.incident_count; i++) {
        lienthong__v1__incident_state__init(&s[i]);
        s[i].token = d->incidents[i].token;
        s[i].node = d->incidents[i].node;
        s[i].step = d->incidents[i].step;
        s[i].cause = d->incidents[i].cause;
        s[i].scope = d->incidents[i].scope;
    }
}

static void pack_completions(struct packing *p)
{
    const struct dossier *d = p->d;
    Lienthong__V1__CompletionState *s =
        MESSAGES(p, Lienthong__V1__CompletionState, d->core.completion_count, p->state.completions);
    p->state.n_completions = d->core.completion_count;
    for (uint32_t i = 0; i < d->core.completion_count; i++) {
        lienthong__v1__completion_state__init(&s[i]);
        s[i].node = d->completions[i].node;
        s[i].scope = d->completions[i].scope;
        s[i].inner = d->completions[i].inner;
        s[i].thrower = d->completions[i].thrower;
        s[i].agency = d->completions[i].agency;
    }
}

static void pack_core(struct packing *p)
{
    const struct core *core = &p->d->core;
    p->state.sequence = core->sequence;
    p->state.now_us = core->now.us;
    p->state.status = core->status;
    p->state.status_before_pause = core->status_before_pause;
    p->state.supplements = core->supplements;
    p->state.reschedules = core->reschedules;
    p->state.next_id = core->next_id;
    p->state.ended = core->ended;
    p->state.clock = clock_state(p, &core->clock);
}

static enum fault_code write_to(const struct packing *p, struct buffer *to, struct fault *f)
{
    size_t size = lienthong__v1__dossier_state__get_packed_size(&p->state);
    if (size > DOSSIER_STATE_SIZE_MAX)
        return fault_set(f, FAULT_LIMIT, "the dossier's state takes %zu bytes, limit %d", size, DOSSIER_STATE_SIZE_MAX);
    OWNED_MEMORY uint8_t *packed = memory_array(size + 1, 1);
    lienthong__v1__dossier_state__pack(&p->state, packed);
    return buffer_append(to, BYTES(packed, size), f);
}

enum fault_code dossier_pack(const struct dossier *d, struct buffer *to, struct fault *f)
{
    struct packing p = {.d = d};
    arena_init(&p.arena, SIZE_MAX / 2);
    lienthong__v1__dossier_state__init(&p.state);
    pack_core(&p);
    pack_scopes(&p);
    pack_tokens(&p);
    pack_steps(&p);
    pack_timers(&p);
    pack_facts(&p);
    pack_parts(&p);
    pack_members(&p);
    pack_incidents(&p);
    pack_completions(&p);
    enum fault_code code = write_to(&p, to, f);
    arena_clear(&p.arena);
    return code;
}
