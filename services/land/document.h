#pragma once
/* The documents of an application. A supplement in appraisal is seen by no officer of the desk, so what is merely named in it must
 * prove nothing here. */
#include "lienthong/v1/intake.pb-c.h"
#include "lienthong/v1/repository.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

/* Its content came, or it is on paper, or will be; or the repository holds one of its type that is valid on DAY, when the dossier
 * was received: what the desk has accepted does not expire on the way. HELD may be NULL. */
bool document_is_there(const Lienthong__V1__DocumentReference *document, const Lienthong__V1__HeldDocuments *held,
                       int32_t day);
