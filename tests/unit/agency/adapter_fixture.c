#include "agency/adapter_fixture.h"

#include "base/fence.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIXTURE_PARTS_MAX 8
#define FIXTURE_FACTS_MAX 8
#define FIXTURE_ARENA_LIMIT (1 << 20)

struct part {
    char name[40], author[40];
    struct bytes content;
};

struct fact {
    char name[40], text[600];
    Lienthong__V1__Value value;
};

struct lt_adapter {
    struct database *database;
    char agency[40];
    struct part given[FIXTURE_PARTS_MAX], said[FIXTURE_PARTS_MAX];
    size_t given_count, said_count;
    struct fact known[FIXTURE_FACTS_MAX], told[FIXTURE_FACTS_MAX];
    size_t known_count, told_count;
    bool answered;
    char error[40];
    struct uuid step;
    unsigned steps;
    size_t events;
    struct arena arena;
};

static struct lt_adapter *present; /* whose parts lt_part gives: one test, one adapter at a time */

struct lt_adapter *adapter_fixture_new(struct database *d, const char *agency)
{
    struct lt_adapter *a = memory_new(sizeof(*a));
    a->database = d;
    text_copy(a->agency, sizeof(a->agency), agency);
    arena_init(&a->arena, FIXTURE_ARENA_LIMIT);
    return a;
}

static void fixture_drop(struct part *parts, size_t *count)
{
    for (size_t i = 0; i < *count; i++)
        free((void *)parts[i].content.data);
    *count = 0;
}

struct lt_adapter *adapter_fixture_free(struct lt_adapter *a)
{
    fixture_drop(a->given, &a->given_count);
    fixture_drop(a->said, &a->said_count);
    arena_clear(&a->arena);
    free(a);
    return NULL;
}

static struct bytes fixture_pack(const ProtobufCMessage *content)
{
    size_t size = protobuf_c_message_get_packed_size(content);
    uint8_t *data = memory_new(size + 1);
    protobuf_c_message_pack(content, data);
    return BYTES(data, size);
}

void adapter_fixture_give_part(struct lt_adapter *a, const char *name, const ProtobufCMessage *content,
                               const char *author)
{
    struct part *p = &a->given[a->given_count++];
    text_copy(p->name, sizeof(p->name), name);
    text_copy(p->author, sizeof(p->author), author);
    p->content = fixture_pack(content);
}

static struct fact *fixture_fact_new(struct lt_adapter *a, const char *name)
{
    struct fact *fact = &a->known[a->known_count++];
    text_copy(fact->name, sizeof(fact->name), name);
    lienthong__v1__value__init(&fact->value);
    return fact;
}

void adapter_fixture_give_decimal(struct lt_adapter *a, const char *name, const char *value)
{
    struct fact *fact = fixture_fact_new(a, name);
    text_copy(fact->text, sizeof(fact->text), value);
    fact->value.is_case = LIENTHONG__V1__VALUE__IS_DECIMAL;
    fact->value.decimal = fact->text;
}

void adapter_fixture_give_yes(struct lt_adapter *a, const char *name, bool yes)
{
    struct fact *fact = fixture_fact_new(a, name);
    fact->value.is_case = LIENTHONG__V1__VALUE__IS_YES;
    fact->value.yes = yes;
}

void adapter_fixture_forget(struct lt_adapter *a)
{
    fixture_drop(a->given, &a->given_count);
    a->known_count = 0;
}

struct uuid adapter_fixture_dossier(const char *day, unsigned n)
{
    int32_t number = 0;
    char key[20];
    struct fault f = {0};
    if (date_parse(day, &number, &f)) {
        fprintf(stderr, "%s\n", f.text);
        abort();
    }
    snprintf(key, sizeof(key), "%u", n);
    return uuid_dossier((struct instant){number * INSTANT_DAY_US + 3 * INSTANT_HOUR_US}, "desk", key);
}

enum lt_result adapter_fixture_run(struct lt_adapter *a,
                                   enum lt_result (*handle)(struct lt_adapter *a, const struct lt_delivery *d,
                                                            void *context, struct fault *f),
                                   const char *operation, struct uuid dossier, void *context, struct fault *f)
{
    Lienthong__V1__Purpose purpose = LIENTHONG__V1__PURPOSE__INIT;
    Lienthong__V1__Header header = LIENTHONG__V1__HEADER__INIT;
    a->step = uuid_step(dossier, ++a->steps);
    purpose.procedure = (char *)"1.013831";
    purpose.officer = (char *)"officer-7";
    header.purpose = &purpose;
    header.type = (char *)operation;
    header.sender = (char *)"router";
    struct lt_delivery d = {.header = &header,
                            .dossier = dossier,
                            .step = a->step,
                            .message = a->step,
                            .operation = operation,
                            .attempt = 1};
    fixture_drop(a->said, &a->said_count);
    a->told_count = 0;
    a->answered = false;
    arena_reset(&a->arena);
    present = a;
    if (database_begin(a->database, f))
        return LT_LATER;
    enum lt_result result = handle(a, &d, context, f);
    if (result != LT_DONE && result != LT_OPEN) {
        database_rollback(a->database);
    } else if (database_commit(a->database, f)) {
        return LT_LATER;
    }
    return result;
}

struct uuid adapter_fixture_step(const struct lt_adapter *a)
{
    return a->step;
}

const char *adapter_fixture_error(const struct lt_adapter *a)
{
    return a->answered && a->error[0] ? a->error : NULL;
}

const char *adapter_fixture_fact(const struct lt_adapter *a, const char *name)
{
    for (size_t i = 0; i < a->told_count; i++)
        if (!strcmp(a->told[i].name, name))
            return a->told[i].text;
    return NULL;
}

const ProtobufCMessage *adapter_fixture_part(struct lt_adapter *a, const char *name,
                                             const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t i = 0; i < a->said_count; i++)
        if (!strcmp(a->said[i].name, name))
            return protobuf_c_message_unpack(descriptor, arena_protobuf(&a->arena), a->said[i].content.size,
                                             a->said[i].content.data);
    return NULL;
}

size_t adapter_fixture_event_count(const struct lt_adapter *a)
{
    return a->events;
}

/* --- In place of the adapter's ------------------------------------------------------------------------------------- */

struct database *lt_database(struct lt_adapter *a)
{
    return a->database;
}

/* The test calls the turns itself. */
void lt_add_source(struct lt_adapter *a, struct lt_source source)
{
    (void)a;
    (void)source;
}

const char *lt_agency(const struct lt_adapter *a)
{
    return a->agency;
}

struct lt_health lt_health(struct lt_adapter *a)
{
    return (struct lt_health){.database = database_alive(a->database)};
}

struct bytes lt_part(const struct lt_delivery *d, const char *name, const char **author)
{
    (void)d;
    for (size_t i = 0; i < present->given_count; i++)
        if (!strcmp(present->given[i].name, name)) {
            if (author)
                *author = present->given[i].author;
            return present->given[i].content;
        }
    return (struct bytes){0};
}

enum fault_code lt_part_unpack(const struct lt_delivery *d, const char *name,
                               const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret, struct fault *f)
{
    struct bytes content = lt_part(d, name, NULL);
    if (!content.data)
        return fault_set(f, FAULT_NOT_FOUND, "part %s was not sent", name);
    return fence_unpack(content, descriptor, FENCE_LIMITS_DEFAULT, &present->arena, ret, f);
}

const Lienthong__V1__Value *lt_fact(const struct lt_delivery *d, const char *name)
{
    (void)d;
    for (size_t i = 0; i < present->known_count; i++)
        if (!strcmp(present->known[i].name, name))
            return &present->known[i].value;
    return NULL;
}

enum fault_code lt_answer(struct lt_adapter *a, const struct lt_delivery *d, const struct lt_message *m,
                          struct fault *f)
{
    (void)d;
    if (a->answered)
        return fault_set(f, FAULT_CONFLICT, "answered twice");
    a->answered = true;
    text_copy(a->error, sizeof(a->error), m->error ? m->error : "");
    for (size_t i = 0; i < m->part_count; i++) {
        struct part *p = &a->said[a->said_count++];
        *p = (struct part){.content = fixture_pack(m->parts[i].content)};
        text_copy(p->name, sizeof(p->name), m->parts[i].name);
    }
    for (size_t i = 0; i < m->fact_count; i++) {
        struct fact *fact = &a->told[a->told_count++];
        const struct lt_fact_out *out = &m->facts[i];
        text_copy(fact->name, sizeof(fact->name), out->name);
        text_copy(fact->text, sizeof(fact->text), out->kind == LT_YES_NO ? (out->yes ? "yes" : "no") : out->text);
        for (size_t k = 0; k < out->item_count; k++) {
            char longer[2 * sizeof(fact->text)];
            snprintf(longer, sizeof(longer), "%s%s%.*s", fact->text, k ? "\n" : "", (int)sizeof(fact->text),
                     out->items[k]);
            text_copy(fact->text, sizeof(fact->text), longer);
        }
    }
    return FAULT_NONE;
}

enum fault_code lt_event(struct lt_adapter *a, struct uuid dossier, const char *procedure, const char *type,
                         const struct lt_message *m, struct uuid *ret_message, struct fault *f)
{
    (void)dossier, (void)procedure, (void)type, (void)m, (void)ret_message, (void)f;
    a->events++;
    return FAULT_NONE;
}
