#include "survey.h"
#include "officer.h"

#include "base/text.h"
#include "reply.h"
#include "secret.h"
#include "database/sealed.h"
#include "web/field.h"

#include <string.h>

static const char find_sql[] =
    "SELECT invited_at, answered_at, coalesce(score, 0), coalesce(key, ''), digest FROM intake.survey WHERE dossier = $1";
static const char answer_sql[] =
    "UPDATE intake.survey SET answered_at = $2, score = $3, text = $4, key = $5, digest = $6"
    " WHERE dossier = $1 AND answered_at IS NULL";

enum fault_code survey_find(struct database *d, struct uuid dossier, struct survey *ret, struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    *ret = (struct survey){0};
    parameters_uuid(p, dossier);
    enum fault_code code = database_run(d, find_sql, p, &rows, f);
    if (code || rows_count(rows) == 0)
        return code;
    ret->invited = true;
    ret->invited_at = rows_instant(rows, 0, 0);
    ret->answered_at = rows_null(rows, 0, 1) ? (struct instant){0} : rows_instant(rows, 0, 1);
    ret->score = (int)rows_integer(rows, 0, 2);
    text_copy(ret->key, sizeof(ret->key), rows_text(rows, 0, 3));
    if (!rows_null(rows, 0, 4) && rows_bytes(rows, 0, 4).size == DIGEST_SIZE)
        memcpy(ret->digest.bytes, rows_bytes(rows, 0, 4).data, DIGEST_SIZE);
    return FAULT_NONE;
}

enum fault_code survey_answer(struct database *d, struct uuid dossier, const struct survey_answer *answer,
                              struct fault *f)
{
    OWNED(parameters) p = parameters_new();
    OWNED(rows) rows = NULL;
    parameters_uuid(p, dossier);
    parameters_instant(p, answer->at);
    parameters_integer(p, answer->score);
    parameters_sealed_text(p, d, SEALED_AT("intake.survey.text", uuid_bytes(&dossier)), answer->text);
    parameters_text(p, answer->key);
    parameters_bytes(p, digest_bytes(answer->digest));
    enum fault_code code = database_run(d, answer_sql, p, &rows, f);
    if (!code && rows_affected(rows) == 0)
        code = fault_set(f, FAULT_CONFLICT, "this survey has no invitation that is still open");
    return code;
}

json_t *survey_json(const struct intake *in, const struct record *record, const struct survey *s, bool to_citizen)
{
    char code[SECRET_TEXT_SIZE];
    if (!s->invited)
        return json_null();
    secret_of_survey(in->secret_key, record->dossier, code);
    return json_pack("{s:o, s:o, s:o, s:o}", "invited_at", reply_time(s->invited_at), "code",
                     to_citizen && !s->answered_at.us ? json_string(code) : json_null(), "answered_at",
                     reply_time(s->answered_at), "score", s->score ? json_integer(s->score) : json_null());
}

/* --- The answer ------------------------------------------------------------------------------------------------------ */

static void answer_taken(struct request *r, int score, struct instant at)
{
    request_answer_json(r, 200, json_pack("{s:i, s:o}", "score", score, "answered_at", reply_time(at)));
}

/* The same answer again gets what it got; any other comes too late. */
static void answer_again(struct request *r, const struct survey *s, const char *key, const struct digest *digest)
{
    if (text_equal(s->key, key) && digest_equal(&s->digest, digest))
        answer_taken(r, s->score, s->answered_at);
    else
        request_answer_problem(r, 409, "SURVEY_ANSWERED", "This survey has been answered; its code counts once.");
}

/* A wrong dossier, a wrong code and a survey that is not open yet look alike. False: answered. */
static bool open_survey(struct intake *in, struct request *r, struct record *record, struct survey *ret)
{
    struct fault f = {0};
    if (!guess_allowed(in, r))
        return false;
    enum fault_code code = record_by_code(in->database, request_path_value(r, "code"), record, &f);
    bool matches = secret_matches_survey(in->secret_key, record->dossier, request_header(r, "Survey-Code"));
    bool known = !code && matches;
    if (known)
        code = survey_find(in->database, record->dossier, ret, &f);
    if (code && code != FAULT_NOT_FOUND) {
        reply_fault(r, &f);
        return false;
    }
    if (known && ret->invited)
        return true;
    guess_failed(in, r);
    request_answer_problem(r, 404, "NOT_FOUND", "No open survey has this dossier and code (header Survey-Code).");
    return false;
}

static void answer_new(struct intake *in, struct request *r, struct uuid dossier, const struct survey_answer *answer)
{
    struct fault f = {0};
    struct survey now;
    enum fault_code code = survey_answer(in->database, dossier, answer, &f);
    if (code == FAULT_CONFLICT)
        code = survey_find(in->database, dossier, &now, &f); /* another process was first */
    else if (!code)
        now = (struct survey){.score = answer->score, .answered_at = answer->at};
    if (code)
        reply_fault(r, &f);
    else if (now.invited)
        answer_again(r, &now, answer->key, answer->digest);
    else
        answer_taken(r, now.score, now.answered_at);
}

enum fault_code survey_read(const json_t *json, struct survey_answer *ret, struct fault *f)
{
    static const char *const keys[] = {"score", "text", NULL};
    struct field body = field_of(json);
    int64_t score = 0;
    const char *text = NULL;
    if (field_only(&body, keys, f) != FAULT_NONE ||
        field_integer(&body, "score", FIELD_REQUIRED, 1, SURVEY_SCORE_MAX, &score, f) != FAULT_NONE ||
        field_text(&body, "text", FIELD_OPTIONAL, SURVEY_CHARACTERS_MAX, &text, f) != FAULT_NONE)
        return f->code;
    ret->score = (int)score;
    ret->text = text ? text : "";
    return FAULT_NONE;
}

static void survey_take(struct intake *in, struct request *r, const char *key, const json_t *json)
{
    OWNED_RECORD record = {0};
    struct survey survey;
    struct fault f = {0};
    struct digest digest = reply_digest(json);
    struct survey_answer answer = {.key = key, .digest = &digest, .at = in->now};
    if (!open_survey(in, r, &record, &survey))
        return;
    if (survey_read(json, &answer, &f) != FAULT_NONE)
        request_answer_problem(r, 422, "MALFORMED", "%s", f.text);
    else if (survey.answered_at.us)
        answer_again(r, &survey, key, &digest);
    else
        answer_new(in, r, record.dossier, &answer);
}

void survey_post(struct request *r, void *context)
{
    struct fault f = {0};
    json_t *json = NULL;
    const char *key = reply_idempotency_key(r);
    if (!key)
        return;
    if (request_json(r, &json, &f) != FAULT_NONE) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        return;
    }
    survey_take(context, r, key, json);
    json_decref(json);
}
