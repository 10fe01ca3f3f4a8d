/* An evidence file as it comes, and again with its container, digests and the exporter's signature made anew around whatever entries it
 * has, so that more than the comment's digest is reached. What holds can be told; what does not has a reason. The exporter's key is the
 * one of corpus/evidence (made for it; of no use anywhere else).
 * Links: lt_evidence lt_message lt_trust lt_base lt_proto */
#include "fuzz.h"
#include "evidence/archive.h"
#include "evidence/evidence.h"
#include "evidence/manifest.h"
#include "evidence/names.h"
#include "trust/signature.h"
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_ ((size_t)4 << 20)

static const char key_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MC4CAQAwBQYDK2VwBCIEIJ2v1OUlSQiiCO7g0vo1+tXmh0shWb2SDawSDLyEgzRO\n"
                              "-----END PRIVATE KEY-----\n";

static void must(bool good)
{
    if (!good)
        abort();
}

static enum fault_code sink(void *context, struct bytes bytes, struct fault *f)
{
    return buffer_append(context, bytes, f);
}

static void try_file(struct bytes file)
{
    static const struct evidence_anchors anchors = {.without_stamps = true, .without_revocation = true};
    struct fault f = {0};
    OWNED(evidence) e = NULL;
    enum fault_code code = evidence_verify(file, &anchors, &e, &f);
    if (code != FAULT_NONE) {
        must(!e && f.text[0] && f.code == code);
        return;
    }
    OWNED_BUFFER text = BUFFER(SIZE_MAX_);
    must(evidence_print(e, &text, &f) == FAULT_NONE && text.size > 0);
    must(evidence_shortfall(e)[0]); /* no authority was given */
}

/* Entries without manifest and signature, then both anew. */
static void make_anew(const struct archive *a, struct buffer *to)
{
    static struct key *key;
    struct fault f;
    struct signature s;
    size_t count;
    OWNED_BUFFER manifest = BUFFER(MANIFEST_SIZE_MAX);
    OWNED(archive_writer) w = archive_writer_new((struct archive_sink){sink, to});
    if (!key)
        must(key_from_pem(key_pem, &key, &f) == FAULT_NONE);
    for (size_t i = 0; i + 2 < archive_count(a); i++)
        must(archive_add(w, archive_entry(a, i)->name, archive_content(a, i), &f) == FAULT_NONE);
    const struct archive_entry *entries = archive_added(w, &count);
    must(manifest_print(entries, count, &manifest, &f) == FAULT_NONE);
    must(archive_add(w, NAMES_MANIFEST, buffer_bytes(&manifest), &f) == FAULT_NONE);
    must(signature_make(key, SIGNATURE_TYPE_EVIDENCE, buffer_bytes(&manifest), &s, &f) == FAULT_NONE);
    must(archive_add(w, MANIFEST_SIGNATURE, BYTES(s.value, s.value_size), &f) == FAULT_NONE);
    must(archive_finish(w, &f) == FAULT_NONE);
}

/* The entries of a container whatever its directory and checksums say: by its local headers, one after the other. */
static void read_loosely(struct bytes file, struct buffer *to)
{
    struct fault f;
    OWNED(archive_writer) w = archive_writer_new((struct archive_sink){sink, to});
    size_t at = 0, count = 0;
    while (file.size - at > 30 && memcmp(file.data + at, "PK\003\004", 4) == 0 && count++ < 1000) {
        char name[ARCHIVE_NAME_SIZE] = "";
        const uint8_t *h = file.data + at;
        size_t size = (size_t)h[18] | (size_t)h[19] << 8 | (size_t)h[20] << 16, name_size = h[26];
        if (name_size >= sizeof(name) || 30 + name_size + size > file.size - at)
            break;
        memcpy(name, h + 30, name_size);
        if (archive_add(w, name, BYTES(h + 30 + name_size, size), &f) != FAULT_NONE)
            break;
        at += 30 + name_size + size;
    }
    must(archive_finish(w, &f) == FAULT_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fault f;
    OWNED(archive) a = NULL;
    OWNED_BUFFER loose = BUFFER(SIZE_MAX_);
    OWNED_BUFFER anew = BUFFER(SIZE_MAX_);
    try_file(BYTES(data, size));
    if (size > SIZE_MAX_ / 4)
        return 0;
    read_loosely(BYTES(data, size), &loose);
    must(archive_read(buffer_bytes(&loose), &a, &f) == FAULT_NONE);
    make_anew(a, &anew);
    try_file(buffer_bytes(&anew));
    return 0;
}
