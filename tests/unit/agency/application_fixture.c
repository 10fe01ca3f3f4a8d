#include "agency/application_fixture.h"

#include <stdio.h>

static void fixture_party(Lienthong__V1__Party *to, struct demo_person *from)
{
    lienthong__v1__party__init(to);
    to->kind = 1;
    to->full_name = from->full_name;
    to->birth_date = from->birth_date;
    to->personal_number = from->personal_number;
    to->old_card_number = from->old_card_number;
    to->tax_number = from->tax_number;
    to->address = from->address;
    to->telephone = from->telephone;
    to->email = from->email;
}

void application_fixture_make(struct application_fixture *a, unsigned n)
{
    demo_parcel_make(n, &a->parcel);
    demo_person_make(a->parcel.holder, &a->holder);
    demo_person_make(a->parcel.buyer, &a->buyer);
    fixture_party(&a->applicant, &a->holder);
    fixture_party(&a->transferee, &a->buyer);
    lienthong__v1__contract__init(&a->contract);
    a->contract.number = a->parcel.contract_number;
    a->contract.date = a->parcel.contract_date;
    a->contract.value = a->parcel.contract_value;
    lienthong__v1__application__init(&a->message);
    snprintf(a->parcel_name, sizeof(a->parcel_name), "%s/%s", a->parcel.sheet, a->parcel.number);
    a->message.procedure = (char *)"1.013831";
    a->message.applicant = &a->applicant;
    a->message.transferee = &a->transferee;
    a->message.contract = &a->contract;
    a->message.certificate_serial = a->parcel.serial;
    a->message.parcel = a->parcel_name;
    a->message.area = a->parcel.area;
    a->message.district = a->parcel.district;
    a->message.documents = a->document_list;
    application_fixture_add_document(a, "transfer-contract");
}

void application_fixture_add_document(struct application_fixture *a, const char *type)
{
    size_t i = a->message.n_documents++;
    lienthong__v1__document_reference__init(&a->documents[i]);
    a->documents[i].type = (char *)type;
    a->document_list[i] = &a->documents[i];
}

void application_fixture_name_document(struct application_fixture *a, const char *type)
{
    application_fixture_add_document(a, type);
    a->documents[a->message.n_documents - 1].copy_kind = 2;
}
