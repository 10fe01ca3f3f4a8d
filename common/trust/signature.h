#pragma once
/* Signatures over raw bytes, domain-separated by DSSE's pre-authentication encoding:
 *   PAE(type, body) = "DSSEv1" SP length(type) SP type SP length(body) SP body      (lengths in decimal ASCII)
 * A batch of messages shares one: leaf = SHA-256(0x00 || PAE(type, header)), where the type says what kind of statement
 * it is; node = SHA-256(0x01 || left || right) as RFC 6962 section 2.1, signed: PAE("lienthong/v1/batch", root).
 * By the key's kind: ECDSA P-256 with SHA-256 (DER), RSASSA-PSS with SHA-256 and 32 bytes of salt, or Ed25519. */
#include "trust/key.h"

/* What is signed is of one of these types; none can be taken for another. Leaves of a batch: */
#define SIGNATURE_TYPE_ENVELOPE "lienthong/v1/envelope"
#define SIGNATURE_TYPE_RECEIPT "lienthong/v1/receipt"
#define SIGNATURE_TYPE_COMMAND "lienthong/v1/command"
#define SIGNATURE_TYPE_RESEAL "lienthong/v1/reseal"
/* Signed alone: */
#define SIGNATURE_TYPE_BATCH "lienthong/v1/batch"
#define SIGNATURE_TYPE_BLOCK "lienthong/v1/block"
#define SIGNATURE_TYPE_SESSION "lienthong/v1/session"
#define SIGNATURE_TYPE_EVIDENCE "lienthong/v1/evidence"
#define SIGNATURE_VALUE_SIZE_MAX 512
#define SIGNATURE_PATH_MAX 8 /* 2^8 leaves */

struct signature {
    struct digest key_id;
    size_t value_size;
    uint8_t value[SIGNATURE_VALUE_SIZE_MAX];
    uint32_t leaf_index, leaf_count;
    size_t path_count;
    struct digest path[SIGNATURE_PATH_MAX];
};

/* Any statement of TYPE. */
MUST_USE enum fault_code signature_make(const struct key *k, const char *type, struct bytes body, struct signature *ret,
                                        struct fault *f);
/* FAULT_UNTRUSTED when it does not match. */
MUST_USE enum fault_code signature_check(const struct certificate *c, const char *type, struct bytes body,
                                         const struct signature *s, struct fault *f);
/* Appends PAE(TYPE, BODY), what a signature is over, to TO. */
MUST_USE enum fault_code signature_statement(const char *type, struct bytes body, struct buffer *to, struct fault *f);
struct signature_leaf {
    const char *type; /* SIGNATURE_TYPE_… */
    struct bytes header;
};
/* The root that S's path leads to from LEAF, whoever signed it. FAULT_UNTRUSTED: the path does not fit. */
MUST_USE enum fault_code signature_root(struct signature_leaf leaf, const struct signature *s, struct digest *ret,
                                        struct fault *f);
/* COUNT (1..256) leaves in one batch; RET has COUNT entries. */
MUST_USE enum fault_code signature_make_batch(const struct key *k, const struct signature_leaf *leaves, size_t count,
                                              struct signature *ret, struct fault *f);
/* Checks the proof and the signature over the root. A verifier remembers a bounded number of verified roots (issue of
 * cost: 256 messages, one verification); CACHE may be NULL; it may be shared
 * by threads. It remembers arithmetic only: whether the certificate is (still) valid is the caller's to check. */
struct signature_cache;
struct signature_cache *signature_cache_new(size_t entries_max);
struct signature_cache *signature_cache_free(struct signature_cache *c);
OWNED_CLEANUP(signature_cache)
MUST_USE enum fault_code signature_check_leaf(const struct certificate *c, struct signature_leaf leaf,
                                              const struct signature *s, struct signature_cache *cache,
                                              struct fault *f);
