#include "engine/quarantine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct path_mark one = {.device = 1, .inode = 2, .changed_ns = 3};

/* So many deaths, so far apart; the time of the last. */
static int64_t die(struct quarantine *quarantine, unsigned times, int64_t apart_ms)
{
    int64_t now_ms = 1000;
    for (unsigned i = 1; i < times; i++) {
        assert_false(quarantine_death(quarantine, &one, now_ms));
        assert_false(quarantine_holds(quarantine, &one, now_ms));
        now_ms += apart_ms;
    }
    return now_ms;
}

static void a_few_deaths_are_no_reason(void **state)
{
    struct quarantine quarantine = {.until_ms = 0};
    (void)state;
    int64_t now_ms = die(&quarantine, QUARANTINE_DEATHS - 1, 1);
    assert_false(quarantine_death(&quarantine, &one, now_ms));
    assert_false(quarantine_holds(&quarantine, &one, now_ms));
}

static void the_fifth_within_ten_minutes_is_one_too_many(void **state)
{
    struct quarantine quarantine = {.until_ms = 0};
    (void)state;
    int64_t now_ms =
        die(&quarantine, QUARANTINE_DEATHS, QUARANTINE_WITHIN_MS / (QUARANTINE_DEATHS - 1));
    assert_true(quarantine_death(&quarantine, &one, now_ms));
    assert_true(quarantine_holds(&quarantine, &one, now_ms));
}

static void deaths_far_apart_never_are(void **state)
{
    struct quarantine quarantine = {.until_ms = 0};
    (void)state;
    int64_t apart_ms = QUARANTINE_WITHIN_MS / (QUARANTINE_DEATHS - 1) + 1;
    int64_t now_ms = die(&quarantine, 1000, apart_ms);
    assert_false(quarantine_death(&quarantine, &one, now_ms));
}

static void it_ends_after_an_hour_and_all_is_forgotten(void **state)
{
    struct quarantine quarantine = {.until_ms = 0};
    (void)state;
    int64_t now_ms = die(&quarantine, QUARANTINE_DEATHS, 1);
    assert_true(quarantine_death(&quarantine, &one, now_ms));
    assert_true(quarantine_holds(&quarantine, &one, now_ms + QUARANTINE_MS - 1));
    assert_false(quarantine_holds(&quarantine, &one, now_ms + QUARANTINE_MS));
    assert_int_equal(quarantine.until_ms, 0);
    assert_false(quarantine_death(&quarantine, &one, now_ms + QUARANTINE_MS + 1));
}

static void another_file_is_another_plugin(void **state)
{
    static const struct path_mark others[] = {
        {.device = 9, .inode = 2, .changed_ns = 3},
        {.device = 1, .inode = 9, .changed_ns = 3},
        {.device = 1, .inode = 2, .changed_ns = 9},
    };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct quarantine quarantine = {.until_ms = 0};
        int64_t now_ms = die(&quarantine, QUARANTINE_DEATHS, 1);
        assert_true(quarantine_death(&quarantine, &one, now_ms));
        assert_false(quarantine_holds(&quarantine, &others[i], now_ms));
        assert_false(quarantine_holds(&quarantine, &one, now_ms));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_deaths_are_no_reason),
        cmocka_unit_test(the_fifth_within_ten_minutes_is_one_too_many),
        cmocka_unit_test(deaths_far_apart_never_are),
        cmocka_unit_test(it_ends_after_an_hour_and_all_is_forgotten),
        cmocka_unit_test(another_file_is_another_plugin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
