#include "engine/confine.h"

#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { START_US = 1000000, WINDOW_US = CONFINE_WINDOW_MS * 1000 };

/* A child that works without rest. */
static int setup(void **state)
{
    static pid_t child;
    child = fork();
    if (child == 0) {
        for (volatile unsigned turns = 0;; turns++) {
        }
    }
    *state = &child;
    return child > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    const pid_t *child = *state;
    (void)kill(*child, SIGKILL);
    return waitpid(*child, NULL, 0) == *child ? 0 : -1;
}

static int processors(pid_t pid)
{
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(pid, sizeof set, &set), 0);
    return CPU_COUNT(&set);
}

/* Until it has used so much more, whatever else the machine does. */
static void let_work(pid_t pid, int64_t us)
{
    clockid_t clock;
    struct timespec used;
    int64_t until_us = -1;
    int64_t now_us = 0;
    assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
    while (until_us < 0 || now_us < until_us) {
        assert_int_equal(clock_gettime(clock, &used), 0);
        now_us = (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
        until_us = until_us < 0 ? now_us + us : until_us;
        (void)poll(NULL, 0, 1);
    }
}

static void who_works_on_many_gets_one_until_it_is_calm(void **state)
{
    pid_t child = *(pid_t *)*state;
    int all = processors(0);
    struct confine confine = {.pid = 0};
    assert_false(confine_watch(&confine, child, START_US));
    let_work(child, 2 * (int64_t)WINDOW_US);
    assert_false(confine_watch(&confine, child, START_US + WINDOW_US - 1)); /* too soon */
    assert_int_equal(processors(child), all);
    /* Twice the time that passed: as if it had been on two. */
    assert_int_equal(confine_watch(&confine, child, START_US + WINDOW_US), all > 1);
    assert_int_equal(processors(child), 1);
    let_work(child, 2 * (int64_t)WINDOW_US);
    assert_false(confine_watch(&confine, child, START_US + 2 * WINDOW_US)); /* not again */
    assert_int_equal(processors(child), 1);
    assert_false(confine_watch(&confine, child, START_US + INT64_C(3600000000)));
    assert_int_equal(processors(child), all);
}

static void who_works_on_one_keeps_the_choice(void **state)
{
    pid_t child = *(pid_t *)*state;
    struct confine confine = {.pid = 0};
    assert_false(confine_watch(&confine, child, START_US));
    let_work(child, WINDOW_US);
    assert_false(confine_watch(&confine, child, START_US + 1000 * (int64_t)WINDOW_US));
    assert_int_equal(processors(child), processors(0));
}

static void another_process_begins_anew(void **state)
{
    pid_t child = *(pid_t *)*state;
    struct confine confine = {.pid = getpid(), .since_us = START_US, .confined = true};
    assert_false(confine_watch(&confine, child, START_US + WINDOW_US));
    assert_int_equal(confine.pid, child);
    assert_false(confine.confined);
    assert_false(confine_watch(&confine, 0, START_US + 3 * WINDOW_US)); /* none: a thread */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
        TEST(who_works_on_many_gets_one_until_it_is_calm),
        TEST(who_works_on_one_keeps_the_choice),
        TEST(another_process_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
