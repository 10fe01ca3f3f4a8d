#include "certificate.h"

#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Takes JSON. */
static enum fault_code certificate_write(json_t *json, const char *number, struct buffer *ret, struct fault *f)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    enum fault_code code = text ? buffer_append(ret, bytes_of_text(text), f)
                                : fault_set(f, FAULT_MALFORMED, "result %.40s cannot be written as JSON", number);
    free(text);
    json_decref(json);
    return code;
}

enum fault_code certificate_render(const Lienthong__V1__Certificate *c, struct uuid dossier, struct buffer *ret,
                                   struct fault *f)
{
    char id[UUID_TEXT_SIZE];
    if (text_empty(c->serial) || text_empty(c->holder_name) || text_empty(c->entry))
        return fault_set(f, FAULT_MALFORMED, "the certificate lacks its serial, holder or entry");
    uuid_print(dossier, id);
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind",
                  text_empty(c->kind) ? "certificate" : c->kind, "dossier", id, "serial", c->serial, "replaced_serial",
                  c->replaced_serial, "registered_at", c->registered_at, "holder_name", c->holder_name, "district",
                  c->district, "sheet", c->sheet, "parcel", c->parcel, "area", c->area, "entry", c->entry);
    return certificate_write(json, c->serial, ret, f);
}

enum fault_code certificate_render_licence(const Lienthong__V1__Licence *l, struct uuid dossier, struct buffer *ret,
                                           struct fault *f)
{
    char id[UUID_TEXT_SIZE];
    if (text_empty(l->number) || text_empty(l->holder_name) || text_empty(l->kind))
        return fault_set(f, FAULT_MALFORMED, "the licence lacks its kind, number or holder");
    uuid_print(dossier, id);
    json_t *conditions = json_array();
    for (size_t i = 0; i < l->n_conditions; i++)
        json_array_append_new(conditions, json_string(l->conditions[i]));
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "kind", l->kind, "dossier", id, "number", l->number,
                  "replaced_number", l->replaced_number, "holder_name", l->holder_name, "issued_at", l->issued_at,
                  "valid_until", l->valid_until, "subject", l->subject, "conditions", conditions);
    return certificate_write(json, l->number, ret, f);
}
