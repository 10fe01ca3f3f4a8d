#pragma once
/* What operators command: MESSAGE_KIND_COMMAND as an event of the engine. Its reason, and the element that it names, travel as facts of
 * reserved names, which are no facts of the dossier. */
#include "admission.h"

#define COMMAND_REASON "command.reason"
#define COMMAND_ELEMENT "command.element" /* dossier.resend: the notices' type */
#define ROLE_OPERATOR "operator"
#define ROLE_SECURITY_OFFICER "security-officer" /* who changes rights */
#define COMMAND_RESEND "dossier.resend"
#define COMMAND_REASON_SIZE_MAX 1000

/* False: there is no such command. */
bool command_kind(const char *type, enum event_kind *ret);
/* Moves what the command says of itself out of EVENT's facts. False: something is missing or too much, REFUSAL says what. */
bool command_complete(struct event *event, struct refusal *refusal);
