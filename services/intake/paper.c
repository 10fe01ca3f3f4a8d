#include "paper.h"

#include "base/text.h"

/* Paper alone, that is here: what was uploaded counts by its digest, what is promised is not here yet. */
static bool is_received(const Lienthong__V1__DocumentReference *d)
{
    return text_empty(d->digest) && !d->paper_pending && d->copy_kind != PAPER_NONE;
}

static bool was_received(const Lienthong__V1__Application *before, const Lienthong__V1__DocumentReference *d)
{
    for (size_t i = 0; before && i < before->n_documents; i++) {
        const Lienthong__V1__DocumentReference *old = before->documents[i];
        if (is_received(old) && old->copy_kind == d->copy_kind && text_equal(old->type, d->type) &&
            text_equal(old->name, d->name))
            return true;
    }
    return false;
}

void paper_believe(Lienthong__V1__Application *a, const Lienthong__V1__Application *before, bool by_officer)
{
    for (size_t i = 0; !by_officer && i < a->n_documents; i++)
        if (is_received(a->documents[i]) && !was_received(before, a->documents[i]))
            a->documents[i]->copy_kind = PAPER_NONE;
}

static bool is_promised(const Lienthong__V1__Application *a, const char *type)
{
    for (size_t i = 0; i < a->n_documents; i++)
        if (a->documents[i]->paper_pending && text_equal(a->documents[i]->type, type))
            return true;
    return false;
}

enum fault_code paper_check_promises(const Lienthong__V1__Application *a, const Lienthong__V1__Application *before,
                                     bool by_officer, struct fault *f)
{
    for (size_t i = 0; !by_officer && i < before->n_documents; i++) {
        const Lienthong__V1__DocumentReference *old = before->documents[i];
        if (old->paper_pending && !is_promised(a, old->type))
            return fault_set(f, FAULT_MALFORMED,
                             "/documents: %.60s was promised on paper; name it again with paper_pending, or bring the "
                             "paper to the desk, which takes it in",
                             old->type);
    }
    return FAULT_NONE;
}

bool paper_pending(const Lienthong__V1__Application *a)
{
    for (size_t i = 0; i < a->n_documents; i++)
        if (a->documents[i]->paper_pending)
            return true;
    return false;
}
