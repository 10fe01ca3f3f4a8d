#pragma once
/* Documents that citizens upload: in pieces, by their SHA-256, into the spool folder; when complete they are carried to the repository,
 * in pieces again, and resumed there after a break. The path is made of the digest alone. */
#include "intake.h"
#include "lienthong/v1/intake.pb-c.h"

#define UPLOAD_SIZE_MAX (100L << 20)
#define UPLOAD_PIECE_SIZE (1L << 20)

MUST_USE enum fault_code upload_open(struct intake *in, struct fault *f);
void upload_close(struct intake *in);
void upload_turn(struct intake *in);
void upload_put(struct request *r, void *context);
void upload_piece(struct request *r, struct bytes piece, void *context);
/* Of the first document of A whose content was named and never uploaded: its index; as many as there are: all came. */
MUST_USE enum fault_code upload_absent(struct intake *in, const Lienthong__V1__Application *a, size_t *ret,
                                       struct fault *f);
void upload_get(struct request *r, void *context);
