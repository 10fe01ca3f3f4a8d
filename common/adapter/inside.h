#pragma once
/* The adapter's inside, shared by its files. Not for agencies. */
#include "lienthong/adapter.h"

#include "adapter/journal.h"
#include "message/envelope.h"
#include "session/link.h"
#include "trust/curve.h"

#define LT_SOURCES_MAX 8
#define LT_ROUTERS_MAX 16
#define ADAPTER_REFUSALS_TOLD_MAX 200
/* Messages of one transaction: more than any agency has to say at once, and what memory they may take. */
#define ADAPTER_DRAFTS_MAX 4096
#define ADAPTER_DRAFTS_BYTES_MAX ((size_t)64 << 20)
#define ADAPTER_REFUSALS_TOLD_US (7 * INSTANT_DAY_US)

#define KIND(name) LIENTHONG__V1__MESSAGE_KIND__MESSAGE_KIND_##name
#define REFUSAL(name) LIENTHONG__V1__REFUSAL_CODE__REFUSAL_CODE_##name

struct courier;
struct arrivals;
struct credentials;
struct readers;
struct enquiry;
struct vault;

struct adapter_settings {
    int64_t resend_ms;                  /* an acknowledgement is awaited so long */
    int64_t retry_ms_min, retry_ms_max; /* of handlers, refusals and the database */
    int64_t poll_ms;                    /* what other processes have journalled is looked for so often */
    int64_t keep_days;                  /* 0: what is finished stays for ever */
};

/* A message of the transaction that is open: signed, with all others of it, and journalled when it is committed. */
struct adapter_draft {
    struct journal_outgoing outgoing; /* borrows from the envelope; its bytes are there once it is signed */
    struct envelope *envelope;
    bool ours;    /* this process sends it itself behind the commit, which it sees */
    bool written; /* into the journal; else the commit does it */
};

struct lt_adapter {
    char *agency, *software;
    struct lt_handlers handlers;
    struct adapter_settings settings;
    struct vault *vault; /* the database has it too */
    struct database *database;
    struct journal *journal;
    struct credentials *credentials;
    struct readers *readers;
    struct enquiry *enquiry;
    struct arrivals *arrivals;
    struct courier *courier;
    void *zmq;

    struct lt_source sources[LT_SOURCES_MAX];
    size_t source_count;

    struct instant now;
    int64_t now_ms;
    int64_t ids_at_ms; /* so many message ids were made in this millisecond */
    unsigned ids;
    uint32_t database_failures;
    int64_t database_retry_at_ms;
    int64_t inbox_due_at_ms;                              /* when to look again for what is due */
    int64_t journal_paced_until_ms, inbox_paced_until_ms; /* ADAPTER_PACE_MS */
    int64_t outbox_due_at_ms;
    int64_t thin_at_ms;
    unsigned journal_failures; /* in a row */
    bool refusals_due;         /* a session opened: it is told what we had refused */
    struct lt_health health;

    bool in_batch;                /* a transaction of ours, whose commit we see */
    bool in_prompt;               /* of deliveries that are written when they are handled: prompt.h */
    int64_t prompt_from_ms;       /* not before */
    struct lt_delivery *handling; /* NULL: no handler is running */
    struct adapter_draft *drafts;
    size_t draft_count, draft_capacity, draft_bytes;
    size_t drafts_kept, drafts_kept_bytes; /* so many came before the savepoint */
};

/* Milliseconds later. */
/* Handler number INDEX takes OPERATION: by name, or as the one for whatever no other handles. */
bool handlers_match(const struct lt_handlers *handlers, size_t index, const char *operation);
struct instant instant_after_ms(struct instant at, int64_t ms);
/* Later ones of a process are greater, so that in order of ids is in order of making. */
struct uuid adapter_message_id(struct lt_adapter *a);
/* A pause before attempt ATTEMPTS + 1, with jitter. */
int64_t adapter_backoff_ms(const struct lt_adapter *a, unsigned attempts);
uint64_t adapter_random(void);
