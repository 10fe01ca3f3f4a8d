/* What a verified file proves, in lines that a court can read. */
#include "evidence/inside.h"
#include "base/text.h"
#include "workflow/dossier.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Second exact: the record has more digits. "2026-11-23 02:00:00". */
#define TIME_SIZE 20

static const char *time_of(struct instant at, char text[TIME_SIZE])
{
    char whole[INSTANT_TEXT_SIZE];
    if (!at.us)
        return "-";
    instant_print((struct instant){at.us - at.us % INSTANT_SECOND_US}, whole);
    text_copy(text, TIME_SIZE, whole);
    if (strlen(text) > 10)
        text[10] = ' ';
    return text;
}

/* Certificates and routers may have written anything there. */
static const char *clean(const char *from, char *to, size_t size)
{
    text_copy(to, size, from);
    for (char *c = to; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = '?';
    return text_is_utf8(bytes_of_text(to)) ? to : "?";
}

/* --- The dossier ------------------------------------------------------------------------------------------------------ */

static enum fault_code print_head(const struct evidence *e, struct buffer *to, struct fault *f)
{
    static const char *const channels[] = {"", ", at the counter", ", online", ", by post"};
    const struct evidence_event *last = &e->events[e->event_count - 1];
    char dossier[UUID_TEXT_SIZE], first_at[TIME_SIZE], last_at[TIME_SIZE], code[80];
    uuid_print(e->head.dossier, dossier);
    return buffer_print(to, f,
                        "DOSSIER      %s%s%s\nprocedure    %s%s\nfirst event  %s\nlast event   %s, number %" PRIu64 "\n"
                        "outcome      status %d %s\n",
                        clean(e->code, code, sizeof(code)), *e->code ? ", id " : "id ", dossier,
                        *e->procedure ? e->procedure : "not named", e->channel < 4 ? channels[e->channel] : "",
                        time_of(e->events[0].row.arrived, first_at), time_of(last->row.arrived, last_at),
                        last->row.sequence, last->row.status, status_name((enum status)last->row.status));
}

static enum fault_code print_exporter(const struct evidence *e, struct buffer *to, struct fault *f)
{
    const struct evidence_key *key = NULL;
    char at[TIME_SIZE];
    for (size_t i = 0; i < e->key_count && !key; i++)
        if (digest_equal(&e->keys[i].id, &e->head.exporter))
            key = &e->keys[i];
    return buffer_print(to, f, "exported     %s by %s, officer %s\nreason       %s\n", time_of(e->head.exported, at),
                        key ? certificate_agency(key->certificate) : "?", e->head.officer, e->head.reason);
}

static enum fault_code print_stamps(const struct evidence *e, struct buffer *to, struct fault *f)
{
    size_t stamps = 0, covered = 0;
    char first[TIME_SIZE], last[TIME_SIZE];
    struct instant from = {0}, until = {0};
    for (size_t i = 0; i < e->block_count; i++) {
        struct instant at = e->blocks[i].stamped;
        stamps += at.us != 0;
        from = at.us && (!from.us || at.us < from.us) ? at : from;
        until = at.us > until.us ? at : until;
    }
    for (size_t i = 0; i < e->event_count; i++)
        covered += e->events[i].stamped.us != 0;
    char name[CERTIFICATE_NAME_SIZE];
    enum fault_code code = buffer_print(to, f, "authority    %s\n", clean(e->authority, name, sizeof(name)));
    if (code == FAULT_NONE)
        code = buffer_print(to, f, "time stamps  %zu, over %zu of %zu events", stamps, covered, e->event_count);
    if (code == FAULT_NONE && stamps)
        code = buffer_print(to, f, ", of %s to %s", time_of(from, first), time_of(until, last));
    return code == FAULT_NONE ? buffer_print(to, f, "\n") : code;
}

static enum fault_code print_chains(const struct evidence *e, struct buffer *to, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < e->run_count && code == FAULT_NONE; i++) {
        const struct lines_run *r = &e->runs[i].line;
        bool gap = i && e->runs[i - 1].line.chain == r->chain;
        code = buffer_print(to, f, "%s chain %" PRIu32 ", blocks %" PRIu64 " to %" PRIu64 "%s\n",
                            i ? "            " : "record      ", r->chain, r->first, r->last,
                            gap ? " (those between were left out)" : "");
    }
    return code;
}

static enum fault_code print_keys(const struct evidence *e, struct buffer *to, struct fault *f)
{
    enum fault_code code = buffer_print(to, f, "\nWHO SIGNED, with which key\n");
    for (size_t i = 0; i < e->key_count && code == FAULT_NONE; i++) {
        const struct evidence_key *k = &e->keys[i];
        char hex[2 * DIGEST_SIZE + 1], name[40], from[TIME_SIZE], until[TIME_SIZE], revoked[TIME_SIZE];
        bytes_to_hex(digest_bytes(&k->id), hex);
        code = buffer_print(to, f, "  %-16s %-28s key %.16s  valid %.10s to %.10s", certificate_agency(k->certificate),
                            clean(k->name, name, sizeof(name)), hex, time_of(certificate_from(k->certificate), from),
                            time_of(certificate_until(k->certificate), until));
        if (code == FAULT_NONE && k->revoked.us)
            code =
                buffer_print(to, f, ", REVOKED since %s; what was signed before counts", time_of(k->revoked, revoked));
        if (code == FAULT_NONE)
            code = buffer_print(to, f, "\n");
    }
    return code;
}

/* --- What was said ---------------------------------------------------------------------------------------------------- */

static enum fault_code print_parts(const struct evidence_message *m, struct buffer *to, struct fault *f)
{
    if (m->parts == 0)
        return FAULT_NONE;
    return m->sealed ? buffer_print(to, f, ", %zu part%s (%zu sealed)", m->parts, m->parts == 1 ? "" : "s", m->sealed)
                     : buffer_print(to, f, ", %zu part%s", m->parts, m->parts == 1 ? "" : "s");
}

static enum fault_code print_event(const struct evidence_event *event, struct buffer *to, struct fault *f)
{
    const struct evidence_message *m = event->message;
    char arrived[TIME_SIZE], stamped[TIME_SIZE], detail[204], officer[104], type[104];
    enum fault_code code =
        buffer_print(to, f, "%5" PRIu64 "  %s  %-19s  %-16s %-10s %s", event->row.sequence,
                     time_of(event->row.arrived, arrived), time_of(event->stamped, stamped), m ? m->sender : "router",
                     m ? m->kind : "", m ? m->type : clean(event->type, type, sizeof(type)));
    if (code == FAULT_NONE && m)
        code = print_parts(m, to, f);
    if (code == FAULT_NONE && m && *m->officer)
        code = buffer_print(to, f, ", officer %s", clean(m->officer, officer, sizeof(officer)));
    if (code == FAULT_NONE && *event->detail)
        code = buffer_print(to, f, ": %s", clean(event->detail, detail, sizeof(detail)));
    return code == FAULT_NONE ? buffer_print(to, f, " [%d]\n", event->row.status) : code;
}

static enum fault_code print_delivery(const struct evidence_message *m, struct buffer *to, struct fault *f)
{
    char at[TIME_SIZE];
    enum fault_code code = buffer_print(to, f, "       %s  %-19s  %-16s %-10s %s to %s", time_of(m->happened, at), "",
                                        "router", m->kind, m->type, m->recipient);
    if (code == FAULT_NONE)
        code = print_parts(m, to, f);
    if (code == FAULT_NONE && m->received)
        code = buffer_print(to, f, ", acknowledged by event %" PRIu64, m->received);
    return code == FAULT_NONE ? buffer_print(to, f, "\n") : code;
}

/* Those because of events up to SEQUENCE, from *NEXT on. They are in the order of the record. */
static enum fault_code print_deliveries(const struct evidence *e, size_t *next, uint64_t sequence, struct buffer *to,
                                        struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (; *next < e->message_count && code == FAULT_NONE; (*next)++) {
        const struct evidence_message *m = &e->messages[*next];
        if (m->event)
            continue;
        if (m->sequence > sequence)
            break;
        code = print_delivery(m, to, f);
    }
    return code;
}

static enum fault_code print_record(const struct evidence *e, struct buffer *to, struct fault *f)
{
    size_t next = 0;
    enum fault_code code =
        buffer_print(to, f,
                     "\nWHAT WAS SAID, in the order of the record; times are UTC; [status afterwards]\n"
                     "event  by the router        there by time stamp  signed by        what\n");
    for (size_t i = 0; i < e->event_count && code == FAULT_NONE; i++) {
        code = print_event(&e->events[i], to, f);
        if (code == FAULT_NONE)
            code = print_deliveries(e, &next, i + 1 < e->event_count ? i + 1 : UINT64_MAX, to, f);
    }
    return code;
}

enum fault_code evidence_print(const struct evidence *e, struct buffer *to, struct fault *f)
{
    static enum fault_code (*const parts[])(const struct evidence *, struct buffer *, struct fault *) = {
        print_head, print_exporter, print_stamps, print_chains, print_keys, print_record};
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < LENGTH(parts) && code == FAULT_NONE; i++)
        code = parts[i](e, to, f);
    return code;
}
