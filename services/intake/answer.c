#include "answer.h"
#include "form.h"

#include "base/fence.h"
#include "base/text.h"
#include <string.h>

static const char *const DESK_READERS[] = {"desk", NULL};
static const char *const ANSWER_KEYS[] = {"officer", "decision",  "gaps",       "stage",  "legal_basis", "approver",
                                          "reason",  "applicant", "transferee", "signer", "at",          NULL};

static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

static void add_part(struct answer *a, const char *name, const ProtobufCMessage *content)
{
    a->parts[a->message.part_count++] = (struct lt_part_out){name, content, DESK_READERS};
}

static void add_fact(struct answer *a, const char *name, const char *text)
{
    a->facts[a->message.fact_count++] = (struct lt_fact_out){.name = name, .kind = LT_TEXT, .text = text};
}

/* Form 02: every gap at once, with the stage, legal basis and approver (domain.md section 1, supplement guard). */
static void build_supplement(struct form *form, struct answer *a)
{
    lienthong__v1__supplement_request__init(&a->supplement);
    const json_t *gaps = form_array(form, "gaps", 50);
    size_t count = json_array_size(gaps);
    if (count == 0)
        form_wrong(form, "gaps", "is missing: a supplement is requested once and lists every gap");
    a->supplement.gaps = arena_alloc(&a->arena, (count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        a->supplement.gaps[a->supplement.n_gaps++] = lend(form_element_text(form, "gaps", gaps, i, 500));
    a->supplement.stage = lend(form_text(form, "stage", true, 100));
    a->supplement.legal_basis = lend(form_text(form, "legal_basis", true, 300));
    a->supplement.approver = lend(form_text(form, "approver", true, 100));
    add_part(a, "supplement-request", &a->supplement.base);
}

static void build_refusal(struct form *form, struct answer *a)
{
    lienthong__v1__refusal__init(&a->refusal);
    a->refusal.reason = lend(form_text(form, "reason", true, 1000));
    a->refusal.legal_basis = lend(form_text(form, "legal_basis", true, 300));
    a->refusal.officer = lend(a->message.officer);
    add_part(a, "refusal", &a->refusal.base);
}

static void build_accept(const struct intake *in, struct form *form, const struct record *record, struct answer *a)
{
    (void)in;
    static const char *const decisions[] = {"accept", "supplement", "refuse", NULL};
    int decision = form_choice(form, "decision", true, decisions);
    if (decision < 0)
        return;
    add_fact(a, "decision", decisions[decision]);
    if (decision == 0) {
        lienthong__v1__appointment_receipt__init(&a->receipt);
        a->receipt.number = lend(record->code);
        a->receipt.received_at = a->now;
        a->receipt.officer = lend(a->message.officer);
        a->receipt.text = lend("received; the appointment is told with the status");
        add_part(a, "receipt", &a->receipt.base);
    } else if (decision == 1) {
        build_supplement(form, a);
    } else {
        build_refusal(form, a);
    }
}

static enum fault_code build_correction(const struct intake *in, const json_t *json, const struct record *record,
                                        struct answer *a, struct fault *f)
{
    ProtobufCMessage *before = NULL;
    if (fence_unpack(record->packed, &lienthong__v1__application__descriptor, FENCE_LIMITS_DEFAULT, &a->arena, &before,
                     f) != FAULT_NONE)
        return fault_wrap(f, "application of %s", record->code);
    json_t *parties = json_object();
    static const char *const both[] = {"applicant", "transferee"};
    for (size_t i = 0; i < 2; i++)
        if (json_object_get(json, both[i]))
            json_object_set(parties, both[i], json_object_get(json, both[i]));
    enum fault_code code =
        filing_correction(parties, (const Lienthong__V1__Application *)before, &in->unit, &a->arena, &a->changed, f);
    json_decref(parties); /* its members live on in JSON */
    if (code != FAULT_NONE)
        return code;
    struct lt_part_out parts[FILING_PARTS_MAX];
    (void)filing_parts(&a->changed, false, parts);
    a->parts[a->message.part_count++] = parts[0];
    a->parts[a->message.part_count++] = parts[1];
    a->application_changed = true;
    return FAULT_NONE;
}

static enum fault_code build_resolve(const struct intake *in, struct form *form, const json_t *json,
                                     const struct record *record, struct answer *a, struct fault *f)
{
    static const char *const decisions[] = {"corrected", "supplement", "refuse", NULL};
    int decision = form_choice(form, "decision", true, decisions);
    if (decision < 0)
        return f->code;
    add_fact(a, "resolution", decisions[decision]);
    if (decision == 0)
        return build_correction(in, json, record, a, f);
    if (decision == 1)
        build_supplement(form, a);
    else
        build_refusal(form, a);
    return FAULT_NONE;
}

/* Compared by hand because the population database did not answer: flagged. */
static void build_manual(struct form *form, struct answer *a)
{
    static const char *const decisions[] = {"match", "differs", NULL};
    int decision = form_choice(form, "decision", true, decisions);
    if (decision < 0)
        return;
    add_fact(a, "identity.result", decisions[decision]);
    a->facts[a->message.fact_count++] = (struct lt_fact_out){.name = "identity.manual", .kind = LT_YES_NO, .yes = true};
}

static void build_apology(struct form *form, struct answer *a)
{
    lienthong__v1__apology__init(&a->apology);
    a->apology.reason = lend(form_text(form, "reason", true, 1000));
    a->apology.officer = lend(a->message.officer);
    add_part(a, "apology", &a->apology.base);
}

static void build_hand_over(struct form *form, struct answer *a)
{
    lienthong__v1__hand_over__init(&a->hand_over);
    a->hand_over.signer = lend(form_text(form, "signer", true, 100));
    const char *at = form_text(form, "at", false, 40);
    struct instant parsed;
    struct fault f = {0};
    if (*at && instant_parse(at, &parsed, &f) != FAULT_NONE)
        form_wrong(form, "at", "%s", f.text);
    a->hand_over.at = *at ? lend(at) : a->now;
    a->hand_over.officer = lend(a->message.officer);
    add_part(a, "hand-over", &a->hand_over.base);
}

enum fault_code answer_build(const struct intake *in, const char *operation, const json_t *json,
                             const struct record *record, struct answer *ret, struct fault *f)
{
    *ret = (struct answer){0};
    arena_init(&ret->arena, 1 << 20);
    ret->message.parts = ret->parts;
    ret->message.facts = ret->facts;
    instant_print(in->now, ret->now);
    struct form form = form_of(json, f);
    form_only(&form, ANSWER_KEYS);
    ret->message.officer = form_text(&form, "officer", true, 20);
    if (text_equal(operation, "desk.accept"))
        build_accept(in, &form, record, ret);
    else if (text_equal(operation, "desk.identity.resolve"))
        (void)build_resolve(in, &form, json, record, ret, f);
    else if (text_equal(operation, "desk.identity.manual"))
        build_manual(&form, ret);
    else if (text_equal(operation, "desk.apology"))
        build_apology(&form, ret);
    else if (text_equal(operation, "desk.handover") || text_equal(operation, "desk.file.return"))
        build_hand_over(&form, ret);
    else if (!text_equal(operation, "desk.originals.collect"))
        return fault_set(f, FAULT_NOT_FOUND, "the desk has no operation %s", operation);
    return f->code;
}

void answer_clear(struct answer *a)
{
    arena_clear(&a->arena);
}
