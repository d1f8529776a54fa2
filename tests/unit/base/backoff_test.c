#include "base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct backoff second_to_minute = {.first_s = 1, .most_s = 60};

static void doubles_after_each_failure(void **state)
{
    (void)state;
    assert_int_equal(backoff_rest_s(&second_to_minute, 1, 0), 1);
    assert_int_equal(backoff_rest_s(&second_to_minute, 2, 0), 2);
    assert_int_equal(backoff_rest_s(&second_to_minute, 5, 0), 16);
}

static void adds_up_to_a_quarter(void **state)
{
    (void)state;
    assert_int_equal(backoff_rest_s(&second_to_minute, 5, 4), 20);
    assert_int_equal(backoff_rest_s(&second_to_minute, 5, 5), 16);
}

static void never_rests_longer_than_most(void **state)
{
    (void)state;
    assert_int_equal(backoff_rest_s(&second_to_minute, 7, 0), 60);
    assert_int_equal(backoff_rest_s(&second_to_minute, UINT32_MAX, UINT32_MAX), 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_after_each_failure),
        cmocka_unit_test(adds_up_to_a_quarter),
        cmocka_unit_test(never_rests_longer_than_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
