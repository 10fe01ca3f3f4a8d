#pragma once
/* The applicant's secret: with the dossier code it opens the look-up. Never stored: HMAC-SHA256(key, dossier id). */
#include "base/uuid.h"

#define SECRET_TEXT_SIZE 33

void secret_of(const uint8_t key[32], struct uuid dossier, char text[SECRET_TEXT_SIZE]);
/* The code of a dossier's survey, which opens nothing else. */
void secret_of_survey(const uint8_t key[32], struct uuid dossier, char text[SECRET_TEXT_SIZE]);
/* Time does not depend on how much of it is right. */
bool secret_matches(const uint8_t key[32], struct uuid dossier, const char *text);
bool secret_matches_survey(const uint8_t key[32], struct uuid dossier, const char *text);
