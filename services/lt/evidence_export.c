#include "audit.h"
#include "base/system.h"
#include "base/text.h"
#include "evidence.h"
#include "evidence/evidence.h"
#include "file.h"
#include "runs.h"
#include "timeline.h"
#include "trust/revocation.h"
#include "web/act.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATEMENT_MS_MAX (3600 * 1000)
#define TELL_MS 5000

static const char begin_sql[] = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY";
static const char dossier_sql[] = "SELECT count(*) FROM dossier WHERE shard = $1 AND id = $2";

void evidence_progress(struct export *e)
{
    int64_t now_ms = system_monotonic_ms();
    if (now_ms - e->told_ms < TELL_MS)
        return;
    e->told_ms = now_ms;
    fprintf(stderr, "lt evidence: %" PRIu64 " messages, %" PRIu64 " events, %" PRIu64 " blocks, %" PRId64 " s\n",
            e->messages, e->events, e->blocks, (now_ms - e->begun_ms) / 1000);
}

/* --- The file: beside its place until it is whole ---------------------------------------------------------------------- */

struct target {
    FILE *file;
    const char *path;
    char beside[PATH_MAX];
};

static enum fault_code target_write(void *context, struct bytes bytes, struct fault *f)
{
    struct target *t = context;
    if (bytes.size && fwrite(bytes.data, bytes.size, 1, t->file) != 1)
        return fault_set(f, FAULT_SYSTEM, "%s cannot be written: %s", t->beside, strerror(errno));
    return FAULT_NONE;
}

/* It may hold what is open of a citizen's: for its maker's eyes. */
static enum fault_code target_open(struct target *t, const char *path, struct fault *f)
{
    t->path = path;
    if (access(path, F_OK) == 0)
        return fault_set(f, FAULT_CONFLICT, "%s is there already; it is not overwritten", path);
    if ((size_t)snprintf(t->beside, sizeof(t->beside), "%s.new", path) >= sizeof(t->beside))
        return fault_set(f, FAULT_CONFIG, "the name of the file is too long");
    int file = open(t->beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    t->file = file < 0 ? NULL : fdopen(file, "we");
    if (t->file)
        return FAULT_NONE;
    enum fault_code code = fault_set(f, FAULT_SYSTEM, "%s cannot be written: %s", t->beside, strerror(errno));
    if (file >= 0)
        close(file);
    return code;
}

static enum fault_code target_close(struct target *t, struct fault *f)
{
    bool good = fflush(t->file) == 0 && fsync(fileno(t->file)) == 0;
    good = fclose(t->file) == 0 && good;
    t->file = NULL;
    return good ? FAULT_NONE : fault_set(f, FAULT_SYSTEM, "%s cannot be written: %s", t->beside, strerror(errno));
}

/* Whatever is wrong with the record shows to who exports it, not years later. */
static enum fault_code target_verify(const struct target *t, bool without_revocation, struct fault *f)
{
    OWNED(evidence) e = NULL;
    struct stat status;
    const struct evidence_anchors anchors = {.without_stamps = true, .without_revocation = without_revocation};
    int file = open(t->beside, O_RDONLY | O_CLOEXEC);
    void *bytes = MAP_FAILED;
    if (file >= 0 && fstat(file, &status) == 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (file >= 0)
        close(file);
    if (bytes == MAP_FAILED)
        return fault_set(f, FAULT_SYSTEM, "%s cannot be read: %s", t->beside, strerror(errno));
    enum fault_code code = evidence_verify(BYTES(bytes, (size_t)status.st_size), &anchors, &e, f);
    munmap(bytes, (size_t)status.st_size);
    return code == FAULT_NONE ? code : fault_wrap(f, "the record does not hold");
}

/* --- The record of it -------------------------------------------------------------------------------------------------- */

/* Beside what audit.h records of every command: for whom, which dossier, and why. Before anything is read, so that nobody has a file
 * without a trace. */
static enum fault_code record(struct database *d, const struct lines_head *head, const char *agency, struct fault *f)
{
    char who[AUDIT_TEXT_SIZE], source[AUDIT_TEXT_SIZE], by[500], object[300], id[UUID_TEXT_SIZE];
    audit_actor(who, source);
    snprintf(by, sizeof(by), "%s, %s of %s", who, head->officer, agency);
    uuid_print(head->dossier, id);
    snprintf(object, sizeof(object), "%s: %s", id, head->reason);
    const struct act act = {by, source, "evidence export", object, "begun"};
    enum fault_code code = database_begin(d, f);
    if (code == FAULT_NONE)
        code = act_record(d, &act, system_now(), f);
    code = database_end(d, code, f);
    return code == FAULT_NONE ? code : fault_wrap(f, "recording the export, without which there is none");
}

/* --- All of it ---------------------------------------------------------------------------------------------------------- */

struct sources {
    struct signer signer;
    struct certificate *certificate;
    struct database *database;
    struct buffer crl;
};

static void sources_clear(struct sources *s)
{
    signer_close(&s->signer);
    certificate_free(s->certificate);
    database_free(s->database);
    buffer_clear(&s->crl);
}

static enum fault_code sources_open(const struct options *o, struct sources *s, struct fault *f)
{
    OWNED_BUFFER list = BUFFER(REVOCATION_SIZE_MAX);
    s->crl = BUFFER((size_t)2 * REVOCATION_SIZE_MAX);
    enum fault_code code = signer_open(o->signer, &s->signer, f);
    if (code == FAULT_NONE)
        code = certificate_load(config_text(s->signer.config, "keys.certificate"), &s->certificate, f);
    if (code == FAULT_NONE && o->crl)
        code = file_read(o->crl, &list, f);
    if (code == FAULT_NONE && o->crl && revocation_print_pem(buffer_bytes(&list), &s->crl, f) != FAULT_NONE)
        code = fault_wrap(f, "%s", o->crl);
    return code == FAULT_NONE ? options_connect(o, STATEMENT_MS_MAX, &s->database, f) : code;
}

static enum fault_code make_head(const struct options *o, const struct sources *s, struct lines_head *ret,
                                 struct fault *f)
{
    OWNED(rows) rows = NULL;
    OWNED(parameters) p = parameters_new();
    const char *officer = o->officer ? o->officer : s->signer.officer;
    if (!lines_text_fits(officer, LINES_OFFICER_SIZE_MAX))
        return fault_set(f, FAULT_CONFIG,
                         "who are you? Give --officer NAME (a line of at most %d bytes), or `officer` in the "
                         "operator's file",
                         LINES_OFFICER_SIZE_MAX);
    if (!lines_text_fits(o->reason, LINES_REASON_SIZE_MAX))
        return fault_set(f, FAULT_CONFIG, "--reason is a line of 1 to %d bytes", LINES_REASON_SIZE_MAX);
    text_copy(ret->officer, sizeof(ret->officer), officer);
    text_copy(ret->reason, sizeof(ret->reason), o->reason);
    ret->exported = system_now();
    ret->exporter = certificate_key_id(s->certificate);
    ret->revocation = o->crl != NULL;
    enum fault_code code = timeline_find(s->database, o->words[1], &ret->dossier, f);
    parameters_integer(p, uuid_shard(ret->dossier));
    parameters_uuid(p, ret->dossier);
    if (code == FAULT_NONE)
        code = database_run(s->database, dossier_sql, p, &rows, f);
    if (code == FAULT_NONE && rows_integer(rows, 0, 0) == 0)
        code = fault_set(f, FAULT_NOT_FOUND, "no dossier has the id %.60s", o->words[1]);
    return code;
}

/* All of one snapshot, while the routers go on. */
static enum fault_code write_all(const struct sources *s, const struct lines_head *head, struct target *t,
                                 struct fault *f)
{
    OWNED(maker) maker = NULL;
    OWNED(runs) runs = runs_new();
    struct export e = {.database = s->database, .dossier = head->dossier, .runs = runs};
    e.begun_ms = e.told_ms = system_monotonic_ms();
    enum fault_code code = maker_new((struct archive_sink){target_write, t}, head, &maker, f);
    e.maker = maker;
    if (code == FAULT_NONE)
        code = database_begin(s->database, f);
    if (code == FAULT_NONE)
        code = database_run(s->database, begin_sql, NULL, NULL, f);
    if (code == FAULT_NONE)
        code = evidence_write_messages(&e, f);
    if (code == FAULT_NONE)
        code = evidence_write_events(&e, f);
    if (code == FAULT_NONE)
        code = evidence_write_chains(&e, f);
    if (code == FAULT_NONE)
        code = evidence_write_keys(&e, s->certificate, buffer_bytes(&s->crl), f);
    if (database_in_transaction(s->database))
        database_rollback(s->database);
    return code == FAULT_NONE ? maker_finish(maker, s->signer.key, f) : code;
}

static enum fault_code export_to(const struct options *o, const struct sources *s, const struct lines_head *head,
                                 const char *path, struct fault *f)
{
    struct target t = {NULL};
    enum fault_code code = target_open(&t, path, f);
    if (code != FAULT_NONE)
        return code;
    code = write_all(s, head, &t, f);
    struct fault closing;
    if (target_close(&t, &closing) != FAULT_NONE && code == FAULT_NONE)
        code = fault_set(f, closing.code, "%s", closing.text);
    if (code == FAULT_NONE)
        code = target_verify(&t, o->without_revocation, f);
    if (code == FAULT_NONE && rename(t.beside, path) != 0)
        code = fault_set(f, FAULT_SYSTEM, "%s cannot be written: %s", path, strerror(errno));
    if (code != FAULT_NONE)
        unlink(t.beside);
    return code;
}

static enum fault_code export_recorded(const struct options *o, const struct sources *s, struct fault *f)
{
    struct lines_head head = {.revocation = false};
    char path[UUID_TEXT_SIZE + 32], id[UUID_TEXT_SIZE];
    enum fault_code code = make_head(o, s, &head, f);
    if (code == FAULT_NONE)
        code = record(s->database, &head, s->signer.agency, f);
    if (code != FAULT_NONE)
        return code;
    uuid_print(head.dossier, id);
    snprintf(path, sizeof(path), "evidence-%s.asice", id);
    code = export_to(o, s, &head, o->output ? o->output : path, f);
    if (code == FAULT_NONE)
        printf("%s\n", o->output ? o->output : path);
    return code;
}

enum fault_code evidence_export(const struct options *o, struct fault *f)
{
    struct sources s = {.crl = BUFFER(0)};
    enum fault_code code = sources_open(o, &s, f);
    if (code == FAULT_NONE)
        code = export_recorded(o, &s, f);
    sources_clear(&s);
    return code;
}
