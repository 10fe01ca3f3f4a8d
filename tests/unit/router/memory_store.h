#pragma once
/* A store in memory that can be told to fail, for tests of what the router decides. It keeps what a batch reads again:
 * dossiers, messages, submissions, deliveries, event envelopes, batch ids. */
#include "world.h"

enum memory_failure {
    MEMORY_GOOD,
    MEMORY_LOST,           /* the connection goes before COMMIT */
    MEMORY_UNKNOWN_DONE,   /* the answer to COMMIT is lost; it took effect */
    MEMORY_UNKNOWN_UNDONE, /* the answer to COMMIT is lost; it did not */
    MEMORY_CONFLICT,
    MEMORY_FULL /* no room on the disk */
};

struct memory_dossier {
    struct uuid id;
    uint64_t version, sequence;
    uint32_t process, submitter;
    char code[64], officer[104];
    struct digest last_digest;
    struct instant opened;
    struct buffer state;
    int status;
};

struct memory_event {
    struct uuid dossier;
    uint64_t sequence;
    int kind;
    struct digest previous, digest;
    struct buffer envelope;
};

struct memory_outbox {
    struct uuid dossier, id, step;
    uint32_t agency;
    int kind;
    struct digest digest;
    bool waiting;
};

struct memory_message {
    struct uuid dossier, id;
    uint32_t agency;
    struct digest digest;
    int code;
    char text[400];
};

struct memory_submission {
    uint32_t agency;
    char key[100];
    struct uuid dossier;
    struct digest digest;
};

struct memory_store {
    struct world *world;
    LIST(struct memory_dossier) dossiers;
    LIST(struct memory_event) events;
    LIST(struct memory_outbox) outbox;
    LIST(struct memory_message) messages;
    LIST(struct memory_submission) submissions;
    LIST(struct uuid) batches;
    LIST(struct refusal_row) refusals; /* texts are not kept */
    LIST(struct incident_row) incidents;
    LIST(struct claimed_timer) timers; /* handed out once */
    size_t commits, loads, resolves, blocks, largest;
    struct block_row block;

    enum memory_failure next; /* of the next commit */
    unsigned failures;        /* how many commits in a row fail so */
    struct uuid poisoned;     /* a batch that writes an event of this dossier fails, as by a bad statement */
    bool poisoned_for_good;   /* also one that only records why */
};

void memory_store_open(struct memory_store *m, struct world *w);
void memory_store_close(struct memory_store *m);
struct store memory_store(struct memory_store *m);
