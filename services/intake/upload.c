#include "upload.h"
#include "officer.h"
#include "portal.h"
#include "reply.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/private_file.h"
#include "base/text.h"
#include "database/sealed.h"
#include "trust/sealed_file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define CARRY_LOOK_MS 1000
#define CARRY_AGAIN_S 5
#define CARRY_LEASE_S 120 /* so long no other process tries the same document */
#define SPOOL_FREE_PERCENT_MIN 5
#define SPOOL_ABANDONED_S (7 * 86400) /* a file that nobody went on sending */
#define SPOOL_CLEAN_MS 3600000

/* A request whose body is being written. */
struct upload {
    char digest[65];
    struct sealed_file *file; /* NULL: none is open */
    int64_t size, received;
    bool here;                      /* wholly, in the spool or carried on already */
    struct portal_refusal stranger; /* status 0: may upload */
    const char *code;               /* of what went wrong; NULL: nothing yet */
    int status;
    char text[200];
};

/* One document at a time on its way to the repository. */
struct carrier {
    bool busy;
    int64_t again_ms, clean_ms;
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

/* What a file of ours holds; -1: none, or something else (a link, a folder), which is never followed. */
static int64_t file_size(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) ? sealed_file_plain(status.st_size) : -1;
}

static enum fault_code spool_open(const struct intake *in, int file, const char *digest, enum sealed_file_state state,
                                  struct sealed_file **ret, struct fault *f)
{
    struct digest id;
    if (!bytes_from_hex(digest, id.bytes, DIGEST_SIZE)) {
        close(file);
        return fault_set(f, FAULT_INTERNAL, "no digest");
    }
    return sealed_file_open(database_vault(in->database), file, &id, state, ret, f);
}

/* The whole document of the spool at PATH. */
static enum fault_code spool_read(const struct intake *in, const char *path, const char *digest,
                                  struct sealed_file **ret, struct fault *f)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return fault_set(f, FAULT_SYSTEM, "spool file %s: %s", digest, strerror(errno));
    return spool_open(in, file, digest, SEALED_FILE_WHOLE, ret, f);
}

/* What the last disk block is needed for is the database's log, not a stranger's upload. */
static bool spool_has_room(const struct intake *in, int64_t size)
{
    struct statvfs disk;
    if (statvfs(config_text(in->config, "intake.spool"), &disk) != 0)
        return false;
    uint64_t unit = disk.f_frsize, spare = (uint64_t)disk.f_blocks * unit / 100 * SPOOL_FREE_PERCENT_MIN;
    return (uint64_t)disk.f_bavail * unit > spare + (uint64_t)size;
}

/* Size of a document that was whole here once, also after it was carried on; -1: none. */
static enum fault_code spool_known(struct intake *in, const char *digest, int64_t *ret_size, struct fault *f)
{
    uint8_t bytes[DIGEST_SIZE] = {0};
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    if (!bytes_from_hex(digest, bytes, sizeof(bytes)))
        return fault_set(f, FAULT_MALFORMED, "no digest");
    parameters_bytes(p, BYTES(bytes, sizeof(bytes)));
    if (database_run(in->database, "SELECT size FROM intake.file WHERE digest = $1", p, &rows, f) != FAULT_NONE)
        return f->code;
    *ret_size = rows_count(rows) > 0 ? rows_integer(rows, 0, 0) : -1;
    return FAULT_NONE;
}

enum fault_code upload_absent(struct intake *in, const Lienthong__V1__Application *a, size_t *ret, struct fault *f)
{
    for (*ret = 0; *ret < a->n_documents; ++*ret) {
        int64_t size = 0;
        const char *digest = a->documents[*ret]->digest;
        if (!text_empty(digest) && spool_known(in, digest, &size, f) != FAULT_NONE)
            return f->code;
        if (size < 0)
            break;
    }
    return FAULT_NONE;
}

/* From now on it is carried to the repository. Again: no effect. */
static enum fault_code spool_record(struct intake *in, const char *digest, int64_t size, struct fault *f)
{
    static const char sql[] = "INSERT INTO intake.file (digest, size, complete, created_at, next_at) "
                              "VALUES ($1, $2, true, $3, $3) ON CONFLICT (digest) DO NOTHING";
    uint8_t bytes[DIGEST_SIZE] = {0};
    OWNED(parameters) p = parameters_new();
    if (!bytes_from_hex(digest, bytes, sizeof(bytes)))
        return fault_set(f, FAULT_MALFORMED, "no digest");
    parameters_bytes(p, BYTES(bytes, sizeof(bytes)));
    parameters_integer(p, size);
    parameters_instant(p, in->now);
    return database_run(in->database, sql, p, NULL, f);
}

/* Removes what was begun and given up. */
static void spool_clean(const struct intake *in)
{
    DIR *folder = opendir(config_text(in->config, "intake.spool"));
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) != NULL) {
        char digest[65], path[PATH_MAX];
        struct stat status;
        if (strlen(entry->d_name) != 69 || strcmp(entry->d_name + 64, ".part") != 0)
            continue;
        text_copy(digest, sizeof(digest), entry->d_name);
        if (upload_path(in, digest, ".part", path) && stat(path, &status) == 0 &&
            (int64_t)status.st_mtime < in->now.us / INSTANT_SECOND_US - SPOOL_ABANDONED_S)
            unlink(path);
    }
    if (folder)
        closedir(folder);
}

enum fault_code upload_open(struct intake *in, struct fault *f)
{
    const char *folder = config_text(in->config, "intake.spool");
    const char *token_file = config_text(in->config, "intake.repository_token_file");
    if (*config_text(in->config, "intake.repository_url")) {
        if (!*token_file)
            return fault_set(f, FAULT_CONFIG, "intake.repository_token_file is needed with intake.repository_url");
        if (private_file_line(token_file, 16, in->repository_token, sizeof(in->repository_token), f) != FAULT_NONE)
            return f->code;
    }
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
    struct fault f = {0};
    if (u->file && sealed_file_flush(u->file, &f)) /* a line that broke: the rest may come behind it */
        log_fault(LOG_WARNING, "SPOOL", &f);
    sealed_file_free(u->file);
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

/* One writer at a time: the lock goes with the descriptor. */
static void upload_open_part(const struct intake *in, struct upload *u, const char *path, int64_t offset)
{
    struct fault f = {0};
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0) {
        close(file);
        upload_wrong(u, 409, "BUSY", "another request is sending this file; ask with GET how much is here");
        return;
    }
    if (file < 0 || spool_open(in, file, u->digest, SEALED_FILE_GROWS, &u->file, &f)) {
        if (file >= 0)
            log_fault(LOG_ERROR, "SPOOL", &f);
        upload_wrong(u, 503, "UNAVAILABLE", "the spool cannot be written; try again");
        return;
    }
    u->received = sealed_file_size(u->file);
    if (offset != u->received)
        upload_wrong(u, 409, "OFFSET", "the piece does not begin where the file ends; ask with GET how much is here");
}

static void upload_look(struct request *r, struct intake *in, struct upload *u)
{
    char path[PATH_MAX], done[PATH_MAX];
    struct fault f = {0};
    int64_t known = -1, offset = query_size(r, "offset", 0);
    const char *digest = request_path_value(r, "digest");
    struct portal_caller portal;
    struct portal_refusal why;
    struct officer officer;
    if (!officer_known(in, r, &officer) && !portal_find(in, r, true, &portal, &why)) {
        u->stranger = why;
        return;
    }
    if (!upload_path(in, digest, ".part", path) || !upload_path(in, digest, "", done)) {
        upload_wrong(u, 400, "MALFORMED", "digest must be a SHA-256 in 64 lower-case hexadecimal digits");
        return;
    }
    text_copy(u->digest, sizeof(u->digest), digest);
    u->size = query_size(r, "size", -1);
    if (u->size < 1 || u->size > UPLOAD_SIZE_MAX || offset < 0) {
        bool large = u->size > UPLOAD_SIZE_MAX;
        upload_wrong(u, large ? 413 : 400, large ? "TOO_LARGE" : "MALFORMED",
                     "query parameters: size of the whole file, 1 to 104857600, and offset, 0 or more");
        return;
    }
    if (spool_known(in, digest, &known, &f) != FAULT_NONE) {
        upload_wrong(u, 503, "UNAVAILABLE", "the database is away; try again");
        return;
    }
    known = known >= 0 ? known : file_size(done);
    if (known >= 0) {
        u->here = true;
        u->received = u->size = known;
    } else if (!spool_has_room(in, u->size - offset)) {
        upload_wrong(u, 503, "UNAVAILABLE", "the spool is nearly full; try again later");
    } else {
        upload_open_part(in, u, path, offset);
    }
}

/* The first piece (or the end of an empty body) begins it. */
static struct upload *upload_begin(struct request *r, struct intake *in)
{
    struct upload *u = request_state(r);
    if (u)
        return u;
    u = memory_new(sizeof(*u));
    request_set_state(r, u, upload_release);
    upload_look(r, in, u);
    return u;
}

void upload_piece(struct request *r, struct bytes piece, void *context)
{
    struct upload *u = upload_begin(r, context);
    struct fault f = {0};
    if (u->stranger.status || u->code || !u->file)
        return;
    if (u->received + (int64_t)piece.size > u->size) {
        upload_wrong(u, 413, "TOO_LARGE", "more bytes than the size that was named");
        return;
    }
    if (sealed_file_append(u->file, piece, &f)) {
        log_fault(LOG_ERROR, "SPOOL", &f);
        upload_wrong(u, 503, "UNAVAILABLE", "the spool cannot be written (is the disk full?); try again later");
        return;
    }
    u->received = sealed_file_size(u->file);
}

/* The whole file is here: its content must be what its name says. */
static enum fault_code upload_complete(struct intake *in, struct upload *u, struct fault *f)
{
    char part[PATH_MAX], done[PATH_MAX], hex[65];
    struct digest digest = {{0}};
    OWNED(sealed_file) whole = NULL;
    (void)upload_path(in, u->digest, ".part", part);
    (void)upload_path(in, u->digest, "", done);
    if (sealed_file_finish(u->file, f) || spool_read(in, part, u->digest, &whole, f) ||
        sealed_file_digest(whole, &digest, f))
        return f->code;
    bytes_to_hex(digest_bytes(&digest), hex);
    if (!text_equal(hex, u->digest)) {
        unlink(part);
        return fault_set(f, FAULT_REFUSED, "the content's SHA-256 is %s; nothing was kept, send the file again", hex);
    }
    if (rename(part, done) != 0)
        return fault_set(f, FAULT_SYSTEM, "spool file %s: %s", u->digest, strerror(errno));
    int folder = open(config_text(in->config, "intake.spool"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool lasts = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return lasts ? FAULT_NONE : fault_set(f, FAULT_SYSTEM, "spool folder: %s", strerror(errno));
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
    enum fault_code code = FAULT_NONE;
    if (u->stranger.status) {
        portal_refuse(r, &u->stranger);
        return;
    }
    if (u->code) {
        if (u->status == 503)
            request_add_header(r, "Retry-After", "30");
        request_answer_problem(r, u->status, u->code, "%s", u->text);
        return;
    }
    if (!u->here)
        code = u->received == u->size ? upload_complete(in, u, &f) : sealed_file_flush(u->file, &f);
    /* Also when it was whole before: the database may have been away then. */
    if (code == FAULT_NONE && u->received == u->size)
        code = spool_record(in, u->digest, u->size, &f);
    if (code == FAULT_REFUSED)
        request_answer_problem(r, 422, "DIGEST", "%s", f.text);
    else if (code != FAULT_NONE)
        reply_fault(r, &f);
    else
        answer_upload(r, u->digest, u->received, u->size);
}

void upload_get(struct request *r, void *context)
{
    struct intake *in = context;
    char part[PATH_MAX], done[PATH_MAX];
    const char *digest = request_path_value(r, "digest");
    struct portal_caller portal;
    struct portal_refusal why;
    struct officer officer;
    if (!officer_known(in, r, &officer) && !portal_find(in, r, false, &portal, &why)) {
        portal_refuse(r, &why);
        return;
    }
    if (!upload_path(in, digest, ".part", part) || !upload_path(in, digest, "", done)) {
        request_answer_problem(r, 400, "MALFORMED", "digest must be a SHA-256 in 64 lower-case hexadecimal digits");
        return;
    }
    int64_t whole = file_size(done), here = file_size(part);
    struct fault f = {0};
    if (whole < 0 && spool_known(in, digest, &whole, &f) != FAULT_NONE) {
        reply_fault(r, &f);
        return;
    }
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

static enum fault_code carry_stored(struct intake *in, struct fault *f)
{
    char path[PATH_MAX];
    uint8_t digest[DIGEST_SIZE];
    OWNED(parameters) p = parameters_new();
    if (!bytes_from_hex(in->carrier->digest, digest, sizeof(digest)))
        return fault_set(f, FAULT_INTERNAL, "no digest");
    parameters_bytes(p, BYTES(digest, sizeof(digest)));
    parameters_instant(p, in->now);
    if (database_run(in->database, "UPDATE intake.file SET stored_at = $2 WHERE digest = $1", p, NULL, f) != FAULT_NONE)
        return f->code;
    if (upload_path(in, in->carrier->digest, "", path))
        unlink(path);
    return FAULT_NONE;
}

/* Another document is tried meanwhile. */
static void carry_pause(struct intake *in, const char *why)
{
    static const char sql[] = "UPDATE intake.file SET next_at = $2 WHERE digest = $1";
    uint8_t digest[DIGEST_SIZE] = {0};
    struct fault f = {0};
    OWNED(parameters) p = parameters_new();
    log_event(LOG_WARNING, "REPOSITORY-AWAY", why, "document", in->carrier->digest, NULL);
    in->carrier->busy = false;
    in->carrier->again_ms = in->now_ms + CARRY_LOOK_MS;
    if (!bytes_from_hex(in->carrier->digest, digest, sizeof(digest)))
        return;
    parameters_bytes(p, BYTES(digest, sizeof(digest)));
    parameters_instant(p, (struct instant){in->now.us + CARRY_AGAIN_S * INSTANT_SECOND_US});
    if (database_run(in->database, sql, p, NULL, &f) != FAULT_NONE)
        log_fault(LOG_ERROR, "INTAKE-DATABASE", &f); /* tried again when its lease has run out */
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
    bool stands = offset == c->offset && offset < c->size; /* it asks for what it was just sent */
    if (!known || offset < 0 || offset > c->size || stands) {
        carry_pause(in, a->status == 0     ? a->fault.text
                        : a->status == 401 ? "the repository refuses the token in intake.repository_token_file"
                                           : "the repository did not take the piece");
        return;
    }
    c->offset = offset;
    if (offset < c->size) {
        carry_piece(in);
        return;
    }
    struct fault f = {0};
    if (carry_stored(in, &f) != FAULT_NONE)
        log_fault(LOG_ERROR, "INTAKE-DATABASE", &f); /* carried again, which the repository notices */
    c->busy = false;
    c->again_ms = 0; /* the next one at once */
}

static void carry_piece(struct intake *in)
{
    struct carrier *c = in->carrier;
    char path[PATH_MAX], url[600], token[INTAKE_TOKEN_SIZE_MAX + 30];
    size_t room = (size_t)(c->size - c->offset < UPLOAD_PIECE_SIZE ? c->size - c->offset : UPLOAD_PIECE_SIZE);
    OWNED_MEMORY uint8_t *piece = memory_new(room + 1);
    struct fault f = {0};
    OWNED(sealed_file) file = NULL;
    if (!upload_path(in, c->digest, "", path) || spool_read(in, path, c->digest, &file, &f) ||
        sealed_file_read(file, c->offset, piece, room, &f)) {
        log_fault(LOG_ERROR, "SPOOL", &f);
        carry_pause(in, "the spool file cannot be read");
        return;
    }
    const char *const headers[] = {"Content-Type: application/octet-stream", token, NULL};
    snprintf(token, sizeof(token), "Authorization: Bearer %s", in->repository_token);
    snprintf(url, sizeof(url), "%.400s/documents/%s/pieces?offset=%lld&size=%lld",
             config_text(in->config, "intake.repository_url"), c->digest, (long long)c->offset, (long long)c->size);
    if (client_call(in->client, "PUT", url, headers, BYTES(piece, room), carry_on_answer, in, &f) != FAULT_NONE)
        carry_pause(in, f.text);
}

static void carry_next(struct intake *in)
{
    static const char sql[] =
        "UPDATE intake.file SET next_at = $2 WHERE digest = (SELECT digest FROM intake.file WHERE stored_at IS NULL "
        "AND complete AND next_at <= $1 ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING digest, size";
    struct fault f = {0};
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    in->carrier->again_ms = in->now_ms + CARRY_LOOK_MS;
    parameters_instant(p, in->now);
    parameters_instant(p, (struct instant){in->now.us + CARRY_LEASE_S * INSTANT_SECOND_US});
    if (database_run(in->database, sql, p, &rows, &f) != FAULT_NONE || rows_count(rows) == 0)
        return;
    bytes_to_hex(rows_bytes(rows, 0, 0), in->carrier->digest);
    in->carrier->size = rows_integer(rows, 0, 1);
    in->carrier->offset = 0;
    in->carrier->busy = true;
    carry_piece(in);
}

void upload_turn(struct intake *in)
{
    if (in->now_ms >= in->carrier->clean_ms) {
        in->carrier->clean_ms = in->now_ms + SPOOL_CLEAN_MS;
        spool_clean(in);
    }
    if (!in->carrier->busy && in->now_ms >= in->carrier->again_ms && *config_text(in->config, "intake.repository_url"))
        carry_next(in);
}
