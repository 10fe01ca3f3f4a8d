#include "trust/expiry.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

static const int steps[] = {30, 14, 7, 1, 0};

struct said {
    struct digest key;
    struct instant until;
    size_t step; /* the next that was not said */
};

struct expiry {
    struct said *items; /* ascending by key */
    size_t count;
};

struct expiry *expiry_new(void)
{
    return memory_new(sizeof(struct expiry));
}

struct expiry *expiry_free(struct expiry *e)
{
    if (e)
        free(e->items);
    free(e);
    return NULL;
}

/* The place of KEY, or where it belongs. */
static size_t find(const struct expiry *e, const struct digest *key)
{
    size_t from = 0, until = e->count;
    while (from < until) {
        size_t middle = from + (until - from) / 2;
        if (memcmp(e->items[middle].key.bytes, key->bytes, DIGEST_SIZE) < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}

/* Of certificates that ended long ago nothing is left to say. */
static void forget_ended(struct expiry *e, struct instant now)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->count; i++)
        if (e->items[i].until.us > now.us - EXPIRY_DAYS_MAX * INSTANT_DAY_US)
            e->items[kept++] = e->items[i];
    e->count = kept;
}

static struct said *remember(struct expiry *e, const struct digest *key, struct instant until, struct instant now)
{
    size_t at = find(e, key);
    if (at < e->count && digest_equal(&e->items[at].key, key))
        return &e->items[at];
    if (e->count == EXPIRY_KEYS_MAX) {
        forget_ended(e, now);
        if (e->count == EXPIRY_KEYS_MAX)
            return NULL;
        at = find(e, key);
    }
    e->items = memory_grow(e->items, e->count + 1, sizeof(*e->items));
    memmove(e->items + at + 1, e->items + at, (e->count - at) * sizeof(*e->items));
    e->count++;
    e->items[at] = (struct said){.key = *key, .until = until};
    return &e->items[at];
}

bool expiry_due(struct expiry *e, const struct digest *key, struct instant until, struct instant now, int *ret_days)
{
    size_t passed = 0;
    while (passed < LENGTH(steps) && now.us >= until.us - steps[passed] * INSTANT_DAY_US)
        passed++;
    if (passed == 0 || now.us > until.us + EXPIRY_DAYS_MAX * INSTANT_DAY_US)
        return false;
    struct said *said = remember(e, key, until, now);
    if (!said)
        return false;
    if (said->until.us != until.us) /* another certificate for the same key */
        *said = (struct said){.key = *key, .until = until};
    if (passed <= said->step)
        return false;
    said->step = passed;
    *ret_days = steps[passed - 1];
    return true;
}

bool expiry_tell(struct expiry *e, const struct certificate *c, const char *whose, struct instant now,
                 const char **ret_event, struct fault *f)
{
    char at[INSTANT_TEXT_SIZE];
    int days;
    struct instant until = certificate_until(c);
    struct digest key = certificate_key_id(c);
    if (!expiry_due(e, &key, until, now, &days))
        return false;
    OWNED_MEMORY char *serial = certificate_serial(c);
    const char *use = certificate_is_for(c, CERTIFICATE_SIGNS) ? "signing" : "encryption";
    instant_print(until, at);
    *ret_event = days ? "CERTIFICATE-EXPIRES" : "CERTIFICATE-EXPIRED";
    if (days)
        fault_set(
            f, FAULT_AGAIN,
            "the %s certificate of %s (serial number %s) ends at %s, within %d day%s; renew it: lt keys issue --renew",
            use, whose, serial, at, days, days == 1 ? "" : "s");
    else
        fault_set(f, FAULT_UNTRUSTED,
                  "the %s certificate of %s (serial number %s) ended at %s; renew it: lt keys issue --renew", use,
                  whose, serial, at);
    return true;
}
