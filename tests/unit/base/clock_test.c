#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

/* A clock as tests and replays make it: the numbers stand behind it. */
struct set_clock {
    struct clock clock;
    int64_t now_ms, mono_ms;
};

static int64_t set_now_ms(const struct clock *clock)
{
    return ((const struct set_clock *)clock)->now_ms;
}

static int64_t set_mono_ms(const struct clock *clock)
{
    return ((const struct set_clock *)clock)->mono_ms;
}

static void a_clock_can_be_set(void **state)
{
    (void)state;
    struct set_clock set = {.clock = {set_now_ms, set_mono_ms}, .now_ms = -5, .mono_ms = 7};
    assert_int_equal(clock_now_ms(&set.clock), -5);
    assert_int_equal(clock_mono_ms(&set.clock), 7);
    set.now_ms = INT64_MAX;
    assert_true(clock_now_ms(&set.clock) == INT64_MAX);
}

static int64_t system_ms(clockid_t id)
{
    struct timespec time;
    assert_int_equal(clock_gettime(id, &time), 0);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void the_real_clock_is_the_systems(void **state)
{
    (void)state;
    int64_t mono_before = system_ms(CLOCK_MONOTONIC);
    assert_true(clock_mono_ms(&clock_real) >= mono_before);
    assert_true(clock_mono_ms(&clock_real) <= system_ms(CLOCK_MONOTONIC));
    /* The calendar may be set back between two looks, but hardly three times. */
    for (int round = 0; round < 3; round++) {
        int64_t before = system_ms(CLOCK_REALTIME);
        int64_t now = clock_now_ms(&clock_real);
        if (before <= now && now <= system_ms(CLOCK_REALTIME)) {
            return;
        }
    }
    fail_msg("the calendar of clock_real is another");
}

static void milliseconds_are_neither_seconds_nor_less(void **state)
{
    (void)state;
    int64_t start = clock_mono_ms(&clock_real);
    const struct timespec pause = {.tv_nsec = 3000000};
    (void)nanosleep(&pause, NULL);
    assert_in_range(clock_mono_ms(&clock_real) - start, 2,
                    2999); /* 3000 us are the least */
    /* 2024 to 2200, in milliseconds. */
    assert_in_range(clock_now_ms(&clock_real), 1704067200000, 7258118400000);
}

static void monotonic_time_never_goes_back(void **state)
{
    (void)state;
    int64_t before = clock_mono_ms(&clock_real);
    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_mono_ms(&clock_real);
        assert_true(now >= before);
        before = now;
    }
}

static void a_moment_is_written_in_utc(void **state)
{
    char text[CLOCK_TEXT_BYTES];
    (void)state;
    clock_write(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    clock_write(1795860305999, text);
    assert_string_equal(text, "2026-11-28T10:05:05Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_can_be_set),
        cmocka_unit_test(the_real_clock_is_the_systems),
        cmocka_unit_test(milliseconds_are_neither_seconds_nor_less),
        cmocka_unit_test(monotonic_time_never_goes_back),
        cmocka_unit_test(a_moment_is_written_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
