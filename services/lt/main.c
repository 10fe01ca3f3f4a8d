/* lt: the command line of operators and integrators. Exit status: 0 done, 1 failed (the reason is on stderr), 2 wrong use. */
#include "account.h"
#include "audit.h"
#include "base/memory.h"
#include "base/text.h"
#include "calendar_deploy.h"
#include "command.h"
#include "demo.h"
#include "deploy.h"
#include "directory.h"
#include "dossier.h"
#include "evidence.h"
#include "form.h"
#include "incidents.h"
#include "keys.h"
#include "ledger.h"
#include "lint.h"
#include "operations.h"
#include "rights.h"
#include "schedule.h"
#include "simulate.h"
#include <stdio.h>

static const struct command {
    const char *name;
    int (*main)(int argc, char **argv); /* argv[0] is the name */
    const char *purpose;
} commands[] = {
    {"keys", keys_main, "a certificate authority, and keys of agencies and routers"},
    {"lint", lint_main, "checks BPMN files"},
    {"simulate", simulate_main, "runs a procedure with pretended agencies and pretended time"},
    {"form", form_main, "what a role may say to a procedure, as JSON"},
    {"migrate", migrate_main, "brings the routers' database up to date"},
    {"agencies", agencies_main, "agencies, their roles, certificates and CURVE keys"},
    {"rights", rights_main, "who may have what reach whom, in which procedure, when"},
    {"operations", operations_main, "what an agency may call, of whom, in which version: asked of a router"},
    {"queries", queries_main, "who asked whom for personal data, for what and why"},
    {"account", account_main, "accounts of officers and operators, and the record of administrative acts"},
    {"calendar", calendar_main, "working time, holidays and make-up days"},
    {"deploy", deploy_main, "makes a BPMN file the newest version of its procedure"},
    {"schedule", schedule_main, "what begins by itself, and when next; pauses it"},
    {"dossier", dossier_main, "what happened to a dossier"},
    {"incidents", incidents_main, "what stands still, since when, whose it is and why"},
    {"ledger", ledger_main, "verifies the record: blocks, events, signatures, time stamps"},
    {"evidence", evidence_main, "one file that proves a dossier, and its verification without any server"},
    {"retry", command_main, "operators: lets what stands in an incident happen again"},
    {"correct", command_main, "operators: sets facts of a dossier"},
    {"skip", command_main, "operators: goes on without a task, for a reason"},
    {"resend", command_main, "operators: sends notices again that nobody received"},
    {"abort", command_main, "operators: ends a dossier, for a reason"},
    {"demo", demo_main, "demonstration data"},
};

static void help(FILE *to)
{
    fprintf(to, "usage: lt COMMAND …\n\n");
    for (size_t i = 0; i < LENGTH(commands); i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].purpose);
    fprintf(to, "\nlt COMMAND --help tells more. Exit status: 0 done, 1 failed, 2 wrong use.\n");
}

int main(int argc, char **argv)
{
    if (argc >= 2 && text_equal(argv[1], "--version")) {
        printf("lt %s\n", LT_VERSION);
        return 0;
    }
    if (argc >= 2 && (text_equal(argv[1], "--help") || text_equal(argv[1], "-h") || text_equal(argv[1], "help"))) {
        help(stdout);
        return 0;
    }
    for (size_t i = 0; argc >= 2 && i < LENGTH(commands); i++)
        if (text_equal(argv[1], commands[i].name))
            return audit_run(argc - 1, argv + 1, commands[i].main);
    if (argc >= 2)
        fprintf(stderr, "lt: there is no command \"%s\"\n", argv[1]);
    help(stderr);
    return 2;
}
