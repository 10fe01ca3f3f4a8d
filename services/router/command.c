#include "command.h"
#include "base/text.h"
#include <string.h>

#define REFUSE(code_) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##code_

bool command_kind(const char *type, enum event_kind *ret)
{
    static const struct {
        const char *type;
        enum event_kind kind;
    } commands[] = {{"dossier.retry", EVENT_RETRY},
                    {"dossier.correct", EVENT_CORRECT},
                    {"dossier.skip", EVENT_SKIP},
                    {"dossier.abort", EVENT_ABORT},
                    {COMMAND_RESEND, EVENT_RESEND}};
    for (size_t i = 0; i < LENGTH(commands); i++)
        if (strcmp(type, commands[i].type) == 0) {
            *ret = commands[i].kind;
            return true;
        }
    return false;
}

/* Takes the text fact NAME out of EVENT: it is the command's, and no fact of the dossier. NULL: there is none. */
static const char *take_text(struct event *event, const char *name)
{
    struct event_fact *facts = (struct event_fact *)event->facts;
    for (size_t i = 0; i < event->fact_count; i++) {
        if (strcmp(facts[i].name, name) != 0 || facts[i].value.kind != VALUE_TEXT)
            continue;
        const char *text = facts[i].value.text;
        memmove(&facts[i], &facts[i + 1], (--event->fact_count - i) * sizeof(*facts));
        return text;
    }
    return NULL;
}

/* What a command says of itself: why, and where. */
bool command_complete(struct event *event, struct refusal *refusal)
{
    event->reason = take_text(event, COMMAND_REASON);
    event->element = take_text(event, COMMAND_ELEMENT);
    bool aims = event->kind == EVENT_RETRY || event->kind == EVENT_SKIP || event->kind == EVENT_RESEND;
    if (text_empty(event->reason) || strlen(event->reason) > COMMAND_REASON_SIZE_MAX)
        refusal_set(refusal, REFUSE(FACT),
                    "a command says why: the text fact \"%s\" is missing, or longer than %d bytes", COMMAND_REASON,
                    COMMAND_REASON_SIZE_MAX);
    else if (!aims && (event->element || !uuid_is_nil(event->step)))
        refusal_set(refusal, REFUSE(MALFORMED),
                    "only dossier.retry and dossier.skip name a step or an element, and dossier.resend a type");
    else if (event->kind == EVENT_RESEND && !uuid_is_nil(event->step))
        refusal_set(refusal, REFUSE(MALFORMED),
                    "dossier.resend sends notices, which are of no step; a step is delivered again by dossier.retry");
    else if (event->part_count)
        refusal_set(refusal, REFUSE(PART), "a command brings no parts: an operator is no author");
    else if (event->fact_count && event->kind != EVENT_CORRECT && event->kind != EVENT_SKIP)
        refusal_set(refusal, REFUSE(FACT), "only dossier.correct and dossier.skip set facts, \"%.100s\" is one",
                    event->facts[0].name);
    else
        return true;
    return false;
}
