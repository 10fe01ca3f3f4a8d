/* Who says hello must prove to be who it says; and a session's id is good for one session. */
#include "session/hub_inside.h"

#include "base/text.h"

#include <string.h>

static bool hub_session_is_known(const struct hub *h, const struct peer *p)
{
    const struct peer *other, *next;

    HASH_ITER (by_number, h->by_number, other, next) {
        if (other != p && memcmp(other->session, p->session, sizeof(p->session)) == 0)
            return true;
    }
    return false;
}

Lienthong__V1__RefusalCode hub_prove(struct hub *h, const struct peer *p, const Lienthong__V1__Hello *hello,
                                     char text[HUB_TEXT_SIZE])
{
    struct proof proof = {.agency = hello->agency};
    struct fault f;

    if (hub_session_is_known(h, p)) {
        text_copy(text, HUB_TEXT_SIZE, "this session id was used before; each connection makes a new one");
        return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL;
    }
    memcpy(proof.router_curve, h->curve_public, sizeof(proof.router_curve));
    if (!peer_curve_of_user(p->user, proof.own_curve)) {
        text_copy(text, HUB_TEXT_SIZE, "the connection has no CURVE key");
        return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL;
    }
    memcpy(proof.session, p->session, sizeof(proof.session));
    if (proof_from_wire(hello, &proof, &f)) {
        text_copy(text, HUB_TEXT_SIZE, f.text);
        return LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_PROTOCOL;
    }
    return h->events.prove(p->agency, &proof, text, HUB_TEXT_SIZE, h->events.context);
}
