#pragma once
/* A raw HTTP client beside the server in one thread: what a test writes goes out byte for byte. */
#include "web/server.h"

struct exchange {
    struct server *server;
    int socket;
    char answer[1 << 16]; /* what came back, NUL-ended */
    size_t size;
    bool closed; /* by the server */
};

void exchange_open(struct exchange *x, struct server *server);
/* From another loopback address, "127.0.0.9". */
void exchange_open_from(struct exchange *x, struct server *server, const char *address);
void exchange_close(struct exchange *x);
/* As much as fits while the server is turned; stops when the server closes. */
void exchange_send(struct exchange *x, const char *data, size_t size);
/* Turns the server for at most MS, until WANTED stands in the answer or the server has closed. WANTED NULL: until closed. */
void exchange_wait(struct exchange *x, const char *wanted, int ms);
/* One request on a new connection, to its end. */
void exchange_once(struct exchange *x, struct server *server, const char *request);
/* The status of the answer's first line; 0: none. */
int exchange_status(const struct exchange *x);
