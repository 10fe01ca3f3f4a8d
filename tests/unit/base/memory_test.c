#include "unit.h"
#include "base/memory.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct thing {
    int *freed;
};

static struct thing *thing_free(struct thing *t)
{
    if (t)
        ++*t->freed;
    free(t);
    return NULL;
}
OWNED_CLEANUP(thing)

static struct thing *thing_new(int *freed)
{
    struct thing *t = memory_new(sizeof(*t));
    t->freed = freed;
    return t;
}

static struct thing *thing_made(int *freed, bool keep)
{
    OWNED(thing) t = thing_new(freed);
    if (!keep)
        return NULL;
    return MOVE(t);
}

static void owned_things_are_freed_once(void **state)
{
    (void)state;
    int freed = 0;
    assert_null(thing_made(&freed, false));
    assert_int_equal(freed, 1);
    struct thing *t = thing_made(&freed, true);
    assert_int_equal(freed, 1);
    assert_null(thing_free(t));
    assert_int_equal(freed, 2);
    assert_null(thing_free(NULL));
}

static void memory_is_zeroed_and_copied(void **state)
{
    (void)state;
    OWNED_MEMORY char *data = memory_new(1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(data[i], 0);
    OWNED_MEMORY int *numbers = memory_array(10, sizeof(int));
    numbers[9] = 7;
    numbers = memory_grow(numbers, 20, sizeof(int));
    assert_int_equal(numbers[9], 7);
    OWNED_MEMORY char *text = memory_text("x");
    assert_string_equal(text, "x");
    assert_null(memory_text(NULL));
    OWNED_MEMORY void *nothing = memory_copy(NULL, 0);
    assert_non_null(nothing);
    OWNED_MEMORY void *empty = memory_array(0, 0);
    assert_non_null(empty);
}

/* In a child, whose stderr is kept from the test's output. */
static int status_of(void (*run)(void), char *said, size_t size)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        run();
        _exit(0);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], said, size - 1);
    said[got > 0 ? got : 0] = 0;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void array_overflow(void)
{
    volatile size_t half = SIZE_MAX / 2;
    free(memory_array(half, 4));
}

static void grow_overflow(void)
{
    volatile size_t half = SIZE_MAX / 2;
    free(memory_grow(NULL, half, 4));
}

static void a_size_that_overflows_ends_the_process(void **state)
{
    (void)state;
    char said[4096];
    assert_int_equal(status_of(array_overflow, said, sizeof(said)), 1);
    assert_non_null(strstr(said, "out of memory"));
    assert_int_equal(status_of(grow_overflow, said, sizeof(said)), 1);
    assert_non_null(strstr(said, "out of memory"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owned_things_are_freed_once),
        cmocka_unit_test(memory_is_zeroed_and_copied),
        cmocka_unit_test(a_size_that_overflows_ends_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
