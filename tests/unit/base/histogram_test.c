#include "base/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void bounds_rise(void **state)
{
    (void)state;
    for (unsigned i = 1; i < HISTOGRAM_BOUNDS; i++) {
        assert_true(histogram_bounds_ms[i - 1] < histogram_bounds_ms[i]);
    }
}

static void a_time_is_counted_at_the_first_bound_that_is_not_below_it(void **state)
{
    struct histogram histogram = {.sum_ms = 0};
    (void)state;
    histogram_note(&histogram, 0);
    histogram_note(&histogram, 1);
    histogram_note(&histogram, 2);
    histogram_note(&histogram, 60000);
    histogram_note(&histogram, 60001);
    assert_int_equal(histogram.counts[0], 2);
    assert_int_equal(histogram.counts[1], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BOUNDS - 1], 1);
    assert_int_equal(histogram.counts[HISTOGRAM_BOUNDS], 1);
    assert_int_equal(histogram.sum_ms, 120004);
}

static void a_clock_that_went_back_counts_as_no_time(void **state)
{
    struct histogram histogram = {.sum_ms = 0};
    (void)state;
    histogram_note(&histogram, -5);
    assert_int_equal(histogram.counts[0], 1);
    assert_int_equal(histogram.sum_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_rise),
        cmocka_unit_test(a_time_is_counted_at_the_first_bound_that_is_not_below_it),
        cmocka_unit_test(a_clock_that_went_back_counts_as_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
