#include "library.h"
#include "base/memory.h"
#include "base/text.h"
#include "file.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LIBRARY_DEPTH_MAX 8
#define LIBRARY_PATH_SIZE 1024
#define LIBRARY_FILES_MAX 500

/* Whether it can be the file: the id stands there in quotes. */
static bool mentions(struct bytes text, const char *called)
{
    char quoted[200];
    int size = snprintf(quoted, sizeof(quoted), "id=\"%s\"", called);
    return size > 0 && (size_t)size < sizeof(quoted) && memmem(text.data, text.size, quoted, (size_t)size);
}

/* False: PATH is not the file of CALLED. Else *code says whether it compiled. */
static bool try_file(const struct library *l, const char *path, const char *called, const struct bpmn_link *link,
                     struct arena *arena, Lienthong__V1__Process **ret, enum fault_code *code, struct fault *f)
{
    OWNED_BUFFER xml = BUFFER(BPMN_SIZE_MAX);
    OWNED_MEMORY struct bpmn_report *report = memory_new(sizeof(*report));
    Lienthong__V1__Process *process = NULL;
    struct library inner;
    struct fault unread;
    if (text_equal(path, l->path) || file_read(path, &xml, &unread) || !mentions(buffer_bytes(&xml), called))
        return false;
    library_init(&inner, path);
    inner.depth = l->depth + 1;
    inner.bpmn.file = path;
    inner.bpmn.link = link;
    *code = bpmn_compile_with(buffer_bytes(&xml), &inner.bpmn, arena, &process, NULL, report, f);
    if (*code != FAULT_NONE)
        (void)fault_wrap(f, "%s", path);
    else if (text_equal(process->id, called))
        *ret = process;
    return *code != FAULT_NONE || *ret;
}

static enum fault_code find(const void *context, const char *called, enum bpmn_binding binding, uint32_t version,
                            const struct bpmn_link *link, struct arena *arena, Lienthong__V1__Process **ret,
                            struct fault *f)
{
    const struct library *l = context;
    const char *slash = strrchr(l->path, '/');
    char folder[LIBRARY_PATH_SIZE], path[LIBRARY_PATH_SIZE + 256];
    (void)binding, (void)version;
    if (l->depth == LIBRARY_DEPTH_MAX)
        return fault_set(f, FAULT_LIMIT, "processes call each other more than %d deep", LIBRARY_DEPTH_MAX);
    snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - l->path) + 1 : 2, slash ? l->path : "./");
    DIR *directory = opendir(folder);
    if (!directory)
        return fault_set(f, FAULT_SYSTEM, "%s: %s", folder, strerror(errno));
    bool found = false;
    enum fault_code code = FAULT_NONE;
    size_t left = LIBRARY_FILES_MAX;
    for (struct dirent *entry; !found && left-- && (entry = readdir(directory)) != NULL;) {
        const char *ending = strrchr(entry->d_name, '.');
        snprintf(path, sizeof(path), "%s%s", slash ? folder : "", entry->d_name);
        found = ending && text_equal(ending, ".bpmn") && try_file(l, path, called, link, arena, ret, &code, f);
    }
    closedir(directory);
    return found ? code : fault_set(f, FAULT_NOT_FOUND, "no .bpmn file beside this one has a process with that id");
}

void library_init(struct library *l, const char *path)
{
    *l = (struct library){.path = path};
    l->bpmn = (struct bpmn_library){.find = find, .context = l};
}
