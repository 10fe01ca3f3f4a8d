#pragma once
/* The inside of a column, for parameters. Internal to database/. */
#include "database/database.h"
#include "database/wire.h"

struct column {
    enum column_type type;
    size_t count;
    bool nulls;
    bool too_large;
    struct fault broken;  /* as of parameters */
    struct wire elements; /* each: length or -1, then the value */
};

/* The array's and its elements' OID. */
uint32_t column_array_oid(const struct column *c);
uint32_t column_element_oid(const struct column *c);
