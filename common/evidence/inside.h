#pragma once
/* What verify*.c and report.c share. Only for the files of evidence/. */
#include "evidence/archive.h"
#include "evidence/evidence.h"
#include "evidence/lines.h"
#include "trust/chain.h"
#include "trust/revocation.h"

#define INSIDE_SKEW_US (60 * INSTANT_SECOND_US) /* between the clocks of a router and of an authority of time stamps */

struct evidence_key {
    struct digest id;
    struct certificate *certificate;
    struct instant revoked; /* since; 0: not by the list */
    char name[CERTIFICATE_NAME_SIZE], reason[24];
};

struct evidence_message {
    uint64_t event;    /* of which it is; 0: a delivery of the router's */
    uint64_t sequence; /* a delivery: the event because of which it was sent */
    uint64_t received; /* a delivery: the event of its receipt or answer; 0: none */
    struct digest header;
    const struct evidence_key *key;
    struct uuid id;
    struct digest reply; /* header of the delivery that it answers; zero: none */
    struct instant happened;
    size_t parts, sealed;
    char kind[16], type[ENVELOPE_TYPE_SIZE_MAX + 1], sender[ENVELOPE_AGENCY_SIZE_MAX + 1],
        recipient[ENVELOPE_AGENCY_SIZE_MAX + 1], officer[104];
};

struct evidence_event {
    struct chain_event row; /* its texts are none */
    char type[104], detail[204];
    struct digest digest, root;
    struct lines_event place;
    const struct evidence_message *message; /* NULL: none */
    struct instant block_at;                /* 0: its block was not seen */
    struct instant stamped;                 /* first time stamp over it; 0: none */
};

struct evidence_run {
    struct lines_run line;
    size_t entry; /* of its first piece */
};

struct evidence_block {
    struct lines_block line;
    struct chain_block row;
    const struct evidence_key *key;
    struct instant stamped; /* 0: not */
};

struct evidence {
    const struct evidence_anchors *anchors; /* during verification only, as the archive and the lines */
    struct archive *archive;
    size_t entry; /* the next to be looked at */
    char *text, **lines;
    size_t line_count, line;
    struct lines_head head;
    struct certificate **authorities;
    size_t authority_count;
    struct revocation *revocation;
    struct evidence_key *keys;
    size_t key_count;
    struct evidence_message *messages;
    size_t message_count;
    struct evidence_event *events;
    size_t event_count;
    struct evidence_run *runs;
    size_t run_count;
    struct evidence_block *blocks;
    size_t block_count;
    struct signature_cache *roots;
    char procedure[24], code[68], authority[CERTIFICATE_NAME_SIZE];
    uint32_t channel;
    char shortfall[600];
};

/* The next entry must be the one of that name. */
MUST_USE enum fault_code inside_take(struct evidence *e, struct bytes *ret, struct fault *f, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* The same, and have that content. */
MUST_USE enum fault_code inside_expect(struct evidence *e, struct bytes wanted, struct fault *f, const char *format,
                                       ...) PRINTF_LIKE(4, 5);
/* The next line of the index, when it begins with WORD; NULL otherwise. */
const char *inside_line(const struct evidence *e, const char *word);
/* The next lines of the index must be those of WANTED. */
MUST_USE enum fault_code inside_expect_lines(struct evidence *e, const struct buffer *wanted, struct fault *f);
void inside_fall_short(struct evidence *e, const char *what);
/* Room for one more at the end of a list of COUNT items of SIZE bytes: zeroed. */
void *inside_grow(void *items, size_t count, size_t size);

/* verify_keys.c */
MUST_USE enum fault_code inside_check_keys(struct evidence *e, struct fault *f);
MUST_USE enum fault_code inside_check_rest(struct evidence *e, struct fault *f);
/* FAULT_UNTRUSTED: its certificate is not in the file, or was not valid at AT, or revoked before. */
MUST_USE enum fault_code inside_key(const struct evidence *e, const struct digest *id, const struct evidence_key **ret,
                                    struct fault *f);
MUST_USE enum fault_code inside_standing(const struct evidence_key *k, struct instant at, struct fault *f);
/* verify_messages.c, verify_events.c, verify_blocks.c */
MUST_USE enum fault_code inside_check_messages(struct evidence *e, struct fault *f);
MUST_USE enum fault_code inside_check_events(struct evidence *e, struct fault *f);
MUST_USE enum fault_code inside_check_blocks(struct evidence *e, struct fault *f);
MUST_USE enum fault_code inside_check_stamps(struct evidence *e, struct fault *f);
