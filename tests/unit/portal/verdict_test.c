/* What the national portal says of a call, and what a stranger in its place might say. */
#include "unit.h"

#include "verdict.h"

#include <string.h>

static const struct {
    const char *name;
    int status;
    const char *body;
    enum verdict_kind kind;
    const char *text;
    long theirs;
} rows[] = {
    {"taken", 200, "{\"error_code\":\"00\",\"message\":\"m\"}", VERDICT_TAKEN, "HTTP 200, error code 00", -1},
    {"busy", 200, "{\"error_code\":\"99\"}", VERDICT_NONE, "HTTP 200, error code 99", -1},
    {"refused", 200, "{\"error_code\":\"17\",\"message\":\"Mã\"}", VERDICT_REFUSED, "HTTP 200, error code 17", -1},
    {"refused by no code", 200, "{\"error_code\":\"\"}", VERDICT_NONE, "HTTP 200, error code none", -1},
    {"an error is no verdict", 500, "{\"error_code\":\"00\"}", VERDICT_NONE, "HTTP 500, error code 00", -1},
    {"no JSON", 200, "<html>", VERDICT_NONE, "HTTP 200, error code none", -1},
    {"another shape", 200, "[{\"error_code\":\"00\"}]", VERDICT_NONE, "HTTP 200, error code none", -1},
    {"a number for a text", 200, "{\"error_code\":0}", VERDICT_NONE, "HTTP 200, error code none", -1},
    {"what it has", 200, "{\"error_code\":\"00\",\"record\":{\"TrangThaiHoSo\":\"4\"}}", VERDICT_TAKEN,
     "HTTP 200, error code 00", 4},
    {"no number", 200, "{\"record\":{\"TrangThaiHoSo\":\"4x\"}}", VERDICT_NONE, "HTTP 200, error code none", -1},
    {"empty", 200, "{\"record\":{\"TrangThaiHoSo\":\"\"}}", VERDICT_NONE, "HTTP 200, error code none", -1},
    {"words for a code", 200, "{\"error_code\":\"Không\"}", VERDICT_REFUSED, "HTTP 200, error code none", -1},
    {"a long code", 200, "{\"error_code\":\"ABCDEFGHIJKLM\"}", VERDICT_REFUSED, "HTTP 200, error code ABCDEFGHIJ", -1},
    {"no answer", 0, "", VERDICT_NONE, "nobody there", -1},
};

static void reads_what_the_peer_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct client_answer a = {.status = rows[i].status, .body = bytes_of_text(rows[i].body)};
        struct verdict verdict;
        long theirs;
        fault_set(&a.fault, FAULT_LOST, "nobody there");
        verdict_read(&a, &verdict, &theirs);
        if (verdict.kind != rows[i].kind || strcmp(verdict.text, rows[i].text) != 0 || theirs != rows[i].theirs)
            fail_msg("%s: %d, \"%s\", %ld", rows[i].name, (int)verdict.kind, verdict.text, theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(reads_what_the_peer_says)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
