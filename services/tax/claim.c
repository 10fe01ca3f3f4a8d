#include "claim.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define KIND_PERSON 1
#define RULE_SIZE 120
#define CLAIM_SHOWN_SIZE 81
#define DOCUMENT "document:"
#define USE "use:"

static const char *const kinds[] = {"personal-income-tax", "registration-fee"};

/* The value of exempt.<kind>.<name> in force; NULL: none. */
static const char *claim_rule(const struct rules *rules, const char *kind, const char *name, char rule[RULE_SIZE])
{
    int size = snprintf(rule, RULE_SIZE, "exempt.%s.%s", kind, name);
    const char *value = size < RULE_SIZE ? rules_value(rules, rule) : NULL;
    return text_equal(value, "no") ? NULL : value;
}

static bool claim_is_known(const struct rules *rules, const char *name)
{
    char rule[RULE_SIZE];
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (claim_rule(rules, kinds[i], name, rule))
            return true;
    return false;
}

/* WORD is one of LIST, SIZE bytes with commas between. */
static bool claim_lists(const char *list, size_t size, const char *word)
{
    size_t length = word ? strlen(word) : 0;
    for (const char *end = list + size; length && list < end;) {
        size_t item = strcspn(list, ", ");
        if (item == length && !strncmp(list, word, length))
            return true;
        list += item + 1;
    }
    return false;
}

static bool claim_has_document(const Lienthong__V1__TransferSlip *slip, const char *types, size_t size)
{
    for (size_t i = 0; i < slip->n_file_types; i++)
        if (claim_lists(types, size, slip->file_types[i]))
            return true;
    return false;
}

/* One condition of SIZE bytes; ret->reason when it does not hold. False: it means nothing. */
static bool claim_check(const Lienthong__V1__TransferSlip *slip, const char *condition, size_t size, const char *name,
                        struct claim *ret)
{
    int most = (int)size;
    if (size == 3 && !strncmp(condition, "yes", size))
        return true;
    if (size == 7 && !strncmp(condition, "persons", size)) {
        if (slip->transferor->kind != KIND_PERSON || slip->transferee->kind != KIND_PERSON)
            snprintf(ret->reason, sizeof(ret->reason), "claim %s not granted: it is for persons among themselves",
                     name);
        return true;
    }
    if (size > strlen(DOCUMENT) && !strncmp(condition, DOCUMENT, strlen(DOCUMENT))) {
        condition += strlen(DOCUMENT), most -= (int)strlen(DOCUMENT);
        if (!claim_has_document(slip, condition, (size_t)most))
            snprintf(ret->reason, sizeof(ret->reason), "claim %s not granted: the file has no %.*s", name, most,
                     condition);
        return true;
    }
    if (size > strlen(USE) && !strncmp(condition, USE, strlen(USE))) {
        condition += strlen(USE), most -= (int)strlen(USE);
        if (!claim_lists(condition, (size_t)most, slip->land_use))
            snprintf(ret->reason, sizeof(ret->reason), "claim %s not granted: the land's use is not %.*s", name, most,
                     condition);
        return true;
    }
    return false;
}

enum fault_code claim_examine(const Lienthong__V1__TransferSlip *slip, const struct rules *rules, const char *kind,
                              const char *name, struct claim *ret, struct fault *f)
{
    char rule[RULE_SIZE], shown[CLAIM_SHOWN_SIZE];
    *ret = (struct claim){0};
    const char *value = claim_rule(rules, kind, name, rule);
    if (!value) {
        if (claim_is_known(rules, name)) /* about another tax */
            return FAULT_NONE;
        text_copy(shown, sizeof(shown), name); /* whatever the citizen wrote, cut at a character's edge */
        snprintf(ret->reason, sizeof(ret->reason),
                 "claim %s not granted: no such exemption was in force on the day of receipt", shown);
        return FAULT_NONE;
    }
    for (const char *at = value; *at && !ret->reason[0];) {
        size_t size = strcspn(at, " ");
        if (!claim_check(slip, at, size, name, ret))
            return fault_set(f, FAULT_CONFIG,
                             "rule %s has value \"%.80s\"; use yes, no, or persons, document:TYPES, use:CODES", rule,
                             value);
        at += size + strspn(at + size, " ");
    }
    ret->granted = value[0] && !ret->reason[0];
    ret->source = rules_source(rules, rule);
    return value[0] ? FAULT_NONE : fault_set(f, FAULT_CONFIG, "rule %s is empty; use yes, no, or conditions", rule);
}
