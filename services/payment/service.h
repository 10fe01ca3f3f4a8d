#pragma once
/* Our side of the payment service: orders are registered and closed there by intents that are tried until confirmed, and
 * open orders are reconciled, so that a lost callback is found. */
#include "payment.h"

/* Records what was confirmed, and starts due intents and reconciliations; called in each turn behind the client's. */
void service_turn(struct payment *pay);
