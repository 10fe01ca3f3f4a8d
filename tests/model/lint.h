#pragma once
/* Whether lint lets a process be: no irrevocable step of it can be given up unasked. */
#include "lienthong/v1/process.pb-c.h"
#include <stdbool.h>

bool lint_takes(const Lienthong__V1__Process *process);
