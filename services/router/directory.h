#pragma once
/* Agencies, keys, roles: an immutable snapshot, replaced as a whole when the directory's version changes. Processes and
 * calendars, which running dossiers refer to, live in a catalogue that only grows. */
#include "base/arena.h"
#include "base/digest.h"
#include "rights.h"
#include "session/gatekeeper.h"
#include "trust/revocation.h"
#include "workflow/engine.h"

/* Rows as the store reads them; all borrowed. */
struct directory_agency {
    uint32_t id, successor; /* 0: none */
    bool paused;
};
struct directory_code {
    const char *code;
    uint32_t agency;
    struct instant from, until;
};
struct directory_key {
    struct digest id;
    uint32_t agency;
    struct bytes certificate; /* DER */
    struct instant from, until, revoked;
    bool encrypts; /* else it signs */
};
struct directory_role {
    const char *role, *jurisdiction;
    uint32_t agency;
    struct instant from, until;
};
struct directory_process {
    uint32_t id, version;
    const char *procedure, *calendar;
    struct bytes packed;
};
struct directory_calendar {
    const char *id;
    uint32_t version;
    struct bytes packed;
};
struct directory_source {
    int64_t version;
    uint32_t processes_after; /* in: ids up to here are known already */
    struct directory_agency *agencies;
    struct directory_code *codes;
    struct directory_key *keys;
    struct gatekeeper_key *curves;
    struct directory_role *roles;
    struct bytes *authorities; /* DER */
    struct right_act *rights;
    struct directory_process *processes;
    struct directory_calendar *calendars;
    size_t agency_count, code_count, key_count, curve_count, role_count, authority_count, process_count, calendar_count,
        right_count;
};

/* --- The catalogue ----------------------------------------------------------------------------------------------- */

struct catalogue;
struct catalogue_entry {
    uint32_t id, version;
    const char *procedure, *calendar;
    const struct process *process;
};

struct catalogue *catalogue_new(void);
struct catalogue *catalogue_free(struct catalogue *c);
/* Takes over what is new in SOURCE. A process or calendar that cannot be used is left out; *f says which (the last),
 * and the others are taken all the same. */
enum fault_code catalogue_add(struct catalogue *c, const struct directory_source *source, struct fault *f);
uint32_t catalogue_newest_id(const struct catalogue *c);
const struct catalogue_entry *catalogue_process(const struct catalogue *c, uint32_t id); /* NULL: unknown */
/* The newest version of the procedure that comes after PROCEDURE (NULL: of the first), by its code; NULL: there is none. */
const struct catalogue_entry *catalogue_next(const struct catalogue *c, const char *procedure);
const struct catalogue_entry *catalogue_newest(const struct catalogue *c, const char *procedure); /* NULL: unknown */
const struct calendar *catalogue_calendar(const struct catalogue *c, const char *id); /* its newest version */

/* --- The snapshot ------------------------------------------------------------------------------------------------ */

struct directory;

struct directory_signer {
    uint32_t agency;
    const struct certificate *certificate; /* NULL: not usable, REASON says why */
    struct instant from, until, revoked;
    char reason[200];
    struct instant listed;  /* since when the authority's list names it; 0: it does not */
    const char *listed_why; /* "" or a reason of RFC 5280; static */
    bool suspended;         /* listed for a while only */
    bool unlisted;          /* there are lists, but none of its issuer */
};

/* Copies SOURCE. A certificate that does not parse, or that no listed authority has issued, makes that key unusable. */
struct directory *directory_new(const struct directory_source *source);
struct directory *directory_free(struct directory *d);
/* What the lists of revoked certificates (NULL: none are looked at) say of each key. They are of no account to evidence: of what
 * was signed before, directory_certificate tells all the same. */
void directory_mark(struct directory *d, const struct revocation *lists);
/* Of the listed authorities; borrowed. */
struct certificate *const *directory_authorities(const struct directory *d, size_t *ret_count);
int64_t directory_version(const struct directory *d);
/* The agency that CODE names at AT; 0: none. */
uint32_t directory_agency_of_code(const struct directory *d, const char *code, struct instant at);
/* The code of AGENCY at AT; NULL: it has none. */
const char *directory_code_of_agency(const struct directory *d, uint32_t agency, struct instant at);
/* Of a signing key; NULL: there is no such. */
const struct directory_signer *directory_signer(const struct directory *d, const struct digest *key_id);
/* Ids of AGENCY's encryption keys that are valid at AT, borrowed, into RET; returns how many (at most ROOM). Several while a
 * key is renewed: the agency may not have the new one at hand yet. */
size_t directory_encryption(const struct directory *d, uint32_t agency, struct instant at, const struct digest **ret,
                            size_t room);
/* Whether KEY_ID is an encryption key of AGENCY's that is in force at AT; or was, or will be. Never one that is revoked. */
enum directory_reader { DIRECTORY_READS_NOT, DIRECTORY_READ_ONCE, DIRECTORY_READS };
enum directory_reader directory_reads(const struct directory *d, uint32_t agency, const struct digest *key_id,
                                      struct instant at);
/* When AGENCY's encryption keys in force were last others than at NOW. */
struct instant directory_keys_since(const struct directory *d, uint32_t agency, struct instant now);
/* Of either use; NULL: unknown, or issued by no authority of ours. */
const struct certificate *directory_certificate(const struct directory *d, const struct digest *key_id);
/* By its row, or because its every signing key is revoked or suspended: whoever holds one of these is given nothing. */
bool directory_paused(const struct directory *d, uint32_t agency);
/* Of each agency that has a code at AT, and of each use, the usable and not revoked certificate that ends last. */
void directory_last_certificates(const struct directory *d, struct instant at,
                                 void (*visit)(void *context, const struct certificate *c, uint32_t agency,
                                               const char *code),
                                 void *context);
/* Does AGENCY have ROLE there (JURISDICTION NULL: anywhere) at AT? */
bool directory_has_role(const struct directory *d, uint32_t agency, const char *role, const char *jurisdiction,
                        struct instant at);
/* Agencies that have ROLE anywhere at AT, each once, into RET; returns how many (at most ROOM). */
size_t directory_with_role(const struct directory *d, const char *role, struct instant at, uint32_t *ret, size_t room);
/* The agency competent for ROLE: one of the jurisdiction itself, else one that is competent everywhere; its successor, when
 * it has one. The smallest id when several are. 0: nobody. */
uint32_t directory_resolve(const struct directory *d, const char *role, const char *jurisdiction, struct instant at);
const struct rights *directory_rights(const struct directory *d);
struct engine_directory directory_engine(const struct directory *d);
/* Borrowed. */
const struct gatekeeper_key *directory_curves(const struct directory *d, size_t *ret_count);
