/* Every number in packed processes and states replaced by others that are nearly right: a fault, or something that the engine
 * takes; never a crash. Finds what turned bits do not, for these mostly break the encoding. */
#include "land.h"
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "lienthong/v1/dossier.pb-c.h"
#include <string.h>

/* One number somewhere in a message. */
struct number {
    void *at;
    bool wide;
};

struct numbers {
    struct number items[20000];
    size_t count;
};

static void add(struct numbers *n, void *at, const ProtobufCFieldDescriptor *f)
{
    bool wide = f->type == PROTOBUF_C_TYPE_UINT64 || f->type == PROTOBUF_C_TYPE_INT64;
    bool number = wide || f->type == PROTOBUF_C_TYPE_UINT32 || f->type == PROTOBUF_C_TYPE_INT32 ||
                  f->type == PROTOBUF_C_TYPE_ENUM || f->type == PROTOBUF_C_TYPE_BOOL;
    if (number && n->count < sizeof n->items / sizeof *n->items)
        n->items[n->count++] = (struct number){at, wide};
}

/* All numbers of MESSAGE and what it holds; as deep as the messages nest. */
static void collect(struct numbers *n, ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &message->descriptor->fields[i];
        char *at = (char *)message + f->offset;
        bool oneof = f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF, nested = f->type == PROTOBUF_C_TYPE_MESSAGE;
        if (oneof)
            continue;
        size_t count = f->label == PROTOBUF_C_LABEL_REPEATED ? *(size_t *)((char *)message + f->quantifier_offset) : 1;
        char *items = f->label == PROTOBUF_C_LABEL_REPEATED ? *(char **)at : at;
        for (size_t k = 0; k < count; k++)
            if (nested && ((ProtobufCMessage **)items)[k])
                collect(n, ((ProtobufCMessage **)items)[k]);
            else if (!nested)
                add(n, items + k * (f->type == PROTOBUF_C_TYPE_UINT64 || f->type == PROTOBUF_C_TYPE_INT64 ? 8 : 4), f);
    }
}

static const int64_t others[] = {0, 1, 2, 3, 5, 40, 255, 100000, UINT32_MAX, -1};

/* TRY gets the packed form with each number replaced by each other. */
static void replace_each(ProtobufCMessage *message, void (*try)(const void *context, struct bytes packed),
                         const void *context)
{
    struct numbers *n = memory_new(sizeof *n);
    collect(n, message);
    for (size_t i = 0; i < n->count; i++)
        for (size_t o = 0; o < sizeof others / sizeof *others; o++) {
            uint64_t kept = 0, other = (uint64_t)others[o];
            memcpy(&kept, n->items[i].at, n->items[i].wide ? 8 : 4);
            memcpy(n->items[i].at, &other, n->items[i].wide ? 8 : 4);
            size_t size = protobuf_c_message_get_packed_size(message);
            uint8_t *packed = memory_new(size + 1);
            protobuf_c_message_pack(message, packed);
            try(context, BYTES(packed, size));
            memory_cleanup(&packed);
            memcpy(n->items[i].at, &kept, n->items[i].wide ? 8 : 4);
        }
    memory_cleanup(&n);
}

static const char *const processes[] = {
    land_text,
    "fact who list setters=desk\n fact what text setters=board\n fact some list setters=engine\n fact n decimal setters=engine\n start s sets=who\n inclusive g default=a\n"
    "task ask role=board sets=what budget=60m over=who silence collect=what:some:x asked=n until=n:>:1\n on-error ye at=ask\n end xe\n inclusive j\n task a raises=BAD\n on-error ae at=a error=BAD\n"
    "event-gateway race\n catch m op=go role=citizen\n timer t after=60m\n subprocess p\n start ps in=p\n task b in=p irrevocable\n on-compensation cb in=p at=b by=ub\n task ub in=p undo\n"
    "end-escalate pe in=p error=LATE\n event-subprocess h in=p\n start-message hs in=h op=stop role=citizen\n compensate hc in=h undoes=b\n end he in=h\n on-escalation l at=p\n exclusive e1\n"
    "compensate x\n end-send e role=desk op=done\n event-subprocess k\n start-timer ks in=k before=60m parallel-to\n end ke in=k\n"
    "s > g > ask > j > race > m > p > e1 > x > e\n g > a > j\n ae > j\n race > t > p\n ye > xe\n ps > b > pe\n hs > hc > he\n l > e1\n ks > ke",
};

static void try_process(const void *context, struct bytes packed)
{
    struct process *p = NULL;
    struct fault f = {0};
    (void)context;
    assert_true(process_unpack(packed, &p, &f) == FAULT_NONE || f.text[0]);
    process_free(p);
}

static void processes_survive(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof processes / sizeof *processes; i++) {
        OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
        text_pack(processes[i], &packed);
        ProtobufCMessage *message =
            protobuf_c_message_unpack(&lienthong__v1__process__descriptor, NULL, packed.size, packed.data);
        assert_non_null(message);
        replace_each(message, try_process, NULL);
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

static const struct {
    const char *process, *script;
} states[] = {
    {"fact who list setters=desk\n fact tags list setters=land\n start s sets=who\n subprocess p over=who pick=board\n start ps in=p\n event-gateway g in=p\n catch m in=p role=board op=go\n"
     "timer t in=p elapsed=60000\n end pe in=p\n event-subprocess h in=p\n start-timer hs in=h elapsed=90000 parallel-to\n task b in=h irrevocable\n end he in=h\n task z role=nobody\n"
     "end e\n event-subprocess w\n start-message ws in=w op=withdraw role=citizen\n task back in=w\n end we in=w\n parallel f\n s > f > p > e\n f > z > e\n ps > g > m > pe\n g > t > pe\n hs > b > he\n ws > back > we",
     "open who=x,y => incident z; arm hs 06-03 08:01; arm hs 06-03 08:01; arm t 06-03 08:01; arm t 06-03 08:01\n wait 5m\n timer hs@1 => deliver b\n"
     "message withdraw => drop b; cancel b"},
    {"start s\n subprocess p\n start ps in=p\n task a in=p\n on-compensation ca in=p at=a by=ua\n task ua in=p undo\n end pe in=p\n task c\n on-compensation cc at=c by=uc\n task uc undo\n compensate x\n"
     "end e\n on-message o at=c op=stop role=citizen\n s > p > c > x > e\n o > e\n ps > a > pe",
     "open => deliver a\n receipt a =>\n answer a => deliver c\n receipt c =>\n answer c => deliver uc\n undeliverable uc => incident uc"},
    {"fact who list setters=desk\n start s sets=who status=1 enter=start appointment=480m\n task ask role=board over=who budget=60m silence\n on-timer t at=ask before=60m\n end te\n end e\n s > ask > e\n t > te",
     "open who=x,y => status 1; arm t 06-03 16:30; arm ask 06-03 09:00; deliver ask@x; arm ask 06-03 09:00; deliver ask@y\n receipt ask@x =>"},
};

static void try_state(const void *context, struct bytes packed)
{
    const struct script *s = context;
    struct dossier *d = NULL, *second = NULL;
    struct fault f = {0};
    OWNED_BUFFER again = BUFFER(DOSSIER_STATE_SIZE_MAX);
    if (dossier_unpack(dossier_id(s->dossier), s->process, packed, &d, &f)) {
        assert_true(f.text[0]);
        return;
    }
    assert_int_equal(dossier_pack(d, &again, &f), FAULT_NONE);
    assert_int_equal(dossier_unpack(dossier_id(s->dossier), s->process, buffer_bytes(&again), &second, &f), FAULT_NONE);
    dossier_free(d);
    dossier_free(second);
}

static void states_survive(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        struct script s;
        struct fault f;
        OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
        char line[500];
        const char *at = states[i].script;
        script_init(&s, states[i].process);
        while (text_word(&at, "\n", line, sizeof line))
            script_line(&s, line);
        assert_int_equal(dossier_pack(s.dossier, &packed, &f), FAULT_NONE);
        ProtobufCMessage *message =
            protobuf_c_message_unpack(&lienthong__v1__dossier_state__descriptor, NULL, packed.size, packed.data);
        assert_non_null(message);
        replace_each(message, try_state, &s);
        protobuf_c_message_free_unpacked(message, NULL);
        script_clear(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(processes_survive), cmocka_unit_test(states_survive)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
