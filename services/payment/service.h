#pragma once
/* Our side of the payment service: orders are registered and closed there by intents that are tried until confirmed, and
 * open orders are reconciled, so that a lost callback is found. */
#include "payment.h"

#define SERVICE_CALLS_MAX 16

/* Starts due intents and reconciliations; called in each turn. */
void service_turn(struct payment *pay);
