#pragma once
/* The national portal's side: calls in order for each dossier until it says 00, and reconciliation. README.md has its protocol. */
#include "portal.h"

#define PEER_CALLS_MAX 32

/* Starts what is due; called in each turn. */
void peer_turn(struct portal *portal);
/* How long the loop may sleep. */
int64_t peer_timeout_ms(const struct portal *portal, int64_t now_ms);
/* There is something new to tell. */
void peer_soon(struct portal *portal);
/* Ends the calls under way: they are due again after their time. */
void peer_close(struct portal *portal);
