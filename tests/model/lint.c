#include "lint.h"
#include "bpmn/model.h"
#include "bpmn/relation.h"

/* As the compiler has it in front of it, but for the elements of a file. */
bool lint_takes(const Lienthong__V1__Process *process)
{
    OWNED_ARENA arena;
    struct bpmn_report report = {0};
    arena_init(&arena, 64u << 20);
    struct model m = {
        .arena = &arena, .report = &report, .node_count = process->n_nodes, .flow_count = process->n_flows};
    m.nodes = model_take(&m, m.node_count, sizeof *m.nodes);
    m.flows = model_take(&m, m.flow_count + 1, sizeof *m.flows);
    for (size_t i = 0; i < m.node_count; i++)
        m.nodes[i].wire = *process->nodes[i];
    for (size_t i = 0; i < m.flow_count; i++)
        m.flows[i].wire = *process->flows[i];
    lint_irrevocable(&m, relation_new(&m));
    return report.errors == 0;
}
