#include "moment.h"

/* The calendar as Howard Hinnant describes it: years counted from March, eras of 400. */
imh_str moment_day(imh_call *call, int64_t day)
{
    enum { DAYS_TO_1970 = 719468, ERA_DAYS = 146097, ERA_YEARS = 400 };
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
