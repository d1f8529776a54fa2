#include "app/when.h"

#include <time.h>

#include "base/clock.h"
#include "base/str.h"

/* "2h" ago, but not before there were calendars. */
static bool read_ago(const char *word, int64_t *at_ms)
{
    int64_t now_ms = clock_now_ms(&clock_real);
    int64_t ago_s;
    if (!str_to_seconds(str_from(word), &ago_s) || ago_s > now_ms / 1000) {
        return false;
    }
    *at_ms = now_ms - ago_s * 1000;
    return true;
}

/* ".123Z", or "Z". */
static bool read_end(const char *end, int64_t *ms)
{
    struct str rest = str_from(end);
    *ms = 0;
    return str_is(rest, "Z") ||
           (rest.len == 5 && rest.ptr[0] == '.' && rest.ptr[4] == 'Z' &&
            str_to_int64(str_before(str_after(rest, 1), 3), 0, 999, ms));
}

/* One that is in the calendar: February has no 31st. */
static bool read_calendar(const char *word, const char *form, bool has_time, int64_t *at_ms)
{
    struct tm utc = {0};
    int64_t ms = 0;
    const char *end = strptime(word, form, &utc);
    int day = utc.tm_mday;
    if (!end || (has_time ? !read_end(end, &ms) : *end)) {
        return false;
    }
    *at_ms = (int64_t)timegm(&utc) * 1000 + ms;
    return utc.tm_mday == day;
}

bool when_read(const char *word, int64_t *at_ms)
{
    return read_ago(word, at_ms) || read_calendar(word, "%Y-%m-%d", false, at_ms) ||
           read_calendar(word, "%Y-%m-%dT%H:%M:%S", true, at_ms);
}
