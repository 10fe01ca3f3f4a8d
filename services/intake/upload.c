#include "upload.h"
#include "reply.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CARRY_AGAIN_MS 5000

/* A request whose body is being written. */
struct upload {
    char digest[65];
    int file;
    int64_t size, received;
    const char *code; /* of what went wrong; NULL: nothing yet */
    int status;
    char text[200];
};

/* One document at a time on its way to the repository. */
struct carrier {
    bool busy;
    int64_t again_ms;
    char digest[65];
    int64_t size, offset;
};

/* --- The spool --------------------------------------------------------------------------------------------------- */

static bool upload_path(const struct intake *in, const char *digest, const char *ending, char path[PATH_MAX])
{
    bool good = digest && strlen(digest) == 64 && strspn(digest, "0123456789abcdef") == 64;
    if (good)
        snprintf(path, PATH_MAX, "%s/%s%s", config_text(in->config, "intake.spool"), digest, ending);
    return good;
}

static int64_t file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

enum fault_code upload_open(struct intake *in, struct fault *f)
{
    const char *folder = config_text(in->config, "intake.spool");
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return fault_set(f, FAULT_CONFIG, "spool folder %s: %s", folder, strerror(errno));
    struct client_limits limits = {
        .connect_ms_max = 2000, .total_ms_max = 30000, .body_size_max = 1 << 20, .parallel_max = 1};
    if (client_open(limits, &in->client, f) != FAULT_NONE)
        return f->code;
    in->carrier = memory_new(sizeof(*in->carrier));
    return FAULT_NONE;
}

void upload_close(struct intake *in)
{
    in->client = client_free(in->client);
    free(in->carrier);
    in->carrier = NULL;
}

/* --- From the citizen -------------------------------------------------------------------------------------------- */

static void upload_release(void *state)
{
    struct upload *u = state;
    if (u->file >= 0)
        close(u->file);
    free(u);
}

static void upload_wrong(struct upload *u, int status, const char *code, const char *text)
{
    if (u->code)
        return;
    u->status = status;
    u->code = code;
    text_copy(u->text, sizeof(u->text), text);
}

static int64_t query_size(const struct request *r, const char *name, int64_t standard)
{
    const char *text = request_query(r, name);
    if (!text)
        return standard;
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    return *text && !*end && errno == 0 && value >= 0 ? value : -1;
}

/* Opens the part file when the first piece (or the end of an empty body) arrives. */
static struct upload *upload_begin(struct request *r, const struct intake *in)
{
    struct upload *u = request_state(r);
    if (u)
        return u;
    u = memory_new(sizeof(*u));
    u->file = -1;
    request_set_state(r, u, upload_release);
    char path[PATH_MAX], done[PATH_MAX];
    const char *digest = request_path_value(r, "digest");
    if (!upload_path(in, digest, ".part", path) || !upload_path(in, digest, "", done)) {
        upload_wrong(u, 400, "MALFORMED", "digest must be a SHA-256 in 64 lower-case hexadecimal digits");
        return u;
    }
    text_copy(u->digest, sizeof(u->digest), digest);
    u->size = query_size(r, "size", -1);
    int64_t offset = query_size(r, "offset", 0);
    if (u->size < 1 || u->size > UPLOAD_SIZE_MAX || offset < 0) {
        upload_wrong(u, u->size > UPLOAD_SIZE_MAX ? 413 : 400, "MALFORMED",
                     "query parameters: size of the whole file, 1 to 104857600, and offset, 0 or more");
        return u;
    }
    if (file_size(done) >= 0) {
        u->received = u->size = file_size(done);
        return u;
    }
    u->file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    u->received = u->file < 0 ? -1 : (int64_t)lseek(u->file, 0, SEEK_END);
    if (u->received < 0)
        upload_wrong(u, 503, "UNAVAILABLE", "the spool cannot be written; try again");
    else if (offset != u->received)
        upload_wrong(u, 409, "OFFSET", "the piece does not begin where the file ends; ask with GET how much is here");
    return u;
}

void upload_piece(struct request *r, struct bytes piece, void *context)
{
    struct upload *u = upload_begin(r, context);
    if (u->code || u->file < 0)
        return;
    if (u->received + (int64_t)piece.size > u->size) {
        upload_wrong(u, 413, "TOO_LARGE", "more bytes than the size that was named");
        return;
    }
    while (piece.size > 0) {
        ssize_t written = write(u->file, piece.data, piece.size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            upload_wrong(u, 503, "UNAVAILABLE", "the spool cannot be written (is the disk full?); try again later");
            return;
        }
        piece = BYTES(piece.data + written, piece.size - (size_t)written);
        u->received += written;
    }
}

/* The whole file is here: its content must be what its name says. */
static enum fault_code upload_complete(struct intake *in, struct upload *u, struct fault *f)
{
    static const char sql[] = "INSERT INTO intake.file (digest, size, complete, created_at) VALUES ($1, $2, true, $3) "
                              "ON CONFLICT (digest) DO NOTHING";
    char part[PATH_MAX], done[PATH_MAX], hex[65];
    struct digest digest;
    uint64_t size;
    (void)upload_path(in, u->digest, ".part", part);
    (void)upload_path(in, u->digest, "", done);
    if (fsync(u->file) != 0 || digest_of_file(part, &digest, &size, f) != FAULT_NONE)
        return fault_set(f, FAULT_SYSTEM, "spool file %s: %s", u->digest, strerror(errno));
    bytes_to_hex(digest_bytes(&digest), hex);
    if (!text_equal(hex, u->digest)) {
        unlink(part);
        return fault_set(f, FAULT_REFUSED, "the content's SHA-256 is %s; nothing was kept, send the file again", hex);
    }
    if (rename(part, done) != 0)
        return fault_set(f, FAULT_SYSTEM, "spool file %s: %s", u->digest, strerror(errno));
    OWNED(parameters) p = parameters_new();
    parameters_bytes(p, digest_bytes(&digest));
    parameters_integer(p, (int64_t)size);
    parameters_instant(p, in->now);
    return database_run(in->database, sql, p, NULL, f);
}

static void answer_upload(struct request *r, const char *digest, int64_t received, int64_t size)
{
    request_answer_json(r, 200,
                        json_pack("{s:s, s:I, s:I, s:b}", "digest", digest, "received", (json_int_t)received, "size",
                                  (json_int_t)size, "complete", received == size));
}

void upload_put(struct request *r, void *context)
{
    struct intake *in = context;
    struct upload *u = upload_begin(r, in);
    struct fault f = {0};
    if (!u->code && u->file >= 0 && u->received == u->size) {
        enum fault_code code = upload_complete(in, u, &f);
        if (code == FAULT_REFUSED) {
            request_answer_problem(r, 422, "DIGEST", "%s", f.text);
            return;
        }
        if (code != FAULT_NONE) {
            reply_fault(r, &f);
            return;
        }
    }
    if (u->code)
        request_answer_problem(r, u->status, u->code, "%s", u->text);
    else
        answer_upload(r, u->digest, u->received, u->size);
}

void upload_get(struct request *r, void *context)
{
    struct intake *in = context;
    char part[PATH_MAX], done[PATH_MAX];
    const char *digest = request_path_value(r, "digest");
    if (!upload_path(in, digest, ".part", part) || !upload_path(in, digest, "", done)) {
        request_answer_problem(r, 400, "MALFORMED", "digest must be a SHA-256 in 64 lower-case hexadecimal digits");
        return;
    }
    int64_t whole = file_size(done), here = file_size(part);
    if (whole >= 0)
        answer_upload(r, digest, whole, whole);
    else if (here >= 0)
        request_answer_json(r, 200,
                            json_pack("{s:s, s:I, s:I, s:b}", "digest", digest, "received", (json_int_t)here, "size",
                                      (json_int_t)-1, "complete", 0));
    else
        request_answer_problem(r, 404, "NOT_FOUND", "Nothing of this file is here.");
}

/* --- To the repository ------------------------------------------------------------------------------------------- */

static void carry_piece(struct intake *in);

static void carry_stored(struct intake *in, struct fault *f)
{
    char path[PATH_MAX];
    uint8_t digest[DIGEST_SIZE];
    OWNED(parameters) p = parameters_new();
    if (!bytes_from_hex(in->carrier->digest, digest, sizeof(digest)))
        return;
    parameters_bytes(p, BYTES(digest, sizeof(digest)));
    parameters_instant(p, in->now);
    if (database_run(in->database, "UPDATE intake.file SET stored_at = $2 WHERE digest = $1", p, NULL, f) ==
            FAULT_NONE &&
        upload_path(in, in->carrier->digest, "", path))
        unlink(path);
}

static void carry_pause(struct intake *in, const char *why)
{
    log_event(LOG_WARNING, "REPOSITORY-AWAY", why, "document", in->carrier->digest, NULL);
    in->carrier->busy = false;
    in->carrier->again_ms = in->now_ms + CARRY_AGAIN_MS;
}

/* The repository says how much it has: 409 after a break names the offset at which to go on. */
static void carry_on_answer(const struct client_answer *a, void *context)
{
    struct intake *in = context;
    struct carrier *c = in->carrier;
    json_error_t error;
    json_t *json = json_loadb((const char *)a->body.data, a->body.size, 0, &error);
    json_t *received = json_object_get(json, "received");
    bool known = (a->status == 200 || a->status == 201 || a->status == 409) && json_is_integer(received);
    int64_t offset = known ? json_integer_value(received) : -1;
    json_decref(json);
    if (!known || offset > c->size) {
        carry_pause(in, a->status == 0 ? a->fault.text : "the repository did not take the piece");
        return;
    }
    c->offset = offset;
    if (offset < c->size) {
        carry_piece(in);
        return;
    }
    struct fault f = {0};
    carry_stored(in, &f);
    if (f.code != FAULT_NONE)
        log_fault(LOG_ERROR, "INTAKE-DATABASE", &f);
    c->busy = false;
}

static void carry_piece(struct intake *in)
{
    struct carrier *c = in->carrier;
    char path[PATH_MAX], url[600];
    size_t room = (size_t)(c->size - c->offset < UPLOAD_PIECE_SIZE ? c->size - c->offset : UPLOAD_PIECE_SIZE);
    OWNED_MEMORY uint8_t *piece = memory_new(room + 1);
    int file = upload_path(in, c->digest, "", path) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    ssize_t size = file < 0 ? -1 : pread(file, piece, room, c->offset);
    if (file >= 0)
        close(file);
    if (size < 0) {
        carry_pause(in, "the spool file cannot be read");
        return;
    }
    static const char *const headers[] = {"Content-Type: application/octet-stream", NULL};
    snprintf(url, sizeof(url), "%.400s/documents/%s/pieces?offset=%lld&size=%lld",
             config_text(in->config, "intake.repository_url"), c->digest, (long long)c->offset, (long long)c->size);
    struct fault f = {0};
    if (client_call(in->client, "PUT", url, headers, BYTES(piece, (size_t)size), carry_on_answer, in, &f) != FAULT_NONE)
        carry_pause(in, f.text);
}

static void carry_next(struct intake *in)
{
    static const char sql[] = "SELECT digest, size FROM intake.file WHERE complete AND stored_at IS NULL "
                              "ORDER BY created_at LIMIT 1";
    struct fault f = {0};
    OWNED(rows) rows = NULL;
    in->carrier->again_ms = in->now_ms + 1000;
    if (database_run(in->database, sql, NULL, &rows, &f) != FAULT_NONE || rows_count(rows) == 0)
        return;
    bytes_to_hex(rows_bytes(rows, 0, 0), in->carrier->digest);
    in->carrier->size = rows_integer(rows, 0, 1);
    in->carrier->offset = 0;
    in->carrier->busy = true;
    carry_piece(in);
}

void upload_turn(struct intake *in)
{
    client_turn(in->client);
    if (!in->carrier->busy && in->now_ms >= in->carrier->again_ms && *config_text(in->config, "intake.repository_url"))
        carry_next(in);
}
