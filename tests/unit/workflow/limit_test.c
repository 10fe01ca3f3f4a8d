/* More of something than a process or a dossier may have, one above each limit; and conditions that are none. */
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "lienthong/v1/dossier.pb-c.h"
#include "lienthong/v1/process.pb-c.h"
#include "workflow/calendar.h"
#include "workflow/dossier_state.h"
#include <stdio.h>
#include <string.h>

/* COUNT copies of LIST's first message, each with a name of its own at NAME_OFFSET (0: it has none), instead of LIST. */
struct copies {
    void **items;
    char (*names)[24];
    char *room;
};

static struct copies copies_of(const void *first, size_t size, size_t name_offset, size_t count)
{
    struct copies c = {memory_array(count, sizeof(void *)), memory_array(count, 24), memory_array(count, size)};
    for (size_t i = 0; i < count; i++) {
        char *name = c.names[i];
        c.items[i] = c.room + i * size;
        memcpy(c.items[i], first, size);
        snprintf(c.names[i], sizeof c.names[i], "n%zu", i);
        if (name_offset)
            memcpy(c.room + i * size + name_offset, &name, sizeof name);
    }
    return c;
}

static void copies_free(struct copies *c)
{
    memory_cleanup(&c->items);
    memory_cleanup(&c->names);
    memory_cleanup(&c->room);
}

static enum fault_code repack(const ProtobufCMessage *message, struct fault *f)
{
    OWNED_MEMORY uint8_t *packed = memory_new(protobuf_c_message_get_packed_size(message) + 1);
    struct process *p = NULL;
    enum fault_code code = process_unpack(BYTES(packed, protobuf_c_message_pack(message, packed)), &p, f);
    process_free(p);
    return code;
}

static const char sample[] =
    "fact x decimal setters=land\n part q lienthong.v1.Slip authors=land\n start s\n exclusive g default=a\n"
    "task a sets=x returns=q\n end e\n s > g > a > e\n g > e ? x = 1";

static Lienthong__V1__Process *unpack_sample(void)
{
    OWNED_BUFFER packed = BUFFER(PROCESS_SIZE_MAX);
    text_pack(sample, &packed);
    Lienthong__V1__Process *w = lienthong__v1__process__unpack(NULL, packed.size, packed.data);
    assert_non_null(w);
    return w;
}

#define ABOVE(list_, type_, name_offset_, limit_, words_)                                      \
    do {                                                                                       \
        Lienthong__V1__Process *w = unpack_sample();                                           \
        struct copies c = copies_of(w->list_[0], sizeof(type_), (name_offset_), (limit_) + 1); \
        type_ **kept = w->list_;                                                               \
        size_t count = w->n_##list_;                                                           \
        struct fault f = {0};                                                                  \
        w->list_ = (type_ **)c.items, w->n_##list_ = (limit_) + 1;                             \
        assert_int_equal(repack(&w->base, &f), FAULT_LIMIT);                                   \
        if (!strstr(f.text, words_))                                                           \
            fail_msg("%s", f.text);                                                            \
        w->list_ = kept, w->n_##list_ = count;                                                 \
        lienthong__v1__process__free_unpacked(w, NULL);                                        \
        copies_free(&c);                                                                       \
    } while (0)

static void processes(void **state)
{
    (void)state;
    ABOVE(nodes, Lienthong__V1__Node, offsetof(Lienthong__V1__Node, id), PROCESS_NODES_MAX, "2001 nodes");
    ABOVE(flows, Lienthong__V1__Flow, 0, PROCESS_FLOWS_MAX, "4001 flows");
    ABOVE(facts, Lienthong__V1__FactDeclaration, offsetof(Lienthong__V1__FactDeclaration, name), PROCESS_FACTS_MAX,
          "201 facts");
    ABOVE(parts, Lienthong__V1__PartDeclaration, offsetof(Lienthong__V1__PartDeclaration, name), PROCESS_PARTS_MAX,
          "101 parts");
    ABOVE(expressions, Lienthong__V1__Expression, 0, PROCESS_FLOWS_MAX, "limits 2000");
}

/* The first instruction reads fact x, a number; alone it is no condition. */
static void conditions(void **state)
{
    (void)state;
    Lienthong__V1__Process *w = unpack_sample();
    struct fault f = {0};
    assert_int_equal(repack(&w->base, &f), FAULT_NONE);
    assert_int_equal(w->n_expressions, 1);
    size_t count = w->expressions[0]->n_code;
    w->expressions[0]->n_code = 1;
    assert_int_equal(repack(&w->base, &f), FAULT_MALFORMED);
    if (!strstr(f.text, "is not a yes or no"))
        fail_msg("%s", f.text);
    w->expressions[0]->n_code = count;
    lienthong__v1__process__free_unpacked(w, NULL);
}

#define STATE_ABOVE(list_, type_, init_, limit_, words_)                                                            \
    do {                                                                                                            \
        struct dossier *d = NULL;                                                                                   \
        type_ one = init_, **kept = w->list_;                                                                       \
        size_t count = w->n_##list_;                                                                                \
        struct copies c = copies_of(&one, sizeof one, 0, (limit_) + 1);                                             \
        w->list_ = (type_ **)c.items, w->n_##list_ = (limit_) + 1;                                                  \
        size_t size = lienthong__v1__dossier_state__pack(w, room);                                                  \
        assert_int_equal(dossier_unpack(dossier_id(s.dossier), s.process, BYTES(room, size), &d, &f), FAULT_LIMIT); \
        if (!strstr(f.text, words_))                                                                                \
            fail_msg("%s", f.text);                                                                                 \
        w->list_ = kept, w->n_##list_ = count;                                                                      \
        copies_free(&c);                                                                                            \
    } while (0)

static void states(void **state)
{
    struct script s;
    struct fault f;
    OWNED_BUFFER packed = BUFFER(DOSSIER_STATE_SIZE_MAX);
    OWNED_MEMORY uint8_t *room = memory_new(DOSSIER_STATE_SIZE_MAX);
    (void)state;
    script_init(&s, sample);
    script_line(&s, "open => deliver a");
    assert_int_equal(dossier_pack(s.dossier, &packed, &f), FAULT_NONE);
    Lienthong__V1__DossierState *w = lienthong__v1__dossier_state__unpack(NULL, packed.size, packed.data);
    assert_non_null(w);
    STATE_ABOVE(tokens, Lienthong__V1__TokenState, (Lienthong__V1__TokenState)LIENTHONG__V1__TOKEN_STATE__INIT,
                DOSSIER_TOKENS_MAX, "513 tokens");
    STATE_ABOVE(scopes, Lienthong__V1__ScopeState, (Lienthong__V1__ScopeState)LIENTHONG__V1__SCOPE_STATE__INIT,
                DOSSIER_SCOPES_MAX, "514 scopes");
    STATE_ABOVE(steps, Lienthong__V1__StepState, (Lienthong__V1__StepState)LIENTHONG__V1__STEP_STATE__INIT,
                DOSSIER_STEPS_MAX, "1001 steps");
    STATE_ABOVE(timers, Lienthong__V1__TimerState, (Lienthong__V1__TimerState)LIENTHONG__V1__TIMER_STATE__INIT,
                DOSSIER_TIMERS_MAX, "513 timers");
    STATE_ABOVE(completions, Lienthong__V1__CompletionState,
                (Lienthong__V1__CompletionState)LIENTHONG__V1__COMPLETION_STATE__INIT, DOSSIER_COMPLETIONS_MAX,
                "1001 completions");
    STATE_ABOVE(members, Lienthong__V1__MemberState, (Lienthong__V1__MemberState)LIENTHONG__V1__MEMBER_STATE__INIT,
                DOSSIER_MEMBERS_MAX, "2001 members");
    lienthong__v1__dossier_state__free_unpacked(w, NULL);
    script_clear(&s);
}

static void lists(void **state)
{
    Lienthong__V1__Scalar yes = LIENTHONG__V1__SCALAR__INIT, *items[VALUE_LIST_MAX + 1];
    Lienthong__V1__ValueList list = LIENTHONG__V1__VALUE_LIST__INIT;
    Lienthong__V1__Value wire = LIENTHONG__V1__VALUE__INIT;
    struct value v;
    struct fault f;
    OWNED_ARENA arena;
    (void)state;
    arena_init(&arena, 1 << 20);
    yes.is_case = LIENTHONG__V1__SCALAR__IS_YES;
    for (size_t i = 0; i < LENGTH(items); i++)
        items[i] = &yes;
    list.items = items, list.n_items = VALUE_LIST_MAX;
    wire.is_case = LIENTHONG__V1__VALUE__IS_LIST, wire.list = &list;
    assert_int_equal(value_from_wire(&wire, &arena, &v, &f), FAULT_NONE);
    list.n_items++;
    assert_int_equal(value_from_wire(&wire, &arena, &v, &f), FAULT_MALFORMED);
    assert_non_null(strstr(f.text, "list of 257 values, limit 256"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(processes), cmocka_unit_test(conditions),
                                       cmocka_unit_test(states), cmocka_unit_test(lists)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
