#pragma once
/* index.txt: what is where in an evidence file, one fact in a line, so that a shell can read it. There is one way only to write each
 * line; who verifies writes it again and compares. README.md has the lines. */
#include "message/envelope.h"
#include "trust/merkle.h"

#define LINES_NUMBER_MAX 999999 /* messages and events have six digits */
#define LINES_OFFICER_SIZE_MAX 100
#define LINES_REASON_SIZE_MAX 160
#define LINES_PATH_MAX 64
#define LINES_BLOCKS_MAX 10000 /* in one piece of a chain */

struct lines_head {
    struct uuid dossier;
    struct instant exported;
    struct digest exporter; /* key id */
    char officer[LINES_OFFICER_SIZE_MAX + 1], reason[LINES_REASON_SIZE_MAX + 1];
    bool revocation; /* whether there is a list of revoked certificates */
};
/* Where an event is: leaf INDEX of COUNT of the block. */
struct lines_event {
    uint64_t sequence, height;
    uint32_t chain, index, count;
    size_t path_count;
    struct digest path[LINES_PATH_MAX];
};
/* Blocks that follow on each other, FIRST to LAST. */
struct lines_run {
    uint32_t chain;
    uint64_t first, last;
};
/* A block whose signature is in the file. */
struct lines_block {
    uint32_t chain;
    uint64_t height;
    struct digest key;
    bool stamped;
};

/* Of whose header DIGEST is; 0: of no message so far. */
struct lines_authors {
    uint32_t (*number)(const void *context, const struct digest *header);
    const void *context;
};

/* One line of text that may stand in a record: 1 to SIZE_MAX bytes of UTF-8 without control characters. */
bool lines_text_fits(const char *text, size_t size_max);

/* Each appends its lines. */
MUST_USE enum fault_code lines_head(struct buffer *to, const struct lines_head *h, struct fault *f);
/* And a line for each of its parts. FAULT_UNTRUSTED: a part that travels on has an author whose message is not in the file. */
MUST_USE enum fault_code lines_message(struct buffer *to, uint32_t number, const struct envelope *e,
                                       struct lines_authors authors, struct fault *f);
MUST_USE enum fault_code lines_event(struct buffer *to, const struct lines_event *e, struct fault *f);
MUST_USE enum fault_code lines_run(struct buffer *to, const struct lines_run *r, struct fault *f);
MUST_USE enum fault_code lines_block(struct buffer *to, const struct lines_block *b, struct fault *f);

/* Reads the line back. False: it is no such line. */
bool lines_read_head(const char *const lines[7], struct lines_head *ret);
bool lines_read_event(const char *line, struct lines_event *ret);
bool lines_read_run(const char *line, struct lines_run *ret);
bool lines_read_block(const char *line, struct lines_block *ret);
