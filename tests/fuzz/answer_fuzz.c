/* Any text as the JSON body of an officer's answer to a task of the desk: refused by the member that is wrong, or facts and parts of the
 * contract that pack. The first byte chooses the operation and what came with the task.
 * Links: lt_service_intake lt_base lt_proto */
#include "fuzz.h"
#include "answer.h"
#include "base/fence.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

static const char *const operations[] = {
    "desk.accept",   "desk.identity.resolve", "desk.identity.manual",   "desk.apology",
    "desk.handover", "desk.file.return",      "desk.originals.collect", "department.opinion.settle"};
static const struct intake intake = {.unit = {"SERVICE", "INTEGRATION", "000.00.00.H58", NULL},
                                     .now = {INT64_C(1795422123) * INSTANT_SECOND_US}};
static const char view_text[] =
    "{\"parts\":{\"application\":{\"documents\":[{\"type\":\"certificate\",\"copy_kind\":2}]},\"held-documents\":"
    "{\"documents\":[{\"type\":\"sketch\",\"valid_until\":\"2030-01-01\"}]}}}";

static void must(bool good)
{
    if (!good)
        abort();
}

/* The application that is corrected. */
static struct bytes packed(void)
{
    static uint8_t bytes[1000];
    static size_t size;
    Lienthong__V1__Application before = LIENTHONG__V1__APPLICATION__INIT;
    Lienthong__V1__Party applicant = LIENTHONG__V1__PARTY__INIT, transferee = LIENTHONG__V1__PARTY__INIT;
    before.procedure = (char *)FORM_TRANSFER;
    before.applicant = &applicant;
    before.transferee = &transferee;
    if (!size)
        size = lienthong__v1__application__pack(&before, bytes);
    return BYTES(bytes, size);
}

/* Whoever gets it unpacks it. */
static void passes_fence(struct bytes bytes, const ProtobufCMessageDescriptor *descriptor)
{
    OWNED_ARENA arena;
    ProtobufCMessage *message = NULL;
    struct fault f;
    arena_init(&arena, 4u << 20);
    must(fence_unpack(bytes, descriptor, FENCE_LIMITS_DEFAULT, &arena, &message, &f) == FAULT_NONE);
}

static void check(const struct answer *a)
{
    must(a->message.part_count <= ANSWER_PARTS_MAX && a->message.fact_count <= ANSWER_FACTS_MAX);
    must(a->message.officer[0] && text_is_utf8(bytes_of_text(a->message.officer)));
    for (size_t i = 0; i < a->message.part_count; i++) {
        size_t size = protobuf_c_message_get_packed_size(a->parts[i].content);
        uint8_t *bytes = memory_new(size + 1);
        must(a->parts[i].name[0] && protobuf_c_message_pack(a->parts[i].content, bytes) == size);
        passes_fence(BYTES(bytes, size), a->parts[i].content->descriptor);
        free(bytes);
    }
    for (size_t i = 0; i < a->message.fact_count; i++) {
        const struct lt_fact_out *fact = &a->facts[i];
        must(fact->name[0] &&
             (fact->kind == LT_YES_NO || fact->kind == LT_LIST || text_is_utf8(bytes_of_text(fact->text))));
        for (size_t k = 0; k < fact->item_count; k++)
            must(text_is_utf8(bytes_of_text(fact->items[k])));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record record = {
        .code = "000.00.00.H58-261124-0001", .packed = packed(), .channel = 1, .created = intake.now};
    json_t *json = size ? json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL) : NULL;
    json_t *view = json && data[0] & 8 ? json_loads(view_text, 0, NULL) : NULL;
    struct answer answer;
    struct fault f = {0};
    if (json_is_object(json)) {
        enum fault_code code = answer_build(&intake, operations[data[0] & 7], json, &record, view, &answer, &f);
        must(!code ||
             ((code == FAULT_MALFORMED || (code == FAULT_REFUSED && answer.code)) && f.code == code && f.text[0]));
        if (!code)
            check(&answer);
        answer_clear(&answer);
    }
    json_decref(view);
    json_decref(json);
    return 0;
}
