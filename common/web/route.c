#include "web/route.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTE_ALLOW_SIZE 80
#define ROUTE_NAME_SIZE 64

/* One segment against its pattern. VALUES NULL: match only. *bad: it matched but cannot be decoded. */
static bool route_match_segment(const char *pattern, size_t pattern_size, const char *segment, size_t size,
                                struct values *values, bool *bad)
{
    if (pattern_size < 3 || *pattern != '{')
        return pattern_size == size && memcmp(pattern, segment, size) == 0;
    if (size == 0)
        return false;
    char name[ROUTE_NAME_SIZE];
    char *text = value_decode(segment, size);
    if (!text)
        *bad = true;
    else if (values) {
        snprintf(name, sizeof(name), "%.*s", (int)(pattern_size - 2), pattern + 1);
        values_add(values, name, text);
    }
    free(text);
    return true;
}

static bool route_match_path(const char *pattern, const char *path, struct values *values, bool *bad)
{
    while (*pattern == '/' && *path == '/') {
        size_t pattern_size = strcspn(++pattern, "/"), size = strcspn(++path, "/");
        if (!route_match_segment(pattern, pattern_size, path, size, values, bad))
            return false;
        pattern += pattern_size;
        path += size;
    }
    return !*pattern && !*path;
}

static bool route_serves(const struct route *r, const char *method)
{
    return strcmp(r->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(r->method, "GET") == 0);
}

static void route_allow(char *allow, const char *method)
{
    size_t used = strlen(allow);
    snprintf(allow + used, ROUTE_ALLOW_SIZE - used, "%s%s%s", used ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

enum route_match route_find(const struct route *routes, const char *method, const char *path, const struct route **ret,
                            struct values *values, char **ret_allow)
{
    char allow[ROUTE_ALLOW_SIZE] = "";
    for (const struct route *r = routes; r->method; r++) {
        bool bad = false;
        if (!route_match_path(r->pattern, path, NULL, &bad))
            continue;
        if (bad)
            return ROUTE_BAD_PATH;
        if (route_serves(r, method)) {
            route_match_path(r->pattern, path, values, &bad);
            *ret = r;
            return ROUTE_FOUND;
        }
        route_allow(allow, r->method);
    }
    if (!*allow)
        return ROUTE_UNKNOWN;
    *ret_allow = memory_text(allow);
    return ROUTE_OTHER_METHOD;
}
