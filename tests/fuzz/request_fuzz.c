/* Any text as the body of one of the small requests: log-in, survey, scan of an item, block of a parcel. Refused with a reason, or
 * within the limits that the service relies on. The first byte chooses whose body it is (filings, answers, holdings and the bank's
 * callback have targets of their own).
 * Links: lt_service_intake lt_service_land lt_service_postal lt_web lt_base */
#include "fuzz.h"
#include "base/text.h"
#include "block.h"
#include "deliver.h"
#include "survey.h"
#include "trust/password.h"
#include "web/login.h"
#include <stdlib.h>
#include <string.h>

static const struct instant now = {INT64_C(1795422123) * INSTANT_SECOND_US};

static void must(bool good)
{
    if (!good)
        abort();
}

/* Every character counts up to four bytes. */
static void must_text(const char *text, size_t least, size_t characters_max)
{
    must(text && strlen(text) >= least && strlen(text) <= 4 * characters_max && text_is_utf8(bytes_of_text(text)));
}

static bool among(const char *text, const char *const *choices)
{
    while (*choices && !text_equal(text, *choices))
        choices++;
    return *choices != NULL;
}

static enum fault_code take_login(const json_t *json, struct fault *f)
{
    const char *name = NULL, *password = NULL;
    enum fault_code code = login_read(json, &name, &password, f);
    if (!code) {
        must_text(name, 1, LOGIN_NAME_CHARACTERS_MAX);
        must_text(password, 1, PASSWORD_SIZE_MAX);
    }
    return code;
}

static enum fault_code take_survey(const json_t *json, struct fault *f)
{
    struct survey_answer answer = {0};
    enum fault_code code = survey_read(json, &answer, f);
    if (!code) {
        must(answer.score >= 1 && answer.score <= SURVEY_SCORE_MAX);
        must_text(answer.text, 0, SURVEY_CHARACTERS_MAX);
    }
    return code;
}

static enum fault_code take_scan(const json_t *json, struct fault *f)
{
    static const char *const kinds[] = {"pickup", "transit", "delivered", "failed", "returned", NULL};
    struct scan scan = {0};
    enum fault_code code = deliver_read(json, now, &scan, f);
    if (!code) {
        must(among(scan.kind, kinds) && (scan.at.us == now.us || !json_is_null(json_object_get(json, "at"))));
        must_text(scan.place, 0, DELIVER_CHARACTERS_MAX);
        must_text(scan.reason, 0, DELIVER_CHARACTERS_MAX);
        must_text(scan.signer, 0, DELIVER_CHARACTERS_MAX);
    }
    return code;
}

static enum fault_code take_block(const json_t *json, struct fault *f)
{
    static const char *const kinds[] = {"seizure", "enforcement", "dispute", "mortgage", NULL};
    struct block_order order;
    enum fault_code code = block_read(json, &order, f);
    if (!code) {
        must(among(order.kind, kinds) && strlen(order.source) <= BLOCK_SOURCE_SIZE_MAX);
        must(strlen(order.number) <= BLOCK_NUMBER_SIZE_MAX);
        must(*order.source && *order.number && *order.certificate);
    }
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static enum fault_code (*const takes[])(const json_t *json, struct fault *f) = {take_login, take_survey, take_scan,
                                                                                    take_block};
    json_t *json = size ? json_loadb((const char *)data + 1, size - 1, JSON_REJECT_DUPLICATES, NULL) : NULL;
    struct fault f = {0};
    if (json_is_object(json)) {
        enum fault_code code = takes[data[0] % LENGTH(takes)](json, &f);
        must(!code || (code == FAULT_MALFORMED && f.code == code && f.text[0] && text_is_utf8(bytes_of_text(f.text))));
    }
    json_decref(json);
    return 0;
}
