#include "audit_file.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUDIT_FILE_SIZE_MAX ((size_t)64 << 20)

/* One after the other writes: the lock goes with the descriptor. A file that root makes belongs to the folder's owner. */
static int open_locked(const char *folder, struct fault *f)
{
    char path[PATH_MAX];
    struct stat owner;
    if ((size_t)snprintf(path, sizeof(path), "%s/acts", folder) >= sizeof(path)) {
        fault_set(f, FAULT_CONFIG, "the path of the record of acts is too long");
        return -1;
    }
    bool fresh = access(path, F_OK) != 0;
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && fresh && geteuid() == 0 && stat(folder, &owner) == 0 &&
        fchown(file, owner.st_uid, owner.st_gid) != 0) {
        close(file);
        file = -1;
    }
    if (file < 0 || flock(file, LOCK_EX) != 0) {
        fault_set(f, FAULT_CONFIG, "the record of acts %s cannot be written: %s", path, strerror(errno));
        if (file >= 0)
            close(file);
        return -1;
    }
    return file;
}

static enum fault_code read_all(int file, struct buffer *to, struct fault *f)
{
    uint8_t piece[8192];
    ssize_t size;
    while ((size = read(file, piece, sizeof(piece))) > 0)
        if (buffer_append(to, BYTES(piece, (size_t)size), f) != FAULT_NONE)
            return f->code;
    return size < 0 ? fault_set(f, FAULT_SYSTEM, "%s", strerror(errno)) : FAULT_NONE;
}

/* Does LINE name the one before it? */
static bool follows(struct bytes line, const char *previous)
{
    json_t *json = json_loadb((const char *)line.data, line.size, JSON_REJECT_DUPLICATES, NULL);
    bool good = text_equal(json_string_value(json_object_get(json, "previous")), previous);
    json_decref(json);
    return good;
}

/* The digest of the last line, when each line names the one before it. */
static enum fault_code check(struct bytes all, char last[2 * DIGEST_SIZE + 1], struct fault *f)
{
    memset(last, '0', 2 * DIGEST_SIZE);
    last[2 * DIGEST_SIZE] = '\0';
    for (size_t number = 1; all.size; number++) {
        const uint8_t *end = memchr(all.data, '\n', all.size);
        struct bytes line = BYTES(all.data, end ? (size_t)(end - all.data) + 1 : all.size);
        if (!end || !follows(line, last))
            return fault_set(
                f, FAULT_CONFIG,
                "the record of acts does not hold: line %zu does not follow the one before it. Find out who "
                "changed it, keep it, and begin another",
                number);
        struct digest digest = digest_of(line);
        bytes_to_hex(digest_bytes(&digest), last);
        all = BYTES(all.data + line.size, all.size - line.size);
    }
    return FAULT_NONE;
}

static char *line_of(const struct audit_line *l, struct instant now, const char *previous)
{
    char at[INSTANT_TEXT_SIZE];
    instant_print(now, at);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "at", at, "who", l->who, "source", l->source, "act",
                             l->act, "object", l->object, "outcome", l->outcome, "previous", previous);
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
    json_decref(json);
    return text;
}

static enum fault_code add(int file, const struct audit_line *l, struct instant now, struct fault *f)
{
    OWNED_BUFFER all = BUFFER(AUDIT_FILE_SIZE_MAX);
    char last[2 * DIGEST_SIZE + 1];
    if (read_all(file, &all, f) != FAULT_NONE || check(buffer_bytes(&all), last, f) != FAULT_NONE)
        return f->code;
    OWNED_MEMORY char *text = line_of(l, now, last);
    if (!text)
        return fault_set(f, FAULT_MALFORMED, "an act's text is not UTF-8");
    size_t size = strlen(text);
    text[size] = '\n'; /* in place of its NUL: one write, so that no half line is left beside another's */
    if (write(file, text, size + 1) != (ssize_t)size + 1 || fsync(file) != 0)
        return fault_set(f, FAULT_SYSTEM, "the record of acts cannot be written: %s", strerror(errno));
    return FAULT_NONE;
}

enum fault_code audit_file_add(const char *folder, const struct audit_line *l, struct instant now, struct fault *f)
{
    int file = open_locked(folder, f);
    if (file < 0)
        return f->code;
    enum fault_code code = add(file, l, now, f);
    close(file);
    return code;
}
