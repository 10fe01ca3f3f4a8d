#pragma once
/* `lt evidence`: a dossier's evidence as one file, and its verification. */
#include "base/uuid.h"
#include "database/database.h"
#include "evidence/maker.h"
#include "options.h"
#include "signer.h"

int evidence_main(int argc, char **argv);

/* --- Its parts ------------------------------------------------------------------------------------------------------ */

MUST_USE enum fault_code evidence_export(const struct options *o, struct fault *f);
/* Certificates of a PEM file. */
#define EVIDENCE_AUTHORITIES_MAX 16
struct evidence_authorities {
    struct certificate *items[EVIDENCE_AUTHORITIES_MAX];
    size_t count;
};
void evidence_authorities_clear(struct evidence_authorities *a);
MUST_USE enum fault_code evidence_authorities_load(const char *path, struct evidence_authorities *ret, struct fault *f);

/* An export under way, within one transaction that sees one moment. */
struct export
{
    struct database *database;
    struct maker *maker;
    struct uuid dossier;
    struct runs *runs;
    uint64_t messages, events, blocks;
    int64_t begun_ms, told_ms;
};
/* Says on stderr how far it is, now and then. */
void evidence_progress(struct export *e);
/* All messages, then all events, which are noted in e->runs. */
MUST_USE enum fault_code evidence_write_messages(struct export *e, struct fault *f);
MUST_USE enum fault_code evidence_write_events(struct export *e, struct fault *f);
MUST_USE enum fault_code evidence_write_chains(struct export *e, struct fault *f);
/* Certificates of all that has signed, OWN is the exporter's; then their authorities; then CRL (a file; NULL: none). */
MUST_USE enum fault_code evidence_write_keys(struct export *e, const struct certificate *own, struct bytes crl,
                                             struct fault *f);
