#include "app/answer.h"

#include <stdio.h>
#include <time.h>

json_t *answer_text(struct str str)
{
    return json_stringn(str.ptr, str.len);
}

json_t *answer_kept(struct str json)
{
    return json.len > 0 ? answer_text(json) : json_null();
}

json_t *answer_time(int64_t at_ms)
{
    char written[40];
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm utc = {0};
    if (at_ms <= 0 || at_ms == INT64_MAX || !gmtime_r(&seconds, &utc)) {
        return json_null();
    }
    (void)snprintf(written, sizeof written, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                   utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                   utc.tm_sec, (int)(at_ms % 1000));
    return json_string(written);
}
