#include "web/guard.h"

#include "base/digest.h"
#include "base/system.h"
#include "base/text.h"
#include "web/request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUARD_KEYS_MAX 65536
#define GUARD_HEADERS_MAX 64
#define GUARD_PROXY_HEADER "Lienthong-Proxy"
#define GUARD_CONNECTIONS_MAX 100
#define GUARD_ADDRESS_PER_S 50
#define GUARD_ADDRESS_BURST 500

struct guard {
    struct server_guard rules;
    char proxy_secret[SERVER_SECRET_SIZE_MAX];
    struct buckets *addresses, *credentials;
};

static void guard_forget(struct guard *g)
{
    g->addresses = buckets_free(g->addresses);
    g->credentials = buckets_free(g->credentials);
}

struct guard *guard_new(void)
{
    static const struct server_guard standard = {.by_address = {GUARD_ADDRESS_PER_S, GUARD_ADDRESS_BURST},
                                                 .connections_per_address_max = GUARD_CONNECTIONS_MAX};
    struct guard *g = memory_new(sizeof(*g));
    guard_set(g, &standard);
    return g;
}

struct guard *guard_free(struct guard *g)
{
    if (g)
        guard_forget(g);
    free(g);
    return NULL;
}

void guard_set(struct guard *g, const struct server_guard *rules)
{
    uint8_t seed[16];
    guard_forget(g);
    g->rules = *rules;
    if (!g->rules.headers_max)
        g->rules.headers_max = GUARD_HEADERS_MAX;
    text_copy(g->proxy_secret, sizeof(g->proxy_secret), rules->proxy_secret ? rules->proxy_secret : "");
    system_random(seed, sizeof(seed));
    g->addresses = buckets_new(rules->by_address, GUARD_KEYS_MAX, seed);
    g->credentials = buckets_new(rules->by_credential, GUARD_KEYS_MAX, seed);
}

/* --- Addresses --------------------------------------------------------------------------------------------------- */

static void guard_print_six(struct in6_addr address, char text[GUARD_ADDRESS_SIZE])
{
    if (IN6_IS_ADDR_V4MAPPED(&address)) {
        inet_ntop(AF_INET, &address.s6_addr[12], text, GUARD_ADDRESS_SIZE);
        return;
    }
    if (!IN6_IS_ADDR_LOOPBACK(&address))
        memset(&address.s6_addr[8], 0, 8);
    inet_ntop(AF_INET6, &address, text, GUARD_ADDRESS_SIZE);
}

void guard_print(const struct sockaddr *address, char text[GUARD_ADDRESS_SIZE])
{
    text_copy(text, GUARD_ADDRESS_SIZE, "?");
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, text, GUARD_ADDRESS_SIZE);
    else if (address->sa_family == AF_INET6)
        guard_print_six(((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, text);
}

static bool guard_is_local(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || text_equal(address, "::1");
}

/* Programs of this machine are not held back, unless the rules say so (tests do). */
static bool guard_exempts(const struct guard *g, const char *address)
{
    return !g->rules.local_too && guard_is_local(address);
}

bool guard_admits(const struct guard *g, const struct peer *peers, const struct sockaddr *address)
{
    char text[GUARD_ADDRESS_SIZE];
    unsigned count = 0;
    guard_print(address, text);
    if (!g->rules.connections_per_address_max || guard_exempts(g, text))
        return true;
    for (const struct peer *p = peers; p; p = p->next)
        count += text_equal(p->address, text);
    return count < g->rules.connections_per_address_max;
}

/* The last entry is the one that the proxy itself has added. */
static bool guard_forwarded(const char *list, char ret[GUARD_ADDRESS_SIZE])
{
    char text[GUARD_ADDRESS_SIZE];
    struct sockaddr_in four = {.sin_family = AF_INET};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    const char *last = list ? strrchr(list, ',') : NULL;
    last = last ? last + 1 : list;
    if (!last)
        return false;
    last += strspn(last, " \t");
    text_copy(text, sizeof(text), last);
    text[strcspn(text, " \t")] = '\0';
    if (inet_pton(AF_INET, text, &four.sin_addr) == 1)
        guard_print((const struct sockaddr *)&four, ret);
    else if (inet_pton(AF_INET6, text, &six.sin6_addr) == 1)
        guard_print((const struct sockaddr *)&six, ret);
    else
        return false;
    return true;
}

static void guard_find_address(const struct guard *g, struct request *r)
{
    const char *secret = request_header(r, GUARD_PROXY_HEADER);
    text_copy(r->address, sizeof(r->address), r->peer->address);
    r->by_proxy =
        *g->proxy_secret && secret && bytes_equal_secret(bytes_of_text(secret), bytes_of_text(g->proxy_secret));
    if (r->by_proxy)
        (void)guard_forwarded(request_header(r, "X-Forwarded-For"), r->address);
}

/* --- Rates ------------------------------------------------------------------------------------------------------- */

/* A credential as a key of the table, which so holds none. */
static int64_t guard_credential_wait(struct guard *g, const struct request *r, int64_t now_ms)
{
    static const char *const names[] = {"Authorization", "Cookie"};
    char key[2 * DIGEST_SIZE + 1];
    for (size_t i = 0; i < LENGTH(names); i++) {
        const char *value = request_header(r, names[i]);
        if (!value)
            continue;
        struct digest digest = digest_of(bytes_of_text(value));
        bytes_to_hex(digest_bytes(&digest), key);
        return buckets_take(g->credentials, key, now_ms);
    }
    return 0;
}

bool guard_request(struct guard *g, struct request *r)
{
    guard_find_address(g, r);
    if (MHD_get_connection_values(r->connection, MHD_HEADER_KIND, NULL, NULL) > (int)g->rules.headers_max) {
        request_answer_problem(r, 431, "HEADER_COUNT", "a request has at most %u header fields", g->rules.headers_max);
        return false;
    }
    if (guard_exempts(g, r->address))
        return true;
    int64_t now_ms = system_monotonic_ms(), wait_ms = buckets_take(g->addresses, r->address, now_ms);
    if (!wait_ms)
        wait_ms = guard_credential_wait(g, r, now_ms);
    if (wait_ms)
        request_refuse_rate(r, wait_ms);
    return !wait_ms;
}
