#include "adapter/identifier.h"

#include "base/text.h"

#include <string.h>

#define PERSONAL_DIGITS 12
#define CARD_DIGITS 9
#define TAX_DIGITS 10
#define BRANCH_DIGITS 3

/* TEXT begins with COUNT digits, not more. */
static bool identifier_begins(const char *text, size_t count)
{
    return strspn(text, "0123456789") == count;
}

static bool identifier_is(const char *text, size_t count)
{
    return identifier_begins(text, count) && text[count] == '\0';
}

bool identifier_is_personal_number(const char *text)
{
    return identifier_is(text, PERSONAL_DIGITS);
}

bool identifier_is_card_number(const char *text)
{
    return identifier_is(text, CARD_DIGITS);
}

bool identifier_is_organisation_tax_number(const char *text)
{
    if (identifier_is(text, TAX_DIGITS))
        return true;
    return identifier_begins(text, TAX_DIGITS) && text[TAX_DIGITS] == '-' &&
           identifier_is(text + TAX_DIGITS + 1, BRANCH_DIGITS);
}

bool identifier_is_person_tax_number(const char *text)
{
    return identifier_is_personal_number(text) || identifier_is_organisation_tax_number(text);
}

bool identifier_agree(const char *tax_number, const char *personal_number)
{
    return text_empty(tax_number) || text_empty(personal_number) || !identifier_is_personal_number(tax_number) ||
           text_equal(tax_number, personal_number);
}
