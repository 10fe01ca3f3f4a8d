#pragma once
/* BPMN 2.0 to a compiled Process (README.md: the subset and our extension elements). libxml2 without network, DTD or
 * entities; size and depth limited. Everything that cannot be run is refused, never passed through. */
#include "base/arena.h"
#include "lienthong/v1/process.pb-c.h"

#define BPMN_SIZE_MAX (4 << 20)
#define BPMN_DEPTH_MAX 64
#define BPMN_FINDINGS_MAX 100

struct bpmn_finding {
    bool error; /* false: a warning */
    int line, column;
    char element[128]; /* id, or tag when it has none */
    char text[400];    /* what is wrong and what to use instead */
};

struct bpmn_report {
    struct bpmn_finding findings[BPMN_FINDINGS_MAX];
    size_t count, errors;
};

/* Compiles and lints XML (borrowed). On success *ret lives in ARENA and *ret_packed (if wanted, caller's buffer) holds
 * the packed Process with version 0. FAULT_MALFORMED when REPORT has errors (the fault's text names the first). */
MUST_USE enum fault_code bpmn_compile(struct bytes xml, struct arena *arena, Lienthong__V1__Process **ret,
                                      struct buffer *ret_packed, struct bpmn_report *report, struct fault *f);
