#pragma once
/* The applicant's secret: with the dossier code it opens the look-up. Never stored: HMAC-SHA256(key file, dossier id). */
#include "base/uuid.h"

#define SECRET_TEXT_SIZE 33

/* The key file has at least 32 bytes and is readable by its owner alone; the first 32 count. */
MUST_USE enum fault_code secret_load(const char *path, uint8_t key[32], struct fault *f);
void secret_of(const uint8_t key[32], struct uuid dossier, char text[SECRET_TEXT_SIZE]);
/* Time does not depend on how much of it is right. */
bool secret_matches(const uint8_t key[32], struct uuid dossier, const char *text);
/* A bearer token: the first line of a file readable by its owner alone. */
MUST_USE enum fault_code secret_token(const char *path, char *token, size_t size, struct fault *f);
