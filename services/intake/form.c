#include "form.h"

#include "base/instant.h"
#include "base/memory.h"
#include "base/text.h"
#include "web/field.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMS_MAX 500
#define FORM_FACT_SIZE_MAX 200

struct forms {
    json_t *by_procedure;
};

/* --- The folder --------------------------------------------------------------------------------------------------- */

static enum fault_code read_form(struct forms *forms, const char *path, struct fault *f)
{
    json_error_t error;
    json_t *json = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!json)
        return fault_set(f, FAULT_CONFIG, "%s:%d: %s; make it with lt form", path, error.line, error.text);
    const char *procedure = json_string_value(json_object_get(json, "procedure"));
    bool whole = procedure && json_is_object(json_object_get(json, "messages")) &&
                 json_is_object(json_object_get(json, "parts")) && json_is_object(json_object_get(json, "facts"));
    enum fault_code code = FAULT_NONE;
    if (!whole)
        code = fault_set(f, FAULT_CONFIG, "%s is no form: make it with lt form", path);
    else if (json_object_get(forms->by_procedure, procedure))
        code = fault_set(f, FAULT_CONFIG, "%s: a second form of procedure %.40s; remove one", path, procedure);
    else if (json_object_size(forms->by_procedure) == FORMS_MAX)
        code = fault_set(f, FAULT_CONFIG, "%s: more than %d forms", path, FORMS_MAX);
    else
        json_object_set(forms->by_procedure, procedure, json);
    json_decref(json);
    return code;
}

static enum fault_code read_folder(struct forms *forms, const char *folder, struct fault *f)
{
    DIR *files = opendir(folder);
    if (!files)
        return fault_set(f, FAULT_CONFIG, "intake.forms: cannot open folder %s: %s", folder, strerror(errno));
    enum fault_code code = FAULT_NONE;
    for (const struct dirent *e = readdir(files); e && !code; e = readdir(files)) {
        char path[PATH_MAX];
        size_t size = strlen(e->d_name);
        if (size < 6 || e->d_name[0] == '.' || !text_equal(e->d_name + size - 5, ".json"))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        code = read_form(forms, path, f);
    }
    closedir(files);
    return code;
}

enum fault_code forms_open(const char *folder, struct forms **ret, struct fault *f)
{
    struct forms *forms = memory_new(sizeof(*forms));
    forms->by_procedure = json_object();
    if (!text_empty(folder) && read_folder(forms, folder, f) != FAULT_NONE) {
        forms_free(forms);
        return f->code;
    }
    *ret = forms;
    return FAULT_NONE;
}

struct forms *forms_free(struct forms *forms)
{
    if (forms)
        json_decref(forms->by_procedure);
    free(forms);
    return NULL;
}

const json_t *forms_find(const struct forms *forms, const char *procedure)
{
    return forms && !text_equal(procedure, FORM_TRANSFER) ? json_object_get(forms->by_procedure, procedure) : NULL;
}

/* --- Parts -------------------------------------------------------------------------------------------------------- */

static const json_t *said(const json_t *form, const char *message, const char *what)
{
    return json_object_get(json_object_get(json_object_get(form, "messages"), message), what);
}

size_t form_parts(const json_t *form, const char *message, struct lt_part_out *parts, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (json_object_get(said(form, message, "parts"), parts[i].name))
            parts[kept++] = parts[i];
    return kept;
}

/* --- Facts -------------------------------------------------------------------------------------------------------- */

static enum fault_code wrong(const char *fact, struct fault *f, const char *text)
{
    return fault_set(f, FAULT_MALFORMED, "/facts/%.60s: %s", fact, text);
}

static bool is_decimal(const char *text)
{
    size_t digits = strspn(text + (*text == '-'), "0123456789"), fraction = 0;
    const char *rest = text + (*text == '-') + digits;
    if (*rest == '.')
        rest += 1 + (fraction = strspn(rest + 1, "0123456789"));
    return digits > 0 && digits + fraction <= 34 && *rest == '\0' && (rest[-1] != '.');
}

static bool is_among(const json_t *values, const char *text)
{
    for (size_t i = 0; i < json_array_size(values); i++)
        if (text_equal(json_string_value(json_array_get(values, i)), text))
            return true;
    return json_array_size(values) == 0;
}

static enum fault_code check_value(const json_t *declared, const char *name, const char *text, struct fault *f)
{
    return is_among(json_object_get(declared, "values"), text)
               ? FAULT_NONE
               : wrong(name, f, "is not a value that this procedure knows");
}

static enum fault_code read_fact(const json_t *declared, const char *name, const json_t *value, struct lt_fact_out *ret,
                                 struct fault *f)
{
    const char *type = json_string_value(json_object_get(declared, "type")), *text = json_string_value(value);
    int32_t day;
    *ret = (struct lt_fact_out){.name = name, .text = text};
    if (text_equal(type, "yes-no")) {
        ret->kind = LT_YES_NO;
        ret->yes = json_is_true(value);
        return json_is_boolean(value) ? FAULT_NONE : wrong(name, f, "must be true or false");
    }
    if (!text || strlen(text) > FORM_FACT_SIZE_MAX)
        return wrong(name, f, "must be text of at most 200 bytes");
    if (text_equal(type, "decimal")) {
        ret->kind = LT_DECIMAL;
        return is_decimal(text) ? FAULT_NONE : wrong(name, f, "must be a number as text, such as \"12.5\"");
    }
    if (text_equal(type, "date")) {
        ret->kind = LT_DATE;
        return date_parse(text, &day, NULL) == FAULT_NONE ? FAULT_NONE : wrong(name, f, "must be a date, yyyy-mm-dd");
    }
    ret->kind = LT_TEXT;
    return text_equal(type, "text") ? check_value(declared, name, text, f)
                                    : wrong(name, f, "has a type that cannot be filed here");
}

static enum fault_code check_given(const json_t *wanted, const struct lt_fact_out *derived, size_t derived_count,
                                   const json_t *given, struct fault *f)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, name, value)
    {
        if (!json_object_get(wanted, name))
            return wrong(name, f, "is no fact that this procedure takes here");
        for (size_t i = 0; i < derived_count; i++)
            if (text_equal(derived[i].name, name))
                return wrong(name, f, "follows from the rest of the submission: leave it out");
    }
    return FAULT_NONE;
}

static const struct lt_fact_out *find_fact(const struct lt_fact_out *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(list[i].name, name))
            return &list[i];
    return NULL;
}

enum fault_code form_facts(const json_t *form, const char *message, const struct lt_fact_out *derived,
                           size_t derived_count, const json_t *given, struct lt_fact_out ret[static FORM_FACTS_MAX],
                           size_t *ret_count, struct fault *f)
{
    const json_t *wanted = said(form, message, "facts");
    const char *name;
    json_t *must;
    *ret_count = 0;
    if (check_given(wanted, derived, derived_count, given, f) != FAULT_NONE)
        return f->code;
    json_object_foreach((json_t *)(uintptr_t)wanted, name, must)
    {
        const json_t *declared = json_object_get(json_object_get(form, "facts"), name);
        const json_t *value = json_object_get(given, name);
        const struct lt_fact_out *ours = find_fact(derived, derived_count, name);
        if (*ret_count == FORM_FACTS_MAX)
            return wrong(name, f, "is more than can be filed here");
        if (ours) {
            if (ours->kind == LT_TEXT && check_value(declared, name, ours->text, f) != FAULT_NONE)
                return f->code;
            ret[(*ret_count)++] = *ours;
        } else if (value) {
            if (read_fact(declared, name, value, &ret[(*ret_count)++], f) != FAULT_NONE)
                return f->code;
        } else if (json_is_true(must)) {
            return wrong(name, f, "is missing");
        }
    }
    return FAULT_NONE;
}
