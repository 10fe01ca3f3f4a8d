#include "api.h"

#include "base/log.h"
#include "base/text.h"
#include "block.h"
#include "parcel.h"
#include "waiting.h"

#include <stdlib.h>

static int api_status(enum fault_code code)
{
    switch (code) {
    case FAULT_MALFORMED: return 400;
    case FAULT_NOT_FOUND: return 404;
    case FAULT_CONFLICT: return 409;
    case FAULT_REFUSED: return 422;
    default: return 503;
    }
}

static void api_answer_fault(struct request *r, const struct fault *f)
{
    int status = api_status(f->code);
    if (status == 503)
        log_fault(LOG_WARNING, "API-FAILED", f);
    request_answer_problem(r, status, fault_name(f->code), "%s",
                           status == 503 ? "the register cannot be reached now; try again" : f->text);
}

/* Ends the transaction by CODE; a lost answer to COMMIT is answered 503, and repeating the request is harmless. */
static enum fault_code api_end(struct database *db, enum fault_code code, struct fault *f)
{
    if (!code)
        code = database_commit(db, f);
    if (code && database_in_transaction(db))
        database_rollback(db);
    return code;
}

static bool api_entitled(struct request *r, const struct land *land)
{
    return request_entitled(r, land->token, "land");
}

static void api_block(struct request *r, void *context)
{
    struct land *land = context;
    struct database *db = lt_database(land->adapter);
    struct fault f = {0};
    json_t *body = NULL;
    int64_t id = 0;
    bool fresh = false;
    if (!api_entitled(r, land))
        return;
    enum fault_code code = request_json(r, &body, &f);
    struct block_order order;
    if (!code)
        code = block_read(body, &order, &f);
    if (!code) {
        code = database_begin(db, &f);
        if (!code)
            code = api_end(db, block_add(db, &order, &id, &fresh, &f), &f);
    }
    json_decref(body);
    if (code) {
        api_answer_fault(r, &f);
        return;
    }
    request_answer_json(r, fresh ? 201 : 200, json_pack("{s:I}", "id", (json_int_t)id));
}

/* Dossiers that waited for what was released go on: the event is journalled with the release. */
static enum fault_code api_resume(struct land *land, int64_t ba_unit, int *ret_resumed, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = waiting_take(lt_database(land->adapter), ba_unit, &rows, f);
    for (int i = 0; !code && i < rows_count(rows); i++)
        code = lt_event(land->adapter, rows_uuid(rows, i, 0), rows_text(rows, i, 1), "land.resumed",
                        &(struct lt_message){0}, NULL, f);
    if (!code)
        *ret_resumed = rows_count(rows);
    return code;
}

static void api_release_block(struct request *r, struct land *land, int64_t id, const struct block_order *order)
{
    struct database *db = lt_database(land->adapter);
    struct fault f = {0};
    int64_t ba_unit = 0;
    int resumed = 0;
    enum fault_code code = database_begin(db, &f);
    if (!code) {
        if (order)
            code = block_find(db, order, &id, &f);
        if (!code)
            code = block_release(db, id, &ba_unit, &f);
        if (!code)
            code = api_resume(land, ba_unit, &resumed, &f);
        code = api_end(db, code, &f);
    }
    if (code)
        api_answer_fault(r, &f);
    else
        request_answer_json(r, 200, json_pack("{s:I, s:i}", "id", (json_int_t)id, "resumed", resumed));
}

static void api_release_named(struct request *r, void *context)
{
    struct fault f = {0};
    json_t *body = NULL;
    if (!api_entitled(r, context))
        return;
    struct block_order order;
    if (request_json(r, &body, &f) || block_read(body, &order, &f))
        api_answer_fault(r, &f);
    else
        api_release_block(r, context, 0, &order);
    json_decref(body);
}

static void api_release_numbered(struct request *r, void *context)
{
    const char *text = request_path_value(r, "id");
    char *end = NULL;
    long long id = text ? strtoll(text, &end, 10) : 0;
    if (!api_entitled(r, context))
        return;
    if (!end || *end || id < 1) {
        request_answer_problem(r, 400, "malformed", "the number of a block is expected");
        return;
    }
    api_release_block(r, context, id, NULL);
}

static json_t *api_parcel_json(const struct parcel *p, const struct rows *blocks)
{
    char *holder = text_masked(p->holder_personal[0] ? p->holder_personal : p->holder_tax);
    json_t *list = json_array();
    for (int i = 0; i < rows_count(blocks); i++)
        json_array_append_new(
            list, json_pack("{s:I, s:s, s:s, s:s, s:s}", "id", (json_int_t)rows_integer(blocks, i, BLOCK_ID), "kind",
                            rows_text(blocks, i, BLOCK_KIND), "source", rows_text(blocks, i, BLOCK_SOURCE), "number",
                            rows_text(blocks, i, BLOCK_NUMBER), "since", rows_text(blocks, i, BLOCK_SINCE)));
    json_t *body =
        json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "serial", p->serial, "valid", p->valid,
                  "replaced_by", p->replaced_by, "district", p->district, "sheet", p->sheet, "parcel", p->number,
                  "area", p->area, "land_use", p->land_use, "holder", holder, "blocks", list);
    memory_cleanup(&holder);
    return body;
}

static void api_parcel(struct request *r, void *context)
{
    struct land *land = context;
    struct fault f = {0};
    OWNED(parcel) parcel = NULL;
    OWNED(rows) blocks = NULL;
    const char *serial = request_path_value(r, "serial");
    if (!api_entitled(r, land))
        return;
    enum fault_code code = parcel_find(lt_database(land->adapter), serial ? serial : "", &parcel, &f);
    if (!code)
        code = block_queue(lt_database(land->adapter), serial, &f);
    if (!code)
        code = database_flush(lt_database(land->adapter), &blocks, 1, &f);
    if (!code)
        code = block_open(blocks, &f);
    if (code)
        api_answer_fault(r, &f);
    else
        request_answer_json(r, 200, api_parcel_json(parcel, blocks));
}

static void api_health(struct request *r, void *context)
{
    struct land *land = context;
    struct lt_health h = lt_health(land->adapter);
    request_answer_json(r, h.database ? 200 : 503,
                        json_pack("{s:b, s:i, s:i, s:I, s:I}", "database", h.database, "routers_open",
                                  (int)h.routers_open, "routers_configured", (int)h.routers_configured, "outbox",
                                  (json_int_t)h.outbox, "inbox", (json_int_t)h.inbox));
}

const struct route api_routes[] = {
    {.method = "POST", .pattern = "/blocks", .handle = api_block},
    {.method = "POST", .pattern = "/blocks/release", .handle = api_release_named},
    {.method = "POST", .pattern = "/blocks/{id}/release", .handle = api_release_numbered},
    {.method = "DELETE", .pattern = "/blocks/{id}", .handle = api_release_numbered},
    {.method = "GET", .pattern = "/parcels/{serial}", .handle = api_parcel},
    {.method = "GET", .pattern = "/health", .handle = api_health},
    {0},
};
