/* The routers' chains of blocks, the events in them, and the time stamps over them. */
#include "evidence/inside.h"
#include "evidence/names.h"
#include "base/text.h"
#include "trust/stamp.h"
#include <string.h>

#define LINE_SIZE_MAX 512
#define STATEMENT_SIZE_MAX 1024

/* --- Runs ------------------------------------------------------------------------------------------------------------- */

/* A block's bytes; H lies in the run. */
static const uint8_t *bytes_at(const struct evidence *e, const struct evidence_run *run, uint64_t h)
{
    uint64_t index = h - run->line.first;
    return archive_content(e->archive, run->entry + index / LINES_BLOCKS_MAX).data +
           index % LINES_BLOCKS_MAX * CHAIN_BLOCK_SIZE;
}

static const struct evidence_run *run_of(const struct evidence *e, uint32_t chain, uint64_t height)
{
    for (size_t i = 0; i < e->run_count; i++)
        if (e->runs[i].line.chain == chain && e->runs[i].line.first <= height && height <= e->runs[i].line.last)
            return &e->runs[i];
    return NULL;
}

static struct digest digest_at(const struct evidence *e, const struct evidence_run *run, uint64_t height)
{
    return digest_of(BYTES(bytes_at(e, run, height), CHAIN_BLOCK_SIZE));
}

static enum fault_code take_pieces(struct evidence *e, struct evidence_run *run, struct fault *f)
{
    run->entry = e->entry;
    for (uint64_t first = run->line.first; first <= run->line.last; first += LINES_BLOCKS_MAX) {
        uint64_t left = run->line.last - first + 1;
        struct bytes piece;
        enum fault_code code = inside_take(e, &piece, f, NAMES_BLOCKS, run->line.chain, first);
        if (code != FAULT_NONE)
            return code;
        if (piece.size != (left < LINES_BLOCKS_MAX ? left : LINES_BLOCKS_MAX) * CHAIN_BLOCK_SIZE)
            return fault_set(f, FAULT_MALFORMED, "a piece of chain %" PRIu32 " has another size than its blocks",
                             run->line.chain);
    }
    return FAULT_NONE;
}

static enum fault_code check_links(const struct evidence *e, const struct evidence_run *run, struct fault *f)
{
    struct digest before = {{0}};
    for (uint64_t h = run->line.first; h <= run->line.last; h++) {
        struct chain_block b;
        const uint8_t *bytes = bytes_at(e, run, h);
        const char *why = NULL;
        if (!chain_block_read(bytes, &b) || b.chain != run->line.chain || b.height != h)
            why = "these are not the bytes of that block";
        else if ((h > run->line.first || h == 1) && !digest_equal(&b.previous, &before))
            why = "it does not follow on the one before it: it names another digest";
        if (why)
            return fault_set(f, FAULT_UNTRUSTED, "block %" PRIu64 " of chain %" PRIu32 ": %s", h, run->line.chain, why);
        before = digest_of(BYTES(bytes, CHAIN_BLOCK_SIZE));
    }
    return FAULT_NONE;
}

static enum fault_code check_run(struct evidence *e, struct fault *f)
{
    OWNED_BUFFER line = BUFFER(LINE_SIZE_MAX);
    e->runs = inside_grow(e->runs, e->run_count, sizeof(*e->runs));
    struct evidence_run *run = &e->runs[e->run_count];
    if (!lines_read_run(e->lines[e->line], &run->line))
        return fault_set(f, FAULT_MALFORMED, "index.txt, line %zu: not a run of blocks", e->line + 1);
    const struct lines_run *last = e->run_count ? &run[-1].line : NULL;
    if (last && (last->chain > run->line.chain || (last->chain == run->line.chain && last->last >= run->line.first)))
        return fault_set(f, FAULT_MALFORMED, "index.txt, line %zu: a run that is not in its place", e->line + 1);
    enum fault_code code = lines_run(&line, &run->line, f);
    if (code == FAULT_NONE)
        code = inside_expect_lines(e, &line, f);
    if (code == FAULT_NONE)
        code = take_pieces(e, run, f);
    if (code == FAULT_NONE)
        code = check_links(e, run, f);
    e->run_count += code == FAULT_NONE;
    return code;
}

/* --- Signed blocks ---------------------------------------------------------------------------------------------------- */

/* What it saw of other chains must be what the file has of them. */
static enum fault_code check_seen(const struct evidence *e, const struct evidence_block *b, struct bytes seen,
                                  struct fault *f)
{
    struct chain_seen other;
    struct digest heads = digest_of(seen);
    if (!digest_equal(&heads, &b->row.heads) || seen.size % CHAIN_SEEN_SIZE)
        return fault_set(f, FAULT_UNTRUSTED, "the other chains' heads that it saw were changed");
    for (size_t i = 0; chain_seen_at(seen, i, &other); i++) {
        const struct evidence_run *run = run_of(e, other.chain, other.height);
        if (!run)
            continue;
        struct digest here = digest_at(e, run, other.height);
        if (!digest_equal(&here, &other.digest))
            return fault_set(f, FAULT_UNTRUSTED,
                             "it saw another block %" PRIu64 " of chain %" PRIu32
                             " than the file has: that chain is forked",
                             other.height, other.chain);
    }
    return FAULT_NONE;
}

static enum fault_code check_signature(struct evidence *e, struct evidence_block *b, struct digest digest,
                                       struct fault *f)
{
    OWNED_BUFFER statement = BUFFER(STATEMENT_SIZE_MAX);
    struct bytes value;
    enum fault_code code = signature_statement(SIGNATURE_TYPE_BLOCK, digest_bytes(&digest), &statement, f);
    if (code == FAULT_NONE)
        code = inside_expect(e, buffer_bytes(&statement), f, NAMES_BLOCK, b->line.chain, b->line.height, "signed");
    if (code == FAULT_NONE)
        code = inside_take(e, &value, f, NAMES_BLOCK, b->line.chain, b->line.height, "signature");
    if (code != FAULT_NONE)
        return code;
    struct signature s = {.key_id = b->line.key, .value_size = value.size, .leaf_count = 1};
    if (value.size > sizeof(s.value))
        return fault_set(f, FAULT_UNTRUSTED, "its signature is too long");
    memcpy(s.value, value.data, value.size);
    code = inside_key(e, &b->line.key, &b->key, f);
    if (code == FAULT_NONE && !text_equal(certificate_agency(b->key->certificate), ENVELOPE_ROUTER))
        code = fault_set(f, FAULT_UNTRUSTED, "it is signed by %s, which is no router",
                         certificate_agency(b->key->certificate));
    if (code == FAULT_NONE)
        code = certificate_check_time(b->key->certificate, b->row.at, f);
    return code == FAULT_NONE ? signature_check(b->key->certificate, SIGNATURE_TYPE_BLOCK, digest_bytes(&digest), &s, f)
                              : code;
}

static enum fault_code check_stamp(struct evidence *e, struct evidence_block *b, struct digest digest, struct fault *f)
{
    struct bytes token;
    enum fault_code code = inside_take(e, &token, f, NAMES_BLOCK, b->line.chain, b->line.height, "stamp");
    if (code == FAULT_NONE)
        code = stamp_check(token, &digest, e->anchors->stamp_authority, &b->stamped, f);
    if (code == FAULT_NONE && b->stamped.us + INSIDE_SKEW_US < b->row.at.us)
        code = fault_set(f, FAULT_UNTRUSTED, "it is of before the time that the block names");
    return code == FAULT_NONE ? code : fault_wrap(f, "its time stamp");
}

static enum fault_code check_block(struct evidence *e, const struct evidence_run *run, struct fault *f)
{
    OWNED_BUFFER line = BUFFER(LINE_SIZE_MAX);
    e->blocks = inside_grow(e->blocks, e->block_count, sizeof(*e->blocks));
    struct evidence_block *b = &e->blocks[e->block_count];
    if (!lines_read_block(e->lines[e->line], &b->line) || b->line.chain != run->line.chain ||
        b->line.height < run->line.first || b->line.height > run->line.last ||
        (e->block_count && b[-1].line.chain == b->line.chain && b[-1].line.height >= b->line.height))
        return fault_set(f, FAULT_MALFORMED, "index.txt, line %zu: not a block of this run, or not in its place",
                         e->line + 1);
    e->block_count++;
    (void)chain_block_read(bytes_at(e, run, b->line.height), &b->row);
    struct digest digest = digest_at(e, run, b->line.height);
    enum fault_code code = lines_block(&line, &b->line, f);
    if (code == FAULT_NONE)
        code = inside_expect_lines(e, &line, f);
    if (code == FAULT_NONE)
        code = check_signature(e, b, digest, f);
    struct bytes seen;
    if (code == FAULT_NONE)
        code = inside_take(e, &seen, f, NAMES_BLOCK, b->line.chain, b->line.height, "seen");
    if (code == FAULT_NONE)
        code = check_seen(e, b, seen, f);
    if (code == FAULT_NONE && b->line.stamped)
        code = check_stamp(e, b, digest, f);
    return code == FAULT_NONE ? code
                              : fault_wrap(f, "block %" PRIu64 " of chain %" PRIu32, b->line.height, b->line.chain);
}

/* --- Events in blocks ------------------------------------------------------------------------------------------------- */

static const struct evidence_block *block_of(const struct evidence *e, uint32_t chain, uint64_t height)
{
    size_t least = 0, most = e->block_count;
    while (least < most) {
        size_t middle = (least + most) / 2;
        const struct lines_block *b = &e->blocks[middle].line;
        if (b->chain == chain && b->height == height)
            return &e->blocks[middle];
        if (b->chain < chain || (b->chain == chain && b->height < height))
            least = middle + 1;
        else
            most = middle;
    }
    return NULL;
}

static enum fault_code check_event(const struct evidence *e, struct evidence_event *event, struct fault *f)
{
    const struct lines_event *p = &event->place;
    const struct evidence_block *b = block_of(e, p->chain, p->height);
    if (!b)
        return fault_set(f, FAULT_UNTRUSTED, "its block, %" PRIu64 " of chain %" PRIu32 ", is not in the file",
                         p->height, p->chain);
    if (b->row.events != p->count)
        return fault_set(f, FAULT_UNTRUSTED, "its block has %" PRIu32 " events, not %" PRIu32, b->row.events, p->count);
    if (!digest_equal(&b->row.root, &event->root))
        return fault_set(f, FAULT_UNTRUSTED,
                         "it is not in block %" PRIu64 " of chain %" PRIu32
                         ": its path does not lead to the block's root",
                         p->height, p->chain);
    event->block_at = b->row.at;
    return FAULT_NONE;
}

/* A run without a signature at its end would have blocks that nobody vouches for. */
static enum fault_code check_run_end(const struct evidence *e, struct fault *f)
{
    const struct evidence_run *run = &e->runs[e->run_count - 1];
    if (block_of(e, run->line.chain, run->line.last))
        return FAULT_NONE;
    return fault_set(f, FAULT_UNTRUSTED, "block %" PRIu64 " of chain %" PRIu32 " ends a run and is not signed",
                     run->line.last, run->line.chain);
}

enum fault_code inside_check_blocks(struct evidence *e, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    while (inside_line(e, "run") && code == FAULT_NONE) {
        code = check_run(e, f);
        while (code == FAULT_NONE && inside_line(e, "block"))
            code = check_block(e, &e->runs[e->run_count - 1], f);
        if (code == FAULT_NONE)
            code = check_run_end(e, f);
    }
    for (size_t i = 0; i < e->event_count && code == FAULT_NONE; i++) {
        code = check_event(e, &e->events[i], f);
        if (code != FAULT_NONE)
            fault_wrap(f, "event %06zu", i + 1);
    }
    return code;
}

/* --- Time stamps ------------------------------------------------------------------------------------------------------ */

/* The first stamp over the block at HEIGHT or one that follows on it in the file. */
static struct instant stamp_over(const struct evidence *e, uint32_t chain, uint64_t height)
{
    const struct evidence_run *run = run_of(e, chain, height);
    struct instant first = {0};
    for (size_t i = 0; run && i < e->block_count; i++) {
        const struct evidence_block *b = &e->blocks[i];
        if (b->stamped.us && b->line.chain == chain && b->line.height >= height && b->line.height <= run->line.last &&
            (!first.us || b->stamped.us < first.us))
            first = b->stamped;
    }
    return first;
}

/* The word of a router whose key was revoked counts for what a time stamp shows to be of before. */
static enum fault_code check_router(const struct evidence *e, const struct evidence_block *b, struct fault *f)
{
    struct instant at = stamp_over(e, b->line.chain, b->line.height);
    if (!at.us || !e->anchors->stamp_authority)
        at = b->row.at;
    enum fault_code code = b->key->revoked.us ? inside_standing(b->key, at, f) : FAULT_NONE;
    return code == FAULT_NONE ? code
                              : fault_wrap(f, "block %" PRIu64 " of chain %" PRIu32, b->line.height, b->line.chain);
}

static enum fault_code miss(struct evidence *e, const struct evidence_event *event, struct fault *f)
{
    if (e->anchors->without_stamps)
        return FAULT_NONE;
    return fault_set(f, FAULT_UNTRUSTED,
                     "event %06" PRIu64 ": no time stamp is over its block, %" PRIu64 " of chain %" PRIu32
                     ", so that only the router says when it was (--without-stamps: that is enough)",
                     event->row.sequence, event->place.height, event->place.chain);
}

enum fault_code inside_check_stamps(struct evidence *e, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < e->block_count && code == FAULT_NONE; i++)
        code = check_router(e, &e->blocks[i], f);
    for (size_t i = 0; i < e->event_count && code == FAULT_NONE; i++) {
        struct evidence_event *event = &e->events[i];
        event->stamped = stamp_over(e, event->place.chain, event->place.height);
        if (!event->stamped.us)
            code = miss(e, event, f);
    }
    if (!e->anchors->stamp_authority && !e->anchors->without_stamps)
        inside_fall_short(e, "Who made the time stamps was not checked: give the certificate of their authority "
                             "(--stamp-authority FILE), or say --without-stamps.");
    return code;
}
