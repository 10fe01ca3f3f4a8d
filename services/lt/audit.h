#pragma once
/* What this command line changes stands in a record: who, from where, what, on what, and what came of it; failed tries as well. Of the
 * routers' database in its table account.act, of an authority's folder in its file acts (below). A row "asked" is written before
 * anything is done: what cannot be recorded is not done. */
#include "base/fault.h"

#define AUDIT_TEXT_SIZE 200

/* Who runs this program ("lt:NAME", with the name behind sudo), and on which machine, from which address. */
void audit_actor(char who[AUDIT_TEXT_SIZE], char source[AUDIT_TEXT_SIZE]);

/* RUN with its arguments, recorded if they change something. Returns its exit status; 1 when it cannot be recorded. */
int audit_run(int argc, char **argv, int (*run)(int argc, char **argv));
