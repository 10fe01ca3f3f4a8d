#include "expiring.h"
#include "base/memory.h"
#include <stdlib.h>

struct look {
    struct expiring *e;
    struct instant now;
    void (*on_note)(void *context, const struct fault *f, const char *event);
    void *context;
};

static void look_at(const struct look *l, const struct certificate *c, const char *whose)
{
    char at[INSTANT_TEXT_SIZE];
    int days;
    struct fault f;
    struct instant until = certificate_until(c);
    struct digest key = certificate_key_id(c);
    if (until.us > l->now.us + EXPIRY_DAYS_MAX * INSTANT_DAY_US)
        return;
    l->e->count++;
    if (!l->e->first.us || until.us < l->e->first.us)
        l->e->first = until;
    if (!expiry_due(l->e->said, &key, until, l->now, &days))
        return;
    OWNED_MEMORY char *serial = certificate_serial(c);
    const char *use = certificate_is_for(c, CERTIFICATE_SIGNS) ? "signing" : "encryption";
    instant_print(until, at);
    if (days)
        fault_set(
            &f, FAULT_AGAIN,
            "the %s certificate of %s (serial number %s) ends at %s, within %d day%s; renew it: lt keys issue --renew",
            use, whose, serial, at, days, days == 1 ? "" : "s");
    else
        fault_set(&f, FAULT_UNTRUSTED,
                  "the %s certificate of %s (serial number %s) ended at %s; renew it: lt keys issue --renew", use,
                  whose, serial, at);
    l->on_note(l->context, &f, days ? "CERTIFICATE-EXPIRES" : "CERTIFICATE-EXPIRED");
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
