/* Messages as they came: their form, their sender's signature, and what else of the file is made of them. */
#include "evidence/inside.h"
#include "evidence/names.h"
#include "base/text.h"
#include <stdio.h>
#include <string.h>

#define LINES_SIZE_MAX ((size_t)1 << 20)
#define STATEMENT_SIZE_MAX 1024

static uint32_t number_of(const void *context, const struct digest *header)
{
    const struct evidence *e = context;
    for (size_t i = 0; i < e->message_count; i++)
        if (digest_equal(&e->messages[i].header, header))
            return (uint32_t)(i + 1);
    return 0;
}

static bool is_delivery(const struct evidence_message *m)
{
    return text_equal(m->sender, ENVELOPE_ROUTER);
}

/* Header, signed bytes and signature, for who verifies by hand. */
static enum fault_code check_copies(struct evidence *e, uint32_t number, const struct envelope *envelope,
                                    struct fault *f)
{
    const struct signature *s = envelope_signature(envelope);
    const struct signature_leaf leaf = {envelope_signature_type(envelope_header(envelope)->kind),
                                        envelope_header_bytes(envelope)};
    OWNED_BUFFER statement = BUFFER(STATEMENT_SIZE_MAX);
    struct digest root;
    enum fault_code code = inside_expect(e, envelope_header_bytes(envelope), f, NAMES_MESSAGE, number, "header");
    if (code == FAULT_NONE)
        code = signature_root(leaf, s, &root, f);
    if (code == FAULT_NONE)
        code = signature_statement(SIGNATURE_TYPE_BATCH, digest_bytes(&root), &statement, f);
    if (code == FAULT_NONE)
        code = inside_expect(e, buffer_bytes(&statement), f, NAMES_MESSAGE, number, "signed");
    return code == FAULT_NONE ? inside_expect(e, BYTES(s->value, s->value_size), f, NAMES_MESSAGE, number, "signature")
                              : code;
}

/* A part that travels on is its author's, whose own message is in the file. */
static enum fault_code check_authors(struct evidence *e, const struct envelope *envelope, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; i < envelope_part_count(envelope) && code == FAULT_NONE; i++) {
        const Lienthong__V1__Part *part = envelope_part(envelope, i);
        if (!part->author)
            continue;
        struct digest header = digest_of(BYTES(part->author->header.data, part->author->header.len));
        uint32_t of = number_of(e, &header);
        if (of)
            code = envelope_verify_author(envelope, i, e->messages[of - 1].key->certificate, e->roots, f);
        else
            code = fault_set(f, FAULT_UNTRUSTED, "a part is of an author whose message is not in the file");
    }
    return code;
}

static void note_header(struct evidence *e, struct evidence_message *m, const struct envelope *envelope)
{
    static const char *const kinds[] = {"?",      "submission", "task",  "notice",  "cancel",    "receipt",
                                        "answer", "cancelled",  "event", "command", "asks seal", "seal"};
    const Lienthong__V1__Header *h = envelope_header(envelope);
    text_copy(m->kind, sizeof(m->kind), (size_t)h->kind < LENGTH(kinds) ? kinds[h->kind] : "?");
    text_copy(m->type, sizeof(m->type), h->type);
    text_copy(m->sender, sizeof(m->sender), h->sender);
    text_copy(m->recipient, sizeof(m->recipient), h->recipient);
    if (h->purpose)
        text_copy(m->officer, sizeof(m->officer), h->purpose->officer);
    m->id = envelope_message_id(envelope);
    m->happened.us = h->happened_us;
    m->sequence = h->sequence;
    m->parts = envelope_part_count(envelope);
    for (size_t i = 0; i < m->parts; i++)
        m->sealed += envelope_descriptor(envelope, i)->sealed;
    if (h->reply_digest.len == DIGEST_SIZE)
        memcpy(m->reply.bytes, h->reply_digest.data, DIGEST_SIZE);
    if (!*e->procedure && h->opening)
        text_copy(e->procedure, sizeof(e->procedure), h->opening->procedure);
    else if (!*e->procedure && h->purpose)
        text_copy(e->procedure, sizeof(e->procedure), h->purpose->procedure);
    if (h->opening) {
        text_copy(e->code, sizeof(e->code), h->opening->dossier_code);
        e->channel = h->opening->channel;
    }
}

/* Who says that he is the sender, and to whom. A delivery's time is the router's own; what agencies say has that of its event. */
static enum fault_code check_sender(const struct evidence_message *m, struct fault *f)
{
    if (!text_equal(m->sender, certificate_agency(m->key->certificate)))
        return fault_set(f, FAULT_UNTRUSTED, "its header says that %s sent it, but the key is %s's", m->sender,
                         certificate_agency(m->key->certificate));
    if (is_delivery(m) == text_equal(m->recipient, ENVELOPE_ROUTER))
        return fault_set(f, FAULT_UNTRUSTED, "from %s to %s: one of them is the router", m->sender, m->recipient);
    return is_delivery(m) ? inside_standing(m->key, m->happened, f) : FAULT_NONE;
}

static enum fault_code check_message(struct evidence *e, uint32_t number, struct fault *f)
{
    OWNED(envelope) envelope = NULL;
    OWNED_BUFFER lines = BUFFER(LINES_SIZE_MAX);
    struct bytes bytes;
    enum fault_code code = inside_take(e, &bytes, f, NAMES_MESSAGE, number, "envelope");
    if (code == FAULT_NONE)
        code = envelope_decode(bytes, &envelope, NULL, f);
    if (code != FAULT_NONE)
        return code;
    struct uuid dossier = envelope_dossier_id(envelope);
    if (!uuid_equal(dossier, e->head.dossier))
        return fault_set(f, FAULT_UNTRUSTED, "it is of another dossier");
    struct digest header = envelope_digest(envelope);
    if (number_of(e, &header))
        return fault_set(f, FAULT_MALFORMED, "it is in the file before");
    e->messages = inside_grow(e->messages, e->message_count, sizeof(*e->messages));
    struct evidence_message *m = &e->messages[e->message_count++];
    m->header = header;
    note_header(e, m, envelope);
    code = inside_key(e, &envelope_signature(envelope)->key_id, &m->key, f);
    if (code == FAULT_NONE)
        code = envelope_verify(envelope, m->key->certificate, e->roots, f);
    if (code == FAULT_NONE)
        code = check_sender(m, f);
    if (code == FAULT_NONE)
        code = check_copies(e, number, envelope, f);
    if (code == FAULT_NONE)
        code = check_authors(e, envelope, f);
    if (code == FAULT_NONE)
        code = lines_message(&lines, number, envelope, (struct lines_authors){number_of, e}, f);
    return code == FAULT_NONE ? inside_expect_lines(e, &lines, f) : code;
}

enum fault_code inside_check_messages(struct evidence *e, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    while (inside_line(e, "message") && code == FAULT_NONE) {
        if (e->message_count == LINES_NUMBER_MAX)
            return fault_set(f, FAULT_LIMIT, "more than %d messages", LINES_NUMBER_MAX);
        uint32_t number = (uint32_t)e->message_count + 1;
        code = check_message(e, number, f);
        if (code != FAULT_NONE)
            fault_wrap(f, "message %06" PRIu32, number);
    }
    return code;
}
