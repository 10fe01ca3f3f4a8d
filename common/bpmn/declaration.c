/* The file's head: definitions, messages, errors, and on the process the procedure, facts and parts. */
#include "base/memory.h"
#include "base/text.h"
#include "bpmn/model.h"
#include <string.h>

static char *copy(struct model *m, const char *text)
{
    return arena_text(m->arena, text);
}

static char **names_of(struct model *m, const struct element *e, const char *attribute, const char *what,
                       size_t *ret_count)
{
    char **words = words_split(element_attribute(e, attribute), m->arena, ret_count);
    if (*ret_count > WORDS_MAX) {
        finding_error(m->report, e, "%s names more than %d %s", attribute, WORDS_MAX, what);
        *ret_count = WORDS_MAX;
    }
    for (size_t i = 0; i < *ret_count; i++)
        if (!words_is_name(words[i]))
            finding_error(m->report, e, "%s=\"%.60s\": %s have lower-case letters, digits, \"-\" and \".\"", attribute,
                          words[i], what);
    return words;
}

static bool has_language(struct model *m, const struct element *e, const char *attribute)
{
    const char *language = element_attribute(e, attribute);
    if (!language || strcasestr(language, "feel"))
        return true;
    finding_error(m->report, e,
                  "%s=\"%.80s\": conditions are written in FEEL: remove it, or name "
                  "https://www.omg.org/spec/DMN/20191111/FEEL/",
                  attribute, language);
    return false;
}

static void read_procedure(struct model *m, const struct element *e)
{
    model_check_own_attributes(m, e, "code opened-by inform jurisdiction throws");
    const char *code = element_attribute(e, "code"), *fact = element_attribute(e, "jurisdiction");
    if (!code || !*code || strlen(code) > 35)
        finding_error(m->report, e, "code is missing: the procedure's national code, such as 1.013831");
    m->wire.procedure = copy(m, code ? code : "");
    m->throws = names_of(m, e, "throws", "error and escalation codes", &m->throw_count);
    m->wire.trigger_roles = names_of(m, e, "opened-by", "roles", &m->wire.n_trigger_roles);
    m->wire.inform_roles = names_of(m, e, "inform", "roles", &m->wire.n_inform_roles);
    m->wire.jurisdiction_fact = copy(m, fact ? fact : "");
    if (m->wire.n_trigger_roles == 0)
        finding_error(m->report, e, "opened-by is missing: the roles that may open a dossier");
}

static Lienthong__V1__ValueType type_of(const char *name)
{
    static const char *const names[] = {"text", "decimal", "date", "yes-no", "list"};
    for (size_t i = 0; name && i < LENGTH(names); i++)
        if (strcmp(name, names[i]) == 0)
            return (Lienthong__V1__ValueType)(i + 1);
    return LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_UNSPECIFIED;
}

static void check_engine_fact(struct model *m, const struct element *e, const Lienthong__V1__FactDeclaration *fact)
{
    static const struct {
        const char *name;
        Lienthong__V1__ValueType type;
    } known[] = {{"dossier.supplements", LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL},
                 {"dossier.reschedules", LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL},
                 {"dossier.status", LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL},
                 {"dossier.late", LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_YES_NO},
                 {"dossier.channel", LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL}};
    bool by_engine = words_have(fact->setters, fact->n_setters, "engine");
    for (size_t i = 0; i < LENGTH(known); i++)
        if (strcmp(known[i].name, fact->name) == 0) {
            if (!by_engine || fact->n_setters != 1 || fact->type != known[i].type)
                finding_error(m->report, e, "the engine keeps %s: declare it with setters=\"engine\" and type=\"%s\"",
                              fact->name,
                              known[i].type == LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_DECIMAL ? "decimal" : "yes-no");
            return;
        }
    if (by_engine && fact->n_setters != 1)
        finding_error(m->report, e, "fact %s: what the engine keeps nobody else may set", fact->name);
    if (strncmp(fact->name, "dossier.", 8) == 0)
        finding_error(m->report, e,
                      by_engine ? "the engine keeps no fact of this name: dossier.supplements, dossier.reschedules, "
                                  "dossier.status, dossier.late, dossier.channel"
                                : "names that begin with \"dossier.\" are the engine's: choose another");
}

static void read_fact(struct model *m, const struct element *e)
{
    const char *name = element_attribute(e, "name"), *type = element_attribute(e, "type");
    model_check_own_attributes(m, e, "name type setters values");
    if (!words_is_fact_name(name)) {
        finding_error(m->report, e,
                      "fact \"%.100s\": a name has lower-case letters, digits, \"_\" and dots, and is no word of FEEL",
                      name ? name : "");
        return;
    }
    if (model_find_fact(m, name) >= 0)
        finding_error(m->report, e, "fact %s is declared twice", name);
    Lienthong__V1__FactDeclaration *fact = model_take(m, 1, sizeof *fact);
    lienthong__v1__fact_declaration__init(fact);
    fact->name = copy(m, name);
    fact->type = type_of(type);
    fact->setters = names_of(m, e, "setters", "roles", &fact->n_setters);
    fact->values = words_split(element_attribute(e, "values"), m->arena, &fact->n_values);
    if (!fact->type)
        finding_error(m->report, e, "fact %s: type \"%.40s\" is not one of text, decimal, date, yes-no, list", name,
                      type ? type : "");
    if (fact->n_values > 0 && fact->type != LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT)
        finding_error(m->report, e, "fact %s: only a text has allowed values", name);
    if (fact->n_setters == 0)
        finding_error(m->report, e, "fact %s: setters is missing: the roles that may set it, or engine", name);
    check_engine_fact(m, e, fact);
    m->fact_elements[m->wire.n_facts] = e;
    m->wire.facts[m->wire.n_facts++] = fact;
}

/* What is left out is false. */
static bool is_true(struct model *m, const struct element *e, const char *part, const char *attribute,
                    const char *meaning)
{
    const char *text = element_attribute(e, attribute);
    if (text && strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        finding_error(m->report, e, "part %s: %s=\"%.20s\" is not \"true\", which says that %s", part, attribute, text,
                      meaning);
    return text && strcmp(text, "true") == 0;
}

/* Types whose fields name persons: their names, numbers, addresses. A test holds it against the protocol. */
static bool names_persons(const char *type)
{
    static const char *const types[] = {
        "lienthong.v1.Application",   "lienthong.v1.Certificate",   "lienthong.v1.DeliveryProof",
        "lienthong.v1.Dispatch",      "lienthong.v1.EvidenceQuery", "lienthong.v1.HandOver",
        "lienthong.v1.IdentityQuery", "lienthong.v1.Licence",       "lienthong.v1.Notices",
        "lienthong.v1.PortalRecord",  "lienthong.v1.TransferSlip"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i]) == 0)
            return true;
    return false;
}

/* Whoever lets a part lie readable in every database on its way says why. */
static bool is_open(struct model *m, const struct element *e, const char *name, const char *type)
{
    const char *reason = element_attribute(e, "reason");
    bool open = is_true(m, e, name, "open", "it travels readable for everybody on its way");
    if (open && names_persons(type))
        finding_error(m->report, e, "part %s: a %s names persons, and travels sealed: open=\"true\" may not stand here",
                      name, type);
    else if (open && text_empty(reason))
        finding_error(m->report, e, "part %s: open=\"true\" needs a reason: why may everybody on its way read it?",
                      name);
    else if (!open && reason)
        finding_error(m->report, e, "part %s: reason says why a part is open, and this one is sealed", name);
    return open;
}

static void read_part(struct model *m, const struct element *e)
{
    const char *name = element_attribute(e, "name"), *type = element_attribute(e, "type");
    model_check_own_attributes(m, e, "name type readers authors each open reason");
    if (!words_is_name(name) || !type || !strchr(type, '.') || strlen(type) > ELEMENT_NAME_SIZE_MAX) {
        finding_error(m->report, e,
                      "part \"%.60s\" of type \"%.60s\": a name has lower-case letters, digits, \"-\"; a type is a "
                      "protobuf full name such as lienthong.v1.Application",
                      name ? name : "", type ? type : "");
        return;
    }
    if (model_find_part(m, name) >= 0)
        finding_error(m->report, e, "part %s is declared twice", name);
    Lienthong__V1__PartDeclaration *part = model_take(m, 1, sizeof *part);
    lienthong__v1__part_declaration__init(part);
    part->name = copy(m, name);
    part->type = copy(m, type);
    part->roles = names_of(m, e, "readers", "roles", &part->n_roles);
    part->authors = names_of(m, e, "authors", "roles", &part->n_authors);
    part->each = is_true(m, e, name, "each", "each of several instances brings one");
    part->sealed = !is_open(m, e, name, part->type);
    if (part->n_roles == 0 || part->n_authors == 0)
        finding_error(m->report, e, "part %s: readers and authors name the roles that may read and write it", name);
    m->wire.parts[m->wire.n_parts++] = part;
}

static void read_extensions(struct model *m, const struct element *extensions)
{
    size_t procedures = 0;
    for (const struct element *e = extensions ? extensions->first : NULL; e; e = e->next) {
        if (e->space != SPACE_LT)
            continue; /* model_is_ignorable has warned */
        if (strcmp(e->name, "procedure") == 0 && procedures++ == 0)
            read_procedure(m, e);
        else if (strcmp(e->name, "fact") == 0 && m->wire.n_facts < PROCESS_FACTS_MAX)
            read_fact(m, e);
        else if (strcmp(e->name, "part") == 0 && m->wire.n_parts < PROCESS_PARTS_MAX)
            read_part(m, e);
        else
            finding_error(m->report, e, "only one lt:procedure, up to %d lt:fact and %d lt:part may stand here",
                          PROCESS_FACTS_MAX, PROCESS_PARTS_MAX);
    }
    if (procedures == 0)
        finding_error(
            m->report, m->process,
            "<lt:procedure code=\"…\" opened-by=\"…\"/> is missing: write it into the process's extensionElements, "
            "with the procedure's national code and the roles that may open a dossier");
}

static void check_jurisdiction(struct model *m)
{
    if (!*m->wire.jurisdiction_fact)
        return;
    int fact = model_find_fact(m, m->wire.jurisdiction_fact);
    if (fact < 0 || m->wire.facts[fact]->type != LIENTHONG__V1__VALUE_TYPE__VALUE_TYPE_TEXT)
        finding_error(m->report, m->process, "jurisdiction=\"%.100s\" must be a declared fact of type text",
                      m->wire.jurisdiction_fact);
}

/* A pool: of the process it may name the role of what stands in no lane; any other is a partner, who is only drawn. */
static void read_participant(struct model *m, const struct element *e)
{
    model_check_attributes(m, e, "processRef", "role");
    for (const struct element *c = e->first; c; c = c->next)
        if (!model_is_ignorable(m, c))
            model_refuse(m, c);
    if (element_attribute(e, "processRef"))
        m->pools[m->pool_count++] = e;
}

static void read_collaboration(struct model *m, const struct element *e)
{
    model_check_attributes(m, e, "", "");
    for (const struct element *c = e->first; c; c = c->next) {
        if (element_is(c, "participant"))
            read_participant(m, c);
        else if (element_is(c, "messageFlow"))
            m->message_flows[m->message_flow_count++] = c;
        else if (!model_is_ignorable(m, c))
            model_refuse(m, c);
    }
}

static void refuse_process(struct model *m, const struct element *e)
{
    m->refused[e->order] = true;
    finding_error(m->report, e,
                  "a second process: one file holds one procedure; give it a file of its own, and call it "
                  "(callActivity), or draw it as a partner's pool without processRef");
}

/* The children of definitions; finds the process. */
static void read_roots(struct model *m)
{
    m->pools = model_take(m, ELEMENT_COUNT_MAX, sizeof *m->pools);
    m->message_flows = model_take(m, ELEMENT_COUNT_MAX, sizeof *m->message_flows);
    for (const struct element *e = m->root->first; e; e = e->next) {
        if (element_is(e, "process")) {
            if (m->process)
                refuse_process(m, e);
            else
                m->process = e;
        } else if (element_is(e, "message") || element_is(e, "error") || element_is(e, "escalation")) {
            model_check_attributes(m, e, "errorCode escalationCode itemRef structureRef", "");
        } else if (element_is(e, "collaboration")) {
            read_collaboration(m, e);
        } else if (!element_is(e, "itemDefinition") && !element_is(e, "relationship") && e->space == SPACE_BPMN &&
                   !model_is_ignorable(m, e)) {
            model_refuse(m, e);
        }
    }
}

void model_read_declarations(struct model *m)
{
    if (!element_is(m->root, "definitions")) {
        finding_error(m->report, m->root,
                      "the outermost element must be <definitions> of %s: save the file as BPMN 2.0", BPMN_NAMESPACE);
        return;
    }
    model_check_attributes(m, m->root, "targetNamespace expressionLanguage typeLanguage exporter exporterVersion", "");
    (void)has_language(m, m->root, "expressionLanguage");
    read_roots(m);
    if (!m->process) {
        finding_error(m->report, m->root,
                      "there is no <process>: draw one, with isExecutable=\"true\" and <lt:procedure>");
        return;
    }
    model_check_attributes(m, m->process, "isExecutable", "");
    const char *executable = element_attribute(m->process, "isExecutable"), *id = element_attribute(m->process, "id");
    const char *name = element_attribute(m->process, "name");
    if (!executable || strcmp(executable, "true") != 0)
        finding_error(m->report, m->process, "the process is not marked as executable: write isExecutable=\"true\"");
    if (!id)
        finding_error(m->report, m->process, "the process has no id: give it one, by which calls and versions know it");
    m->wire.id = copy(m, id ? id : "");
    m->wire.name = copy(m, name ? name : "");
    m->wire.facts = model_take(m, PROCESS_FACTS_MAX, sizeof *m->wire.facts);
    m->fact_elements = model_take(m, PROCESS_FACTS_MAX, sizeof *m->fact_elements);
    m->wire.parts = model_take(m, PROCESS_PARTS_MAX, sizeof *m->wire.parts);
    m->wire.procedure = m->wire.jurisdiction_fact = copy(m, "");
    read_extensions(m, element_child(m->process, "extensionElements"));
    check_jurisdiction(m);
}
