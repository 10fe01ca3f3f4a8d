#pragma once
/* A small evidence file that holds, made of a submission, a task, its receipt and answer, in two chains of blocks; to be bent by tests. */
#include "evidence/evidence.h"
#include "evidence/maker.h"
#include "trust/pki.h"

#define SMALL_CHAINS 2
#define SMALL_BLOCKS 6

struct small {
    struct pki pki;
    struct key *land_key, *router_key, *other_router_key, *operator_key;
    struct certificate *land, *router, *other_router, *operator;
    struct envelope *messages[4]; /* submission, task, receipt, answer */
    struct chain_event events[3]; /* of the first, third and fourth */
    struct chain_block blocks[SMALL_CHAINS][SMALL_BLOCKS];
    struct buffer seen[SMALL_CHAINS][SMALL_BLOCKS], crl;
    struct lines_event places[3];
    struct instant exported;
};

void small_open(struct small *s);
void small_close(struct small *s);
/* What differs from the file that holds; zero: nothing. */
struct small_plan {
    bool without_revocation;
    bool without_task;       /* the task that receipt and answer are about is left out */
    bool without_last_event; /* its message is there */
    bool without_end;        /* the last run's last block is not signed */
    bool foreign_exporter;   /* signed with another key than the head names */
    bool apart;              /* chain 1 in two runs */
    bool twice;              /* the submission is in it twice */
    bool stray_certificate;
    bool tiny; /* the submission alone, its event and two blocks */
};
/* Appends the file to TO. */
void small_make(const struct small *s, const struct small_plan *plan, struct buffer *to);
/* The file's entries with CONTENT in the place of entry INDEX, all digests made anew and signed anew by the exporter. */
void small_make_anew(const struct small *s, struct bytes file, size_t index, struct bytes content, struct buffer *to);
struct evidence_anchors small_anchors(const struct small *s);
