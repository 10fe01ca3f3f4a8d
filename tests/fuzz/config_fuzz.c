/* Any text as a configuration file: refused with a reason that names the file, or every key has a value of its type and within its
 * limits.
 * Links: lt_base */
#include "fuzz.h"
#include "base/bytes.h"
#include "base/config.h"
#include "base/memory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const entry_keys[] = {"code", "endpoint", "file", NULL};
static const struct config_row rows[] = {
    {"name", CONFIG_TEXT, NULL, false, 0, 0, NULL, "required"},
    {"database.connection", CONFIG_TEXT, "", false, 0, 0, NULL, "text"},
    {"database.pool", CONFIG_INTEGER, "4", true, 1, 64, NULL, "limits"},
    {"database.timeout", CONFIG_DURATION_MS, "30 s", true, 1, 3600000, NULL, "duration"},
    {"debug", CONFIG_YES_NO, "no", true, 0, 0, NULL, "yes or no"},
    {"trust.key", CONFIG_PATH, "sign.key", false, 0, 0, NULL, "path"},
    {"trust.earlier", CONFIG_LIST, "[a, b]", true, 0, 0, NULL, "scalars"},
    {"routers", CONFIG_LIST, "[]", true, 0, 0, entry_keys, "mappings"},
    {0},
};

static void must(bool good)
{
    if (!good)
        abort();
}

static void check(const struct config *c)
{
    must(config_integer(c, "database.pool") >= 1 && config_integer(c, "database.pool") <= 64);
    must(config_integer(c, "database.timeout") >= 1 && config_integer(c, "database.timeout") <= 3600000);
    must(strlen(config_text(c, "name")) + strlen(config_text(c, "database.connection")) < SIZE_MAX / 2);
    (void)config_yes(c, "debug");
    must(config_text(c, "trust.key")[0] == '/' || config_text(c, "trust.key")[0] == 'p' ||
         !config_text(c, "trust.key")[0]);
    for (size_t i = 0; i < config_count(c, "trust.earlier"); i++)
        must(config_entry(c, "trust.earlier", i, NULL));
    for (size_t i = 0; i < config_count(c, "routers"); i++)
        for (size_t k = 0; entry_keys[k]; k++)
            (void)config_entry(c, "routers", i, entry_keys[k]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c = NULL, *next = NULL;
    struct fault f = {0};
    char path[40];
    int file = memfd_create("config", MFD_CLOEXEC);
    must(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    enum fault_code code = config_load(path, rows, &c, &f);
    must(code ? !c && f.code == code && strstr(f.text, path) : c != NULL);
    if (c) {
        OWNED_MEMORY char *restart = NULL;
        check(c);
        must(config_load(path, rows, &next, &f) == FAULT_NONE);
        config_reload(c, next, &restart);
        must(!restart);
        config_free(next);
    }
    config_free(c);
    close(file);
    return 0;
}
