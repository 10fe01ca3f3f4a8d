#pragma once
/* Within feel*.c only: an expression while it is read. Every piece is emitted behind its operands as it is understood, so
 * that nothing but the kinds of values is kept. */
#include "bpmn/feel.h"
#include "bpmn/feel_token.h"
#include "workflow/expression.h"
#include "workflow/expression_kind.h"

#define OP(name_) LIENTHONG__V1__OPCODE__OPCODE_##name_
#define TEST(name_) LIENTHONG__V1__TEST__TEST_##name_
#define LITERAL_IS(name_) LIENTHONG__V1__LITERAL_VALUE__IS_##name_

/* What a piece of the expression gives. */
struct operand {
    enum value_kind kind;
    const Lienthong__V1__FactDeclaration *fact; /* when it is a fact and nothing else */
    const char *literal;                        /* when it is a text and nothing else */
    const char *at;
    Lienthong__V1__Test range; /* of KIND_RANGE, whose two ends stand on the stack; they are of the kind ENDS */
    enum value_kind ends;
};

#define KIND_RANGE ((enum value_kind)102)

struct parser {
    const char *source, *at;
    Lienthong__V1__FactDeclaration *const *facts;
    size_t fact_count;
    struct arena *arena;
    struct token token;   /* the next one */
    struct token first;   /* of what is being refused: its place */
    const char *range_at; /* where a range may begin: directly behind in */
    Lienthong__V1__Instruction *code[EXPRESSION_CODE_MAX];
    size_t count, stack;
    int depth;
    struct fault *f;
};

#define REFUSE(p_, at_, ...) ((p_)->first.at = (at_), fault_set((p_)->f, FAULT_MALFORMED, __VA_ARGS__))

/* feel.c: the operators. */
enum fault_code parse_expression(struct parser *p, struct operand *ret);
enum fault_code parse_sum(struct parser *p, struct operand *ret);
enum fault_code check_same(struct parser *p, const struct operand *a, const struct operand *b);
/* feel_test.c: what may stand behind in. */
enum fault_code parse_in(struct parser *p, struct operand *ret);
enum fault_code parse_between(struct parser *p, struct operand *ret);
/* What follows the start of a range, whose bracket at AT (NULL: no range may stand there) includes it or not. */
enum fault_code parse_range(struct parser *p, struct operand *ret, const struct operand *start, bool with_start,
                            const char *at);
/* feel_value.c: literals, facts, lists, if, and what stands behind a value. */
enum fault_code parse_value(struct parser *p, struct operand *ret);
/* feel_call.c: a function that is called at the next token, when there is one: else *ret_called is false. */
enum fault_code parse_call(struct parser *p, struct operand *ret, bool *ret_called);
enum fault_code call_property(struct parser *p, struct operand *ret, const char *name, size_t size, const char *at);
/* feel_refuse.c: says why the name at the next token cannot stand there, and what to write instead. */
enum fault_code refuse_name(struct parser *p);
/* The same for a function that is called there; FAULT_NONE: it is none that FEEL knows. */
enum fault_code refuse_function(struct parser *p);
/* Behind the "(" when NAME is called at AT; NULL: it is not. Blanks between words count as one. */
const char *called(const char *at, const char *name);

/* feel_emit.c */
enum fault_code advance(struct parser *p);
bool is_word(const struct parser *p, const char *word);
enum fault_code expect(struct parser *p, enum token_kind kind, const char *what);
enum fault_code expect_word(struct parser *p, const char *word, const char *where);
enum fault_code want_kind(struct parser *p, const struct operand *o, enum value_kind kind, const char *what);
const char *kind_name(enum value_kind kind);
/* TAKES operands off the stack, puts the result on it. NULL: refused. */
Lienthong__V1__Instruction *emit(struct parser *p, Lienthong__V1__Opcode op, uint32_t argument, size_t takes);
enum fault_code emit_literal(struct parser *p, Lienthong__V1__LiteralValue__IsCase is, const char *text, bool yes);
