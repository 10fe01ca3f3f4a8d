/* What the router does about certificates beside the messages: whether they are revoked, when they end, and its own. */
#include "router.h"

#define EXPIRING_MS 60000

static void note_certificates(void *context, const struct fault *f, const char *event)
{
    router_note(context, f, event);
}

/* Between turns, so that no message waits for a file; whether the database answers or not. */
static void poll_standing(struct router *r, int64_t now_ms)
{
    if (!r->standing || now_ms < r->standing_at_ms)
        return;
    size_t count;
    struct certificate *const *authorities = directory_authorities(r->directory, &count);
    r->standing_at_ms = now_ms + r->settings.directory_ms;
    if (standing_poll(r->standing, authorities, count, r->now, note_certificates, r)) {
        directory_mark(r->directory, standing_lists(r->standing));
        r->claim_again = true; /* an agency may be resumed */
    }
}

static void poll_expiring(struct router *r, int64_t now_ms)
{
    if (now_ms < r->expiring_at_ms)
        return;
    r->expiring_at_ms = now_ms + EXPIRING_MS;
    expiring_look(&r->expiring, r->directory, r->own, r->now, note_certificates, r);
}

void router_rekey(struct router *r, const struct key *key, const struct certificate *own)
{
    r->key = key;
    r->own = own;
    r->expiring_at_ms = 0;
}

void router_poll_certificates(struct router *r, int64_t now_ms)
{
    poll_standing(r, now_ms);
    poll_expiring(r, now_ms);
}

void router_reload(struct router *r)
{
    if (r->standing)
        standing_reread(r->standing);
    r->standing_at_ms = 0;
}
