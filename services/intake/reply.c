#include "reply.h"

#include "base/log.h"
#include "base/memory.h"
#include <string.h>

json_t *reply_time(struct instant at)
{
    char text[INSTANT_TEXT_SIZE];
    if (at.us == 0)
        return json_null();
    instant_print(at, text);
    return json_string(text);
}

void reply_fault(struct request *r, const struct fault *f)
{
    switch (f->code) {
    case FAULT_MALFORMED: request_answer_problem(r, 400, "MALFORMED", "%s", f->text); return;
    case FAULT_NOT_FOUND: request_answer_problem(r, 404, "NOT_FOUND", "%s", f->text); return;
    case FAULT_REFUSED: request_answer_problem(r, 409, "CONFLICT", "%s", f->text); return;
    default: break; /* a lost race (FAULT_CONFLICT) too: the next try finds what won it */
    }
    log_fault(LOG_ERROR, "INTAKE-UNAVAILABLE", f);
    request_add_header(r, "Retry-After", "5");
    request_answer_problem(r, 503, "UNAVAILABLE",
                           "This cannot be done now. Repeat the request; with the same "
                           "Idempotency-Key it takes effect once.");
}

const char *reply_idempotency_key(struct request *r)
{
    const char *key = request_header(r, "Idempotency-Key");
    size_t size = key ? strlen(key) : 0;
    bool good = size >= 1 && size <= REPLY_KEY_SIZE_MAX;
    for (size_t i = 0; good && i < size; i++)
        good = key[i] > ' ' && key[i] <= '~';
    if (good)
        return key;
    request_answer_problem(
        r, 400, "KEY_MISSING",
        "Header Idempotency-Key is needed: 1 to %d visible ASCII characters, chosen by you, the same when you repeat "
        "this request.",
        REPLY_KEY_SIZE_MAX);
    return NULL;
}

struct digest reply_digest(const json_t *json)
{
    OWNED_MEMORY char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    return digest_of(bytes_of_text(text ? text : ""));
}

struct bytes reply_pack(const ProtobufCMessage *message, uint8_t **ret_bytes)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    *ret_bytes = memory_new(size + 1);
    protobuf_c_message_pack(message, *ret_bytes);
    return BYTES(*ret_bytes, size);
}
