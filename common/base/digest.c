#include "base/digest.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST_PIECE_SIZE (64 * 1024)

/* Fetching the algorithm and making a context cost more than hashing a short message, so both are kept: the algorithm for the
 * process, the context for each thread. */
static EVP_MD *algorithm;
static pthread_key_t context_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static _Noreturn void digest_end(void)
{
    /* SHA-256 fails only when memory is gone or OpenSSL's configuration forbids it: nothing could be verified any more. */
    fputs("SHA-256 is not available from OpenSSL; process ends\n", stderr);
    _exit(EXIT_FAILURE);
}

static void context_free(void *context)
{
    EVP_MD_CTX_free(context);
}

static void digest_prepare(void)
{
    algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (!algorithm || pthread_key_create(&context_key, context_free))
        digest_end();
}

static EVP_MD_CTX *digest_begin(void)
{
    pthread_once(&once, digest_prepare);
    EVP_MD_CTX *context = pthread_getspecific(context_key);
    if (!context) {
        context = EVP_MD_CTX_new();
        if (!context || pthread_setspecific(context_key, context))
            digest_end();
    }
    if (!EVP_DigestInit_ex2(context, algorithm, NULL))
        digest_end();
    return context;
}

static void digest_add(EVP_MD_CTX *context, struct bytes bytes)
{
    if (bytes.size && !EVP_DigestUpdate(context, bytes.data, bytes.size))
        digest_end();
}

static struct digest digest_finish(EVP_MD_CTX *context)
{
    struct digest d;
    if (!EVP_DigestFinal_ex(context, d.bytes, NULL))
        digest_end();
    return d;
}

struct digest digest_of_all(const struct bytes *pieces, size_t count)
{
    EVP_MD_CTX *context = digest_begin();
    for (size_t i = 0; i < count; i++)
        digest_add(context, pieces[i]);
    return digest_finish(context);
}

struct digest digest_of(struct bytes bytes)
{
    return digest_of_all(&bytes, 1);
}

/* A context of its own: others are digested in between. */
struct digest_run *digest_run_new(void)
{
    pthread_once(&once, digest_prepare);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context || !EVP_DigestInit_ex2(context, algorithm, NULL))
        digest_end();
    return (struct digest_run *)context;
}

void digest_run_add(struct digest_run *r, struct bytes bytes)
{
    digest_add((EVP_MD_CTX *)r, bytes);
}

struct digest_run *digest_run_end(struct digest_run *r, struct digest *ret)
{
    if (r && ret)
        *ret = digest_finish((EVP_MD_CTX *)r);
    EVP_MD_CTX_free((EVP_MD_CTX *)r);
    return NULL;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

struct bytes digest_bytes(const struct digest *d)
{
    return BYTES(d->bytes, DIGEST_SIZE);
}

static enum fault_code digest_read(int file, const char *path, struct digest *ret, uint64_t *ret_size, struct fault *f)
{
    uint8_t piece[DIGEST_PIECE_SIZE];
    EVP_MD_CTX *context = digest_begin();
    uint64_t total = 0;
    for (;;) {
        ssize_t size = read(file, piece, sizeof(piece));
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            return fault_set(f, FAULT_SYSTEM, "reading %s: %s", path, strerror(errno));
        if (size == 0)
            break;
        digest_add(context, BYTES(piece, (size_t)size));
        total += (uint64_t)size;
    }
    *ret = digest_finish(context);
    *ret_size = total;
    return FAULT_NONE;
}

enum fault_code digest_of_file(const char *path, struct digest *ret, uint64_t *ret_size, struct fault *f)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return fault_set(f, errno == ENOENT ? FAULT_NOT_FOUND : FAULT_SYSTEM, "opening %s: %s", path, strerror(errno));
    struct stat status;
    enum fault_code code;
    if (fstat(file, &status))
        code = fault_set(f, FAULT_SYSTEM, "looking at %s: %s", path, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        code = fault_set(f, FAULT_SYSTEM, "reading %s: it is not a regular file", path);
    else
        code = digest_read(file, path, ret, ret_size, f);
    close(file);
    return code;
}
