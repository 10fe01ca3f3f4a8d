#pragma once
/* Within scenarios: how their YAML is read. Every fault says file and line; every mapping has a table of the keys that it knows. */
#include "scenario.h"
#include <yaml.h>

#define KEYS_MAX 32

struct reading {
    const char *file;
    yaml_document_t *document;
    struct arena *arena;
    const struct process *process;
    struct scenario *scenario;
    struct fault *f;
};

struct key {
    const char *name;
    enum fault_code (*take)(struct reading *r, const yaml_node_t *value, void *to);
};

enum fault_code entry_wrong(struct reading *r, const yaml_node_t *at, const char *format, ...) PRINTF_LIKE(3, 4);
struct mark entry_mark(const struct reading *r, const yaml_node_t *at);
/* NULL: no scalar, or it holds a NUL. "", "~" and "null" without quotes are texts too. Borrowed from the document. */
const char *entry_scalar(const yaml_node_t *node);
bool entry_is_null(const yaml_node_t *node);

/* Reads a mapping whose keys are those of KEYS, each at most once, into TO. WHAT: "a reaction". */
MUST_USE enum fault_code entry_mapping(struct reading *r, const yaml_node_t *node, const char *what,
                                       const struct key *keys, size_t count, void *to);
/* Calls TAKE for each pair of a mapping with free keys; the same key twice is refused. */
MUST_USE enum fault_code entry_each(struct reading *r, const yaml_node_t *node, const char *what,
                                    enum fault_code (*take)(struct reading *r, const yaml_node_t *key,
                                                            const yaml_node_t *value, void *to),
                                    void *to);
/* How many entries the list NODE has; FAULT_CONFIG when it is none or too long. */
MUST_USE enum fault_code entry_list(struct reading *r, const yaml_node_t *node, const char *what, size_t *ret);
const yaml_node_t *entry_item(const struct reading *r, const yaml_node_t *list, size_t index);

MUST_USE enum fault_code entry_words(struct reading *r, const yaml_node_t *node, const char *what, struct words *ret);
MUST_USE enum fault_code entry_text(struct reading *r, const yaml_node_t *node, const char *what, const char **ret);
MUST_USE enum fault_code entry_number(struct reading *r, const yaml_node_t *node, uint32_t max, const char *what,
                                      uint32_t *ret);
MUST_USE enum fault_code entry_yes(struct reading *r, const yaml_node_t *node, bool *ret);
/* "2 wd", "4 wh", "90 wmin" of working time; "3 d", "2 h", "10 min", "30 s" as they come; or "50 %" of the step's budget. */
MUST_USE enum fault_code entry_span(struct reading *r, const yaml_node_t *node, struct span *ret);
/* Only working time. */
MUST_USE enum fault_code entry_work(struct reading *r, const yaml_node_t *node, int64_t *ret_us);
/* "2026-06-01 08:00" by the calendar's clocks, or RFC 3339 with an offset. */
MUST_USE enum fault_code entry_moment(struct reading *r, const yaml_node_t *node, struct moment *ret);
/* A national code. */
MUST_USE enum fault_code entry_status(struct reading *r, const yaml_node_t *node, uint32_t *ret);
/* An element's id. */
MUST_USE enum fault_code entry_element(struct reading *r, const yaml_node_t *node, uint32_t *ret);
/* "SUPPLEMENT_ONCE" → its number. */
MUST_USE enum fault_code entry_refusal(struct reading *r, const yaml_node_t *node, int *ret);
/* A role of the procedure; "role@place" when PLACES. */
MUST_USE enum fault_code entry_role(struct reading *r, const yaml_node_t *node, bool places, const char **ret);
/* {fact: value, …} by the declared types; replaces or adds to *ret. */
MUST_USE enum fault_code entry_facts(struct reading *r, const yaml_node_t *node, struct settings *ret);
/* One value of fact DECLARATION; null: VALUE_NULL where NULL_TOO. */
MUST_USE enum fault_code entry_value(struct reading *r, const yaml_node_t *node, uint32_t declaration, bool null_too,
                                     struct value *ret);
/* Declaration of the fact that KEY names. */
MUST_USE enum fault_code entry_fact(struct reading *r, const yaml_node_t *key, uint32_t *ret);
MUST_USE enum fault_code entry_parts(struct reading *r, const yaml_node_t *node, struct words *ret);

/* The nearest of COUNT names to WORD, for "did you mean"; NULL: none is near. */
const char *entry_near(const char *word, const char *const *names, size_t count);

/* The parts of the language. */
MUST_USE enum fault_code behaviour_take_steps(struct reading *r, const yaml_node_t *node, void *to);
MUST_USE enum fault_code behaviour_take_usual(struct reading *r, const yaml_node_t *node, void *to);
MUST_USE enum fault_code happening_take_events(struct reading *r, const yaml_node_t *node, void *to);
MUST_USE enum fault_code happening_take_outages(struct reading *r, const yaml_node_t *node, void *to);
MUST_USE enum fault_code happening_take_vacancies(struct reading *r, const yaml_node_t *node, void *to);
MUST_USE enum fault_code expected_take(struct reading *r, const yaml_node_t *node, void *to);
