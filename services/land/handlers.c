#include "handlers.h"

#include "adapter/day.h"
#include "adapter/handling.h"
#include "adapter/supplement.h"
#include "base/log.h"
#include "base/system.h"
#include "base/text.h"
#include "entry.h"
#include "lienthong/v1/land.pb-c.h"
#include "mortgage.h"
#include "obligation.h"
#include "waiting.h"

#include <stdio.h>
#include <stdlib.h>

long handlers_fact_count(const struct lt_delivery *d, const char *name)
{
    const Lienthong__V1__Value *value = lt_fact(d, name);
    char *end = NULL;
    if (!value || value->is_case != LIENTHONG__V1__VALUE__IS_DECIMAL)
        return -1;
    long count = strtol(value->decimal, &end, 10);
    return end != value->decimal && *end == '\0' ? count : -1;
}

const char *handlers_procedure(const struct lt_delivery *d)
{
    return d->header->purpose && !text_empty(d->header->purpose->procedure) ? d->header->purpose->procedure
                                                                            : "1.013831";
}

enum fault_code handlers_application(const struct lt_delivery *d, Lienthong__V1__Application **ret, struct fault *f)
{
    return lt_part_unpack(d, "application", &lienthong__v1__application__descriptor, (ProtobufCMessage **)ret, f);
}

/* *RET is NULL when the repository was not asked. */
static enum fault_code handlers_held(const struct lt_delivery *d, const Lienthong__V1__HeldDocuments **ret,
                                     struct fault *f)
{
    ProtobufCMessage *message = NULL;
    *ret = NULL;
    if (!lt_part(d, "held-documents", NULL).data)
        return FAULT_NONE;
    enum fault_code code = lt_part_unpack(d, "held-documents", &lienthong__v1__held_documents__descriptor, &message, f);
    *ret = (const Lienthong__V1__HeldDocuments *)(const void *)message;
    return code;
}

/* --- land.conditions.check ----------------------------------------------------------------------------------------- */

enum fault_code handlers_answer_conditions(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                           struct conditions_decision *decision, const struct lt_fact_out *more,
                                           struct fault *f)
{
    Lienthong__V1__ConditionsResult result = LIENTHONG__V1__CONDITIONS_RESULT__INIT;
    const char *name = conditions_outcome_name(decision->outcome);
    result.result = (char *)name;
    if (decision->outcome == CONDITIONS_SUPPLEMENT) {
        result.gaps = (char **)decision->texts;
        result.n_gaps = decision->text_count;
    } else {
        result.grounds = (char **)decision->texts;
        result.n_grounds = decision->text_count;
    }
    result.legal_basis = decision->legal_basis;
    result.approver = (char *)land->approver;
    Lienthong__V1__SupplementRequest supplement = LIENTHONG__V1__SUPPLEMENT_REQUEST__INIT;
    supplement.gaps = result.gaps;
    supplement.n_gaps = result.n_gaps;
    supplement.stage = (char *)"appraisal";
    supplement.legal_basis = result.legal_basis;
    supplement.approver = result.approver;
    struct lt_fact_out facts[2 + SUPPLEMENT_FACT_COUNT] = {{"conditions.result", LT_TEXT, name, false}};
    size_t fact_count = 1;
    if (more)
        facts[fact_count++] = *more;
    if (decision->outcome == CONDITIONS_SUPPLEMENT) {
        supplement_facts(&supplement, &facts[fact_count]);
        fact_count += SUPPLEMENT_FACT_COUNT;
    }
    return lt_answer(a, d,
                     &(struct lt_message){
                         .parts = &(struct lt_part_out){"conditions", &result.base},
                         .part_count = 1,
                         .facts = facts,
                         .fact_count = fact_count,
                     },
                     f);
}

static enum fault_code handlers_examine(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                        struct examination *e, struct fault *f)
{
    struct database *db = lt_database(a);
    Lienthong__V1__Application *application = NULL;
    struct examination_order order = {
        .dossier = d->dossier, .step = d->step, .operation = d->operation, .now = system_now(), .whole = true};
    enum fault_code code = handlers_application(d, &application, f);
    if (!code)
        code = handlers_held(d, &order.held, f);
    if (!code)
        code = examination_supplement_spent(db, d->dossier, &order.supplement_spent, f);
    if (code)
        return code;
    order.supplement_spent = order.supplement_spent || handlers_fact_count(d, "dossier.supplements") > 0;
    order.application = application;
    code = examination_make(db, &order, e, f);
    if (!code)
        code = examination_record(db, &order, e, conditions_outcome_name(e->decision.outcome), f);
    if (!code && e->decision.outcome == CONDITIONS_STOP)
        code = waiting_add(db, &(struct waiting){d->dossier, handlers_procedure(d), "stop"}, e->parcel->ba_unit,
                           order.now, f);
    if (!code)
        code = handlers_answer_conditions(a, d, land, &e->decision, NULL, f);
    return code;
}

enum lt_result handlers_conditions(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct examination e = {0};
    enum fault_code code = handlers_examine(a, d, context, &e, f);
    examination_clear(&e);
    return handling_result(code);
}

/* --- land.map.extract ---------------------------------------------------------------------------------------------- */

/* PARCEL NULL: nothing is registered under that certificate; the extract is empty and does not match. */
static enum fault_code handlers_match(const Lienthong__V1__Application *application, const struct parcel *parcel,
                                      const struct rules *rules, bool *ret, struct fault *f)
{
    char name[64];
    if (!parcel) {
        *ret = false;
        return FAULT_NONE;
    }
    snprintf(name, sizeof(name), "%.30s/%.30s", parcel->sheet, parcel->number);
    enum fault_code code = conditions_area_matches(application->area, parcel->area, rules, ret, f);
    if (!code && !text_empty(application->parcel) && !text_equal(application->parcel, name))
        *ret = false;
    return code;
}

static enum fault_code handlers_answer_extract(struct lt_adapter *a, const struct lt_delivery *d,
                                               const struct parcel *parcel, bool matches, struct fault *f)
{
    Lienthong__V1__ParcelExtract extract = LIENTHONG__V1__PARCEL_EXTRACT__INIT;
    if (parcel) {
        extract.district = (char *)parcel->district;
        extract.sheet = (char *)parcel->sheet;
        extract.parcel = (char *)parcel->number;
        extract.area = (char *)parcel->area;
        extract.land_use = (char *)parcel->land_use;
        extract.term_until = (char *)parcel->term_until;
    }
    extract.area_matches = matches;
    return lt_answer(a, d,
                     &(struct lt_message){
                         .parts = &(struct lt_part_out){"parcel", &extract.base},
                         .part_count = 1,
                         .facts = &(struct lt_fact_out){"map.matches", LT_YES_NO, NULL, matches},
                         .fact_count = 1,
                     },
                     f);
}

enum lt_result handlers_extract(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    bool matches = false;
    OWNED(rules) rules = NULL;
    OWNED(parcel) parcel = NULL;
    Lienthong__V1__Application *application = NULL;
    enum fault_code code = handlers_application(d, &application, f);
    if (!code)
        code = examination_look(lt_database(a), d->dossier, application->certificate_serial, &rules, &parcel, f);
    if (!code)
        code = handlers_match(application, parcel, rules, &matches, f);
    if (!code)
        code = handlers_answer_extract(a, d, parcel, matches, f);
    return handling_result(code);
}

/* --- land.slip.prepare --------------------------------------------------------------------------------------------- */

/* Why tax rejected the slip before, when it did. */
static enum fault_code handlers_rejection(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                          struct fault *f)
{
    const char *author = NULL;
    Lienthong__V1__SlipRejection *rejection = NULL;
    if (!lt_part(d, "slip-rejection", &author).data)
        return FAULT_NONE;
    enum fault_code code = handling_check_author(a, "slip-rejection", author, land->tax_agencies, f);
    if (!code)
        code = lt_part_unpack(d, "slip-rejection", &lienthong__v1__slip_rejection__descriptor,
                              (ProtobufCMessage **)&rejection, f);
    return code ? code : slip_reject(lt_database(a), d->dossier, rejection, f);
}

enum fault_code handlers_answer_slip(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                     struct slip *slip, struct fault *f)
{
    const bool levy = !text_empty(slip->message.levy_owed);
    enum fault_code code = handlers_rejection(a, d, land, f);
    if (!code)
        code = slip_number(lt_database(a), d->dossier, d->step, system_now(), slip->number, f);
    if (code)
        return code;
    return lt_answer(a, d,
                     &(struct lt_message){
                         .parts = &(struct lt_part_out){"transfer-slip", &slip->message.base},
                         .part_count = 1,
                         .facts = &(struct lt_fact_out){"levy.owed", LT_YES_NO, NULL, levy},
                         .fact_count = 1,
                     },
                     f);
}

static enum fault_code handlers_prepare(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                        struct slip *slip, struct fault *f)
{
    OWNED(parcel) parcel = NULL;
    Lienthong__V1__Application *application = NULL;
    Lienthong__V1__ParcelExtract *extract = NULL;
    const Lienthong__V1__HeldDocuments *held = NULL;
    enum fault_code code = handlers_application(d, &application, f);
    if (!code)
        code = handlers_held(d, &held, f);
    if (!code)
        code =
            lt_part_unpack(d, "parcel", &lienthong__v1__parcel_extract__descriptor, (ProtobufCMessage **)&extract, f);
    if (!code)
        code = parcel_find(lt_database(a), application->certificate_serial, &parcel, f);
    if (!code)
        code = slip_fill(slip, application, held, extract, parcel, day_of_dossier(d->dossier), f);
    return code ? code : handlers_answer_slip(a, d, land, slip, f);
}

enum lt_result handlers_slip(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct slip slip = {0};
    enum fault_code code = handlers_prepare(a, d, context, &slip, f);
    slip_clear(&slip);
    return handling_result(code);
}

/* --- land.register.write ------------------------------------------------------------------------------------------- */

enum fault_code handlers_check_obligation(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                          struct fault *f)
{
    const char *author = NULL;
    Lienthong__V1__ObligationDone *obligation = NULL;
    const Lienthong__V1__Value *settled = lt_fact(d, "obligation.settled");
    enum fault_code code = lt_part_unpack(d, "obligation", &lienthong__v1__obligation_done__descriptor,
                                          (ProtobufCMessage **)&obligation, f);
    if (code)
        return code;
    lt_part(d, "obligation", &author);
    code = handling_check_author(a, "obligation", author, land->tax_agencies, f);
    if (!code && settled && settled->is_case == LIENTHONG__V1__VALUE__IS_YES && !settled->yes)
        code = fault_set(f, FAULT_REFUSED, "obligation: tax says that it is not settled");
    if (!code)
        code = obligation_check(obligation, handlers_fact_count(d, "obligation.count"), f);
    return code;
}

static enum fault_code handlers_answer_certificate(struct lt_adapter *a, const struct lt_delivery *d,
                                                   const Lienthong__V1__Application *application,
                                                   const struct parcel *parcel, const struct entry *entry,
                                                   struct instant now, struct fault *f)
{
    char at[INSTANT_TEXT_SIZE];
    Lienthong__V1__Certificate certificate = LIENTHONG__V1__CERTIFICATE__INIT;
    instant_print(now, at);
    certificate.serial = (char *)entry->serial;
    certificate.replaced_serial = (char *)parcel->serial;
    certificate.registered_at = at;
    certificate.holder_name = application->transferee->full_name;
    certificate.district = (char *)parcel->district;
    certificate.sheet = (char *)parcel->sheet;
    certificate.parcel = (char *)parcel->number;
    certificate.area = (char *)parcel->area;
    certificate.entry = (char *)entry->number;
    return lt_answer(a, d,
                     &(struct lt_message){
                         .parts = &(struct lt_part_out){"certificate", &certificate.base},
                         .part_count = 1,
                     },
                     f);
}

enum fault_code handlers_enter(struct lt_adapter *a, const struct lt_delivery *d, const struct examination_order *order,
                               struct examination *e, struct fault *f)
{
    struct entry entry;
    enum fault_code code = entry_write(lt_database(a), order, handlers_procedure(d), e, &entry, f);
    if (code)
        return code;
    if (entry.blocked)
        return lt_answer(a, d, &(struct lt_message){.error = "blocked"}, f);
    return handlers_answer_certificate(a, d, order->application, e->parcel, &entry, order->now, f);
}

static enum fault_code handlers_write(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                      struct examination *e, struct fault *f)
{
    Lienthong__V1__Application *application = NULL;
    /* What the citizen stated was examined before; now only what may have changed since. The entry itself refuses a
     * transferee whose number became another party's. */
    struct examination_order order = {
        .dossier = d->dossier, .step = d->step, .operation = d->operation, .now = system_now()};
    enum fault_code code = handlers_application(d, &application, f);
    order.application = application;
    if (!code)
        code = handlers_held(d, &order.held, f);
    if (!code)
        code = handlers_check_obligation(a, d, land, f);
    return code ? code : handlers_enter(a, d, &order, e, f);
}

enum lt_result handlers_register(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct examination e = {0};
    enum fault_code code = handlers_write(a, d, context, &e, f);
    examination_clear(&e);
    return handling_result(code);
}

enum lt_result handlers_notice(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)a, (void)context, (void)f;
    char dossier[UUID_TEXT_SIZE];
    uuid_print(d->dossier, dossier);
    log_event(LOG_INFO, "NOTICE", d->operation, "dossier", dossier, NULL);
    return LT_DONE;
}

/* What is not written is given up; an entry is not undone: its answer wins. */
bool handlers_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f)
{
    (void)operation, (void)context;
    bool written = false;
    if (entry_exists(lt_database(a), step, &written, f))
        return false; /* not known: keep it, the cancel comes again */
    if (!written && mortgage_exists(lt_database(a), step, &written, f))
        return false;
    return !written;
}
