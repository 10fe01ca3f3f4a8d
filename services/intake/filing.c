#include "filing.h"
#include "form.h"

#include "base/memory.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

static const char *const PARTY_KEYS[] = {"kind",       "full_name", "birth_date", "personal_number", "old_card_number",
                                         "tax_number", "address",   "telephone",  "email",           NULL};
static const char *const PARTY_KINDS[] = {"person", "organisation", NULL};
static const char *const DATES[] = {"9999", "9999-99-99", NULL};
static const char *const PERSONAL_NUMBERS[] = {"999999999999", NULL};
static const char *const CARD_NUMBERS[] = {"999999999", NULL};
static const char *const TAX_NUMBERS[] = {"9999999999", "9999999999-999", NULL};
static const char *const PARCELS[] = {"9+/9+", NULL};
static const char *const DECIMALS[] = {"9+", "9+.9+", NULL};
static const char *const DIGESTS_NONE[] = {NULL};

/* protobuf-c wants char *, never writes through it. */
static char *lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* A person's name in NFC, so that two spellings of the same letters are one. */
static char *normal(struct form *form, const char *key, const char *text, struct arena *arena)
{
    OWNED_MEMORY char *nfc = NULL;
    struct fault f = {0};
    if (text_nfc(text, &nfc, &f) != FAULT_NONE) {
        form_wrong(form, key, "%s", f.text);
        return lend("");
    }
    return arena_text(arena, nfc);
}

static void read_date(struct form *form, const char *key, const char *text, bool year_alone)
{
    if (!*text)
        return;
    form_pattern(form, key, text, year_alone ? DATES : DATES + 1, year_alone ? "yyyy-mm-dd or yyyy" : "yyyy-mm-dd");
    int32_t day;
    struct fault f = {0};
    if (!form->wrong && strlen(text) > 4 && date_parse(text, &day, &f) != FAULT_NONE)
        form_wrong(form, key, "%s", f.text);
}

static void read_party(struct form *parent, const char *key, struct arena *arena, Lienthong__V1__Party *ret)
{
    struct form form = form_member(parent, key, true, NULL);
    form_only(&form, PARTY_KEYS);
    lienthong__v1__party__init(ret);
    ret->kind = (uint32_t)(form_choice(&form, "kind", true, PARTY_KINDS) + 1);
    ret->full_name = normal(&form, "full_name", form_text(&form, "full_name", true, 100), arena);
    ret->birth_date = lend(form_text(&form, "birth_date", false, 10));
    read_date(&form, "birth_date", ret->birth_date, true);
    ret->personal_number = lend(form_text(&form, "personal_number", false, 12));
    form_pattern(&form, "personal_number", ret->personal_number, PERSONAL_NUMBERS, "12 digits");
    ret->old_card_number = lend(form_text(&form, "old_card_number", false, 9));
    form_pattern(&form, "old_card_number", ret->old_card_number, CARD_NUMBERS, "9 digits");
    ret->tax_number = lend(form_text(&form, "tax_number", false, 14));
    form_pattern(&form, "tax_number", ret->tax_number, TAX_NUMBERS, "10 digits, or 10 digits, a hyphen and 3 digits");
    ret->address = lend(form_text(&form, "address", false, 300));
    ret->telephone = lend(form_text(&form, "telephone", false, 20));
    ret->email = lend(form_text(&form, "email", false, 100));
    if (ret->kind == 1 && !*ret->personal_number && !*ret->old_card_number)
        form_wrong(&form, "personal_number", "is missing: a person is identified by it or by old_card_number");
    if (ret->kind == 2 && !*ret->tax_number)
        form_wrong(&form, "tax_number", "is missing: an organisation is identified by it");
    parent->wrong |= form.wrong;
}

static void read_digest(struct form *form, const char *text)
{
    if (!*text)
        return;
    bool good = strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
    if (!good)
        form_pattern(form, "digest", text, DIGESTS_NONE, "a SHA-256 in 64 lower-case hexadecimal digits");
}

static void read_documents(struct form *parent, struct arena *arena, Lienthong__V1__Application *ret)
{
    static const char *const keys[] = {"type", "name", "digest", "copy_kind", "paper_pending", NULL};
    const json_t *list = form_array(parent, "documents", 50);
    size_t count = json_array_size(list);
    ret->documents = arena_alloc(arena, (count + 1) * sizeof(*ret->documents));
    for (size_t i = 0; i < count; i++) {
        struct form form = form_element(parent, "documents", list, i);
        form_only(&form, keys);
        Lienthong__V1__DocumentReference *d = arena_alloc(arena, sizeof(*d));
        lienthong__v1__document_reference__init(d);
        d->type = lend(form_text(&form, "type", true, 60));
        d->name = lend(form_text(&form, "name", true, 200));
        d->digest = lend(form_text(&form, "digest", false, 64));
        read_digest(&form, d->digest);
        d->copy_kind = (uint32_t)form_integer(&form, "copy_kind", 0, 2, 2);
        d->paper_pending = form_yes(&form, "paper_pending");
        ret->documents[ret->n_documents++] = d;
        parent->wrong |= form.wrong;
    }
}

static void read_claims(struct form *form, struct arena *arena, Lienthong__V1__Application *ret)
{
    const json_t *list = form_array(form, "exemption_claims", 10);
    size_t count = json_array_size(list);
    ret->exemption_claims = arena_alloc(arena, (count + 1) * sizeof(char *));
    ret->n_exemption_claims = 0;
    for (size_t i = 0; i < count; i++)
        ret->exemption_claims[ret->n_exemption_claims++] =
            lend(form_element_text(form, "exemption_claims", list, i, 40));
}

static void read_decimal(struct form *form, const char *key, const char *text, size_t whole_max)
{
    form_pattern(form, key, text, DECIMALS, "a decimal number such as \"120.5\"");
    if (strcspn(text, ".") > whole_max)
        form_wrong(form, key, "has more than %zu digits before the point", whole_max);
}

static void read_parcel(struct form *form, bool required, Lienthong__V1__Application *a)
{
    const char *serial = form_text(form, "certificate_serial", required, 40);
    const char *parcel = form_text(form, "parcel", required, 13);
    const char *area = form_text(form, "area", required, 24);
    form_pattern(form, "parcel", parcel, PARCELS, "sheet/parcel, such as \"12/345\"");
    read_decimal(form, "area", area, 12);
    if (*serial)
        a->certificate_serial = lend(serial);
    if (*parcel)
        a->parcel = lend(parcel);
    if (*area)
        a->area = lend(area);
}

static void read_contract(struct form *parent, struct filing *r)
{
    static const char *const keys[] = {"number", "date", "value", NULL};
    struct form form = form_member(parent, "contract", true, NULL);
    form_only(&form, keys);
    lienthong__v1__contract__init(&r->contract);
    r->contract.number = lend(form_text(&form, "number", true, 60));
    r->contract.date = lend(form_text(&form, "date", true, 10));
    read_date(&form, "date", r->contract.date, false);
    r->contract.value = lend(form_text(&form, "value", true, 24));
    read_decimal(&form, "value", r->contract.value, 18);
    parent->wrong |= form.wrong;
}

static void read_delivery(struct form *parent, struct filing *r)
{
    static const char *const keys[] = {"method", "name", "address", "telephone", "choice", NULL};
    static const char *const methods[] = {"desk", "post", NULL};
    static const char *const choices[] = {"send", "receive", "both", NULL};
    struct form form = form_member(parent, "delivery", true, NULL);
    form_only(&form, keys);
    r->by_post = form_choice(&form, "method", true, methods) == 1;
    lienthong__v1__dispatch__init(&r->dispatch);
    r->dispatch.name = lend(form_text(&form, "name", r->by_post, 100));
    r->dispatch.address = lend(form_text(&form, "address", r->by_post, 300));
    r->dispatch.telephone = lend(form_text(&form, "telephone", r->by_post, 20));
    int choice = form_choice(&form, "choice", false, choices);
    r->dispatch.choice = choice < 0 ? 2 : (uint32_t)choice + 1;
    parent->wrong |= form.wrong;
}

/* The queries for the police and the repository follow from the application. */
static void derive_queries(struct filing *r, const struct filing_unit *unit)
{
    lienthong__v1__identity_query__init(&r->identity);
    Lienthong__V1__Party *parties[2] = {r->application.applicant, r->application.transferee};
    static const char *const ids[2] = {"applicant", "transferee"};
    for (size_t i = 0; i < 2; i++) {
        if (parties[i]->kind != 1)
            continue;
        size_t at = r->identity.n_subjects++;
        Lienthong__V1__IdentitySubject *s = &r->subjects[at];
        lienthong__v1__identity_subject__init(s);
        s->request_id = lend(ids[i]);
        s->service_code = lend(unit->service_code);
        s->integration_code = lend(unit->integration_code);
        s->unit_code = lend(unit->unit_code);
        s->officer_code = lend("system");
        s->personal_number = parties[i]->personal_number;
        s->old_card_number = parties[i]->old_card_number;
        s->full_name = parties[i]->full_name;
        s->birth_date = parties[i]->birth_date;
        r->subject_list[at] = s;
    }
    r->identity.subjects = r->subject_list;
    lienthong__v1__evidence_query__init(&r->evidence);
    const Lienthong__V1__Party *holder = r->application.applicant;
    r->evidence.holder = lend(!text_empty(holder->personal_number) ? holder->personal_number
                              : !text_empty(holder->tax_number)    ? holder->tax_number
                                                                   : holder->old_card_number);
}

static void evidence_types(struct filing *r, struct arena *arena)
{
    size_t count = r->application.n_documents;
    r->evidence.types = arena_alloc(arena, (count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        if (text_empty(r->application.documents[i]->digest))
            r->evidence.types[r->evidence.n_types++] = r->application.documents[i]->type;
}

static enum fault_code finish(struct filing *r, const struct form *form, const struct filing_unit *unit,
                              struct arena *arena, struct fault *f)
{
    if (form->wrong || f->code != FAULT_NONE)
        return f->code != FAULT_NONE ? f->code : fault_set(f, FAULT_MALFORMED, "body cannot be read");
    derive_queries(r, unit);
    evidence_types(r, arena);
    return FAULT_NONE;
}

enum fault_code filing_submission(const json_t *json, const struct filing_unit *unit, struct arena *arena,
                                  struct filing *ret, struct fault *f)
{
    static const char *const keys[] = {"procedure",          "channel",  "applicant", "transferee", "contract",
                                       "certificate_serial", "parcel",   "area",      "district",   "documents",
                                       "exemption_claims",   "delivery", NULL};
    static const char *const channels[] = {"counter", "online", "post", NULL};
    *ret = (struct filing){0};
    struct form form = form_of(json, f);
    form_only(&form, keys);
    Lienthong__V1__Application *a = &ret->application;
    lienthong__v1__application__init(a);
    ret->procedure = form_text(&form, "procedure", true, 20);
    a->procedure = lend(ret->procedure);
    ret->channel = (unsigned)(form_choice(&form, "channel", true, channels) + 1);
    read_party(&form, "applicant", arena, &ret->applicant);
    read_party(&form, "transferee", arena, &ret->transferee);
    a->applicant = &ret->applicant;
    a->transferee = &ret->transferee;
    read_contract(&form, ret);
    a->contract = &ret->contract;
    read_parcel(&form, true, a);
    a->district = lend(form_text(&form, "district", true, 60));
    read_documents(&form, arena, a);
    read_claims(&form, arena, a);
    read_delivery(&form, ret);
    return finish(ret, &form, unit, arena, f);
}

static void lay_over(struct filing *r, const Lienthong__V1__Application *before)
{
    *r = (struct filing){.application = *before};
    lienthong__v1__party__init(&r->applicant);
    lienthong__v1__party__init(&r->transferee);
    r->procedure = before->procedure;
}

static void read_changed_party(struct form *form, const char *key, struct arena *arena, Lienthong__V1__Party *room,
                               Lienthong__V1__Party **ret)
{
    if (!json_object_get(form->object, key))
        return;
    read_party(form, key, arena, room);
    *ret = room;
}

static void read_changed_parties(struct form *form, struct arena *arena, struct filing *r)
{
    read_changed_party(form, "applicant", arena, &r->applicant, &r->application.applicant);
    read_changed_party(form, "transferee", arena, &r->transferee, &r->application.transferee);
}

enum fault_code filing_supplement(const json_t *json, const Lienthong__V1__Application *before,
                                  const struct filing_unit *unit, struct arena *arena, struct filing *ret,
                                  struct fault *f)
{
    static const char *const keys[] = {"applicant", "transferee", "certificate_serial", "parcel",
                                       "area",      "documents",  "exemption_claims",   NULL};
    lay_over(ret, before);
    struct form form = form_of(json, f);
    form_only(&form, keys);
    if (json_object_size(json) == 0)
        form_wrong(&form, NULL, "is empty: say what is supplemented");
    read_changed_parties(&form, arena, ret);
    read_parcel(&form, false, &ret->application);
    if (json_object_get(json, "documents")) {
        ret->application.n_documents = 0;
        read_documents(&form, arena, &ret->application);
    }
    if (json_object_get(json, "exemption_claims"))
        read_claims(&form, arena, &ret->application);
    return finish(ret, &form, unit, arena, f);
}

enum fault_code filing_correction(const json_t *json, const Lienthong__V1__Application *before,
                                  const struct filing_unit *unit, struct arena *arena, struct filing *ret,
                                  struct fault *f)
{
    lay_over(ret, before);
    struct form form = form_of(json, f);
    if (!json_object_get(json, "applicant") && !json_object_get(json, "transferee"))
        form_wrong(&form, NULL, "needs applicant or transferee, as corrected");
    read_changed_parties(&form, arena, ret);
    return finish(ret, &form, unit, arena, f);
}

bool filing_paper_pending(const Lienthong__V1__Application *application)
{
    for (size_t i = 0; i < application->n_documents; i++)
        if (application->documents[i]->paper_pending)
            return true;
    return false;
}

size_t filing_parts(const struct filing *r, bool with_dispatch, struct lt_part_out *parts)
{
    static const char *const application_readers[] = {"desk", "land", NULL};
    static const char *const identity_readers[] = {"desk", "police", NULL};
    static const char *const evidence_readers[] = {"repository", NULL};
    static const char *const dispatch_readers[] = {"desk", "postal", NULL};
    size_t count = 0;
    parts[count++] = (struct lt_part_out){"application", &r->application.base, application_readers};
    parts[count++] = (struct lt_part_out){"identity-query", &r->identity.base, identity_readers};
    parts[count++] = (struct lt_part_out){"evidence-query", &r->evidence.base, evidence_readers};
    if (with_dispatch)
        parts[count++] = (struct lt_part_out){"dispatch", &r->dispatch.base, dispatch_readers};
    return count;
}
