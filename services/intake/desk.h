#pragma once
/* The desk's work: tasks that the router delivers to the role desk, done by officers through the HTTP API, and notices. */
#include "intake.h"

/* Fills the operations of the desk and its notices into HANDLERS; returns how many there are now. */
size_t desk_handlers(struct lt_handlers *handlers, size_t count);
enum fault_code desk_on_batch(struct lt_adapter *a, void *context, struct fault *f);
void desk_on_undone(struct lt_adapter *a, void *context);
bool desk_on_cancel(struct lt_adapter *a, struct uuid step, const char *operation, void *context, struct fault *f);

/* HTTP: GET /v1/desk/tasks, GET /v1/desk/tasks/{step}, POST /v1/desk/tasks/{step}/answer. CONTEXT is the intake. */
void desk_get_tasks(struct request *r, void *context);
void desk_get_task(struct request *r, void *context);
void desk_post_answer(struct request *r, void *context);
