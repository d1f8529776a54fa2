/* moment - days of the shop: "2026-11-21". Pure, but for memory of the call. */
#ifndef PLUGINS_MAGENTO2_MOMENT_H
#define PLUGINS_MAGENTO2_MOMENT_H

#include <imh/imh.h>

/* The day, counted from 1970-01-01, as the shop writes it. */
imh_str moment_day(imh_call *call, int64_t day);

/* The second of that moment, "2026-11-21 19:50:59". */
imh_str moment_time(imh_call *call, int64_t at_ms);

/* The seconds of midnight, as if it were UTC's, when `text` is a day, "2024-02-29
 * 00:00:00", and not a moment of one; 0 when it is none. Its form has been looked at. */
int moment_midnight_s(imh_str text, int64_t *seconds);

/* A day, or a time, that there is, written as the shop does. Of times only those that its
 * database can keep: from 1971 to 2037. */
int moment_is_day(imh_call *call, imh_str text);
int moment_is_time(imh_call *call, imh_str text);

#endif
