#include "bpmn/compiler.h"
#include "base/digest.h"
#include "base/memory.h"
#include "bpmn/model.h"
#include "bpmn/relation.h"
#include <stdlib.h>
#include <string.h>

/* Sets the process's lists of nodes and flows. */
static void assemble(struct model *m, const struct digest *source)
{
    m->wire.nodes = model_take(m, m->node_count, sizeof *m->wire.nodes);
    m->wire.flows = model_take(m, m->flow_count, sizeof *m->wire.flows);
    for (size_t i = 0; i < m->node_count; i++)
        m->wire.nodes[i] = &m->nodes[i].wire;
    for (size_t i = 0; i < m->flow_count; i++)
        m->wire.flows[i] = &m->flows[i].wire;
    m->wire.n_nodes = m->node_count;
    m->wire.n_flows = m->flow_count;
    m->wire.source_digest = (ProtobufCBinaryData){.len = DIGEST_SIZE, .data = model_take(m, DIGEST_SIZE, 1)};
    memcpy(m->wire.source_digest.data, source->bytes, DIGEST_SIZE);
}

/* Each stage relies on what the one before has found to be sound. */
static void read_and_lint(struct model *m)
{
    model_index_ids(m);
    model_read_declarations(m);
    if (!m->process)
        return;
    model_read_scopes(m);
    if (m->report->errors > 0)
        return;
    lint_shape(m);
    lint_errors(m);
    if (m->report->errors > 0)
        return;
    lint_reach(m);
    const struct relation *r = relation_new(m);
    lint_parallel(m, r);
    if (m->report->errors == 0)
        lint_stuck(m);
    lint_circles(m, r);
    lint_irrevocable(m, r);
    lint_data(m, r);
    lint_status(m, r);
}

/* Packs; lets the engine's own check read it; looks at choices with the engine's evaluator. */
static void pack(struct model *m, const struct digest *source, struct bytes *ret)
{
    assemble(m, source);
    size_t size = lienthong__v1__process__get_packed_size(&m->wire);
    if (size > PROCESS_SIZE_MAX) {
        finding_error(m->report, m->process, "compiled it has %zu bytes, limit %d: shorten names, split the procedure",
                      size, PROCESS_SIZE_MAX);
        return;
    }
    uint8_t *packed = model_take(m, size, 1);
    *ret = BYTES(packed, lienthong__v1__process__pack(&m->wire, packed));
    struct process *process = NULL;
    struct fault f;
    if (process_unpack(*ret, &process, &f)) {
        finding_error(m->report, m->process, "the engine does not take it: %s", f.text);
        return;
    }
    lint_choice(m, process);
    lint_apology(m, process);
    process_free(process);
}

static enum fault_code deliver(struct bytes packed, struct arena *arena, Lienthong__V1__Process **ret,
                               struct buffer *ret_packed, struct fault *f)
{
    Lienthong__V1__Process *process = lienthong__v1__process__unpack(arena_protobuf(arena), packed.size, packed.data);
    if (!process)
        return fault_set(f, FAULT_LIMIT, "the compiled process does not fit into the memory set aside for it");
    if (ret_packed && buffer_append(ret_packed, packed, f))
        return f->code;
    *ret = process;
    return FAULT_NONE;
}

static int compare_findings(const void *a, const void *b)
{
    const struct bpmn_finding *x = a, *y = b;
    return x->line != y->line ? (x->line > y->line) - (x->line < y->line)
                              : (x->column > y->column) - (x->column < y->column);
}

enum fault_code bpmn_compile(struct bytes xml, struct arena *arena, Lienthong__V1__Process **ret,
                             struct buffer *ret_packed, struct bpmn_report *report, struct fault *f)
{
    return bpmn_compile_with(xml, NULL, arena, ret, ret_packed, report, f);
}

enum fault_code bpmn_compile_with(struct bytes xml, const struct bpmn_library *library, struct arena *arena,
                                  Lienthong__V1__Process **ret, struct buffer *ret_packed, struct bpmn_report *report,
                                  struct fault *f)
{
    OWNED_ARENA work;
    arena_init(&work, SIZE_MAX / 2); /* bounded by element.h's limits */
    report->count = report->errors = 0;
    struct model m = {.arena = &work, .report = report, .library = library};
    lienthong__v1__process__init(&m.wire);
    struct bytes packed = BYTES(NULL, 0);
    m.root = element_read(xml, &work, report);
    if (m.root)
        read_and_lint(&m);
    if (report->errors == 0) {
        struct digest source = digest_of(xml);
        pack(&m, &source, &packed);
    }
    qsort(report->findings, report->count, sizeof *report->findings, compare_findings);
    if (report->errors == 0)
        return deliver(packed, arena, ret, ret_packed, f);
    const struct bpmn_finding *first = report->findings;
    while (!first->error)
        first++; /* there is one: warnings fill only half of the report */
    return fault_set(f, FAULT_MALFORMED, "line %d, column %d: %s: %s", first->line, first->column, first->element,
                     first->text);
}
