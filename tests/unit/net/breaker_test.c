#include "net/breaker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { CALL = 7, OTHER = 8, SECOND_MS = 1000 };

static const int64_t now = 1000000;

/* One that rests: its first rest begins now. */
static struct breaker opened(void)
{
    struct breaker breaker = {0};
    for (unsigned i = 0; i < BREAKER_FAILURES; i++) {
        assert_int_equal(breaker_asks(&breaker, CALL, now), BREAKER_GO);
        assert_false(breaker_is_open(&breaker));
        breaker_end(&breaker, breaker_start(&breaker, CALL), BREAKER_FAILED, now);
    }
    assert_true(breaker_is_open(&breaker));
    return breaker;
}

/* The end of its rest. */
static int64_t end_of(const struct breaker *breaker, int64_t now_ms)
{
    return now_ms + (int64_t)breaker_left_s(breaker, now_ms) * SECOND_MS;
}

static void so_many_failures_in_a_row_are_a_rest(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    assert_in_range(breaker_left_s(&breaker, now), BREAKER_REST_S, BREAKER_REST_S * 5 / 4);
    int64_t end = end_of(&breaker, now);
    assert_int_equal(breaker_asks(&breaker, CALL, now), BREAKER_STOP);
    assert_int_equal(breaker_asks(&breaker, CALL, end - 1), BREAKER_STOP);
    assert_int_equal(breaker_left_s(&breaker, end - 1), 1);
}

static void one_success_in_between_begins_the_count_anew(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    for (unsigned i = 0; i < 10 * BREAKER_FAILURES; i++) {
        bool last = i % BREAKER_FAILURES == BREAKER_FAILURES - 1;
        breaker_end(&breaker, false, last ? BREAKER_WELL : BREAKER_FAILED, now);
        assert_false(breaker_is_open(&breaker));
    }
}

static void what_says_nothing_does_not_count(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    for (unsigned i = 0; i < 10 * BREAKER_FAILURES; i++) {
        breaker_end(&breaker, false, BREAKER_NOTHING, now);
    }
    assert_false(breaker_is_open(&breaker));
    assert_int_equal(breaker.failures, 0);
}

static void after_its_rest_one_call_tries(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    int64_t end = end_of(&breaker, now);
    assert_int_equal(breaker_asks(&breaker, CALL, end), BREAKER_GO);
    assert_true(breaker_start(&breaker, CALL));
    assert_int_equal(breaker_asks(&breaker, CALL, end), BREAKER_WAIT);
    assert_int_equal(breaker_asks(&breaker, OTHER, end), BREAKER_STOP);
    assert_int_equal(breaker_left_s(&breaker, end), 1);
    breaker_end(&breaker, true, BREAKER_WELL, end);
    assert_false(breaker_is_open(&breaker));
    assert_int_equal(breaker_asks(&breaker, CALL, end), BREAKER_GO);
    assert_int_equal(breaker_asks(&breaker, OTHER, end), BREAKER_GO);
    assert_false(breaker_start(&breaker, OTHER));
}

static void each_try_that_fails_makes_the_rest_longer_up_to_a_limit(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    int64_t at = now;
    uint32_t least_s = BREAKER_REST_S;
    for (unsigned i = 0; i < 20; i++) {
        uint32_t most_s = least_s * 5 / 4;
        assert_in_range(breaker_left_s(&breaker, at), least_s,
                        most_s < BREAKER_REST_MOST_S ? most_s : BREAKER_REST_MOST_S);
        at = end_of(&breaker, at);
        assert_int_equal(breaker_asks(&breaker, CALL, at), BREAKER_GO);
        breaker_end(&breaker, breaker_start(&breaker, CALL), BREAKER_FAILED, at);
        least_s = 2 * least_s < BREAKER_REST_MOST_S ? 2 * least_s : BREAKER_REST_MOST_S;
    }
    assert_int_equal(breaker_left_s(&breaker, at), BREAKER_REST_MOST_S);
}

static void after_it_went_well_the_rest_is_short_again(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    int64_t at = end_of(&breaker, now);
    breaker_end(&breaker, breaker_start(&breaker, CALL), BREAKER_FAILED, at);
    at = end_of(&breaker, at);
    breaker_end(&breaker, breaker_start(&breaker, CALL), BREAKER_WELL, at);
    for (unsigned i = 0; i < BREAKER_FAILURES; i++) {
        breaker_end(&breaker, breaker_start(&breaker, CALL), BREAKER_FAILED, at);
    }
    assert_in_range(breaker_left_s(&breaker, at), BREAKER_REST_S, BREAKER_REST_S * 5 / 4);
}

/* Its call was canceled, or it says nothing: the next may try at once. */
static void a_try_that_tells_nothing_is_no_try(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    int64_t end = end_of(&breaker, now);
    breaker_end(&breaker, breaker_start(&breaker, CALL), BREAKER_NOTHING, end);
    assert_true(breaker_is_open(&breaker));
    assert_int_equal(breaker_asks(&breaker, OTHER, end), BREAKER_GO);
}

/* What was under way when the rest began ends one after another. */
static void stragglers_do_not_make_the_rest_longer(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    int64_t end = end_of(&breaker, now);
    for (unsigned i = 0; i < 10 * BREAKER_FAILURES; i++) {
        breaker_end(&breaker, false, BREAKER_FAILED, now + i);
    }
    assert_int_equal(end_of(&breaker, now), end);
    assert_int_equal(breaker.rests, 1);
    breaker_end(&breaker, false, BREAKER_WELL, now + 1);
    assert_int_equal(breaker_asks(&breaker, CALL, now + 1), BREAKER_GO);
}

static void a_rest_that_was_asked_for_is_given(void **state)
{
    (void)state;
    struct breaker breaker = {0};
    breaker_rest(&breaker, 30, now);
    breaker_rest(&breaker, 10, now); /* the longer one counts */
    assert_false(breaker_is_open(&breaker));
    assert_int_equal(breaker_asks(&breaker, CALL, now), BREAKER_STOP);
    assert_int_equal(breaker_left_s(&breaker, now), 30);
    breaker_end(&breaker, false, BREAKER_WELL, now + 1); /* it had begun before */
    assert_int_equal(breaker_asks(&breaker, CALL, now + 30 * SECOND_MS - 1), BREAKER_STOP);
    assert_int_equal(breaker_asks(&breaker, CALL, now + 30 * SECOND_MS), BREAKER_GO);
    assert_int_equal(breaker_asks(&breaker, OTHER, now + 30 * SECOND_MS), BREAKER_GO);
}

static void of_two_rests_the_longer_one_is_given(void **state)
{
    (void)state;
    struct breaker breaker = opened();
    breaker_rest(&breaker, 100, now);
    assert_int_equal(breaker_left_s(&breaker, now), 100);
    assert_int_equal(breaker_asks(&breaker, CALL, now + 99 * SECOND_MS), BREAKER_STOP);
    assert_int_equal(breaker_asks(&breaker, CALL, now + 100 * SECOND_MS), BREAKER_GO);
    assert_true(breaker_start(&breaker, CALL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_failures_in_a_row_are_a_rest),
        cmocka_unit_test(one_success_in_between_begins_the_count_anew),
        cmocka_unit_test(what_says_nothing_does_not_count),
        cmocka_unit_test(after_its_rest_one_call_tries),
        cmocka_unit_test(each_try_that_fails_makes_the_rest_longer_up_to_a_limit),
        cmocka_unit_test(after_it_went_well_the_rest_is_short_again),
        cmocka_unit_test(a_try_that_tells_nothing_is_no_try),
        cmocka_unit_test(stragglers_do_not_make_the_rest_longer),
        cmocka_unit_test(a_rest_that_was_asked_for_is_given),
        cmocka_unit_test(of_two_rests_the_longer_one_is_given),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
