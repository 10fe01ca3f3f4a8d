#pragma once
/* A certificate as a file: canonical JSON (keys in order, no spaces, UTF-8), so that the same certificate is the same bytes. Pure. */
#include "base/uuid.h"
#include "lienthong/v1/department.pb-c.h"
#include "lienthong/v1/land.pb-c.h"

#define CERTIFICATE_SIZE_MAX 65536

/* Appends to RET. FAULT_MALFORMED: serial, holder or entry are missing. */
MUST_USE enum fault_code certificate_render(const Lienthong__V1__Certificate *c, struct uuid dossier,
                                            struct buffer *ret, struct fault *f);
/* The same of a licence; its number, holder and kind are needed. */
MUST_USE enum fault_code certificate_render_licence(const Lienthong__V1__Licence *l, struct uuid dossier,
                                                    struct buffer *ret, struct fault *f);
