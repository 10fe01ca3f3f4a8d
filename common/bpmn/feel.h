#pragma once
/* Conditions: the loop-free subset of FEEL (README.md, grammar) to flat postfix code. Types are checked against the
 * declared facts; nesting, stack and length are limited to what the engine takes. */
#include "base/arena.h"
#include "lienthong/v1/process.pb-c.h"
#include "workflow/value.h"

#define FEEL_SIZE_MAX 4000
#define FEEL_DEPTH_MAX 32

/* Yes/no expression SOURCE (borrowed until it is copied into ARENA), which begins at LINE and COLUMN of its file.
 * On failure *ret_line and *ret_column (in characters) say where, and the fault what is wrong and what to write instead. */
MUST_USE enum fault_code feel_compile(const char *source, int line, int column,
                                      Lienthong__V1__FactDeclaration *const *facts, size_t fact_count,
                                      struct arena *arena, Lienthong__V1__Expression **ret, int *ret_line,
                                      int *ret_column, struct fault *f);
/* The same for any value. *ret_kind is KIND_ANY (expression_kind.h) when it shows only when it runs. */
MUST_USE enum fault_code feel_compile_value(const char *source, int line, int column,
                                            Lienthong__V1__FactDeclaration *const *facts, size_t fact_count,
                                            struct arena *arena, Lienthong__V1__Expression **ret,
                                            enum value_kind *ret_kind, int *ret_line, int *ret_column, struct fault *f);
