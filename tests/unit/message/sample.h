#pragma once
/* Whole and right messages of every kind, to be bent by tests. */
#include "message/envelope.h"

#define SAMPLE_LAND "000.02.01.H58"
#define SAMPLE_TAX "G12.27.05"

struct sample {
    Lienthong__V1__Header header;
    Lienthong__V1__Purpose purpose;
    Lienthong__V1__Opening opening;
    Lienthong__V1__StepClock clock;
    Lienthong__V1__Fact facts[2], *fact_list[2];
    Lienthong__V1__Value values[2];
    Lienthong__V1__WantedPart wanted, *wanted_list[1];
    struct uuid message, dossier, step, reply;
    struct digest reply_digest;
    struct envelope_piece pieces[2];
    size_t piece_count;
};

/* S points into itself: not to be copied. */
void sample_init(struct sample *s, Lienthong__V1__MessageKind kind);
/* Caller owns *ret; fails the test when it cannot be made. */
struct envelope *sample_make(struct sample *s, const struct key *k);
