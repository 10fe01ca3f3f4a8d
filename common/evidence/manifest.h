#pragma once
/* META-INF/ASiCManifest.xml: the digests of all entries before it (ETSI EN 319 162-1, ASiCManifest), signed by who exported. */
#include "evidence/archive.h"

#define MANIFEST_SIZE_MAX ((size_t)64 << 20)
#define MANIFEST_SIGNATURE "META-INF/signature.value"

/* Appends the manifest of ENTRIES but the first, which is the type of the container. */
MUST_USE enum fault_code manifest_print(const struct archive_entry *entries, size_t count, struct buffer *to,
                                        struct fault *f);
