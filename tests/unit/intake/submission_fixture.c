#include "unit.h"

#include "submission_fixture.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

json_t *submission_fixture(void)
{
    static const char text[] =
        "{\"procedure\": \"1.013831\", \"channel\": \"online\","
        " \"applicant\": {\"kind\": \"person\", \"full_name\": \"Trần Thị Lan\", \"birth_date\": \"1951-02-02\","
        "   \"personal_number\": \"999151000001\", \"address\": \"Số 1\", \"telephone\": \"0999000001\","
        "   \"email\": \"person1@example.org\"},"
        " \"transferee\": {\"kind\": \"organisation\", \"full_name\": \"Công ty Mẫu\", \"tax_number\": \"9900000002-001\"},"
        " \"contract\": {\"number\": \"DEMO-000001/HĐ\", \"date\": \"2026-06-01\", \"value\": \"525000001\"},"
        " \"certificate_serial\": \"DM 00000001\", \"parcel\": \"2/1\", \"area\": \"61.1\", \"district\": \"816\","
        " \"documents\": [{\"type\": \"transfer-contract\", \"name\": \"Hợp đồng\", \"copy_kind\": 0, \"paper_pending\": true,"
        "   \"digest\": \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"},"
        "   {\"type\": \"marriage-certificate\", \"name\": \"Giấy kết hôn\"}],"
        " \"exemption_claims\": [\"spouses\"],"
        " \"delivery\": {\"method\": \"post\", \"name\": \"Công ty Mẫu\", \"address\": \"Số 2\", \"telephone\": \"0999000002\"}}";
    json_error_t error;
    json_t *json = json_loads(text, 0, &error);
    if (!json)
        fail_msg("line %d: %s", error.line, error.text);
    return json;
}

static json_t *child(json_t *json, const char *key)
{
    return json_is_array(json) ? json_array_get(json, strtoul(key, NULL, 10)) : json_object_get(json, key);
}

void submission_fixture_set(json_t *json, const char *pointer, json_t *value)
{
    char key[64];
    for (;;) {
        size_t size = strcspn(pointer + 1, "/");
        assert_true(size < sizeof(key));
        memcpy(key, pointer + 1, size);
        key[size] = '\0';
        pointer += size + 1;
        if (!*pointer)
            break;
        json = child(json, key);
        assert_non_null(json);
    }
    if (json_is_array(json))
        json_array_set_new(json, strtoul(key, NULL, 10), value);
    else if (value)
        json_object_set_new(json, key, value);
    else
        json_object_del(json, key);
}

char *submission_fixture_letters(const char *letter, size_t count)
{
    size_t size = strlen(letter);
    char *text = memory_new(size * count + 1);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * size, letter, size);
    return text;
}
