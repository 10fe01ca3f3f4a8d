#include "handlers.h"

#include "adapter/day.h"
#include "adapter/handling.h"
#include "base/system.h"
#include "base/text.h"
#include "certificate.h"
#include "lienthong/v1/repository.pb-c.h"
#include "record.h"

#include <stdio.h>

#define EVIDENCE_TYPES_MAX 100
#define SIGNATURE_SIZE_MAX 65536

/* --- repository.evidence.query ------------------------------------------------------------------------------------- */

static enum fault_code handlers_answer_held(struct lt_adapter *a, const struct lt_delivery *d, const struct rows *rows,
                                            struct fault *f)
{
    Lienthong__V1__HeldDocuments held = LIENTHONG__V1__HELD_DOCUMENTS__INIT;
    Lienthong__V1__HeldDocument documents[RECORD_HELD_MAX], *list[RECORD_HELD_MAX];
    char count[16];
    for (int i = 0; i < rows_count(rows) && i < RECORD_HELD_MAX; i++) {
        lienthong__v1__held_document__init(&documents[i]);
        documents[i].type = (char *)rows_text(rows, i, 0);
        documents[i].digest = (char *)rows_text(rows, i, 1);
        documents[i].issued = (char *)rows_text(rows, i, 2);
        documents[i].valid_until = (char *)rows_text(rows, i, 3);
        list[held.n_documents++] = &documents[i];
    }
    held.documents = list;
    snprintf(count, sizeof(count), "%zu", held.n_documents);
    const struct lt_part_out part = {"held-documents", &held.base};
    const struct lt_fact_out fact = {"evidence.held", LT_DECIMAL, count, false};
    return lt_answer(a, d, &(struct lt_message){.parts = &part, .part_count = 1, .facts = &fact, .fact_count = 1}, f);
}

static enum fault_code handlers_query(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    OWNED(rows) rows = NULL;
    Lienthong__V1__EvidenceQuery *query = NULL;
    enum fault_code code =
        lt_part_unpack(d, "evidence-query", &lienthong__v1__evidence_query__descriptor, (ProtobufCMessage **)&query, f);
    if (!code && text_empty(query->holder))
        code = fault_set(f, FAULT_MALFORMED, "the query names no holder");
    if (!code && query->n_types > EVIDENCE_TYPES_MAX)
        code = fault_set(f, FAULT_MALFORMED, "%zu types, limit %d", query->n_types, EVIDENCE_TYPES_MAX);
    if (!code)
        code = record_held(lt_database(a), query->holder, query->types, query->n_types, day_of_instant(system_now()),
                           &rows, f);
    return code ? code : handlers_answer_held(a, d, rows, f);
}

enum lt_result handlers_evidence(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return handling_result(handlers_query(a, d, f));
}

/* --- repository.result.store --------------------------------------------------------------------------------------- */

static enum fault_code handlers_answer_stored(struct lt_adapter *a, const struct lt_delivery *d,
                                              const struct record_result *result, size_t size, struct fault *f)
{
    char digest[2 * DIGEST_SIZE + 1];
    Lienthong__V1__StoredResult stored = LIENTHONG__V1__STORED_RESULT__INIT;
    bytes_to_hex(digest_bytes(&result->digest), digest);
    stored.digest = digest;
    stored.size = size;
    stored.kind = (char *)result->kind;
    stored.number = (char *)result->number;
    const struct lt_part_out part = {"result-record", &stored.base};
    return lt_answer(a, d, &(struct lt_message){.parts = &part, .part_count = 1}, f);
}

/* The file first, then its record: a file without a record is harmless, and the next attempt finds it. */
static enum fault_code handlers_keep(struct lt_adapter *a, const struct lt_delivery *d, const struct repository *r,
                                     const struct buffer *file, struct record_result *result, struct fault *f)
{
    OWNED_BUFFER signature = BUFFER(SIGNATURE_SIZE_MAX);
    struct instant now = system_now();
    enum fault_code code = sealing_sign(r->sealing, buffer_bytes(file), &signature, f);
    if (!code)
        code = store_add(r->store, buffer_bytes(file), &result->digest, f);
    if (!code)
        code = record_document(lt_database(a), &result->digest, (int64_t)file->size, now, f);
    result->signature = buffer_bytes(&signature);
    if (!code)
        code = record_result(lt_database(a), result, now, f);
    return code ? code : handlers_answer_stored(a, d, result, file->size, f);
}

static enum fault_code handlers_check_part(struct lt_adapter *a, const struct lt_delivery *d, const char *part,
                                           const char *const *authors, struct fault *f)
{
    const char *author = NULL;
    lt_part(d, part, &author);
    return handling_check_author(a, part, author, authors, f);
}

static enum fault_code handlers_certificate(struct lt_adapter *a, const struct lt_delivery *d,
                                            const struct repository *r, struct fault *f)
{
    OWNED_BUFFER file = BUFFER(CERTIFICATE_SIZE_MAX);
    Lienthong__V1__Certificate *certificate = NULL;
    enum fault_code code =
        lt_part_unpack(d, "certificate", &lienthong__v1__certificate__descriptor, (ProtobufCMessage **)&certificate, f);
    if (!code)
        code = handlers_check_part(a, d, "certificate", r->land_agencies, f);
    if (!code)
        code = certificate_render(certificate, d->dossier, &file, f);
    if (code)
        return code;
    struct record_result result = {.kind = "certificate", .number = certificate->serial, .dossier = d->dossier};
    if (!text_empty(certificate->kind)) {
        result.kind = certificate->kind;
        result.number = certificate->entry;
    }
    return handlers_keep(a, d, r, &file, &result, f);
}

static enum fault_code handlers_licence(struct lt_adapter *a, const struct lt_delivery *d, const struct repository *r,
                                        struct fault *f)
{
    OWNED_BUFFER file = BUFFER(CERTIFICATE_SIZE_MAX);
    Lienthong__V1__Licence *licence = NULL;
    enum fault_code code =
        lt_part_unpack(d, "licence", &lienthong__v1__licence__descriptor, (ProtobufCMessage **)&licence, f);
    if (!code)
        code = handlers_check_part(a, d, "licence", r->licence_agencies, f);
    if (!code)
        code = certificate_render_licence(licence, d->dossier, &file, f);
    if (code)
        return code;
    struct record_result result = {.kind = licence->kind, .number = licence->number, .dossier = d->dossier};
    return handlers_keep(a, d, r, &file, &result, f);
}

enum lt_result handlers_result(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    bool licence = lt_part(d, "licence", NULL).data != NULL;
    return handling_result((licence ? handlers_licence : handlers_certificate)(a, d, context, f));
}
