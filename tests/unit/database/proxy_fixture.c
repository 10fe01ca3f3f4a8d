#include "database/proxy_fixture.h"

#include "base/memory.h"

#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PROXY_PIECE_SIZE 65536

struct proxy_fixture {
    struct sockaddr_un own, server;
    char target[200];
    int listener, client, upstream; /* -1: none */
    int stop[2];                    /* a pipe; readable: end */
    pthread_t thread;
    pthread_mutex_t lock; /* of those below */
    enum proxy_fault fault;
    char word[40];
    int pieces_left; /* before the fault */
};

static void proxy_hang_up(struct proxy_fixture *p)
{
    if (p->client >= 0)
        close(p->client);
    if (p->upstream >= 0)
        close(p->upstream);
    p->client = p->upstream = -1;
}

static void proxy_accept(struct proxy_fixture *p)
{
    proxy_hang_up(p);
    p->client = accept(p->listener, NULL, NULL);
    p->upstream = socket(AF_UNIX, SOCK_STREAM, 0);
    if (p->client < 0 || connect(p->upstream, (struct sockaddr *)&p->server, sizeof(p->server)))
        proxy_hang_up(p);
}

static bool proxy_write(int to, const char *data, ssize_t size)
{
    while (size > 0) {
        ssize_t written = send(to, data, (size_t)size, MSG_NOSIGNAL);
        if (written <= 0)
            return false;
        data += written;
        size -= written;
    }
    return true;
}

static enum proxy_fault proxy_take_fault(struct proxy_fixture *p, const char *data, size_t size)
{
    pthread_mutex_lock(&p->lock);
    enum proxy_fault fault = PROXY_NONE;
    if (p->fault && p->pieces_left-- <= 0 && memmem(data, size, p->word, strlen(p->word))) {
        fault = p->fault;
        p->fault = PROXY_NONE;
    }
    pthread_mutex_unlock(&p->lock);
    return fault;
}

static void proxy_from_client(struct proxy_fixture *p)
{
    static char data[PROXY_PIECE_SIZE];
    ssize_t size = recv(p->client, data, sizeof(data), 0);
    enum proxy_fault fault = size > 0 ? proxy_take_fault(p, data, (size_t)size) : PROXY_NONE;
    if (size <= 0 || fault == PROXY_CUT_BEFORE || !proxy_write(p->upstream, data, size)) {
        proxy_hang_up(p);
        return;
    }
    if (fault == PROXY_CUT_AFTER) {
        (void)!recv(p->upstream, data, sizeof(data), 0); /* the server has done it */
        proxy_hang_up(p);
    }
}

static void proxy_from_server(struct proxy_fixture *p)
{
    static char data[PROXY_PIECE_SIZE];
    ssize_t size = recv(p->upstream, data, sizeof(data), 0);
    if (size <= 0 || !proxy_write(p->client, data, size))
        proxy_hang_up(p);
}

static void *proxy_serve(void *context)
{
    struct proxy_fixture *p = context;
    for (;;) {
        struct pollfd fds[4] = {{.fd = p->stop[0], .events = POLLIN},
                                {.fd = p->listener, .events = POLLIN},
                                {.fd = p->client, .events = POLLIN},
                                {.fd = p->upstream, .events = POLLIN}};
        poll(fds, 4, -1);
        if (fds[0].revents)
            return NULL;
        if (fds[2].revents)
            proxy_from_client(p);
        if (fds[3].revents && p->upstream >= 0)
            proxy_from_server(p);
        if (fds[1].revents)
            proxy_accept(p);
    }
}

struct proxy_fixture *proxy_fixture_start(const struct server_fixture *server)
{
    struct proxy_fixture *p = memory_new(sizeof(*p));
    char folder[100];
    snprintf(folder, sizeof(folder), "%s/proxy", server_fixture_folder(server));
    snprintf(p->target, sizeof(p->target), "host=%s port=5432 user=postgres dbname=postgres", folder);
    p->own.sun_family = p->server.sun_family = AF_UNIX;
    snprintf(p->own.sun_path, sizeof(p->own.sun_path), "%.80s/.s.PGSQL.5432", folder);
    snprintf(p->server.sun_path, sizeof(p->server.sun_path), "%s", server_fixture_socket(server));
    p->client = p->upstream = -1;
    pthread_mutex_init(&p->lock, NULL);
    p->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (mkdir(folder, 0700) || bind(p->listener, (struct sockaddr *)&p->own, sizeof(p->own)) ||
        listen(p->listener, 8) || pipe(p->stop) || pthread_create(&p->thread, NULL, proxy_serve, p)) {
        perror("test proxy");
        exit(1);
    }
    return p;
}

struct proxy_fixture *proxy_fixture_stop(struct proxy_fixture *p)
{
    if (!p)
        return NULL;
    (void)!write(p->stop[1], "x", 1);
    pthread_join(p->thread, NULL);
    proxy_hang_up(p);
    close(p->listener);
    close(p->stop[0]);
    close(p->stop[1]);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return NULL;
}

const char *proxy_fixture_target(const struct proxy_fixture *p)
{
    return p->target;
}

void proxy_fixture_break(struct proxy_fixture *p, enum proxy_fault fault, const char *word)
{
    pthread_mutex_lock(&p->lock);
    p->fault = fault;
    p->pieces_left = 0;
    snprintf(p->word, sizeof(p->word), "%s", word);
    pthread_mutex_unlock(&p->lock);
}

void proxy_fixture_break_at(struct proxy_fixture *p, enum proxy_fault fault, int nth)
{
    proxy_fixture_break(p, fault, "");
    pthread_mutex_lock(&p->lock);
    p->pieces_left = nth;
    pthread_mutex_unlock(&p->lock);
}

bool proxy_fixture_broken(struct proxy_fixture *p)
{
    pthread_mutex_lock(&p->lock);
    bool broken = p->fault == PROXY_NONE;
    pthread_mutex_unlock(&p->lock);
    return broken;
}
