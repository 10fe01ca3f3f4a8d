#include "mortgage.h"

#include "adapter/day.h"
#include "adapter/handling.h"
#include "base/system.h"
#include "base/text.h"
#include "block.h"
#include "counter.h"
#include "database/sealed.h"
#include "examination.h"
#include "lienthong/v1/land.pb-c.h"

#include <inttypes.h>
#include <stdio.h>

#define MORTGAGE_CONTRACT "mortgage-contract"
#define MORTGAGE_TEXT_SIZE 300
#define MORTGAGE_NUMBER_SIZE 32
#define MORTGAGE_PARCEL_SIZE 64

static const char district_sql[] = "SELECT EXISTS (SELECT FROM land.spatial_unit WHERE district = $1)";
static const char forgery_sql[] = "SELECT source FROM land.forgery WHERE digest = $1";
static const char rule_sql[] = "SELECT source FROM land.rule WHERE rule = $1 AND valid_from <= $2::date"
                               " AND (valid_until IS NULL OR valid_until >= $2::date)";
static const char record_sql[] =
    "INSERT INTO land.examination (step, dossier, at, operation, certificate, result, grounds)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7)";
static const char entry_sql[] =
    "INSERT INTO land.mortgage_entry (number, restriction, dossier, step, at, serial) VALUES ($1, $2, $3, $4, $5, $6)";
static const char exists_sql[] = "SELECT EXISTS (SELECT FROM land.mortgage_entry WHERE step = $1)";

/* What stands in the way; GROUND is the value of refusal.ground, NULL: nothing. */
struct mortgage_finding {
    const char *ground;
    bool prior; /* a mortgage stands on the unit already */
    char text[MORTGAGE_TEXT_SIZE];
};

static void mortgage_find(struct mortgage_finding *to, const char *ground, const char *format, ...) PRINTF_LIKE(3, 4);
static void mortgage_find(struct mortgage_finding *to, const char *ground, const char *format, ...)
{
    va_list arguments;
    to->ground = ground;
    va_start(arguments, format);
    vsnprintf(to->text, sizeof(to->text), format, arguments);
    va_end(arguments);
    text_mend(to->text);
}

/* --- The file ------------------------------------------------------------------------------------------------------ */

static bool mortgage_has_contract(const Lienthong__V1__Application *a)
{
    for (size_t i = 0; i < a->n_documents; i++)
        if (text_equal(a->documents[i]->type, MORTGAGE_CONTRACT))
            return true;
    return false;
}

static bool mortgage_look_at_file(const Lienthong__V1__Application *a, struct mortgage_finding *to)
{
    const char *lacks = NULL;
    if (text_empty(a->certificate_serial))
        lacks = "the certificate's serial";
    else if (!a->applicant)
        lacks = "the holder";
    else if (!a->transferee || text_empty(a->transferee->full_name))
        lacks = "the creditor";
    else if (!a->contract || text_empty(a->contract->number))
        lacks = "the mortgage contract's number";
    else if (!mortgage_has_contract(a))
        lacks = "the document " MORTGAGE_CONTRACT;
    if (lacks)
        mortgage_find(to, "invalid-file", "the file lacks %s", lacks);
    return lacks == NULL;
}

static enum fault_code mortgage_look_for_forgery(struct database *d, const Lienthong__V1__Application *a,
                                                 struct mortgage_finding *to, struct fault *f)
{
    for (size_t i = 0; i < a->n_documents && !to->ground; i++) {
        OWNED(parameters) p = parameters_new();
        OWNED(rows) rows = NULL;
        if (text_empty(a->documents[i]->digest))
            continue;
        parameters_text(p, a->documents[i]->digest);
        if (database_run(d, forgery_sql, p, &rows, f))
            return f->code;
        if (rows_count(rows) > 0)
            mortgage_find(to, "forged", "a document is known as forged: %.200s", rows_text(rows, 0, 0));
    }
    return FAULT_NONE;
}

/* --- The register -------------------------------------------------------------------------------------------------- */

static enum fault_code mortgage_look_at_district(struct database *d, const char *district, struct mortgage_finding *to,
                                                 struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_text(p, district);
    if (database_run(d, district_sql, p, &rows, f))
        return f->code;
    if (!rows_yes(rows, 0, 0))
        mortgage_find(to, "wrong-authority", "this registry keeps no land in district %.60s", district);
    return FAULT_NONE;
}

static void mortgage_compare(const Lienthong__V1__Application *a, const struct parcel *parcel,
                             struct mortgage_finding *to)
{
    char name[MORTGAGE_PARCEL_SIZE];
    if (!parcel) {
        mortgage_find(to, "data-differ", "certificate %.40s is not in the register", a->certificate_serial);
        return;
    }
    snprintf(name, sizeof(name), "%.30s/%.30s", parcel->sheet, parcel->number);
    if (!parcel->valid)
        mortgage_find(to, "data-differ", "the certificate was replaced by %.40s", parcel->replaced_by);
    else if (!parcel_is_held_by(parcel, a->applicant))
        mortgage_find(to, "data-differ", "the applicant is not the holder of certificate %.40s", a->certificate_serial);
    else if (!text_empty(a->district) && !text_equal(a->district, parcel->district))
        mortgage_find(to, "data-differ", "the parcel lies in district %.60s", parcel->district);
    else if (!text_empty(a->parcel) && !text_equal(a->parcel, name))
        mortgage_find(to, "data-differ", "the register has parcel %.60s", name);
}

/* Under the unit's lock: what came before it stands in the way, what comes later does not. */
static enum fault_code mortgage_look_at_blocks(struct database *d, const char *serial, struct mortgage_finding *to,
                                               struct fault *f)
{
    struct rows *rows[1] = {NULL};
    enum fault_code code = block_queue(d, serial, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code)
        return code;
    code = block_open(rows[0], f);
    for (int i = 0; !code && i < rows_count(rows[0]); i++) {
        if (text_equal(rows_text(rows[0], i, BLOCK_KIND), "mortgage")) {
            to->prior = true;
        } else if (!to->ground) {
            mortgage_find(to, "enforcement", "%s since %s, %.100s, no. %.60s", rows_text(rows[0], i, BLOCK_KIND),
                          rows_text(rows[0], i, BLOCK_SINCE), rows_text(rows[0], i, BLOCK_SOURCE),
                          rows_text(rows[0], i, BLOCK_NUMBER));
        }
    }
    rows_free(rows[0]);
    return code;
}

static enum fault_code mortgage_look_at_register(struct database *d, const Lienthong__V1__Application *a,
                                                 struct parcel **ret_parcel, struct mortgage_finding *to,
                                                 struct fault *f)
{
    struct rows *rows[2] = {NULL}; /* lock, parcel */
    enum fault_code code = parcel_lock(d, a->certificate_serial, f);
    if (!code)
        code = parcel_queue(d, a->certificate_serial, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code)
        return code;
    rows_free(rows[0]);
    code = parcel_of(rows[1], ret_parcel, f);
    if (code)
        return code;
    if (!*ret_parcel)
        code = mortgage_look_at_district(d, a->district, to, f);
    if (!code && !to->ground)
        mortgage_compare(a, *ret_parcel, to);
    if (!code && !to->ground)
        code = mortgage_look_at_blocks(d, a->certificate_serial, to, f);
    return code;
}

/* The application of the delivery and the first ground that is found in it. Holds the unit's lock afterwards. */
static enum fault_code mortgage_look(struct database *d, const struct lt_delivery *delivery,
                                     Lienthong__V1__Application **ret, struct parcel **ret_parcel,
                                     struct mortgage_finding *to, struct fault *f)
{
    enum fault_code code = handlers_application(delivery, ret, f);
    *to = (struct mortgage_finding){0};
    if (code || !mortgage_look_at_file(*ret, to))
        return code;
    code = mortgage_look_for_forgery(d, *ret, to, f);
    return code || to->ground ? code : mortgage_look_at_register(d, *ret, ret_parcel, to, f);
}

/* --- land.mortgage.examine ----------------------------------------------------------------------------------------- */

static enum fault_code mortgage_record(struct database *d, const struct lt_delivery *delivery, const char *serial,
                                       const char *result, const char *text, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, delivery->step);
    parameters_uuid(p, delivery->dossier);
    parameters_instant(p, system_now());
    parameters_text(p, delivery->operation);
    parameters_text(p, serial);
    parameters_text(p, result);
    parameters_sealed_text(p, d, SEALED_AT(EXAMINATION_GROUNDS, uuid_bytes(&delivery->step)), text);
    return database_queue(d, record_sql, p, f);
}

/* The law that says so on the day of receipt; caller owns *ret. */
static enum fault_code mortgage_source(struct database *d, const struct lt_delivery *delivery, const char *ground,
                                       struct rows **ret, struct fault *f)
{
    char rule[64], day[DATE_TEXT_SIZE];
    OWNED(parameters) p = parameters_new();
    snprintf(rule, sizeof(rule), "mortgage.%s", ground);
    date_print(day_of_dossier(delivery->dossier), day);
    parameters_text(p, rule);
    parameters_text(p, day);
    if (database_run(d, rule_sql, p, ret, f))
        return f->code;
    return rows_count(*ret) > 0 ? FAULT_NONE : fault_set(f, FAULT_CONFIG, "no rule %s was in force on %s", rule, day);
}

static enum fault_code mortgage_answer(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                       const struct mortgage_finding *finding, const char *result, struct fault *f)
{
    Lienthong__V1__ConditionsResult conditions = LIENTHONG__V1__CONDITIONS_RESULT__INIT;
    OWNED(rows) source = NULL;
    char *grounds[1] = {(char *)(uintptr_t)finding->text};
    struct lt_fact_out facts[2] = {{"conditions.result", LT_TEXT, result, false},
                                   {"refusal.ground", LT_TEXT, finding->ground, false}};
    if (finding->ground && mortgage_source(lt_database(a), d, finding->ground, &source, f))
        return f->code;
    conditions.result = (char *)(uintptr_t)result;
    conditions.grounds = grounds;
    conditions.n_grounds = *finding->text != '\0';
    conditions.legal_basis = (char *)(uintptr_t)(source ? rows_text(source, 0, 0) : "");
    conditions.approver = (char *)(uintptr_t)land->approver;
    const struct lt_part_out part = {"conditions", &conditions.base};
    return lt_answer(
        a, d,
        &(struct lt_message){.parts = &part, .part_count = 1, .facts = facts, .fact_count = finding->ground ? 2 : 1},
        f);
}

/* A mortgage of another creditor takes its time once: who comes first is examined, and the delay states why. */
static enum fault_code mortgage_examine(struct lt_adapter *a, const struct lt_delivery *d, const struct land *land,
                                        struct fault *f)
{
    struct mortgage_finding finding;
    OWNED(parcel) parcel = NULL;
    Lienthong__V1__Application *application = NULL;
    enum fault_code code = mortgage_look(lt_database(a), d, &application, &parcel, &finding, f);
    if (code)
        return code;
    bool delayed = lt_part(d, "delay", NULL).data != NULL;
    const char *result = finding.ground ? "refuse" : finding.prior && !delayed ? "later" : "clear";
    if (text_equal(result, "later"))
        snprintf(finding.text, sizeof(finding.text), "a mortgage stands on the parcel: its rank is examined");
    code = mortgage_record(lt_database(a), d, application->certificate_serial, result, finding.text, f);
    return code ? code : mortgage_answer(a, d, land, &finding, result, f);
}

enum lt_result mortgage_on_examine(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    return handling_result(mortgage_examine(a, d, context, f));
}

/* --- land.mortgage.delay ------------------------------------------------------------------------------------------- */

enum lt_result mortgage_on_delay(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    const struct land *land = context;
    Lienthong__V1__ConditionsResult *conditions = NULL;
    Lienthong__V1__Apology delay = LIENTHONG__V1__APOLOGY__INIT;
    enum fault_code code = lt_part_unpack(d, "conditions", &lienthong__v1__conditions_result__descriptor,
                                          (ProtobufCMessage **)&conditions, f);
    if (!code && (conditions->n_grounds == 0 || text_empty(conditions->grounds[0])))
        code = fault_set(f, FAULT_REFUSED, "a delay needs a stated reason, and the examination states none");
    if (code)
        return handling_result(code);
    delay.reason = conditions->grounds[0];
    delay.officer = (char *)(uintptr_t)land->approver;
    const struct lt_part_out part = {"delay", &delay.base};
    return handling_result(lt_answer(a, d, &(struct lt_message){.parts = &part, .part_count = 1}, f));
}

/* --- land.mortgage.write ------------------------------------------------------------------------------------------- */

static enum fault_code mortgage_number(struct database *d, struct instant now, char ret[MORTGAGE_NUMBER_SIZE],
                                       struct fault *f)
{
    char counter[32];
    struct rows *rows[1] = {NULL};
    int year = day_year(day_of_instant(now));
    snprintf(counter, sizeof(counter), "mortgage-%d", year);
    enum fault_code code = counter_queue(d, counter, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (code)
        return fault_wrap(f, "next number");
    snprintf(ret, MORTGAGE_NUMBER_SIZE, "%06" PRId64 "/%d/TC", rows_integer(rows[0], 0, 0), year);
    rows_free(rows[0]);
    return FAULT_NONE;
}

/* The same contract is entered once. */
static enum fault_code mortgage_enter(struct database *d, const struct lt_delivery *delivery,
                                      const Lienthong__V1__Application *a, struct instant now,
                                      char number[MORTGAGE_NUMBER_SIZE], struct fault *f)
{
    const struct block_order order = {a->certificate_serial, "mortgage", a->transferee->full_name, a->contract->number};
    int64_t id = 0;
    bool fresh = false;
    OWNED(parameters) p = parameters_new();
    enum fault_code code = block_add(d, &order, &id, &fresh, f);
    if (!code && !fresh)
        code = fault_set(f, FAULT_REFUSED, "the mortgage contract %.60s is entered already", a->contract->number);
    if (!code)
        code = mortgage_number(d, now, number, f);
    if (code)
        return code;
    parameters_text(p, number);
    parameters_integer(p, id);
    parameters_uuid(p, delivery->dossier);
    parameters_uuid(p, delivery->step);
    parameters_instant(p, now);
    parameters_text(p, a->certificate_serial);
    return database_run(d, entry_sql, p, NULL, f);
}

static enum fault_code mortgage_answer_entry(struct lt_adapter *a, const struct lt_delivery *d,
                                             const struct parcel *parcel, const char *number, struct instant now,
                                             struct fault *f)
{
    char at[INSTANT_TEXT_SIZE];
    Lienthong__V1__Certificate certificate = LIENTHONG__V1__CERTIFICATE__INIT;
    instant_print(now, at);
    certificate.serial = (char *)(uintptr_t)parcel->serial;
    certificate.registered_at = at;
    certificate.holder_name = (char *)(uintptr_t)parcel->holder_name;
    certificate.district = (char *)(uintptr_t)parcel->district;
    certificate.sheet = (char *)(uintptr_t)parcel->sheet;
    certificate.parcel = (char *)(uintptr_t)parcel->number;
    certificate.area = (char *)(uintptr_t)parcel->area;
    certificate.entry = (char *)(uintptr_t)number;
    certificate.kind = (char *)(uintptr_t) "mortgage";
    const struct lt_part_out part = {"certificate", &certificate.base};
    return lt_answer(a, d, &(struct lt_message){.parts = &part, .part_count = 1}, f);
}

/* Check and entry are one act under the unit's lock. */
static enum fault_code mortgage_write(struct lt_adapter *a, const struct lt_delivery *d, struct fault *f)
{
    struct mortgage_finding finding;
    char number[MORTGAGE_NUMBER_SIZE];
    struct instant now = system_now();
    OWNED(parcel) parcel = NULL;
    Lienthong__V1__Application *application = NULL;
    enum fault_code code = mortgage_look(lt_database(a), d, &application, &parcel, &finding, f);
    if (code)
        return code;
    if (finding.ground) {
        code = mortgage_record(lt_database(a), d, application->certificate_serial, "blocked", finding.text, f);
        return code ? code : lt_answer(a, d, &(struct lt_message){.error = "blocked"}, f);
    }
    code = mortgage_enter(lt_database(a), d, application, now, number, f);
    return code ? code : mortgage_answer_entry(a, d, parcel, number, now, f);
}

enum lt_result mortgage_on_write(struct lt_adapter *a, const struct lt_delivery *d, void *context, struct fault *f)
{
    (void)context;
    return handling_result(mortgage_write(a, d, f));
}

enum fault_code mortgage_exists(struct database *d, struct uuid step, bool *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, step);
    enum fault_code code = database_run(d, exists_sql, p, &rows, f);
    if (!code)
        *ret = rows_yes(rows, 0, 0);
    return code;
}
