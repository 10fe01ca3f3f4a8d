#pragma once
/* What the peer says of a call: "00" is done; 99 and whatever is no answer of its own is tried again; any other code is final. Pure. */
#include "web/client.h"

#define VERDICT_SIZE_MAX 300
#define VERDICT_THEIRS_NONE (-1)

enum verdict_kind { VERDICT_TAKEN, VERDICT_REFUSED, VERDICT_NONE };
struct verdict {
    enum verdict_kind kind;
    char text[VERDICT_SIZE_MAX]; /* UTF-8, for the record */
};

/* Reads A. *RET_THEIRS: the status that the peer has of the record, or VERDICT_THEIRS_NONE. */
void verdict_read(const struct client_answer *a, struct verdict *ret, long *ret_theirs);
