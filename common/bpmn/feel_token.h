#pragma once
/* The words of a FEEL expression. */
#include "base/arena.h"

enum token_kind {
    TOKEN_END,
    TOKEN_TEXT, /* "…", unescaped */
    TOKEN_NUMBER,
    TOKEN_NAME, /* fact or keyword */
    TOKEN_EQUAL,
    TOKEN_NOT_EQUAL,
    TOKEN_LESS,
    TOKEN_LESS_EQUAL,
    TOKEN_GREATER,
    TOKEN_GREATER_EQUAL,
    TOKEN_PLUS,
    TOKEN_MINUS,
    TOKEN_TIMES,
    TOKEN_DIVIDE,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COMMA,
    TOKEN_OPEN_LIST,
    TOKEN_CLOSE_LIST,
    TOKEN_RANGE,
    TOKEN_DOT,
    TOKEN_AT
};

struct token {
    enum token_kind kind;
    const char *text; /* of TEXT, NUMBER and NAME; in the arena */
    const char *at;   /* where it begins in the source */
};

/* The token that begins at or after *AT; moves *AT behind it. TOKEN's place is set on failure too. */
MUST_USE enum fault_code token_read(const char **at, struct arena *arena, struct token *token, struct fault *f);
