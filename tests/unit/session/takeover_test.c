/* Whoever has stolen an agency's CURVE key, or a hello of another session, gets none of his own. */
#include "line.h"
#include "session/prover.h"

#define CODE(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

/* Signs CHANGED instead, and puts its signature under the hello as it is. */
static enum fault_code sign_another(struct proof *p, struct proof *changed, struct fault *f)
{
    enum fault_code code = prover_sign(changed, NULL, f);
    p->at = changed->at;
    p->signature = changed->signature;
    return code;
}

static enum fault_code prove_nothing(struct proof *p, void *context, struct fault *f)
{
    (void)p, (void)context, (void)f;
    return FAULT_NONE;
}

static enum fault_code prove_other_session(struct proof *p, void *context, struct fault *f)
{
    struct proof other = *p;
    (void)context;
    other.session[0] ^= 1;
    return sign_another(p, &other, f);
}

static enum fault_code prove_other_router(struct proof *p, void *context, struct fault *f)
{
    struct proof other = *p;
    (void)context;
    other.router_curve[31] ^= 1;
    return sign_another(p, &other, f);
}

static enum fault_code prove_other_curve(struct proof *p, void *context, struct fault *f)
{
    struct proof other = *p;
    (void)context;
    other.own_curve[0] ^= 1;
    return sign_another(p, &other, f);
}

static enum fault_code prove_other_agency(struct proof *p, void *context, struct fault *f)
{
    struct proof other = *p;
    (void)context;
    other.agency = "000.02";
    return sign_another(p, &other, f);
}

static enum fault_code prove_other_time(struct proof *p, void *context, struct fault *f)
{
    (void)context;
    enum fault_code code = prover_sign(p, NULL, f);
    p->at.us++;
    return code;
}

static enum fault_code prove_bent(struct proof *p, void *context, struct fault *f)
{
    (void)context;
    enum fault_code code = prover_sign(p, NULL, f);
    p->signature.value[p->signature.value_size - 1] ^= 1;
    return code;
}

static enum fault_code prove_with_unknown_key(struct proof *p, void *context, struct fault *f)
{
    (void)context;
    enum fault_code code = prover_sign(p, NULL, f);
    p->signature.key_id.bytes[0] ^= 1;
    return code;
}

static const struct {
    const char *name;
    enum fault_code (*prove)(struct proof *p, void *context, struct fault *f);
    Lienthong__V1__RefusalCode code;
} rows[] = {
    {"no proof: a stolen CURVE key alone", prove_nothing, CODE(PROTOCOL)},
    {"a proof for another session", prove_other_session, CODE(SIGNATURE)},
    {"a proof for another router", prove_other_router, CODE(SIGNATURE)},
    {"a proof over another CURVE key", prove_other_curve, CODE(SIGNATURE)},
    {"a proof of another agency", prove_other_agency, CODE(SIGNATURE)},
    {"a proof of another time", prove_other_time, CODE(SIGNATURE)},
    {"a flipped bit", prove_bent, CODE(SIGNATURE)},
    {"another key", prove_with_unknown_key, CODE(SIGNATURE)},
};

static void a_session_is_opened_by_who_proves_it(void **state)
{
    struct world *w = *state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct link_events events = {.prove = rows[i].prove, .context = w};
        struct link *real = w->link;
        struct fault f;
        w->link_settings.random_seed[0]++;
        w->violations = 0;
        assert_int_equal(link_new(w->zmq, &w->link_settings, events, &w->link, &f), FAULT_NONE);
        UNTIL(w, w->violations > 0 && strstr(link_reason(w->link), "said goodbye"));
        if (w->violation != rows[i].code)
            fail_msg("%s: code %d", rows[i].name, (int)w->violation);
        assert_int_equal(w->opened, 0);
        assert_int_equal(hub_sessions(w->hub), 0);
        link_free(w->link);
        w->link = real;
    }
    UNTIL(w, link_state(w->link) == LINK_OPEN); /* who has both keys is let in */
}

static enum fault_code prove_not(struct proof *p, void *context, struct fault *f)
{
    (void)context;
    return fault_set(f, FAULT_CONFIG, "%s has no key", p->agency);
}

static void a_key_that_cannot_sign_is_told(void **state)
{
    struct world *w = *state;
    struct link_events events = {.prove = prove_not, .context = w};
    struct link *link = NULL, *real = w->link;
    struct fault f;
    assert_int_equal(link_new(w->zmq, &w->link_settings, events, &link, &f), FAULT_NONE);
    w->link = link;
    UNTIL(w, strstr(link_reason(w->link), "000.01 has no key"));
    assert_int_equal(w->opened, 0);
    link_free(link);
    w->link = real;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_session_is_opened_by_who_proves_it),
        TEST(a_key_that_cannot_sign_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
