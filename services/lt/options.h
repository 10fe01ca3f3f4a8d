#pragma once
/* What the sub-commands that speak with the routers' database are given: words, and a few options that all of them know. */
#include "database/database.h"

#define OPTIONS_WORDS_MAX 64

struct options {
    const char *words[OPTIONS_WORDS_MAX]; /* after the sub-command's name */
    size_t count;
    const char *database, *calendar, *limit;
    const char *signer, *officer, *reason, *step, *message_id, *timeout;
    const char *full_name, *roles, *service;
    const char *authority, *checkpoint, *write_checkpoint, *stamp_authority;
    const char *output, *crl;
    const char *from, *until, *at, *agency;
    bool json, all, dry_run, yes, without_stamps, without_revocation, grant;
};

/* False: the process ends with *ret_status (0: help was printed; 2: wrong use, said on stderr). */
bool options_take(int argc, char **argv, const char *usage, struct options *ret, int *ret_status);
/* --database, or LIENTHONG_DATABASE. */
MUST_USE enum fault_code options_database(const struct options *o, struct database **ret, struct fault *f);
/* The same for what may keep the server busy for longer. */
MUST_USE enum fault_code options_connect(const struct options *o, int statement_ms_max, struct database **ret,
                                         struct fault *f);
/* TEXT as a whole number from LEAST to MOST; NULL: STANDARD. False: it is none. */
bool options_number(const char *text, int64_t least, int64_t most, int64_t standard, int64_t *ret);
/* Prints "lt NAME: text" on stderr; returns 1. */
int options_failed(const char *name, const struct fault *f);
