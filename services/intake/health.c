#include "health.h"
#include "intake.h"

void health_get(struct request *r, void *context)
{
    (void)context;
    request_answer_json(r, 200, json_pack("{s:s}", "service", "lienthong-intake"));
}

void health_get_ready(struct request *r, void *context)
{
    struct intake *in = context;
    struct lt_health health = lt_health(in->adapter);
    json_t *problems = json_array();
    if (!health.database)
        json_array_append_new(problems, json_string("the database does not answer"));
    if (health.routers_open == 0)
        json_array_append_new(problems, json_string("no router is connected; submissions wait"));
    bool ready = json_array_size(problems) == 0;
    request_answer_json(r, ready ? 200 : 503,
                        json_pack("{s:b, s:o, s:i, s:i, s:I, s:I}", "ready", ready, "problems", problems,
                                  "routers_open", (int)health.routers_open, "routers_configured",
                                  (int)health.routers_configured, "outbox", (json_int_t)health.outbox, "inbox",
                                  (json_int_t)health.inbox));
}
