#pragma once
/* What call activities of a BPMN file may call where nothing is deployed: the processes of the files beside it. */
#include "bpmn/compiler.h"

struct library {
    const char *path;         /* the file that is compiled */
    unsigned depth;           /* of calls within calls */
    struct bpmn_library bpmn; /* for bpmn_compile_with; its context is this */
};

/* PATH is borrowed. Whatever version a call names, the file as it is now is taken. */
void library_init(struct library *l, const char *path);
