#pragma once
/* What an envelope is made of. Only for the files of message/. */
#include "message/envelope.h"

struct envelope {
    struct arena arena;
    struct bytes bytes;
    Lienthong__V1__Envelope *message; /* its byte fields lie in the arena */
    Lienthong__V1__Header *header;
    struct signature signature; /* value_size 0: not signed yet */
    struct digest digest;
    struct inside_author {
        Lienthong__V1__Header *header; /* NULL: the part is the sender's own */
        struct signature signature;
    } * authors; /* one for each part; NULL: no part travels on */
};

struct envelope *inside_new(void);
/* Fence, unpack and form of E's bytes, which lie in its arena. SIGNED: as it travels; otherwise it is being made. */
MUST_USE enum fault_code inside_read(struct envelope *e, bool is_signed, Lienthong__V1__RefusalCode *ret_code,
                                     struct fault *f);
/* Fence and unpack of a header's bytes into ARENA, and its form. *ret_code as envelope_decode. */
MUST_USE enum fault_code inside_unpack_header(struct bytes bytes, struct arena *arena, Lienthong__V1__Header **ret,
                                              Lienthong__V1__RefusalCode *ret_code, struct fault *f);
/* Unpacks the authors of E's parts and compares what they say with what the sender says. */
MUST_USE enum fault_code inside_take_authors(struct envelope *e, Lienthong__V1__RefusalCode *ret_code, struct fault *f);
