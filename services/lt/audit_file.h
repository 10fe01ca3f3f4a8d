#pragma once
/* The record of an authority's folder: FOLDER/acts, one JSON object in each line, only ever appended to. Each line has the SHA-256 of
 * the one before it ("previous"), so that a line that was changed, left out or put in shows, and FOLDER/acts.last that of the last
 * one, so that a cut end shows. Who can write the folder has the authority's key, too, and can write both anew: keep copies elsewhere. */
#include "base/instant.h"

struct audit_line {
    const char *who, *source, *act, *object, *outcome; /* borrowed */
};

/* FAULT_CONFIG: it cannot be written, or does not hold: then nothing is added. */
MUST_USE enum fault_code audit_file_add(const char *folder, const struct audit_line *l, struct instant now,
                                        struct fault *f);
