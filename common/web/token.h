#pragma once
/* Tokens of portals: JWT (RFC 7519) in JWS compact form (RFC 7515), signed with ES256 or EdDSA. Not libjwt (1.10.2 in Debian 12):
 * it takes the algorithm from the token's header, so that a public key serves as an HMAC secret (its issue 200), compares HMACs
 * in variable time (CVE-2024-25189), and knows no Ed25519; and what is needed is small.
 *
 * A portal is a file NAME.pem with its public key in a folder; NAME is what its tokens call themselves in "iss". The key says
 * which algorithm holds, and a token that names another is refused, "none" as well. */
#include "base/instant.h"
#include "base/memory.h"

#define TOKEN_SIZE_MAX 4096
#define TOKEN_ISSUER_SIZE 61
#define TOKEN_IDENTIFIER_SIZE 101
#define TOKEN_KEYS_MAX 256

struct tokens;
struct token_rules {
    const char *audience; /* "aud" must be it, or a list with it; borrowed */
    int64_t life_s_max;   /* between "iat" and "exp" */
    int64_t skew_s;       /* of the clocks */
};

struct token {
    char issuer[TOKEN_ISSUER_SIZE];
    char identifier[TOKEN_IDENTIFIER_SIZE]; /* "jti" */
    struct instant until;
};

/* FOLDER "": no portal at all. FAULT_CONFIG names the file. */
MUST_USE enum fault_code tokens_open(const char *folder, const struct token_rules *rules, struct tokens **ret,
                                     struct fault *f);
struct tokens *tokens_free(struct tokens *t);
OWNED_CLEANUP(tokens)
/* Reads the folder again. On a fault the keys stay as they were. */
MUST_USE enum fault_code tokens_reload(struct tokens *t, struct fault *f);
size_t tokens_count(const struct tokens *t);

/* FAULT_UNTRUSTED says what does not hold; it quotes nothing of the token. Claims: iss, aud, iat, exp, jti are required, nbf is
 * heeded; "crit" is refused. */
MUST_USE enum fault_code tokens_check(const struct tokens *t, const char *text, struct instant now, struct token *ret,
                                      struct fault *f);
