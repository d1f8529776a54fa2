/* histogram - how long things took: how many no longer than each of a few times, and the
 * sum. Counts only grow.
 *
 * Thread: whoever owns it.
 */
#ifndef HOST_BASE_HISTOGRAM_H
#define HOST_BASE_HISTOGRAM_H

#include <stdint.h>

enum { HISTOGRAM_BOUNDS = 14 };

struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* up to each bound; behind them, longer */
    uint64_t sum_ms;
};

/* Milliseconds, rising. */
extern const uint32_t histogram_bounds_ms[HISTOGRAM_BOUNDS];

void histogram_note(struct histogram *histogram, int64_t took_ms);

#endif
