#include "base/system.h"
#include "base/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void system_end(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s; process ends\n", what, why);
    _exit(EXIT_FAILURE);
}

static const char *time_file;
static pthread_once_t time_file_once = PTHREAD_ONCE_INIT;

static void time_file_find(void)
{
    const char *path = getenv("LIENTHONG_TIME_FILE");
    if (path && *path)
        time_file = memory_text(path);
}

/* Read at each call, so that a test moves the clock of a running process. A file that is not there yet, or that is just being
 * written (empty), leaves the clock where it was. */
static int64_t time_offset_us(void)
{
    static _Atomic int64_t latest;
    pthread_once(&time_file_once, time_file_find);
    if (!time_file)
        return 0;
    int file = open(time_file, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return latest;
    char text[64];
    ssize_t size = read(file, text, sizeof(text) - 1);
    close(file);
    if (size <= 0)
        return latest;
    text[size] = 0;
    char *end;
    double seconds = strtod(text, &end);
    if (end == text || end[strspn(end, " \n")] || seconds != seconds || seconds > 1e12 || seconds < -1e12)
        system_end(time_file, "LIENTHONG_TIME_FILE must hold an offset in seconds");
    latest = (int64_t)(seconds * (double)INSTANT_SECOND_US);
    return latest;
}

struct instant system_now(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now))
        system_end("reading the clock", strerror(errno));
    return (struct instant){now.tv_sec * INSTANT_SECOND_US + now.tv_nsec / 1000 + time_offset_us()};
}

int64_t system_monotonic_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_MONOTONIC, &now))
        system_end("reading the monotonic clock", strerror(errno));
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void system_random(void *data, size_t size)
{
    uint8_t *to = data;
    while (size) {
        ssize_t got = getrandom(to, size, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            system_end("reading random bytes", strerror(errno));
        to += got;
        size -= (size_t)got;
    }
}

static atomic_bool stopping, reloading;

static void system_on_stop(int number)
{
    (void)number;
    stopping = true;
}

static void system_on_reload(int number)
{
    (void)number;
    reloading = true;
}

static void handle(int number, void (*handler)(int))
{
    /* Without SA_RESTART: a waiting poll returns, and the loop sees the flag at once. */
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    if (sigaction(number, &action, NULL))
        system_end("setting a signal handler", strerror(errno));
}

void system_handle_signals(void)
{
    handle(SIGTERM, system_on_stop);
    handle(SIGINT, system_on_stop);
    handle(SIGHUP, system_on_reload);
    handle(SIGPIPE, SIG_IGN);
}

bool system_stopping(void)
{
    return stopping;
}

bool system_reloading(void)
{
    return atomic_exchange(&reloading, false);
}
