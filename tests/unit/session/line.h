#pragma once
/* A link and a hub over real sockets with CURVE, for the tests of sessions. */
#include "unit.h"

#include "base/memory.h"
#include "base/system.h"
#include "session/gatekeeper.h"
#include "session/hub.h"
#include "session/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#define AGENCY 12
#define WINDOW 8
#define IDLE_MS 600
#define WAIT_MS 5000

struct keys {
    char public_key[41], secret_key[41];
};

struct world {
    void *zmq;
    struct gatekeeper *gatekeeper;
    struct hub *hub;
    struct link *link;
    struct keys router, agency, stranger;
    struct hub_settings hub_settings;
    struct link_settings link_settings;

    int opened, lost, submitted, refused, violations; /* at the hub */
    Lienthong__V1__RefusalCode violation;
    uint64_t peer;
    size_t submit_sizes[64];
    bool hub_holds; /* does not call hub_done */
    char hub_why[200];
    int asked;

    int link_opened, link_lost, delivered, acknowledged, link_refused;
    bool link_holds;
    char link_why[200];
    int told;
    uint64_t told_id;
};

#define UNTIL(w, condition)                                                                 \
    do {                                                                                    \
        int64_t deadline_ = system_monotonic_ms() + WAIT_MS;                                \
        while (!(condition)) {                                                              \
            turn(w, true, true);                                                            \
            if (system_monotonic_ms() > deadline_)                                          \
                fail_msg("not in time: %s (link: %s)", #condition, link_reason((w)->link)); \
        }                                                                                   \
    } while (0)

void hub_start(struct world *w);
void link_start(struct world *w);
int setup(void **state);
int teardown(void **state);
void turn(struct world *w, bool hub_turns, bool link_turns);
void for_ms(struct world *w, int64_t ms, bool hub_turns, bool link_turns);
void open_both(struct world *w);
struct hub_events hub_events_of(struct world *w);

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
