#include "certificate.h"

#include "base/text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum fault_code certificate_render(const Lienthong__V1__Certificate *c, struct uuid dossier, struct buffer *ret,
                                   struct fault *f)
{
    char id[UUID_TEXT_SIZE];
    if (text_empty(c->serial) || text_empty(c->holder_name) || text_empty(c->entry))
        return fault_set(f, FAULT_MALFORMED, "the certificate lacks its serial, holder or entry");
    uuid_print(dossier, id);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "kind", "certificate",
                             "dossier", id, "serial", c->serial, "replaced_serial", c->replaced_serial, "registered_at",
                             c->registered_at, "holder_name", c->holder_name, "district", c->district, "sheet",
                             c->sheet, "parcel", c->parcel, "area", c->area, "entry", c->entry);
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    enum fault_code code =
        text ? buffer_append(ret, bytes_of_text(text), f)
             : fault_set(f, FAULT_MALFORMED, "the certificate %.40s cannot be written as JSON", c->serial);
    free(text);
    json_decref(json);
    return code;
}
