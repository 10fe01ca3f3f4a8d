/* Event subprocesses: their start events wait as long as the scope around them is open. One that interrupts clears that scope
 * and closes it: no other event subprocess of it begins any more, and it is over when this one is. */
#include "workflow/run.h"
#include <string.h>

void handler_range(const struct run *r, const struct scope *scope, uint32_t *ret_from, uint32_t *ret_count)
{
    bool root = scope->id == SCOPE_ROOT;
    *ret_from = root ? 0 : r->p->nodes[scope->node].handler_from;
    *ret_count = root ? r->p->handler_count : r->p->nodes[scope->node].handler_count;
    if (scope->closed || scope->kind != SCOPE_BODY)
        *ret_count = 0;
}

enum fault_code handler_arm(struct run *r, const struct scope *scope, struct fault *f)
{
    uint32_t from, count;
    struct token nobody = {.scope = scope->id};
    handler_range(r, scope, &from, &count);
    for (uint32_t i = from; i < from + count; i++)
        if (run_node(r, r->p->handlers[i])->kind == KIND(ON_TIMER) && timer_arm(r, r->p->handlers[i], &nobody, NULL, f))
            return f->code;
    return FAULT_NONE;
}

int handler_catcher(const struct run *r, const struct scope *scope, Lienthong__V1__NodeKind kind, const char *code)
{
    uint32_t from, count;
    int any = -1;
    handler_range(r, scope, &from, &count);
    for (uint32_t i = from; i < from + count; i++) {
        const Lienthong__V1__Node *n = run_node(r, r->p->handlers[i]);
        if (n->kind != kind)
            continue;
        if (strcmp(n->error, code) == 0)
            return (int)r->p->handlers[i];
        if (!n->error[0] && any < 0)
            any = (int)r->p->handlers[i];
    }
    return any;
}

void handler_begin(struct run *r, uint32_t handler, uint32_t scope)
{
    uint32_t subprocess = run_node(r, handler)->scope - 1;
    if (run_node(r, handler)->interrupting) {
        struct scope *s = dossier_scope(r->d, scope);
        interruption_drop(r, s, "what it would have interrupted is over");
        scope_clear(r, scope);
        timer_disarm_scope(r, scope);
        incident_close_of_scope(r, scope);
        dossier_scope(r->d, scope)->closed = true;
    }
    token_enter_later(r, token_new(r, subprocess, scope)->id);
}

bool handler_fire(struct run *r, uint32_t handler, uint32_t scope)
{
    if (!run_node(r, handler)->interrupting) {
        if (r->d->core.token_count >= DOSSIER_TOKENS_MAX)
            return run_refuse(r, REFUSAL(UNEXPECTED), "loop: more than %d tokens at a time", DOSSIER_TOKENS_MAX);
    } else if (!interruption_may(r)) {
        return false;
    } else if (interruption_wait(r, dossier_scope(r->d, scope), handler)) {
        return true;
    }
    handler_begin(r, handler, scope);
    return true;
}
