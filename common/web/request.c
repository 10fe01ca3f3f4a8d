#include "web/request.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REQUEST_DETAIL_SIZE 1024

const char *request_header(const struct request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *request_query(const struct request *r, const char *name)
{
    return values_find(&r->query, name);
}

const char *request_path_value(const struct request *r, const char *name)
{
    return values_find(&r->path, name);
}

const char *request_address(const struct request *r)
{
    return r->address;
}

bool request_by_proxy(const struct request *r)
{
    return r->by_proxy;
}

struct bytes request_body(const struct request *r)
{
    return buffer_bytes(&r->body);
}

static bool request_is_json(const struct request *r)
{
    static const char type[] = "application/json";
    const char *given = request_header(r, "Content-Type");
    if (!given || strncasecmp(given, type, sizeof(type) - 1) != 0)
        return false;
    given += sizeof(type) - 1;
    return !*given || strchr("; \t", *given);
}

enum fault_code request_json(const struct request *r, json_t **ret, struct fault *f)
{
    json_error_t error;
    struct bytes body = request_body(r);
    if (!request_is_json(r))
        return fault_set(f, FAULT_MALFORMED, "Content-Type must be application/json");
    json_t *json = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, &error);
    if (!json) /* jansson's text quotes what stands near; that may be personal data */
        return fault_set(f, FAULT_MALFORMED, "the body is not JSON: line %d, column %d: %.*s", error.line, error.column,
                         (int)strcspn(error.text, "'\""), error.text);
    if (!json_is_object(json)) {
        json_decref(json);
        return fault_set(f, FAULT_MALFORMED, "the body must be a JSON object");
    }
    *ret = json;
    return FAULT_NONE;
}

void *request_state(struct request *r)
{
    return r->state;
}

void request_set_state(struct request *r, void *state, void (*release)(void *state))
{
    r->state = state;
    r->release = release;
}

void request_add_header(struct request *r, const char *name, const char *value)
{
    values_add(&r->headers, name, value);
}

void request_wait(struct request *r, void (*on_gone)(struct request *r, void *context))
{
    r->waiting = true;
    r->on_gone = on_gone;
}

static void request_default_header(struct request *r, struct MHD_Response *response, const char *name,
                                   const char *value)
{
    if (!values_find_any_case(&r->headers, name))
        MHD_add_response_header(response, name, value);
}

/* The one place where an answer is set. RESPONSE moves. */
static void request_answer(struct request *r, int status, const char *type, uint64_t size,
                           struct MHD_Response *response)
{
    if (r->response || !response) {
        fprintf(stderr, response ? "a request was answered twice\n" : "out of memory for an answer\n");
        abort();
    }
    for (size_t i = 0; i < r->headers.count; i++) /* refuses a line break in a value: that header is left out */
        MHD_add_response_header(response, r->headers.entries[i].name, r->headers.entries[i].text);
    if (type)
        request_default_header(r, response, "Content-Type", type);
    request_default_header(r, response, "X-Content-Type-Options", "nosniff");
    request_default_header(r, response, "Cache-Control", "no-store");
    request_default_header(r, response, "Referrer-Policy", "no-referrer");
    request_default_header(r, response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    r->response = response;
    r->status = status;
    r->response_size = size;
    if (r->suspended)
        server_on_answer(r);
}

void request_answer_bytes(struct request *r, int status, const char *type, struct bytes body)
{
    const void *data = body.size ? (const void *)body.data : "";
    request_answer(r, status, type, body.size,
                   MHD_create_response_from_buffer(body.size, (void *)(uintptr_t)data, MHD_RESPMEM_MUST_COPY));
}

#define REQUEST_STREAM_PIECE 65536

struct stream {
    struct answer_source source;
    uint64_t size;
};

static ssize_t stream_read(void *context, uint64_t offset, char *data, size_t size)
{
    struct stream *s = context;
    uint64_t left = s->size - offset;
    if (size > left)
        size = (size_t)left;
    return s->source.read(s->source.context, offset, (uint8_t *)data, size) ? (ssize_t)size
                                                                            : MHD_CONTENT_READER_END_WITH_ERROR;
}

static void stream_release(void *context)
{
    struct stream *s = context;
    if (s->source.release)
        s->source.release(s->source.context);
    free(s);
}

void request_answer_stream(struct request *r, int status, const char *type, uint64_t size,
                           const struct answer_source *source)
{
    struct stream *s = memory_new(sizeof(*s));
    *s = (struct stream){*source, size};
    request_answer(r, status, type, size,
                   MHD_create_response_from_callback(size, REQUEST_STREAM_PIECE, stream_read, s, stream_release));
}

void request_answer_empty(struct request *r, int status)
{
    request_answer_bytes(r, status, NULL, (struct bytes){NULL, 0});
}

static void request_answer_typed(struct request *r, int status, const char *type, json_t *body)
{
    static const char unwritable[] = "{\"type\":\"about:blank\",\"title\":\"Internal Server Error\",\"status\":500,"
                                     "\"detail\":\"the answer cannot be written as JSON\",\"code\":\"ANSWER\"}";
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (text)
        request_answer_bytes(r, status, type, bytes_of_text(text));
    else /* jansson makes no value of what is not UTF-8 */
        request_answer_bytes(r, 500, "application/problem+json", bytes_of_text(unwritable));
    free(text);
}

void request_answer_json(struct request *r, int status, json_t *body)
{
    request_answer_typed(r, status, "application/json", body);
}

void request_answer_problem(struct request *r, int status, const char *code, const char *detail_format, ...)
{
    char detail[REQUEST_DETAIL_SIZE + 8], shown[REQUEST_DETAIL_SIZE];
    va_list arguments;
    va_start(arguments, detail_format);
    vsnprintf(detail, sizeof(detail), detail_format, arguments);
    va_end(arguments);
    text_mend(detail);
    text_copy(shown, sizeof(shown), detail); /* never half a character */
    for (char *c = shown; *c; c++)           /* a detail may name what the client has sent */
        for (size_t hidden = text_hidden(c); hidden > 0; hidden--)
            c[hidden - 1] = '?';
    const char *title = MHD_get_reason_phrase_for((unsigned)status);
    json_t *body = json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", "about:blank", "title", title ? title : "Problem",
                             "status", status, "detail", shown, "code", code);
    request_answer_typed(r, status, "application/problem+json", body);
}

void request_refuse_rate(struct request *r, int64_t wait_ms)
{
    char seconds[24];
    snprintf(seconds, sizeof(seconds), "%lld", (long long)(wait_ms / 1000 + 1));
    request_add_header(r, "Retry-After", seconds);
    request_answer_problem(r, 429, "RATE", "too many requests; go on in %s s", seconds);
}

bool request_bears(const struct request *r, const char *token)
{
    const char *given = request_header(r, "Authorization");
    return *token && given && strncmp(given, "Bearer ", 7) == 0 &&
           bytes_equal_secret(bytes_of_text(given + 7), bytes_of_text(token));
}

void request_refuse_entitlement(struct request *r, const char *realm, const char *detail)
{
    char challenge[80];
    snprintf(challenge, sizeof(challenge), "Bearer realm=\"%.60s\"", realm);
    request_add_header(r, "WWW-Authenticate", challenge);
    request_answer_problem(r, 401, "NOT_ENTITLED", "%s", detail);
}

bool request_entitled(struct request *r, const char *token, const char *realm)
{
    char detail[140];
    if (request_bears(r, token))
        return true;
    snprintf(detail, sizeof(detail), "header Authorization: Bearer, with the token of %.60s, is missing or wrong",
             realm);
    request_refuse_entitlement(r, realm, detail);
    return false;
}
