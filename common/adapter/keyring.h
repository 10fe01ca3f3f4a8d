#pragma once
/* The agency's vault: personal data in its tables, and the journal's envelopes, are sealed with keys that are not in the database
 * (common/trust/vault.h). The key file is vault.keys of the configuration. */
#include "base/config.h"
#include "database/database.h"
#include "trust/vault.h"

/* FAULT_CONFIG says what to do. Caller owns *ret. */
MUST_USE enum fault_code keyring_load(const struct config *c, struct vault **ret, struct fault *f);
/* D seals and opens with V (borrowed) from now on. The first program that comes leaves a mark in the journal's tables;
 * FAULT_CONFIG: the file is not the one that this database was written with, or is one from before the keys changed. */
MUST_USE enum fault_code keyring_give(const struct config *c, const struct vault *v, struct database *d,
                                      struct fault *f);
