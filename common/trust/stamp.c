#include "trust/stamp.h"
#include "trust/pkey.h"
#include <openssl/ts.h>

static void request_cleanup(TS_REQ **r)
{
    TS_REQ_free(*r);
}
static void response_cleanup(TS_RESP **r)
{
    TS_RESP_free(*r);
}
static void token_cleanup(PKCS7 **p)
{
    PKCS7_free(*p);
}
static void context_cleanup(TS_VERIFY_CTX **c)
{
    TS_VERIFY_CTX_free(*c);
}
#define OWNED_REQUEST __attribute__((cleanup(request_cleanup))) TS_REQ *
#define OWNED_RESPONSE __attribute__((cleanup(response_cleanup))) TS_RESP *
#define OWNED_TOKEN __attribute__((cleanup(token_cleanup))) PKCS7 *
#define OWNED_CONTEXT __attribute__((cleanup(context_cleanup))) TS_VERIFY_CTX *

/* --- Asking --------------------------------------------------------------------------------------------------------- */

static bool fill_imprint(TS_MSG_IMPRINT *imprint, const struct digest *digest)
{
    X509_ALGOR *algorithm = X509_ALGOR_new();
    bool good = algorithm && X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) &&
                TS_MSG_IMPRINT_set_algo(imprint, algorithm) &&
                TS_MSG_IMPRINT_set_msg(imprint, (unsigned char *)digest->bytes, DIGEST_SIZE);
    X509_ALGOR_free(algorithm);
    return good;
}

static bool fill_request(TS_REQ *request, const struct digest *digest, uint64_t nonce)
{
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    bool good = imprint && number && fill_imprint(imprint, digest) && TS_REQ_set_version(request, 1) &&
                TS_REQ_set_msg_imprint(request, imprint) && ASN1_INTEGER_set_uint64(number, nonce) &&
                TS_REQ_set_nonce(request, number) && TS_REQ_set_cert_req(request, 1);
    ASN1_INTEGER_free(number);
    TS_MSG_IMPRINT_free(imprint);
    return good;
}

enum fault_code stamp_request(const struct digest *digest, uint64_t nonce, struct buffer *to, struct fault *f)
{
    OWNED_REQUEST request = TS_REQ_new();
    uint8_t *der = NULL;
    int size = request && fill_request(request, digest, nonce) ? i2d_TS_REQ(request, &der) : 0;
    if (size <= 0)
        return fault_set(f, FAULT_INTERNAL, "making a request for a time stamp: %s", openssl_reason());
    enum fault_code code = buffer_append(to, BYTES(der, (size_t)size), f);
    OPENSSL_free(der);
    return code;
}

/* --- Checking ------------------------------------------------------------------------------------------------------- */

static enum fault_code instant_of(const TS_TST_INFO *info, struct instant *ret, struct fault *f)
{
    struct tm tm;
    if (!ASN1_TIME_to_tm(TS_TST_INFO_get_time(info), &tm))
        return fault_set(f, FAULT_MALFORMED, "the time stamp's time is none");
    int64_t day = date_day(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
    ret->us = day * INSTANT_DAY_US + tm.tm_hour * INSTANT_HOUR_US + tm.tm_min * INSTANT_MINUTE_US +
              tm.tm_sec * INSTANT_SECOND_US;
    return FAULT_NONE;
}

/* Of a token whose signature need not be known: enough to say which digest it is about, and when. */
static enum fault_code info_check(PKCS7 *token, const struct digest *digest, struct instant *ret_at, struct fault *f)
{
    TS_TST_INFO *info = PKCS7_type_is_signed(token) ? PKCS7_to_TS_TST_INFO(token) : NULL;
    if (!info)
        return fault_set(f, FAULT_MALFORMED, "not a time stamp: %s", openssl_reason());
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(info);
    const ASN1_OBJECT *algorithm = NULL;
    X509_ALGOR_get0(&algorithm, NULL, NULL, TS_MSG_IMPRINT_get_algo(imprint));
    ASN1_OCTET_STRING *said = TS_MSG_IMPRINT_get_msg(imprint);
    enum fault_code code = FAULT_NONE;
    if (OBJ_obj2nid(algorithm) != NID_sha256 ||
        !bytes_equal(BYTES(ASN1_STRING_get0_data(said), (size_t)ASN1_STRING_length(said)), digest_bytes(digest)))
        code = fault_set(f, FAULT_UNTRUSTED, "the time stamp is over something else");
    if (code == FAULT_NONE)
        code = instant_of(info, ret_at, f);
    TS_TST_INFO_free(info);
    return code;
}

/* Trust begins at AUTHORITY, be it a root or not, as of AT: a stamp outlives the certificate that made it. */
static X509_STORE *store_of(const struct certificate *authority, struct instant at)
{
    X509_STORE *store = X509_STORE_new();
    if (store && X509_STORE_add_cert(store, certificate_x509(authority))) {
        X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(store);
        X509_VERIFY_PARAM_set_time(parameters, (time_t)(at.us / INSTANT_SECOND_US));
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
        return store;
    }
    X509_STORE_free(store);
    return NULL;
}

static enum fault_code token_check(PKCS7 *token, const struct certificate *authority, struct instant at,
                                   struct fault *f)
{
    OWNED_CONTEXT context = TS_VERIFY_CTX_new();
    X509_STORE *store = store_of(authority, at);
    if (!context || !store) {
        X509_STORE_free(store);
        return fault_set(f, FAULT_INTERNAL, "checking a time stamp: %s", openssl_reason());
    }
    TS_VERIFY_CTX_set_store(context, store); /* ownership moves */
    TS_VERIFY_CTX_set_flags(context, TS_VFY_SIGNATURE | TS_VFY_VERSION);
    if (TS_RESP_verify_token(context, token) != 1)
        return fault_set(f, FAULT_UNTRUSTED, "the authority does not vouch for the time stamp: %s", openssl_reason());
    return FAULT_NONE;
}

enum fault_code stamp_check(struct bytes der, const struct digest *digest, const struct certificate *authority,
                            struct instant *ret_at, struct fault *f)
{
    const uint8_t *at = der.data;
    OWNED_TOKEN token = der.size && der.size <= STAMP_SIZE_MAX ? d2i_PKCS7(NULL, &at, (long)der.size) : NULL;
    if (!token || at != der.data + der.size)
        return fault_set(f, FAULT_MALFORMED, "not a time stamp: %s", openssl_reason());
    struct instant when;
    enum fault_code code = info_check(token, digest, &when, f);
    if (code == FAULT_NONE && authority)
        code = token_check(token, authority, when, f);
    if (code == FAULT_NONE)
        *ret_at = when;
    return code;
}

/* --- The answer ------------------------------------------------------------------------------------------------------ */

/* Its status, its text, and that it is one to this request: digest and nonce. */
static enum fault_code answer_check(TS_RESP *response, TS_REQ *request, struct fault *f)
{
    TS_STATUS_INFO *status = TS_RESP_get_status_info(response);
    const STACK_OF(ASN1_UTF8STRING) *texts = TS_STATUS_INFO_get0_text(status);
    int64_t number = -1;
    if (!ASN1_INTEGER_get_int64(&number, TS_STATUS_INFO_get0_status(status)) || (number != 0 && number != 1)) {
        const ASN1_UTF8STRING *text = sk_ASN1_UTF8STRING_num(texts) > 0 ? sk_ASN1_UTF8STRING_value(texts, 0) : NULL;
        return fault_set(f, FAULT_REFUSED, "the authority refuses: status %lld, %.*s", (long long)number,
                         text ? ASN1_STRING_length(text) : 0, text ? (const char *)ASN1_STRING_get0_data(text) : "");
    }
    OWNED_CONTEXT context = TS_REQ_to_TS_VERIFY_CTX(request, NULL);
    if (!context)
        return fault_set(f, FAULT_INTERNAL, "checking a time stamp: %s", openssl_reason());
    TS_VERIFY_CTX_set_flags(context, TS_VFY_VERSION | TS_VFY_IMPRINT | TS_VFY_NONCE);
    if (TS_RESP_verify_response(context, response) != 1)
        return fault_set(f, FAULT_UNTRUSTED, "the answer is not one to this request: %s", openssl_reason());
    return FAULT_NONE;
}

static enum fault_code append_token(PKCS7 *token, struct buffer *to, struct fault *f)
{
    uint8_t *der = NULL;
    int size = i2d_PKCS7(token, &der);
    if (size <= 0)
        return fault_set(f, FAULT_MALFORMED, "keeping a time stamp: %s", openssl_reason());
    enum fault_code code = buffer_append(to, BYTES(der, (size_t)size), f);
    OPENSSL_free(der);
    return code;
}

enum fault_code stamp_accept(struct bytes answer, struct bytes asked, const struct certificate *authority,
                             struct buffer *to, struct instant *ret_at, struct fault *f)
{
    const uint8_t *at = answer.data, *from = asked.data;
    OWNED_RESPONSE response =
        answer.size && answer.size <= STAMP_SIZE_MAX ? d2i_TS_RESP(NULL, &at, (long)answer.size) : NULL;
    if (!response || at != answer.data + answer.size)
        return fault_set(f, FAULT_MALFORMED, "the answer is none of RFC 3161: %s", openssl_reason());
    OWNED_REQUEST request = d2i_TS_REQ(NULL, &from, (long)asked.size);
    if (!request)
        return fault_set(f, FAULT_INTERNAL, "the request is none of RFC 3161: %s", openssl_reason());
    enum fault_code code = answer_check(response, request, f);
    PKCS7 *token = TS_RESP_get_token(response);
    if (code == FAULT_NONE && !token)
        code = fault_set(f, FAULT_MALFORMED, "the answer has no time stamp");
    if (code != FAULT_NONE)
        return code;
    TS_TST_INFO *info = TS_RESP_get_tst_info(response);
    struct instant when = {0};
    code = instant_of(info, &when, f);
    if (code == FAULT_NONE)
        code = token_check(token, authority, when, f);
    if (code == FAULT_NONE)
        code = append_token(token, to, f);
    if (code == FAULT_NONE)
        *ret_at = when;
    return code;
}
