#include "slip.h"

#include "adapter/day.h"
#include "base/text.h"
#include "counter.h"
#include "database/sealed.h"

#include <inttypes.h>
#include <stdio.h>

static const char add_sql[] = "INSERT INTO land.slip (number, dossier, step, at) VALUES ($1, $2, $3, $4)";

static const char count_sql[] = "SELECT count(*) FROM land.slip WHERE dossier = $1";
static const char reject_sql[] = "UPDATE land.slip SET rejection = $3 WHERE number = $1 AND dossier = $2";

/* A slip that is like the one before would be rejected like it, for ever. COUNT: count_sql's result. */
static enum fault_code slip_check_count(const struct rows *count, struct fault *f)
{
    if (rows_integer(count, 0, 0) < SLIPS_MAX)
        return FAULT_NONE;
    return fault_set(
        f, FAULT_REFUSED,
        "tax rejected %d slips of this dossier: have the application looked at; the reasons stand in land.slip, sealed",
        SLIPS_MAX);
}

/* What was given before, and the next number, which a refusal gives back. */
static enum fault_code slip_read(struct database *d, struct uuid dossier, int year, int64_t *ret_next, struct fault *f)
{
    char counter[32];
    struct rows *rows[2] = {NULL}; /* count, next */
    OWNED(parameters) p = parameters_new();
    parameters_uuid(p, dossier);
    snprintf(counter, sizeof(counter), "slip-%d", year);
    enum fault_code code = database_queue(d, count_sql, p, f);
    if (!code)
        code = counter_queue(d, counter, f);
    if (!code)
        code = database_flush(d, rows, LENGTH(rows), f);
    if (!code)
        code = slip_check_count(rows[0], f);
    if (!code)
        *ret_next = rows_integer(rows[1], 0, 0);
    rows_free(rows[0]);
    rows_free(rows[1]);
    return code;
}

enum fault_code slip_reject(struct database *d, struct uuid dossier, const Lienthong__V1__SlipRejection *rejection,
                            struct fault *f)
{
    OWNED_BUFFER reasons = BUFFER(SLIP_REJECTION_SIZE_MAX);
    OWNED(parameters) p = parameters_new();
    for (size_t i = 0; i < rejection->n_reasons; i++) {
        enum fault_code code = buffer_print(&reasons, f, "%s%.200s", i ? "; " : "", rejection->reasons[i]);
        if (code)
            return fault_wrap(f, "slip-rejection");
    }
    parameters_text(p, rejection->slip);
    parameters_uuid(p, dossier);
    parameters_sealed_text(p, d, SEALED_AT("land.slip.rejection", bytes_of_text(rejection->slip)),
                           reasons.data ? (const char *)reasons.data : "");
    return database_queue(d, reject_sql, p, f);
}

enum fault_code slip_number(struct database *d, struct uuid dossier, struct uuid step, struct instant now,
                            char ret[SLIP_NUMBER_SIZE], struct fault *f)
{
    int64_t next = 0;
    int year = day_year(day_of_instant(now));
    OWNED(parameters) p = parameters_new();
    enum fault_code code = slip_read(d, dossier, year, &next, f);
    if (code)
        return code;
    snprintf(ret, SLIP_NUMBER_SIZE, "%06" PRId64 "/%d/PCTT", next, year);
    parameters_text(p, ret);
    parameters_uuid(p, dossier);
    parameters_uuid(p, step);
    parameters_instant(p, now);
    return database_queue(d, add_sql, p, f);
}

/* Tax needs who they are, not how to reach them. */
static void slip_copy_party(Lienthong__V1__Party *to, const Lienthong__V1__Party *from)
{
    lienthong__v1__party__init(to);
    to->kind = from->kind;
    to->full_name = from->full_name;
    to->birth_date = from->birth_date;
    to->personal_number = from->personal_number;
    to->old_card_number = from->old_card_number;
    to->tax_number = from->tax_number;
    to->address = from->address;
}

static void slip_name_files(struct slip *s, const Lienthong__V1__Application *application,
                            const Lienthong__V1__HeldDocuments *held, int32_t received)
{
    s->files = memory_array(application->n_documents + 1, sizeof(*s->files));
    s->types = memory_array(application->n_documents + 1, sizeof(*s->types));
    for (size_t i = 0; i < application->n_documents; i++) {
        const Lienthong__V1__DocumentReference *document = application->documents[i];
        if (!document_is_there(document, held, received))
            continue;
        s->types[s->message.n_file_types++] = document->type;
        s->files[s->message.n_file_list++] = text_empty(document->name) ? document->type : document->name;
    }
    s->message.file_types = s->types;
    s->message.file_list = s->files;
}

enum fault_code slip_fill(struct slip *s, const Lienthong__V1__Application *application,
                          const Lienthong__V1__HeldDocuments *held, const Lienthong__V1__ParcelExtract *extract,
                          const struct parcel *parcel, int32_t received, struct fault *f)
{
    Lienthong__V1__TransferSlip *m = &s->message;
    s->files = s->types = NULL;
    lienthong__v1__transfer_slip__init(m);
    if (!application->applicant || !application->transferee || !application->contract)
        return fault_set(f, FAULT_MALFORMED, "the application lacks a party or the contract");
    slip_copy_party(&s->transferor, application->applicant);
    slip_copy_party(&s->transferee, application->transferee);
    date_print(received, s->received);
    slip_name_files(s, application, held, received);
    m->number = s->number;
    m->transferor = &s->transferor;
    m->transferee = &s->transferee;
    m->district = extract->district;
    m->sheet = extract->sheet;
    m->parcel = extract->parcel;
    m->area = extract->area;
    m->location = (char *)parcel->location;
    m->levy_owed = (char *)parcel->levy_owed;
    m->value = application->contract->value;
    m->received_date = s->received;
    m->n_exemption_claims = application->n_exemption_claims;
    m->exemption_claims = application->exemption_claims;
    m->land_use = extract->land_use;
    return FAULT_NONE;
}

enum fault_code slip_fill_levy(struct slip *s, const Lienthong__V1__Application *application,
                               const struct parcel *parcel, int32_t received, struct fault *f)
{
    Lienthong__V1__TransferSlip *m = &s->message;
    s->files = s->types = NULL;
    lienthong__v1__transfer_slip__init(m);
    if (!application->applicant)
        return fault_set(f, FAULT_MALFORMED, "the application names no applicant");
    slip_copy_party(&s->transferor, application->applicant);
    date_print(received, s->received);
    m->levy_only = true;
    m->number = s->number;
    m->transferor = &s->transferor;
    m->district = (char *)parcel->district;
    m->sheet = (char *)parcel->sheet;
    m->parcel = (char *)parcel->number;
    m->area = (char *)parcel->area;
    m->land_use = (char *)parcel->land_use;
    m->location = (char *)parcel->location;
    m->levy_owed = (char *)parcel->levy_owed;
    m->received_date = s->received;
    return FAULT_NONE;
}

void slip_clear(struct slip *s)
{
    memory_cleanup(&s->files);
    memory_cleanup(&s->types);
}
