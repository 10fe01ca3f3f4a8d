#include "api.h"

#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "range.h"
#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOCUMENT_TYPE "application/octet-stream"

static int api_status(enum fault_code code)
{
    switch (code) {
    case FAULT_MALFORMED: return 400;
    case FAULT_NOT_FOUND: return 404;
    case FAULT_CONFLICT: return 409;
    case FAULT_REFUSED: return 422;
    case FAULT_UNTRUSTED: return 500;
    case FAULT_LIMIT: return 507;
    default: return 503;
    }
}

static void api_answer_fault(struct request *r, const struct fault *f)
{
    int status = api_status(f->code);
    if (status >= 500)
        log_fault(LOG_WARNING, "API-FAILED", f);
    request_answer_problem(r, status, fault_name(f->code), "%s",
                           status == 503   ? "the repository cannot be reached now; try again"
                           : status == 500 ? "the document's file was damaged since it was stored"
                                           : f->text);
}

/* Answers by itself when the token or the path's digest is none. */
static bool api_digest(struct request *r, const struct repository *repository, struct digest *ret)
{
    if (!request_entitled(r, repository->token, "repository"))
        return false;
    if (store_digest_parse(request_path_value(r, "sha256"), ret))
        return true;
    request_answer_problem(r, 400, "malformed", "the document's SHA-256 is expected: 64 lower-case hexadecimal digits");
    return false;
}

static bool api_number(struct request *r, const char *name, int64_t *ret)
{
    const char *text = request_query(r, name);
    char *end = NULL;
    errno = 0;
    long long value = text && *text ? strtoll(text, &end, 10) : -1;
    if (value < 0 || errno || !end || *end || text[0] == '+' || text[0] == ' ') {
        request_answer_problem(r, 400, "malformed", "query parameter %s: bytes, a whole number, is expected", name);
        return false;
    }
    *ret = value;
    return true;
}

/* --- Arriving -------------------------------------------------------------------------------------------------------- */

static void api_answer_state(struct request *r, int status, const struct store_state *state)
{
    request_answer_json(r, status,
                        json_pack("{s:I, s:b}", "received", (json_int_t)(state->received < 0 ? 0 : state->received),
                                  "complete", state->whole));
}

static enum fault_code api_record(struct repository *repository, const struct digest *digest, int64_t size,
                                  struct fault *f)
{
    struct database *db = lt_database(repository->adapter);
    enum fault_code code = database_begin(db, f);
    if (!code)
        code = record_document(db, digest, size, system_now(), f);
    if (!code)
        code = database_commit(db, f);
    if (code && database_in_transaction(db))
        database_rollback(db);
    return code;
}

static void api_put(struct request *r, void *context)
{
    struct repository *repository = context;
    struct digest digest;
    struct store_state state = {-1, false};
    struct fault f = {0};
    int64_t offset = 0, size = 0;
    if (!api_digest(r, context, &digest) || !api_number(r, "offset", &offset) || !api_number(r, "size", &size))
        return;
    if (size > STORE_DOCUMENT_SIZE_MAX) {
        request_answer_problem(r, 413, "limit", "a document holds at most %lld bytes",
                               (long long)STORE_DOCUMENT_SIZE_MAX);
        return;
    }
    enum fault_code code = store_put(repository->store, &digest, offset, size, request_body(r), &state, &f);
    if (code == FAULT_CONFLICT) { /* says where to go on */
        api_answer_state(r, 409, &state);
        return;
    }
    if (!code && state.whole)
        code = api_record(repository, &digest, size, &f); /* also when a record was lost after the file was kept */
    if (code)
        api_answer_fault(r, &f);
    else
        api_answer_state(r, state.whole ? 201 : 200, &state);
}

static void api_state(struct request *r, void *context)
{
    struct repository *repository = context;
    struct digest digest;
    struct store_state state;
    struct fault f = {0};
    char offset[24];
    if (!api_digest(r, context, &digest))
        return;
    if (store_look(repository->store, &digest, &state, &f)) {
        api_answer_fault(r, &f);
        return;
    }
    if (state.received < 0) {
        request_answer_problem(r, 404, "not-found", "nothing of this document is here");
        return;
    }
    snprintf(offset, sizeof(offset), "%" PRId64, state.received);
    request_add_header(r, "Upload-Offset", offset);
    request_add_header(r, "Upload-Complete", state.whole ? "?1" : "?0");
    api_answer_state(r, 200, &state);
}

/* --- Leaving --------------------------------------------------------------------------------------------------------- */

static void api_answer_range(struct request *r, struct sealed_file *file, int64_t first, int64_t last)
{
    char text[80];
    struct fault f = {0};
    if (last - first >= API_RANGE_SIZE_MAX)
        last = first + API_RANGE_SIZE_MAX - 1;
    size_t size = (size_t)(last - first + 1);
    OWNED_MEMORY uint8_t *data = memory_new(size + 1);
    if (sealed_file_read(file, first, data, size, &f)) {
        api_answer_fault(r, &f);
        return;
    }
    snprintf(text, sizeof(text), "bytes %" PRId64 "-%" PRId64 "/%" PRId64, first, last, sealed_file_size(file));
    request_add_header(r, "Content-Range", text);
    request_answer_bytes(r, 206, DOCUMENT_TYPE, BYTES(data, size));
}

static bool api_read_on(void *context, uint64_t offset, uint8_t *data, size_t size)
{
    struct fault f = {0};
    if (sealed_file_read(context, (int64_t)offset, data, size, &f) == FAULT_NONE)
        return true;
    log_fault(LOG_ERROR, "DOCUMENT-BAD", &f);
    return false;
}

static void api_read_done(void *context)
{
    sealed_file_free(context);
}

static void api_get(struct request *r, void *context)
{
    struct repository *repository = context;
    struct digest digest;
    struct fault f = {0};
    OWNED(sealed_file) file = NULL;
    int64_t first = 0, last = 0;
    char text[48];
    if (!api_digest(r, context, &digest))
        return;
    if (store_read(repository->store, &digest, &file, &f)) {
        api_answer_fault(r, &f);
        return;
    }
    int64_t size = sealed_file_size(file);
    request_add_header(r, "Accept-Ranges", "bytes");
    switch (range_parse(request_header(r, "Range"), size, &first, &last)) {
    case RANGE_PART: api_answer_range(r, file, first, last); break;
    case RANGE_UNSATISFIABLE:
        snprintf(text, sizeof(text), "bytes */%" PRId64, size);
        request_add_header(r, "Content-Range", text);
        request_answer_problem(r, 416, "range", "the document has %" PRId64 " bytes", size);
        break;
    case RANGE_WHOLE: {
        const struct answer_source source = {api_read_on, api_read_done, MOVE(file)};
        request_answer_stream(r, 200, DOCUMENT_TYPE, (uint64_t)size, &source);
        break;
    }
    }
}

static void api_signature(struct request *r, void *context)
{
    struct repository *repository = context;
    struct digest digest;
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    if (!api_digest(r, context, &digest))
        return;
    if (record_signature(lt_database(repository->adapter), &digest, &rows, &f))
        api_answer_fault(r, &f);
    else
        request_answer_bytes(r, 200, "application/pkcs7-signature", rows_bytes(rows, 0, 0));
}

/* --- Whose it is ----------------------------------------------------------------------------------------------------- */

static enum fault_code api_hold_body(struct repository *repository, const struct digest *digest, json_t *body,
                                     struct fault *f)
{
    struct database *db = lt_database(repository->adapter);
    struct record_holding holding;
    enum fault_code code = record_read(body, digest, &holding, f);
    if (!code)
        code = database_begin(db, f);
    if (!code)
        code = record_hold(db, &holding, f);
    if (!code)
        code = database_commit(db, f);
    if (code && database_in_transaction(db))
        database_rollback(db);
    return code;
}

static void api_hold(struct request *r, void *context)
{
    struct digest digest;
    struct fault f = {0};
    json_t *body = NULL;
    if (!api_digest(r, context, &digest))
        return;
    enum fault_code code = request_json(r, &body, &f);
    if (!code)
        code = api_hold_body(context, &digest, body, &f);
    json_decref(body);
    if (code)
        api_answer_fault(r, &f);
    else
        request_answer_empty(r, 204);
}

static void api_health(struct request *r, void *context)
{
    struct repository *repository = context;
    struct lt_health h = lt_health(repository->adapter);
    request_answer_json(r, h.database ? 200 : 503,
                        json_pack("{s:b, s:i, s:i, s:I, s:I}", "database", h.database, "routers_open",
                                  (int)h.routers_open, "routers_configured", (int)h.routers_configured, "outbox",
                                  (json_int_t)h.outbox, "inbox", (json_int_t)h.inbox));
}

const struct route api_routes[] = {
    {.method = "PUT", .pattern = "/documents/{sha256}/pieces", .handle = api_put},
    {.method = "GET", .pattern = "/documents/{sha256}/pieces", .handle = api_state},
    {.method = "HEAD", .pattern = "/documents/{sha256}", .handle = api_state},
    {.method = "GET", .pattern = "/documents/{sha256}", .handle = api_get},
    {.method = "GET", .pattern = "/documents/{sha256}/signature", .handle = api_signature},
    {.method = "POST", .pattern = "/documents/{sha256}/holdings", .handle = api_hold},
    {.method = "GET", .pattern = "/health", .handle = api_health},
    {0},
};
