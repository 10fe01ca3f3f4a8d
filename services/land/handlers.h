#pragma once
/* The land registry's operations: a thin layer between deliveries and the rules. */
#include "entry.h"
#include "lienthong/adapter.h"
#include "slip.h"

struct land {
    const char *approver;            /* named in supplement requests and refusals; borrowed */
    const char *const *tax_agencies; /* codes that may author an obligation, ended by NULL; empty: any other agency */
    struct server *server;           /* blocks arrive here; owned by main */
    struct lt_adapter *adapter;
    char token[200]; /* of those who bring and release blocks */
};

/* Shared with the other procedures' operations. A decimal fact as a whole number; -1: absent or no such number. */
long handlers_fact_count(const struct lt_delivery *d, const char *name);
const char *handlers_procedure(const struct lt_delivery *d);
MUST_USE enum fault_code handlers_application(const struct lt_delivery *d, Lienthong__V1__Application **ret,
                                              struct fault *f);
/* Part conditions and fact conditions.result, with a supplement what is asked for; MORE (may be NULL): one more fact. */
MUST_USE enum fault_code handlers_answer_conditions(struct lt_adapter *a, const struct lt_delivery *d,
                                                    const struct land *land, struct conditions_decision *decision,
                                                    const struct lt_fact_out *more, struct fault *f);
/* Part obligation: by tax, and every notice settled. */
MUST_USE enum fault_code handlers_check_obligation(struct lt_adapter *a, const struct lt_delivery *d,
                                                   const struct land *land, struct fault *f);
/* Writes the entry that ORDER asks for, and answers with the certificate; with the error "blocked" where a block stands. */
MUST_USE enum fault_code handlers_enter(struct lt_adapter *a, const struct lt_delivery *d,
                                        const struct examination_order *order, struct examination *e, struct fault *f);

/* Numbers SLIP, keeps why tax rejected the one before, and answers with it and fact levy.owed. */
MUST_USE enum fault_code handlers_answer_slip(struct lt_adapter *a, const struct lt_delivery *d,
                                              const struct land *land, struct slip *slip, struct fault *f);

/* CONTEXT of all is struct land. */
enum lt_result handlers_conditions(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_extract(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_slip(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_register(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
enum lt_result handlers_notice(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f);
bool handlers_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f);
