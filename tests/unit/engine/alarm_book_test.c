#include "engine/alarm_book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "state.h"
#include "store/migrations.h"

enum { HOUR_MS = 3600 * 1000 };

static int64_t now_ms;
static int64_t mono_ms;

static int64_t now_of(const struct clock *clock)
{
    (void)clock;
    return now_ms;
}

static int64_t mono_of(const struct clock *clock)
{
    (void)clock;
    return mono_ms;
}

static const struct clock hand = {.now_ms = now_of, .mono_ms = mono_of};

static struct db *open_store(struct state *state)
{
    struct error error = {.text = ""};
    struct db *db = state_open(state);
    assert_true(migrations_run(db, &migrations_all, &hand, &error));
    return db;
}

struct seen {
    unsigned count;
    struct alarm alarm;
    int64_t since_ms;
    char names[64], error[64];
};

static void see(void *self, const struct alarm_row *row)
{
    struct seen *seen = self;
    seen->count++;
    seen->alarm = row->alarm;
    seen->since_ms = row->since_ms;
    (void)snprintf(seen->names, sizeof seen->names, "%.*s/%.*s", STR_ARGS(row->account),
                   STR_ARGS(row->identifier));
    (void)snprintf(seen->error, sizeof seen->error, "%.*s", STR_ARGS(row->error));
}

static struct seen read_all(struct db *db)
{
    struct seen seen = {.count = 0};
    struct error error = {.text = ""};
    assert_true(alarm_book_each(db, &hand, see, &seen, &error));
    return seen;
}

static void put(struct db *db, const struct alarm_row *row)
{
    struct error error = {.text = ""};
    assert_true(alarm_book_put(db, row, &hand, &error));
}

/* Another process: its monotonic clock begins elsewhere. */
static void restart(int64_t later_ms)
{
    now_ms += later_ms;
    mono_ms = 5000;
}

static void one_that_was_told_is_not_told_again_and_its_end_is(void **state)
{
    struct db *db = open_store(*state);
    struct alarm_row row = {
        .account = STR("acme"), .identifier = STR("shop"), .error = STR("422")};
    now_ms = 1700000000000;
    mono_ms = 90 * HOUR_MS;
    alarm_note(&row.alarm, TROUBLE_DENIED, 3, mono_ms);
    row.since_ms = now_ms;
    assert_int_equal(alarm_says(&row.alarm, HOUR_MS, mono_ms), ALARM_FAILS);
    put(db, &row);
    put(db, &row);
    restart(2 * HOUR_MS);
    struct seen seen = read_all(db);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.names, "acme/shop");
    assert_string_equal(seen.error, "422");
    assert_int_equal(seen.since_ms, 1700000000000);
    assert_int_equal(seen.alarm.counts[TROUBLE_DENIED], 3);
    alarm_note(&seen.alarm, TROUBLE_FAILED, 1, mono_ms);
    assert_int_equal(alarm_says(&seen.alarm, HOUR_MS, mono_ms), ALARM_NOTHING);
    alarm_well(&seen.alarm);
    mono_ms += HOUR_MS;
    assert_int_equal(alarm_says(&seen.alarm, HOUR_MS, mono_ms), ALARM_RECOVERED);
    db_close(db);
}

static void one_that_is_over_is_not_told_anew_before_its_time(void **state)
{
    struct db *db = open_store(*state);
    struct alarm_row row = {.account = STR("acme"), .identifier = STR("shop")};
    now_ms = 1700000000000;
    mono_ms = HOUR_MS;
    row.alarm.told_ms = mono_ms;
    put(db, &row);
    restart(HOUR_MS / 2);
    struct alarm alarm = read_all(db).alarm;
    alarm_note(&alarm, TROUBLE_FAILED, 1, mono_ms);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, mono_ms), ALARM_NOTHING);
    mono_ms += HOUR_MS / 2;
    assert_int_equal(alarm_says(&alarm, HOUR_MS, mono_ms), ALARM_FAILS);
    db_close(db);
}

static void a_calendar_that_went_back_silences_nothing_for_long(void **state)
{
    struct db *db = open_store(*state);
    struct alarm_row row = {.account = STR("acme"), .identifier = STR("shop")};
    now_ms = 1700000000000;
    mono_ms = HOUR_MS;
    row.alarm.told_ms = mono_ms;
    put(db, &row);
    restart(-1000 * (int64_t)HOUR_MS);
    struct alarm alarm = read_all(db).alarm;
    mono_ms += HOUR_MS;
    alarm_note(&alarm, TROUBLE_FAILED, 1, mono_ms);
    assert_int_equal(alarm_says(&alarm, HOUR_MS, mono_ms), ALARM_FAILS);
    db_close(db);
}

/* 0 says: never. */
static void one_that_was_told_as_the_clock_began_was_told(void **state)
{
    struct db *db = open_store(*state);
    struct alarm_row row = {.account = STR("acme"), .identifier = STR("shop")};
    now_ms = 1700000000000;
    mono_ms = HOUR_MS;
    row.alarm.told_ms = mono_ms;
    put(db, &row);
    restart(5000); /* as long as that clock runs by then */
    assert_int_equal(read_all(db).alarm.told_ms, -1);
    db_close(db);
}

static void what_is_past_is_forgotten(void **state)
{
    struct error error = {.text = ""};
    struct db *db = open_store(*state);
    const struct alarm_row row = {.account = STR("acme"), .identifier = STR("shop")};
    const struct alarm_row host = {.account = STR(""), .identifier = STR("")};
    put(db, &row);
    put(db, &host);
    assert_true(alarm_book_drop(db, row.account, row.identifier, &error));
    struct seen seen = read_all(db);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.names, "/");
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(one_that_was_told_is_not_told_again_and_its_end_is),
        state_test(one_that_is_over_is_not_told_anew_before_its_time),
        state_test(a_calendar_that_went_back_silences_nothing_for_long),
        state_test(one_that_was_told_as_the_clock_began_was_told),
        state_test(what_is_past_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
