/* Lists over which no instances can be made: incidents that say why. And part sets that are brought again, or refused. */
#include "script.h"
#include "text.h"
#include "unit.h"
#include "base/memory.h"
#include "workflow/dossier_state.h"
#include <stdio.h>
#include <string.h>

static char names[INSTANCES_MAX + 1][8], large[DOSSIER_ITEM_SIZE_MAX + 2];

/* COUNT agencies, the last as given. */
static struct value list_of(size_t count, struct value last)
{
    static struct value items[INSTANCES_MAX + 1];
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "a%zu", i);
        items[i] = (struct value){.kind = VALUE_TEXT, .text = names[i]};
    }
    items[count - 1] = last;
    return (struct value){.kind = VALUE_LIST, .list = {.items = items, .count = count}};
}

static void open_with(struct script *s, struct value list)
{
    struct event_fact fact = {"who", list};
    struct event e = {.kind = EVENT_OPEN,
                      .role = "desk",
                      .agency = script_agency("desk"),
                      .sender = "H58",
                      .happened = s->now,
                      .facts = &fact,
                      .fact_count = 1};
    assert_int_equal(script_apply(s, &e), ENGINE_APPLIED);
}

/* The last incident's text. */
static const char *cause_of(const struct script *s)
{
    const char *cause = "";
    for (size_t i = 0; i < s->effects.count; i++)
        if (s->effects.items[i].kind == EFFECT_INCIDENT)
            cause = s->effects.items[i].text;
    return cause;
}

static void test_items(void **state)
{
    const struct {
        size_t count;
        struct value last;
        const char *cause;
    } rows[] = {
        {2, {.kind = VALUE_DECIMAL, .decimal = {.coefficient = 1}}, "item 2 of \"who\" is no text"},
        {2, {.kind = VALUE_TEXT, .text = ""}, "item 2 of \"who\" is no text"},
        {2, {.kind = VALUE_TEXT, .text = large}, "item 2 of \"who\" is longer than 100 bytes"},
        {3, {.kind = VALUE_TEXT, .text = "a1"}, "\"a1\" stands twice in \"who\""},
        {INSTANCES_MAX + 1, {.kind = VALUE_TEXT, .text = "z"}, "\"who\" has 201 items; at most 200 at a time"},
        {2, {.kind = VALUE_TEXT, .text = "y"}, "nobody is competent as \"board\" for a0"},
    };
    (void)state;
    memset(large, 'x', sizeof large - 1);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct script s;
        script_init(
            &s, "fact who list setters=desk\n start s sets=who\n task ask role=board over=who\n end e\n s > ask > e");
        open_with(&s, list_of(rows[i].count, rows[i].last));
        if (!strstr(cause_of(&s), rows[i].cause))
            fail_msg("\"%s\", must be \"%s\"", cause_of(&s), rows[i].cause);
        script_clear(&s);
    }
}

/* Two hundred beside two hundred beside two hundred: the third finds no room. */
static void test_room(void **state)
{
    struct script s;
    (void)state;
    script_init(
        &s,
        "fact who list setters=desk\n start s sets=who\n parallel f\n task a role=board over=who\n task b role=board over=who\n"
        "task c role=board over=who\n end e\n s > f > a > e\n f > b > e\n f > c > e");
    open_with(&s, list_of(INSTANCES_MAX, (struct value){.kind = VALUE_TEXT, .text = "z"}));
    bool found = false;
    for (size_t i = 0; i < s.effects.count; i++)
        found |= s.effects.items[i].kind == EFFECT_INCIDENT &&
                 strstr(s.effects.items[i].text, "but of at most 512 tokens the dossier has") != NULL;
    assert_true(found);
    script_clear(&s);
}

#define SETS                                                                                                                 \
    "part paper x.Y each authors=board\n part plan x.Y each authors=board\n fact who list setters=desk\n start s sets=who\n" \
    "task ask role=board over=who returns=paper,plan?\n task z receives=paper\n end e\n s > ask > z > e"

static const struct script_case cases[] = {
    {"two sets of one step are kept apart", SETS,
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@y +paper +plan =>\n"
     "answer ask@x +plan +paper => deliver z\n ? members paper y@4,x@5\n ? members plan y@4,x@5"},
    {"an answer that is refused leaves the set as it was", SETS,
     "open who=x,y => deliver ask@x; deliver ask@y\n receipt ask@x =>\n receipt ask@y =>\n answer ask@x +paper =>\n"
     "answer ask@y +paper +nothing => refused PART\n ? members paper x@4\n answer ask@y +paper +paper => refused PART\n ? members paper x@4\n"
     "answer ask@y +paper => deliver z\n ? members paper x@4,y@5"},
    {"a step that an instance does again brings its part anew",
     "part paper x.Y each authors=board\n fact again text setters=board\n fact who list setters=desk\n start s sets=who\n"
     "subprocess p over=who pick=board\n start ps in=p\n exclusive m in=p\n task ask in=p role=board returns=paper sets=again\n"
     "exclusive g in=p default=pe\n end pe in=p\n task z receives=paper\n end e\n s > p > z > e\n ps > m > ask > g > pe\n g > m ? again = yes",
     "open who=x,y => deliver ask; deliver ask\n receipt ask#1 =>\n receipt ask#2 =>\n answer ask#2 +paper again=no =>\n"
     "answer ask#1 +paper again=yes => deliver ask\n ? members paper y@4,x@5\n receipt ask#3 =>\n answer ask#3 +paper +nothing again=no => refused PART\n ? members paper y@4,x@5\n"
     "answer ask#3 +paper again=no => deliver z\n"
     "? members paper y@4,x@7"},
};

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_items), cmocka_unit_test(test_room)};
    return cmocka_run_group_tests(tests, NULL, NULL) + script_run_all(cases, LENGTH(cases));
}
