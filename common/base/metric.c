#include "base/metric.h"
#include "base/memory.h"
#include "base/text.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define OTHER "other"

/* One label value of one row. */
struct series {
    char *value;      /* NULL: the row has no label */
    double amount;    /* a histogram's sum */
    uint64_t *counts; /* histogram: observations in each bucket, the last without bound */
};

struct figure {
    struct series *series;
    size_t count;
};

struct metrics {
    pthread_mutex_t lock;
    const struct metric_row *rows;
    struct figure *figures; /* one for each row */
    size_t count;
};

struct metrics *metrics_new(const struct metric_row *rows)
{
    struct metrics *m = memory_new(sizeof(*m));
    pthread_mutex_init(&m->lock, NULL);
    m->rows = rows;
    while (rows[m->count].name)
        m->count++;
    m->figures = memory_array(m->count, sizeof(*m->figures));
    return m;
}

struct metrics *metrics_free(struct metrics *m)
{
    if (!m)
        return NULL;
    for (size_t i = 0; i < m->count; i++) {
        for (size_t k = 0; k < m->figures[i].count; k++) {
            free(m->figures[i].series[k].value);
            free(m->figures[i].series[k].counts);
        }
        free(m->figures[i].series);
    }
    free(m->figures);
    pthread_mutex_destroy(&m->lock);
    free(m);
    return NULL;
}

static struct series *series_find(struct figure *figure, const char *value)
{
    for (size_t i = 0; i < figure->count; i++)
        if (text_equal(figure->series[i].value, value))
            return &figure->series[i];
    return NULL;
}

/* Under the lock. Beyond the limit, and for what is not UTF-8, the series "other". */
static struct series *series_of(struct metrics *m, size_t row, const char *value)
{
    const struct metric_row *known = &m->rows[row];
    struct figure *figure = &m->figures[row];
    if (!known->label)
        value = NULL;
    else if (!value || !text_is_utf8(bytes_of_text(value)))
        value = OTHER;
    struct series *found = series_find(figure, value);
    if (!found && figure->count >= METRIC_SERIES_MAX - 1) { /* one place is kept for "other" */
        value = OTHER;
        found = series_find(figure, value);
    }
    if (found)
        return found;
    figure->series = memory_grow(figure->series, figure->count + 1, sizeof(*figure->series));
    found = &figure->series[figure->count++];
    *found = (struct series){.value = memory_text(value)};
    if (known->kind == METRIC_HISTOGRAM)
        found->counts = memory_array(known->bound_count + 1, sizeof(*found->counts));
    return found;
}

static void expect(const struct metrics *m, size_t row, bool histogram)
{
    if (row < m->count && (m->rows[row].kind == METRIC_HISTOGRAM) == histogram &&
        m->rows[row].bound_count <= METRIC_BOUNDS_MAX)
        return;
    fprintf(stderr, "figure %zu is not in the table with that kind; process ends\n", row);
    abort();
}

void metrics_add(struct metrics *m, size_t row, const char *value, double amount)
{
    expect(m, row, false);
    pthread_mutex_lock(&m->lock);
    series_of(m, row, value)->amount += amount;
    pthread_mutex_unlock(&m->lock);
}

void metrics_set(struct metrics *m, size_t row, const char *value, double amount)
{
    expect(m, row, false);
    pthread_mutex_lock(&m->lock);
    series_of(m, row, value)->amount = amount;
    pthread_mutex_unlock(&m->lock);
}

void metrics_observe(struct metrics *m, size_t row, const char *value, double amount)
{
    expect(m, row, true);
    pthread_mutex_lock(&m->lock);
    struct series *series = series_of(m, row, value);
    size_t bucket = 0;
    while (bucket < m->rows[row].bound_count && amount > m->rows[row].bounds[bucket])
        bucket++;
    series->counts[bucket]++;
    series->amount += amount;
    pthread_mutex_unlock(&m->lock);
}

/* A label's value or a help text: backslash, quote and line's end are escaped. */
static enum fault_code print_escaped(struct buffer *to, const char *text, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    for (; !code && *text; text++) {
        if (*text == '\\' || *text == '"')
            code = buffer_print(to, f, "\\%c", *text);
        else if (*text == '\n')
            code = buffer_print(to, f, "\\n");
        else
            code = buffer_append(to, BYTES(text, 1), f);
    }
    return code;
}

/* name_suffix{label="value",le="bound"} amount */
static enum fault_code print_sample(struct buffer *to, const struct metric_row *row, const char *suffix,
                                    const struct series *series, const char *bound, double amount, struct fault *f)
{
    enum fault_code code = buffer_print(to, f, "%s%s", row->name, suffix);
    if (!code && (series->value || bound))
        code = buffer_print(to, f, "{");
    if (!code && series->value)
        code = buffer_print(to, f, "%s=\"", row->label);
    if (!code && series->value)
        code = print_escaped(to, series->value, f);
    if (!code && series->value)
        code = buffer_print(to, f, "\"%s", bound ? "," : "");
    if (!code && bound)
        code = buffer_print(to, f, "le=\"%s\"", bound);
    if (!code && (series->value || bound))
        code = buffer_print(to, f, "}");
    if (!code)
        code = buffer_print(to, f, " %.15g\n", amount);
    return code;
}

static enum fault_code print_histogram(struct buffer *to, const struct metric_row *row, const struct series *series,
                                       struct fault *f)
{
    uint64_t total = 0;
    enum fault_code code = FAULT_NONE;
    for (size_t i = 0; !code && i <= row->bound_count; i++) {
        char bound[32] = "+Inf";
        if (i < row->bound_count)
            snprintf(bound, sizeof(bound), "%.15g", row->bounds[i]);
        total += series->counts[i];
        code = print_sample(to, row, "_bucket", series, bound, (double)total, f);
    }
    if (!code)
        code = print_sample(to, row, "_sum", series, NULL, series->amount, f);
    if (!code)
        code = print_sample(to, row, "_count", series, NULL, (double)total, f);
    return code;
}

static enum fault_code print_figure(struct buffer *to, const struct metric_row *row, const struct figure *figure,
                                    struct fault *f)
{
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    enum fault_code code =
        buffer_print(to, f, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name, kinds[row->kind]);
    static const struct series none = {0};
    if (!code && !row->label && !figure->count && row->kind != METRIC_HISTOGRAM)
        code = print_sample(to, row, "", &none, NULL, 0, f); /* a counter is 0 before its first event, not absent */
    for (size_t i = 0; !code && i < figure->count; i++) {
        const struct series *series = &figure->series[i];
        code = row->kind == METRIC_HISTOGRAM ? print_histogram(to, row, series, f)
                                             : print_sample(to, row, "", series, NULL, series->amount, f);
    }
    return code;
}

enum fault_code metrics_print(struct metrics *m, struct buffer *to, struct fault *f)
{
    enum fault_code code = FAULT_NONE;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; !code && i < m->count; i++)
        code = print_figure(to, &m->rows[i], &m->figures[i], f);
    pthread_mutex_unlock(&m->lock);
    return code;
}
