#include "base/text.h"
#include "message/form.h"
#include <string.h>

#define NO FORM_FORBIDDEN
#define MAY FORM_OPTIONAL
#define MUST FORM_REQUIRED
/* clang-format off */
static const struct form_rule rules[] = {
    /*                                        router type  step  reply open  clock error seq   purp  parts facts */
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_SUBMISSION] =
        {"SUBMISSION",                        false, MAY,  NO,   NO,   MUST, NO,   NO,   NO,   MUST, MAY,  MAY},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK] =
        {"TASK",                              true,  MUST, MUST, NO,   NO,   MAY,  NO,   MUST, MUST, MAY,  MAY},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_INFORM] =
        {"INFORM",                            true,  MUST, MAY,  MAY,  NO,   NO,   NO,   MUST, MAY,  MAY,  MAY},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_CANCEL] =
        {"CANCEL",                            true,  MAY,  MUST, NO,   NO,   NO,   NO,   MUST, MAY,  NO,   NO},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RECEIPT] =
        {"RECEIPT",                           false, MAY,  MAY,  MUST, NO,   NO,   NO,   NO,   MAY,  NO,   NO},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_ANSWER] =
        {"ANSWER",                            false, MUST, MUST, MUST, NO,   NO,   MAY,  NO,   MUST, MAY,  MAY},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_CANCELLED] =
        {"CANCELLED",                         false, MAY,  MUST, MUST, NO,   NO,   NO,   NO,   MAY,  NO,   NO},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_EVENT] =
        {"EVENT",                             false, MUST, NO,   NO,   NO,   NO,   NO,   NO,   MUST, MAY,  MAY},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_COMMAND] =
        {"COMMAND",                           false, MUST, MAY,  NO,   NO,   NO,   NO,   NO,   MUST, MAY,  MAY},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL_REQUEST] =
        {"RESEAL_REQUEST",                    true,  MUST, NO,   NO,   NO,   NO,   NO,   MUST, MAY,  MUST, NO},
    [LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL] =
        {"RESEAL",                            false, MUST, NO,   MUST, NO,   NO,   NO,   NO,   MAY,  MUST, NO},
};
/* clang-format on */

#define PROCEDURE_SIZE_MAX 20
#define OFFICER_SIZE_MAX 100
#define KEY_SIZE_MAX 100
#define CODE_SIZE_MAX 64
#define CHANNEL_MAX 3
#define TRACEPARENT_SIZE 55

const struct form_rule *form_rule_of(Lienthong__V1__MessageKind kind)
{
    size_t index = (size_t)kind;
    return index < LENGTH(rules) && rules[index].name ? &rules[index] : NULL;
}

bool form_is_token(const char *text, size_t size_max)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_";
    size_t size = strlen(text);
    return size && size <= size_max && strspn(text, allowed) == size;
}

/* A line of text for people: no control characters. */
static bool is_line(const char *text, size_t size_max)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return size && size <= size_max;
}

static enum fault_code need(enum form_need wanted, bool present, const struct form_rule *rule, const char *field,
                            struct fault *f)
{
    if (wanted == FORM_REQUIRED && !present)
        return fault_set(f, FAULT_MALFORMED, "a %s must have %s", rule->name, field);
    if (wanted == FORM_FORBIDDEN && present)
        return fault_set(f, FAULT_MALFORMED, "a %s must not have %s", rule->name, field);
    return FAULT_NONE;
}

static enum fault_code check_id(ProtobufCBinaryData id, unsigned version, const char *field, struct fault *f)
{
    if (id.len != sizeof(struct uuid))
        return fault_set(f, FAULT_MALFORMED, "%s has %zu bytes, not 16", field, id.len);
    if (id.data[6] >> 4 != version || id.data[8] >> 6 != 2)
        return fault_set(f, FAULT_MALFORMED, "%s has not the shape of a UUID version %u", field, version);
    return FAULT_NONE;
}

static enum fault_code check_ids(const Lienthong__V1__Header *h, const struct form_rule *rule, struct fault *f)
{
    enum fault_code code = check_id(h->message_id, 7, "message_id", f);
    if (!code)
        code = check_id(h->dossier_id, 8, "dossier_id", f);
    if (!code)
        code = need(rule->step, h->step_id.len != 0, rule, "step_id", f);
    if (!code && h->step_id.len)
        code = check_id(h->step_id, 8, "step_id", f);
    if (!code)
        code = need(rule->reply, h->reply_to.len != 0, rule, "reply_to", f);
    if (!code && h->reply_to.len)
        code = check_id(h->reply_to, 7, "reply_to", f);
    /* An INFORM that says what became of an agency's message names it by its id alone. */
    bool id_alone = rule->from_router && h->reply_digest.len == 0;
    if (!code && !id_alone && h->reply_digest.len != (h->reply_to.len ? DIGEST_SIZE : 0))
        code = fault_set(f, FAULT_MALFORMED, "reply_digest has %zu bytes; it is 32 with reply_to and empty without",
                         h->reply_digest.len);
    return code;
}

static enum fault_code check_returns(const Lienthong__V1__Header *h, const struct form_rule *rule, struct fault *f)
{
    bool task = h->kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_TASK;
    bool request = h->kind == LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_RESEAL_REQUEST;
    enum form_need wanted = request ? FORM_REQUIRED : task ? FORM_OPTIONAL : FORM_FORBIDDEN;
    enum fault_code code = need(wanted, h->n_returns != 0, rule, "returns", f);
    if (!code && h->n_returns > ENVELOPE_PARTS_MAX)
        code = fault_set(f, FAULT_MALFORMED, "%zu parts to return, limit %d", h->n_returns, ENVELOPE_PARTS_MAX);
    for (size_t i = 0; !code && i < h->n_returns; i++)
        for (size_t k = 0; !code && k < h->returns[i]->n_keys; k++)
            if (h->returns[i]->keys[k].len != DIGEST_SIZE)
                code = fault_set(f, FAULT_MALFORMED, "part %s to return: key %zu has %zu bytes, not 32",
                                 h->returns[i]->name, k + 1, h->returns[i]->keys[k].len);
    return code;
}

static enum fault_code check_ends(const Lienthong__V1__Header *h, const struct form_rule *rule, struct fault *f)
{
    if (!form_is_token(h->sender, ENVELOPE_AGENCY_SIZE_MAX) || !form_is_token(h->recipient, ENVELOPE_AGENCY_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "sender or recipient is no agency code (1 to %d of A-Z a-z 0-9 . - _)",
                         ENVELOPE_AGENCY_SIZE_MAX);
    if (rule->from_router != text_equal(h->sender, ENVELOPE_ROUTER))
        return fault_set(f, FAULT_MALFORMED, "a %s comes from %s, but its sender is %s", rule->name,
                         rule->from_router ? "the router" : "an agency", h->sender);
    return FAULT_NONE;
}

static enum fault_code check_times(const Lienthong__V1__Header *h, struct fault *f)
{
    /* Until the year 9999, so that every instant can be written as RFC 3339. */
    const int64_t last = INT64_C(253402300799) * INSTANT_SECOND_US;
    if (h->happened_us <= 0 || h->happened_us > last)
        return fault_set(f, FAULT_MALFORMED, "happened_us is %lld, no time since 1970", (long long)h->happened_us);
    if (h->expires_us != 0 && (h->expires_us <= h->happened_us || h->expires_us > last))
        return fault_set(f, FAULT_MALFORMED, "expires_us is not later than happened_us");
    return FAULT_NONE;
}

static bool is_lower_hex(const char *text, size_t size)
{
    return strspn(text, "0123456789abcdef") >= size;
}

/* W3C trace context, version 00: 00-<32 hex>-<16 hex>-<2 hex>. */
static enum fault_code check_traceparent(const char *text, struct fault *f)
{
    if (!text[0])
        return FAULT_NONE;
    if (strlen(text) == TRACEPARENT_SIZE && memcmp(text, "00-", 3) == 0 && is_lower_hex(text + 3, 32) &&
        text[35] == '-' && is_lower_hex(text + 36, 16) && text[52] == '-' && is_lower_hex(text + 53, 2))
        return FAULT_NONE;
    return fault_set(f, FAULT_MALFORMED, "traceparent is not of the form 00-trace-parent-flags (W3C trace context)");
}

static enum fault_code check_purpose(const Lienthong__V1__Header *h, const struct form_rule *rule, struct fault *f)
{
    enum fault_code code = need(rule->purpose, h->purpose != NULL, rule, "a purpose", f);
    if (code || !h->purpose)
        return code;
    if (!form_is_token(h->purpose->procedure, PROCEDURE_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "purpose.procedure is no procedure code (1 to %d characters)",
                         PROCEDURE_SIZE_MAX);
    /* The router has no officer; whoever acts on personal data has. */
    if ((h->purpose->officer[0] || (rule->purpose == FORM_REQUIRED && !rule->from_router)) &&
        !is_line(h->purpose->officer, OFFICER_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "purpose.officer is not a line of 1 to %d bytes", OFFICER_SIZE_MAX);
    return FAULT_NONE;
}

/* The dossier's id is its first submission's time and a hash of sender and key, so that nobody can name another's. */
static enum fault_code check_dossier_of_opening(const Lienthong__V1__Header *h, struct fault *f)
{
    int64_t ms = 0;
    for (size_t i = 0; i < 6; i++)
        ms = ms << 8 | h->dossier_id.data[i];
    struct uuid wanted = uuid_dossier((struct instant){ms * 1000}, h->sender, h->opening->idempotency_key);
    if (memcmp(wanted.bytes, h->dossier_id.data, sizeof(wanted.bytes)) != 0)
        return fault_set(f, FAULT_MALFORMED, "dossier_id is not made of the sender and the idempotency key");
    return FAULT_NONE;
}

static enum fault_code check_opening(const Lienthong__V1__Header *h, const struct form_rule *rule, struct fault *f)
{
    enum fault_code code = need(rule->opening, h->opening != NULL, rule, "an opening", f);
    if (code || !h->opening)
        return code;
    const Lienthong__V1__Opening *o = h->opening;
    if (!form_is_token(o->procedure, PROCEDURE_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "opening.procedure is no procedure code (1 to %d characters)",
                         PROCEDURE_SIZE_MAX);
    if (!is_line(o->idempotency_key, KEY_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "opening.idempotency_key is not a line of 1 to %d bytes", KEY_SIZE_MAX);
    if (o->dossier_code[0] && !is_line(o->dossier_code, CODE_SIZE_MAX))
        return fault_set(f, FAULT_MALFORMED, "opening.dossier_code is not a line of up to %d bytes", CODE_SIZE_MAX);
    if (o->channel < 1 || o->channel > CHANNEL_MAX)
        return fault_set(f, FAULT_MALFORMED, "opening.channel is %u, not 1 (counter), 2 (online) or 3 (post)",
                         o->channel);
    return check_dossier_of_opening(h, f);
}

static enum fault_code check_clock(const Lienthong__V1__Header *h, const struct form_rule *rule, struct fault *f)
{
    enum fault_code code = need(rule->clock, h->clock != NULL, rule, "a clock", f);
    if (!code && h->clock && (h->clock->opened_us <= 0 || h->clock->due_us < 0 || h->clock->dossier_due_us < 0))
        code = fault_set(f, FAULT_MALFORMED, "clock has an instant before 1970, or no opened_us");
    return code;
}

static enum fault_code check_words(const Lienthong__V1__Header *h, const struct form_rule *rule, struct fault *f)
{
    enum fault_code code = need(rule->type, h->type[0], rule, "a type", f);
    if (!code && h->type[0] && !form_is_token(h->type, ENVELOPE_TYPE_SIZE_MAX))
        code = fault_set(f, FAULT_MALFORMED, "type is not 1 to %d of A-Z a-z 0-9 . - _", ENVELOPE_TYPE_SIZE_MAX);
    if (!code)
        code = need(rule->error, h->error[0], rule, "an error", f);
    if (!code && h->error[0] && !form_is_token(h->error, FORM_TOKEN_SIZE_MAX))
        code = fault_set(f, FAULT_MALFORMED, "error is not 1 to %d of A-Z a-z 0-9 . - _", FORM_TOKEN_SIZE_MAX);
    if (!code)
        code = need(rule->sequence, h->sequence != 0, rule, "a sequence", f);
    if (!code)
        code = check_traceparent(h->traceparent, f);
    return code;
}

enum fault_code form_check_header(const Lienthong__V1__Header *h, Lienthong__V1__RefusalCode *ret_code, struct fault *f)
{
    static enum fault_code (*const checks[])(const Lienthong__V1__Header *, const struct form_rule *,
                                             struct fault *) = {check_ends,    check_ids,   check_words,  check_purpose,
                                                                check_opening, check_clock, check_returns};
    *ret_code = LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_MALFORMED;
    if (h->protocol != ENVELOPE_PROTOCOL)
        return fault_set(f, FAULT_MALFORMED, "the header is of protocol %u; this is protocol %d", h->protocol,
                         ENVELOPE_PROTOCOL);
    const struct form_rule *rule = form_rule_of(h->kind);
    if (!rule)
        return fault_set(f, FAULT_MALFORMED, "the header's kind is %d, which is unknown", (int)h->kind);
    enum fault_code code = check_times(h, f);
    for (size_t i = 0; !code && i < LENGTH(checks); i++)
        code = checks[i](h, rule, f);
    if (!code)
        code = need(rule->parts, h->n_parts != 0, rule, "parts", f);
    if (!code)
        code = need(rule->facts, h->n_facts != 0, rule, "facts", f);
    return code;
}
