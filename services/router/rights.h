#pragma once
/* Who may have what reach whom, in which procedure, when: deny by default. Acts are only ever added; of those whose time includes
 * an instant the newest decides. Immutable; a look costs two look-ups in a table of hashes, however many rights there are. */
#include "base/instant.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RIGHT_ANY_PROCEDURE "*"

struct right_name {
    const char *procedure, *sender, *type, *recipient; /* roles; RECIPIENT "router": to the procedure itself */
};

/* A row as the store reads it; borrowed. */
struct right_act {
    int64_t id; /* the higher the newer */
    struct right_name name;
    bool granted; /* else denied, from FROM until UNTIL */
    struct instant from, until;
};

enum right_state {
    RIGHT_NONE, /* never granted */
    RIGHT_HOLDS,
    RIGHT_NOT_YET,
    RIGHT_ENDED
};

struct right {
    enum right_state state;
    struct instant from,
        until; /* HOLDS: since, and as far as is known until. NOT_YET: FROM. ENDED: UNTIL. 0: unknown */
};

struct rights;
struct rights *rights_new(const struct right_act *acts, size_t count); /* copies */
struct rights *rights_free(struct rights *r);
/* NAME in its procedure, or in every procedure. */
struct right rights_look(const struct rights *r, const struct right_name *name, struct instant at);
/* "no right lets …; …": what is missing, since when or from when on, and what to do. */
void right_explain(struct right right, const struct right_name *name, char *text, size_t size);
bool rights_allow(const struct rights *r, const struct right_name *name, struct instant at);
