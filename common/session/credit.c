#include "session/credit.h"

bool credit_allows(const struct credit *c, size_t bytes)
{
    return c->messages_sent < c->messages_limit && c->bytes_sent <= c->bytes_limit &&
           bytes <= c->bytes_limit - c->bytes_sent;
}

void credit_take(struct credit *c, size_t bytes)
{
    c->messages_sent++;
    c->bytes_sent += bytes;
}

void credit_raise(struct credit *c, uint64_t messages_limit, uint64_t bytes_limit)
{
    if (messages_limit > c->messages_limit)
        c->messages_limit = messages_limit;
    if (bytes_limit > c->bytes_limit)
        c->bytes_limit = bytes_limit;
}

void allowance_init(struct allowance *a, uint64_t messages_window, uint64_t bytes_window)
{
    *a = (struct allowance){.messages_window = messages_window,
                            .bytes_window = bytes_window,
                            .messages_granted = messages_window,
                            .bytes_granted = bytes_window};
}

bool allowance_accept(struct allowance *a, size_t bytes)
{
    if (a->messages_received >= a->messages_granted || bytes > a->bytes_granted - a->bytes_received)
        return false;
    a->messages_received++;
    a->bytes_received += bytes;
    return true;
}

void allowance_done(struct allowance *a, size_t bytes)
{
    if (a->messages_done < a->messages_received)
        a->messages_done++;
    uint64_t in_flight = a->bytes_received - a->bytes_done;
    a->bytes_done += bytes < in_flight ? bytes : in_flight;
}

/* LIMIT: what could be told now. */
static bool growth_matters(uint64_t limit, uint64_t granted, uint64_t received, uint64_t window)
{
    uint64_t growth = limit - granted;
    bool nearly_spent = granted - received <= window / 4;
    return growth > 0 && (growth >= (window + 3) / 4 || nearly_spent);
}

bool allowance_worth_telling(const struct allowance *a)
{
    return growth_matters(a->messages_done + a->messages_window, a->messages_granted, a->messages_received,
                          a->messages_window) ||
           growth_matters(a->bytes_done + a->bytes_window, a->bytes_granted, a->bytes_received, a->bytes_window);
}

bool allowance_idle(const struct allowance *a)
{
    return a->messages_done == a->messages_received && a->messages_done + a->messages_window > a->messages_granted;
}

void allowance_told(struct allowance *a)
{
    a->messages_granted = a->messages_done + a->messages_window;
    a->bytes_granted = a->bytes_done + a->bytes_window;
}
