/* What BPMN knows and we do not execute, each with what to use instead. Nothing is passed over in silence. */
#include "base/memory.h"
#include "bpmn/model.h"
#include <string.h>

static const struct {
    const char *name, *instead;
} unsupported[] = {
    {"task", "a task must say what it is: use serviceTask, userTask, sendTask or receiveTask"},
    {"scriptTask", "scripts are not run: use a serviceTask of the role that computes it"},
    {"businessRuleTask",
     "rules are not run here: use a serviceTask of the role that decides, and a fact for its result"},
    {"manualTask", "nobody would be told of it: use a userTask with lt:role"},
    {"transaction", "transactions are not executed: use a subProcess, and lt:irrevocable on the step that counts"},
    {"adHocSubProcess", "ad-hoc order is not executed: use a subProcess with a parallelGateway"},
    {"complexGateway", "use parallel and exclusive gateways"},
    {"implicitThrowEvent", "use a sendTask"},
    {"signalEventDefinition", "signals have no recipient: use a message"},
    {"escalationEventDefinition",
     "an escalation is thrown, ends a scope, or stands on the edge of a subProcess or at the "
     "start of an event subProcess"},
    {"compensateEventDefinition", "a compensation is thrown, ends a scope, or stands on the edge of an activity"},
    {"messageEventDefinition", "use a message start, catch, throw, boundary or end event"},
    {"timerEventDefinition", "use a timer start, catch or boundary event"},
    {"errorEventDefinition", "use an error end or boundary event, or start an event subProcess with it"},
    {"conditionalEventDefinition", "use an exclusiveGateway behind the step that sets the fact"},
    {"linkEventDefinition", "links are not executed: draw the sequence flow"},
    {"cancelEventDefinition", "transactions are not executed: use an error end event"},
    {"terminateEventDefinition", "only an end event terminates"},
    {"eventDefinitionRef", "write the event definition into the event itself"},
    {"standardLoopCharacteristics", "loops on a step are not executed: draw the way back from an exclusiveGateway"},
    {"multiInstanceLoopCharacteristics",
     "only a serviceTask, userTask, subProcess or callActivity has several instances"},
    {"loopCardinality", "instances are made for each item of a list: use lt:over=\"fact\""},
    {"loopDataInputRef", "use lt:over=\"fact\" on multiInstanceLoopCharacteristics"},
    {"loopDataOutputRef", "use lt:collect=\"list=fact\" on multiInstanceLoopCharacteristics"},
    {"inputDataItem", "the instance's agency is its item: remove it"},
    {"outputDataItem", "use lt:collect=\"list=fact\" on multiInstanceLoopCharacteristics"},
    {"complexBehaviorDefinition", "use completionCondition"},
    {"dataObject", "data objects carry nothing here: declare lt:part and use lt:receives and lt:returns"},
    {"dataObjectReference", "data objects carry nothing here: declare lt:part and use lt:receives and lt:returns"},
    {"dataStoreReference", "data stores are not read: use a serviceTask of the role that keeps them"},
    {"dataStore", "data stores are not read: use a serviceTask of the role that keeps them"},
    {"ioSpecification", "use lt:receives and lt:returns"},
    {"ioBinding", "use lt:receives and lt:returns"},
    {"dataInput", "use lt:receives"},
    {"dataOutput", "use lt:returns"},
    {"inputSet", "use lt:receives"},
    {"outputSet", "use lt:returns"},
    {"dataInputAssociation", "use lt:receives"},
    {"dataOutputAssociation", "use lt:returns"},
    {"property", "declare lt:fact on the process"},
    {"resourceRole", "use lt:role"},
    {"performer", "use lt:role"},
    {"humanPerformer", "use lt:role"},
    {"potentialOwner", "use lt:role"},
    {"loopCharacteristics", "draw the way back from an exclusiveGateway"},
    {"script", "scripts are not run"},
    {"rendering", "forms are the desk's business: remove it"},
    {"timeDate", "a fixed date cannot stand in a procedure: use lt:after or timeDuration"},
    {"timeCycle", "repeating timers are not executed: use timeDuration, and draw the way back"},
    {"completionCondition", "it belongs into multiInstanceLoopCharacteristics"},
    {"extension", "no extension but ours has a meaning here: remove it"},
    {"interfaceRef", "use lt:operation"},
    {"partnerEntity", "a partner is a pool without processRef: remove it"},
    {"partnerRole", "a partner is a pool without processRef: remove it"},
    {"endPoint", "agencies are found by role and place: remove it"},
    {"import", "nothing is imported: one file holds the whole procedure"},
    {"signal", "signals have no recipient: use a message"},
    {"globalTask", "draw the task in the process"},
    {"globalUserTask", "draw the task in the process"},
    {"globalScriptTask", "scripts are not run"},
    {"choreography", "a choreography is not executed: draw a process"},
    {"conversation", "a conversation is not executed: draw a process"},
    {"correlationProperty", "messages are correlated by dossier: remove it"},
    {"correlationSubscription", "messages are correlated by dossier: remove it"},
    {"correlationKey", "messages are correlated by dossier: remove it"},
    {"interface", "use lt:operation"},
    {"resource", "use lt:role"},
    {"participantMultiplicity", "a pool stands for one: use multiInstanceLoopCharacteristics on the activity"},
    {"participantAssociation", "pools are not mapped: remove it"},
    {"conversationNode", "a conversation is not executed: draw a process"},
    {"conversationLink", "a conversation is not executed: draw a message flow"},
    {"callConversation", "a conversation is not executed: draw a process"},
    {"subConversation", "a conversation is not executed: draw a process"},
};

/* Attributes that are fine when they say what is so anyway ("*": whatever they say). */
static const struct {
    const char *name, *value, *instead;
} harmless[] = {
    {"id", "*", ""},
    {"name", "*", ""},
    {"gatewayDirection", "*", ""},
    {"processType", "*", ""},
    {"isForCompensation", "false", "only a serviceTask, userTask, sendTask, subProcess or callActivity undoes"},
    {"startQuantity", "1", "a step starts with one token: draw a parallelGateway before it"},
    {"completionQuantity", "1", "a step ends with one token: draw a parallelGateway behind it"},
    {"triggeredByEvent", "false", "only a subProcess begins by an event"},
    {"isInterrupting", "true", "only the start event of an event subProcess goes on beside its surroundings"},
    {"waitForCompletion", "true", "what follows always waits until all is undone: remove it"},
    {"isSequential", "false",
     "instances are made at the same time: remove it, or draw a way back from an exclusiveGateway"},
    {"behavior", "All", "nothing is thrown when an instance is done: use completionCondition"},
    {"parallelMultiple", "false", "an event waits for one thing"},
    {"instantiate", "false", "a dossier begins with a message start event"},
    {"isClosed", "false", "remove it"},
    {"implementation", "##unspecified", "use lt:operation"},
    {"implementation", "##WebService", "use lt:operation"},
    {"isImmediate", "true", "remove it"},
    {"operationRef", NULL, "use lt:operation"},
    {"calledElement", NULL, "only a callActivity calls"},
    {"eventGatewayType", "Exclusive", "draw a parallelGateway with a catch event on each way"},
};

const char *model_instead_of(const struct element *e)
{
    for (size_t i = 0; i < LENGTH(unsupported); i++)
        if (strcmp(unsupported[i].name, e->name) == 0)
            return unsupported[i].instead;
    return "remove it, or use an element of common/bpmn/README.md";
}

void model_refuse(struct model *m, const struct element *e)
{
    m->refused[e->order] = true;
    if (e->space != SPACE_BPMN) {
        finding_error(m->report, e, "<%s> of %s has no place here: see the table in common/bpmn/README.md", e->name,
                      e->space == SPACE_LT ? "our namespace" : e->space_name);
        return;
    }
    finding_error(m->report, e, "<%s> cannot be executed: %s", e->name, model_instead_of(e));
}

void model_refuse_reference(struct model *m, const struct element *from, const char *attribute, const char *id,
                            const char *what)
{
    const struct element *to = id ? model_find_id(m, id) : NULL;
    for (const struct element *e = to; e; e = e->parent)
        if (m->refused[e->order])
            return;
    finding_error(m->report, from, "%s=\"%.100s\" is %s", attribute, id ? id : "", what);
}

/* Whether NAME is one of the words of LIST. */
static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = list; *at; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == size && strncmp(at, name, size) == 0)
            return true;
        at += word;
    }
    return false;
}

static const char *refusal_of(const struct attribute *a)
{
    const char *instead = "it is not known here; remove it";
    for (size_t i = 0; i < LENGTH(harmless); i++) {
        if (strcmp(harmless[i].name, a->name) != 0)
            continue;
        if (harmless[i].value && (harmless[i].value[0] == '*' || strcmp(harmless[i].value, a->value) == 0))
            return NULL;
        instead = harmless[i].instead;
    }
    return instead;
}

static bool is_foreign_known(const char *name)
{
    return is_listed("type schemaLocation lang space", name); /* xsi:, xml: */
}

void model_check_attributes(struct model *m, const struct element *e, const char *allowed, const char *allowed_lt)
{
    for (size_t i = 0; i < e->attribute_count; i++) {
        const struct attribute *a = &e->attributes[i];
        const char *instead = a->space == SPACE_NONE && !is_listed(allowed, a->name) ? refusal_of(a) : NULL;
        if (instead)
            finding_error(m->report, e, "attribute %s=\"%.60s\" cannot be executed: %s", a->name, a->value, instead);
        else if (a->space == SPACE_LT && !is_listed(allowed_lt, a->name))
            finding_error(m->report, e, "lt:%s has no meaning on <%s>: see the table in common/bpmn/README.md", a->name,
                          e->name);
        else if (a->space == SPACE_OTHER && !is_foreign_known(a->name))
            finding_warning(m->report, e, "attribute %s of another namespace is not executed", a->name);
    }
}

void model_check_own_attributes(struct model *m, const struct element *e, const char *allowed)
{
    for (size_t i = 0; i < e->attribute_count; i++)
        if (!is_listed(allowed, e->attributes[i].name))
            finding_error(m->report, e, "attribute %s is not known: <lt:%s> has %s", e->attributes[i].name, e->name,
                          allowed);
}

bool model_is_ignorable(struct model *m, const struct element *e)
{
    if (element_is(e, "documentation") || element_is(e, "textAnnotation") || element_is(e, "association") ||
        element_is(e, "group") || element_is(e, "category") || element_is(e, "monitoring") || element_is(e, "auditing"))
        return true;
    if (!element_is(e, "extensionElements"))
        return false;
    for (const struct element *c = e->first; c; c = c->next)
        if (c->space == SPACE_OTHER || c->space == SPACE_NONE)
            finding_warning(m->report, c, "<%s> of %s is not executed", c->name,
                            *c->space_name ? c->space_name : "no namespace");
        else if (!element_is(e->parent, "process"))
            model_refuse(m, c);
    return true;
}
