/* The dossier's events: each follows on the one before it, and every agency's message is one. */
#include "evidence/inside.h"
#include "evidence/names.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define LINE_SIZE_MAX 8192

static void copy_text(char *to, size_t size, struct bytes text)
{
    char whole[512];
    size_t count = text.size < sizeof(whole) ? text.size : sizeof(whole) - 1;
    memcpy(whole, text.data, count);
    whole[count] = '\0';
    text_copy(to, size, whole);
}

/* The message whose header the event names. */
static enum fault_code find_message(struct evidence *e, struct evidence_event *event, struct fault *f)
{
    static const struct digest none;
    if (digest_equal(&event->row.header, &none))
        return FAULT_NONE;
    for (size_t i = 0; i < e->message_count; i++) {
        struct evidence_message *m = &e->messages[i];
        if (!digest_equal(&m->header, &event->row.header))
            continue;
        if (m->event || text_equal(m->sender, ENVELOPE_ROUTER))
            return fault_set(f, FAULT_UNTRUSTED, "message %06zu cannot be its message", i + 1);
        m->event = event->row.sequence;
        event->message = m;
        return inside_standing(m->key, event->row.arrived, f);
    }
    return fault_set(f, FAULT_UNTRUSTED, "its message is not in the file, or was exchanged");
}

static enum fault_code check_place(struct evidence *e, struct evidence_event *event, struct fault *f)
{
    struct lines_event *p = &event->place;
    OWNED_BUFFER line = BUFFER(LINE_SIZE_MAX);
    struct digest leaf = merkle_leaf(digest_bytes(&event->digest));
    if (!lines_read_event(e->lines[e->line], p) || p->sequence != event->row.sequence)
        return fault_set(f, FAULT_MALFORMED, "index.txt, line %zu: not the line of this event", e->line + 1);
    if (!merkle_root_from_path(&leaf, p->index, p->count, p->path, p->path_count, &event->root))
        return fault_set(f, FAULT_UNTRUSTED, "its path of %zu hashes does not fit leaf %u of %u", p->path_count,
                         p->index, p->count);
    enum fault_code code = lines_event(&line, p, f);
    return code == FAULT_NONE ? inside_expect_lines(e, &line, f) : code;
}

static enum fault_code check_event(struct evidence *e, uint64_t sequence, struct fault *f)
{
    struct bytes bytes;
    struct chain_texts texts;
    static const struct digest none;
    enum fault_code code = inside_take(e, &bytes, f, NAMES_EVENT, sequence);
    if (code != FAULT_NONE)
        return code;
    e->events = inside_grow(e->events, e->event_count, sizeof(*e->events));
    struct evidence_event *event = &e->events[e->event_count++];
    if (!chain_event_read(bytes, &event->row, &texts) || event->row.sequence != sequence)
        return fault_set(f, FAULT_MALFORMED, "these are not the bytes of that event");
    if (!uuid_equal(event->row.dossier, e->head.dossier))
        return fault_set(f, FAULT_UNTRUSTED, "it is of another dossier");
    copy_text(event->type, sizeof(event->type), texts.type);
    copy_text(event->detail, sizeof(event->detail), texts.detail);
    event->digest = digest_of(bytes);
    const struct digest *before = sequence > 1 ? &event[-1].digest : &none;
    if (!digest_equal(before, &event->row.previous))
        return fault_set(f, FAULT_UNTRUSTED, "it does not follow on the one before it: it names another digest");
    code = find_message(e, event, f);
    return code == FAULT_NONE ? check_place(e, event, f) : code;
}

/* --- What answers what ------------------------------------------------------------------------------------------------ */

static enum fault_code check_reply(struct evidence *e, const struct evidence_message *m, struct fault *f)
{
    static const struct digest none;
    if (digest_equal(&m->reply, &none))
        return FAULT_NONE;
    for (size_t i = 0; i < e->message_count; i++) {
        struct evidence_message *to = &e->messages[i];
        if (!text_equal(to->sender, ENVELOPE_ROUTER) || !digest_equal(&to->header, &m->reply))
            continue;
        if (!text_equal(to->recipient, m->sender))
            return fault_set(f, FAULT_UNTRUSTED, "it answers message %06zu, which was not for %s", i + 1, m->sender);
        if (!to->received || m->event < to->received)
            to->received = m->event;
        return FAULT_NONE;
    }
    return fault_set(f, FAULT_UNTRUSTED, "what it answers is not in the file");
}

enum fault_code inside_check_events(struct evidence *e, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    while (inside_line(e, "event") && code == FAULT_NONE) {
        uint64_t sequence = e->event_count + 1;
        code = check_event(e, sequence, f);
        if (code != FAULT_NONE)
            fault_wrap(f, "event %06" PRIu64, sequence);
    }
    if (code == FAULT_NONE && e->event_count == 0)
        code = fault_set(f, FAULT_MALFORMED, "the file has no event");
    for (size_t i = 0; i < e->message_count && code == FAULT_NONE; i++) {
        const struct evidence_message *m = &e->messages[i];
        if (!m->event && !text_equal(m->sender, ENVELOPE_ROUTER))
            code = fault_set(f, FAULT_UNTRUSTED, "no event is about it: it is not in the record");
        else
            code = check_reply(e, m, f);
        if (code != FAULT_NONE)
            fault_wrap(f, "message %06zu", i + 1);
    }
    return code;
}
