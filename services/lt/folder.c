#include "folder.h"
#include "base/memory.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define FOLDER_PATH_SIZE 4096

bool folder_is_one(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_bpmn(const char *name)
{
    static const char *const endings[] = {".bpmn", ".bpmn2", ".bpmn20.xml"};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (size > ending && strcasecmp(name + size - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static enum fault_code add(struct folder *folder, const char *path, struct fault *f)
{
    if (folder->count == FOLDER_FILES_MAX)
        return fault_set(f, FAULT_LIMIT, "more than %d files: give the folders in it one by one", FOLDER_FILES_MAX);
    if ((folder->count & (folder->count - 1)) == 0) /* full at each power of two */
        folder->paths = memory_grow(folder->paths, folder->count ? 2 * folder->count : 1, sizeof *folder->paths);
    folder->paths[folder->count++] = memory_text(path);
    return FAULT_NONE;
}

static enum fault_code walk(struct folder *folder, const char *path, unsigned depth, struct fault *f);

static enum fault_code take_entry(struct folder *folder, const char *path, const char *name, unsigned depth,
                                  struct fault *f)
{
    char inner[FOLDER_PATH_SIZE];
    struct stat status;
    size_t size = strlen(path);
    const char *slash = size > 0 && path[size - 1] == '/' ? "" : "/";
    if (text_equal(name, ".") || text_equal(name, ".."))
        return FAULT_NONE;
    if (snprintf(inner, sizeof inner, "%s%s%s", path, slash, name) >= (int)sizeof inner)
        return fault_set(f, FAULT_LIMIT, "%s: a path of more than %d bytes", path, FOLDER_PATH_SIZE);
    if (lstat(inner, &status) == 0 && S_ISDIR(status.st_mode))
        return walk(folder, inner, depth + 1, f);
    return is_bpmn(name) && !folder_is_one(inner) ? add(folder, inner, f) : FAULT_NONE;
}

static enum fault_code walk(struct folder *folder, const char *path, unsigned depth, struct fault *f)
{
    struct dirent **entries;
    enum fault_code code = FAULT_NONE;
    if (depth > FOLDER_DEPTH_MAX)
        return fault_set(f, FAULT_LIMIT, "%s: folders are nested deeper than %d", path, FOLDER_DEPTH_MAX);
    int count = scandir(path, &entries, NULL, alphasort);
    if (count < 0)
        return fault_set(f, FAULT_SYSTEM, "%s: %s", path, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (code == FAULT_NONE)
            code = take_entry(folder, path, entries[i]->d_name, depth, f);
        free(entries[i]);
    }
    free(entries);
    return code;
}

enum fault_code folder_read(const char *path, struct folder *ret, struct fault *f)
{
    *ret = (struct folder){.count = 0};
    enum fault_code code = walk(ret, path, 0, f);
    if (code == FAULT_NONE && ret->count == 0)
        return fault_set(f, FAULT_NOT_FOUND, "%s: no file in it ends in " FOLDER_ENDINGS, path);
    return code;
}

void folder_clear(struct folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        memory_cleanup(&folder->paths[i]);
    memory_cleanup(&folder->paths);
    folder->count = 0;
}
