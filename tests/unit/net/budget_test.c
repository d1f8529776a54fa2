#include "net/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void so_many_run_at_once_and_no_more(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 3, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(budget_take(&budget, 1000));
    }
    assert_false(budget_take(&budget, 1000));
    assert_false(budget_take(&budget, INT64_MAX));
    assert_int_equal(budget_next_ms(&budget), 0);
    budget_give_back(&budget);
    assert_true(budget_take(&budget, 1000));
    assert_false(budget_take(&budget, 1000));
}

static void at_least_one_may_run(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 0, 0);
    assert_true(budget_take(&budget, 1000));
    assert_false(budget_take(&budget, 1000));
}

static void so_many_start_in_a_minute_evenly(void **state)
{
    (void)state;
    static const struct {
        uint32_t rate_a_minute;
        int64_t pause_ms;
    } cases[] = {{1, 60000}, {60, 1000}, {100, 600}, {1200, 50}, {60000, 1}, {60001, 1}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct budget budget;
        int64_t now = 5000;
        budget_init(&budget, 1000, cases[i].rate_a_minute);
        for (int round = 0; round < 3; round++, now += cases[i].pause_ms) {
            assert_true(budget_take(&budget, now));
            assert_int_equal(budget_next_ms(&budget), now + cases[i].pause_ms);
            if (cases[i].pause_ms > 0) {
                assert_false(budget_take(&budget, now));
                assert_false(budget_take(&budget, now + cases[i].pause_ms - 1));
            }
        }
    }
}

static void what_did_not_start_costs_no_time(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 1, 60);
    assert_true(budget_take(&budget, 1000));
    assert_false(budget_take(&budget, 2500)); /* the first still runs */
    budget_give_back(&budget);
    assert_int_equal(budget_next_ms(&budget), 2000);
    assert_true(budget_take(&budget, 2500));
    assert_int_equal(budget_next_ms(&budget), 0); /* ask again when it has ended */
}

static void without_a_rate_nobody_waits_for_time(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 1000, 0);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(budget_next_ms(&budget), 0);
        assert_true(budget_take(&budget, 7));
    }
}

static void new_settings_keep_what_runs_and_what_was_started(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 4, 1);
    assert_true(budget_take(&budget, 1000));
    assert_true(budget_take(&budget, 61000));
    budget_change(&budget, 2, 60);
    assert_int_equal(budget.running, 2);
    assert_false(budget_take(&budget, 200000)); /* two of two run */
    budget_give_back(&budget);
    assert_false(budget_take(&budget, 120999)); /* the pause was promised */
    assert_true(budget_take(&budget, 121000));
    assert_int_equal(budget.next_ms, 122000);
    budget_change(&budget, 0, 0);
    assert_int_equal(budget.parallel, 1);
    assert_false(budget_take(&budget, 300000));
}

/* A minute does not divide evenly: the pause is rather too long than too short. */
static void no_more_start_in_a_minute_than_the_rate_says(void **state)
{
    (void)state;
    static const uint32_t rates[] = {1, 7, 59, 60, 61, 7000, 59999, 60000, 60001, 1000000};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct budget budget;
        uint32_t started = 0;
        budget_init(&budget, UINT32_MAX, rates[i]);
        for (int64_t now_ms = 1; now_ms <= 60000; now_ms++) {
            started += budget_take(&budget, now_ms);
        }
        assert_true(started <= rates[i]);
        assert_true(started >= rates[i] / 2 || started == 60000);
    }
}

static void who_waits_knows_when_its_turn_comes(void **state)
{
    (void)state;
    struct budget budget;
    budget_init(&budget, 9, 60);
    assert_true(budget_turn_ms(&budget, 0) <= 5000);
    assert_true(budget_take(&budget, 5000));
    assert_int_equal(budget_turn_ms(&budget, 0), 6000);
    assert_int_equal(budget_turn_ms(&budget, 3), 9000);
    budget_init(&budget, 9, 0);
    assert_true(budget_take(&budget, 5000));
    assert_true(budget_turn_ms(&budget, 1000) <= 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_run_at_once_and_no_more),
        cmocka_unit_test(at_least_one_may_run),
        cmocka_unit_test(so_many_start_in_a_minute_evenly),
        cmocka_unit_test(what_did_not_start_costs_no_time),
        cmocka_unit_test(no_more_start_in_a_minute_than_the_rate_says),
        cmocka_unit_test(who_waits_knows_when_its_turn_comes),
        cmocka_unit_test(without_a_rate_nobody_waits_for_time),
        cmocka_unit_test(new_settings_keep_what_runs_and_what_was_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
