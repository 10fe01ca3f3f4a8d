#pragma once
/* What a citizen or portal sends, as JSON, turned into the parts and facts of the contract. Pure but for its arena. */
#include "base/arena.h"
#include "form.h"
#include "lienthong/adapter.h"
#include "lienthong/v1/intake.pb-c.h"
#include "lienthong/v1/police.pb-c.h"
#include "lienthong/v1/portal.pb-c.h"
#include "lienthong/v1/repository.pb-c.h"
#include <jansson.h>

/* Codes of the unit that asks the population database (domain.md section 2, identity query fields). */
struct filing_unit {
    const char *service_code, *integration_code, *unit_code;
    const struct forms *forms; /* of procedures other than the transfer; NULL: none */
};

/* A submission or a supplement, whole: texts in ARENA or borrowed from the JSON, which must outlive it. */
struct filing {
    const char *procedure;
    unsigned channel;     /* 1 counter, 2 online, 3 post */
    const char *delivery; /* desk, post, electronic */
    const json_t *form,
        *given;          /* of another procedure than the transfer: its form, and the facts that the request gives */
    const char *message; /* of the form */
    struct arena *arena;
    Lienthong__V1__Application application;
    Lienthong__V1__Party applicant, transferee;
    Lienthong__V1__Contract contract;
    Lienthong__V1__IdentityQuery identity;
    Lienthong__V1__IdentitySubject subjects[2], *subject_list[2];
    Lienthong__V1__EvidenceQuery evidence;
    Lienthong__V1__PortalRecord portal;
    Lienthong__V1__Dispatch dispatch;
};

/* Does the submission claim a channel at which an officer receives it? Then the desk alone may send it. */
bool filing_needs_desk(const json_t *json);
/* FAULT_MALFORMED names the member by JSON pointer (RFC 6901). What openapi.yaml says is what is checked. */
MUST_USE enum fault_code filing_submission(const json_t *json, const struct filing_unit *unit, struct arena *arena,
                                           struct filing *ret, struct fault *f);
/* What changed, laid over the application as it was (unpacked into ARENA). BY_OFFICER: the desk sends it, and has seen
 * its paper. */
MUST_USE enum fault_code filing_supplement(const json_t *json, const Lienthong__V1__Application *before,
                                           bool by_officer, const struct filing_unit *unit, struct arena *arena,
                                           struct filing *ret, struct fault *f);
/* Corrected parties of an officer, laid over the application as it was; nothing but applicant and transferee. */
MUST_USE enum fault_code filing_correction(const json_t *json, const Lienthong__V1__Application *before,
                                           const struct filing_unit *unit, struct arena *arena, struct filing *ret,
                                           struct fault *f);

/* The facts that travel along. FAULT_MALFORMED names the member. */
MUST_USE enum fault_code filing_facts(const struct filing *r, struct lt_fact_out ret[static FORM_FACTS_MAX],
                                      size_t *ret_count, struct fault *f);

/* What the portal's record needs beyond the request. CODE is borrowed. */
void filing_name(struct filing *r, const char *code, struct instant received, unsigned channel);
/* The parts, for lt_submit and lt_event, once the filing is named. PARTS has room for FILING_PARTS_MAX; returns how many. */
#define FILING_PARTS_MAX 5
size_t filing_parts(const struct filing *r, bool with_dispatch, struct lt_part_out *parts);
