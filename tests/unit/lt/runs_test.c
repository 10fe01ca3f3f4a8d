/* Which blocks an evidence file has. */
#include "unit.h"
#include "runs.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t chain;
    uint64_t height, stamped;
};

static const struct {
    const char *name;
    struct place places[5]; /* ends with chain 0 */
    const char *runs, *blocks;
} rows[] = {
    {"none", {{0}}, "", ""},
    {"the first block of all has none before it", {{1, 1, 0}}, "1:1-1", "1:1"},
    {"from the block before", {{1, 7, 0}}, "1:6-7", "1:7"},
    {"to the time stamp over the last", {{1, 7, 9}}, "1:6-9", "1:7 1:9*"},
    {"a block under its own stamp", {{1, 7, 7}}, "1:6-7", "1:7*"},
    {"one run while they are near, whatever was added first",
     {{1, 30, 31}, {1, 7, 9}, {1, 30, 31}},
     "1:6-31",
     "1:7 1:9* 1:30 1:31*"},
    {"two runs when they are far apart", {{1, 7, 9}, {1, 110, 111}}, "1:6-9 1:109-111", "1:7 1:9* 1:110 1:111*"},
    {"just near enough", {{1, 7, 9}, {1, 109, 0}}, "1:6-109", "1:7 1:9* 1:109"},
    {"each chain for itself", {{2, 5, 0}, {1, 3, 4}}, "1:2-4 2:4-5", "1:3 1:4* 2:5"},
    {"a stamp that vouches for two", {{1, 7, 20}, {1, 9, 20}}, "1:6-20", "1:7 1:9 1:20*"},
};

static void append(char *to, size_t size, const char *text)
{
    size_t used = strlen(to);
    snprintf(to + used, size - used, "%s%s", used ? " " : "", text);
}

static void stamp_all(struct runs *r, const struct place *places)
{
    for (size_t i = 0; i < runs_count(r); i++) {
        uint32_t chain;
        uint64_t height;
        runs_at(r, i, &chain, &height);
        for (const struct place *p = places; p->chain; p++)
            if (p->chain == chain && p->height == height)
                runs_stamp(r, i, p->stamped);
    }
}

static void test_plans(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        char text[60], runs_text[300] = "", blocks_text[300] = "";
        OWNED(runs) r = runs_new();
        OWNED_MEMORY struct lines_run *runs = NULL;
        OWNED_MEMORY struct lines_block *blocks = NULL;
        for (const struct place *p = rows[i].places; p->chain; p++)
            runs_add(r, p->chain, p->height);
        stamp_all(r, rows[i].places);
        size_t run_count = runs_plan(r, 100, &runs), block_count = runs_signed(r, &blocks);
        for (size_t j = 0; j < run_count; j++) {
            snprintf(text, sizeof(text), "%u:%lu-%lu", runs[j].chain, runs[j].first, runs[j].last);
            append(runs_text, sizeof(runs_text), text);
        }
        for (size_t j = 0; j < block_count; j++) {
            snprintf(text, sizeof(text), "%u:%lu%s", blocks[j].chain, blocks[j].height, blocks[j].stamped ? "*" : "");
            append(blocks_text, sizeof(blocks_text), text);
        }
        if (strcmp(runs_text, rows[i].runs) != 0 || strcmp(blocks_text, rows[i].blocks) != 0)
            fail_msg("%s: %s; %s", rows[i].name, runs_text, blocks_text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plans)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
