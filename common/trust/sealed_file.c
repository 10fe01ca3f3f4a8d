#include "trust/sealed_file.h"
#include "trust/keyfile.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE "sealed file"
#define CHUNK SEALED_FILE_CHUNK
#define SEALED (CHUNK + VAULT_OVERHEAD)
#define NAME_SIZE (DIGEST_SIZE + 8 + 1)

struct chunk {
    int64_t index; /* -1: none */
    size_t size;
    uint8_t bytes[CHUNK];
};

struct sealed_file {
    const struct vault *vault;
    struct digest id;
    int file;
    bool unflushed;
    struct chunk tail, seen; /* the last one (its bytes while it grows), and the one that was read last */
};

int64_t sealed_file_plain(int64_t size)
{
    int64_t rest = size % SEALED;
    return size / SEALED * CHUNK + (rest > VAULT_OVERHEAD ? rest - VAULT_OVERHEAD : 0);
}

static enum fault_code failed(struct fault *f, const char *what)
{
    return fault_set(f, FAULT_SYSTEM, "a sealed file: %s: %s", what, strerror(errno));
}

/* What a chunk is bound to: document, place, whether it is the last. */
static struct vault_place place_of(const struct sealed_file *s, int64_t index, bool last, uint8_t name[NAME_SIZE])
{
    memcpy(name, s->id.bytes, DIGEST_SIZE);
    for (int i = 0; i < 8; i++)
        name[DIGEST_SIZE + i] = (uint8_t)((uint64_t)index >> (56 - 8 * i));
    name[NAME_SIZE - 1] = last;
    return (struct vault_place){PLACE, BYTES(name, NAME_SIZE)};
}

static enum fault_code write_chunk(struct sealed_file *s, bool last, struct fault *f)
{
    uint8_t name[NAME_SIZE];
    OWNED_BUFFER sealed = BUFFER(SEALED);
    if (vault_seal(s->vault, place_of(s, s->tail.index, last, name), BYTES(s->tail.bytes, s->tail.size), &sealed, f))
        return f->code;
    for (size_t done = 0; done < sealed.size;) {
        ssize_t n = pwrite(s->file, sealed.data + done, sealed.size - done, s->tail.index * SEALED + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return failed(f, "writing");
        done += (size_t)n;
    }
    s->unflushed = false;
    return FAULT_NONE;
}

/* As many bytes as there are, up to a chunk. */
static ssize_t read_sealed(const struct sealed_file *s, int64_t index, uint8_t data[SEALED])
{
    size_t done = 0;
    while (done < SEALED) {
        ssize_t n = pread(s->file, data + done, SEALED - done, index * SEALED + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

static enum fault_code open_chunk(const struct sealed_file *s, int64_t index, bool last, struct chunk *to,
                                  struct fault *f)
{
    uint8_t name[NAME_SIZE];
    OWNED_MEMORY uint8_t *sealed = memory_new(SEALED);
    OWNED_SECRET plain = BUFFER(CHUNK);
    ssize_t size = read_sealed(s, index, sealed);
    to->index = -1;
    if (size < 0)
        return failed(f, "reading");
    enum fault_code code = vault_open(s->vault, place_of(s, index, last, name), BYTES(sealed, (size_t)size), &plain, f);
    if (code == FAULT_MALFORMED)
        f->code = code = FAULT_UNTRUSTED;
    if (code)
        return fault_wrap(f, "chunk %lld of a document", (long long)index);
    if (plain.size)
        memcpy(to->bytes, plain.data, plain.size);
    to->size = plain.size;
    to->index = index;
    return FAULT_NONE;
}

/* Whoever broke off may have left half a chunk, or one that was to be the last. A chunk of a key that is missing now is no half one. */
static enum fault_code take_tail(struct sealed_file *s, int64_t index, struct fault *f)
{
    enum fault_code code = open_chunk(s, index, false, &s->tail, f);
    if (code == FAULT_UNTRUSTED)
        code = open_chunk(s, index, true, &s->tail, f);
    if (code != FAULT_UNTRUSTED)
        return code;
    if (ftruncate(s->file, index * SEALED) != 0)
        return failed(f, "dropping what is half written");
    s->tail.index = index; /* empty: the one before it is full */
    s->tail.size = 0;
    return FAULT_NONE;
}

enum fault_code sealed_file_open(const struct vault *v, int file, const struct digest *id, enum sealed_file_state state,
                                 struct sealed_file **ret, struct fault *f)
{
    struct stat st;
    OWNED(sealed_file) s = memory_new(sizeof(*s));
    s->vault = v;
    s->file = file;
    s->id = *id;
    s->seen.index = -1;
    if (fstat(file, &st) != 0)
        return failed(f, "its size");
    int64_t count = (st.st_size + SEALED - 1) / SEALED;
    s->tail.index = count ? count - 1 : 0;
    if (state == SEALED_FILE_WHOLE && open_chunk(s, s->tail.index, true, &s->tail, f))
        return f->code;
    if (state == SEALED_FILE_GROWS && count && take_tail(s, count - 1, f))
        return f->code;
    *ret = MOVE(s);
    return FAULT_NONE;
}

struct sealed_file *sealed_file_free(struct sealed_file *s)
{
    if (s) {
        close(s->file);
        OPENSSL_cleanse(s, sizeof(*s));
        free(s);
    }
    return NULL;
}

int64_t sealed_file_size(const struct sealed_file *s)
{
    return s->tail.index * CHUNK + (int64_t)s->tail.size;
}

/* A full chunk is written when more comes: until then it may be the last. */
enum fault_code sealed_file_append(struct sealed_file *s, struct bytes plain, struct fault *f)
{
    while (plain.size) {
        if (s->tail.size == CHUNK) {
            if (write_chunk(s, false, f))
                return f->code;
            s->tail.index++;
            s->tail.size = 0;
        }
        size_t room = CHUNK - s->tail.size, size = plain.size < room ? plain.size : room;
        memcpy(s->tail.bytes + s->tail.size, plain.data, size);
        s->tail.size += size;
        s->unflushed = true;
        plain = BYTES(plain.data + size, plain.size - size);
    }
    return FAULT_NONE;
}

enum fault_code sealed_file_flush(struct sealed_file *s, struct fault *f)
{
    s->seen.index = -1;
    return s->unflushed ? write_chunk(s, false, f) : FAULT_NONE;
}

static enum fault_code look_at(struct sealed_file *s, int64_t index, const struct chunk **ret, struct fault *f)
{
    bool last = index == s->tail.index;
    *ret = last ? &s->tail : &s->seen;
    return last || s->seen.index == index ? FAULT_NONE : open_chunk(s, index, false, &s->seen, f);
}

enum fault_code sealed_file_read(struct sealed_file *s, int64_t offset, uint8_t *data, size_t size, struct fault *f)
{
    if (offset < 0 || offset > sealed_file_size(s) || size > (uint64_t)(sealed_file_size(s) - offset))
        return fault_set(f, FAULT_LIMIT, "the document has %lld bytes", (long long)sealed_file_size(s));
    while (size) {
        const struct chunk *chunk;
        size_t from = (size_t)(offset % CHUNK);
        if (look_at(s, offset / CHUNK, &chunk, f))
            return f->code;
        if (chunk->size <= from)
            return fault_set(f, FAULT_UNTRUSTED, "chunk %lld of a document is short", (long long)chunk->index);
        size_t piece = chunk->size - from < size ? chunk->size - from : size;
        memcpy(data, chunk->bytes + from, piece);
        data += piece;
        size -= piece;
        offset += (int64_t)piece;
    }
    return FAULT_NONE;
}

enum fault_code sealed_file_digest(struct sealed_file *s, struct digest *ret, struct fault *f)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum fault_code code = FAULT_NONE;
    bool good = context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) > 0;
    for (int64_t index = 0; good && !code && index <= s->tail.index; index++) {
        const struct chunk *chunk;
        code = look_at(s, index, &chunk, f);
        good = code || EVP_DigestUpdate(context, chunk->bytes, chunk->size) > 0;
    }
    good = good && (code || EVP_DigestFinal_ex(context, ret->bytes, NULL) > 0);
    EVP_MD_CTX_free(context);
    return code || good ? code : fault_set(f, FAULT_INTERNAL, "SHA-256 of a document");
}

enum fault_code sealed_file_finish(struct sealed_file *s, struct fault *f)
{
    enum fault_code code = write_chunk(s, true, f);
    if (code == FAULT_NONE && fsync(s->file) != 0)
        code = failed(f, "to the disk");
    return code;
}
