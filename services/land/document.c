#include "document.h"

#include "base/instant.h"
#include "base/text.h"

#define ELECTRONIC 2 /* copy kind */

static bool document_is_held(const char *type, const Lienthong__V1__HeldDocuments *held, int32_t day)
{
    for (size_t i = 0; held && i < held->n_documents; i++) {
        const Lienthong__V1__HeldDocument *document = held->documents[i];
        int32_t last = day;
        if (text_equal(document->type, type) &&
            (text_empty(document->valid_until) ||
             (date_parse(document->valid_until, &last, NULL) == FAULT_NONE && last >= day)))
            return true;
    }
    return false;
}

bool document_is_there(const Lienthong__V1__DocumentReference *document, const Lienthong__V1__HeldDocuments *held,
                       int32_t day)
{
    return !text_empty(document->digest) || document->copy_kind != ELECTRONIC || document->paper_pending ||
           document_is_held(document->type, held, day);
}
