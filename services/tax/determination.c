#include "determination.h"

#include "adapter/identifier.h"
#include "base/text.h"
#include "claim.h"
#include "money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define KIND_ORGANISATION 2
#define RULE_SIZE 120

/* REASON behind those that stand in TO; beyond TO_SIZE cut at a character's edge. */
static void determination_append(char *to, size_t to_size, const char *reason)
{
    char joined[2 * DETERMINATION_REASON_SIZE];
    snprintf(joined, sizeof(joined), "%s%s%s", to, *to ? DETERMINATION_SEPARATOR : "", reason);
    text_mend(joined);
    text_copy(to, to_size, joined);
}

static void determination_reject(struct determination *d, const char *reason)
{
    determination_append(d->rejection, sizeof(d->rejection), reason);
}

static bool is_tax_number(const Lienthong__V1__Party *p)
{
    return p->kind == KIND_ORGANISATION ? identifier_is_organisation_tax_number(p->tax_number)
                                        : identifier_is_person_tax_number(p->tax_number);
}

static void determination_read_party(struct determination *d, const Lienthong__V1__Party *p, const char *who)
{
    char reason[80];
    const char *lacks = NULL;
    if (!p || text_empty(p->full_name))
        lacks = "has no name";
    else if (p->kind != 1 && p->kind != KIND_ORGANISATION)
        lacks = "is neither person nor organisation";
    else if (text_empty(determination_payer_number(p)))
        lacks = "has no identifier";
    else if (!text_empty(p->tax_number) && !is_tax_number(p))
        lacks = "has a malformed tax number";
    else if (!text_empty(p->personal_number) && !identifier_is_personal_number(p->personal_number))
        lacks = "has a malformed personal number";
    else if (!text_empty(p->old_card_number) && !identifier_is_card_number(p->old_card_number))
        lacks = "has a malformed card number";
    else if (!identifier_agree(p->tax_number, p->personal_number))
        lacks = "has another person's tax number";
    if (lacks) {
        snprintf(reason, sizeof(reason), "the %s %s", who, lacks);
        determination_reject(d, reason);
    }
}

/* Nothing passes: what is asked is the levy, and a slip that also names a transfer may be a damaged one of a transfer. */
static void determination_read_levy_only(struct determination *d, const Lienthong__V1__TransferSlip *slip)
{
    if (text_empty(slip->levy_owed))
        determination_reject(d, "the levy alone is asked, and none is owed");
    if (slip->transferee || !text_empty(slip->value))
        determination_reject(d, "the levy alone is asked, and a transfer is named");
}

void determination_read(const Lienthong__V1__TransferSlip *slip, int32_t today, struct determination *ret)
{
    *ret = (struct determination){0};
    if (text_empty(slip->number))
        determination_reject(ret, "the slip has no number");
    determination_read_party(ret, slip->transferor, "transferor");
    if (slip->levy_only)
        determination_read_levy_only(ret, slip);
    else
        determination_read_party(ret, slip->transferee, "transferee");
    if (text_empty(slip->sheet) || text_empty(slip->parcel))
        determination_reject(ret, "the parcel is not named");
    if (!slip->levy_only && (!money_parse(slip->value, &ret->value) || ret->value == 0))
        determination_reject(ret, "the value is no amount of dong");
    if (!text_empty(slip->levy_owed) && (!money_parse_dong(slip->levy_owed, &ret->levy) || ret->levy == 0))
        determination_reject(ret, "the levy owed is no amount of dong");
    if (date_parse(slip->received_date, &ret->received, NULL))
        determination_reject(ret, "the day of receipt is no date");
    else if (ret->received > today)
        determination_reject(ret, "the day of receipt is still to come");
}

const char *determination_payer_number(const Lienthong__V1__Party *party)
{
    if (!text_empty(party->tax_number))
        return party->tax_number;
    return text_empty(party->personal_number) ? party->old_card_number : party->personal_number;
}

/* The first claim that is granted for the charge; every one that is not leaves its reason. */
static enum fault_code determination_claim(const Lienthong__V1__TransferSlip *slip, const struct rules *rules,
                                           struct charge *charge, struct fault *f)
{
    for (size_t i = 0; i < slip->n_exemption_claims && !charge->claim; i++) {
        struct claim claim;
        enum fault_code code = claim_examine(slip, rules, charge->kind, slip->exemption_claims[i], &claim, f);
        if (code)
            return code;
        if (claim.granted) {
            charge->claim = slip->exemption_claims[i];
            charge->source = claim.source;
            charge->remark[0] = '\0';
        } else if (claim.reason[0]) {
            determination_append(charge->remark, sizeof(charge->remark), claim.reason);
        }
    }
    return FAULT_NONE;
}

static enum fault_code determination_limit(const struct rules *rules, const char *kind, int64_t *amount,
                                           struct fault *f)
{
    char rule[RULE_SIZE];
    int64_t limit = 0;
    snprintf(rule, sizeof(rule), "limit.%s", kind);
    const char *value = rules_value(rules, rule);
    if (!value)
        return FAULT_NONE;
    if (!money_parse_dong(value, &limit))
        return fault_set(f, FAULT_CONFIG, "rule %s has value \"%.40s\"; use whole dong", rule, value);
    if (*amount > limit)
        *amount = limit;
    return FAULT_NONE;
}

static enum fault_code determination_rate(const struct rules *rules, const char *kind, int64_t value,
                                          struct charge *charge, struct fault *f)
{
    char rule[RULE_SIZE], percent[MONEY_PERCENT_SIZE];
    const char *text = NULL;
    int64_t rate = 0;
    snprintf(rule, sizeof(rule), "rate.%s", kind);
    enum fault_code code = rules_need(rules, rule, &text, f);
    if (code)
        return code;
    if (!money_parse_rate(text, &rate))
        return fault_set(f, FAULT_CONFIG, "rule %s has value \"%.40s\"; use a rate such as 0.02", rule, text);
    charge->amount = money_share(value, rate);
    charge->source = rules_source(rules, rule);
    money_print_percent(rate, percent);
    int size = snprintf(charge->basis, sizeof(charge->basis), "%s of %" PRId64, percent, value / 100);
    if (value % 100)
        snprintf(charge->basis + size, sizeof(charge->basis) - (size_t)size, ".%02d", (int)(value % 100));
    code = determination_limit(rules, kind, &charge->amount, f);
    if (!code && charge->amount == 0)
        charge->claim = "amount rounds to nothing";
    return code;
}

static enum fault_code determination_add(const Lienthong__V1__TransferSlip *slip, const struct rules *rules,
                                         const char *kind, const Lienthong__V1__Party *payer, struct determination *d,
                                         struct fault *f)
{
    struct charge *charge = &d->charges[d->charge_count++];
    *charge = (struct charge){.kind = kind, .payer = payer};
    enum fault_code code = determination_claim(slip, rules, charge, f);
    return code || charge->claim ? code : determination_rate(rules, kind, d->value, charge, f);
}

/* What the holder still owes for the land itself is collected as the certificate notes it. */
static enum fault_code determination_add_levy(const Lienthong__V1__TransferSlip *slip, const struct rules *rules,
                                              struct determination *d, struct fault *f)
{
    const char *rule = "collect.land-use-levy", *value = NULL;
    enum fault_code code = rules_need(rules, rule, &value, f);
    if (!code && !text_equal(value, "yes"))
        code = fault_set(f, FAULT_CONFIG, "rule %s has value \"%.40s\"; use yes", rule, value);
    if (code)
        return code;
    struct charge *charge = &d->charges[d->charge_count++];
    *charge = (struct charge){.kind = "land-use-levy", .payer = slip->transferor, .amount = d->levy};
    charge->source = rules_source(rules, rule);
    text_copy(charge->basis, sizeof(charge->basis), "owed as the certificate notes it");
    return FAULT_NONE;
}

enum fault_code determination_charge(const Lienthong__V1__TransferSlip *slip, const struct rules *rules,
                                     struct determination *d, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    d->charge_count = 0;
    if (slip->levy_only)
        return determination_add_levy(slip, rules, d, f);
    /* An organisation declares corporate tax on its own; here it owes the registration fee only. */
    if (slip->transferor->kind != KIND_ORGANISATION)
        code = determination_add(slip, rules, "personal-income-tax", slip->transferor, d, f);
    if (!code)
        code = determination_add(slip, rules, "registration-fee", slip->transferee, d, f);
    if (!code && d->levy)
        code = determination_add_levy(slip, rules, d, f);
    return code;
}
