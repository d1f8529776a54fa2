/* moment - dates as PHP 8.2 reads and writes them: strtotime(), date(), strftime(),
 * mktime().
 *
 * A moment is a number of seconds since 1970 in UTC; a zone (NULL: UTC) is needed to see it
 * on a wall. The calendar is Gregorian for ever in both directions, year 0 included. Pure
 * functions, no globals, no locale, no clock: `now_s` comes from the caller.
 */
#ifndef HOST_SMARTY_MOMENT_H
#define HOST_SMARTY_MOMENT_H

#include "base/text.h"
#include "base/zone.h"

enum {
    MOMENT_TEXT_BYTES = 512,     /* a longer text is no date */
    MOMENT_STRFTIME_BYTES = 4095 /* PHP prints nothing when more would come out */
};

/* What a wall clock and a calendar show. */
struct moment_wall {
    int64_t year;
    int64_t month;
    int64_t day;
    int64_t hour;
    int64_t minute;
    int64_t second;
};

/* strtotime(): false where PHP gives false, and where the result is not within 64 bits. The
 * only allocation: a text that names another zone ("09:00 Europe/Paris") opens its file. */
bool moment_parse(struct str text, int64_t now_s, const struct zone *zone,
                  int64_t *seconds);

/* date(): what is no letter of a format, or behind a backslash, is printed as it is. */
void moment_date(struct text *out, struct str format, int64_t seconds,
                 const struct zone *zone);

/* strftime() of the GNU C library in the C locale, with its flags and widths, as PHP shows
 * it: nothing at all when the result is empty or longer than MOMENT_STRFTIME_BYTES. */
void moment_strftime(struct text *out, struct str format, int64_t seconds,
                     const struct zone *zone);

/* The wall clock at a moment, every field within its usual range. */
struct moment_wall moment_wall_at(int64_t seconds, const struct zone *zone);

/* mktime(): the moment at which the wall shows this; fields beyond their range roll over,
 * years 0 to 69 are 2000 to 2069 and 70 to 100 are 1970 to 2000. Of an hour that the clock
 * shows twice PHP takes the one in summer time or not as it is now. False outside 64 bits.
 */
bool moment_make(const struct moment_wall *wall, int64_t now_s, const struct zone *zone,
                 int64_t *seconds);

/* checkdate(): years 1 to 32767. */
bool moment_is_date(int64_t month, int64_t day, int64_t year);

/* ---- the calendar; days count from 1 January 1970 ---- */

/* False when the result or a step to it is not within 64 bits; months and days roll over.
 */
bool moment_days(int64_t year, int64_t month, int64_t day, int64_t *days);

/* Sets year, month and day, the rest to 0. */
struct moment_wall moment_date_of(int64_t days);

/* Seconds of the wall as if it hung in UTC; fields roll over. False outside 64 bits. */
bool moment_wall_seconds(const struct moment_wall *wall, int64_t *seconds);

bool moment_is_leap(int64_t year);
int moment_month_days(int64_t year, int month);     /* month 1 to 12 */
int moment_weekday(int64_t days);                   /* 0 is Sunday */
int moment_yearday(const struct moment_wall *wall); /* 0 is 1 January */

/* The week by ISO 8601 and the year it belongs to. */
int moment_week(const struct moment_wall *wall, int64_t *year);

#endif
