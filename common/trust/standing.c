#include "trust/standing.h"
#include "base/memory.h"
#include "base/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RETRY_US (30 * INSTANT_SECOND_US) /* of a file that could not be used and looks as before */
#define WARNING_US INSTANT_DAY_US         /* before the lists' time is over; a third of it when that is less */

struct standing {
    char *path;
    int64_t age_us_max;
    struct revocation *lists;
    struct stat seen; /* the file as it was read last */
    struct instant retry_at;
    char trouble[FAULT_TEXT_SIZE_MAX]; /* why the file cannot be used; "": it can */
    bool reread, warned, stale;        /* the last two: told already */
};

struct standing *standing_new(const char *path, int64_t age_us_max)
{
    if (text_empty(path))
        return NULL;
    struct standing *s = memory_new(sizeof(*s));
    s->path = memory_text(path);
    s->age_us_max = age_us_max;
    s->reread = true;
    return s;
}

struct standing *standing_free(struct standing *s)
{
    if (s) {
        revocation_free(s->lists);
        free(s->path);
        free(s);
    }
    return NULL;
}

void standing_reread(struct standing *s)
{
    s->reread = true;
}

const struct revocation *standing_lists(const struct standing *s)
{
    return s ? s->lists : NULL;
}

/* --- How fresh ------------------------------------------------------------------------------------------------------ */

static struct instant until(const struct standing *s)
{
    struct instant own = revocation_until(s->lists), aged = revocation_from(s->lists);
    aged.us += s->age_us_max;
    return s->age_us_max && aged.us < own.us ? aged : own;
}

static bool tell_age(const struct standing *s, struct instant now, struct fault *f)
{
    char from[INSTANT_TEXT_SIZE], next[INSTANT_TEXT_SIZE], at[INSTANT_TEXT_SIZE];
    if (!s->lists) {
        fault_set(f, FAULT_UNTRUSTED,
                  "there is no usable list of revoked certificates: %.300s; bring one (`lt keys crl`)",
                  *s->trouble ? s->trouble : s->path);
        return true;
    }
    if (now.us < until(s).us)
        return false;
    instant_print(revocation_from(s->lists), from);
    instant_print(revocation_until(s->lists), next);
    instant_print(now, at);
    fault_set(
        f, FAULT_UNTRUSTED,
        "the list of revoked certificates %s is too old: made at %s, nextUpdate %s, now it is %s%s%.200s; bring a new one "
        "(`lt keys crl`), and look at the clock",
        s->path, from, next, at, *s->trouble ? "; what is in its place cannot be used: " : "", s->trouble);
    return true;
}

enum fault_code standing_known(const struct standing *s, bool listed, struct instant now, struct fault *f)
{
    if (!s)
        return FAULT_NONE;
    if (s->lists && !listed)
        return fault_set(f, FAULT_UNTRUSTED,
                         "%s has no list of the authority that issued the signing certificate; add it", s->path);
    return tell_age(s, now, f) ? FAULT_UNTRUSTED : FAULT_NONE;
}

/* --- The file ------------------------------------------------------------------------------------------------------- */

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static enum fault_code read_lists(struct standing *s, struct certificate *const *authorities, size_t count,
                                  struct instant now, struct fault *f)
{
    OWNED(revocation) next = NULL;
    enum fault_code code = revocation_load(s->path, authorities, count, now, &next, f);
    if (!code && s->lists && (code = revocation_replaces(next, s->lists, f)))
        fault_wrap(f, "revocation list %s", s->path);
    if (code)
        return code;
    revocation_free(s->lists);
    s->lists = MOVE(next);
    return FAULT_NONE;
}

struct notes {
    void (*say)(void *context, const struct fault *f, const char *event);
    void *context;
};

static void note_loaded(struct standing *s, struct notes notes)
{
    char from[INSTANT_TEXT_SIZE], next[INSTANT_TEXT_SIZE];
    struct fault f = {0};
    instant_print(revocation_from(s->lists), from);
    instant_print(until(s), next);
    fault_set(&f, FAULT_NONE, "%s: %zu revoked or suspended certificates, of %s, good until %s", s->path,
              revocation_count(s->lists), from, next);
    notes.say(notes.context, &f, "REVOCATION-LOADED");
}

/* The old lists stay; what is wrong is told once. */
static void note_trouble(struct standing *s, const struct fault *f, struct notes notes)
{
    if (strcmp(s->trouble, f->text) == 0)
        return;
    text_copy(s->trouble, sizeof(s->trouble), f->text);
    struct fault told = *f;
    fault_wrap(&told, s->lists ? "the old list stays in use" : "there is no list");
    notes.say(notes.context, &told, "REVOCATION-REFUSED");
}

static void note_age(struct standing *s, struct instant now, struct notes notes)
{
    struct fault f;
    bool stale = tell_age(s, now, &f);
    if (stale && !s->stale)
        notes.say(notes.context, &f, "REVOCATION-STALE");
    s->stale = stale;
    if (stale || s->warned || !s->lists)
        return;
    int64_t whole = until(s).us - revocation_from(s->lists).us,
            before = whole / 3 < WARNING_US ? whole / 3 : WARNING_US;
    if (now.us < until(s).us - before)
        return;
    char at[INSTANT_TEXT_SIZE];
    instant_print(until(s), at);
    fault_set(&f, FAULT_AGAIN,
              "%s is good until %s only, then every message is refused; bring a new one (`lt keys crl`)", s->path, at);
    notes.say(notes.context, &f, "REVOCATION-ENDS");
    s->warned = true;
}

bool standing_poll(struct standing *s, struct certificate *const *authorities, size_t count, struct instant now,
                   void (*on_note)(void *context, const struct fault *f, const char *event), void *context)
{
    struct stat status = {0};
    struct fault f;
    const struct notes notes = {on_note, context};
    bool there = stat(s->path, &status) == 0, changed = false;
    bool again = s->reread || !same_file(&status, &s->seen) || (*s->trouble && now.us >= s->retry_at.us);
    if (again) {
        s->reread = false;
        s->seen = status;
        s->retry_at = (struct instant){now.us + RETRY_US};
        if (!there)
            fault_set(&f, FAULT_NOT_FOUND, "%s: %s", s->path, strerror(errno));
        if (!there || read_lists(s, authorities, count, now, &f) != FAULT_NONE) {
            note_trouble(s, &f, notes);
        } else {
            s->trouble[0] = '\0';
            s->warned = false;
            changed = true;
            note_loaded(s, notes);
        }
    }
    note_age(s, now, notes);
    return changed;
}
