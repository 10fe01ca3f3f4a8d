#include "admission.h"
#include "base/memory.h"
#include "base/text.h"
#include "command.h"
#include "workflow/needs.h"
#include <stdio.h>
#include <string.h>

#define REFUSE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_
#define KIND(kind_) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##kind_

void refusal_set(struct refusal *r, Lienthong__V1__RefusalCode code, const char *format, ...)
{
    r->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(r->text, sizeof(r->text), format, arguments);
    va_end(arguments);
    text_mend(r->text);
}

static bool signer_valid(const struct directory_signer *s, struct instant now, struct refusal *refusal)
{
    char at[INSTANT_TEXT_SIZE];
    if (s->revoked.us && s->revoked.us <= now.us) {
        instant_print(s->revoked, at);
        refusal_set(refusal, REFUSE(KEY_NOT_VALID), "the signing key was revoked at %s; use the agency's newer key",
                    at);
    } else if (s->listed.us) {
        instant_print(s->listed, at);
        refusal_set(refusal, REFUSE(KEY_NOT_VALID), "the signing certificate is %s since %s%s%s; %s",
                    s->suspended ? "suspended" : "revoked", at, *s->listed_why ? ": " : "", s->listed_why,
                    s->suspended ? "ask the authority to resume it" : "use the agency's newer key");
    } else if (!s->certificate) {
        refusal_set(refusal, REFUSE(KEY_NOT_VALID), "the signing certificate cannot be used: %s", s->reason);
    } else if (now.us < s->from.us) {
        instant_print(s->from, at);
        refusal_set(refusal, REFUSE(KEY_NOT_VALID),
                    "the signing certificate is valid from %s only; is the router's clock right?", at);
    } else if (now.us >= s->until.us) {
        instant_print(s->until, at);
        refusal_set(refusal, REFUSE(KEY_NOT_VALID), "the signing certificate expired at %s; renew it with `lt keys`",
                    at);
    } else {
        return true;
    }
    return false;
}

/* Who signed, who is named as sender and who is connected must be one agency, and the signature its own. */
static bool sender_proved(const struct admission *a, const struct envelope *e, uint32_t connection,
                          struct refusal *refusal)
{
    const Lienthong__V1__Header *header = envelope_header(e);
    const struct signature *signature = envelope_signature(e);
    const struct directory_signer *signer = directory_signer(a->directory, &signature->key_id);
    struct fault f;
    if (!signer) {
        char hex[2 * DIGEST_SIZE + 1];
        bytes_to_hex(digest_bytes(&signature->key_id), hex);
        refusal_set(refusal, REFUSE(UNKNOWN_KEY),
                    "no agency has the signing key %.16s…; apply its certificate with `lt agencies`", hex);
        return false;
    }
    if (!signer_valid(signer, a->now, refusal))
        return false;
    uint32_t named = directory_agency_of_code(a->directory, header->sender, a->now);
    if (!named || named != signer->agency || named != connection) {
        refusal_set(refusal, REFUSE(WRONG_SENDER), "the header names %s as sender, %s", header->sender,
                    !named                    ? "a code of no agency"
                    : named != signer->agency ? "but another agency's key signed it"
                                              : "but another agency's connection brought it");
        return false;
    }
    if (envelope_verify(e, signer->certificate, a->roots, &f) != FAULT_NONE) {
        refusal_set(refusal, REFUSE(SIGNATURE), "%.300s", f.text);
        return false;
    }
    if (standing_known(a->standing, !signer->unlisted, a->now, &f) == FAULT_NONE)
        return true;
    refusal_set(refusal, REFUSE(REVOCATION_STALE), "%.390s", f.text);
    return false;
}

static bool kind_from_agency(Lienthong__V1__MessageKind kind)
{
    return kind == KIND(SUBMISSION) || kind == KIND(RECEIPT) || kind == KIND(ANSWER) || kind == KIND(CANCELLED) ||
           kind == KIND(EVENT) || kind == KIND(COMMAND) || kind == KIND(RESEAL);
}

static bool header_allowed(const struct admission *a, const Lienthong__V1__Header *header, struct refusal *refusal)
{
    char at[INSTANT_TEXT_SIZE], now[INSTANT_TEXT_SIZE];
    instant_print(a->now, now);
    if (strcmp(header->recipient, ENVELOPE_ROUTER) != 0) {
        refusal_set(refusal, REFUSE(WRONG_RECIPIENT),
                    "the header names \"%.40s\" as recipient; a router takes what is sent to \"%s\"", header->recipient,
                    ENVELOPE_ROUTER);
    } else if (!kind_from_agency(header->kind)) {
        refusal_set(refusal, REFUSE(NOT_ENTITLED), "an agency does not send messages of kind %d", (int)header->kind);
    } else if (header->expires_us && header->expires_us <= a->now.us) {
        instant_print((struct instant){header->expires_us}, at);
        refusal_set(refusal, REFUSE(EXPIRED), "the message expired at %s; it is %s now", at, now);
    } else if (header->happened_us > a->now.us + a->skew_us) {
        instant_print((struct instant){header->happened_us}, at);
        refusal_set(refusal, REFUSE(CLOCK_SKEW), "`happened` is %s but it is %s here; set the sender's clock", at, now);
    } else {
        return true;
    }
    return false;
}

enum admission_result admission_check(const struct admission *a, struct bytes bytes, uint32_t connection,
                                      struct envelope **ret, struct refusal *refusal)
{
    struct fault f;
    Lienthong__V1__RefusalCode code = REFUSE(MALFORMED);
    struct envelope *e = NULL;
    if (envelope_decode(bytes, &e, &code, &f) != FAULT_NONE) {
        refusal_set(refusal, code, "%.380s", f.text);
        return ADMISSION_UNPROVED;
    }
    *ret = e;
    if (!sender_proved(a, e, connection, refusal))
        return ADMISSION_UNPROVED;
    return header_allowed(a, envelope_header(e), refusal) ? ADMISSION_TAKEN : ADMISSION_REFUSED;
}

/* --- Sessions ------------------------------------------------------------------------------------------------------ */

#define PROOF_SKEW_US_MIN (5 * INSTANT_SECOND_US) /* a hello is signed a little before it is read */

static bool time_right(const struct admission *a, const struct proof *p, struct refusal *refusal)
{
    char at[INSTANT_TEXT_SIZE], now[INSTANT_TEXT_SIZE];
    int64_t skew_us = a->skew_us > PROOF_SKEW_US_MIN ? a->skew_us : PROOF_SKEW_US_MIN;
    if (p->at.us <= a->now.us + skew_us && p->at.us >= a->now.us - skew_us)
        return true;
    instant_print(p->at, at);
    instant_print(a->now, now);
    refusal_set(refusal, REFUSE(CLOCK_SKEW),
                "hello was signed at %s but it is %s here, and %lld s are allowed; set the agency's clock", at, now,
                (long long)(skew_us / INSTANT_SECOND_US));
    return false;
}

static const struct directory_signer *proof_signer(const struct admission *a, uint32_t connection,
                                                   const struct proof *p, struct refusal *refusal)
{
    char hex[2 * DIGEST_SIZE + 1];
    const struct directory_signer *signer = directory_signer(a->directory, &p->signature.key_id);
    bytes_to_hex(digest_bytes(&p->signature.key_id), hex);
    if (directory_agency_of_code(a->directory, p->agency, a->now) != connection) {
        refusal_set(refusal, REFUSE(WRONG_SENDER),
                    "hello names the agency %s, but the CURVE key of the connection is another's", p->agency);
    } else if (!signer) {
        refusal_set(refusal, REFUSE(UNKNOWN_KEY),
                    "no agency has the signing key %.16s… of hello; apply its certificate with `lt agencies`", hex);
    } else if (signer->agency != connection) {
        const char *owner = directory_code_of_agency(a->directory, signer->agency, a->now);
        refusal_set(refusal, REFUSE(WRONG_SENDER), "the signing key %.16s… of hello belongs to %s, the CURVE key to %s",
                    hex, owner ? owner : "another agency", p->agency);
    } else {
        return signer;
    }
    return NULL;
}

void admission_prove(const struct admission *a, uint32_t connection, const struct proof *p, struct refusal *refusal)
{
    struct fault f;
    const struct directory_signer *signer = proof_signer(a, connection, p, refusal);
    if (!signer || !time_right(a, p, refusal) || !signer_valid(signer, a->now, refusal))
        return;
    if (proof_check(p, signer->certificate, &f) != FAULT_NONE)
        refusal_set(refusal, REFUSE(SIGNATURE), "%.300s", f.text);
}

/* --- Rights -------------------------------------------------------------------------------------------------------- */

static const char *header_text_fact(const Lienthong__V1__Header *header, const char *name)
{
    for (size_t i = 0; i < header->n_facts; i++) {
        const Lienthong__V1__Fact *fact = header->facts[i];
        if (strcmp(fact->name, name) == 0 && fact->value && fact->value->is_case == LIENTHONG__V1__VALUE__IS_TEXT)
            return fact->value->text;
    }
    return NULL;
}

static const char *jurisdiction_of(const struct process *process, const struct dossier *dossier,
                                   const Lienthong__V1__Header *header)
{
    const char *name = process_definition(process)->jurisdiction_fact;
    if (text_empty(name))
        return NULL;
    if (!dossier)
        return header_text_fact(header, name);
    int fact = process_find_fact(process, name);
    if (fact < 0)
        return NULL;
    const struct value *value = &dossier_facts(dossier)[fact];
    return value->kind == VALUE_TEXT ? value->text : NULL;
}

static bool node_takes_message(const Lienthong__V1__Node *node, const char *type)
{
    bool waits = node->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_RECEIVE_TASK ||
                 node->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_CATCH_MESSAGE ||
                 node->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_BOUNDARY_MESSAGE ||
                 node->kind == LIENTHONG__V1__NODE_KIND__NODE_KIND_ON_MESSAGE;
    return waits && strcmp(node->operation, type) == 0;
}

/* Whether ROLE may have TYPE reach the procedure; else REFUSAL says which right is missing. */
static bool entitled(const struct directory *d, const struct process *process, const char *role, const char *type,
                     struct instant now, struct refusal *refusal)
{
    const struct right_name name = {process_definition(process)->procedure, role, type, NEED_ROUTER};
    char how[sizeof(refusal->text)];
    if (rights_allow(directory_rights(d), &name, now))
        return true;
    right_explain(rights_look(directory_rights(d), &name, now), &name, how, sizeof(how));
    refusal_set(refusal, REFUSE(NOT_ENTITLED), "%s", how);
    return false;
}

static const char *role_for_submission(const struct directory *d, const struct process *process,
                                       const char *jurisdiction, const Lienthong__V1__Header *header, uint32_t agency,
                                       struct instant now, struct refusal *refusal)
{
    const Lienthong__V1__Process *definition = process_definition(process);
    const char *type = needs_submission(definition, header->type);
    for (size_t i = 0; i < definition->n_trigger_roles; i++)
        if (directory_has_role(d, agency, definition->trigger_roles[i], jurisdiction, now) &&
            entitled(d, process, definition->trigger_roles[i], type, now, refusal))
            return definition->trigger_roles[i];
    return NULL;
}

/* Whether the items of a list pick the agencies of ROLE: then the engine asks for the right one, wherever the dossier is. */
static bool role_is_picked(const Lienthong__V1__Process *definition, const char *role)
{
    for (size_t i = 0; i < definition->n_nodes; i++)
        if (definition->nodes[i]->multiple && strcmp(definition->nodes[i]->multiple->role, role) == 0)
            return true;
    return false;
}

static const char *role_for_event(const struct directory *d, const struct process *process, const char *jurisdiction,
                                  const char *type, uint32_t agency, struct instant now, int *ret_node,
                                  struct refusal *refusal)
{
    const Lienthong__V1__Process *definition = process_definition(process);
    for (size_t i = 0; i < definition->n_nodes; i++) {
        const Lienthong__V1__Node *node = definition->nodes[i];
        const char *where = role_is_picked(definition, node->role) ? NULL : jurisdiction;
        if (node_takes_message(node, type) && directory_has_role(d, agency, node->role, where, now) &&
            entitled(d, process, node->role, type, now, refusal)) {
            *ret_node = (int)i;
            return node->role;
        }
    }
    return NULL;
}

static const char *role_for_command(const struct directory *d, const struct process *process, const char *type,
                                    uint32_t agency, struct instant now, struct refusal *refusal)
{
    bool operates = directory_has_role(d, agency, NEED_OPERATOR, NULL, now);
    enum event_kind kind;
    bool known = command_kind(type, &kind); /* else there is none to have a right to, and that is what is said */
    return operates && (!known || entitled(d, process, NEED_OPERATOR, type, now, refusal)) ? NEED_OPERATOR : NULL;
}

const char *admission_role(const struct directory *d, const struct process *process, const struct dossier *dossier,
                           const Lienthong__V1__Header *header, uint32_t agency, struct instant now, int *ret_node,
                           struct refusal *refusal)
{
    int node = -1;
    const char *role, *jurisdiction = jurisdiction_of(process, dossier, header);
    struct refusal missing = {0}; /* a right; else it is the role */
    if (header->kind == KIND(SUBMISSION))
        role = role_for_submission(d, process, jurisdiction, header, agency, now, &missing);
    else if (header->kind == KIND(COMMAND))
        role = role_for_command(d, process, header->type, agency, now, &missing);
    else
        role = role_for_event(d, process, jurisdiction, header->type, agency, now, &node, &missing);
    if (ret_node)
        *ret_node = node;
    if (!role && missing.code)
        *refusal = missing;
    else if (!role)
        refusal_set(refusal, REFUSE(NOT_ENTITLED), "%s has no role%s%s that may send %.100s in procedure %.40s",
                    header->sender, jurisdiction ? " in " : "", jurisdiction ? jurisdiction : "", header->type,
                    process_definition(process)->procedure);
    return role;
}

void admission_purpose(const struct process *process, const Lienthong__V1__Header *header, struct refusal *refusal)
{
    const Lienthong__V1__Process *p = process_definition(process);
    const Lienthong__V1__Purpose *purpose = header->purpose;
    if (!needs_purpose(p))
        return;
    if (!purpose || text_empty(purpose->officer))
        refusal_set(refusal, REFUSE(PURPOSE),
                    "procedure %.40s queries personal data: say in `purpose` which officer asks", p->procedure);
    else if (!text_equal(purpose->procedure, p->procedure))
        refusal_set(
            refusal, REFUSE(PURPOSE),
            "procedure %.40s queries personal data, but the purpose is %.40s; one procedure's purpose is no other's",
            p->procedure, purpose->procedure);
}
