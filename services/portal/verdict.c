#include "verdict.h"

#include "base/text.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number alone; whatever else stands there is no status of ours. */
static long status_of(const char *text)
{
    char *end = NULL;
    long status = text ? strtol(text, &end, 10) : VERDICT_THEIRS_NONE;
    return text && *text && !*end && status >= 0 ? status : VERDICT_THEIRS_NONE;
}

/* The peer's words are not kept: they may quote what they refuse. */
static bool is_code(const char *given)
{
    return given && *given &&
           given[strspn(given, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_")] == '\0';
}

void verdict_read(const struct client_answer *a, struct verdict *ret, long *ret_theirs)
{
    json_t *json = json_loadb((const char *)a->body.data, a->body.size, 0, NULL);
    const char *given = json_string_value(json_object_get(json, "error_code"));
    bool final = a->status == 200 && given && *given && !text_equal(given, "99");
    *ret_theirs = status_of(json_string_value(json_object_get(json_object_get(json, "record"), "TrangThaiHoSo")));
    ret->kind = !final ? VERDICT_NONE : text_equal(given, "00") ? VERDICT_TAKEN : VERDICT_REFUSED;
    if (a->status == 0)
        text_copy(ret->text, sizeof(ret->text), a->fault.text);
    else
        snprintf(ret->text, sizeof(ret->text), "HTTP %d, error code %.10s", a->status, is_code(given) ? given : "none");
    json_decref(json);
}
