#include "session/inflow.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <zmq.h>

#define INFLOW_EVENTS (ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED)

/* By descriptor. ZeroMQ tells of an end before it closes the descriptor, so that a new connection never stands in an old one's place. */
struct inflow_entry {
    bool open, moved; /* MOVED: a whole message came since the last look */
    uint32_t agency;  /* of the last one; 0: none came yet */
    uint64_t mark;    /* bytes received by then */
};

struct inflow {
    void *router, *monitor;
    uint64_t bytes_max;
    int64_t looked_at_ms;
    struct inflow_entry *entries;
    size_t count;
};

enum fault_code inflow_new(void *zmq_context, void *router, uint64_t bytes_max, struct inflow **ret, struct fault *f)
{
    char name[64];
    int none = 0; /* no limit: a full queue of events would stop ZeroMQ's own thread */
    OWNED(inflow) i = memory_new(sizeof(*i));
    i->router = router;
    i->bytes_max = bytes_max;
    snprintf(name, sizeof(name), "inproc://inflow-%p", (void *)i);
    i->monitor = zmq_socket(zmq_context, ZMQ_PAIR);
    if (!i->monitor || zmq_setsockopt(i->monitor, ZMQ_RCVHWM, &none, sizeof(none)) != 0 ||
        zmq_setsockopt(i->monitor, ZMQ_LINGER, &none, sizeof(none)) != 0 ||
        zmq_socket_monitor(router, name, INFLOW_EVENTS) != 0 || zmq_connect(i->monitor, name) != 0)
        return fault_set(f, FAULT_SYSTEM, "watching the hub's connections: %s", zmq_strerror(errno));
    *ret = MOVE(i);
    return FAULT_NONE;
}

struct inflow *inflow_free(struct inflow *i)
{
    if (!i)
        return NULL;
    if (i->monitor) {
        zmq_socket_monitor(i->router, NULL, 0);
        zmq_close(i->monitor);
    }
    free(i->entries);
    free(i);
    return NULL;
}

static struct inflow_entry *entry_at(struct inflow *i, int fd)
{
    if (fd < 0)
        return NULL;
    if ((size_t)fd >= i->count) {
        size_t count = (size_t)fd + 64;
        i->entries = memory_grow(i->entries, count, sizeof(*i->entries));
        memset(i->entries + i->count, 0, (count - i->count) * sizeof(*i->entries));
        i->count = count;
    }
    return &i->entries[fd];
}

/* One event; false: there is none. */
static bool take_event(struct inflow *i)
{
    struct {
        uint16_t event;
        uint32_t value;
    } __attribute__((packed)) told = {0};
    uint8_t address[1];
    int size = zmq_recv(i->monitor, &told, sizeof(told), ZMQ_DONTWAIT);
    if (size < 0)
        return false;
    (void)zmq_recv(i->monitor, address, sizeof(address), ZMQ_DONTWAIT); /* the second frame; cut */
    struct inflow_entry *e = size == (int)sizeof(told) ? entry_at(i, (int)told.value) : NULL;
    if (e)
        *e = (struct inflow_entry){.open = told.event == ZMQ_EVENT_ACCEPTED};
    return true;
}

/* A message may come when its connection is gone and its descriptor another's: only what was accepted counts. */
void inflow_message(struct inflow *i, int fd, uint32_t agency)
{
    struct inflow_entry *e = entry_at(i, fd);
    if (!e || !e->open) {
        while (take_event(i))
            ;
        e = entry_at(i, fd);
    }
    if (!e || !e->open)
        return;
    e->moved = true;
    e->agency = agency;
}

/* False: the kernel tells it of no such connection. */
static bool received_of(int fd, uint64_t *ret)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info),
              wanted = offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info.tcpi_bytes_received);
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || size < wanted)
        return false;
    *ret = info.tcpi_bytes_received;
    return true;
}

void inflow_turn(struct inflow *i, int64_t now_ms, void (*on_cut)(uint32_t agency, uint64_t bytes, void *context),
                 void *context)
{
    if (now_ms - i->looked_at_ms < INFLOW_LOOK_MS)
        return;
    i->looked_at_ms = now_ms;
    while (take_event(i))
        ;
    for (size_t fd = 0; fd < i->count; fd++) {
        struct inflow_entry *e = &i->entries[fd];
        uint64_t received = 0;
        if (!e->open || !received_of((int)fd, &received))
            continue;
        if (e->moved || received < e->mark)
            e->mark = received;
        e->moved = false;
        if (received - e->mark <= i->bytes_max)
            continue;
        shutdown((int)fd, SHUT_RDWR);
        on_cut(e->agency, received - e->mark, context);
        e->open = false;
    }
}
