#include "stamper.h"
#include "base/log.h"
#include "base/system.h"
#include "database/database.h"
#include "trust/stamp.h"
#include "web/client.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define STATEMENT_MS_MAX 5000
#define CONNECT_MS_MAX 5000
#define ANSWER_MS_MAX 15000
#define RETRY_MS_MIN 1000
#define HEIGHT_TEXT_SIZE 24

static const char head_sql[] =
    "SELECT b.height, b.digest, coalesce((SELECT max(s.height) FROM block_stamp s WHERE s.chain = $1), 0)"
    " FROM block b WHERE b.chain = $1 ORDER BY b.height DESC LIMIT 1";
static const char stamp_sql[] = "INSERT INTO block_stamp (chain, height, digest, token, at, authority)"
                                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";

struct stamper {
    pthread_t thread;
    int stop; /* an eventfd: readable once the thread is to end */
    char *connection, *url;
    const struct certificate *authority;
    uint32_t chain;
    int64_t every_ms;
    struct client *client; /* the thread's alone from here on */
    struct database *database;
    unsigned failures; /* in a row */
};

struct head {
    int64_t height, stamped;
    struct digest digest;
};

/* What came of a call. */
struct asked {
    bool done;
    int status;
    struct buffer body;
    struct fault fault;
};

/* False: it is time to end. */
static bool wait_ms(struct stamper *s, int64_t ms)
{
    struct pollfd end = {.fd = s->stop, .events = POLLIN};
    int64_t until_ms = system_monotonic_ms() + ms;
    int64_t left_ms;
    while ((left_ms = until_ms - system_monotonic_ms()) > 0)
        if (poll(&end, 1, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms) > 0)
            return false;
    return poll(&end, 1, 0) <= 0;
}

/* --- The authority -------------------------------------------------------------------------------------------------- */

static void on_answer(const struct client_answer *a, void *context)
{
    struct asked *asked = context;
    asked->done = true;
    asked->status = a->status;
    asked->fault = a->fault;
    if (a->status && buffer_append(&asked->body, a->body, &asked->fault) != FAULT_NONE)
        asked->status = 0;
}

/* FAULT_AGAIN: the thread is to end. */
static enum fault_code wait_answer(struct stamper *s, const struct asked *asked, struct fault *f)
{
    while (!asked->done) {
        struct pollfd fds[] = {{.fd = s->stop, .events = POLLIN}, {.fd = client_socket(s->client), .events = POLLIN}};
        int timeout_ms = client_timeout_ms(s->client);
        poll(fds, LENGTH(fds), timeout_ms < 0 || timeout_ms > 1000 ? 1000 : timeout_ms);
        if (fds[0].revents)
            return fault_set(f, FAULT_AGAIN, "the router goes down");
        client_turn(s->client);
    }
    return FAULT_NONE;
}

static enum fault_code ask(struct stamper *s, struct bytes request, struct asked *asked, struct fault *f)
{
    static const char *const headers[] = {"Content-Type: application/timestamp-query",
                                          "Accept: application/timestamp-reply", NULL};
    const struct client_limits limits = {CONNECT_MS_MAX, ANSWER_MS_MAX, STAMP_SIZE_MAX, 1};
    enum fault_code code = s->client ? FAULT_NONE : client_open(limits, &s->client, f);
    if (code == FAULT_NONE)
        code = client_call(s->client, "POST", s->url, headers, request, on_answer, asked, f);
    if (code == FAULT_NONE)
        code = wait_answer(s, asked, f);
    if (code != FAULT_NONE && !asked->done)
        s->client = client_free(s->client); /* it must not answer into what is gone */
    if (code != FAULT_NONE)
        return code;
    if (asked->status == 0)
        return fault_set(f, asked->fault.code, "%s", asked->fault.text);
    if (asked->status != 200)
        return fault_set(f, FAULT_REFUSED, "the authority answers with HTTP status %d", asked->status);
    return FAULT_NONE;
}

static enum fault_code get_stamp(struct stamper *s, const struct digest *digest, struct buffer *to,
                                 struct instant *ret_at, struct fault *f)
{
    uint64_t nonce;
    OWNED_BUFFER request = BUFFER(1024);
    struct asked asked = {.body = BUFFER(STAMP_SIZE_MAX)};
    system_random(&nonce, sizeof(nonce));
    enum fault_code code = stamp_request(digest, nonce, &request, f);
    if (code == FAULT_NONE)
        code = ask(s, buffer_bytes(&request), &asked, f);
    if (code == FAULT_NONE)
        code = stamp_accept(buffer_bytes(&asked.body), buffer_bytes(&request), s->authority, to, ret_at, f);
    buffer_clear(&asked.body);
    return code;
}

/* --- The database --------------------------------------------------------------------------------------------------- */

static enum fault_code connect_database(struct stamper *s, struct fault *f)
{
    if (s->database && database_alive(s->database))
        return FAULT_NONE;
    s->database = database_free(s->database);
    return database_open(s->connection, "lienthong-router stamps", STATEMENT_MS_MAX, &s->database, f);
}

static enum fault_code read_head(struct stamper *s, struct head *ret, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, s->chain);
    enum fault_code code = connect_database(s, f);
    if (code == FAULT_NONE)
        code = database_run(s->database, head_sql, p, &rows, f);
    *ret = (struct head){0};
    if (code != FAULT_NONE || rows_count(rows) == 0)
        return code;
    struct bytes digest = rows_bytes(rows, 0, 1);
    if (digest.size != DIGEST_SIZE)
        return fault_set(f, FAULT_DATABASE, "the newest block has no digest");
    memcpy(ret->digest.bytes, digest.data, DIGEST_SIZE);
    ret->height = rows_integer(rows, 0, 0);
    ret->stamped = rows_integer(rows, 0, 2);
    return FAULT_NONE;
}

static enum fault_code keep(struct stamper *s, const struct head *head, struct bytes token, struct instant at,
                            struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, s->chain);
    parameters_integer(p, head->height);
    parameters_bytes(p, digest_bytes(&head->digest));
    parameters_bytes(p, token);
    parameters_instant(p, at);
    parameters_text(p, s->url);
    enum fault_code code = database_begin(s->database, f);
    if (code == FAULT_NONE)
        code = database_run(s->database, stamp_sql, p, NULL, f);
    return database_end(s->database, code, f);
}

/* --- The thread ----------------------------------------------------------------------------------------------------- */

static enum fault_code stamp_head(struct stamper *s, struct head *head, struct fault *f)
{
    struct instant at;
    OWNED_BUFFER token = BUFFER(STAMP_SIZE_MAX);
    enum fault_code code = read_head(s, head, f);
    if (code != FAULT_NONE || head->height <= head->stamped)
        return code;
    code = get_stamp(s, &head->digest, &token, &at, f);
    return code == FAULT_NONE ? keep(s, head, buffer_bytes(&token), at, f) : code;
}

/* An outage is said once, and its end. */
static void tell(struct stamper *s, enum fault_code code, const struct head *head, const struct fault *f)
{
    char height[HEIGHT_TEXT_SIZE];
    snprintf(height, sizeof(height), "%" PRId64, head->height);
    if (code != FAULT_NONE && s->failures++ == 0)
        log_event(LOG_WARNING, "STAMP-OUTAGE", f->text, "fault", fault_name(code), "authority", s->url, NULL);
    if (code == FAULT_NONE && s->failures)
        log_event(LOG_INFO, "STAMP-RESUMED", "blocks are stamped again, and all that waited", "height", height, NULL);
    if (code == FAULT_NONE)
        s->failures = 0;
}

static int64_t pause_ms(const struct stamper *s)
{
    int64_t ms = (int64_t)RETRY_MS_MIN << (s->failures > 16 ? 16 : s->failures ? s->failures - 1 : 0);
    return s->failures && ms < s->every_ms ? ms : s->every_ms;
}

static void *stamper_run(void *context)
{
    struct stamper *s = context;
    do {
        struct fault f = {0};
        struct head head = {0};
        enum fault_code code = stamp_head(s, &head, &f);
        if (code != FAULT_AGAIN)
            tell(s, code, &head, &f);
    } while (wait_ms(s, pause_ms(s)));
    return NULL;
}

/* Signals are for the router's loop. */
static int thread_start(struct stamper *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&s->thread, NULL, stamper_run, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

static struct stamper *stamper_clear(struct stamper *s)
{
    client_free(s->client);
    database_free(s->database);
    if (s->stop >= 0)
        close(s->stop);
    free(s->connection);
    free(s->url);
    free(s);
    return NULL;
}

enum fault_code stamper_start(const struct stamper_settings *settings, struct stamper **ret, struct fault *f)
{
    if (strchr(settings->url, '@'))
        return fault_set(f, FAULT_CONFIG,
                         "timestamp.url: it is written in the log and the record; no name or password in it");
    struct stamper *s = memory_new(sizeof(*s));
    s->connection = memory_text(settings->connection);
    s->url = memory_text(settings->url);
    s->authority = settings->authority;
    s->chain = settings->chain;
    s->every_ms = settings->every_ms;
    s->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const struct client_limits limits = {CONNECT_MS_MAX, ANSWER_MS_MAX, STAMP_SIZE_MAX, 1};
    enum fault_code code = s->stop < 0 ? fault_set(f, FAULT_SYSTEM, "the stamps' thread: %s", strerror(errno))
                                       : client_open(limits, &s->client, f);
    if (code == FAULT_NONE) {
        int error = thread_start(s);
        if (error)
            code = fault_set(f, FAULT_SYSTEM, "the stamps' thread: %s", strerror(error));
    }
    if (code == FAULT_NONE)
        *ret = s;
    else
        stamper_clear(s);
    return code;
}

struct stamper *stamper_stop(struct stamper *s)
{
    const uint64_t one = 1;
    if (!s)
        return NULL;
    while (write(s->stop, &one, sizeof(one)) < 0 && errno == EINTR)
        ;
    pthread_join(s->thread, NULL);
    return stamper_clear(s);
}
