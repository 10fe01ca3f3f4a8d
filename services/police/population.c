#include "population.h"

#include "adapter/demo.h"
#include "base/text.h"
#include "database/sealed.h"

#define SEED_BATCH 1000
#define NUMBER_INDEX "police.person.personal_number"
#define CARD_INDEX "police.person.old_card_number"

static const struct sealed_column sealed[] = {{POPULATION_NUMBER, "police.person.personal_number"},
                                              {POPULATION_CARD, "police.person.old_card_number"},
                                              {POPULATION_NAME, "police.person.full_name"},
                                              {POPULATION_BIRTH, "police.person.birth_date"}};

static const char state_sql[] = "SELECT available, reason FROM police.service_state";
static const char by_number_sql[] =
    "SELECT personal_number, old_card_number, full_name, birth_date, number_index FROM police.person"
    " WHERE number_index = $1";
static const char by_card_sql[] =
    "SELECT personal_number, old_card_number, full_name, birth_date, number_index FROM police.person"
    " WHERE card_index = $1";
static const char log_sql[] =
    "INSERT INTO police.access (at, dossier, step, request_id, service_code, integration_code, unit_code, officer,"
    " procedure, person, outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
static const char seed_sql[] =
    "INSERT INTO police.person (personal_number, old_card_number, full_name, birth_date, number_index, card_index,"
    " demonstration) SELECT n, c, f, b, i, k, true FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[],"
    " $5::bytea[], $6::bytea[]) AS t(n, c, f, b, i, k)"
    " ON CONFLICT DO NOTHING";

enum fault_code population_available(struct database *d, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(d, state_sql, NULL, &rows, f);
    if (!code && !rows_yes(rows, 0, 0))
        code = fault_set(f, FAULT_AGAIN, "the population register is out of service: %s", rows_text(rows, 0, 1));
    return code;
}

static enum fault_code population_query(struct database *d, const char *sql, const char *index, const char *key,
                                        struct rows **ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_index(p, d, index, key);
    enum fault_code code = database_run(d, sql, p, &rows, f);
    if (!code)
        code = rows_open_all(rows, POPULATION_OWNER, sealed, LENGTH(sealed), f);
    if (!code)
        *ret = MOVE(rows);
    return code;
}

enum fault_code population_find(struct database *d, const Lienthong__V1__IdentitySubject *s, struct rows **ret,
                                struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = population_query(d, by_number_sql, NUMBER_INDEX, s->personal_number, &rows, f);
    if (!code && rows_count(rows) == 0 && !text_empty(s->old_card_number)) {
        rows = rows_free(rows);
        code = population_query(d, by_card_sql, CARD_INDEX, s->old_card_number, &rows, f);
    }
    if (!code)
        *ret = MOVE(rows);
    return code;
}

enum fault_code population_log(struct database *d, const struct population_access *a,
                               const Lienthong__V1__IdentitySubject *s, const char *person, const char *outcome,
                               struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_instant(p, a->now);
    parameters_uuid(p, a->dossier);
    parameters_uuid(p, a->step);
    parameters_text(p, s->request_id);
    parameters_text(p, s->service_code);
    parameters_text(p, s->integration_code);
    parameters_text(p, s->unit_code);
    parameters_text(p, a->officer);
    parameters_text(p, a->procedure);
    parameters_index(p, d, NUMBER_INDEX, person);
    parameters_text(p, outcome);
    return database_queue(d, log_sql, p, f);
}

static enum fault_code population_seed_batch(struct database *d, unsigned first, unsigned last, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    struct column *columns[LENGTH(sealed) + 2];
    for (size_t k = 0; k < LENGTH(columns); k++)
        columns[k] = column_new(COLUMN_BYTES);
    for (unsigned i = first; i <= last; i++) {
        struct demo_person person;
        demo_person_make(i, &person);
        const char *const values[LENGTH(sealed)] = {person.personal_number, person.old_card_number, person.full_name,
                                                    person.birth_date};
        struct digest owner = sealed_index(d, NUMBER_INDEX, person.personal_number);
        for (size_t k = 0; k < LENGTH(sealed); k++)
            column_sealed_text(columns[k], d, SEALED_AT(sealed[k].place, digest_bytes(&owner)), values[k]);
        column_index(columns[LENGTH(sealed)], d, NUMBER_INDEX, person.personal_number);
        column_index(columns[LENGTH(sealed) + 1], d, CARD_INDEX, person.old_card_number);
    }
    for (size_t k = 0; k < LENGTH(columns); k++) {
        parameters_column(p, columns[k]);
        column_free(columns[k]);
    }
    return database_run(d, seed_sql, p, NULL, f);
}

enum fault_code population_seed(struct database *d, unsigned count, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (unsigned first = 1; !code && first <= count; first += SEED_BATCH)
        code = population_seed_batch(d, first, first + SEED_BATCH - 1 < count ? first + SEED_BATCH - 1 : count, f);
    return code;
}
