/* Any text as the JSON body of a submission, a supplement or a correction: refused by a JSON pointer, or parts and facts of the
 * contract that pack. The first byte chooses which of them, and whether an officer sends it.
 * Links: lt_service_intake lt_base lt_proto */
#include "fuzz.h"
#include "base/text.h"
#include "base/fence.h"
#include "base/memory.h"
#include "filing.h"
#include <stdlib.h>
#include <string.h>

static const struct filing_unit unit = {"SERVICE", "INTEGRATION", "000.00.00.H58", NULL};

static void must(bool good)
{
    if (!good)
        abort();
}

/* Whoever gets it unpacks it. */
static void check_part(const ProtobufCMessage *content)
{
    OWNED_ARENA arena;
    ProtobufCMessage *message = NULL;
    struct fault f;
    size_t size = protobuf_c_message_get_packed_size(content);
    uint8_t *packed = memory_new(size + 1);
    arena_init(&arena, 4u << 20);
    must(protobuf_c_message_pack(content, packed) == size);
    must(fence_unpack(BYTES(packed, size), content->descriptor, FENCE_LIMITS_DEFAULT, &arena, &message, &f) ==
         FAULT_NONE);
    free(packed);
}

static void check(struct filing *r)
{
    struct lt_fact_out facts[FORM_FACTS_MAX];
    struct lt_part_out parts[FILING_PARTS_MAX];
    size_t count = 0;
    struct fault f = {0};
    enum fault_code code = filing_facts(r, facts, &count, &f);
    must(code ? code == FAULT_MALFORMED && f.text[0] == '/' : count <= FORM_FACTS_MAX);
    filing_name(r, "000.00.00.H58-261124-0001", (struct instant){INT64_C(1795422123) * INSTANT_SECOND_US}, r->channel);
    size_t part_count = filing_parts(r, true, parts);
    must(part_count <= FILING_PARTS_MAX);
    for (size_t i = 0; i < part_count; i++)
        check_part(parts[i].content);
}

static void take(const json_t *json, uint8_t choice)
{
    OWNED_ARENA arena;
    struct filing filing = {0};
    struct fault f = {0};
    enum fault_code code;
    Lienthong__V1__Application before = LIENTHONG__V1__APPLICATION__INIT;
    Lienthong__V1__Party applicant = LIENTHONG__V1__PARTY__INIT, transferee = LIENTHONG__V1__PARTY__INIT;
    before.procedure = (char *)FORM_TRANSFER;
    before.applicant = &applicant;
    before.transferee = &transferee;
    arena_init(&arena, 4u << 20);
    switch (choice % 4) {
    case 0: code = filing_submission(json, &unit, &arena, &filing, &f); break;
    case 1: code = filing_supplement(json, &before, false, &unit, &arena, &filing, &f); break;
    case 2: code = filing_supplement(json, &before, true, &unit, &arena, &filing, &f); break;
    default: code = filing_correction(json, &before, &unit, &arena, &filing, &f); break;
    }
    must(!code || (code == FAULT_MALFORMED && f.code == code && f.text[0] && text_is_utf8(bytes_of_text(f.text))));
    if (!code && choice % 4 == 0)
        check(&filing);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = size ? json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL) : NULL;
    if (json_is_object(json))
        take(json, data[0]);
    json_decref(json);
    return 0;
}
