#pragma once
/* A good slip, to be spoilt by the tests. */
#include "lienthong/v1/land.pb-c.h"

struct slip_fixture {
    Lienthong__V1__TransferSlip message;
    Lienthong__V1__Party transferor, transferee;
    char *claims[4], *types[4];
};

static inline void slip_fixture_make(struct slip_fixture *s)
{
    lienthong__v1__transfer_slip__init(&s->message);
    lienthong__v1__party__init(&s->transferor);
    lienthong__v1__party__init(&s->transferee);
    s->transferor.kind = s->transferee.kind = 1;
    s->transferor.full_name = (char *)"Nguyễn Văn An";
    s->transferor.personal_number = (char *)"999151000001";
    s->transferee.full_name = (char *)"Trần Thị Bình";
    s->transferee.personal_number = (char *)"999052000002";
    s->message.number = (char *)"000001/2026/PCTT";
    s->message.transferor = &s->transferor;
    s->message.transferee = &s->transferee;
    s->message.district = (char *)"815";
    s->message.sheet = (char *)"1";
    s->message.parcel = (char *)"2";
    s->message.area = (char *)"100";
    s->message.value = (char *)"1500000000";
    s->message.received_date = (char *)"2026-06-01";
    s->message.exemption_claims = s->claims;
    s->message.file_types = s->types;
    s->message.land_use = (char *)"ODT";
}

static inline void slip_fixture_claim(struct slip_fixture *s, const char *claim)
{
    s->claims[s->message.n_exemption_claims++] = (char *)claim;
}

static inline void slip_fixture_document(struct slip_fixture *s, const char *type)
{
    s->types[s->message.n_file_types++] = (char *)type;
}
