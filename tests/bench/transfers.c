/* Carries whole land transfers through a running world: submits COUNT dossiers with PARALLEL requests under way, plays officer and
 * postman, waits until every dossier has ended, and prints one JSON object with the times. deploy/bench.sh starts it.
 *   bench-transfers INTAKE_URL DESK_TOKEN POSTAL_URL POSTAL_TOKEN ROUTER_CONNECTION COUNT PARALLEL FIRST_PARCEL */
#include "adapter/demo.h"
#include "base/memory.h"
#include "base/system.h"
#include "base/text.h"
#include "database/database.h"
#include "web/client.h"

#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ACTS_MAX 64 /* an officer's or postman's requests under way */
#define LOOK_MS 50
#define COUNT_MS 500
#define STALLED_MS 60000

struct bench {
    struct client *client;
    const char *intake, *postal;
    char desk_header[300], postal_header[300];
    unsigned count, parallel, first, sent, answered, failed, acts;
    int64_t *latency_us;
    json_t *known; /* steps and items that somebody acts on already */
    bool looking_tasks, looking_items;
};

struct act {
    struct bench *bench;
    int64_t started_us;
    unsigned number;
    char id[64];
    int scan;
};

static const char *const SCANS[] = {"pickup", "transit", "delivered"};

static void scan_next(struct bench *b, const char *id, int scan);

static void call(struct bench *b, const char *method, const char *url, const char *const *headers, const char *body,
                 void (*done)(const struct client_answer *, void *), void *context)
{
    struct fault f = {0};
    if (client_call(b->client, method, url, headers, bytes_of_text(body), done, context, &f) == FAULT_NONE)
        return;
    struct client_answer none = {.fault = f};
    done(&none, context);
}

static void complain(const char *what, const struct client_answer *a)
{
    fprintf(stderr, "%s: status %d %.*s %s\n", what, a->status, (int)(a->body.size < 300 ? a->body.size : 300),
            a->body.data ? (const char *)a->body.data : "", a->status ? "" : a->fault.text);
}

/* --- The citizen -------------------------------------------------------------------------------------------------- */

static json_t *party(unsigned number)
{
    struct demo_person p;
    demo_person_make(number, &p);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "person", "full_name", p.full_name, "birth_date",
                     p.birth_date, "personal_number", p.personal_number, "tax_number", p.tax_number, "address",
                     p.address);
}

static char *submission(unsigned number)
{
    struct demo_parcel parcel;
    struct demo_person buyer;
    demo_parcel_make(number, &parcel);
    demo_person_make(parcel.buyer, &buyer);
    json_t *json = json_pack("{s:s, s:s, s:o, s:o, s:{s:s, s:s, s:s}, s:s, s:s, s:s, s:{s:s, s:s, s:s, s:s}}",
                             "procedure", "1.013831", "channel", "online", "applicant", party(parcel.holder),
                             "transferee", party(parcel.buyer), "contract", "number", parcel.contract_number, "date",
                             parcel.contract_date, "value", parcel.contract_value, "certificate_serial", parcel.serial,
                             "area", parcel.area, "district", parcel.district, "delivery", "method", "post", "name",
                             buyer.full_name, "address", buyer.address, "telephone", buyer.telephone);
    json_object_set_new(json, "parcel", json_sprintf("%s/%s", parcel.sheet, parcel.number));
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

static void on_submitted(const struct client_answer *a, void *context)
{
    struct act *act = context;
    struct bench *b = act->bench;
    if (a->status == 201)
        b->latency_us[b->answered++] = system_now().us - act->started_us;
    else {
        b->failed++;
        complain("submission", a);
    }
    free(act);
}

static void submit(struct bench *b)
{
    char key[80], url[300];
    struct act *act = memory_new(sizeof(*act));
    *act = (struct act){.bench = b, .number = b->first + b->sent++, .started_us = system_now().us};
    snprintf(key, sizeof(key), "Idempotency-Key: bench-%d-%u", (int)getpid(), act->number);
    snprintf(url, sizeof(url), "%s/v1/dossiers", b->intake);
    const char *const headers[] = {"Content-Type: application/json", key, NULL};
    OWNED_MEMORY char *body = submission(act->number);
    call(b, "POST", url, headers, body, on_submitted, act);
}

/* --- The officer -------------------------------------------------------------------------------------------------- */

static void on_answered(const struct client_answer *a, void *context)
{
    struct act *act = context;
    act->bench->acts--;
    if (a->status != 200) {
        complain("answer", a);
        json_object_del(act->bench->known, act->id);
    }
    free(act);
}

static bool take(struct bench *b, const char *id)
{
    if (b->acts >= ACTS_MAX || !id || json_object_get(b->known, id))
        return false;
    json_object_set_new(b->known, id, json_true());
    b->acts++;
    return true;
}

static void on_tasks(const struct client_answer *a, void *context)
{
    struct bench *b = context;
    const char *const headers[] = {"Content-Type: application/json", b->desk_header, NULL};
    json_t *json = json_loadb((const char *)a->body.data, a->body.size, 0, NULL), *task;
    size_t index;
    b->looking_tasks = false;
    json_array_foreach(json_object_get(json, "tasks"), index, task)
    {
        const char *step = json_string_value(json_object_get(task, "step"));
        char url[400];
        if (!take(b, step))
            continue;
        struct act *act = memory_new(sizeof(*act));
        act->bench = b;
        text_copy(act->id, sizeof(act->id), step);
        snprintf(url, sizeof(url), "%s/v1/desk/tasks/%s/answer", b->intake, step);
        call(b, "POST", url, headers, "{\"officer\":\"D-007\",\"decision\":\"accept\"}", on_answered, act);
    }
    json_decref(json);
}

/* --- The postman -------------------------------------------------------------------------------------------------- */

static void on_scanned(const struct client_answer *a, void *context)
{
    struct act *act = context;
    if (a->status != 200) {
        complain("scan", a);
        json_object_del(act->bench->known, act->id);
        act->bench->acts--;
    } else if (act->scan + 1 < (int)LENGTH(SCANS)) {
        scan_next(act->bench, act->id, act->scan + 1);
    } else {
        act->bench->acts--;
    }
    free(act);
}

static void scan_next(struct bench *b, const char *id, int scan)
{
    char url[400], body[120];
    const char *const headers[] = {"Content-Type: application/json", b->postal_header, NULL};
    struct act *act = memory_new(sizeof(*act));
    *act = (struct act){.bench = b, .scan = scan};
    text_copy(act->id, sizeof(act->id), id);
    snprintf(url, sizeof(url), "%s/items/%s/events", b->postal, id);
    snprintf(body, sizeof(body), "{\"kind\":\"%s\",\"place\":\"My Tho\",\"signer\":\"buyer\"}", SCANS[scan]);
    call(b, "POST", url, headers, body, on_scanned, act);
}

static void on_items(const struct client_answer *a, void *context)
{
    struct bench *b = context;
    json_t *json = json_loadb((const char *)a->body.data, a->body.size, 0, NULL), *item;
    size_t index;
    b->looking_items = false;
    json_array_foreach(json_object_get(json, "items"), index, item)
    {
        const char *id = json_string_value(json_object_get(item, "id"));
        if (take(b, id))
            scan_next(b, id, 0);
    }
    json_decref(json);
}

/* --- The run ------------------------------------------------------------------------------------------------------ */

static void look(struct bench *b)
{
    char url[300];
    const char *const desk[] = {b->desk_header, NULL}, *const postal[] = {b->postal_header, NULL};
    if (!b->looking_tasks && b->acts < ACTS_MAX) {
        b->looking_tasks = true;
        snprintf(url, sizeof(url), "%s/v1/desk/tasks?operation=desk.accept&limit=200", b->intake);
        call(b, "GET", url, desk, "", on_tasks, b);
    }
    if (!b->looking_items && b->acts < ACTS_MAX) {
        b->looking_items = true;
        snprintf(url, sizeof(url), "%s/items", b->postal);
        call(b, "GET", url, postal, "", on_items, b);
    }
}

static int64_t ended(struct database *d, int64_t since_us, struct fault *f)
{
    static const char sql[] = "SELECT count(*) FROM dossier WHERE ended_at IS NOT NULL AND opened_at >= $1";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_instant(p, (struct instant){since_us});
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return -1;
    return rows_integer(rows, 0, 0);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int report(struct bench *b, struct database *d, int64_t started_us, int64_t finished_us, struct fault *f)
{
    static const char sql[] = "SELECT count(*) FILTER (WHERE kind = 2), count(*) FROM event WHERE arrived >= $1";
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_instant(p, (struct instant){started_us});
    if (database_run(d, sql, p, &rows, f) != FAULT_NONE)
        return fprintf(stderr, "%s\n", f->text), 1;
    double seconds = (double)(finished_us - started_us) / 1e6;
    qsort(b->latency_us, b->answered, sizeof(int64_t), compare);
    double p50 = (double)b->latency_us[b->answered / 2] / 1e3;
    double p99 = (double)b->latency_us[(uint64_t)b->answered * 99 / 100] / 1e3;
    printf("{\"dossiers\": %u, \"seconds\": %.2f, \"dossiers_per_second\": %.1f, \"steps_per_second\": %.1f, "
           "\"events_per_second\": %.1f, \"submission_p50_ms\": %.1f, \"submission_p99_ms\": %.1f}\n",
           b->answered, seconds, b->answered / seconds, (double)rows_integer(rows, 0, 0) / seconds,
           (double)rows_integer(rows, 0, 1) / seconds, p50, p99);
    return b->failed == 0 ? 0 : 1;
}

static int run(struct bench *b, struct database *d, struct fault *f)
{
    int64_t started_us = system_now().us, look_ms = 0, count_ms = 0, moved_ms = system_monotonic_ms(), done = 0;
    while (done < b->count - b->failed) {
        int64_t now = system_monotonic_ms();
        while (b->sent < b->count && b->sent - b->answered - b->failed < b->parallel)
            submit(b);
        if (now >= look_ms) {
            look(b);
            look_ms = now + LOOK_MS;
        }
        if (now >= count_ms) {
            int64_t before = done;
            done = ended(d, started_us, f);
            if (done < 0)
                return fprintf(stderr, "%s\n", f->text), 1;
            moved_ms = done > before ? now : moved_ms;
            count_ms = now + COUNT_MS;
            if (isatty(STDERR_FILENO))
                fprintf(stderr, "\r%u submitted, %" PRId64 " ended ", b->answered, done);
        }
        if (now - moved_ms > STALLED_MS)
            return fprintf(stderr, "no dossier ended for %d s: %" PRId64 " of %u did\n", STALLED_MS / 1000, done,
                           b->count),
                   1;
        struct pollfd poll_one = {.fd = client_socket(b->client), .events = POLLIN};
        (void)poll(&poll_one, 1, 5);
        client_turn(b->client);
    }
    return report(b, d, started_us, system_now().us, f);
}

int main(int argc, char **argv)
{
    struct fault f = {0};
    OWNED(database) d = NULL;
    if (argc != 9)
        return fprintf(stderr,
                       "usage: %s INTAKE_URL DESK_TOKEN POSTAL_URL POSTAL_TOKEN ROUTER_CONNECTION COUNT PARALLEL "
                       "FIRST_PARCEL\n",
                       argv[0]),
               2;
    struct bench b = {.intake = argv[1],
                      .postal = argv[3],
                      .count = (unsigned)strtoul(argv[6], NULL, 10),
                      .parallel = (unsigned)strtoul(argv[7], NULL, 10),
                      .first = (unsigned)strtoul(argv[8], NULL, 10)};
    snprintf(b.desk_header, sizeof(b.desk_header), "Authorization: Bearer %s", argv[2]);
    snprintf(b.postal_header, sizeof(b.postal_header), "Authorization: Bearer %s", argv[4]);
    b.latency_us = memory_array(b.count + 1, sizeof(int64_t));
    b.known = json_object();
    struct client_limits limits = {.connect_ms_max = 5000,
                                   .total_ms_max = 60000,
                                   .body_size_max = 16 << 20,
                                   .parallel_max = b.parallel + ACTS_MAX + 4};
    if (client_open(limits, &b.client, &f) != FAULT_NONE ||
        database_open(argv[5], "bench", 60000, &d, &f) != FAULT_NONE)
        return fprintf(stderr, "%s\n", f.text), 1;
    int status = run(&b, d, &f);
    b.client = client_free(b.client);
    json_decref(b.known);
    free(b.latency_us);
    return status;
}
