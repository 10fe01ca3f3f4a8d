#include "unit.h"
#include "base/system.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char time_file[] = "/tmp/lienthong-time-XXXXXX";

static void write_offset(const char *text)
{
    FILE *file = fopen(time_file, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int64_t wall_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

/* How far system_now is from the machine's clock, in whole seconds. */
static int64_t offset_seen(void)
{
    int64_t difference = system_now().us / INSTANT_SECOND_US - wall_seconds();
    return difference;
}

static void assert_offset(int64_t want)
{
    assert_in_range(offset_seen() - want + 2, 1, 3);
}

static void the_clock_follows_the_time_file(void **state)
{
    (void)state;
    unlink(time_file);
    assert_offset(0);
    write_offset("3600\n");
    assert_offset(3600);
    write_offset("-86400");
    assert_offset(-86400);
    write_offset(""); /* just being written */
    assert_offset(-86400);
    write_offset("0.5");
    assert_offset(0);
    unlink(time_file); /* stays where it was */
    assert_offset(0);
}

static void a_time_file_without_number_ends_the_process(void **state)
{
    (void)state;
    static const char *const wrong[] = {"tomorrow", "12 x", "nan", "1e300"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        write_offset(wrong[i]);
        fflush(NULL);
        pid_t child = fork();
        if (child == 0) {
            fclose(stderr);
            system_now();
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    }
    unlink(time_file);
}

static void the_monotonic_clock_goes_forward(void **state)
{
    (void)state;
    int64_t before = system_monotonic_ms();
    usleep(20 * 1000);
    assert_in_range(system_monotonic_ms() - before, 19, 5000);
}

static void random_bytes_differ(void **state)
{
    (void)state;
    uint8_t a[700] = {0}, b[700] = {0};
    system_random(a, sizeof(a));
    system_random(b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
    assert_memory_not_equal(a + 600, b + 600, 100); /* filled to the end */
    uint8_t none = 7;
    system_random(&none, 0);
    assert_int_equal(none, 7);
}

static void signals_become_flags(void **state)
{
    (void)state;
    system_handle_signals();
    assert_false(system_reloading());
    assert_false(system_stopping());
    raise(SIGPIPE);
    raise(SIGHUP);
    assert_true(system_reloading());
    assert_false(system_reloading());
    assert_false(system_stopping());
    raise(SIGTERM);
    assert_true(system_stopping());
    assert_true(system_stopping());
}

int main(void)
{
    close(mkstemp(time_file));
    setenv("LIENTHONG_TIME_FILE", time_file, 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_follows_the_time_file),
        cmocka_unit_test(a_time_file_without_number_ends_the_process),
        cmocka_unit_test(the_monotonic_clock_goes_forward),
        cmocka_unit_test(random_bytes_differ),
        cmocka_unit_test(signals_become_flags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
