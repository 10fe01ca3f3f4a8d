/* What `lt deploy` says of a new version. */
#include "../unit.h"
#include "../workflow/text.h"
#include "base/memory.h"
#include "difference.h"
#include <stdlib.h>
#include <string.h>

#define PLAIN \
    "fact x text setters=tax\n part p T authors=land\n start s\n task a role=tax sets=x budget=480m\n end e\n s > a > e"

static const struct {
    const char *name, *before, *after, *calendar, *want;
} rows[] = {
    {"nothing", PLAIN, PLAIN, "vn", ""},
    {"a budget", PLAIN,
     "fact x text setters=tax\n part p T authors=land\n start s\n task a role=tax sets=x budget=720m\n end e\n s > a > e",
     "vn", "  ~ element a: budget 1 wd -> 1.5 wd\n"},
    {"a role and a part", PLAIN,
     "fact x text setters=land\n part p T authors=land\n start s\n task a role=land sets=x returns=p? budget=480m\n end e\n s > a > e",
     "vn", "  ~ fact x: setters tax -> land\n  ~ element a: role tax -> land, returns nothing -> p?\n"},
    {"the calendar", PLAIN, PLAIN, "vn-land", "  ~ procedure : calendar vn -> vn-land\n"},
    {"an element more", "start s\n task a role=tax\n end e\n s > a > e",
     "start s\n task a role=tax\n task b role=land budget=30d requires=x:=:yes irrevocable status=4\n end e\n fact x yes-no setters=tax\n s > a > b > e",
     "vn", "  + element b: "},
    {"a timer and a condition",
     "fact n decimal setters=tax\n start s\n task a role=tax budget=480m\n on-timer t at=a spent parallel-to\n exclusive g default=e\n task b role=tax\n end e\n end te\n s > a > g > b ? n > 5\n g > e\n b > e\n t > te",
     "fact n decimal setters=tax\n start s\n task a role=tax budget=480m\n on-timer t at=a after=60m parallel-to\n exclusive g default=e\n task b role=tax\n end e\n end te\n s > a > g > b ? n > 6\n g > e\n b > e\n t > te",
     "vn", "t: due when the budget is spent -> 60 min after it is entered"},
};

static Lienthong__V1__Process *process_of(const char *text)
{
    OWNED_BUFFER packed = BUFFER(1 << 20);
    text_pack(text, &packed);
    struct bytes bytes = buffer_bytes(&packed);
    Lienthong__V1__Process *p = lienthong__v1__process__unpack(NULL, bytes.size, bytes.data);
    assert_non_null(p);
    return p;
}

static json_t *described(const char *text, const char *calendar)
{
    Lienthong__V1__Process *p = process_of(text);
    json_t *things = difference_describe(p, calendar);
    lienthong__v1__process__free_unpacked(p, NULL);
    return things;
}

static char *printed(const char *before, const char *after, const char *calendar, bool *ret_any)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    json_t *old = described(before, "vn"), *new = described(after, calendar), *difference = difference_of(old, new);
    *ret_any = difference_print(difference, to);
    fclose(to);
    json_decref(old);
    json_decref(new);
    json_decref(difference);
    return text;
}

static void says_what_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        bool any;
        char *text = printed(rows[i].before, rows[i].after, rows[i].calendar, &any);
        if (any != (*rows[i].want != '\0') || !strstr(text, rows[i].want))
            fail_msg("%s: %s", rows[i].name, text);
        free(text);
    }
}

static void says_what_is_new_and_what_is_gone(void **state)
{
    bool any;
    (void)state;
    char *text = printed(rows[4].before, rows[4].after, "vn", &any);
    assert_non_null(strstr(
        text,
        "  + element b: kind service task, role land, operation b, budget 30 d, irrevocable yes, requires x:=:yes, status 4\n"));
    assert_non_null(strstr(text, "  + fact x: type yes-no, setters tax\n"));
    free(text);
    text = printed(rows[4].after, rows[4].before, "vn", &any);
    assert_non_null(strstr(text, "  - element b: kind service task"));
    assert_non_null(strstr(text, "  - fact x: "));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_what_changes),
        cmocka_unit_test(says_what_is_new_and_what_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
