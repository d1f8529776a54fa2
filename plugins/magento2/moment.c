#include "moment.h"

#include <string.h>

enum { DAYS_TO_1970 = 719468, ERA_DAYS = 146097, ERA_YEARS = 400, DAY_S = 86400 };

/* The calendar as Howard Hinnant describes it: years counted from March, eras of 400. */
imh_str moment_day(imh_call *call, int64_t day)
{
    int64_t z = day + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - ERA_DAYS + 1) / ERA_DAYS;
    int64_t day_of_era = z - era * ERA_DAYS;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    int64_t day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int64_t year = year_of_era + era * ERA_YEARS + (month <= 2);
    return imh_print(call, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month,
                     day_of_month);
}

imh_str moment_time(imh_call *call, int64_t at_ms)
{
    int64_t seconds = at_ms > 0 ? at_ms / 1000 : 0;
    int64_t of_day = seconds % DAY_S;
    return imh_print(call, "%s %02d:%02d:%02d", moment_day(call, seconds / DAY_S).ptr,
                     (int)(of_day / 3600), (int)(of_day / 60 % 60), (int)(of_day % 60));
}

static int64_t number(const char *digits, size_t count)
{
    int64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all = all * 10 + (digits[i] - '0');
    }
    return all;
}

static int64_t days_to(int64_t year, int64_t month, int64_t day_of_month)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - ERA_YEARS + 1) / ERA_YEARS;
    int64_t year_of_era = y - era * ERA_YEARS;
    int64_t month_from_march = month > 2 ? month - 3 : month + 9;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day_of_month - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * ERA_DAYS + day_of_era - DAYS_TO_1970;
}

enum { DATE_BYTES = 10, MONTH_AT = 5, DAY_AT = 8 };

int moment_midnight_s(imh_str text, int64_t *seconds)
{
    if (strcmp(text.ptr + DATE_BYTES, " 00:00:00") != 0) {
        return 0;
    }
    int64_t month = number(text.ptr + MONTH_AT, 2);
    int64_t day = number(text.ptr + DAY_AT, 2);
    *seconds = days_to(number(text.ptr, 4), month, day) * DAY_S;
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* "0000-00-00": a digit for each 0. */
static int has_form(imh_str text, const char *form)
{
    if (text.len != strlen(form)) {
        return 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (form[i] == '0' ? c < '0' || c > '9' : c != form[i]) {
            return 0;
        }
    }
    return 1;
}

/* Only a day that there is comes back as it was. */
static int is_in_calendar(imh_call *call, imh_str text)
{
    int64_t day = days_to(number(text.ptr, 4), number(text.ptr + MONTH_AT, 2),
                          number(text.ptr + DAY_AT, 2));
    return memcmp(moment_day(call, day).ptr, text.ptr, DATE_BYTES) == 0;
}

int moment_is_day(imh_call *call, imh_str text)
{
    return has_form(text, "0000-00-00") && strncmp(text.ptr, "1000", 4) >= 0 &&
           is_in_calendar(call, text);
}

int moment_is_time(imh_call *call, imh_str text)
{
    return has_form(text, "0000-00-00 00:00:00") && strncmp(text.ptr, "1971", 4) >= 0 &&
           strncmp(text.ptr, "2037", 4) <= 0 &&
           strncmp(text.ptr + DATE_BYTES + 1, "24", 2) < 0 &&
           text.ptr[DATE_BYTES + 4] < '6' && text.ptr[DATE_BYTES + 7] < '6' &&
           is_in_calendar(call, text);
}
