/* Portal: keeps the national portal in step with every dossier's status. */
#include "peer.h"
#include "record.h"
#include "catalogue.sql.h"
#include "grants.sql.h"
#include "schema.sql.h"
#include "status.h"
#include "supplement.h"
#include "supplement.sql.h"
#include "vault.sql.h"

#include "adapter/handling.h"
#include "adapter/program.h"
#include "base/system.h"
#include "message/envelope.h"

static const struct config_row ROWS[] = {
    {.key = "portal.peer_url", .type = CONFIG_TEXT, .standard = NULL, .help = "the national portal's address"},
    {.key = "portal.peer",
     .type = CONFIG_TEXT,
     .standard = "national",
     .help = "whose code tables hold (table code_table)"},
    {.key = "portal.unit",
     .type = CONFIG_TEXT,
     .standard = "000.00.00.H58",
     .help = "DonViXuLy: the unit that handles"},
    {.key = "portal.reconcile",
     .type = CONFIG_DURATION_MS,
     .standard = "1 h",
     .least = 100,
     .most = 86400000,
     .help = "how long after the last confirmation the peer's status is compared with ours"},
    {.key = "portal.gather",
     .type = CONFIG_DURATION_MS,
     .standard = "2 s",
     .least = 0,
     .most = 3600000,
     .help = "a record that has changed waits so long for further changes before it is told; progress does not wait"},
    {.key = "portal.retry_max",
     .type = CONFIG_DURATION_MS,
     .standard = "5 min",
     .least = 1000,
     .most = 86400000,
     .help = "longest pause between two tries while the peer is away"},
    {.key = NULL},
};

static const struct migration MIGRATIONS[] = {{1, "portal", schema_sql},
                                              {2, "catalogue", catalogue_sql},
                                              {3, "supplement", supplement_sql},
                                              {4, "vault", vault_sql}};

static enum lt_result portal_on_particulars(struct lt_adapter *a, const struct lt_delivery *d, void *context,
                                            struct fault *f)
{
    struct portal *portal = context;
    ProtobufCMessage *message = NULL;
    enum fault_code code = lt_part_unpack(d, "portal-record", &lienthong__v1__portal_record__descriptor, &message, f);
    if (code == FAULT_NONE)
        code =
            record_particulars(lt_database(a), d->dossier, (const Lienthong__V1__PortalRecord *)(const void *)message,
                               lt_part(d, "portal-record", NULL), portal->now, f);
    peer_soon(portal);
    return handling_result(code);
}

static enum lt_result portal_on_status(struct lt_adapter *a, const struct lt_delivery *d, void *context,
                                       struct fault *f)
{
    struct portal *portal = context;
    ProtobufCMessage *message = NULL;
    enum fault_code code = lt_part_unpack(d, "status", &lienthong__v1__status_update__descriptor, &message, f);
    if (code == FAULT_NONE)
        code = statuses_add(portal->statuses, d->dossier, d->header->sequence,
                            (const Lienthong__V1__StatusUpdate *)(const void *)message, f);
    if (code == FAULT_NONE)
        code = supplement_keep(lt_database(a), d, (const Lienthong__V1__StatusUpdate *)(const void *)message, f);
    return handling_result(code);
}

static enum fault_code portal_on_batch(struct lt_adapter *a, void *context, struct fault *f)
{
    struct portal *portal = context;
    int64_t gather_us = config_integer(portal->config, "portal.gather") * 1000;
    (void)a;
    if (statuses_count(portal->statuses) == 0)
        return FAULT_NONE;
    peer_soon(portal);
    return statuses_write(portal->statuses, portal->database, portal->now, (struct instant){portal->now.us + gather_us},
                          f);
}

static void portal_on_undone(struct lt_adapter *a, void *context)
{
    struct portal *portal = context;
    (void)a;
    statuses_clear(portal->statuses);
}

/* Before any status has come it is tried again: that notice is on its way. */
static enum lt_result portal_on_result(struct lt_adapter *a, const struct lt_delivery *d, void *context,
                                       struct fault *f)
{
    struct portal *portal = context;
    struct bytes result = lt_part(d, "result-record", NULL);
    if (!result.data) {
        (void)fault_set(f, FAULT_MALFORMED, "part result-record is missing");
        return LT_REFUSE;
    }
    peer_soon(portal);
    enum fault_code code = record_result(lt_database(a), d->dossier, d->step, result, portal->now, f);
    return code == FAULT_NONE ? LT_OPEN : LT_LATER;
}

static bool portal_on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context,
                             struct fault *f)
{
    (void)operation;
    (void)context;
    return record_forget_step(lt_database(a), step, f) == FAULT_NONE;
}

static int portal_descriptor(void *context)
{
    const struct portal *portal = context;
    return client_socket(portal->client);
}

static int64_t portal_timeout(void *context)
{
    return peer_timeout_ms(context, system_monotonic_ms());
}

static void portal_turn(void *context)
{
    struct portal *portal = context;
    portal->now = system_now();
    portal->now_ms = system_monotonic_ms();
    peer_turn(portal);
}

static enum fault_code portal_open(struct lt_adapter *a, const struct config *c, void *context, struct fault *f)
{
    struct portal *portal = context;
    struct client_limits limits = {
        .connect_ms_max = 2000, .total_ms_max = 10000, .body_size_max = 1 << 20, .parallel_max = PEER_CALLS_MAX};
    portal->adapter = a;
    portal->database = lt_database(a);
    portal->config = c;
    portal->statuses = statuses_new();
    portal->now = system_now();
    portal->now_ms = system_monotonic_ms();
    if (client_open(limits, &portal->client, f) != FAULT_NONE)
        return f->code;
    lt_add_source(a, (struct lt_source){portal_descriptor, portal_timeout, portal_turn, portal});
    return FAULT_NONE;
}

static void portal_close(void *context)
{
    struct portal *portal = context;
    peer_close(portal);
    portal->statuses = statuses_free(portal->statuses);
}

int main(int argc, char **argv)
{
    static struct portal portal;
    struct program program = {.service = "portal",
                              .purpose = "Keeps the national portal in step with every dossier's status.",
                              .rows = ROWS,
                              .migrations = MIGRATIONS,
                              .migration_count = LENGTH(MIGRATIONS),
                              .grants = grants_sql,
                              .open = portal_open,
                              .close = portal_close};
    program.handlers = (struct lt_handlers){
        .on_batch = portal_on_batch, .on_undone = portal_on_undone, .on_cancel = portal_on_cancel, .context = &portal};
    program.handlers.on[0].operation = "portal.dossier.register";
    program.handlers.on[0].handle = portal_on_particulars;
    program.handlers.on[1].operation = "dossier.status";
    program.handlers.on[1].handle = portal_on_status;
    program.handlers.on[2].operation = "portal.result.publish";
    program.handlers.on[2].handle = portal_on_result;
    return program_main(argc, argv, &program);
}
