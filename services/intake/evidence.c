#include "evidence.h"

#include "base/text.h"

#define ELECTRONIC 2 /* copy kind */

static const json_t *evidence_documents(const json_t *view, const char *part)
{
    return json_object_get(json_object_get(json_object_get(view, "parts"), part), "documents");
}

bool evidence_holds(const json_t *view, const char *type, int32_t today)
{
    const json_t *held = evidence_documents(view, "held-documents");
    for (size_t i = 0; i < json_array_size(held); i++) {
        const json_t *document = json_array_get(held, i);
        const char *until = json_string_value(json_object_get(document, "valid_until"));
        int32_t last = today;
        if (text_equal(json_string_value(json_object_get(document, "type")), type) &&
            (text_empty(until) || (date_parse(until, &last, NULL) == FAULT_NONE && last >= today)))
            return true;
    }
    return false;
}

static bool evidence_is_there(const json_t *document)
{
    return !text_empty(json_string_value(json_object_get(document, "digest"))) ||
           json_integer_value(json_object_get(document, "copy_kind")) != ELECTRONIC ||
           json_is_true(json_object_get(document, "paper_pending"));
}

void evidence_add(json_t *types, const char *type)
{
    for (size_t i = 0; i < json_array_size(types); i++)
        if (text_equal(json_string_value(json_array_get(types, i)), type))
            return;
    json_array_append_new(types, json_string(type));
}

json_t *evidence_missing(const json_t *view, int32_t today)
{
    bool asked = json_is_object(json_object_get(json_object_get(view, "parts"), "held-documents"));
    const json_t *documents = evidence_documents(view, "application");
    json_t *missing = json_array();
    for (size_t i = 0; asked && i < json_array_size(documents); i++) {
        const json_t *document = json_array_get(documents, i);
        const char *type = json_string_value(json_object_get(document, "type"));
        if (type && !evidence_is_there(document) && !evidence_holds(view, type, today))
            evidence_add(missing, type);
    }
    return missing;
}
