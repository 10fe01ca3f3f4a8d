#include "exchange.h"

#include "adapter/day.h"
#include "adapter/handling.h"
#include "base/system.h"
#include "base/text.h"

#define NO_SERIAL "(none)" /* is in no register: a supplement asks for it */

/* The holder is entered anew in his own place, so that all else is as with a transfer. */
static enum fault_code exchange_application(const struct lt_delivery *d, Lienthong__V1__Application **ret,
                                            struct fault *f)
{
    enum fault_code code = handlers_application(d, ret, f);
    if (code)
        return code;
    if (!(*ret)->applicant)
        return fault_set(f, FAULT_MALFORMED, "the application names no applicant");
    (*ret)->transferee = (*ret)->applicant;
    if (text_empty((*ret)->certificate_serial))
        (*ret)->certificate_serial = (char *)(uintptr_t)NO_SERIAL;
    return FAULT_NONE;
}

/* --- land.exchange.examine ----------------------------------------------------------------------------------------- */

static enum fault_code exchange_examine(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                        struct examination *e, struct fault *f)
{
    struct database *db = lt_database(a);
    Lienthong__V1__Application *application = NULL;
    struct examination_order order = {
        .dossier = d->dossier, .step = d->step, .operation = d->operation, .now = system_now(), .whole = true};
    enum fault_code code = exchange_application(d, &application, f);
    if (!code)
        code = examination_supplement_spent(db, d->dossier, &order.supplement_spent, f);
    if (code)
        return code;
    order.supplement_spent = order.supplement_spent || handlers_fact_count(d, "dossier.supplements") > 0;
    order.application = application;
    code = examination_make(db, &order, e, f);
    if (code)
        return code;
    if (e->decision.outcome == CONDITIONS_STOP) /* nothing is exchanged while it is disputed who holds the right */
        e->decision.outcome = CONDITIONS_REFUSE;
    code = examination_record(db, &order, e, conditions_outcome_name(e->decision.outcome), f);
    bool levy = e->parcel && !text_empty(e->parcel->levy_owed);
    const struct lt_fact_out more = {"tax.needed", LT_YES_NO, NULL, levy};
    return code ? code : handlers_answer_conditions(a, d, land, &e->decision, &more, f);
}

enum lt_result exchange_on_examine(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct examination e = {0};
    enum fault_code code = exchange_examine(a, d, context, &e, f);
    examination_clear(&e);
    return handling_result(code);
}

/* --- land.slip.levy ------------------------------------------------------------------------------------------------ */

/* The register is asked again: what was owed when it was examined may be settled by now. */
static enum fault_code exchange_slip(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                     struct slip *slip, struct fault *f)
{
    OWNED(parcel) parcel = NULL;
    Lienthong__V1__Application *application = NULL;
    enum fault_code code = exchange_application(d, &application, f);
    if (!code)
        code = parcel_find(lt_database(a), application->certificate_serial, &parcel, f);
    if (!code)
        code = slip_fill_levy(slip, application, parcel, day_of_dossier(d->dossier), f);
    return code ? code : handlers_answer_slip(a, d, land, slip, f);
}

enum lt_result exchange_on_levy(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct slip slip = {0};
    enum fault_code code = exchange_slip(a, d, context, &slip, f);
    slip_clear(&slip);
    return handling_result(code);
}

/* --- land.exchange.write ------------------------------------------------------------------------------------------- */

/* A levy that the register knows at the moment of the entry is settled. */
static enum fault_code exchange_check_levy(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                           const char *serial, struct fault *f)
{
    OWNED(parcel) parcel = NULL;
    enum fault_code code = parcel_lock(lt_database(a), serial, f);
    if (!code)
        code = parcel_find(lt_database(a), serial, &parcel, f);
    if (code || text_empty(parcel->levy_owed))
        return code;
    return handlers_check_obligation(a, d, land, f);
}

static enum fault_code exchange_write(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                      struct examination *e, struct fault *f)
{
    Lienthong__V1__Application *application = NULL;
    struct examination_order order = {
        .dossier = d->dossier, .step = d->step, .operation = d->operation, .now = system_now()};
    enum fault_code code = exchange_application(d, &application, f);
    order.application = application;
    if (!code)
        code = exchange_check_levy(a, d, land, application->certificate_serial, f);
    return code ? code : handlers_enter(a, d, &order, e, f);
}

enum lt_result exchange_on_write(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    struct examination e = {0};
    enum fault_code code = exchange_write(a, d, context, &e, f);
    examination_clear(&e);
    return handling_result(code);
}
