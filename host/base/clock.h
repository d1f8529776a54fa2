/* clock - what time it is, given as an argument so that tests can set it.
 *
 * `now_ms` is the calendar (UTC, may jump); `mono_ms` only moves forward and is for
 * durations and deadlines. Thread: any.
 */
#ifndef HOST_BASE_CLOCK_H
#define HOST_BASE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*now_ms)(const struct clock *clock);
    int64_t (*mono_ms)(const struct clock *clock);
};

extern const struct clock clock_real;

enum { CLOCK_TEXT_BYTES = 32 };

/* "2026-11-28T10:00:00Z", of a moment of the calendar. */
void clock_write(int64_t at_ms, char text[CLOCK_TEXT_BYTES]);

static inline int64_t clock_now_ms(const struct clock *clock)
{
    return clock->now_ms(clock);
}

static inline int64_t clock_mono_ms(const struct clock *clock)
{
    return clock->mono_ms(clock);
}

#endif
