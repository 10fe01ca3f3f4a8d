#include "identity.h"

#include "base/instant.h"
#include "base/memory.h"
#include "base/text.h"
#include "name.h"

#include <ctype.h>
#include <string.h>

#define YEAR_SIZE 4

static bool is_digits(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isdigit((unsigned char)text[i])) /* also the NUL of a shorter one */
            return false;
    return text[count] == '\0';
}

bool identity_is_personal_number(const char *text)
{
    return is_digits(text, 12);
}

bool identity_is_old_card_number(const char *text)
{
    return is_digits(text, 9);
}

enum fault_code identity_check_form(const Lienthong__V1__IdentitySubject *s, struct fault *f)
{
    const struct {
        const char *name, *value;
        int most;
    } fields[] = {
        {"request_id", s->request_id, 40},
        {"service_code", s->service_code, 20},
        {"integration_code", s->integration_code, 20},
        {"unit_code", s->unit_code, 35},
        {"officer_code", s->officer_code, 20},
        {"full_name", s->full_name, 100},
    };
    for (size_t i = 0; i < LENGTH(fields); i++) {
        int length = name_length(fields[i].value);
        if (length < 0 || length > fields[i].most)
            return fault_set(f, FAULT_MALFORMED, "%s: at most %d characters", fields[i].name, fields[i].most);
    }
    if (text_empty(s->request_id))
        return fault_set(f, FAULT_MALFORMED, "request_id is missing");
    if (text_empty(s->full_name))
        return fault_set(f, FAULT_MALFORMED, "full_name is missing");
    if (text_empty(s->personal_number) && text_empty(s->old_card_number))
        return fault_set(f, FAULT_MALFORMED, "neither personal_number nor old_card_number is given");
    return FAULT_NONE;
}

static void identity_differ(struct identity *i, const char *field)
{
    i->fields[i->field_count++] = field;
}

static void identity_remark(struct identity *i, const char *remark)
{
    i->remarks[i->remark_count++] = remark;
}

static enum fault_code identity_compare_name(const char *stated, const char *registered, struct identity *ret,
                                             struct fault *f)
{
    bool equal = false;
    unsigned remarks = 0;
    enum fault_code code = name_compare(stated, registered, &equal, &remarks, f);
    if (!code && !equal)
        identity_differ(ret, "full_name");
    for (int i = 0; !code && i < NAME_REMARKS; i++)
        if (remarks & 1u << i)
            identity_remark(ret, name_remark_text(i));
    return code;
}

static bool is_year(const char *text)
{
    return is_digits(text, YEAR_SIZE);
}

/* *ret_year_only: the years agree, and more one side does not know. */
static void identity_compare_birth(const char *stated, const char *registered, bool *ret_year_only,
                                   struct identity *ret)
{
    int32_t day;
    *ret_year_only = false;
    if (!is_year(stated) && date_parse(stated, &day, NULL)) {
        identity_differ(ret, "birth_date");
        identity_remark(ret, "birth date is neither yyyy-mm-dd nor yyyy");
        return;
    }
    bool year_only = is_year(stated) || is_year(registered);
    if (year_only ? strncmp(stated, registered, YEAR_SIZE) != 0 : strcmp(stated, registered) != 0) {
        identity_differ(ret, "birth_date");
        return;
    }
    if (year_only)
        identity_remark(ret, "birth year only");
    *ret_year_only = year_only;
}

static void identity_compare_numbers(const Lienthong__V1__IdentitySubject *s, const struct identity_record *record,
                                     struct identity *ret)
{
    if (text_empty(s->personal_number))
        identity_remark(ret, "found by the old card number");
    else if (!text_equal(s->personal_number, record->personal_number))
        identity_differ(ret, "personal_number");
    if (text_empty(s->old_card_number))
        return;
    if (text_empty(record->old_card_number))
        identity_remark(ret, "old card number is not in the register");
    else if (!text_equal(s->old_card_number, record->old_card_number))
        identity_differ(ret, "old_card_number");
}

enum fault_code identity_compare(const Lienthong__V1__IdentitySubject *s, const struct identity_record *record,
                                 struct identity *ret, struct fault *f)
{
    bool year_only = false;
    *ret = (struct identity){.outcome = LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_NOT_FOUND};
    if (!record) {
        if (!text_empty(s->personal_number) && !identity_is_personal_number(s->personal_number))
            identity_remark(ret, "personal number is not 12 digits");
        if (!text_empty(s->old_card_number) && !identity_is_old_card_number(s->old_card_number))
            identity_remark(ret, "old card number is not 9 digits");
        return FAULT_NONE;
    }
    identity_compare_numbers(s, record, ret);
    enum fault_code code = identity_compare_name(s->full_name, record->full_name, ret, f);
    if (code)
        return code;
    identity_compare_birth(s->birth_date, record->birth_date, &year_only, ret);
    if (ret->field_count)
        ret->outcome = LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_DIFFERS;
    else if (year_only)
        ret->outcome = LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_MATCH_BIRTH_YEAR_ONLY;
    else
        ret->outcome = LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_MATCH;
    return FAULT_NONE;
}

Lienthong__V1__IdentityOutcome identity_worse(Lienthong__V1__IdentityOutcome a, Lienthong__V1__IdentityOutcome b)
{
    return a > b ? a : b; /* the contract numbers them in this order */
}

const char *identity_outcome_name(Lienthong__V1__IdentityOutcome outcome)
{
    switch (outcome) {
    case LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_MATCH: return "match";
    case LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_MATCH_BIRTH_YEAR_ONLY: return "match-birth-year-only";
    case LIENTHONG__V1__IDENTITY_OUTCOME__IDENTITY_OUTCOME_DIFFERS: return "differs";
    default: return "not-found";
    }
}
