#pragma once
/* The survey after a dossier was handed over (domain.md section 2, row 11): one invitation with a code of its own, one answer. The code opens
 * nothing else, so that it may stand in a link. */
#include "intake.h"
#include "record.h"

#define SURVEY_SCORE_MAX 5
#define SURVEY_CHARACTERS_MAX 1000

struct survey {
    bool invited;
    struct instant invited_at, answered_at; /* ANSWERED_AT zero: not yet */
    int score;                              /* 1 to SURVEY_SCORE_MAX */
    char key[101];                          /* Idempotency-Key of the answer, with the digest of its content */
    struct digest digest;
};
MUST_USE enum fault_code survey_find(struct database *d, struct uuid dossier, struct survey *ret, struct fault *f);

struct survey_answer {
    int score;
    const char *text, *key; /* TEXT "": none */
    const struct digest *digest;
    struct instant at;
};
/* Score and text of a body, borrowed from JSON. FAULT_MALFORMED. */
MUST_USE enum fault_code survey_read(const json_t *json, struct survey_answer *ret, struct fault *f);
/* FAULT_CONFLICT: there is no invitation, or it has been answered. */
MUST_USE enum fault_code survey_answer(struct database *d, struct uuid dossier, const struct survey_answer *answer,
                                       struct fault *f);

/* For the look-up; null before the invitation. The code is told to the citizen alone, and only until it is used. */
json_t *survey_json(const struct intake *in, const struct record *record, const struct survey *s, bool to_citizen);
void survey_post(struct request *r, void *context);
