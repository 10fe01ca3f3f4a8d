#include "base/points.h"
#include "base/memory.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POINTS_MAX 8
#define POINT_PAUSE_US 10000

struct point {
    const char *name, *pause; /* in the copied variable */
    long count;               /* passes that are left */
};

static struct {
    bool read;
    size_t count;
    struct point points[POINTS_MAX];
} stops;

static _Noreturn void points_unreadable(const char *text)
{
    fprintf(stderr, "LIENTHONG_STOP: cannot read \"%s\"; want name:count or name:count:pause=FILE\n", text);
    exit(2);
}

static struct point point_read(char *text)
{
    char *colon = strchr(text, ':');
    if (!colon || colon == text)
        points_unreadable(text);
    *colon = '\0';
    errno = 0;
    char *end;
    long count = strtol(colon + 1, &end, 10);
    if (errno || end == colon + 1 || count < 1)
        points_unreadable(colon + 1);
    struct point point = {.name = text, .count = count};
    if (strncmp(end, ":pause=", 7) == 0 && end[7])
        point.pause = end + 7;
    else if (*end)
        points_unreadable(end);
    return point;
}

static void points_read(void)
{
    stops.read = true;
    const char *variable = getenv("LIENTHONG_STOP");
    if (!variable || !*variable)
        return;
    char *rest = memory_text(variable); /* kept for the life of the process */
    for (char *entry; (entry = strsep(&rest, ","));) {
        if (stops.count == POINTS_MAX)
            points_unreadable(entry);
        stops.points[stops.count++] = point_read(entry);
    }
}

void point_pass(const char *name)
{
    if (!stops.read)
        points_read();
    for (size_t i = 0; i < stops.count; i++) {
        struct point *point = &stops.points[i];
        if (point->count == 0 || strcmp(point->name, name) != 0 || --point->count > 0)
            continue;
        if (!point->pause)
            raise(SIGKILL);
        while (access(point->pause, F_OK) != 0)
            usleep(POINT_PAUSE_US);
    }
}
