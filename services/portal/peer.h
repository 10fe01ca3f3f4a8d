#pragma once
/* The national portal's side: calls in order for each dossier until it says 00, and reconciliation. README.md has its protocol. */
#include "portal.h"

#define PEER_CALLS_MAX 8

/* Starts what is due; called in each turn. */
void peer_turn(struct portal *portal);
