#include "smarty/moment.h"

enum {
    DAY_S = 86400,
    CYCLE_YEARS = 400,   /* the calendar repeats, */
    CYCLE_DAYS = 146097, /* weekdays too */
    MARCH_DAYS = 719468  /* from 1 March of year 0 to 1 January 1970 */
};

static int64_t floor_divide(int64_t number, int64_t by)
{
    return number / by - (number % by < 0);
}

static int64_t floor_rest(int64_t number, int64_t by)
{
    int64_t rest = number % by;
    return rest < 0 ? rest + by : rest;
}

bool moment_is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % CYCLE_YEARS == 0;
}

int moment_month_days(int64_t year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && moment_is_leap(year));
}

/* Years start in March here, so that the leap day is the last day and months follow a
 * pattern of 153 days in five. */
bool moment_days(int64_t year, int64_t month, int64_t day, int64_t *days)
{
    int64_t months;
    if (__builtin_sub_overflow(month, 3, &months) ||
        __builtin_add_overflow(year, floor_divide(months, 12), &year)) {
        return false;
    }
    int64_t cycle = floor_divide(year, CYCLE_YEARS);
    int64_t in_cycle = floor_rest(year, CYCLE_YEARS);
    int64_t in_year = (153 * floor_rest(months, 12) + 2) / 5 - 1 - MARCH_DAYS;
    int64_t rest = in_cycle * 365 + in_cycle / 4 - in_cycle / 100 + in_year;
    int64_t sum;
    if (__builtin_mul_overflow(cycle, CYCLE_DAYS, &sum) ||
        __builtin_add_overflow(sum, rest, &sum) || __builtin_add_overflow(sum, day, &sum)) {
        return false;
    }
    *days = sum;
    return true;
}

struct moment_wall moment_date_of(int64_t days)
{
    int64_t cycle = floor_divide(days, CYCLE_DAYS);
    int64_t day = floor_rest(days, CYCLE_DAYS) + MARCH_DAYS % CYCLE_DAYS;
    cycle += MARCH_DAYS / CYCLE_DAYS + day / CYCLE_DAYS;
    day %= CYCLE_DAYS;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int64_t month = (5 * day + 2) / 153;
    return (struct moment_wall){.year = cycle * CYCLE_YEARS + year + (month >= 10),
                                .month = month < 10 ? month + 3 : month - 9,
                                .day = day - (153 * month + 2) / 5 + 1};
}

int moment_weekday(int64_t days)
{
    return (int)floor_rest(floor_rest(days, 7) + 4, 7); /* day 0 was a Thursday */
}

int moment_yearday(const struct moment_wall *wall)
{
    int day = (int)wall->day - 1;
    for (int month = 1; month < wall->month; month++) {
        day += moment_month_days(wall->year, month);
    }
    return day;
}

/* The week of a day is that of its Thursday. */
int moment_week(const struct moment_wall *wall, int64_t *year)
{
    int64_t days;
    if (!moment_days(wall->year, wall->month, wall->day, &days)) {
        *year = wall->year;
        return 1;
    }
    struct moment_wall thursday = moment_date_of(days + 3 - (moment_weekday(days) + 6) % 7);
    *year = thursday.year;
    return moment_yearday(&thursday) / 7 + 1;
}

struct moment_wall moment_wall_at(int64_t seconds, const struct zone *zone)
{
    int64_t local_s = zone_to_local(zone, seconds);
    struct moment_wall wall = moment_date_of(floor_divide(local_s, DAY_S));
    int64_t rest = floor_rest(local_s, DAY_S);
    wall.hour = rest / 3600;
    wall.minute = rest / 60 % 60;
    wall.second = rest % 60;
    return wall;
}

/* *sum += count * unit, or false */
static bool add_product(int64_t *sum, int64_t count, int64_t unit)
{
    int64_t product;
    return !__builtin_mul_overflow(count, unit, &product) &&
           !__builtin_add_overflow(*sum, product, sum);
}

bool moment_wall_seconds(const struct moment_wall *wall, int64_t *seconds)
{
    int64_t days;
    int64_t sum = wall->second;
    if (!moment_days(wall->year, wall->month, wall->day, &days) ||
        !add_product(&sum, wall->minute, 60) || !add_product(&sum, wall->hour, 3600)) {
        return false;
    }
    /* Half a day at a time: the first day of the range starts outside of it. */
    for (int half = 0; half < 2; half++) {
        if (!add_product(&sum, days, DAY_S / 2)) {
            return false;
        }
    }
    *seconds = sum;
    return true;
}

bool moment_make(const struct moment_wall *wall, int64_t now_s, const struct zone *zone,
                 int64_t *seconds)
{
    struct moment_wall full = *wall;
    if (full.year >= 0 && full.year <= 100) {
        full.year += full.year < 70 ? 2000 : 1900;
    }
    int64_t local_s;
    if (!moment_wall_seconds(&full, &local_s)) {
        return false;
    }
    *seconds = zone_to_utc_named(zone, local_s, zone_at(zone, now_s).summer);
    return true;
}

bool moment_is_date(int64_t month, int64_t day, int64_t year)
{
    return year >= 1 && year <= 32767 && month >= 1 && month <= 12 && day >= 1 &&
           day <= moment_month_days(year, (int)month);
}
