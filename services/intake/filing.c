#include "filing.h"
#include "paper.h"

#include "adapter/identifier.h"
#include "base/memory.h"
#include "base/text.h"
#include "web/field.h"
#include <stdio.h>
#include <string.h>

#define FILING_DOCUMENTS_MAX 50
#define FILING_CLAIMS_MAX 10
#define FILING_NUMBER_CHARACTERS_MAX 20
#define FILING_SUBJECT_SIZE 200
#define FILING_PARTICULARS_MAX 50
#define FILING_PARTICULAR_NAME_MAX 60

enum { PERSON = 1, ORGANISATION = 2 };
enum { ONLINE = 2 }; /* channel */

static const char *const CHANNELS[] = {"counter", "online", "post", NULL};

/* The forms of openapi.yaml. */
static struct field_pattern BIRTH_DATE = {"^[0-9]{4}(-[0-9]{2}-[0-9]{2})?$", "yyyy-mm-dd or yyyy"};
static struct field_pattern PARCEL = {"^[0-9]{1,6}/[0-9]{1,6}$", "sheet/parcel, such as \"12/345\""};
static struct field_pattern DIGEST = {"^[0-9a-f]{64}$", "a SHA-256 in 64 lower-case hexadecimal digits"};
static struct field_pattern AREA = {
    "^(0|[1-9][0-9]{0,8})(\\.[0-9]{1,2})?$",
    "square metres as text, such as \"120.5\": at most 9 digits and 2 behind the point"};
static struct field_pattern MONEY = {"^(0|[1-9][0-9]{0,14})(\\.[0-9]{1,2})?$",
                                     "dong as text, such as \"1200000000\": at most 15 digits and 2 behind the point"};

/* protobuf-c wants char *, never writes through it. */
static char *lend(const char *text)
{
    return (char *)(uintptr_t)(text ? text : "");
}

/* --- Reading ----------------------------------------------------------------------------------------------------- */

/* A name in NFC, so that two spellings of the same letters are one. */
static enum fault_code read_name(const struct field *of, struct arena *arena, char **ret, struct fault *f)
{
    const char *text = NULL;
    OWNED_MEMORY char *nfc = NULL;
    struct fault cause = {0};
    if (field_text(of, "full_name", FIELD_REQUIRED, 100, &text, f) != FAULT_NONE)
        return f->code;
    if (text_nfc(text, &nfc, &cause) != FAULT_NONE)
        return field_wrong(of, "full_name", f, "%s", cause.text);
    *ret = arena_text(arena, nfc);
    return FAULT_NONE;
}

static enum fault_code read_birth_date(const struct field *of, const char **ret, struct fault *f)
{
    int32_t day;
    struct fault cause = {0};
    if (field_matching(of, "birth_date", FIELD_OPTIONAL, &BIRTH_DATE, ret, f) != FAULT_NONE)
        return f->code;
    if (*ret && strlen(*ret) > 4 && date_parse(*ret, &day, &cause) != FAULT_NONE)
        return field_wrong(of, "birth_date", f, "%s", cause.text);
    return FAULT_NONE;
}

/* Absent: NULL. */
static enum fault_code read_number(const struct field *of, const char *key, bool (*is_one)(const char *),
                                   const char *form, const char **ret, struct fault *f)
{
    if (field_text(of, key, FIELD_OPTIONAL, FILING_NUMBER_CHARACTERS_MAX, ret, f) != FAULT_NONE)
        return f->code;
    return *ret && !is_one(*ret) ? field_wrong(of, key, f, "must be %s", form) : FAULT_NONE;
}

/* The numbers by which a party is known: whatever one of its kind must have is there. */
static enum fault_code read_numbers(const struct field *party, Lienthong__V1__Party *ret, struct fault *f)
{
    bool organisation = ret->kind == ORGANISATION;
    const char *number = NULL, *card = NULL, *tax = NULL;
    if (read_number(party, "personal_number", identifier_is_personal_number, "12 digits", &number, f) != FAULT_NONE ||
        read_number(party, "old_card_number", identifier_is_card_number, "9 digits", &card, f) != FAULT_NONE ||
        read_number(party, "tax_number",
                    organisation ? identifier_is_organisation_tax_number : identifier_is_person_tax_number,
                    organisation ? "10 digits, or 10 digits, a hyphen and 3 digits"
                                 : "10 digits, or 10 digits, a hyphen and 3 digits, or the personal number's 12",
                    &tax, f) != FAULT_NONE)
        return f->code;
    if (!organisation && !number && !card)
        return field_wrong(party, "personal_number", f, "is missing: a person is known by it or by old_card_number");
    if (organisation && !tax)
        return field_wrong(party, "tax_number", f, "is missing: an organisation is known by it");
    if (!identifier_agree(tax, number))
        return field_wrong(party, "tax_number", f, "has 12 digits and is another one than personal_number");
    ret->personal_number = lend(number);
    ret->old_card_number = lend(card);
    ret->tax_number = lend(tax);
    return FAULT_NONE;
}

static enum fault_code read_party(const struct field *of, const char *key, struct arena *arena,
                                  Lienthong__V1__Party *ret, struct fault *f)
{
    static const char *const keys[] = {"kind",       "full_name", "birth_date", "personal_number", "old_card_number",
                                       "tax_number", "address",   "telephone",  "email",           NULL};
    static const char *const kinds[] = {"person", "organisation", NULL};
    const char *birth_date = NULL, *address = NULL, *telephone = NULL, *email = NULL;
    int kind = -1;
    struct field party;
    lienthong__v1__party__init(ret);
    if (field_object(of, key, FIELD_REQUIRED, &party, f) != FAULT_NONE || field_only(&party, keys, f) != FAULT_NONE ||
        field_choice(&party, "kind", FIELD_REQUIRED, kinds, &kind, f) != FAULT_NONE ||
        read_name(&party, arena, &ret->full_name, f) != FAULT_NONE ||
        read_birth_date(&party, &birth_date, f) != FAULT_NONE ||
        field_text(&party, "address", FIELD_OPTIONAL, 300, &address, f) != FAULT_NONE ||
        field_text(&party, "telephone", FIELD_OPTIONAL, 20, &telephone, f) != FAULT_NONE ||
        field_text(&party, "email", FIELD_OPTIONAL, 100, &email, f) != FAULT_NONE)
        return f->code;
    ret->kind = (uint32_t)kind + 1;
    if (read_numbers(&party, ret, f) != FAULT_NONE)
        return f->code;
    ret->birth_date = lend(birth_date);
    ret->address = lend(address);
    ret->telephone = lend(telephone);
    ret->email = lend(email);
    return FAULT_NONE;
}

static enum fault_code read_document(const struct field *list, size_t index, struct arena *arena,
                                     Lienthong__V1__DocumentReference **ret, struct fault *f)
{
    static const char *const keys[] = {"type", "name", "digest", "copy_kind", "paper_pending", NULL};
    struct field of;
    const char *type = NULL, *name = NULL, *digest = NULL;
    int64_t copy_kind = 0;
    bool paper_pending = false;
    if (field_item(list, index, &of, f) != FAULT_NONE || field_only(&of, keys, f) != FAULT_NONE ||
        field_text(&of, "type", FIELD_REQUIRED, 60, &type, f) != FAULT_NONE ||
        field_text(&of, "name", FIELD_REQUIRED, 200, &name, f) != FAULT_NONE ||
        field_matching(&of, "digest", FIELD_OPTIONAL, &DIGEST, &digest, f) != FAULT_NONE ||
        field_integer(&of, "copy_kind", FIELD_OPTIONAL, 0, 2, &copy_kind, f) != FAULT_NONE ||
        field_yes(&of, "paper_pending", FIELD_OPTIONAL, &paper_pending, f) != FAULT_NONE)
        return f->code;
    Lienthong__V1__DocumentReference *d = arena_alloc(arena, sizeof(*d));
    lienthong__v1__document_reference__init(d);
    d->type = lend(type);
    d->name = lend(name);
    d->digest = lend(digest);
    d->copy_kind = field_present(&of, "copy_kind") ? (uint32_t)copy_kind : PAPER_NONE;
    d->paper_pending = paper_pending;
    *ret = d;
    return FAULT_NONE;
}

/* Absent: as it was. */
static enum fault_code read_documents(const struct field *of, struct arena *arena, Lienthong__V1__Application *ret,
                                      struct fault *f)
{
    struct field list;
    if (field_array(of, "documents", FIELD_OPTIONAL, FILING_DOCUMENTS_MAX, &list, f) != FAULT_NONE)
        return f->code;
    if (!list.json)
        return FAULT_NONE;
    ret->n_documents = 0;
    ret->documents = arena_alloc(arena, (field_count(&list) + 1) * sizeof(*ret->documents));
    for (size_t i = 0; i < field_count(&list); i++)
        if (read_document(&list, i, arena, &ret->documents[ret->n_documents++], f) != FAULT_NONE)
            return f->code;
    return FAULT_NONE;
}

/* Absent: as it was. */
static enum fault_code read_claims(const struct field *of, struct arena *arena, Lienthong__V1__Application *ret,
                                   struct fault *f)
{
    struct field list;
    if (field_array(of, "exemption_claims", FIELD_OPTIONAL, FILING_CLAIMS_MAX, &list, f) != FAULT_NONE)
        return f->code;
    if (!list.json)
        return FAULT_NONE;
    ret->n_exemption_claims = 0;
    ret->exemption_claims = arena_alloc(arena, (field_count(&list) + 1) * sizeof(char *));
    for (size_t i = 0; i < field_count(&list); i++) {
        const char *claim = NULL;
        if (field_item_text(&list, i, 40, &claim, f) != FAULT_NONE)
            return f->code;
        ret->exemption_claims[ret->n_exemption_claims++] = lend(claim);
    }
    return FAULT_NONE;
}

/* Absent: as it was. */
static enum fault_code read_parcel(const struct field *of, enum field_need need, Lienthong__V1__Application *a,
                                   struct fault *f)
{
    const char *serial = NULL, *parcel = NULL, *area = NULL;
    if (field_text(of, "certificate_serial", need, 40, &serial, f) != FAULT_NONE ||
        field_matching(of, "parcel", need, &PARCEL, &parcel, f) != FAULT_NONE ||
        field_matching(of, "area", need, &AREA, &area, f) != FAULT_NONE)
        return f->code;
    if (serial && !*serial)
        return field_wrong(of, "certificate_serial", f, "must not be empty");
    if (area && strspn(area, "0.") == strlen(area))
        return field_wrong(of, "area", f, "must be above zero");
    a->certificate_serial = serial ? lend(serial) : a->certificate_serial;
    a->parcel = parcel ? lend(parcel) : a->parcel;
    a->area = area ? lend(area) : a->area;
    return FAULT_NONE;
}

static enum fault_code read_contract(const struct field *of, struct filing *r, struct fault *f)
{
    static const char *const keys[] = {"number", "date", "value", NULL};
    struct field contract;
    const char *number = NULL, *date = NULL, *value = NULL;
    int32_t day;
    if (field_object(of, "contract", FIELD_REQUIRED, &contract, f) != FAULT_NONE ||
        field_only(&contract, keys, f) != FAULT_NONE ||
        field_text(&contract, "number", FIELD_REQUIRED, 60, &number, f) != FAULT_NONE ||
        field_date(&contract, "date", FIELD_REQUIRED, &day, f) != FAULT_NONE ||
        field_text(&contract, "date", FIELD_REQUIRED, 10, &date, f) != FAULT_NONE ||
        field_matching(&contract, "value", FIELD_REQUIRED, &MONEY, &value, f) != FAULT_NONE)
        return f->code;
    if (strspn(value, "0.") == strlen(value)) /* tax would find nothing to determine */
        return field_wrong(&contract, "value", f, "must be above zero");
    lienthong__v1__contract__init(&r->contract);
    r->contract.number = lend(number);
    r->contract.date = lend(date);
    r->contract.value = lend(value);
    r->application.contract = &r->contract;
    return FAULT_NONE;
}

/* By post a name, an address and a telephone number are needed. */
static enum fault_code read_delivery(const struct field *of, struct filing *r, struct fault *f)
{
    static const char *const keys[] = {"method", "name", "address", "telephone", "choice", NULL};
    static const char *const methods[] = {"desk", "post", "electronic", NULL};
    static const char *const choices[] = {"send", "receive", "both", NULL};
    struct field delivery;
    const char *name = NULL, *address = NULL, *telephone = NULL;
    int method = -1, choice = -1;
    if (field_object(of, "delivery", FIELD_REQUIRED, &delivery, f) != FAULT_NONE ||
        field_only(&delivery, keys, f) != FAULT_NONE ||
        field_choice(&delivery, "method", FIELD_REQUIRED, methods, &method, f) != FAULT_NONE)
        return f->code;
    if (method == 2 && !r->form)
        return field_wrong(&delivery, "method", f, "must be \"desk\" or \"post\" in this procedure");
    enum field_need need = method == 1 ? FIELD_REQUIRED : FIELD_OPTIONAL;
    if (field_text(&delivery, "name", need, 100, &name, f) != FAULT_NONE ||
        field_text(&delivery, "address", need, 300, &address, f) != FAULT_NONE ||
        field_text(&delivery, "telephone", need, 20, &telephone, f) != FAULT_NONE ||
        field_choice(&delivery, "choice", FIELD_OPTIONAL, choices, &choice, f) != FAULT_NONE)
        return f->code;
    lienthong__v1__dispatch__init(&r->dispatch);
    r->delivery = methods[method];
    r->dispatch.name = lend(name);
    r->dispatch.address = lend(address);
    r->dispatch.telephone = lend(telephone);
    r->dispatch.choice = choice < 0 ? 2 : (uint32_t)choice + 1;
    return FAULT_NONE;
}

/* --- What follows from the application --------------------------------------------------------------------------- */

static void derive_identity(struct filing *r, const struct filing_unit *unit)
{
    static const char *const ids[2] = {"applicant", "transferee"};
    Lienthong__V1__Party *parties[2] = {r->application.applicant, r->application.transferee};
    lienthong__v1__identity_query__init(&r->identity);
    for (size_t i = 0; i < 2; i++) {
        if (!parties[i] || parties[i]->kind != PERSON)
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
}

static char *number_of(const Lienthong__V1__Party *p)
{
    return !text_empty(p->personal_number) ? p->personal_number
           : !text_empty(p->tax_number)    ? p->tax_number
                                           : p->old_card_number;
}

/* The repository is asked for what was named without its content. */
static void derive_evidence(struct filing *r, struct arena *arena)
{
    size_t count = r->application.n_documents;
    lienthong__v1__evidence_query__init(&r->evidence);
    r->evidence.holder = number_of(r->application.applicant);
    r->evidence.types = arena_alloc(arena, (count + 1) * sizeof(char *));
    for (size_t i = 0; i < count; i++)
        if (text_empty(r->application.documents[i]->digest))
            r->evidence.types[r->evidence.n_types++] = r->application.documents[i]->type;
}

static void derive_portal_record(struct filing *r, struct arena *arena)
{
    const Lienthong__V1__Application *a = &r->application;
    char subject[FILING_SUBJECT_SIZE];
    if (text_empty(a->certificate_serial))
        snprintf(subject, sizeof(subject), "%.100s, district %.60s",
                 r->form ? json_string_value(json_object_get(r->form, "name")) : a->procedure, a->district);
    else
        snprintf(subject, sizeof(subject), "certificate %s, parcel %s, district %s", a->certificate_serial, a->parcel,
                 a->district);
    text_mend(subject);
    lienthong__v1__portal_record__init(&r->portal);
    r->portal.procedure = a->procedure;
    r->portal.applicant_name = a->applicant->full_name;
    r->portal.applicant_kind = a->applicant->kind;
    r->portal.applicant_number = number_of(a->applicant);
    r->portal.email = a->applicant->email;
    r->portal.telephone = a->applicant->telephone;
    r->portal.subject = arena_text(arena, subject);
    r->portal.documents = arena_alloc(arena, (a->n_documents + 1) * sizeof(char *));
    for (size_t i = 0; i < a->n_documents; i++)
        r->portal.documents[r->portal.n_documents++] = a->documents[i]->name;
}

static void derive(struct filing *r, const struct filing_unit *unit, struct arena *arena)
{
    derive_identity(r, unit);
    derive_evidence(r, arena);
    derive_portal_record(r, arena);
}

/* --- What is sent ------------------------------------------------------------------------------------------------ */

/* --- Procedures other than the transfer --------------------------------------------------------------------------- */

/* What a procedure asks for beyond the members that all share: name to text. Absent: as it was. */
static enum fault_code read_particulars(const struct field *of, struct arena *arena, Lienthong__V1__Application *a,
                                        struct fault *f)
{
    struct field given;
    const char *name;
    json_t *value;
    if (field_object(of, "particulars", FIELD_OPTIONAL, &given, f) != FAULT_NONE || !given.json)
        return f->code;
    if (json_object_size(given.json) > FILING_PARTICULARS_MAX)
        return field_wrong(of, "particulars", f, "has more than %d members", FILING_PARTICULARS_MAX);
    a->n_particulars = 0;
    a->particulars = arena_alloc(arena, (json_object_size(given.json) + 1) * sizeof(*a->particulars));
    json_object_foreach((json_t *)(uintptr_t)given.json, name, value)
    {
        const char *text = NULL;
        if (strlen(name) > FILING_PARTICULAR_NAME_MAX)
            return field_wrong(of, "particulars", f, "has a member whose name is longer than %d bytes",
                               FILING_PARTICULAR_NAME_MAX);
        if (field_text(&given, name, FIELD_REQUIRED, 500, &text, f) != FAULT_NONE)
            return f->code;
        Lienthong__V1__Particular *p = arena_alloc(arena, sizeof(*p));
        lienthong__v1__particular__init(p);
        p->name = lend(name);
        p->value = lend(text);
        a->particulars[a->n_particulars++] = p;
    }
    return FAULT_NONE;
}

static enum fault_code read_given(const struct field *of, struct filing *r, struct fault *f)
{
    struct field given;
    if (field_object(of, "facts", FIELD_OPTIONAL, &given, f) != FAULT_NONE)
        return f->code;
    r->given = given.json;
    return FAULT_NONE;
}

/* Members that the transfer must have and other procedures may. */
static enum fault_code read_general(const struct field *body, struct arena *arena, struct filing *r, struct fault *f)
{
    Lienthong__V1__Application *a = &r->application;
    if (field_present(body, "transferee")) {
        if (read_party(body, "transferee", arena, &r->transferee, f) != FAULT_NONE)
            return f->code;
        a->transferee = &r->transferee;
    }
    if (field_present(body, "contract") && read_contract(body, r, f) != FAULT_NONE)
        return f->code;
    if (read_parcel(body, FIELD_OPTIONAL, a, f) != FAULT_NONE || read_particulars(body, arena, a, f) != FAULT_NONE ||
        read_given(body, r, f) != FAULT_NONE)
        return f->code;
    return FAULT_NONE;
}

static enum fault_code read_transfer(const struct field *body, struct arena *arena, struct filing *r, struct fault *f)
{
    if (read_party(body, "transferee", arena, &r->transferee, f) != FAULT_NONE ||
        read_contract(body, r, f) != FAULT_NONE || read_parcel(body, FIELD_REQUIRED, &r->application, f) != FAULT_NONE)
        return f->code;
    r->application.transferee = &r->transferee;
    return FAULT_NONE;
}

/* The transfer knows no particulars and no facts of its own. */
static enum fault_code check_keys(const struct field *body, const char *const *keys, const struct filing *r,
                                  struct fault *f)
{
    if (field_only(body, keys, f) != FAULT_NONE)
        return f->code;
    if (!r->form && (field_present(body, "particulars") || field_present(body, "facts")))
        return field_wrong(body, field_present(body, "facts") ? "facts" : "particulars", f,
                           "is not taken in this procedure");
    return FAULT_NONE;
}

enum fault_code filing_facts(const struct filing *r, struct lt_fact_out ret[static FORM_FACTS_MAX], size_t *ret_count,
                             struct fault *f)
{
    const Lienthong__V1__Application *a = &r->application;
    struct lt_fact_out derived[4] = {
        {.name = "paper.pending", .kind = LT_YES_NO, .yes = paper_pending(a)},
        {.name = "district", .kind = LT_TEXT, .text = a->district},
        {.name = "applicant.kind",
         .kind = LT_TEXT,
         .text = a->applicant->kind == ORGANISATION ? "organisation" : "person"},
        {.name = "delivery.method", .kind = LT_TEXT, .text = r->delivery},
    };
    size_t count = r->delivery ? LENGTH(derived) : 1; /* what is changed later is not delivered otherwise */
    if (r->form)
        return form_facts(r->form, r->message, derived, count, r->given, ret, ret_count, f);
    memcpy(ret, derived, count * sizeof(*ret));
    *ret_count = count;
    return FAULT_NONE;
}

bool filing_needs_desk(const json_t *json)
{
    const char *channel = json_string_value(json_object_get(json, "channel"));
    for (unsigned i = 0; CHANNELS[i]; i++)
        if (i + 1 != ONLINE && text_equal(channel, CHANNELS[i]))
            return true;
    return false;
}

enum fault_code filing_submission(const json_t *json, const struct filing_unit *unit, struct arena *arena,
                                  struct filing *ret, struct fault *f)
{
    static const char *const keys[] = {"procedure",          "channel",  "applicant",   "transferee", "contract",
                                       "certificate_serial", "parcel",   "area",        "district",   "documents",
                                       "exemption_claims",   "delivery", "particulars", "facts",      NULL};
    Lienthong__V1__Application *a = &ret->application;
    struct field body = field_of(json);
    const char *district = NULL;
    int channel = -1;
    *ret = (struct filing){.arena = arena, .message = "submission"};
    lienthong__v1__application__init(a);
    if (field_text(&body, "procedure", FIELD_REQUIRED, 20, &ret->procedure, f) != FAULT_NONE)
        return f->code;
    ret->form = forms_find(unit->forms, ret->procedure);
    if (check_keys(&body, keys, ret, f) != FAULT_NONE ||
        field_choice(&body, "channel", FIELD_REQUIRED, CHANNELS, &channel, f) != FAULT_NONE ||
        read_party(&body, "applicant", arena, &ret->applicant, f) != FAULT_NONE ||
        (ret->form ? read_general : read_transfer)(&body, arena, ret, f) != FAULT_NONE ||
        field_text(&body, "district", FIELD_REQUIRED, 60, &district, f) != FAULT_NONE ||
        read_documents(&body, arena, a, f) != FAULT_NONE || read_claims(&body, arena, a, f) != FAULT_NONE ||
        read_delivery(&body, ret, f) != FAULT_NONE)
        return f->code;
    a->procedure = lend(ret->procedure);
    a->applicant = &ret->applicant;
    a->district = lend(district);
    ret->channel = (unsigned)channel + 1;
    paper_believe(a, NULL, ret->channel != ONLINE);
    derive(ret, unit, arena);
    return FAULT_NONE;
}

static void lay_over(struct filing *r, const Lienthong__V1__Application *before, const struct filing_unit *unit,
                     const char *message, struct arena *arena)
{
    *r = (struct filing){.application = *before,
                         .procedure = before->procedure,
                         .form = forms_find(unit->forms, before->procedure),
                         .message = message,
                         .arena = arena};
    lienthong__v1__party__init(&r->applicant);
    lienthong__v1__party__init(&r->transferee);
    /* What was stored by an older program may lack a party. */
    r->application.applicant = before->applicant ? before->applicant : &r->applicant;
    r->application.transferee = before->transferee || r->form ? before->transferee : &r->transferee;
}

static enum fault_code read_changed_parties(const struct field *of, struct arena *arena, struct filing *r,
                                            struct fault *f)
{
    if (field_present(of, "applicant")) {
        if (read_party(of, "applicant", arena, &r->applicant, f) != FAULT_NONE)
            return f->code;
        r->application.applicant = &r->applicant;
    }
    if (field_present(of, "transferee")) {
        if (read_party(of, "transferee", arena, &r->transferee, f) != FAULT_NONE)
            return f->code;
        r->application.transferee = &r->transferee;
    }
    return FAULT_NONE;
}

enum fault_code filing_supplement(const json_t *json, const Lienthong__V1__Application *before, bool by_officer,
                                  const struct filing_unit *unit, struct arena *arena, struct filing *ret,
                                  struct fault *f)
{
    static const char *const keys[] = {"applicant", "transferee",       "certificate_serial", "parcel", "area",
                                       "documents", "exemption_claims", "particulars",        "facts",  NULL};
    struct field body = field_of(json);
    bool empty = true;
    lay_over(ret, before, unit, "supplement", arena);
    if (check_keys(&body, keys, ret, f) != FAULT_NONE)
        return f->code;
    for (size_t i = 0; keys[i]; i++)
        empty = empty && !field_present(&body, keys[i]);
    if (empty)
        return field_wrong(&body, NULL, f, "is empty: say what is supplemented");
    if (read_changed_parties(&body, arena, ret, f) != FAULT_NONE ||
        read_parcel(&body, FIELD_OPTIONAL, &ret->application, f) != FAULT_NONE ||
        read_documents(&body, arena, &ret->application, f) != FAULT_NONE ||
        read_claims(&body, arena, &ret->application, f) != FAULT_NONE ||
        read_particulars(&body, arena, &ret->application, f) != FAULT_NONE || read_given(&body, ret, f) != FAULT_NONE)
        return f->code;
    if (paper_check_promises(&ret->application, before, by_officer, f) != FAULT_NONE)
        return f->code;
    paper_believe(&ret->application, before, by_officer);
    derive(ret, unit, arena);
    return FAULT_NONE;
}

enum fault_code filing_correction(const json_t *json, const Lienthong__V1__Application *before,
                                  const struct filing_unit *unit, struct arena *arena, struct filing *ret,
                                  struct fault *f)
{
    struct field body = field_of(json);
    lay_over(ret, before, unit, "desk.identity.resolve", arena);
    if (!field_present(&body, "applicant") && !field_present(&body, "transferee"))
        return field_wrong(&body, NULL, f, "needs applicant or transferee, as corrected");
    if (read_changed_parties(&body, arena, ret, f) != FAULT_NONE)
        return f->code;
    derive(ret, unit, arena);
    return FAULT_NONE;
}

void filing_name(struct filing *r, const char *code, struct instant received, unsigned channel)
{
    r->portal.dossier_code = lend(code);
    r->portal.received_us = received.us;
    r->portal.channel = channel;
}

size_t filing_parts(const struct filing *r, bool with_dispatch, struct lt_part_out *parts)
{
    size_t count = 0;
    parts[count++] = (struct lt_part_out){"application", &r->application.base};
    parts[count++] = (struct lt_part_out){"identity-query", &r->identity.base};
    parts[count++] = (struct lt_part_out){"evidence-query", &r->evidence.base};
    parts[count++] = (struct lt_part_out){"portal-record", &r->portal.base};
    if (with_dispatch)
        parts[count++] = (struct lt_part_out){"dispatch", &r->dispatch.base};
    return r->form ? form_parts(r->form, r->message, parts, count) : count;
}
