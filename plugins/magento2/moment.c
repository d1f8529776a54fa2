#include "moment.h"

/* `count` digits at `at`; -1 when they are none. */
static int digits(const char *at, int count)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9') {
            return -1;
        }
        number = number * 10 + (at[i] - '0');
    }
    return number;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar, years counted from March. */
static int64_t days(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

int moment_read(imh_str text, int64_t *seconds)
{
    static const char form[] = "0000-00-00 00:00:00";
    static const int starts[] = {0, 5, 8, 11, 14, 17};
    int parts[6];
    if (text.len != sizeof form - 1) {
        return 0;
    }
    for (size_t i = 0; i < sizeof form - 1; i++) {
        if (form[i] != '0' && form[i] != text.ptr[i]) {
            return 0;
        }
    }
    for (int i = 0; i < 6; i++) {
        parts[i] = digits(text.ptr + starts[i], i == 0 ? 4 : 2);
        if (parts[i] < 0) {
            return 0;
        }
    }
    if (parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31) {
        return 0;
    }
    *seconds = days(parts[0], parts[1], parts[2]) * 86400 + parts[3] * 3600 +
               parts[4] * 60 + parts[5];
    return 1;
}
