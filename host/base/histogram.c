#include "base/histogram.h"

const uint32_t histogram_bounds_ms[HISTOGRAM_BOUNDS] = {
    1, 2, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 15000, 60000};

void histogram_note(struct histogram *histogram, int64_t took_ms)
{
    unsigned bound = 0;
    uint64_t ms = took_ms > 0 ? (uint64_t)took_ms : 0;
    while (bound < HISTOGRAM_BOUNDS && ms > histogram_bounds_ms[bound]) {
        bound++;
    }
    histogram->counts[bound]++;
    histogram->sum_ms += ms;
}
