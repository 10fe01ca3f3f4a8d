#include "answer.h"
#include "evidence.h"

#include "adapter/day.h"
#include "adapter/supplement.h"
#include "base/fence.h"
#include "base/text.h"
#include "web/field.h"
#include <stdio.h>
#include <string.h>

#define GAP_DOCUMENT "document missing: "
#define ANSWER_LIST_SIZE 400
#define ANSWER_FACT_SIZE_MAX 200 /* of its text */
#define ANSWER_FACT_NAME_SIZE_MAX 100
#define ANSWER_DIGITS_MAX 28
#define ANSWER_FRACTION_MAX 6
static const char *const ANSWER_KEYS[] = {"officer",     "decision", "gaps",   "documents", "stage",
                                          "legal_basis", "approver", "reason", "applicant", "transferee",
                                          "signer",      "at",       "facts",  NULL};

static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void add_part(struct answer *a, const char *name, const ProtobufCMessage *content)
{
    a->parts[a->message.part_count++] = (struct lt_part_out){name, content};
}

static void add_fact(struct answer *a, const char *name, const char *text)
{
    a->facts[a->message.fact_count++] = (struct lt_fact_out){.name = name, .kind = LT_TEXT, .text = text};
}

/* --- Documents: provided once --------------------------------------------------------------------------------------- */

/* Nothing is asked for again that the repository holds. */
static enum fault_code check_not_held(const struct intake *in, const struct field *documents, const json_t *view,
                                      struct answer *a, struct fault *f)
{
    for (size_t i = 0; i < field_count(documents); i++) {
        const char *type = NULL;
        if (field_item_text(documents, i, 60, &type, f) != FAULT_NONE)
            return f->code;
        if (evidence_holds(view, type, day_of_instant(in->now))) {
            a->code = "DOCUMENT_HELD";
            return fault_set(f, FAULT_REFUSED,
                             "The repository holds a valid %s of the applicant: it is not asked for again.", type);
        }
    }
    return FAULT_NONE;
}

/* A gap for each document that the officer asks for or that is missing, so that none is forgotten. */
static void add_documents(const struct intake *in, const struct field *documents, const json_t *view, struct answer *a)
{
    Lienthong__V1__SupplementRequest *s = &a->supplement;
    json_t *asked = evidence_missing(view, day_of_instant(in->now));
    for (size_t i = 0; i < field_count(documents); i++)
        evidence_add(asked, json_string_value(json_array_get(documents->json, i)));
    char **gaps = arena_alloc(&a->arena, (s->n_gaps + json_array_size(asked) + 1) * sizeof(char *));
    for (size_t i = 0; i < s->n_gaps; i++)
        gaps[i] = s->gaps[i];
    for (size_t i = 0; i < json_array_size(asked); i++) {
        char gap[EVIDENCE_TYPE_SIZE + sizeof(GAP_DOCUMENT)];
        snprintf(gap, sizeof(gap), GAP_DOCUMENT "%s", json_string_value(json_array_get(asked, i)));
        gaps[s->n_gaps++] = arena_text(&a->arena, gap);
    }
    s->gaps = gaps;
    json_decref(asked);
}

static enum fault_code check_documents(const struct intake *in, const json_t *view, struct answer *a, struct fault *f)
{
    char list[ANSWER_LIST_SIZE] = "";
    json_t *missing = evidence_missing(view, day_of_instant(in->now));
    for (size_t i = 0; i < json_array_size(missing); i++) {
        char longer[ANSWER_LIST_SIZE + EVIDENCE_TYPE_SIZE + 2];
        snprintf(longer, sizeof(longer), "%s%s%s", list, i ? ", " : "", json_string_value(json_array_get(missing, i)));
        text_copy(list, sizeof(list), longer);
    }
    json_decref(missing);
    if (!*list)
        return FAULT_NONE;
    a->code = "DOCUMENTS_MISSING";
    return fault_set(f, FAULT_REFUSED,
                     "Neither in the file nor held by the repository: %s. Ask for a supplement, or refuse.", list);
}

/* Form 02: every gap at once, with the stage, legal basis and approver (domain.md section 1, supplement guard). */
static enum fault_code build_supplement(const struct intake *in, const struct field *body, const json_t *view,
                                        struct answer *a, struct fault *f)
{
    struct field gaps, documents;
    const char *stage = NULL, *legal_basis = NULL, *approver = NULL;
    Lienthong__V1__SupplementRequest *s = &a->supplement;
    lienthong__v1__supplement_request__init(s);
    if (field_array(body, "gaps", FIELD_REQUIRED, ANSWER_GAPS_MAX, &gaps, f) != FAULT_NONE ||
        field_text(body, "stage", FIELD_REQUIRED, 100, &stage, f) != FAULT_NONE ||
        field_text(body, "legal_basis", FIELD_REQUIRED, 300, &legal_basis, f) != FAULT_NONE ||
        field_text(body, "approver", FIELD_REQUIRED, 100, &approver, f) != FAULT_NONE ||
        field_array(body, "documents", FIELD_OPTIONAL, ANSWER_GAPS_MAX, &documents, f) != FAULT_NONE ||
        check_not_held(in, &documents, view, a, f) != FAULT_NONE)
        return f->code;
    size_t count = field_count(&gaps);
    if (count == 0)
        return field_wrong(body, "gaps", f, "is empty: a supplement is requested once and lists every gap");
    s->gaps = arena_alloc(&a->arena, count * sizeof(char *));
    for (size_t i = 0; i < count; i++) {
        const char *gap = NULL;
        if (field_item_text(&gaps, i, 500, &gap, f) != FAULT_NONE)
            return f->code;
        s->gaps[s->n_gaps++] = lend(gap);
    }
    add_documents(in, &documents, view, a);
    s->stage = lend(stage);
    s->legal_basis = lend(legal_basis);
    s->approver = lend(approver);
    a->supplemented = true;
    add_part(a, "supplement-request", &s->base);
    supplement_facts(s, &a->facts[a->message.fact_count]);
    a->message.fact_count += SUPPLEMENT_FACT_COUNT;
    return FAULT_NONE;
}

static enum fault_code build_refusal(const struct field *body, struct answer *a, struct fault *f)
{
    const char *reason = NULL, *legal_basis = NULL;
    if (field_text(body, "reason", FIELD_REQUIRED, 1000, &reason, f) != FAULT_NONE ||
        field_text(body, "legal_basis", FIELD_REQUIRED, 300, &legal_basis, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__refusal__init(&a->refusal);
    a->refusal.reason = lend(reason);
    a->refusal.legal_basis = lend(legal_basis);
    a->refusal.officer = lend(a->message.officer);
    add_part(a, "refusal", &a->refusal.base);
    return FAULT_NONE;
}

static enum fault_code build_accept(const struct intake *in, const struct field *body, const struct record *record,
                                    const json_t *view, struct answer *a, struct fault *f)
{
    static const char *const decisions[] = {"accept", "supplement", "refuse", NULL};
    int decision = -1;
    if (field_choice(body, "decision", FIELD_REQUIRED, decisions, &decision, f) != FAULT_NONE)
        return f->code;
    add_fact(a, "decision", decisions[decision]);
    if (decision == 1)
        return build_supplement(in, body, view, a, f);
    if (decision == 2)
        return build_refusal(body, a, f);
    if (check_documents(in, view, a, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__appointment_receipt__init(&a->receipt);
    a->receipt.number = lend(record->code);
    a->receipt.received_at = a->now;
    a->receipt.officer = lend(a->message.officer);
    a->receipt.text = lend("received; the appointment is told with the status");
    add_part(a, "receipt", &a->receipt.base);
    return FAULT_NONE;
}

static enum fault_code build_correction(const struct intake *in, const json_t *json, const struct record *record,
                                        struct answer *a, struct fault *f)
{
    ProtobufCMessage *before = NULL;
    struct fault cause = {0};
    if (fence_unpack(record->packed, &lienthong__v1__application__descriptor, FENCE_LIMITS_DEFAULT, &a->arena, &before,
                     &cause) != FAULT_NONE)
        return fault_set(f, FAULT_INTERNAL, "stored application of %s cannot be read: %s", record->code, cause.text);
    if (filing_correction(json, (const Lienthong__V1__Application *)(const void *)before, &in->unit, &a->arena,
                          &a->changed, f) != FAULT_NONE)
        return f->code;
    struct lt_part_out parts[FILING_PARTS_MAX];
    filing_name(&a->changed, record->code, record->created, (unsigned)record->channel);
    for (size_t i = 0, count = filing_parts(&a->changed, false, parts); i < count; i++)
        if (!text_equal(parts[i].name, "evidence-query")) /* what is held is asked by the side, once */
            a->parts[a->message.part_count++] = parts[i];
    a->application_changed = true;
    return FAULT_NONE;
}

static enum fault_code build_resolve(const struct intake *in, const struct field *body, const struct record *record,
                                     const json_t *view, struct answer *a, struct fault *f)
{
    static const char *const decisions[] = {"corrected", "supplement", "refuse", NULL};
    int decision = -1;
    if (field_choice(body, "decision", FIELD_REQUIRED, decisions, &decision, f) != FAULT_NONE)
        return f->code;
    add_fact(a, "resolution", decisions[decision]);
    if (decision == 0)
        return build_correction(in, body->json, record, a, f);
    return decision == 1 ? build_supplement(in, body, view, a, f) : build_refusal(body, a, f);
}

/* Compared by hand because the population database did not answer: flagged. */
static enum fault_code build_manual(const struct field *body, struct answer *a, struct fault *f)
{
    static const char *const decisions[] = {"match", "differs", NULL};
    int decision = -1;
    if (field_choice(body, "decision", FIELD_REQUIRED, decisions, &decision, f) != FAULT_NONE)
        return f->code;
    add_fact(a, "identity.result", decisions[decision]);
    a->facts[a->message.fact_count++] = (struct lt_fact_out){.name = "identity.manual", .kind = LT_YES_NO, .yes = true};
    return FAULT_NONE;
}

static enum fault_code build_apology(const struct field *body, struct answer *a, struct fault *f)
{
    const char *reason = NULL;
    if (field_text(body, "reason", FIELD_REQUIRED, 1000, &reason, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__apology__init(&a->apology);
    a->apology.reason = lend(reason);
    a->apology.officer = lend(a->message.officer);
    add_part(a, "apology", &a->apology.base);
    return FAULT_NONE;
}

static enum fault_code build_hand_over(const struct field *body, struct answer *a, struct fault *f)
{
    const char *signer = NULL, *at = NULL;
    struct instant parsed;
    if (field_text(body, "signer", FIELD_REQUIRED, 100, &signer, f) != FAULT_NONE ||
        field_text(body, "at", FIELD_OPTIONAL, 40, &at, f) != FAULT_NONE ||
        field_instant(body, "at", FIELD_OPTIONAL, &parsed, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__hand_over__init(&a->hand_over);
    a->hand_over.signer = lend(signer);
    a->hand_over.at = at ? lend(at) : a->now;
    a->hand_over.officer = lend(a->message.officer);
    add_part(a, "hand-over", &a->hand_over.base);
    return FAULT_NONE;
}

/* {"decimal": "12.5"} or {"date": "2026-06-01"} */
static enum fault_code read_written_fact(const char *name, const json_t *value, struct lt_fact_out *ret,
                                         struct fault *f)
{
    static const char *const decimal[] = {"decimal", NULL}, *const date[] = {"date", NULL};
    struct field field = field_of(value);
    int32_t day;
    snprintf(field.pointer, sizeof(field.pointer), "/facts/%.100s", name);
    ret->kind = field_present(&field, "decimal") ? LT_DECIMAL : LT_DATE;
    if (field_only(&field, ret->kind == LT_DECIMAL ? decimal : date, f) != FAULT_NONE)
        return f->code;
    if (ret->kind == LT_DECIMAL)
        return field_decimal(&field, "decimal", FIELD_REQUIRED, ANSWER_DIGITS_MAX, ANSWER_FRACTION_MAX, &ret->text, f);
    ret->text = json_string_value(json_object_get(value, "date"));
    return field_date(&field, "date", FIELD_REQUIRED, &day, f);
}

static enum fault_code read_other_fact(const char *name, const json_t *value, struct lt_fact_out *ret, struct fault *f)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    *ret = (struct lt_fact_out){.name = name, .kind = LT_TEXT, .text = json_string_value(value)};
    if (!*name || strlen(name) > ANSWER_FACT_NAME_SIZE_MAX || name[strspn(name, allowed)])
        return fault_set(f, FAULT_MALFORMED, "/facts/%.60s: a fact's name is 1 to %d of A-Z a-z 0-9 . - _", name,
                         ANSWER_FACT_NAME_SIZE_MAX);
    if (json_is_boolean(value)) {
        ret->kind = LT_YES_NO;
        ret->yes = json_is_true(value);
    } else if (json_is_object(value)) {
        return read_written_fact(name, value, ret, f);
    } else if (!ret->text || strlen(ret->text) > ANSWER_FACT_SIZE_MAX) {
        return fault_set(
            f, FAULT_MALFORMED,
            "/facts/%.60s: must be text, true or false, {\"decimal\": \"12.5\"} or {\"date\": \"2026-06-01\"}", name);
    }
    return FAULT_NONE;
}

/* An operation of a procedure that this program does not know: the router holds the facts against the definition. */
static enum fault_code build_other(const struct field *body, struct answer *a, struct fault *f)
{
    struct field facts;
    const char *name;
    json_t *value;
    if (field_object(body, "facts", FIELD_OPTIONAL, &facts, f) != FAULT_NONE)
        return f->code;
    if (json_object_size(facts.json) > ANSWER_FACTS_MAX)
        return field_wrong(body, "facts", f, "has more than %d members", ANSWER_FACTS_MAX);
    json_object_foreach((json_t *)(uintptr_t)facts.json, name,
                        value) if (read_other_fact(name, value, &a->facts[a->message.fact_count++], f) !=
                                   FAULT_NONE) return f->code;
    return FAULT_NONE;
}

enum fault_code answer_build(const struct intake *in, const char *operation, const json_t *json,
                             const struct record *record, const json_t *view, struct answer *ret, struct fault *f)
{
    *ret = (struct answer){0};
    arena_init(&ret->arena, 1 << 20);
    ret->message.parts = ret->parts;
    ret->message.facts = ret->facts;
    instant_print(in->now, ret->now);
    struct field body = field_of(json);
    if (field_only(&body, ANSWER_KEYS, f) != FAULT_NONE ||
        field_text(&body, "officer", FIELD_REQUIRED, 20, &ret->message.officer, f) != FAULT_NONE)
        return f->code;
    if (text_equal(operation, "desk.accept"))
        return build_accept(in, &body, record, view, ret, f);
    if (text_equal(operation, "desk.identity.resolve"))
        return build_resolve(in, &body, record, view, ret, f);
    if (text_equal(operation, "desk.identity.manual"))
        return build_manual(&body, ret, f);
    if (text_equal(operation, "desk.apology"))
        return build_apology(&body, ret, f);
    if (text_equal(operation, "desk.handover") || text_equal(operation, "desk.file.return"))
        return build_hand_over(&body, ret, f);
    if (text_equal(operation, "desk.originals.collect"))
        return FAULT_NONE;
    return build_other(&body, ret, f);
}

void answer_clear(struct answer *a)
{
    arena_clear(&a->arena);
}
