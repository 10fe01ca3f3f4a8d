#pragma once
/* The BPMN files of a folder and of those below it, in order of their names. */
#include "base/fault.h"
#include <stdbool.h>
#include <stddef.h>

#define FOLDER_FILES_MAX 100000
#define FOLDER_DEPTH_MAX 32
#define FOLDER_ENDINGS ".bpmn, .bpmn2, .bpmn20.xml"

struct folder {
    char **paths;
    size_t count;
};

bool folder_is_one(const char *path);
/* To be cleared whatever comes back. FAULT_NOT_FOUND: no such file is in it; FAULT_SYSTEM: a folder cannot be read;
 * FAULT_LIMIT: too many, or too deep. Links to folders are not followed. */
MUST_USE enum fault_code folder_read(const char *path, struct folder *ret, struct fault *f);
void folder_clear(struct folder *folder);
