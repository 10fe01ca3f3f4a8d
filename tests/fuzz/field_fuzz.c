/* Any text as the body of a request: what the readers of fields take is within the limits that they were given, and what they refuse is said
 * by a pointer, in UTF-8. Log-in, survey, tracking events and all other bodies are read by these.
 * Links: lt_web lt_base */
#include "fuzz.h"
#include "base/text.h"
#include "web/field.h"
#include <stdlib.h>
#include <string.h>

#define CHARACTERS_MAX 20
#define COUNT_MAX 3

static struct field_pattern digits = {.expression = "^[0-9]{3,12}$", .wanted = "3 to 12 digits"};

static void must(bool good)
{
    if (!good)
        abort();
}

/* True: taken. */
static bool taken(enum fault_code code, const struct fault *f)
{
    must(!code || (code == FAULT_MALFORMED && f->code == code && f->text[0] && text_is_utf8(bytes_of_text(f->text))));
    return !code;
}

static size_t characters(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += (*text & 0xc0) != 0x80;
    return count;
}

static void read_scalars(const struct field *of, const char *key)
{
    static const char *const choices[] = {"counter", "online", NULL};
    struct fault f = {0};
    const char *text = NULL;
    int64_t number = 0;
    int32_t day = 0;
    int choice = -1;
    bool yes = false;
    struct instant at = {0};
    if (taken(field_text(of, key, FIELD_REQUIRED, CHARACTERS_MAX, &text, &f), &f))
        must(*text && characters(text) <= CHARACTERS_MAX && text_is_utf8(bytes_of_text(text)));
    if (taken(field_integer(of, key, FIELD_REQUIRED, -5, 9, &number, &f), &f))
        must(number >= -5 && number <= 9);
    if (taken(field_decimal(of, key, FIELD_REQUIRED, 4, 2, &text, &f), &f))
        must(strlen(text) <= 8 && !text[strspn(text, "-0123456789.")]);
    if (taken(field_matching(of, key, FIELD_REQUIRED, &digits, &text, &f), &f))
        must(strlen(text) <= 12 && !text[strspn(text, "0123456789")]);
    if (taken(field_choice(of, key, FIELD_REQUIRED, choices, &choice, &f), &f))
        must(choice == 0 || choice == 1);
    if (taken(field_date(of, key, FIELD_REQUIRED, &day, &f), &f)) {
        char written[DATE_TEXT_SIZE];
        must(field_text(of, key, FIELD_REQUIRED, CHARACTERS_MAX, &text, &f) == FAULT_NONE);
        date_print(day, written);
        must(text_equal(written, text));
    }
    (void)taken(field_instant(of, key, FIELD_REQUIRED, &at, &f), &f);
    (void)taken(field_yes(of, key, FIELD_REQUIRED, &yes, &f), &f);
}

static void read_object(const struct field *of, int depth)
{
    static const char *const keys[] = {"name", "password", "score", "text", "kind", "at", "of", NULL};
    struct fault f = {0};
    (void)taken(field_only(of, keys, &f), &f);
    for (size_t i = 0; keys[i]; i++) {
        struct field inner, list, item;
        const char *text = NULL;
        read_scalars(of, keys[i]);
        if (depth && taken(field_object(of, keys[i], FIELD_REQUIRED, &inner, &f), &f))
            read_object(&inner, depth - 1);
        if (!depth || !taken(field_array(of, keys[i], FIELD_REQUIRED, COUNT_MAX, &list, &f), &f))
            continue;
        must(field_count(&list) <= COUNT_MAX);
        for (size_t k = 0; k < field_count(&list); k++) {
            if (taken(field_item_text(&list, k, CHARACTERS_MAX, &text, &f), &f))
                must(characters(text) <= CHARACTERS_MAX);
            if (taken(field_item(&list, k, &item, &f), &f))
                read_object(&item, depth - 1);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *json = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(json)) {
        struct field body = field_of(json);
        read_object(&body, 3);
    }
    json_decref(json);
    return 0;
}
