#pragma once
/* One YAML file for each service over a typed table with defaults (libyaml). Unknown keys, wrong types and missing
 * required ones are faults with file and line. Secrets only by file name. */
#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum config_type { CONFIG_TEXT, CONFIG_INTEGER, CONFIG_YES_NO, CONFIG_DURATION_MS, CONFIG_LIST, CONFIG_PATH };

/* A row of the table. CONFIG_LIST: a sequence of scalars or of one-level mappings (ENTRY_KEYS, NULL-ended, names their keys).
 * CONFIG_PATH is relative to the file that names it; "pkcs11:…" is left as it is (trust/key). CONFIG_DURATION_MS reads "250 ms", "30 s", "5 min", "2 h".
 * The getters end the process when the key is not in the table or of another type: that is a mistake of ours. */
struct config_row {
    const char *key; /* dotted: "database.connection" */
    enum config_type type;
    const char *standard; /* default as it would be written (a list: "[a, b]"); NULL: required */
    bool reloads;         /* may change on SIGHUP */
    int64_t least, most;  /* integers and durations; both 0: any */
    const char *const *entry_keys;
    const char *help; /* one line for --print-config */
};

struct config;

/* ROWS end with key NULL and are borrowed for the config's life. PATH NULL: defaults only. */
MUST_USE enum fault_code config_load(const char *path, const struct config_row *rows, struct config **ret,
                                     struct fault *f);
struct config *config_free(struct config *c);

const char *config_text(const struct config *c, const char *key); /* borrowed; "" when empty */
int64_t config_integer(const struct config *c, const char *key);  /* durations too, in ms */
bool config_yes(const struct config *c, const char *key);
size_t config_count(const struct config *c, const char *key); /* entries of a list */
/* NULL: absent. ENTRY_KEY NULL: of a list of scalars. Borrowed. */
const char *config_entry(const struct config *c, const char *key, size_t index, const char *entry_key);
/* NAME relative to the folder of the configuration file, as CONFIG_PATH is; for file names in lists. Caller owns. */
char *config_file_path(const struct config *c, const char *name);
void config_print(const struct config *c); /* stdout, as YAML with help as comments */
/* Copies the rows that may reload from NEXT, which ends what was borrowed from their old values; names the changed ones that
 * need a restart in *ret_restart (caller owns, NULL: none). */
void config_reload(struct config *c, const struct config *next, char **ret_restart);

/* Handles --config FILE, --check-config, --print-config, --help, --version for a service. Returns true when the process
 * should go on; otherwise *ret_status is its exit status (2: wrong use or configuration). Caller owns *ret. */
bool config_main(int argc, char **argv, const char *service, const char *purpose, const struct config_row *rows,
                 struct config **ret, int *ret_status);
