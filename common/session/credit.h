#pragma once
/* How much a peer may have sent: absolute limits since the session began. Pure. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A window must be at least this large, so that the largest envelope passes whenever nothing is in flight: what is not told
 * yet is less than a quarter of the window, and three quarters of this hold one envelope. */
#define CREDIT_WINDOW_BYTES_MIN (2 << 20)

/* The sender's side. */
struct credit {
    uint64_t messages_limit, bytes_limit, messages_sent, bytes_sent;
};
bool credit_allows(const struct credit *c, size_t bytes);
void credit_take(struct credit *c, size_t bytes);
/* A lower limit than before is ignored: credit is never taken back. */
void credit_raise(struct credit *c, uint64_t messages_limit, uint64_t bytes_limit);

/* The receiver's side: a window of what may be in flight; what is done gives room. */
struct allowance {
    uint64_t messages_window, bytes_window, messages_received, bytes_received, messages_done, bytes_done;
    uint64_t messages_granted, bytes_granted;
};
void allowance_init(struct allowance *a, uint64_t messages_window, uint64_t bytes_window);
bool allowance_accept(struct allowance *a, size_t bytes); /* false: beyond the credit; the session ends */
void allowance_done(struct allowance *a, size_t bytes);
/* True when the limit has grown by at least a quarter of the window since it was last told (or the window is nearly spent). */
bool allowance_worth_telling(const struct allowance *a);
/* True when all that was received is done and that was not told. The sender may use less than what it was granted, and would
 * wait for ever for a quarter of it. */
bool allowance_idle(const struct allowance *a);
void allowance_told(struct allowance *a); /* the caller sends messages_granted and bytes_granted */
