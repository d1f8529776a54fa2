#include "smarty/moment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "moment_formats.h"
#include "moment_tables.h"

/* ---- the zones of the cases ---- */

static struct zone *places[PLACES];

static int open_places(void **state)
{
    (void)state;
    static const char *const names[PLACES] = {
        [AMSTERDAM] = "Europe/Amsterdam",
        [NEW_YORK] = "America/New_York",
        [KOLKATA] = "Asia/Kolkata",
        [LORD_HOWE] = "Australia/Lord_Howe",
    };
    for (size_t i = 0; i < PLACES; i++) {
        struct error error;
        if (names[i] && !(places[i] = zone_open(names[i], &error))) {
            return -1;
        }
    }
    return 0;
}

static int close_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLACES; i++) {
        zone_free(places[i]);
        places[i] = NULL;
    }
    return 0;
}

/* A copy of the exact size, so that the sanitizer sees a byte too far. */
static char *copy(struct str text)
{
    char *ptr = malloc(text.len > 0 ? text.len : 1);
    assert_non_null(ptr);
    if (text.len > 0) {
        memcpy(ptr, text.ptr, text.len);
    }
    return ptr;
}

/* ---- reading ---- */

static int64_t parse(const char *text, int64_t now_s)
{
    int64_t seconds = NO_DATE;
    return moment_parse(str_from(text), now_s, NULL, &seconds) ? seconds : NO_DATE;
}

static void dates_are_read_as_php_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof parse_cases / sizeof *parse_cases; i++) {
        const struct parse_case *expected = &parse_cases[i];
        char *ptr = copy(expected->text);
        struct str text = {ptr, expected->text.len};
        int64_t seconds = NO_DATE;
        bool read = moment_parse(text, expected->now_s, places[expected->place], &seconds);
        free(ptr);
        if (seconds != expected->seconds || read != (expected->seconds != NO_DATE)) {
            fail_msg("\"%.*s\" (case %zu): %lld", STR_ARGS(expected->text), i,
                     (long long)seconds);
        }
    }
}

static void every_word_means_what_php_means_by_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof word_cases / sizeof *word_cases; i++) {
        int64_t seconds = parse(word_cases[i].text, MAY);
        if (seconds != word_cases[i].seconds) {
            fail_msg("%s: %lld", word_cases[i].text, (long long)seconds);
        }
    }
}

static void every_zone_abbreviation_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof zone_word_cases / sizeof *zone_word_cases; i++) {
        const struct zone_word_case *expected = &zone_word_cases[i];
        struct text text;
        int64_t seconds = NO_DATE;
        text_init(&text, 100);
        text_print(&text, "2025-03-07 09:05:03 %s", expected->word);
        assert_int_equal(WINTER - parse(text_cstr(&text), 0), expected->seconds);
        /* Summer or not decides which half past two is meant. */
        text_clear(&text);
        text_print(&text, "oct 26 02:30:00 %s Europe/Amsterdam", expected->word);
        assert_true(moment_parse(text_str(&text), WINTER, NULL, &seconds));
        assert_int_equal(seconds, expected->summer ? 1761438600 : 1761442200);
        text_done(&text);
    }
}

/* Noon of a day from 1 to 7 June 2025, Sunday to Saturday. */
static int64_t noon_of_june(int day)
{
    return INT64_C(1748779200) + INT64_C(86400) * day;
}

static void weekdays_pass_over_weekends(void **state)
{
    (void)state;
    for (int day = 0; day < DAYS; day++) {
        for (size_t i = 0; i < WORKDAY_COUNTS; i++) {
            struct text text;
            text_init(&text, 100);
            text_print(&text, "%+d weekdays", workday_counts[i]);
            int64_t expected = noon_of_june(day + workday_cases[day][i]);
            assert_int_equal(parse(text_cstr(&text), noon_of_june(day)), expected);
            text_done(&text);
        }
    }
}

/* The format with the name of a weekday in it. */
static void name_day(struct text *text, const char *format, int weekday)
{
    static const char *const names[DAYS] = {"sunday",   "monday", "tuesday", "wednesday",
                                            "thursday", "friday", "saturday"};
    struct str rest = str_from(format);
    size_t at = str_find(rest, STR_OF("%s"), 0);
    text_add(text, str_before(rest, at));
    text_add_cstr(text, names[weekday]);
    text_add(text, str_after(rest, at + 2));
}

static void check_weekday(const struct weekday_case *expected, int day, int weekday)
{
    struct text text;
    text_init(&text, 100);
    name_day(&text, expected->format, weekday);
    int64_t midnight = noon_of_june(day) - 43200;
    int64_t days = (parse(text_cstr(&text), midnight) - midnight) / 86400;
    if (days != expected->days[day][weekday]) {
        fail_msg("%s on day %d: %lld days", text_cstr(&text), day, (long long)days);
    }
    text_done(&text);
}

static void weekdays_are_found_from_any_day(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof weekday_cases / sizeof *weekday_cases; i++) {
        for (int day = 0; day < DAYS; day++) {
            for (int weekday = 0; weekday < DAYS; weekday++) {
                check_weekday(&weekday_cases[i], day, weekday);
            }
        }
    }
}

static void what_is_no_date_leaves_the_result_alone(void **state)
{
    (void)state;
    int64_t seconds = 42;
    assert_false(moment_parse(STR_OF("foo"), WINTER, NULL, &seconds));
    assert_false(moment_parse(STR_OF("+9999999999999 years"), WINTER, NULL, &seconds));
    assert_int_equal(seconds, 42);
}

static void a_text_longer_than_the_limit_is_no_date(void **state)
{
    (void)state;
    struct text text;
    int64_t seconds;
    text_init(&text, (size_t)2 * MOMENT_TEXT_BYTES);
    text_print(&text, "%*s", MOMENT_TEXT_BYTES, "2025-03-07");
    assert_true(moment_parse(text_str(&text), 0, NULL, &seconds));
    assert_int_equal(seconds, 1741305600);
    text_add_char(&text, ' ');
    assert_false(moment_parse(text_str(&text), 0, NULL, &seconds));
    text_done(&text);
}

static void what_is_not_within_64_bits_is_no_date(void **state)
{
    (void)state;
    assert_int_equal(parse("@9223372036854775807", 0), INT64_MAX);
    assert_int_equal(parse("@-9223372036854775808", 0), INT64_MIN);
    static const char *const texts[] = {"@9223372036854775807 +1 sec",
                                        "@-9223372036854775808 -1 sec",
                                        "+292277026600-01-01",
                                        "-292277022800-01-01",
                                        "+9223372036854775807-12-31",
                                        "-9223372036854775808-01-01",
                                        "+9999999999999 years",
                                        "-9999999999999 years",
                                        "first monday of +9999999999999 months"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (parse(texts[i], 0) != NO_DATE) {
            fail_msg("%s", texts[i]);
        }
    }
    assert_int_equal(parse("+999999999999 weekdays", 0), 120959999999913600);
}

static void any_now_will_do(void **state)
{
    (void)state;
    static const char *const texts[] = {"now",         "tomorrow",    "next monday",
                                        "+5 weekdays", "last day of", "Europe/Paris"};
    static const int64_t ends[] = {INT64_MIN, INT64_MIN + 86400, INT64_MAX - 86400,
                                   INT64_MAX};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t j = 0; j < sizeof ends / sizeof *ends; j++) {
            int64_t seconds = 0;
            if (moment_parse(str_from(texts[i]), ends[j], places[AMSTERDAM], &seconds)) {
                assert_true((seconds < 0) == (ends[j] < 0));
            }
        }
    }
    assert_int_equal(parse("now", INT64_MAX), INT64_MAX);
}

/* ---- printing ---- */

static void check_printed(const struct format_case *expected, bool is_date)
{
    struct text out;
    char *ptr = copy(expected->format);
    struct str format = {ptr, expected->format.len};
    text_init(&out, MOMENT_STRFTIME_BYTES);
    if (is_date) {
        moment_date(&out, format, expected->seconds, places[expected->place]);
    } else {
        moment_strftime(&out, format, expected->seconds, places[expected->place]);
    }
    free(ptr);
    if (!str_eq(text_str(&out), expected->printed)) {
        fail_msg("\"%.*s\" of %lld: \"%.*s\"", STR_ARGS(expected->format),
                 (long long)expected->seconds, STR_ARGS(text_str(&out)));
    }
    text_done(&out);
}

static void date_prints_as_php_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof date_cases / sizeof *date_cases; i++) {
        check_printed(&date_cases[i], true);
    }
}

static void strftime_prints_as_php_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strftime_cases / sizeof *strftime_cases; i++) {
        check_printed(&strftime_cases[i], false);
    }
}

static size_t printed_bytes(const char *format)
{
    struct text out;
    text_init(&out, (size_t)2 * MOMENT_STRFTIME_BYTES);
    moment_strftime(&out, str_from(format), WINTER, NULL);
    assert_false(out.failed);
    size_t length = out.len;
    text_done(&out);
    return length;
}

static void strftime_prints_nothing_rather_than_too_much(void **state)
{
    (void)state;
    assert_int_equal(printed_bytes("%4095Y"), 4095);
    assert_int_equal(printed_bytes("%4096Y"), 0);
    assert_int_equal(printed_bytes("a%4094d"), 4095);
    assert_int_equal(printed_bytes("a%4095d"), 0);
    assert_int_equal(printed_bytes("%4000a%4000a"), 0);
    assert_int_equal(printed_bytes("%999999999999999999999999999999Y"), 0);
    assert_int_equal(printed_bytes("%_99999999d"), 0);
    assert_int_equal(printed_bytes("%99999999c"), 0);
    assert_int_equal(printed_bytes("%99999999z"), 0);
    assert_int_equal(printed_bytes("%99999999q"), 0);
}

static void both_add_to_what_is_there(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 100);
    text_add_cstr(&out, "on ");
    moment_date(&out, STR_OF("Y"), WINTER, NULL);
    moment_strftime(&out, STR_OF("/%m"), WINTER, NULL);
    assert_string_equal(text_cstr(&out), "on 2025/03");
    text_done(&out);
}

static void the_ends_of_time_are_printed(void **state)
{
    (void)state;
    struct text out;
    text_init(&out, 1000);
    moment_date(&out, STR_OF("Y-m-d H:i:s|"), INT64_MAX, NULL);
    moment_date(&out, STR_OF("Y-m-d H:i:s|"), INT64_MIN, NULL);
    moment_strftime(&out, STR_OF("%Y|%s"), INT64_MAX, NULL);
    assert_string_equal(text_cstr(&out),
                        "292277026596-12-04 15:30:07|-292277022657-01-27 08:29:52|"
                        "219250468|6918814356737407");
    text_clear(&out);
    moment_date(&out, STR_OF("crBUzWo"), INT64_MIN, places[AMSTERDAM]);
    moment_strftime(&out, STR_OF("%c%s%G%V"), INT64_MAX, places[KOLKATA]);
    assert_false(out.failed);
    text_done(&out);
}

/* ---- the calendar ---- */

static void days_and_dates_agree(void **state)
{
    (void)state;
    int64_t days;
    assert_true(moment_days(1970, 1, 1, &days));
    assert_int_equal(days, 0);
    assert_true(moment_days(2000, 3, 1, &days));
    assert_int_equal(days, 11017);
    assert_true(moment_days(0, 1, 1, &days));
    assert_int_equal(days, -719528);
    struct moment_wall last = moment_date_of(-4000000);
    for (int64_t day = -3999999; day < 4000000; day += 1) {
        struct moment_wall date = moment_date_of(day);
        bool next_day = date.day == last.day + 1 && date.month == last.month;
        bool next_month = date.day == 1 && date.month == last.month % 12 + 1 &&
                          last.day == moment_month_days(last.year, (int)last.month);
        assert_true(next_day || next_month);
        assert_true(date.year == last.year + (date.month < last.month));
        last = date;
        if (day % 97 == 0) {
            assert_true(moment_days(date.year, date.month, date.day, &days));
            assert_int_equal(days, day);
        }
    }
}

static void months_and_days_roll_over(void **state)
{
    (void)state;
    int64_t days;
    int64_t expected;
    assert_true(moment_days(2025, 3, 2, &expected));
    assert_true(moment_days(2025, 2, 30, &days));
    assert_int_equal(days, expected);
    assert_true(moment_days(2024, 15, 2, &days));
    assert_int_equal(days, expected);
    assert_true(moment_days(2026, -9, 2, &days));
    assert_int_equal(days, expected);
    assert_true(moment_days(2025, 4, -29, &days));
    assert_int_equal(days, expected);
    assert_false(moment_days(INT64_MAX, 1, 1, &days));
    assert_false(moment_days(2025, INT64_MIN, 1, &days));
    assert_false(moment_days(2025, 3, INT64_MAX, &days));
}

static void weekdays_repeat_for_ever(void **state)
{
    (void)state;
    assert_int_equal(moment_weekday(0), 4);
    assert_int_equal(moment_weekday(-1), 3);
    assert_int_equal(moment_weekday(-719528), 6); /* 1 January of year 0 */
    assert_int_equal(moment_weekday(INT64_MIN), moment_weekday(INT64_MIN + 7));
    assert_int_equal(moment_weekday(INT64_MAX), moment_weekday(INT64_MAX - 7));
}

static void weeks_belong_to_the_year_of_their_thursday(void **state)
{
    (void)state;
    static const int cases[][5] = {{2024, 12, 30, 2025, 1}, {2025, 1, 1, 2025, 1},
                                   {2026, 1, 1, 2026, 1},   {2027, 1, 1, 2026, 53},
                                   {2021, 1, 3, 2020, 53},  {2021, 1, 4, 2021, 1},
                                   {0, 1, 1, -1, 52},       {2024, 12, 29, 2024, 52}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct moment_wall wall = {
            .year = cases[i][0], .month = cases[i][1], .day = cases[i][2]};
        int64_t year;
        assert_int_equal(moment_week(&wall, &year), cases[i][4]);
        assert_int_equal(year, cases[i][3]);
    }
}

static void years_of_centuries_leap_when_four_divides_them(void **state)
{
    (void)state;
    assert_true(moment_is_leap(2024));
    assert_true(moment_is_leap(2000));
    assert_true(moment_is_leap(0));
    assert_true(moment_is_leap(-4));
    assert_false(moment_is_leap(1900));
    assert_false(moment_is_leap(2023));
    assert_false(moment_is_leap(-100));
    assert_int_equal(
        moment_yearday(&(struct moment_wall){.year = 2024, .month = 12, .day = 31}), 365);
}

static void checkdate_knows_the_calendar(void **state)
{
    (void)state;
    assert_true(moment_is_date(2, 29, 2024));
    assert_false(moment_is_date(2, 29, 2023));
    assert_false(moment_is_date(2, 29, 1900));
    assert_true(moment_is_date(12, 31, 32767));
    assert_false(moment_is_date(12, 31, 32768));
    assert_true(moment_is_date(1, 1, 1));
    assert_false(moment_is_date(1, 1, 0));
    assert_false(moment_is_date(0, 1, 2025));
    assert_false(moment_is_date(13, 1, 2025));
    assert_false(moment_is_date(4, 31, 2025));
    assert_false(moment_is_date(4, 0, 2025));
    assert_false(moment_is_date(INT64_MAX, INT64_MIN, 2025));
}

static int64_t make(const struct moment_wall *wall, int64_t now_s, enum place place)
{
    int64_t seconds;
    return moment_make(wall, now_s, places[place], &seconds) ? seconds : NO_DATE;
}

static void mktime_rolls_over_and_knows_short_years(void **state)
{
    (void)state;
    struct moment_wall wall = {2025, 3, 7, 9, 5, 3};
    assert_int_equal(make(&wall, 0, UTC), 1741338303);
    assert_int_equal(make(&wall, 0, AMSTERDAM), 1741334703);
    wall = (struct moment_wall){2024, 14, 35, 33, 4, 63};
    assert_int_equal(make(&wall, 0, UTC), 1741424703);
    assert_int_equal(make(&(struct moment_wall){0, 1, 1, 0, 0, 0}, 0, UTC), 946684800);
    assert_int_equal(make(&(struct moment_wall){12, 1, 1, 0, 0, 0}, 0, UTC), 1325376000);
    assert_int_equal(make(&(struct moment_wall){69, 1, 1, 0, 0, 0}, 0, UTC), 3124224000);
    assert_int_equal(make(&(struct moment_wall){70, 1, 1, 0, 0, 0}, 0, UTC), 0);
    assert_int_equal(make(&(struct moment_wall){100, 1, 1, 0, 0, 0}, 0, UTC), 946684800);
    assert_int_equal(make(&(struct moment_wall){101, 1, 1, 0, 0, 0}, 0, UTC), -58979923200);
    assert_int_equal(make(&(struct moment_wall){INT64_MAX, 1, 1, 0, 0, 0}, 0, UTC),
                     NO_DATE);
    assert_int_equal(make(&(struct moment_wall){2025, 1, 1, INT64_MAX, 0, 0}, 0, UTC),
                     NO_DATE);
}

static void mktime_takes_the_hour_of_the_season_when_it_comes_twice(void **state)
{
    (void)state;
    struct moment_wall wall = {2025, 10, 26, 2, 30, 0};
    assert_int_equal(make(&wall, WINTER, AMSTERDAM), 1761442200);
    assert_int_equal(make(&wall, SUMMER, AMSTERDAM), 1761438600);
    wall = (struct moment_wall){2025, 11, 2, 1, 30, 0};
    assert_int_equal(make(&wall, WINTER, NEW_YORK), 1762065000);
    assert_int_equal(make(&wall, SUMMER, NEW_YORK), 1762061400);
}

static void a_wall_shows_what_mktime_takes(void **state)
{
    (void)state;
    for (int64_t seconds = -100000000000; seconds < 100000000000; seconds += 99999989) {
        struct moment_wall wall = moment_wall_at(seconds, NULL);
        int64_t again;
        assert_true(wall.hour >= 0 && wall.hour < 24 && wall.minute >= 0 &&
                    wall.minute < 60);
        assert_true(moment_wall_seconds(&wall, &again));
        assert_int_equal(again, seconds);
    }
    struct moment_wall wall = moment_wall_at(SUMMER, places[KOLKATA]);
    assert_int_equal(wall.hour, 16);
    assert_int_equal(wall.minute, 35);
    wall = moment_wall_at(INT64_MIN, NULL);
    int64_t first;
    assert_true(moment_wall_seconds(&wall, &first));
    assert_int_equal(first, INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_as_php_reads_them),
        cmocka_unit_test(every_word_means_what_php_means_by_it),
        cmocka_unit_test(every_zone_abbreviation_is_known),
        cmocka_unit_test(weekdays_pass_over_weekends),
        cmocka_unit_test(weekdays_are_found_from_any_day),
        cmocka_unit_test(what_is_no_date_leaves_the_result_alone),
        cmocka_unit_test(a_text_longer_than_the_limit_is_no_date),
        cmocka_unit_test(what_is_not_within_64_bits_is_no_date),
        cmocka_unit_test(any_now_will_do),
        cmocka_unit_test(date_prints_as_php_does),
        cmocka_unit_test(strftime_prints_as_php_does),
        cmocka_unit_test(strftime_prints_nothing_rather_than_too_much),
        cmocka_unit_test(both_add_to_what_is_there),
        cmocka_unit_test(the_ends_of_time_are_printed),
        cmocka_unit_test(days_and_dates_agree),
        cmocka_unit_test(months_and_days_roll_over),
        cmocka_unit_test(weekdays_repeat_for_ever),
        cmocka_unit_test(weeks_belong_to_the_year_of_their_thursday),
        cmocka_unit_test(years_of_centuries_leap_when_four_divides_them),
        cmocka_unit_test(checkdate_knows_the_calendar),
        cmocka_unit_test(mktime_rolls_over_and_knows_short_years),
        cmocka_unit_test(mktime_takes_the_hour_of_the_season_when_it_comes_twice),
        cmocka_unit_test(a_wall_shows_what_mktime_takes),
    };
    return cmocka_run_group_tests(tests, open_places, close_places);
}
