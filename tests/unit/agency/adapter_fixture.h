#pragma once
/* The adapter's side of a handler's test: gives it parts and facts, runs it in a transaction of a real database, and keeps what
 * it answered. It takes the place of lt_database, lt_add_source, lt_part, lt_part_unpack, lt_fact, lt_answer and lt_event. */
#include "database/database.h"
#include "lienthong/adapter.h"

/* D is borrowed. */
struct lt_adapter *adapter_fixture_new(struct database *d, const char *agency);
struct lt_adapter *adapter_fixture_free(struct lt_adapter *a);
/* For the next run; packed and copied. AUTHOR "": the sender's own. */
void adapter_fixture_give_part(struct lt_adapter *a, const char *name, const ProtobufCMessage *content,
                               const char *author);
void adapter_fixture_give_decimal(struct lt_adapter *a, const char *name, const char *value);
void adapter_fixture_give_yes(struct lt_adapter *a, const char *name, bool yes);
/* Parts and facts given so far are taken back. */
void adapter_fixture_forget(struct lt_adapter *a);

/* A dossier that was submitted on DAY (yyyy-mm-dd), number N. */
struct uuid adapter_fixture_dossier(const char *day, unsigned n);
/* A new step; commits when the handler is done, rolls back otherwise. */
enum lt_result adapter_fixture_run(struct lt_adapter *a,
                                   enum lt_result (*handle)(struct lt_adapter *a, const struct lt_delivery *d,
                                                            void *context, struct fault *f),
                                   const char *operation, struct uuid dossier, void *context, struct fault *f);
struct uuid adapter_fixture_step(const struct lt_adapter *a); /* of the last run */

/* What the last run answered; borrowed until the next. NULL: none. */
const char *adapter_fixture_error(const struct lt_adapter *a);
/* "yes", "no", the text, or the lines of a list; NULL: no such fact. */
const char *adapter_fixture_fact(const struct lt_adapter *a, const char *name);
const ProtobufCMessage *adapter_fixture_part(struct lt_adapter *a, const char *name,
                                             const ProtobufCMessageDescriptor *descriptor);

/* Events so far. */
size_t adapter_fixture_event_count(const struct lt_adapter *a);
