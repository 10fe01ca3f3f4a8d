#pragma once
/* Figures for Prometheus (text exposition format 0.0.4). A table names them; several threads may change them. Nothing personal
 * belongs into a label. Library code does not know them: services count. */
#include "base/bytes.h"

#define METRIC_SERIES_MAX 256 /* label values of one figure; what comes later counts as "other" */
#define METRIC_BOUNDS_MAX 24

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/* A row of the table. Names as Prometheus wants them: unit last ("_seconds", "_bytes"), counters end in "_total". */
struct metric_row {
    const char *name;
    enum metric_kind kind;
    const char *help;
    const char *label;    /* NULL: one figure without label */
    const double *bounds; /* histogram: upper bounds, ascending */
    size_t bound_count;
};

struct metrics;

/* ROWS end with name NULL and are borrowed for the life of what is returned; rows are named by their index from then on.
 * Caller owns. */
struct metrics *metrics_new(const struct metric_row *rows);
struct metrics *metrics_free(struct metrics *m);

/* VALUE is the label's, copied; NULL for a row without label. */
void metrics_add(struct metrics *m, size_t row, const char *value, double amount); /* counter, gauge */
void metrics_set(struct metrics *m, size_t row, const char *value, double amount); /* gauge; counter kept elsewhere */
void metrics_observe(struct metrics *m, size_t row, const char *value, double amount); /* histogram */

/* Appends all figures; FAULT_LIMIT when TO is full. Series stand in the order of their first change. */
MUST_USE enum fault_code metrics_print(struct metrics *m, struct buffer *to, struct fault *f);
