#pragma once
/* What lint says of a process. */
#include "lienthong/v1/process.pb-c.h"
#include <stdbool.h>

struct said {
    bool unasked; /* an irrevocable step may be given up without a question */
    bool stuck;   /* a join may wait for ever, or two rounds mix in it */
};

struct said lint_say(const Lienthong__V1__Process *process);
