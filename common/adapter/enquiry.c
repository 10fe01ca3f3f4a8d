#include "adapter/enquiry.h"

#include "adapter/courier.h"
#include "adapter/program_report.h"
#include "base/fence.h"
#include "base/memory.h"
#include "base/text.h"
#include "session/packet.h"

#include <stdlib.h>
#include <string.h>

#define PROCEDURE_SIZE 64
#define OURS (UINT64_C(1) << 63) /* in a question's number: readers count their own from 1 */
#define ARENA_SIZE_MAX ((size_t)16 << 20)

struct enquiry {
    struct lt_adapter *adapter;
    bool begun, whole;
    char procedure[PROCEDURE_SIZE];
    uint64_t asked, open; /* numbers: the last, and the one under way; 0: none */
    int64_t asked_at_ms;
    struct arena arena; /* of what was told */
    const Lienthong__V1__Operation **told;
    size_t count;
};

struct enquiry *enquiry_new(struct lt_adapter *a)
{
    struct enquiry *e = memory_new(sizeof(*e));

    e->adapter = a;
    arena_init(&e->arena, ARENA_SIZE_MAX);
    return e;
}

static void forget(struct enquiry *e)
{
    free(e->told);
    e->told = NULL;
    e->count = 0;
    e->begun = e->whole = false;
    e->open = 0;
    arena_clear(&e->arena);
}

struct enquiry *enquiry_free(struct enquiry *e)
{
    if (!e)
        return NULL;
    forget(e);
    free(e);
    return NULL;
}

enum fault_code enquiry_begin(struct enquiry *e, const char *procedure, struct fault *f)
{
    if (e->begun)
        return fault_set(f, FAULT_CONFLICT, "the operations are being asked for already; on_operations will tell");
    if (procedure && strlen(procedure) >= PROCEDURE_SIZE)
        return fault_set(f, FAULT_MALFORMED, "a procedure's code has at most %d bytes", PROCEDURE_SIZE - 1);
    text_copy(e->procedure, sizeof(e->procedure), procedure ? procedure : "");
    e->begun = true;
    return FAULT_NONE;
}

/* The page is copied: it is the link's. */
static Lienthong__V1__TellOperations *copy_page(struct enquiry *e, const Lienthong__V1__TellOperations *page)
{
    size_t size = lienthong__v1__tell_operations__get_packed_size(page);
    OWNED_MEMORY uint8_t *packed = memory_new(size + 1);
    ProtobufCMessage *message = NULL;
    struct fault f;

    lienthong__v1__tell_operations__pack(page, packed);
    if (fence_unpack(BYTES(packed, size), &lienthong__v1__tell_operations__descriptor, FENCE_LIMITS_DEFAULT, &e->arena,
                     &message, &f)) {
        report_fault(LOG_ERROR, "OPERATIONS-UNREADABLE", &f);
        return NULL;
    }
    return (Lienthong__V1__TellOperations *)message;
}

void enquiry_on_tell(struct enquiry *e, const Lienthong__V1__Tell *tell)
{
    if (!e->open || tell->id != e->open || tell->is_case != LIENTHONG__V1__TELL__IS_OPERATIONS)
        return; /* nobody waits for it any more */
    Lienthong__V1__TellOperations *page = copy_page(e, tell->operations);
    if (!page)
        return; /* asked again */
    size_t room = LT_OPERATIONS_MAX - e->count, count = page->n_operations < room ? page->n_operations : room;
    e->open = 0;
    e->told = memory_grow(e->told, e->count + count + 1, sizeof(*e->told));
    for (size_t i = 0; i < count; i++)
        e->told[e->count++] = page->operations[i];
    e->whole = !page->more || count == 0;
}

static void ask_page(struct enquiry *e)
{
    Lienthong__V1__AskOperations about = LIENTHONG__V1__ASK_OPERATIONS__INIT;
    Lienthong__V1__Ask a = LIENTHONG__V1__ASK__INIT;

    about.procedure = e->procedure;
    about.after = (uint32_t)e->count;
    a.id = OURS | ++e->asked;
    a.is_case = LIENTHONG__V1__ASK__IS_OPERATIONS;
    a.operations = &about;
    e->open = courier_ask(e->adapter->courier, &a) ? a.id : 0;
    e->asked_at_ms = e->adapter->now_ms;
}

/* The program may ask again at once. */
static void tell_program(struct enquiry *e)
{
    struct lt_adapter *a = e->adapter;
    struct enquiry done = *e;

    e->told = NULL;
    arena_init(&e->arena, ARENA_SIZE_MAX);
    forget(e);
    if (a->handlers.on_operations)
        a->handlers.on_operations(a, done.procedure, done.told, done.count, a->handlers.context);
    free(done.told);
    arena_clear(&done.arena);
}

void enquiry_turn(struct enquiry *e)
{
    if (e->whole)
        tell_program(e);
    else if (enquiry_timeout_ms(e) == 0)
        ask_page(e);
}

int64_t enquiry_timeout_ms(const struct enquiry *e)
{
    if (!e->begun || (!e->whole && !courier_open_count(e->adapter->courier)))
        return -1;
    int64_t left = e->open && !e->whole ? e->asked_at_ms + ENQUIRY_ANSWER_MS - e->adapter->now_ms : 0;
    return left > 0 ? left : 0;
}
