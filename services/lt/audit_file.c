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

#define HEX_SIZE (2 * DIGEST_SIZE + 1)

/* The digests of the last two lines; zeros where there is none. */
struct tail {
    char last[HEX_SIZE], before[HEX_SIZE];
};

/* A file that root makes belongs to the folder's owner. -1: F says why. */
static int open_own(const char *folder, const char *name, int flags, struct fault *f)
{
    char path[PATH_MAX];
    struct stat owner;
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path)) {
        fault_set(f, FAULT_CONFIG, "the path of the record of acts is too long");
        return -1;
    }
    bool fresh = access(path, F_OK) != 0;
    int file = open(path, flags | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && fresh && geteuid() == 0 && stat(folder, &owner) == 0 &&
        fchown(file, owner.st_uid, owner.st_gid) != 0) {
        close(file);
        file = -1;
    }
    if (file < 0)
        fault_set(f, FAULT_CONFIG, "the record of acts %s cannot be written: %s", path, strerror(errno));
    return file;
}

/* One after the other writes: the lock goes with the descriptor. */
static int open_locked(const char *folder, struct fault *f)
{
    int file = open_own(folder, "acts", O_RDWR | O_APPEND, f);
    if (file >= 0 && flock(file, LOCK_EX) != 0) {
        fault_set(f, FAULT_CONFIG, "the record of acts in %s cannot be locked: %s", folder, strerror(errno));
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

static enum fault_code check_lines(struct bytes all, struct tail *ret, struct fault *f)
{
    *ret = (struct tail){{0}, {0}};
    memset(ret->last, '0', HEX_SIZE - 1);
    for (size_t number = 1; all.size; number++) {
        const uint8_t *end = memchr(all.data, '\n', all.size);
        struct bytes line = BYTES(all.data, end ? (size_t)(end - all.data) + 1 : all.size);
        if (!end || !follows(line, ret->last))
            return fault_set(
                f, FAULT_CONFIG,
                "the record of acts does not hold: line %zu does not follow the one before it. Find out who "
                "changed it, keep it, and begin another",
                number);
        struct digest digest = digest_of(line);
        memcpy(ret->before, ret->last, HEX_SIZE);
        bytes_to_hex(digest_bytes(&digest), ret->last);
        all = BYTES(all.data + line.size, all.size - line.size);
    }
    return FAULT_NONE;
}

/* FOLDER/acts.last names the last line, or, after a run that broke off between the two, the one before it. A record of one line may
 * have none yet. */
static enum fault_code check_end(const char *folder, const struct tail *t, struct fault *f)
{
    char kept[HEX_SIZE] = "";
    int file = open_own(folder, "acts.last", O_RDWR, f);
    if (file < 0)
        return f->code;
    ssize_t size = read(file, kept, sizeof(kept) - 1);
    close(file);
    bool begins = strspn(text_empty(t->before) ? t->last : t->before, "0") == HEX_SIZE - 1;
    if (size == 0 ? begins : text_equal(kept, t->last) || text_equal(kept, t->before))
        return FAULT_NONE;
    return fault_set(f, FAULT_CONFIG,
                     "the record of acts in %s does not hold: its last line is not the one that acts.last names. Find "
                     "out who cut it, keep both, and begin another",
                     folder);
}

static enum fault_code keep_end(const char *folder, struct bytes line, struct fault *f)
{
    char hex[HEX_SIZE];
    struct digest digest = digest_of(line);
    bytes_to_hex(digest_bytes(&digest), hex);
    int file = open_own(folder, "acts.last", O_RDWR, f);
    if (file < 0)
        return f->code;
    bool good = pwrite(file, hex, HEX_SIZE - 1, 0) == HEX_SIZE - 1 && fsync(file) == 0;
    close(file);
    return good ? FAULT_NONE : fault_set(f, FAULT_SYSTEM, "acts.last cannot be written: %s", strerror(errno));
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

static enum fault_code add(const char *folder, int file, const struct audit_line *l, struct instant now,
                           struct fault *f)
{
    OWNED_BUFFER all = BUFFER(AUDIT_FILE_SIZE_MAX);
    struct tail tail;
    if (read_all(file, &all, f) || check_lines(buffer_bytes(&all), &tail, f) || check_end(folder, &tail, f))
        return f->code;
    OWNED_MEMORY char *text = line_of(l, now, tail.last);
    if (!text)
        return fault_set(f, FAULT_MALFORMED, "an act's text is not UTF-8");
    size_t size = strlen(text);
    text[size] = '\n'; /* in place of its NUL: one write, so that no half line is left beside another's */
    if (write(file, text, size + 1) != (ssize_t)size + 1 || fsync(file) != 0)
        return fault_set(f, FAULT_SYSTEM, "the record of acts cannot be written: %s", strerror(errno));
    return keep_end(folder, BYTES((const uint8_t *)text, size + 1), f);
}

enum fault_code audit_file_add(const char *folder, const struct audit_line *l, struct instant now, struct fault *f)
{
    int file = open_locked(folder, f);
    if (file < 0)
        return f->code;
    enum fault_code code = add(folder, file, l, now, f);
    close(file);
    return code;
}
