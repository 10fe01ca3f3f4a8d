#include "unit.h"

#include "base/memory.h"
#include "paper.h"

#define MAP "map"
#define CONSENT "consent"

/* One document, as in the message. */
struct row_document {
    const char *type, *name, *digest;
    uint32_t copy_kind;
    bool pending;
};
#define MANY 3
#define LIST(...)        \
    {                    \
        {                \
            __VA_ARGS__, \
            {            \
                0        \
            }            \
        }                \
    }

struct list {
    struct row_document documents[MANY];
};

static void make(const struct list *list, Lienthong__V1__DocumentReference documents[MANY],
                 Lienthong__V1__DocumentReference *pointers[MANY], Lienthong__V1__Application *ret)
{
    lienthong__v1__application__init(ret);
    ret->documents = pointers;
    for (size_t i = 0; i < MANY && list->documents[i].type; i++) {
        const struct row_document *d = &list->documents[i];
        lienthong__v1__document_reference__init(&documents[i]);
        documents[i].type = (char *)(uintptr_t)d->type;
        documents[i].name = (char *)(uintptr_t)d->name;
        documents[i].digest = (char *)(uintptr_t)(d->digest ? d->digest : "");
        documents[i].copy_kind = d->copy_kind;
        documents[i].paper_pending = d->pending;
        pointers[i] = &documents[i];
        ret->n_documents++;
    }
}

static void paper_counts_when_it_was_seen(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct list before, now;
        bool by_officer;
        uint32_t want; /* copy kind of the last */
    } rows[] = {
        {"an officer has it", LIST({0}), LIST({MAP, "m", NULL, 0, false}), true, 0},
        {"nobody has seen it", LIST({0}), LIST({MAP, "m", NULL, 0, false}), false, PAPER_NONE},
        {"nor a copy", LIST({0}), LIST({MAP, "m", NULL, 1, false}), false, PAPER_NONE},
        {"promised", LIST({0}), LIST({MAP, "m", NULL, 0, true}), false, 0},
        {"uploaded", LIST({0}), LIST({MAP, "m", "00", 1, false}), false, 1},
        {"received before", LIST({MAP, "m", NULL, 0, false}), LIST({MAP, "m", NULL, 0, false}), false, 0},
        {"received before as a copy", LIST({MAP, "m", NULL, 1, false}), LIST({MAP, "m", NULL, 0, false}), false,
         PAPER_NONE},
        {"another was received", LIST({MAP, "m", NULL, 0, false}), LIST({CONSENT, "m", NULL, 0, false}), false,
         PAPER_NONE},
        {"another of the type was received", LIST({MAP, "m", NULL, 0, false}), LIST({MAP, "n", NULL, 0, false}), false,
         PAPER_NONE},
        {"promised before, not received", LIST({MAP, "m", NULL, 0, true}), LIST({MAP, "m", NULL, 0, false}), false,
         PAPER_NONE},
        {"uploaded before, not received", LIST({MAP, "m", "00", 0, false}), LIST({MAP, "m", NULL, 0, false}), false,
         PAPER_NONE},
        {"the second", LIST({MAP, "m", NULL, 0, false}),
         LIST({MAP, "m", NULL, 0, false}, {CONSENT, "c", NULL, 0, false}), false, PAPER_NONE},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        Lienthong__V1__DocumentReference first[MANY], second[MANY], *firsts[MANY], *seconds[MANY];
        Lienthong__V1__Application before, now;
        make(&rows[i].before, first, firsts, &before);
        make(&rows[i].now, second, seconds, &now);
        paper_believe(&now, before.n_documents ? &before : NULL, rows[i].by_officer);
        if (now.documents[now.n_documents - 1]->copy_kind != rows[i].want)
            fail_msg("%s: copy kind %u", rows[i].name, now.documents[now.n_documents - 1]->copy_kind);
    }
}

static void a_promise_stays_until_an_officer_takes_it_back(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct list before, now;
        bool by_officer, want;
    } rows[] = {
        {"none was given", LIST({MAP, "m", NULL, 2, false}), LIST({0}), false, true},
        {"kept", LIST({MAP, "m", NULL, 0, true}), LIST({MAP, "m", NULL, 0, true}), false, true},
        {"kept for a better one", LIST({MAP, "m", NULL, 0, true}), LIST({MAP, "n", NULL, 1, true}), false, true},
        {"left out", LIST({MAP, "m", NULL, 0, true}), LIST({0}), false, false},
        {"taken back", LIST({MAP, "m", NULL, 0, true}), LIST({MAP, "m", NULL, 0, false}), false, false},
        {"uploaded instead", LIST({MAP, "m", NULL, 0, true}), LIST({MAP, "m", "00", 2, false}), false, false},
        {"another promised instead", LIST({MAP, "m", NULL, 0, true}), LIST({CONSENT, "c", NULL, 0, true}), false,
         false},
        {"an officer has it now", LIST({MAP, "m", NULL, 0, true}), LIST({MAP, "m", NULL, 0, false}), true, true},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        Lienthong__V1__DocumentReference first[MANY], second[MANY], *firsts[MANY], *seconds[MANY];
        Lienthong__V1__Application before, now;
        struct fault f = {0};
        make(&rows[i].before, first, firsts, &before);
        make(&rows[i].now, second, seconds, &now);
        enum fault_code code = paper_check_promises(&now, &before, rows[i].by_officer, &f);
        if ((code == FAULT_NONE) != rows[i].want)
            fail_msg("%s: %s %s", rows[i].name, fault_name(code), f.text);
        if (code)
            assert_string_equal(f.text, "/documents: map was promised on paper; name it again with paper_pending, or "
                                        "bring the paper to the desk, which takes it in");
    }
}

static void what_is_promised_is_pending(void **state)
{
    (void)state;
    static const struct list none = LIST({MAP, "m", NULL, 0, false}),
                             one = LIST({MAP, "m", NULL, 0, false}, {MAP, "n", "00", 2, true});
    Lienthong__V1__DocumentReference documents[MANY], *pointers[MANY];
    Lienthong__V1__Application a;
    make(&none, documents, pointers, &a);
    assert_false(paper_pending(&a));
    make(&one, documents, pointers, &a);
    assert_true(paper_pending(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paper_counts_when_it_was_seen),
        cmocka_unit_test(a_promise_stays_until_an_officer_takes_it_back),
        cmocka_unit_test(what_is_promised_is_pending),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
