#include "conditions.h"

#include "area.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE_MOST 1000

const char *conditions_outcome_name(enum conditions_outcome outcome)
{
    static const char *const names[] = {"clear", "supplement", "stop", "refuse"};
    return names[outcome];
}

static enum fault_code conditions_outcome_parse(const char *rule, const char *value, enum conditions_outcome *ret,
                                                struct fault *f)
{
    for (int i = CONDITIONS_CLEAR; i <= CONDITIONS_REFUSE; i++)
        if (!strcmp(value, conditions_outcome_name((enum conditions_outcome)i))) {
            *ret = (enum conditions_outcome)i;
            return FAULT_NONE;
        }
    return fault_set(f, FAULT_CONFIG, "rule %s has value \"%.40s\"; use clear, supplement, stop or refuse", rule,
                     value);
}

static void findings_add(struct findings *fs, const char *rule, const char *format, ...) PRINTF_LIKE(3, 4);
static void findings_add(struct findings *fs, const char *rule, const char *format, ...)
{
    va_list arguments;
    if (fs->count == FINDINGS_MAX)
        return;
    struct finding *finding = &fs->list[fs->count++];
    char text[2 * FINDING_TEXT_SIZE];
    finding->rule = rule;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    text_mend(text);
    text_copy(finding->text, sizeof(finding->text), text); /* cut at a character's edge */
}

enum fault_code conditions_area_matches(const char *stated, const char *registered, const struct rules *rules,
                                        bool *ret, struct fault *f)
{
    const char *value = NULL;
    char *end = NULL;
    int64_t a = 0, b = 0;
    enum fault_code code = rules_need(rules, "area.tolerance", &value, f);
    if (code)
        return code;
    long per_mille = strtol(value, &end, 10);
    if (end == value || *end || per_mille < 0 || per_mille > TOLERANCE_MOST)
        return fault_set(f, FAULT_CONFIG, "rule area.tolerance has value \"%.40s\"; use parts of a thousand, 0 to %d",
                         value, TOLERANCE_MOST);
    *ret = area_parse(stated, &a) && area_parse(registered, &b) && area_within(a, b, per_mille);
    return FAULT_NONE;
}

/* Static rule name of a block's kind. */
static const char *conditions_rule_of_kind(const char *kind)
{
    static const char *const kinds[] = {"seizure", "enforcement", "dispute", "mortgage"};
    for (size_t i = 0; i < LENGTH(kinds); i++)
        if (!strcmp(kind, kinds[i]))
            return kinds[i];
    return "seizure"; /* unknown to this program: the gravest */
}

static void conditions_examine_blocks(const struct conditions_case *c, struct findings *ret)
{
    for (size_t i = 0; i < c->block_count; i++) {
        const struct conditions_block *b = &c->blocks[i];
        const char *rule = conditions_rule_of_kind(b->kind);
        if (!strcmp(rule, "mortgage")) {
            if (!c->consent)
                findings_add(ret, rule, "creditor's consent missing: mortgage since %s, %s, no. %s", b->since,
                             b->source, b->number);
        } else {
            findings_add(ret, rule, "%s since %s, %s, no. %s", b->kind, b->since, b->source, b->number);
        }
    }
}

static enum fault_code conditions_examine_parcel(const struct conditions_case *c, const struct rules *rules,
                                                 struct findings *ret, struct fault *f)
{
    bool matches = true;
    if (!text_empty(c->stated_parcel) && strcmp(c->stated_parcel, c->registered_parcel) != 0)
        findings_add(ret, "area", "parcel %s in the application, %s in the register", c->stated_parcel,
                     c->registered_parcel);
    if (text_empty(c->stated_area))
        return FAULT_NONE;
    enum fault_code code = conditions_area_matches(c->stated_area, c->registered_area, rules, &matches, f);
    if (!code && !matches)
        findings_add(ret, "area", "area %.20s m² in the application, %s m² in the register", c->stated_area,
                     c->registered_area);
    return code;
}

enum fault_code conditions_examine(const struct conditions_case *c, const struct rules *rules, struct findings *ret,
                                   struct fault *f)
{
    int32_t term = 0;
    ret->count = 0;
    if (!c->known) {
        findings_add(ret, "certificate", "certificate %.40s is not in the register", c->serial);
        return FAULT_NONE;
    }
    if (!text_empty(c->replaced_by)) {
        findings_add(ret, "certificate", "certificate %.40s was replaced by %s", c->serial, c->replaced_by);
        return FAULT_NONE; /* what stands on the unit now concerns another holder */
    }
    if (!c->held)
        findings_add(ret, "holder", "the applicant is not the holder of certificate %.40s", c->serial);
    if (!text_empty(c->term_until)) {
        if (date_parse(c->term_until, &term, f))
            return fault_wrap(f, "term of use of certificate %.40s", c->serial);
        if (term < c->today)
            findings_add(ret, "term", "the term of use ended on %s", c->term_until);
    }
    conditions_examine_blocks(c, ret);
    if (!text_empty(c->transferee_objection))
        findings_add(ret, "transferee", "%s", c->transferee_objection);
    return conditions_examine_parcel(c, rules, ret, f);
}

static void conditions_add_source(struct conditions_decision *d, const char *source)
{
    size_t size = strlen(d->legal_basis);
    if (strstr(d->legal_basis, source))
        return;
    snprintf(d->legal_basis + size, sizeof(d->legal_basis) - size, "%s%s", size ? "; " : "", source);
    text_mend(d->legal_basis);
}

/* What rule condition.<finding> says of one finding. */
static enum fault_code conditions_follow(const struct finding *finding, const struct rules *rules, bool spent,
                                         char rule[64], enum conditions_outcome *ret, struct fault *f)
{
    const char *value = NULL;
    snprintf(rule, 64, "condition.%s", finding->rule);
    enum fault_code code = rules_need(rules, rule, &value, f);
    if (!code)
        code = conditions_outcome_parse(rule, value, ret, f);
    if (!code && spent && *ret == CONDITIONS_SUPPLEMENT)
        *ret = CONDITIONS_REFUSE;
    return code;
}

enum fault_code conditions_decide(const struct findings *findings, const struct rules *rules, bool supplement_spent,
                                  struct conditions_decision *ret, struct fault *f)
{
    *ret = (struct conditions_decision){.outcome = CONDITIONS_CLEAR};
    for (size_t i = 0; i < findings->count; i++) {
        char rule[64];
        enum conditions_outcome outcome = CONDITIONS_CLEAR;
        enum fault_code code = conditions_follow(&findings->list[i], rules, supplement_spent, rule, &outcome, f);
        if (code)
            return code;
        if (outcome > ret->outcome)
            *ret = (struct conditions_decision){.outcome = outcome}; /* graver than all before */
        if (outcome == ret->outcome && outcome != CONDITIONS_CLEAR) {
            ret->texts[ret->text_count++] = findings->list[i].text;
            conditions_add_source(ret, rules_source(rules, rule));
        }
    }
    return FAULT_NONE;
}
