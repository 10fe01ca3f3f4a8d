#pragma once
/* What config.c, config_file.c and config_main.c share; nobody else includes it. */
#include "base/config.h"

#define CONFIG_SIZE_MAX ((size_t)1 << 20)
#define CONFIG_ENTRIES_MAX 10000

/* An element of a list: one scalar, or one text for each of the row's entry keys (NULL: absent). */
struct config_entry {
    char **fields;
};

struct config_value {
    char *text; /* as written; NULL: a required one that was not given */
    int64_t number;
    struct config_entry *entries;
    size_t entry_count;
    bool given; /* by the file */
};

struct config {
    const struct config_row *rows;
    struct config_value *values; /* one for each row */
    size_t count;
    char *path; /* of the file; NULL: none */
};

/* Without the check that required rows are given: --print-config shows a table that is not complete. */
MUST_USE enum fault_code config_load_incomplete(const char *path, const struct config_row *rows, struct config **ret,
                                                struct fault *f);
MUST_USE enum fault_code config_require(const struct config *c, struct fault *f);

size_t config_entry_width(const struct config_row *row); /* fields of one entry */
void config_value_clear(struct config_value *value, const struct config_row *row);
/* Reads TEXT as the row's type says, for all types but lists. FAULT_CONFIG names neither file nor key. */
MUST_USE enum fault_code config_value_set(struct config *c, size_t index, const char *text, struct fault *f);
/* Adds an entry with all fields NULL. */
MUST_USE enum fault_code config_value_add(struct config *c, size_t index, struct config_entry **ret, struct fault *f);

/* The file, then the defaults of what it leaves out (config_file.c). */
MUST_USE enum fault_code config_file_read(struct config *c, struct fault *f);
MUST_USE enum fault_code config_default_list(struct config *c, size_t index, struct fault *f);
