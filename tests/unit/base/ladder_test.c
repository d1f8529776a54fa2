#include "base/ladder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void it_is_read_as_people_write_it(void **state)
{
    (void)state;
    struct error error;
    struct ladder ladder;
    assert_true(ladder_parse(STR_OF("1m 5m 10m 1h"), &ladder, &error));
    assert_int_equal(ladder.count, ladder_usual.count);
    for (uint32_t i = 0; i < ladder.count; i++) {
        assert_int_equal(ladder.rest_s[i], ladder_usual.rest_s[i]);
    }
    assert_true(ladder_parse(STR_OF("  30 "), &ladder, &error));
    assert_int_equal(ladder.count, 1);
    assert_int_equal(ladder.rest_s[0], 30);
    assert_true(ladder_parse(STR_OF(""), &ladder, &error));
    assert_int_equal(ladder.count, 0);
}

static void what_is_no_ladder_changes_nothing(void **state)
{
    static const char *const wrong[] = {
        "1m 5x", "0s", "25h", "-1m", "1m,5m", "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"};
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct error error;
        struct ladder ladder = {.count = 7};
        assert_false(ladder_parse(str_from(wrong[i]), &ladder, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_int_equal(ladder.count, 7);
    }
}

static void attempts_are_at_0_1_6_16_and_76_minutes(void **state)
{
    static const int64_t minutes[] = {1, 6, 16, 76};
    (void)state;
    int64_t at_ms = 0;
    for (uint32_t attempt = 1; attempt <= COUNT(minutes); attempt++) {
        assert_true(ladder_has_more(&ladder_usual, attempt));
        at_ms += ladder_rest_ms(&ladder_usual, attempt, 0, 0);
        assert_int_equal(at_ms, minutes[attempt - 1] * 60 * 1000);
    }
    assert_false(ladder_has_more(&ladder_usual, COUNT(minutes) + 1));
}

static void the_remote_is_obeyed_when_it_asks_for_more(void **state)
{
    (void)state;
    assert_int_equal(ladder_rest_ms(&ladder_usual, 1, 120, 0), 120 * 1000);
    assert_int_equal(ladder_rest_ms(&ladder_usual, 2, 120, 0), 300 * 1000);
    assert_int_equal(ladder_rest_ms(&ladder_usual, 1, UINT32_MAX, 0), 24 * 3600 * 1000);
    assert_int_equal(ladder_after_s(UINT32_MAX), 24 * 3600);
    assert_int_equal(ladder_after_s(0), 0);
}

static void chance_adds_little(void **state)
{
    (void)state;
    bool some = false;
    for (uint32_t dice = 0; dice < 20000; dice += 7) {
        int64_t rest_ms = ladder_rest_ms(&ladder_usual, 1, 0, dice);
        assert_in_range(rest_ms, 60000, 60000 + 60000 / LADDER_EXTRA_SHARE);
        some = some || rest_ms > 60500;
        rest_ms = ladder_rest_ms(&ladder_usual, 4, 0, dice);
        assert_in_range(rest_ms, 3600000, 3600000 + LADDER_EXTRA_MOST_MS);
    }
    assert_true(some);
}

static void a_ladder_without_steps_still_rests(void **state)
{
    static const struct ladder none = {.count = 0};
    (void)state;
    assert_false(ladder_has_more(&none, 1));
    assert_int_equal(ladder_rest_ms(&none, 1, 0, 0), 1000);
    assert_int_equal(ladder_rest_ms(&ladder_usual, 0, 0, 0), 60000);
    assert_int_equal(ladder_rest_ms(&ladder_usual, 99, 0, 0), 3600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_read_as_people_write_it),
        cmocka_unit_test(what_is_no_ladder_changes_nothing),
        cmocka_unit_test(attempts_are_at_0_1_6_16_and_76_minutes),
        cmocka_unit_test(the_remote_is_obeyed_when_it_asks_for_more),
        cmocka_unit_test(chance_adds_little),
        cmocka_unit_test(a_ladder_without_steps_still_rests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
