#pragma once
/* A router with everything around it: two agencies with keys (desk, land), a procedure, a wire that only writes down, and
 * a store of the test's choice. What fails while it is set up ends the test. */
#include "unit.h"

#include "../../../services/router/router.h"
#include "trust/pki.h"

#define WORLD_DESK 1
#define WORLD_LAND 2
#define WORLD_DESK_CODE "000.01.H58"
#define WORLD_LAND_CODE "000.02.H58"
#define WORLD_PROCEDURE "1.000001"
#define WORLD_PEERS 8

struct world_told {
    uint64_t peer;
    struct uuid message;
    int code; /* 0: acknowledged */
    bool retryable;
    char text[400];
};

struct world {
    struct pki pki;
    struct key *keys[3]; /* by agency; 0: the router's */
    struct certificate *certificates[3];
    struct instant now;
    int64_t now_ms;
    struct directory_source source;
    struct buffer process, calendar;
    struct process *defined; /* whose rights are granted, from ever and without end */
    struct arena rights;
    struct router *router;
    const char *revocation; /* of the router's settings, to be set before world_start */
    int64_t revocation_us_max;

    LIST(struct world_told) told;
    LIST(struct envelope *) delivered; /* owned */
    LIST(uint64_t) delivered_to;
    size_t receipted[3]; /* by agency: how many of what was delivered are seen to */
    size_t done_bytes;
    size_t credit;    /* deliveries that every peer still takes */
    size_t bytes_max; /* of a delivery that they still take; 0: any */
    char note[64];    /* the last event noted */
    char notes[2000]; /* all of them, each with a space behind it, as long as they fit */
    unsigned made;
};

/* PROCESS in the words of workflow/text.h. Peer 1 is desk's, peer 2 land's, both connected by world_start. */
void world_open(struct world *w, const char *process);
/* Takes over the store; ID and HEAD are the router's there. */
void world_start(struct world *w, struct store store, uint32_t id, struct chain_head head);
void world_stop(struct world *w); /* the router alone: as a crash */
void world_close(struct world *w);
struct router_settings world_settings(void);

/* A message of AGENCY; its header may be changed before it is sent. Everything of it lives in the message. */
struct world_message {
    Lienthong__V1__Header header;
    Lienthong__V1__Purpose purpose;
    Lienthong__V1__Opening opening;
    Lienthong__V1__Fact fact, *facts[1];
    Lienthong__V1__Value value;
    struct uuid id, dossier, step, reply;
    struct digest reply_digest;
    struct envelope_piece piece;
    uint32_t agency;
    char key[40];
};

/* M points into itself. KIND's required fields are filled in; a submission's dossier id is made of KEY. */
void world_message(struct world *w, struct world_message *m, uint32_t agency, Lienthong__V1__MessageKind kind,
                   struct uuid dossier);
void world_submission(struct world *w, struct world_message *m, const char *key);
/* A receipt, answer or cancelled for DELIVERY by AGENCY. */
void world_reply(struct world *w, struct world_message *m, uint32_t agency, Lienthong__V1__MessageKind kind,
                 const struct envelope *delivery);
void world_part(struct world_message *m, const char *name, const char *type, const char *content);
void world_fact(struct world_message *m, const char *name, const char *text);
struct envelope *world_envelope(struct world *w, struct world_message *m); /* signed; caller owns */
void world_send(struct world *w, struct world_message *m);                 /* to the router, over the agency's peer */
void world_send_envelope(struct world *w, uint64_t peer, uint32_t agency, const struct envelope *e);

/* Turns until nothing is under way; at most a hundred. */
void world_run(struct world *w);
void world_wait(struct world *w, int64_t ms); /* time passes, then world_run */
/* AGENCY sends receipts, one after the other, until it has received all that it is given. */
void world_receive(struct world *w, uint32_t agency);
/* What the router last said of M: 0 acknowledged, a refusal's code, or -1: nothing. */
int world_answer(const struct world *w, const struct world_message *m);
/* The newest delivery of that kind and type; fails the test when there is none. */
const struct envelope *world_delivered(const struct world *w, Lienthong__V1__MessageKind kind, const char *type);
size_t world_delivered_count(const struct world *w, Lienthong__V1__MessageKind kind, const char *type);
