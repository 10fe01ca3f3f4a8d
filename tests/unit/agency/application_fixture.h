#pragma once
/* An application made of demonstration data (adapter/demo.h). */
#include "adapter/demo.h"
#include "lienthong/v1/intake.pb-c.h"

#define APPLICATION_FIXTURE_DOCUMENTS_MAX 4

struct application_fixture {
    Lienthong__V1__Application message;
    Lienthong__V1__Party applicant, transferee;
    Lienthong__V1__Contract contract;
    Lienthong__V1__DocumentReference documents[APPLICATION_FIXTURE_DOCUMENTS_MAX];
    Lienthong__V1__DocumentReference *document_list[APPLICATION_FIXTURE_DOCUMENTS_MAX];
    struct demo_parcel parcel;
    struct demo_person holder, buyer;
    char parcel_name[32];
};

/* Number N. The fixture must stay where it is: the message points into it. */
void application_fixture_make(struct application_fixture *a, unsigned n);
/* On paper. */
void application_fixture_add_document(struct application_fixture *a, const char *type);
/* Electronic, and nothing of it came. */
void application_fixture_name_document(struct application_fixture *a, const char *type);
