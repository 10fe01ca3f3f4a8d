/* A national portal: dossiers by MaHoSo and their progress. services/portal/README.md has its protocol. Control: {"down"},
 * {"error": "05", "times": n}: the next n changes are answered with that error code. GET /calls tells how many came. */
#include "peer.h"

#include <stdio.h>
#include <string.h>

struct national {
    struct peer peer;
    json_t *dossiers; /* MaHoSo → {record, progress: []} */
    char error[8];
    long times, calls;
};

static void answer_code(struct request *r, const char *code, const char *message)
{
    request_answer_json(r, 200, json_pack("{s:s, s:s}", "error_code", code, "message", message));
}

static const char *code_of(const json_t *json)
{
    const char *text = json_string_value(json_object_get(json, "MaHoSo"));
    return text ? text : "";
}

/* True (answered) while an error is pretended. */
static bool pretended(struct national *n, struct request *r)
{
    n->calls++;
    if (n->times <= 0)
        return false;
    n->times--;
    answer_code(r, n->error, "pretended error");
    return true;
}

static void post_dossier(struct request *r, void *context)
{
    struct national *n = context;
    json_t *json = peer_body(&n->peer, r);
    if (!json)
        return;
    const char *status = json_string_value(json_object_get(json, "TrangThaiHoSo"));
    if (!pretended(n, r)) {
        if (!*code_of(json) || !status) {
            answer_code(r, "01", "MaHoSo or TrangThaiHoSo is missing");
        } else {
            json_t *entry = json_object_get(n->dossiers, code_of(json));
            if (!entry)
                json_object_set_new(n->dossiers, code_of(json), json_pack("{s:{}, s:[]}", "record", "progress"));
            entry = json_object_get(n->dossiers, code_of(json));
            json_object_update(json_object_get(entry, "record"), json);
            answer_code(r, "00", "");
        }
    }
    json_decref(json);
}

static void post_progress(struct request *r, void *context)
{
    struct national *n = context;
    json_t *json = peer_body(&n->peer, r);
    if (!json)
        return;
    if (!pretended(n, r)) {
        json_t *entry = json_object_get(n->dossiers, code_of(json));
        if (entry)
            json_array_append(json_object_get(entry, "progress"), json);
        answer_code(r, entry ? "00" : "02", entry ? "" : "no dossier with this MaHoSo");
    }
    json_decref(json);
}

static void get_dossier(struct request *r, void *context)
{
    struct national *n = context;
    if (peer_away(&n->peer, r))
        return;
    json_t *entry = json_object_get(n->dossiers, request_path_value(r, "code"));
    if (entry)
        request_answer_json(r, 200, json_deep_copy(entry));
    else
        request_answer_problem(r, 404, "NOT_FOUND", "no such dossier");
}

/* A person at the portal edits a record by hand: what reconciliation must find. */
static void put_dossier(struct request *r, void *context)
{
    struct national *n = context;
    json_t *json = peer_body(&n->peer, r);
    json_t *entry = json_object_get(n->dossiers, request_path_value(r, "code"));
    if (!json)
        return;
    if (entry) {
        json_object_update(json_object_get(entry, "record"), json);
        request_answer_json(r, 200, json_deep_copy(entry));
    } else {
        request_answer_problem(r, 404, "NOT_FOUND", "no such dossier");
    }
    json_decref(json);
}

static void get_calls(struct request *r, void *context)
{
    struct national *n = context;
    request_answer_json(
        r, 200,
        json_pack("{s:I, s:I}", "calls", (json_int_t)n->calls, "dossiers", (json_int_t)json_object_size(n->dossiers)));
}

static void post_control(struct request *r, void *context)
{
    struct national *n = context;
    json_t *json = NULL;
    struct fault f = {0};
    if (request_json(r, &json, &f) != FAULT_NONE) {
        request_answer_problem(r, 400, "MALFORMED", "%s", f.text);
        return;
    }
    const char *error = json_string_value(json_object_get(json, "error"));
    n->peer.down = json_is_true(json_object_get(json, "down"));
    n->times = (long)json_integer_value(json_object_get(json, "times"));
    snprintf(n->error, sizeof(n->error), "%s", error ? error : "");
    request_answer_json(r, 200, json_pack("{s:b, s:I}", "down", n->peer.down, "times", (json_int_t)n->times));
    json_decref(json);
}

int main(int argc, char **argv)
{
    static const struct route routes[] = {
        {.method = "POST", .pattern = "/dossiers", .handle = post_dossier},
        {.method = "GET", .pattern = "/dossiers/{code}", .handle = get_dossier},
        {.method = "PUT", .pattern = "/dossiers/{code}", .handle = put_dossier},
        {.method = "POST", .pattern = "/progress", .handle = post_progress},
        {.method = "GET", .pattern = "/calls", .handle = get_calls},
        {.method = "POST", .pattern = "/control", .handle = post_control},
        {.method = NULL},
    };
    static struct national n;
    n.dossiers = json_object();
    int status = peer_main(argc, argv, routes, &n.peer, NULL, NULL);
    json_decref(n.dossiers);
    return status;
}
