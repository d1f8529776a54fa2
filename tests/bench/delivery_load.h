/* delivery_load - who orders calls of a running imh, over its control socket.
 *
 * Each producer waits for its yes before it orders the next. A stream has one producer.
 */
#ifndef TESTS_BENCH_DELIVERY_LOAD_H
#define TESTS_BENCH_DELIVERY_LOAD_H

#include "delivery_host.h"

struct load {
    const struct host *host;
    const char *const *identifiers; /* they take turns */
    unsigned identifier_count;
    unsigned producers, streams; /* streams: of each producer */
    int64_t span_ms;
    double pause_us; /* of a producer after each */
};

struct load_figures {
    unsigned accepted;
    double accepted_s;
};

struct load_figures load_run(const struct load *load);

#endif
