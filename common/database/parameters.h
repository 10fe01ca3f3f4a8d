#pragma once
/* The inside of a parameter list, for statements. Internal to database/. */
#include "database/database.h"
#include "database/wire.h"

#include <libpq-fe.h>

#define PARAMETERS_COUNT_MAX 256

struct parameters {
    int count;
    bool too_large;
    struct fault broken; /* a value that could not be sealed; code FAULT_NONE: none */
    Oid types[PARAMETERS_COUNT_MAX];
    int lengths[PARAMETERS_COUNT_MAX]; /* -1: null */
    int formats[PARAMETERS_COUNT_MAX]; /* 1: binary */
    size_t offsets[PARAMETERS_COUNT_MAX];
    struct wire data;
};

/* Pointers into P, for libpq; VALUES has room for PARAMETERS_COUNT_MAX. */
void parameters_values(const struct parameters *p, const char **values);
/* FAULT_LIMIT when the list took more than it may hold. P may be NULL. */
MUST_USE enum fault_code parameters_check(const struct parameters *p, struct fault *f);
