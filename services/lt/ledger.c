#include "ledger.h"
#include "base/system.h"
#include "base/text.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATEMENT_MS_MAX (4 * 3600 * 1000) /* a page may wait for the server's sort */
#define TELL_MS 5000

static const char usage[] =
    "usage: lt ledger verify --database CONNECTION [--authority FILE] [--checkpoint FILE] [--write-checkpoint FILE]\n"
    "         [--stamp-authority FILE] [--json]\n"
    "       lt ledger status --database CONNECTION [--json]\n"
    "\n"
    "  verify  reads every block and event, and names the first bad block of each chain and why; writes nothing to the database\n"
    "  status  the newest block of each router's chain, and the newest time stamp over it\n"
    "\n"
    "  --authority FILE         the certificate (PEM) of the authority whose certificates are believed; without it those that\n"
    "                           the database itself names\n"
    "  --checkpoint FILE        begins after the blocks that an earlier verification wrote there, which must be there still\n"
    "  --write-checkpoint FILE  written when all holds: the newest block of each chain. Keep it where who has rights in the\n"
    "                           database has none: it shows a tail that is cut later\n"
    "  --stamp-authority FILE   the certificate (PEM) of the authority of the time stamps, or of its issuer; without it only\n"
    "                           what the stamps are over is checked, not who made them\n"
    "  --json                   one JSON value on standard output\n"
    "\n"
    "Exit status: 0 all holds, 1 something does not or could not be read, 2 wrong use.\n";

static const char begin_sql[] = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
static const char chains_sql[] = "SELECT id, name FROM router ORDER BY id";

/* --- What is found -------------------------------------------------------------------------------------------------- */

struct ledger_chain *ledger_chain_of(struct ledger *l, uint32_t id)
{
    static struct ledger_chain rest; /* of more chains than there can be routers: found by nothing */
    size_t at = 0;
    while (at < l->count && l->chains[at].id < id)
        at++;
    if (at < l->count && l->chains[at].id == id)
        return &l->chains[at];
    if (l->count == LEDGER_CHAINS_MAX) {
        rest = (struct ledger_chain){.id = id};
        ledger_astray(l, "more than %d chains", LEDGER_CHAINS_MAX);
        return &rest;
    }
    l->chains = memory_grow(l->chains, l->count + 1, sizeof(*l->chains));
    memmove(&l->chains[at + 1], &l->chains[at], (l->count - at) * sizeof(*l->chains));
    l->chains[at] = (struct ledger_chain){.id = id};
    l->count++;
    return &l->chains[at];
}

void ledger_bad(struct ledger *l, uint32_t chain, uint64_t height, const char *format, ...)
{
    va_list arguments;
    struct ledger_chain *c = ledger_chain_of(l, chain);
    if (c->bad && c->bad <= height)
        return;
    c->bad = height;
    va_start(arguments, format);
    vsnprintf(c->why, sizeof(c->why), format, arguments);
    va_end(arguments);
}

void ledger_astray(struct ledger *l, const char *format, ...)
{
    va_list arguments;
    if (*l->astray)
        return;
    va_start(arguments, format);
    vsnprintf(l->astray, sizeof(l->astray), format, arguments);
    va_end(arguments);
}

static double seconds(const struct ledger *l)
{
    return (double)(system_monotonic_ms() - l->begun_ms + 1) / 1000.0;
}

void ledger_progress(struct ledger *l)
{
    int64_t now_ms = system_monotonic_ms();
    if (now_ms - l->told_ms < TELL_MS)
        return;
    l->told_ms = now_ms;
    fprintf(stderr, "lt ledger: %" PRIu64 " blocks, %" PRIu64 " events, %.0f s, %.0f events/s\n", l->blocks, l->events,
            seconds(l), (double)l->events / seconds(l));
}

struct parameters *ledger_checked(const struct ledger *l)
{
    OWNED(column) chains = column_new(COLUMN_SMALL);
    OWNED(column) heights = column_new(COLUMN_INTEGER);
    for (size_t i = 0; i < l->count; i++)
        if (l->chains[i].checked) {
            column_integer(chains, l->chains[i].id);
            column_integer(heights, (int64_t)l->chains[i].checked);
        }
    struct parameters *p = parameters_new();
    parameters_column(p, chains);
    parameters_column(p, heights);
    return p;
}

struct digest ledger_digest_at(const struct rows *r, int row, int column)
{
    struct digest digest = {{0}};
    struct bytes bytes = rows_null(r, row, column) ? (struct bytes){NULL, 0} : rows_bytes(r, row, column);
    if (bytes.size == sizeof(digest.bytes))
        memcpy(digest.bytes, bytes.data, sizeof(digest.bytes));
    return digest;
}

/* --- Verifying ------------------------------------------------------------------------------------------------------ */

static enum fault_code read_chains(struct ledger *l, struct fault *f)
{
    OWNED(rows) rows = NULL;
    enum fault_code code = database_run(l->database, chains_sql, NULL, &rows, f);
    for (int i = 0; code == FAULT_NONE && i < rows_count(rows); i++) {
        struct ledger_chain *c = ledger_chain_of(l, (uint32_t)rows_integer(rows, i, 0));
        text_copy(c->name, sizeof(c->name), rows_text(rows, i, 1));
    }
    return code;
}

/* All of one snapshot, while the routers go on. */
static enum fault_code verify(struct ledger *l, const struct options *o, struct fault *f)
{
    static enum fault_code (*const parts[])(struct ledger *, struct fault *) = {
        read_chains,          ledger_verify_checkpoint, ledger_verify_blocks,
        ledger_verify_events, ledger_verify_tails,      ledger_verify_stamps};
    enum fault_code code = database_begin(l->database, f);
    if (code == FAULT_NONE)
        code = database_run(l->database, begin_sql, NULL, NULL, f);
    if (code == FAULT_NONE)
        code = ledger_keys_open(l->database, o->authority, &l->keys, f);
    if (code == FAULT_NONE && o->stamp_authority)
        code = certificate_load(o->stamp_authority, &l->stamp_authority, f);
    if (code == FAULT_NONE && o->checkpoint)
        code = ledger_checkpoint_read(l, o->checkpoint, f);
    for (size_t i = 0; i < LENGTH(parts) && code == FAULT_NONE; i++)
        code = parts[i](l, f);
    database_rollback(l->database);
    return code;
}

static bool whole(const struct ledger *l)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->chains[i].bad)
            return false;
    return !*l->astray;
}

/* --- Telling -------------------------------------------------------------------------------------------------------- */

static json_t *chain_json(const struct ledger_chain *c)
{
    char hex[2 * DIGEST_SIZE + 1];
    bytes_to_hex(digest_bytes(&c->digest), hex);
    return json_pack("{s:I, s:s, s:I, s:I, s:s, s:I, s:o, s:o}", "chain", (json_int_t)c->id, "router", c->name,
                     "verified_before", (json_int_t)c->checked, "height", (json_int_t)c->height, "digest",
                     c->height ? hex : "", "stamped", (json_int_t)c->stamped, "first_bad",
                     c->bad ? json_integer((json_int_t)c->bad) : json_null(), "why",
                     c->bad ? json_string(c->why) : json_null());
}

static void tell_json(const struct ledger *l)
{
    json_t *chains = json_array();
    for (size_t i = 0; i < l->count; i++)
        json_array_append_new(chains, chain_json(&l->chains[i]));
    json_t *all = json_pack("{s:b, s:o, s:o, s:I, s:I, s:I, s:b, s:f}", "whole", (int)whole(l), "chains", chains,
                            "elsewhere", *l->astray ? json_string(l->astray) : json_null(), "blocks",
                            (json_int_t)l->blocks, "events", (json_int_t)l->events, "stamps", (json_int_t)l->stamps,
                            "stamps_signatures_checked", (int)(l->stamp_authority != NULL), "seconds", seconds(l));
    json_dumpf(all, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(all);
}

static void tell(const struct ledger *l, const struct options *o)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct ledger_chain *c = &l->chains[i];
        const char *name = *c->name ? c->name : "a router that the database does not know";
        if (c->bad)
            printf("chain %" PRIu32 " (%s), block %" PRIu64 ": %s\n", c->id, name, c->bad, c->why);
        else if (c->checked)
            printf("chain %" PRIu32 " (%s): blocks %" PRIu64 " to %" PRIu64 " hold\n", c->id, name, c->checked,
                   c->height);
        else if (c->height)
            printf("chain %" PRIu32 " (%s): blocks 1 to %" PRIu64 " hold\n", c->id, name, c->height);
        else
            printf("chain %" PRIu32 " (%s): no block\n", c->id, name);
    }
    if (*l->astray)
        printf("%s\n", l->astray);
    printf("%s: %" PRIu64 " blocks, %" PRIu64 " events in %.1f s, %.0f events/s\n",
           whole(l) ? "the ledger holds" : "THE LEDGER DOES NOT HOLD", l->blocks, l->events, seconds(l),
           (double)l->events / seconds(l));
    for (size_t i = 0; i < l->count; i++)
        if (l->chains[i].stamped) {
            char at[INSTANT_TEXT_SIZE];
            instant_print(l->chains[i].stamped_at, at);
            printf("chain %" PRIu32 ": time stamp of %s over block %" PRIu64 "\n", l->chains[i].id, at,
                   l->chains[i].stamped);
        }
    if (l->stamps && !l->stamp_authority)
        printf("Who made the time stamps was not checked; give --stamp-authority.\n");
    if (!o->authority)
        printf("The authority was taken from the database itself; give --authority to depend on it for nothing.\n");
}

static enum fault_code verify_and_tell(struct database *d, const struct options *o, bool *ret_whole, struct fault *f)
{
    struct ledger l = {.database = d, .begun_ms = system_monotonic_ms()};
    l.told_ms = l.begun_ms;
    enum fault_code code = verify(&l, o, f);
    if (code == FAULT_NONE) {
        *ret_whole = whole(&l);
        if (o->json)
            tell_json(&l);
        else
            tell(&l, o);
        if (*ret_whole && o->write_checkpoint)
            code = ledger_checkpoint_write(&l, o->write_checkpoint, f);
    }
    ledger_keys_free(l.keys);
    certificate_free(l.stamp_authority);
    free(l.chains);
    return code;
}

int ledger_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool verifies = o.count == 1 && text_equal(o.words[0], "verify");
    if (!verifies && !(o.count == 1 && text_equal(o.words[0], "status"))) {
        fputs(usage, stderr);
        return 2;
    }
    OWNED(database) d = NULL;
    bool holds = true;
    enum fault_code code = options_connect(&o, STATEMENT_MS_MAX, &d, &f);
    if (code == FAULT_NONE)
        code = verifies ? verify_and_tell(d, &o, &holds, &f) : ledger_status(d, o.json, &f);
    if (code != FAULT_NONE)
        return options_failed("ledger", &f);
    return holds ? 0 : 1;
}
