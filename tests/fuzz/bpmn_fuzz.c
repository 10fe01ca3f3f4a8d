/* Any bytes as a BPMN file: refused with a place, or a process that the engine's own check takes and that packs to what
 * was delivered.
 * Links: lt_bpmn lt_workflow lt_base lt_proto */
#include "fuzz.h"
#include "base/memory.h"
#include "bpmn/compiler.h"
#include "workflow/process.h"
#include <stdlib.h>
#include <string.h>

#define ARENA_LIMIT (8u << 20)

static void check_refusal(const struct bpmn_report *report, enum fault_code code)
{
    if (code != FAULT_MALFORMED || report->errors == 0)
        abort();
    for (size_t i = 0; i < report->count; i++)
        if (report->findings[i].line < 1 || report->findings[i].column < 0 || !report->findings[i].text[0])
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bpmn_report report;
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    OWNED_ARENA arena;
    arena_init(&arena, ARENA_LIMIT);
    Lienthong__V1__Process *definition = NULL;
    struct process *process = NULL;
    struct fault f;
    enum fault_code code = bpmn_compile(BYTES(data, size), &arena, &definition, &packed, &report, &f);
    if (code) {
        check_refusal(&report, code);
        return 0;
    }
    if (report.errors || !definition || process_unpack(buffer_bytes(&packed), &process, &f))
        abort();
    if (protobuf_c_message_get_packed_size(&definition->base) != packed.size)
        abort();
    process_free(process);
    return 0;
}
