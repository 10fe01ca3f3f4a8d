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

/* How a call activity finds what it calls, when its file is compiled. */
enum bpmn_binding {
    BPMN_BINDING_LATEST,    /* the newest that is deployed */
    BPMN_BINDING_VERSION,   /* a given version */
    BPMN_BINDING_DEPLOYMENT /* the one that is deployed together with the caller */
};

/* Why something is compiled: ACTIVITY of PROCESS, which stands in FILE (NULL: the one that all began with), calls it; and so on. */
struct bpmn_link {
    const char *file, *process, *activity;
    int line;
    const struct bpmn_link *before; /* NULL: nothing calls PROCESS */
    char *circle;                   /* what is to be said of a circle; BPMN_CIRCLE_SIZE, "": none was found */
};
#define BPMN_CIRCLE_SIZE 400

struct bpmn_library {
    /* The compiled process with the BPMN id CALLED, unpacked into ARENA; the compiler may change it. The fault says what is
     * missing and what to do. What FIND compiles for it gets LINK in its library. */
    enum fault_code (*find)(const void *context, const char *called, enum bpmn_binding binding, uint32_t version,
                            const struct bpmn_link *link, struct arena *arena, Lienthong__V1__Process **ret,
                            struct fault *f);
    const void *context;
    /* Of what is compiled with it: its name, and what calls it, in which its dossier goes on. NULL: nothing does. */
    const char *file;
    const struct bpmn_link *link;
};

/* Compiles and lints XML (borrowed). On success *ret lives in ARENA and *ret_packed (if wanted, caller's buffer) holds
 * the packed Process with version 0. FAULT_MALFORMED when REPORT has errors (the fault's text names the first). */
MUST_USE enum fault_code bpmn_compile(struct bytes xml, struct arena *arena, Lienthong__V1__Process **ret,
                                      struct buffer *ret_packed, struct bpmn_report *report, struct fault *f);
/* The same with what call activities may call (NULL: nothing). */
MUST_USE enum fault_code bpmn_compile_with(struct bytes xml, const struct bpmn_library *library, struct arena *arena,
                                           Lienthong__V1__Process **ret, struct buffer *ret_packed,
                                           struct bpmn_report *report, struct fault *f);
