#include "expiring.h"

struct look {
    struct expiring *e;
    struct instant now;
    void (*on_note)(void *context, const struct fault *f, const char *event);
    void *context;
};

static void look_at(const struct look *l, const struct certificate *c, const char *whose)
{
    struct fault f;
    struct instant until = certificate_until(c);
    if (until.us > l->now.us + EXPIRY_DAYS_MAX * INSTANT_DAY_US)
        return;
    l->e->count++;
    if (!l->e->first.us || until.us < l->e->first.us)
        l->e->first = until;
    const char *event;
    if (expiry_tell(l->e->said, c, whose, l->now, &event, &f))
        l->on_note(l->context, &f, event);
}

static void look_at_agency(void *context, const struct certificate *c, uint32_t agency, const char *code)
{
    (void)agency;
    look_at(context, c, *code ? code : "an agency without a code");
}

void expiring_look(struct expiring *e, const struct directory *d, const struct certificate *own, struct instant now,
                   void (*on_note)(void *context, const struct fault *f, const char *event), void *context)
{
    struct look l = {e, now, on_note, context};
    e->count = 0;
    e->first = (struct instant){0};
    if (own)
        look_at(&l, own, "this router");
    directory_last_certificates(d, now, look_at_agency, &l);
}
