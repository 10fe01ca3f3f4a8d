#include "adapter/inside.h"

#include "adapter/arrivals.h"
#include "adapter/courier.h"
#include "adapter/credentials.h"
#include "adapter/duties.h"
#include "adapter/keyring.h"
#include "adapter/prompt.h"
#include "adapter/drafts.h"
#include "adapter/enquiry.h"
#include "adapter/program_report.h"
#include "adapter/readers.h"
#include "base/memory.h"
#include "base/points.h"
#include "database/grants.h"
#include "base/system.h"
#include "session/backoff.h"
#include "session/poll.h"

#include <stdlib.h>

#define ADAPTER_JOURNAL_TRIES 3
#define ADAPTER_RUN_WAIT_MS 1000
#define ADAPTER_PACE_MS 4 /* between two transactions of a kind: under load they become fewer and fuller */
#define ADAPTER_FAULT_PAUSE_MS 100
/* Finished rows are thinned in pages, which do not keep the present waiting. */
#define ADAPTER_THIN_MS 60000
#define ADAPTER_THIN_MORE_MS 1000
#define ADAPTER_IDS_MAX 4095 /* in 12 bits; beyond, those of one millisecond are in no order */
/* A database that is back is found soon, however long it was away: nothing else can go on, and asking costs little. */
#define ADAPTER_DATABASE_PAUSE_MS 250
#define ADAPTER_DATABASE_PAUSE_MAX_MS 5000

/* --- Small things for its files -------------------------------------------------------------------------------------------- */

struct instant instant_after_ms(struct instant at, int64_t ms)
{
    return (struct instant){at.us + ms * 1000};
}

uint64_t adapter_random(void)
{
    uint64_t random;

    system_random(&random, sizeof(random));
    return random;
}

/* RFC 9562, section 6.2, method 1: a counter in front of what is random. A receipt and its answer are made in one turn. */
struct uuid adapter_message_id(struct lt_adapter *a)
{
    uint8_t random[10];

    if (a->ids_at_ms != a->now.us / 1000)
        a->ids = 0;
    a->ids_at_ms = a->now.us / 1000;
    system_random(random, sizeof(random));
    random[0] = (uint8_t)(a->ids >> 8);
    random[1] = (uint8_t)a->ids;
    a->ids += a->ids < ADAPTER_IDS_MAX;
    return uuid_v7(a->now, random);
}

int64_t adapter_backoff_ms(const struct lt_adapter *a, unsigned attempts)
{
    return backoff_ms(a->settings.retry_ms_min, a->settings.retry_ms_max, attempts, adapter_random());
}

static void adapter_read_clock(struct lt_adapter *a)
{
    a->now = system_now();
    a->now_ms = system_monotonic_ms();
}

/* --- Life -------------------------------------------------------------------------------------------------------------------- */

/* A program that could change what is append-only, or the tables themselves, says so. */
static enum fault_code adapter_look_at_role(struct lt_adapter *a, struct fault *f)
{
    bool owner = false;
    enum fault_code code = grants_owns(a->database, "lienthong.inbox", &owner, f);
    if (!code && owner)
        report_event(
            LOG_WARNING, "DATABASE-OWNER",
            "the program runs as the owner of its tables, or as a superuser: give it a role of its own and set "
            "database.owner for --migrate",
            NULL);
    return code;
}

static enum fault_code adapter_open(struct lt_adapter *a, const struct config *c, struct fault *f)
{
    const char *connection = config_text(c, "database.connection");

    enum fault_code code = credentials_open(c, a->agency, a->now, &a->credentials, f);
    if (!code)
        code = keyring_load(c, &a->vault, f);
    if (!code)
        code = journal_migrate(connection, f);
    if (!code)
        code = database_open(connection, a->software, (int)config_integer(c, "database.statement_timeout"),
                             &a->database, f);
    if (!code)
        code = keyring_give(c, a->vault, a->database, f);
    if (!code)
        code = adapter_look_at_role(a, f);
    if (code)
        return code;
    database_set_watch(a->database, (struct database_watch){drafts_on_moment, a});
    a->journal = journal_postgres(a->database);
    a->arrivals = arrivals_new(a);
    a->enquiry = enquiry_new(a);
    code = poll_context_new(&a->zmq, f);
    if (!code)
        code = readers_open(a, &a->readers, f);
    return code ? code : courier_open(a, c, &a->courier, f);
}

enum fault_code lt_open(const struct config *c, const char *software, const struct lt_handlers *handlers,
                        struct lt_adapter **ret, struct fault *f)
{
    struct lt_adapter *a = memory_new(sizeof(*a));

    a->agency = memory_text(config_text(c, "agency"));
    a->software = memory_text(software);
    a->handlers = *handlers;
    a->settings = (struct adapter_settings){.resend_ms = config_integer(c, "journal.resend"),
                                            .retry_ms_min = config_integer(c, "journal.retry_min"),
                                            .retry_ms_max = config_integer(c, "journal.retry_max"),
                                            .poll_ms = config_integer(c, "journal.poll"),
                                            .keep_days = config_integer(c, "journal.keep_days")};
    adapter_read_clock(a);
    enum fault_code code = adapter_open(a, c, f);
    if (code) {
        lt_free(a);
        return fault_wrap(f, "opening %s", software);
    }
    *ret = a;
    return FAULT_NONE;
}

struct lt_adapter *lt_free(struct lt_adapter *a)
{
    if (!a)
        return NULL;
    drafts_forget(a);
    free(a->drafts);
    courier_free(a->courier);
    readers_free(a->readers);
    enquiry_free(a->enquiry);
    arrivals_free(a->arrivals);
    journal_free(a->journal);
    database_free(a->database);
    vault_free(a->vault);
    credentials_free(a->credentials);
    poll_context_free(a->zmq);
    free(a->agency);
    free(a->software);
    free(a);
    return NULL;
}

struct database *lt_database(struct lt_adapter *a)
{
    return a->database;
}

const char *lt_agency(const struct lt_adapter *a)
{
    return a->agency;
}

void lt_add_source(struct lt_adapter *a, struct lt_source source)
{
    if (a->source_count == LT_SOURCES_MAX) {
        struct fault f;
        fault_set(&f, FAULT_LIMIT, "more than %d sources for the adapter's loop", LT_SOURCES_MAX);
        report_fault(LOG_ERROR, "ADAPTER-SOURCES", &f);
        abort();
    }
    a->sources[a->source_count++] = source;
}

/* --- Journalling ------------------------------------------------------------------------------------------------------------- */

/* What has no harm in being forgotten (it would be sent and acknowledged again) need not wait for the disk. */
static const char adapter_lazily_sql[] = "SET LOCAL synchronous_commit = off";

static bool is_programs_own(Lienthong__V1__MessageKind kind)
{
    return kind == KIND(SUBMISSION) || kind == KIND(ANSWER) || kind == KIND(EVENT);
}

static enum fault_code journal_one_refusal(struct lt_adapter *a, const struct courier_refusal *r,
                                           Lienthong__V1__MessageKind *ret_kind, struct fault *f)
{
    unsigned attempts = 0;

    *ret_kind = KIND(UNSPECIFIED);
    if (!r->retryable)
        return journal_refuse(a->journal, r->message, r->code, r->text, a->now, ret_kind, f);
    enum fault_code code = journal_attempts(a->journal, r->message, &attempts, f);
    if (code || !attempts)
        return code;
    int64_t pause = adapter_backoff_ms(a, attempts);
    if (pause < r->retry_after_ms)
        pause = r->retry_after_ms;
    return journal_postpone(a->journal, r->message, r->code, r->text, instant_after_ms(a->now, pause), f);
}

/* What a journalling transaction found out, to be told once it is committed. */
struct findings {
    struct journal_settled *acknowledged;
    Lienthong__V1__MessageKind *refused; /* by index of courier_heard */
    size_t acknowledged_count;
};

static enum fault_code journal_heard(struct lt_adapter *a, const struct courier_heard *heard, struct findings *found,
                                     struct fault *f)
{
    enum fault_code code = FAULT_NONE;

    if (heard->acknowledged_count)
        code = journal_acknowledge(a->journal, heard->acknowledged, heard->acknowledged_count, a->now,
                                   found->acknowledged, &found->acknowledged_count, f);
    if (!code && heard->lost_count) {
        code = journal_release(a->journal, heard->lost, heard->lost_count, a->now, f);
        a->outbox_due_at_ms = a->now_ms;
    }
    for (size_t i = 0; !code && i < heard->refused_count; i++)
        code = journal_one_refusal(a, &heard->refused[i], &found->refused[i], f);
    return code;
}

static enum fault_code journal_all(struct lt_adapter *a, const struct courier_heard *heard, bool prompt,
                                   struct findings *found, struct fault *f)
{
    size_t arrivals = arrivals_count(a->arrivals);

    found->acknowledged_count = 0;
    enum fault_code code = database_begin(a->database, f);
    if (!code && !arrivals && !heard->refused_count)
        code = database_queue(a->database, adapter_lazily_sql, NULL, f);
    if (!code) /* before what arrives: the receipt of a repeated delivery is due again although it was acknowledged */
        code = journal_heard(a, heard, found, f);
    if (!code && arrivals)
        code = prompt ? prompt_handle(a, f) : arrivals_journal(a->arrivals, f);
    if (!code && arrivals)
        point_pass("adapter.before-journal");
    if (!code)
        code = database_commit(a->database, f);
    if (code)
        database_rollback(a->database);
    return code;
}

/* Handled at once when that can be; else journalled, to be handled with all care. */
static enum fault_code journal_or_handle(struct lt_adapter *a, const struct courier_heard *heard,
                                         struct findings *found, struct fault *f)
{
    bool arrivals = arrivals_count(a->arrivals) > 0;

    if (arrivals && prompt_may(a)) {
        enum fault_code code = journal_all(a, heard, true, found, f);
        prompt_end(a, code);
        if (!code || !database_alive(a->database))
            return code;
    }
    if (arrivals)
        a->inbox_due_at_ms = a->now_ms;
    return journal_all(a, heard, false, found, f);
}

static void tell_program(struct lt_adapter *a, const struct courier_heard *heard, const struct findings *found)
{
    char id[UUID_TEXT_SIZE];

    for (size_t i = 0; i < found->acknowledged_count; i++)
        if (is_programs_own(found->acknowledged[i].kind) && a->handlers.on_acknowledged)
            a->handlers.on_acknowledged(a, found->acknowledged[i].message, a->handlers.context);
    for (size_t i = 0; i < heard->refused_count; i++) {
        const struct courier_refusal *r = &heard->refused[i];
        uuid_print(r->message, id);
        report_event(r->retryable ? LOG_INFO : LOG_WARNING, r->retryable ? "MESSAGE-LATER" : "MESSAGE-REFUSED", r->text,
                     "message", id, "code", refusal_name(r->code), NULL);
        if (is_programs_own(found->refused[i]) && a->handlers.on_refused)
            a->handlers.on_refused(a, r->message, r->code, r->text, a->handlers.context);
    }
}

/* A delivery that the database cannot store must not hold up the others for ever. */
static void journal_failed(struct lt_adapter *a, const struct fault *f)
{
    if (!database_alive(a->database))
        return;
    if (++a->journal_failures < ADAPTER_JOURNAL_TRIES || !arrivals_count(a->arrivals))
        return;
    arrivals_drop_first(a->arrivals, f);
    a->journal_failures = 0;
}

static enum fault_code turn_journal(struct lt_adapter *a, struct fault *f)
{
    const struct courier_heard *heard = courier_heard(a->courier);
    size_t arrivals = arrivals_count(a->arrivals);

    if (!arrivals && !heard->acknowledged_count && !heard->lost_count && !heard->refused_count)
        return FAULT_NONE;
    if (a->now_ms < a->journal_paced_until_ms && arrivals < LT_BATCH_MAX)
        return FAULT_NONE;
    a->journal_paced_until_ms = a->now_ms + ADAPTER_PACE_MS;
    if (readers_pending(a->readers) && arrivals < LT_BATCH_MAX)
        return FAULT_NONE;
    OWNED_MEMORY struct journal_settled *acknowledged =
        memory_array(heard->acknowledged_count + 1, sizeof(*acknowledged));
    OWNED_MEMORY Lienthong__V1__MessageKind *refused = memory_array(heard->refused_count + 1, sizeof(*refused));
    struct findings found = {.acknowledged = acknowledged, .refused = refused};
    enum fault_code code = journal_or_handle(a, heard, &found, f);
    if (code) {
        journal_failed(a, f);
        return fault_wrap(f, "journalling");
    }
    a->journal_failures = 0;
    if (arrivals) {
        point_pass("adapter.after-journal");
        arrivals_committed(a->arrivals);
        drafts_post(a);
        point_pass("adapter.before-receipt");
    }
    tell_program(a, heard, &found);
    courier_heard_done(a->courier);
    return FAULT_NONE;
}

/* --- Handling and sending ------------------------------------------------------------------------------------------------------- */

static enum fault_code turn_inbox(struct lt_adapter *a, struct fault *f)
{
    size_t count = 0;

    if (a->now_ms < a->inbox_due_at_ms || a->now_ms < a->inbox_paced_until_ms)
        return FAULT_NONE;
    enum fault_code code = duties_turn(a, &count, f);
    a->inbox_paced_until_ms = count == LT_BATCH_MAX ? 0 : a->now_ms + ADAPTER_PACE_MS;
    a->inbox_due_at_ms = a->now_ms + (count ? 0 : code ? ADAPTER_FAULT_PAUSE_MS : a->settings.poll_ms);
    return code;
}

static enum fault_code claim_page(struct lt_adapter *a, struct journal_page *page, struct fault *f)
{
    struct instant lease = instant_after_ms(a->now, a->settings.resend_ms);

    enum fault_code code = database_begin(a->database, f);
    if (!code)
        code = database_queue(a->database, adapter_lazily_sql, NULL, f);
    if (!code)
        code = journal_claim(a->journal, a->now, lease, courier_room(a->courier), page, f);
    if (!code)
        code = database_commit(a->database, f);
    if (code)
        database_rollback(a->database);
    return code;
}

static enum fault_code turn_outbox(struct lt_adapter *a, struct fault *f)
{
    if (a->now_ms < a->outbox_due_at_ms || !courier_open_count(a->courier) ||
        courier_room(a->courier) < JOURNAL_PAGE_MAX)
        return FAULT_NONE;
    OWNED_MEMORY struct journal_page *page = memory_new(sizeof(*page));
    enum fault_code code = claim_page(a, page, f);
    a->outbox_due_at_ms = a->now_ms + (code                              ? ADAPTER_FAULT_PAUSE_MS
                                       : page->count == JOURNAL_PAGE_MAX ? 0
                                                                         : a->settings.poll_ms);
    if (code)
        return fault_wrap(f, "sending");
    for (size_t i = 0; i < page->count; i++)
        courier_post(a->courier, page->of[i].message, page->of[i].dossier, page->of[i].envelope);
    return FAULT_NONE;
}

static enum fault_code turn_refusals(struct lt_adapter *a, struct fault *f)
{
    if (!a->refusals_due)
        return FAULT_NONE;
    enum fault_code code = duties_tell_refusals(a, f);
    if (!code)
        a->refusals_due = false;
    return code;
}

static enum fault_code turn_thin(struct lt_adapter *a, struct fault *f)
{
    bool more = false;

    if (!a->settings.keep_days || a->now_ms < a->thin_at_ms)
        return FAULT_NONE;
    enum fault_code code = database_begin(a->database, f);
    if (!code)
        code = database_queue(a->database, adapter_lazily_sql, NULL, f);
    if (!code)
        code = journal_thin(a->journal, (struct instant){a->now.us - a->settings.keep_days * INSTANT_DAY_US},
                            JOURNAL_PAGE_MAX, &more, f);
    if (!code)
        code = database_commit(a->database, f);
    if (code)
        database_rollback(a->database);
    a->thin_at_ms = a->now_ms + (more ? ADAPTER_THIN_MORE_MS : ADAPTER_THIN_MS);
    return code;
}

static enum fault_code turn_readers(struct lt_adapter *a, struct fault *f)
{
    return readers_keep(a->readers, f);
}

/* --- The turn ----------------------------------------------------------------------------------------------------------------------- */

static void shorten(int64_t *wait, int64_t other)
{
    if (other < *wait)
        *wait = other < 0 ? 0 : other;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t wait_for(const struct lt_adapter *a, int64_t wait)
{
    shorten(&wait, courier_timeout_ms(a->courier));
    if (enquiry_timeout_ms(a->enquiry) >= 0)
        shorten(&wait, enquiry_timeout_ms(a->enquiry));
    for (size_t i = 0; i < a->source_count; i++) {
        int64_t source_ms = a->sources[i].timeout_ms ? a->sources[i].timeout_ms(a->sources[i].context) : -1;
        if (source_ms >= 0) /* -1: none, as the server and the client say */
            shorten(&wait, source_ms);
    }
    if (!database_alive(a->database)) {
        shorten(&wait, a->database_retry_at_ms - a->now_ms);
        return wait;
    }
    shorten(&wait, later(a->inbox_due_at_ms, a->inbox_paced_until_ms) - a->now_ms);
    if (courier_open_count(a->courier) && courier_room(a->courier) >= JOURNAL_PAGE_MAX)
        shorten(&wait, a->outbox_due_at_ms - a->now_ms);
    const struct courier_heard *heard = courier_heard(a->courier);
    if (arrivals_count(a->arrivals) || heard->acknowledged_count || heard->lost_count || heard->refused_count)
        shorten(&wait, a->journal_failures ? ADAPTER_FAULT_PAUSE_MS : a->journal_paced_until_ms - a->now_ms);
    return wait;
}

static void adapter_poll(struct lt_adapter *a, int64_t wait_ms)
{
    void *sockets[2 * LT_ROUTERS_MAX];
    int descriptors[LT_SOURCES_MAX];
    size_t sockets_count = courier_sockets(a->courier, sockets), count = 0;

    for (size_t i = 0; i < a->source_count; i++) {
        int descriptor = a->sources[i].descriptor ? a->sources[i].descriptor(a->sources[i].context) : -1;
        if (descriptor >= 0)
            descriptors[count++] = descriptor;
    }
    poll_wait(sockets, sockets_count, descriptors, count, wait_ms);
}

/* FAULT_LOST while it is away. */
static enum fault_code adapter_database(struct lt_adapter *a, struct fault *f)
{
    if (database_alive(a->database)) {
        if (!database_in_transaction(a->database))
            return FAULT_NONE;
        database_rollback(a->database);
        fault_set(f, FAULT_INTERNAL, "a transaction was left open between two turns; it is rolled back");
        report_fault(LOG_ERROR, "TRANSACTION-LEFT-OPEN", f);
        return database_alive(a->database) ? FAULT_NONE : adapter_database(a, f);
    }
    if (a->now_ms < a->database_retry_at_ms)
        return fault_set(f, FAULT_LOST, "the database is away");
    enum fault_code code = database_reconnect(a->database, f);
    if (code) {
        a->database_retry_at_ms = a->now_ms + backoff_ms(ADAPTER_DATABASE_PAUSE_MS, ADAPTER_DATABASE_PAUSE_MAX_MS,
                                                         ++a->database_failures, adapter_random());
        return code == FAULT_LOST ? code : fault_set(f, FAULT_LOST, "%s", f->text);
    }
    a->database_failures = 0;
    a->inbox_due_at_ms = a->outbox_due_at_ms = a->now_ms;
    return FAULT_NONE;
}

static enum fault_code adapter_work(struct lt_adapter *a, struct fault *f)
{
    static enum fault_code (*const turns[])(struct lt_adapter *, struct fault *) = {
        turn_journal, turn_inbox, turn_outbox, turn_refusals, turn_thin, turn_readers};
    struct fault later;
    enum fault_code first = adapter_database(a, f);

    /* One that fails does not keep the others from their turn. */
    for (size_t i = 0; i < LENGTH(turns) && database_alive(a->database); i++) {
        enum fault_code code = turns[i](a, first ? &later : f);
        if (!first)
            first = code;
    }
    return first;
}

static void tell_certificates(void *context, const struct fault *f, const char *event)
{
    (void)context;
    report_fault(f->code == FAULT_NONE ? LOG_INFO : f->code == FAULT_AGAIN ? LOG_WARNING : LOG_ERROR, event, f);
}

enum fault_code lt_turn(struct lt_adapter *a, int64_t wait_ms, struct fault *f)
{
    adapter_read_clock(a);
    adapter_poll(a, wait_for(a, wait_ms));
    adapter_read_clock(a);
    credentials_poll(a->credentials, a->now, tell_certificates, NULL);
    courier_turn(a->courier);
    enum fault_code code = adapter_work(a, f);
    courier_send(a->courier);
    enquiry_turn(a->enquiry);
    for (size_t i = 0; i < a->source_count; i++)
        if (a->sources[i].turn)
            a->sources[i].turn(a->sources[i].context);
    return code == FAULT_UNKNOWN ? fault_set(f, FAULT_LOST, "%s", f->text) : code;
}

/* --- The loop ------------------------------------------------------------------------------------------------------------------------ */

static void tell_bad(const struct fault *why)
{
    report_fault(LOG_ERROR, "CERTIFICATES-BAD", why);
}

static void adapter_reload(struct lt_adapter *a)
{
    struct fault f;
    bool changed = false;
    struct credentials_bad bad = {.tell = tell_bad};

    if (credentials_reload(a->credentials, &bad, &f))
        report_fault(LOG_ERROR, "CERTIFICATES-BAD", &f);
    else if (!bad.count)
        report_event(LOG_INFO, "CERTIFICATES-READ", "certificates were read again", NULL);
    if (credentials_renew(a->credentials, a->now, &changed, &f))
        report_fault(LOG_ERROR, "KEYS-BAD", &f);
    else if (changed)
        report_event(LOG_INFO, "KEYS-RENEWED", "what is signed and opened from now on has the new keys", NULL);
    credentials_reread(a->credentials);
    for (size_t i = 0; i < a->source_count; i++)
        if (a->sources[i].reload)
            a->sources[i].reload(a->sources[i].context);
}

int lt_run(struct lt_adapter *a)
{
    enum fault_code last = FAULT_NONE;

    system_handle_signals();
    report_event(LOG_INFO, "ADAPTER-START", a->software, "agency", a->agency, NULL);
    while (!system_stopping()) {
        struct fault f;
        if (system_reloading())
            adapter_reload(a);
        enum fault_code code = lt_turn(a, ADAPTER_RUN_WAIT_MS, &f);
        if (code && code != last)
            report_fault(LOG_ERROR, code == FAULT_LOST ? "DATABASE-LOST" : "TURN-FAILED", &f);
        else if (!code && last == FAULT_LOST)
            report_event(LOG_INFO, "DATABASE-BACK", "the database answers again", NULL);
        last = code;
    }
    report_event(LOG_INFO, "ADAPTER-STOP", "asked to end", NULL);
    return EXIT_SUCCESS;
}

enum fault_code lt_ask_operations(struct lt_adapter *a, const char *procedure, struct fault *f)
{
    return enquiry_begin(a->enquiry, procedure, f);
}

struct lt_health lt_health(struct lt_adapter *a)
{
    struct fault f;

    a->health.routers_open = courier_open_count(a->courier);
    a->health.routers_configured = courier_count(a->courier);
    a->health.database = database_alive(a->database) &&
                         journal_counts(a->journal, &a->health.outbox, &a->health.inbox, &f) == FAULT_NONE;
    return a->health;
}
