/* metrics_store - the figures that the store's thread knows: its own, and those of the
 * queue.
 *
 * Private to metrics. Thread: the daemon's.
 */
#ifndef HOST_APP_METRICS_STORE_H
#define HOST_APP_METRICS_STORE_H

#include "app/metrics.h"
#include "queue/tally.h"

/* An integration that jobs are or were run for. */
struct metrics_row {
    struct deliver_figures figures;
    struct tally tally;
    bool counted; /* its tally is */
};

struct metrics {
    struct metrics_row rows[METRICS_INTEGRATIONS_MOST];
    unsigned count;
    unsigned left_out;
    struct tally tallies[METRICS_INTEGRATIONS_MOST]; /* of the ids */
    int64_t ids[METRICS_INTEGRATIONS_MOST];
    unsigned tally_count;
    struct store_figures store;
    bool has_store;  /* it answered the last time */
    int64_t next_ms; /* monotonic: when the store may be asked again */
};

/* Reads what deliver knows, and asks the store if it may be asked again. */
void metrics_gather(struct metrics *metrics, const struct daemon *daemon);

#endif
