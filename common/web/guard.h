#pragma once
/* Who speaks, and how much of it is taken: addresses, rates, connections, headers. Internal to web/. */
#include "web/bucket.h"
#include "web/server.h"

#include <sys/socket.h>

#define GUARD_ADDRESS_SIZE 64

struct guard;
struct peer;

struct guard *guard_new(void);
struct guard *guard_free(struct guard *g);
OWNED_CLEANUP(guard)
void guard_set(struct guard *g, const struct server_guard *rules);
/* ADDRESS as text; an IPv6 one as its /64, for that is what one customer has. */
void guard_print(const struct sockaddr *address, char text[GUARD_ADDRESS_SIZE]);
/* May one more connect from ADDRESS beside PEERS? */
bool guard_admits(const struct guard *g, const struct peer *peers, const struct sockaddr *address);
/* Fills R's address. False: answered (429, 431). */
bool guard_request(struct guard *g, struct request *r);
