#include "engine/alarm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { HOUR_MS = 3600000, CALM_MS = HOUR_MS / ALARM_CALM_SHARE };

static void it_is_told_once_however_much_fails(void **state)
{
    struct alarm alarm = {0};
    (void)state;
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1), ALARM_NOTHING);
    alarm_note(&alarm, TROUBLE_FAILED, 2, 1000);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000), ALARM_FAILS);
    for (int64_t now = 1001; now < 20 * (int64_t)HOUR_MS; now += HOUR_MS) {
        alarm_note(&alarm, TROUBLE_DENIED, 1, now);
        assert_int_equal(alarm_says(&alarm, HOUR_MS, now), ALARM_NOTHING);
    }
    assert_int_equal(alarm.counts[TROUBLE_FAILED], 2);
    assert_int_equal(alarm.counts[TROUBLE_DENIED], 20);
}

static void it_is_over_when_a_call_went_well_and_none_fails_for_a_while(void **state)
{
    struct alarm alarm = {0};
    (void)state;
    alarm_note(&alarm, TROUBLE_DOWN, 1, 1000);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000), ALARM_FAILS);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000 + 2 * CALM_MS), ALARM_NOTHING);
    alarm_well(&alarm);
    alarm_note(&alarm, TROUBLE_DOWN, 1, 2000 + CALM_MS);
    alarm_well(&alarm);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1999 + 2 * CALM_MS), ALARM_NOTHING);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 2000 + 2 * CALM_MS), ALARM_RECOVERED);
    alarm_rest(&alarm);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 2001 + 2 * CALM_MS), ALARM_NOTHING);
}

static void what_fails_soon_after_is_told_later_all_together(void **state)
{
    struct alarm alarm = {0};
    (void)state;
    alarm_note(&alarm, TROUBLE_FAILED, 1, 1000);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000), ALARM_FAILS);
    alarm_well(&alarm);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000 + CALM_MS), ALARM_RECOVERED);
    alarm_rest(&alarm);
    alarm_note(&alarm, TROUBLE_FAILED, 3, 2000 + CALM_MS);
    alarm_note(&alarm, TROUBLE_FAILED, 4, 3000 + CALM_MS);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 999 + HOUR_MS), ALARM_NOTHING);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000 + HOUR_MS), ALARM_FAILS);
    assert_int_equal(alarm.counts[TROUBLE_FAILED], 7);
}

static void what_nobody_was_told_is_over_in_silence(void **state)
{
    struct alarm alarm = {.told_ms = 1};
    (void)state;
    alarm_note(&alarm, TROUBLE_FAILED, 1, 1000);
    alarm_well(&alarm);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000 + CALM_MS), ALARM_OVER);
}

static void what_could_not_be_told_is_told_again(void **state)
{
    struct alarm alarm = {0};
    (void)state;
    alarm_note(&alarm, TROUBLE_DISK, 1, 1000);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 1000), ALARM_FAILS);
    alarm_unsaid(&alarm, HOUR_MS, 60000, 1000);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 60999), ALARM_NOTHING);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, 61000), ALARM_FAILS);
}

static void each_trouble_has_a_name(void **state)
{
    (void)state;
    for (unsigned i = 0; i < TROUBLES; i++) {
        assert_non_null(alarm_trouble_name((enum trouble)i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_told_once_however_much_fails),
        cmocka_unit_test(it_is_over_when_a_call_went_well_and_none_fails_for_a_while),
        cmocka_unit_test(what_fails_soon_after_is_told_later_all_together),
        cmocka_unit_test(what_nobody_was_told_is_over_in_silence),
        cmocka_unit_test(what_could_not_be_told_is_told_again),
        cmocka_unit_test(each_trouble_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
