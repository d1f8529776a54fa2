#include "event/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, DAY = 24 * 60 * MINUTE };

static const int64_t now = (int64_t)20000 * DAY;
static const struct source_pace overlaps = {.every_ms = MINUTE, .margin_ms = 10 * MINUTE};
static const struct source_pace lags = {
    .every_ms = MINUTE, .margin_ms = 10 * MINUTE, .lags = true};

static struct source_page next(const struct source_place *place,
                               const struct source_pace *pace, int64_t now_ms)
{
    struct source_page page;
    assert_true(source_next(place, pace, now_ms, &page));
    return page;
}

static struct source_place learned(int64_t done_ms)
{
    return (struct source_place){.learned = true, .done_ms = done_ms, .cursor = STR("")};
}

static void the_first_run_learns(void **state)
{
    struct source_place place = {.cursor = STR("")};
    struct source_page page = next(&place, &overlaps, now);
    (void)state;
    assert_true(page.first);
    assert_int_equal(page.from_ms, 0);
    assert_int_equal(page.to_ms, now);
    source_took(&place, &page, STR_OF("p2"), true, now);
    page = next(&place, &overlaps, now + MINUTE);
    assert_true(page.first);
    assert_true(str_is(page.cursor, "p2"));
    assert_int_equal(page.to_ms, now);
    source_took(&place, &page, STR_OF(""), false, now + MINUTE);
    assert_false(next(&place, &overlaps, now + MINUTE).first);
}

static void spans_overlap_by_the_margin(void **state)
{
    struct source_place place = learned(now - MINUTE);
    struct source_page page = next(&place, &overlaps, now);
    (void)state;
    assert_int_equal(page.from_ms, now - 11 * MINUTE);
    assert_int_equal(page.to_ms, now);
    source_took(&place, &page, STR_OF(""), false, now);
    assert_int_equal(place.done_ms, now);
    assert_false(source_next(&place, &overlaps, now, &page));
}

static void spans_that_lag_meet(void **state)
{
    struct source_place place = learned(now - 20 * MINUTE);
    struct source_page page = next(&place, &lags, now);
    (void)state;
    assert_int_equal(page.from_ms, now - 20 * MINUTE);
    assert_int_equal(page.to_ms, now - 10 * MINUTE);
    source_took(&place, &page, STR_OF(""), false, now);
    assert_false(source_next(&place, &lags, now, &page));
    assert_int_equal(next(&place, &lags, now + 1).from_ms, now - 10 * MINUTE);
}

static void a_long_outage_is_read_a_day_at_a_time(void **state)
{
    struct source_place place = learned(now - 3 * (int64_t)DAY);
    int64_t covered = place.done_ms;
    struct source_page page;
    unsigned spans = 0;
    (void)state;
    while (source_next(&place, &overlaps, now, &page)) {
        assert_true(page.to_ms - covered <= DAY);
        assert_true(page.from_ms <= covered);
        covered = page.to_ms;
        source_took(&place, &page, STR_OF(""), false, now);
        spans++;
    }
    assert_int_equal(covered, now);
    assert_int_equal(spans, 3);
}

/* ---- records that make a page fail ---- */

enum { PAGE = 100, NONE = -1 };

/* A remote with numbered records; those up to `at` were taken. */
struct remote {
    int count, poison, at;
    imh_status status; /* of a page with the poison */
    bool kills;        /* such a page kills the worker */
    int calls, failed, taken, skipped;
    char cursor[16];
};

static struct remote remote_of(int count, int poison, imh_status status)
{
    return (struct remote){.count = count, .poison = poison, .status = status};
}

/* One poll; how long the source is left alone. */
static int64_t poll(struct remote *remote, struct source_place *place)
{
    struct source_page page = next(place, &overlaps, now);
    int most = page.most > 0 && page.most < PAGE ? (int)page.most : PAGE;
    int end = remote->at + most < remote->count ? remote->at + most : remote->count;
    int64_t rest_ms = 0;
    remote->calls++;
    if (!page.skip && remote->poison >= remote->at && remote->poison < end) {
        const struct error why = {.status = remote->status, .text = "poison"};
        remote->failed++;
        source_failed(place, &page, &why, remote->kills, now, &rest_ms);
        return rest_ms;
    }
    remote->skipped += page.skip ? 1 : 0;
    remote->taken += page.skip ? 0 : end - remote->at;
    remote->at = end;
    (void)snprintf(remote->cursor, sizeof remote->cursor, "%d", end);
    source_took(place, &page, str_from(remote->cursor), end < remote->count, now);
    return 0;
}

static int read_all(struct remote *remote)
{
    struct source_place place = learned(now - MINUTE);
    while (place.done_ms != now && remote->calls < 10000) {
        (void)poll(remote, &place);
    }
    assert_int_equal(place.done_ms, now);
    return remote->calls;
}

static void one_record_at_fault_is_skipped_and_all_others_come(void **state)
{
    (void)state;
    for (int poison = 0; poison < 230; poison++) {
        struct remote good = remote_of(230, NONE, IMH_OK);
        struct remote bad = remote_of(230, poison, IMH_REJECTED);
        int extra = read_all(&bad) - read_all(&good);
        assert_int_equal(bad.taken, 229);
        assert_int_equal(bad.skipped, 1);
        assert_true(extra <= 14); /* 2 log2(128) */
    }
}

static void a_record_that_kills_is_skipped_after_two_deaths(void **state)
{
    (void)state;
    for (int poison = 0; poison < 100; poison += 11) {
        struct remote remote = remote_of(230, poison, IMH_RETRY);
        remote.kills = true;
        (void)read_all(&remote);
        assert_int_equal(remote.failed, 2);
        assert_int_equal(remote.taken, 229);
    }
}

static void what_fails_for_now_is_halved_only_after_patience(void **state)
{
    struct remote remote = remote_of(50, 17, IMH_RETRY);
    struct source_place place = learned(now - MINUTE);
    int64_t rest_ms = 0;
    (void)state;
    for (int i = 1; i < SOURCE_PATIENCE; i++) {
        int64_t before = rest_ms;
        rest_ms = poll(&remote, &place);
        assert_true(rest_ms > before || rest_ms >= 600 * SECOND);
        assert_int_equal(place.suspects, 0);
    }
    while (place.done_ms != now) {
        (void)poll(&remote, &place);
    }
    assert_int_equal(remote.taken, 49);
    assert_int_equal(place.parked, 1);
}

static void a_remote_that_is_down_loses_no_record(void **state)
{
    struct source_place place = learned(now - MINUTE);
    const struct error why = {.status = IMH_RETRY, .text = "down"};
    int64_t rests_ms = 0;
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct source_page page = next(&place, &overlaps, now);
        int64_t rest_ms = 0;
        source_failed(&place, &page, &why, false, now, &rest_ms);
        rests_ms += rest_ms;
    }
    assert_int_equal(place.parked, 0);
    assert_true(rests_ms > 20 * (int64_t)3600 * SECOND); /* it is mostly left alone */
    assert_string_equal(place.trouble.ptr, "down");
}

static void a_denied_source_is_not_halved(void **state)
{
    struct source_place place = learned(now - MINUTE);
    const struct error why = {.status = IMH_DENIED, .text = "no", .after_s = 7200};
    int64_t rest_ms = 0;
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct source_page page = next(&place, &overlaps, now);
        source_failed(&place, &page, &why, false, now, &rest_ms);
        assert_int_equal(place.suspects, 0);
        assert_int_equal(rest_ms, 7200 * SECOND);
    }
}

static void a_page_that_failed_is_asked_for_again_as_it_was(void **state)
{
    struct source_place place = learned(now - MINUTE);
    const struct error why = {.status = IMH_RETRY, .text = "no"};
    struct source_page page = next(&place, &overlaps, now);
    int64_t rest_ms = 0;
    (void)state;
    source_failed(&place, &page, &why, false, now, &rest_ms);
    struct source_page again = next(&place, &overlaps, now + MINUTE);
    assert_int_equal(again.from_ms, page.from_ms);
    assert_int_equal(again.to_ms, page.to_ms);
}

static void polls_are_spread_over_their_period(void **state)
{
    unsigned slots[10] = {0};
    (void)state;
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t dice = i * 0x9E3779B97F4A7C15U;
        int64_t due = source_due_ms(now, MINUTE, dice);
        assert_true(due > now && due <= now + MINUTE);
        assert_int_equal(source_due_ms(due, MINUTE, dice), due + MINUTE);
        slots[(due - now - 1) / (6 * SECOND)]++;
    }
    for (unsigned i = 0; i < 10; i++) {
        assert_in_range(slots[i], 80, 120);
    }
}

/* A thousand that all become known at one moment, as at a start. */
static void a_start_spreads_a_thousand_sources_by_their_names(void **state)
{
    enum { SOURCES = 1000, PERIODS = 5 };
    static const char *const names[] = {"orders", "customers", "carts", "stock"};
    static int64_t due[SOURCES];
    static uint64_t dice[SOURCES];
    unsigned seconds[PERIODS * MINUTE / SECOND] = {0};
    const int64_t start = 1795889999123;
    (void)state;
    for (unsigned i = 0; i < SOURCES; i++) {
        char account[32];
        (void)snprintf(account, sizeof account, "account%u", i / 4);
        dice[i] = source_dice(account, "shop", names[i % 4]);
        due[i] = source_due_ms(start, MINUTE, dice[i]);
    }
    for (int64_t at = start; at < start + PERIODS * MINUTE; at += SECOND / 10) {
        for (unsigned i = 0; i < SOURCES; i++) {
            if (due[i] <= at) {
                seconds[(at - start) / SECOND]++;
                due[i] = source_due_ms(at, MINUTE, dice[i]);
            }
        }
    }
    unsigned polls = 0;
    for (unsigned i = 0; i < PERIODS * MINUTE / SECOND; i++) {
        assert_in_range(seconds[i], 3, 40); /* 1000 / 60 */
        polls += seconds[i];
    }
    assert_in_range(polls, (PERIODS - 1) * SOURCES, PERIODS * SOURCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_run_learns),
        cmocka_unit_test(spans_overlap_by_the_margin),
        cmocka_unit_test(spans_that_lag_meet),
        cmocka_unit_test(a_long_outage_is_read_a_day_at_a_time),
        cmocka_unit_test(one_record_at_fault_is_skipped_and_all_others_come),
        cmocka_unit_test(a_record_that_kills_is_skipped_after_two_deaths),
        cmocka_unit_test(what_fails_for_now_is_halved_only_after_patience),
        cmocka_unit_test(a_remote_that_is_down_loses_no_record),
        cmocka_unit_test(a_denied_source_is_not_halved),
        cmocka_unit_test(a_page_that_failed_is_asked_for_again_as_it_was),
        cmocka_unit_test(polls_are_spread_over_their_period),
        cmocka_unit_test(a_start_spreads_a_thousand_sources_by_their_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
