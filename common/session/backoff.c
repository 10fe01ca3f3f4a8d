#include "session/backoff.h"

int64_t backoff_ms(int64_t least_ms, int64_t most_ms, uint32_t attempt, uint64_t random)
{
    int64_t pause = least_ms < 1 ? 1 : least_ms;

    for (uint32_t i = 1; i < attempt && pause < most_ms; i++)
        pause = pause > most_ms / 2 ? most_ms : pause * 2;
    if (pause > most_ms && most_ms >= 1)
        pause = most_ms;
    int64_t half = pause / 2;
    return pause - half + (int64_t)(random % (uint64_t)(half + 1));
}
