/* delivery_probe - the least that durable delivery can cost here: SQLite and libcurl.
 *
 * Producers wait until their row is on the disk: one thread commits what has gathered.
 * Another makes the calls, many side by side over kept connections; what was answered is
 * removed with the next commit. It keeps no order, repeats nothing, and finds nothing again
 * after a crash.
 */
#ifndef TESTS_BENCH_DELIVERY_PROBE_H
#define TESTS_BENCH_DELIVERY_PROBE_H

#include "delivery_sink.h"

struct probe_order {
    const char *folder; /* on the disk to measure */
    struct sink *sink;
    unsigned waiting;   /* jobs that are there already */
    unsigned producers; /* ... and who adds more: each waits for its yes */
    int64_t span_ms;    /* so long */
    double pause_us;    /* of a producer after each */
};

struct probe_figures {
    double accepted_s, delivered_s; /* a second */
    struct sink_figures sink;
};

struct probe_figures probe_run(const struct probe_order *order);

#endif
