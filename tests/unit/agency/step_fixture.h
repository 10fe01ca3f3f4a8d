#pragma once
/* In place of the adapter's lt_answer_step and lt_submit: keeps what was said. Beside adapter_fixture. */
#include "lienthong/adapter.h"

struct step_fixture {
    unsigned answers, submissions;
    struct uuid step, message;              /* of the last one */
    char error[40], parts[200], facts[200]; /* names, each followed by a space */
    char key[100], code[64];
    enum fault_code refuse; /* what lt_answer_step answers instead */
};
extern struct step_fixture step_fixture;
