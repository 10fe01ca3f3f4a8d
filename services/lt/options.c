#include "options.h"
#include "base/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool wrong_use(const char *name, const char *what, const char *which, int *ret_status)
{
    fprintf(stderr, "lt %s: %s%s\nlt %s --help tells how it is used.\n", name, what, which, name);
    *ret_status = 2;
    return false;
}

static const char **value_of(struct options *o, const char *option)
{
    return text_equal(option, "--database")   ? &o->database
           : text_equal(option, "--calendar") ? &o->calendar
           : text_equal(option, "--limit")    ? &o->limit
                                              : NULL;
}

bool options_take(int argc, char **argv, const char *usage, struct options *ret, int *ret_status)
{
    *ret = (struct options){0};
    for (int i = 1; i < argc; i++) {
        const char **value = value_of(ret, argv[i]);
        if (text_equal(argv[i], "--help") || text_equal(argv[i], "-h")) {
            fputs(usage, stdout);
            *ret_status = 0;
            return false;
        }
        if (text_equal(argv[i], "--json"))
            ret->json = true;
        else if (value && i + 1 == argc)
            return wrong_use(argv[0], "a value is missing after ", argv[i], ret_status);
        else if (value)
            *value = argv[++i];
        else if (argv[i][0] == '-')
            return wrong_use(argv[0], "unknown option ", argv[i], ret_status);
        else if (ret->count == OPTIONS_WORDS_MAX)
            return wrong_use(argv[0], "too many words", "", ret_status);
        else
            ret->words[ret->count++] = argv[i];
    }
    return true;
}

enum fault_code options_database(const struct options *o, struct database **ret, struct fault *f)
{
    const char *connection = o->database ? o->database : getenv("LIENTHONG_DATABASE");
    if (text_empty(connection))
        return fault_set(f, FAULT_CONFIG, "which database? Give --database CONNECTION, or set LIENTHONG_DATABASE");
    return database_open(connection, "lt", 60000, ret, f);
}

int options_failed(const char *name, const struct fault *f)
{
    fprintf(stderr, "lt %s: %s\n", name, f->text);
    return 1;
}

enum fault_code options_read_file(const char *path, struct buffer *to, struct fault *f)
{
    FILE *file = fopen(path, "rbe");
    if (!file)
        return fault_set(f, FAULT_SYSTEM, "%s: %s", path, strerror(errno));
    char piece[65536];
    size_t size;
    enum fault_code code = FAULT_NONE;
    while (code == FAULT_NONE && (size = fread(piece, 1, sizeof(piece), file)) > 0)
        code = buffer_append(to, BYTES(piece, size), f);
    if (code == FAULT_NONE && ferror(file))
        code = fault_set(f, FAULT_SYSTEM, "cannot be read: %s", strerror(errno));
    fclose(file);
    return code == FAULT_NONE ? FAULT_NONE : fault_wrap(f, "%s", path);
}
