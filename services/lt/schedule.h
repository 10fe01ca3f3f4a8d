#pragma once
/* When procedures begin by themselves (services/router/README.md, "Dossiers that begin by time"). */
#include "database/database.h"
#include "workflow/schedule.h"

#define SCHEDULE_PROCEDURE_SIZE_MAX 64 /* a router makes a key of it */
#define SCHEDULE_TEXT_SIZE 40

/* What the deployment of a version means for it. */
struct schedule_plan {
    const Lienthong__V1__Node *start; /* NULL: the version does not begin by time */
    struct instant now;
    struct schedule_tick first;
    int64_t offset_us; /* of the calendar's clock */
};

/* FAULT_REFUSED: no router could keep it. */
MUST_USE enum fault_code schedule_plan(struct database *d, const Lienthong__V1__Process *p, const char *calendar,
                                       struct instant now, struct schedule_plan *ret, struct fault *f);
/* Replaces the schedule that the version before had; what was due by that and has not begun is noted as missed. Within the transaction
 * that deploys. */
MUST_USE enum fault_code schedule_deploy(struct database *d, const Lienthong__V1__Process *p,
                                         const struct schedule_plan *plan, struct fault *f);
/* "2026-03-01T08:00:00+07:00"; "never". */
const char *schedule_text(struct instant due, int64_t offset_us, char text[SCHEDULE_TEXT_SIZE]);

int schedule_main(int argc, char **argv);
