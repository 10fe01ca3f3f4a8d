#pragma once
/* Names of the entries of an evidence file, in their order: type, page, messages, events, chains, certificates, authorities, list of
 * revoked certificates, index, manifest, signature. */
#include "evidence/archive.h"
#include <inttypes.h>

#define NAMES_TYPE "mimetype"
#define NAMES_TYPE_CONTENT "application/vnd.etsi.asic-e+zip"
#define NAMES_PAGE "README.txt"
#define NAMES_MESSAGE "messages/%06" PRIu32 ".%s" /* number; envelope, header, signed, signature */
#define NAMES_EVENT "events/%06" PRIu64 ".event"
#define NAMES_BLOCKS "chains/%" PRIu32 "/%012" PRIu64 ".blocks"
#define NAMES_BLOCK "chains/%" PRIu32 "/%012" PRIu64 ".%s" /* signed, signature, seen, stamp */
#define NAMES_CERTIFICATE "certificates/%s.pem"            /* key id */
#define NAMES_CERTIFICATES "certificates/"
#define NAMES_AUTHORITY "authorities/%s.pem"
#define NAMES_AUTHORITIES "authorities/"
#define NAMES_REVOCATION "revocation.crl"
#define NAMES_INDEX "index.txt"
#define NAMES_MANIFEST "META-INF/ASiCManifest.xml"

/* What stands in README.txt: how to verify it by hand. The same in every file of this version. */
extern const char names_page[];
