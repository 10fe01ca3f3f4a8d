#include "evidence.h"
#include "base/text.h"
#include "evidence/evidence.h"
#include "file.h"
#include "trust/revocation.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "usage: lt evidence export DOSSIER --reason TEXT [--operator FILE] [--officer NAME] --database CONNECTION\n"
    "         (--crl FILE | --without-revocation) [--output FILE]\n"
    "       lt evidence verify FILE --authority FILE [--stamp-authority FILE | --without-stamps]\n"
    "         [--crl FILE | --without-revocation]\n"
    "\n"
    "  export  writes one file with all that proves a dossier (code or UUID): messages as they came, signatures, proofs, the\n"
    "          record's blocks, time stamps, certificates, list of revoked ones. What is sealed stays sealed, what is open is open in\n"
    "          it: keep the file as you keep the dossier. Who exports, when and why stands in the file and among the\n"
    "          administrative acts (lt account audit)\n"
    "  verify  needs no server: says what the file proves, or the first thing that does not hold\n"
    "\n"
    "  --authority FILE        the certificates (PEM) of the authorities whose certificates you believe, not from the same hands as\n"
    "                          the evidence\n"
    "  --stamp-authority FILE  the certificate (PEM) of the authority of the time stamps, or of its issuer; then each event must be\n"
    "                          under one\n"
    "  --without-stamps        the routers' word about times is enough\n"
    "  --crl FILE              export: the list of revoked certificates as the routers have it; verify: a newer one than\n"
    "                          the file's\n"
    "  --without-revocation    there is no such list\n"
    "  --operator FILE         the operator's code and keys, with which the file is signed (or LIENTHONG_OPERATOR)\n"
    "  --output FILE           default: evidence-UUID.asice here\n"
    "\n"
    "Exit status: 0 done, or proved; 1 not, the reason is on standard error; 2 wrong use. What agrees with itself while something that\n"
    "you must trust was not given is not proved: status 1.\n"
    "deploy/verify-evidence.sh does the same with openssl, unzip and sha256sum.\n";

/* --- Verifying -------------------------------------------------------------------------------------------------------- */

static enum fault_code map(const char *path, struct bytes *ret, struct fault *f)
{
    struct stat status = {.st_size = 0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    void *bytes = MAP_FAILED;
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    else if (file >= 0)
        errno = EINVAL;
    enum fault_code code =
        bytes == MAP_FAILED ? fault_set(f, FAULT_SYSTEM, "%s: %s", path, strerror(errno)) : FAULT_NONE;
    if (file >= 0)
        close(file);
    if (code == FAULT_NONE)
        *ret = BYTES(bytes, (size_t)status.st_size);
    return code;
}

static enum fault_code tell(const struct evidence *e, struct fault *f)
{
    OWNED_BUFFER text = BUFFER((size_t)256 << 20);
    enum fault_code code = evidence_print(e, &text, f);
    if (code != FAULT_NONE)
        return code;
    fwrite(text.data, text.size, 1, stdout);
    if (*evidence_shortfall(e))
        return fault_set(f, FAULT_UNTRUSTED, "IT AGREES WITH ITSELF, BUT IS NOT PROVED. %s", evidence_shortfall(e));
    printf("\nALL OF IT HOLDS.\n");
    return fflush(stdout) == 0 ? FAULT_NONE : fault_set(f, FAULT_SYSTEM, "standard output cannot be written");
}

static enum fault_code verify_mapped(const struct options *o, struct bytes file, struct evidence_anchors *anchors,
                                     struct fault *f)
{
    OWNED(evidence) e = NULL;
    OWNED_BUFFER crl = BUFFER(REVOCATION_SIZE_MAX);
    enum fault_code code = o->crl ? file_read(o->crl, &crl, f) : FAULT_NONE;
    anchors->revocation = buffer_bytes(&crl);
    if (code == FAULT_NONE)
        code = evidence_verify(file, anchors, &e, f);
    return code == FAULT_NONE ? tell(e, f) : fault_wrap(f, "%s DOES NOT HOLD", o->words[1]);
}

static enum fault_code verify(const struct options *o, struct fault *f)
{
    struct evidence_authorities authorities = {.count = 0};
    struct certificate *stamps = NULL;
    struct bytes file = {NULL, 0};
    enum fault_code code = o->authority ? evidence_authorities_load(o->authority, &authorities, f) : FAULT_NONE;
    if (code == FAULT_NONE && o->stamp_authority)
        code = certificate_load(o->stamp_authority, &stamps, f);
    if (code == FAULT_NONE)
        code = map(o->words[1], &file, f);
    struct evidence_anchors anchors = {.authorities = authorities.items,
                                       .authority_count = authorities.count,
                                       .stamp_authority = stamps,
                                       .without_stamps = o->without_stamps,
                                       .without_revocation = o->without_revocation};
    if (code == FAULT_NONE)
        code = verify_mapped(o, file, &anchors, f);
    if (file.data)
        munmap((void *)file.data, file.size);
    certificate_free(stamps);
    evidence_authorities_clear(&authorities);
    return code;
}

/* --- The command ------------------------------------------------------------------------------------------------------ */

static const char *misuse(const struct options *o, bool exports)
{
    if (o->crl && o->without_revocation)
        return "--crl and --without-revocation contradict each other";
    if (o->stamp_authority && o->without_stamps)
        return "--stamp-authority and --without-stamps contradict each other";
    if (exports && text_empty(o->reason))
        return "why? Give --reason TEXT; it stands in the file and in the record";
    if (exports && !o->crl && !o->without_revocation)
        return "give --crl FILE, the list of revoked certificates that the routers use, or --without-revocation";
    return NULL;
}

int evidence_main(int argc, char **argv)
{
    struct options o;
    struct fault f;
    int status;
    if (!options_take(argc, argv, usage, &o, &status))
        return status;
    bool exports = o.count == 2 && text_equal(o.words[0], "export");
    if (!exports && !(o.count == 2 && text_equal(o.words[0], "verify"))) {
        fputs(usage, stderr);
        return 2;
    }
    const char *what = misuse(&o, exports);
    if (what) {
        fprintf(stderr, "lt evidence: %s\nlt evidence --help tells how it is used.\n", what);
        return 2;
    }
    enum fault_code code = exports ? evidence_export(&o, &f) : verify(&o, &f);
    return code == FAULT_NONE ? 0 : options_failed("evidence", &f);
}
