#pragma once
/* The national portal's side: calls in order for each dossier until it says 00, and reconciliation. README.md has its protocol. */
#include "portal.h"

#define PEER_CALLS_MAX 32

/* Starts what is due; called in each turn. */
void peer_turn(struct portal *portal);
/* There is something new to tell. */
void peer_soon(struct portal *portal);
