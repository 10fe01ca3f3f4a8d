#include "web/exchange.h"

#include "base/system.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void exchange_open(struct exchange *x, struct server *server)
{
    exchange_open_from(x, server, "127.0.0.1");
}

void exchange_open_from(struct exchange *x, struct server *server, const char *address)
{
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server_port(server))};
    memset(x, 0, sizeof(*x));
    x->server = server;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    x->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (x->socket < 0 || inet_pton(AF_INET, address, &from.sin_addr) != 1 ||
        bind(x->socket, (struct sockaddr *)&from, sizeof(from)) ||
        connect(x->socket, (struct sockaddr *)&to, sizeof(to)) || fcntl(x->socket, F_SETFL, O_NONBLOCK)) {
        perror("test client");
        exit(1);
    }
}

void exchange_close(struct exchange *x)
{
    close(x->socket);
    x->socket = -1;
}

static void exchange_turn(struct exchange *x, bool sending)
{
    struct pollfd fds[2] = {{.fd = server_socket(x->server), .events = POLLIN},
                            {.fd = x->closed ? -1 : x->socket, .events = sending ? POLLIN | POLLOUT : POLLIN}};
    int timeout_ms = server_timeout_ms(x->server);
    poll(fds, 2, timeout_ms < 0 || timeout_ms > 10 ? 10 : timeout_ms);
    server_turn(x->server);
    if (!(fds[1].revents & (POLLIN | POLLHUP | POLLERR)))
        return;
    ssize_t got = recv(x->socket, x->answer + x->size, sizeof(x->answer) - 1 - x->size, 0);
    if (got > 0)
        x->size += (size_t)got;
    else if (got == 0 || errno != EAGAIN)
        x->closed = true;
    x->answer[x->size] = '\0';
}

void exchange_send(struct exchange *x, const char *data, size_t size)
{
    while (size && !x->closed) {
        ssize_t sent = send(x->socket, data, size, MSG_NOSIGNAL);
        if (sent > 0) {
            data += sent;
            size -= (size_t)sent;
        } else if (sent < 0 && errno != EAGAIN) {
            exchange_turn(x, false); /* what the server said before it closed */
            return;
        }
        exchange_turn(x, size != 0);
    }
}

void exchange_wait(struct exchange *x, const char *wanted, int ms)
{
    int64_t end_ms = system_monotonic_ms() + ms;
    while (!x->closed && system_monotonic_ms() < end_ms && !(wanted && strstr(x->answer, wanted)))
        exchange_turn(x, false);
}

void exchange_once(struct exchange *x, struct server *server, const char *request)
{
    exchange_open(x, server);
    exchange_send(x, request, strlen(request));
    shutdown(x->socket, SHUT_WR);
    exchange_wait(x, NULL, 3000);
    exchange_close(x);
}

int exchange_status(const struct exchange *x)
{
    int status = 0;
    if (sscanf(x->answer, "HTTP/1.1 %d", &status) != 1)
        return 0;
    return status;
}
