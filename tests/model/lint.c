#include "lint.h"
#include "bpmn/model.h"
#include "bpmn/relation.h"

/* As the compiler has it in front of it, but for the elements of a file. */
static struct model *model_of(const Lienthong__V1__Process *process, struct arena *arena, struct bpmn_report *report)
{
    struct model m = {.arena = arena, .report = report, .node_count = process->n_nodes, .flow_count = process->n_flows};
    struct model *kept = model_take(&m, 1, sizeof m);
    m.nodes = model_take(&m, m.node_count, sizeof *m.nodes);
    m.flows = model_take(&m, m.flow_count + 1, sizeof *m.flows);
    for (size_t i = 0; i < m.node_count; i++) {
        m.nodes[i].wire = *process->nodes[i];
        if (m.nodes[i].wire.kind == KIND(BOUNDARY_COMPENSATION))
            m.nodes[i].wire.interrupting = false; /* event.c; the engine does not look at it */
    }
    for (size_t i = 0; i < m.flow_count; i++)
        m.flows[i].wire = *process->flows[i];
    *kept = m;
    return kept;
}

struct said lint_say(const Lienthong__V1__Process *process)
{
    OWNED_ARENA arena;
    struct bpmn_report unasked = {0}, stuck = {0};
    arena_init(&arena, 64u << 20);
    struct model *m = model_of(process, &arena, &unasked);
    const struct relation *r = relation_new(m);
    lint_irrevocable(m, r);
    m->report = &stuck;
    lint_parallel(m, r);
    lint_stuck(m);
    return (struct said){unasked.errors > 0, stuck.errors > 0};
}
