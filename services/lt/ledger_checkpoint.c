#include "ledger.h"
#include "base/text.h"
#include "file.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_TITLE "lienthong ledger checkpoint 1"
#define CHECKPOINT_SIZE_MAX (2 << 20)

static const char block_sql[] = "SELECT (SELECT max(height) FROM block WHERE chain = $1),"
                                " (SELECT digest FROM block WHERE chain = $1 AND height = $2)";

/* "chain 1 height 40 digest HEX" */
static bool parse_line(const char *line, uint32_t *ret_chain, uint64_t *ret_height, struct digest *ret_digest)
{
    char hex[2 * DIGEST_SIZE + 1];
    int end = 0;
    return sscanf(line, "chain %" SCNu32 " height %" SCNu64 " digest %64[0-9a-f]%n", ret_chain, ret_height, hex,
                  &end) == 3 &&
           line[end] == '\0' && *ret_height > 0 && *ret_height < INT64_MAX &&
           bytes_from_hex(hex, ret_digest->bytes, DIGEST_SIZE);
}

static enum fault_code parse(struct ledger *l, char *text, const char *path, struct fault *f)
{
    size_t number = 0;
    for (char *line = text, *end; *line; line = end, number++) {
        uint32_t chain;
        uint64_t height;
        struct digest digest;
        end = line + strcspn(line, "\n");
        if (!*end)
            return fault_set(f, FAULT_MALFORMED, "%s: its last line is cut", path);
        *end++ = '\0';
        if (number == 0 && text_equal(line, CHECKPOINT_TITLE))
            continue;
        if (number == 0 || !parse_line(line, &chain, &height, &digest) || ledger_chain_of(l, chain)->checked)
            return fault_set(f, FAULT_MALFORMED, "%s:%zu: not a checkpoint of lt ledger verify", path, number + 1);
        struct ledger_chain *c = ledger_chain_of(l, chain);
        c->checked = c->height = height;
        c->checked_digest = c->digest = digest;
    }
    return number ? FAULT_NONE : fault_set(f, FAULT_MALFORMED, "%s is empty", path);
}

enum fault_code ledger_checkpoint_read(struct ledger *l, const char *path, struct fault *f)
{
    OWNED_BUFFER text = BUFFER(CHECKPOINT_SIZE_MAX);
    enum fault_code code = file_read(path, &text, f);
    if (code != FAULT_NONE)
        return code;
    if (!text_is_utf8(buffer_bytes(&text)))
        return fault_set(f, FAULT_MALFORMED, "%s: not a checkpoint of lt ledger verify", path);
    return text.size ? parse(l, (char *)text.data, path, f) : fault_set(f, FAULT_MALFORMED, "%s is empty", path);
}

static bool print(const struct ledger *l, FILE *file)
{
    char hex[2 * DIGEST_SIZE + 1];
    bool written = fprintf(file, "%s\n", CHECKPOINT_TITLE) > 0;
    for (size_t i = 0; i < l->count && written; i++) {
        if (l->chains[i].height == 0)
            continue;
        bytes_to_hex(digest_bytes(&l->chains[i].digest), hex);
        written = fprintf(file, "chain %" PRIu32 " height %" PRIu64 " digest %s\n", l->chains[i].id,
                          l->chains[i].height, hex) > 0;
    }
    return written && fflush(file) == 0;
}

/* Beside it, then renamed: an older one is never half overwritten. */
enum fault_code ledger_checkpoint_write(const struct ledger *l, const char *path, struct fault *f)
{
    OWNED_BUFFER beside = BUFFER(4096);
    if (buffer_print(&beside, f, "%s.new", path) != FAULT_NONE)
        return f->code;
    const char *name = (const char *)beside.data;
    FILE *file = fopen(name, "we");
    bool written = file && print(l, file);
    if (file && fclose(file) != 0)
        written = false;
    if (!written || rename(name, path) != 0)
        return fault_set(f, FAULT_SYSTEM, "%s cannot be written: %s", path, strerror(errno));
    return FAULT_NONE;
}

static enum fault_code look(struct ledger *l, const struct ledger_chain *c, struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    parameters_integer(p, c->id);
    parameters_integer(p, (int64_t)c->checked);
    enum fault_code code = database_run(l->database, block_sql, p, &rows, f);
    if (code != FAULT_NONE)
        return code;
    uint64_t newest = rows_null(rows, 0, 0) ? 0 : (uint64_t)rows_integer(rows, 0, 0);
    struct digest digest = ledger_digest_at(rows, 0, 1);
    if (newest == 0)
        ledger_bad(l, c->id, 1, "the router vanished: the checkpoint saw its block %" PRIu64, c->checked);
    else if (rows_null(rows, 0, 1))
        ledger_bad(l, c->id, c->checked > newest ? newest + 1 : c->checked,
                   "the block is gone: the checkpoint saw block %" PRIu64, c->checked);
    else if (!digest_equal(&digest, &c->checked_digest))
        ledger_bad(l, c->id, c->checked, "the chain is forked: the checkpoint saw another block here");
    return FAULT_NONE;
}

enum fault_code ledger_verify_checkpoint(struct ledger *l, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < l->count && code == FAULT_NONE; i++)
        if (l->chains[i].checked)
            code = look(l, &l->chains[i], f);
    return code;
}
