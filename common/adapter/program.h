#pragma once
/* What every agency's main does: configuration, own tables, adapter, loop, an orderly end. Only main.c of a service uses it. */
#include "database/migration.h"
#include "lienthong/adapter.h"
#include "web/client.h"
#include "web/server.h"

struct program {
    const char *service;           /* "land": program lienthong-land, schema land */
    const char *purpose;           /* one line for --help */
    const struct config_row *rows; /* its own, ended by key NULL; NULL: none */
    /* Standard of http.port; the rows of web/settings.h are in its table. NULL: serves no HTTP. */
    const char *http_port;
    const struct migration *migrations;
    size_t migration_count;
    const char *grants; /* database/grants.h: what the service's own role may do in its schema */
    struct lt_handlers handlers;
    /* After the adapter is open; the adapter and the configuration live until CLOSE. Either may be NULL. */
    enum fault_code (*open)(struct lt_adapter *a, const struct config *c, void *context, struct fault *f);
    void (*close)(void *context);
    /* --seed-demo COUNT: stores demonstration data (adapter/demo.h) and ends. NULL: has none. */
    enum fault_code (*seed)(struct database *d, unsigned count, struct fault *f);
};

/* Returns the exit status. */
int program_main(int argc, char **argv, const struct program *p);
/* Lets the adapter's loop drive S, which must outlive the loop. */
void program_serve(struct lt_adapter *a, struct server *s);
/* The same for C and its calls. */
void program_call(struct lt_adapter *a, struct client *c);
/* The entries of a list of scalars, ended by NULL. Caller frees the array; the texts belong to C. */
const char **program_list(const struct config *c, const char *key);
