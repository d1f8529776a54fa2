#include "smarty/moment_draft.h"

enum { WORKDAYS_A_WEEK = 5, SUNDAY = 0, SATURDAY = 6 };

void moment_draft_init(struct moment_draft *draft, const struct zone *home)
{
    *draft = (struct moment_draft){
        .wall = {MOMENT_UNSET, MOMENT_UNSET, MOMENT_UNSET, MOMENT_UNSET, MOMENT_UNSET,
                 MOMENT_UNSET},
        .microsecond = MOMENT_UNSET,
        .home = home,
        .summer = true, /* PHP reads "not said" so where a zone is named */
    };
}

void moment_draft_done(struct moment_draft *draft)
{
    zone_free(draft->opened);
    draft->opened = NULL;
}

static void fill(int64_t *field, int64_t from)
{
    if (*field == MOMENT_UNSET) {
        *field = from;
    }
}

/* A date without a time is its midnight; anything else that is missing is as now. */
static void fill_from_now(struct moment_draft *draft, int64_t now_s)
{
    struct moment_wall now = moment_wall_at(now_s, draft->home);
    struct moment_wall *wall = &draft->wall;
    if (draft->has_date && draft->time_count == 0) {
        wall->hour = wall->minute = wall->second = draft->microsecond = 0;
    }
    fill(&draft->microsecond, 0);
    fill(&wall->year, now.year);
    fill(&wall->month, now.month);
    fill(&wall->day, now.day);
    fill(&wall->hour, now.hour);
    fill(&wall->minute, now.minute);
    fill(&wall->second, now.second);
}

/* Brings `*low` into 0..base-1; what is over goes to `*high`. */
static bool carry(int64_t *low, int64_t base, int64_t *high)
{
    int64_t rest = *low % base;
    int64_t over = *low / base - (rest < 0);
    *low = rest < 0 ? rest + base : rest;
    return !__builtin_add_overflow(*high, over, high);
}

/* All fields into their range: 31 February becomes 2 or 3 March. */
static bool normalise(struct moment_draft *draft)
{
    struct moment_wall *wall = &draft->wall;
    int64_t days;
    if (!carry(&draft->microsecond, 1000000, &wall->second) ||
        !carry(&wall->second, 60, &wall->minute) ||
        !carry(&wall->minute, 60, &wall->hour) || !carry(&wall->hour, 24, &wall->day) ||
        !moment_days(wall->year, wall->month, wall->day, &days)) {
        return false;
    }
    struct moment_wall date = moment_date_of(days);
    wall->year = date.year;
    wall->month = date.month;
    wall->day = date.day;
    return true;
}

static int weekday_of(const struct moment_wall *wall)
{
    int64_t days;
    return moment_days(wall->year, wall->month, wall->day, &days) ? moment_weekday(days)
                                                                  : 0;
}

static bool go_to_edge(struct moment_draft *draft)
{
    if (draft->edge != EDGE_NONE) {
        draft->wall.day = draft->edge == EDGE_FIRST_DAY ? 1 : 0;
        draft->wall.month += draft->edge == EDGE_LAST_DAY;
    }
    return normalise(draft);
}

/* "first monday of next month" counts from the first of that month, "last monday of" back
 * from the first of the month behind it. */
static bool go_to_counted_month(struct moment_draft *draft)
{
    struct moment_wall *wall = &draft->wall;
    if (draft->special == SPECIAL_WEEKDAY_OF || draft->special == SPECIAL_LAST_WEEKDAY_OF) {
        if (__builtin_add_overflow(wall->month, draft->relative[UNIT_MONTH],
                                   &wall->month) ||
            __builtin_add_overflow(wall->month, draft->special == SPECIAL_LAST_WEEKDAY_OF,
                                   &wall->month)) {
            return false;
        }
        wall->day = 1;
        draft->relative[UNIT_MONTH] = 0;
    }
    return go_to_edge(draft);
}

/* "monday next week": weeks start on Monday here. */
static void go_to_day_of_week(struct moment_draft *draft, int today)
{
    int weekday = draft->weekday;
    if (today == SUNDAY && weekday != SUNDAY) {
        weekday -= 7;
    } else if (today != SUNDAY && weekday == SUNDAY) {
        weekday = 7;
    }
    draft->wall.day += weekday - today;
}

static void go_to_weekday(struct moment_draft *draft)
{
    int today = weekday_of(&draft->wall);
    if (draft->weekday_rule == WEEKDAY_OF_WEEK) {
        go_to_day_of_week(draft, today);
        return;
    }
    if (draft->weekday < 0) {
        draft->wall.day -= 7 + draft->weekday + today;
        return;
    }
    int ahead = draft->weekday - today;
    int most_behind = draft->weekday_rule == WEEKDAY_OR_TODAY ? -1 : 0;
    bool back = draft->relative[UNIT_DAY] < 0;
    if (back ? ahead < 0 : ahead <= most_behind) {
        ahead += 7;
    }
    draft->wall.day += ahead;
}

static bool add_relative(struct moment_draft *draft)
{
    struct moment_wall *wall = &draft->wall;
    int64_t *const fields[UNIT_COUNT] = {&draft->microsecond, &wall->second, &wall->minute,
                                         &wall->hour,         &wall->day,    &wall->month,
                                         &wall->year};
    for (size_t unit = 0; unit < UNIT_COUNT; unit++) {
        if (__builtin_add_overflow(*fields[unit], draft->relative[unit], fields[unit])) {
            return false;
        }
    }
    return go_to_edge(draft);
}

/* Days to add so that `count` working days have passed; never ends on a weekend. */
static int64_t workdays_ahead(int64_t count, int today)
{
    int64_t days = count / WORKDAYS_A_WEEK * 7;
    int rest = (int)(count % WORKDAYS_A_WEEK);
    if (count > 0 && rest == 0) {
        return days - (today == SUNDAY ? 2 : today == SATURDAY);
    }
    if (count > 0) {
        bool over_weekend = today != SATURDAY && today + rest > WORKDAYS_A_WEEK;
        return days + rest + (today == SATURDAY) + (over_weekend ? 2 : 0);
    }
    if (rest == 0) {
        return days + (today == SATURDAY ? 2 : today == SUNDAY);
    }
    bool over_weekend = today != SUNDAY && today + rest < 1;
    return days + rest - (today == SUNDAY) - (over_weekend ? 2 : 0);
}

static bool add_workdays(struct moment_draft *draft)
{
    if (draft->special == SPECIAL_WORKDAYS) {
        int64_t days = workdays_ahead(draft->workdays, weekday_of(&draft->wall));
        if (__builtin_add_overflow(draft->wall.day, days, &draft->wall.day)) {
            return false;
        }
    }
    return normalise(draft);
}

static bool leave_zone(const struct moment_draft *draft, int64_t local_s, int64_t *seconds)
{
    int32_t offset_s = draft->offset_s;
    switch (draft->zone_form) {
    case ZONE_UNSAID:
        *seconds = zone_to_utc(draft->home, local_s);
        return true;
    case ZONE_NAMED:
        *seconds = zone_to_utc_named(draft->zone, local_s, draft->summer);
        return true;
    case ZONE_ABBREVIATION:
        offset_s += draft->summer ? 3600 : 0;
        break;
    case ZONE_OFFSET:
        break;
    }
    return !__builtin_sub_overflow(local_s, offset_s, seconds);
}

bool moment_draft_seconds(struct moment_draft *draft, int64_t now_s, int64_t *seconds)
{
    fill_from_now(draft, now_s);
    if (!go_to_counted_month(draft)) {
        return false;
    }
    if (draft->has_weekday) {
        go_to_weekday(draft);
    }
    int64_t local_s;
    return normalise(draft) && add_relative(draft) && add_workdays(draft) &&
           moment_wall_seconds(&draft->wall, &local_s) &&
           leave_zone(draft, local_s, seconds);
}
