#include "unit.h"
#include "base/memory.h"
#include "base/metric.h"
#include <pthread.h>
#include <stdio.h>
#include <string.h>

OWNED_CLEANUP(metrics)

enum { ACCEPTED, OPEN, DELAY, REFUSED };
static const double bounds[] = {0.1, 1, 10};
static const struct metric_row table[] = {
    [ACCEPTED] = {"lt_accepted_total", METRIC_COUNTER, "Messages accepted"},
    [OPEN] = {"lt_open_steps", METRIC_GAUGE, "Open steps", "agency"},
    [DELAY] = {"lt_delay_seconds", METRIC_HISTOGRAM, "Time to commit", "kind", bounds, 3},
    [REFUSED] = {"lt_refused_total", METRIC_COUNTER, "Messages refused", "code"},
    {0},
};

#define HEADS(accepted, open, delay, refused)                                                 \
    "# HELP lt_accepted_total Messages accepted\n# TYPE lt_accepted_total counter\n" accepted \
    "# HELP lt_open_steps Open steps\n# TYPE lt_open_steps gauge\n" open                      \
    "# HELP lt_delay_seconds Time to commit\n# TYPE lt_delay_seconds histogram\n" delay       \
    "# HELP lt_refused_total Messages refused\n# TYPE lt_refused_total counter\n" refused

static void figures_are_printed(void **state)
{
    (void)state;
    OWNED(metrics) m = metrics_new(table);
    OWNED_BUFFER b = BUFFER(4096);
    struct fault f;
    assert_int_equal(metrics_print(m, &b, &f), FAULT_NONE);
    assert_string_equal((char *)b.data, HEADS("lt_accepted_total 0\n", "", "", ""));
    metrics_add(m, ACCEPTED, NULL, 3);
    metrics_add(m, ACCEPTED, NULL, 9007199254740);
    metrics_set(m, OPEN, "H58", 5);
    metrics_add(m, OPEN, "H58", -2);
    metrics_set(m, OPEN, "H\"5\\9\n", 0.25);
    metrics_observe(m, DELAY, "a", 0.1); /* a bound belongs to its bucket */
    metrics_observe(m, DELAY, "a", 0.5);
    metrics_observe(m, DELAY, "a", 99);
    buffer_reset(&b);
    assert_int_equal(metrics_print(m, &b, &f), FAULT_NONE);
    assert_string_equal((char *)b.data,
                        HEADS("lt_accepted_total 9007199254743\n",
                              "lt_open_steps{agency=\"H58\"} 3\nlt_open_steps{agency=\"H\\\"5\\\\9\\n\"} 0.25\n",
                              "lt_delay_seconds_bucket{kind=\"a\",le=\"0.1\"} 1\n"
                              "lt_delay_seconds_bucket{kind=\"a\",le=\"1\"} 2\n"
                              "lt_delay_seconds_bucket{kind=\"a\",le=\"10\"} 2\n"
                              "lt_delay_seconds_bucket{kind=\"a\",le=\"+Inf\"} 3\n"
                              "lt_delay_seconds_sum{kind=\"a\"} 99.6\n"
                              "lt_delay_seconds_count{kind=\"a\"} 3\n",
                              ""));
}

static void label_values_are_bounded(void **state)
{
    (void)state;
    OWNED(metrics) m = metrics_new(table);
    for (int i = 0; i < 1000; i++) {
        char value[16];
        snprintf(value, sizeof(value), "code-%d", i);
        metrics_add(m, REFUSED, value, 1);
    }
    metrics_add(m, REFUSED, "code-0", 1); /* a known one still counts by itself */
    metrics_add(m, REFUSED, "\xff", 1);
    metrics_add(m, REFUSED, NULL, 1);
    OWNED_BUFFER b = BUFFER(1 << 20);
    struct fault f;
    assert_int_equal(metrics_print(m, &b, &f), FAULT_NONE);
    size_t lines = 0;
    for (const char *at = (char *)b.data; (at = strstr(at, "lt_refused_total{")); at++)
        lines++;
    assert_int_equal(lines, METRIC_SERIES_MAX);
    assert_non_null(strstr((char *)b.data, "lt_refused_total{code=\"code-0\"} 2\n"));
    char want[64];
    snprintf(want, sizeof(want), "lt_refused_total{code=\"other\"} %d\n", 1000 - (METRIC_SERIES_MAX - 1) + 2);
    assert_non_null(strstr((char *)b.data, want));
}

static void a_full_buffer_is_a_fault(void **state)
{
    (void)state;
    OWNED(metrics) m = metrics_new(table);
    metrics_set(m, OPEN, "H58", 1);
    metrics_observe(m, DELAY, "a", 1);
    OWNED_BUFFER whole = BUFFER(4096);
    struct fault f;
    assert_int_equal(metrics_print(m, &whole, &f), FAULT_NONE);
    for (size_t limit = 0; limit < whole.size; limit++) {
        OWNED_BUFFER b = BUFFER(limit);
        assert_int_equal(metrics_print(m, &b, &f), FAULT_LIMIT);
    }
}

static void *count_many(void *metrics)
{
    for (int i = 0; i < 5000; i++) {
        metrics_add(metrics, ACCEPTED, NULL, 1);
        metrics_observe(metrics, DELAY, i % 2 ? "a" : "b", 1);
    }
    return NULL;
}

static void threads_count_together(void **state)
{
    (void)state;
    OWNED(metrics) m = metrics_new(table);
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, m), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    OWNED_BUFFER b = BUFFER(4096);
    struct fault f;
    assert_int_equal(metrics_print(m, &b, &f), FAULT_NONE);
    assert_non_null(strstr((char *)b.data, "lt_accepted_total 20000\n"));
    assert_non_null(strstr((char *)b.data, "lt_delay_seconds_count{kind=\"b\"} 10000\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_printed),
        cmocka_unit_test(label_values_are_bounded),
        cmocka_unit_test(a_full_buffer_is_a_fault),
        cmocka_unit_test(threads_count_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
