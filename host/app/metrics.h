/* metrics - what a daemon tells of itself to whoever collects figures: docs/operate.md has
 * the list.
 *
 * Counts are kept where things happen, and only read here. What the store is asked for is
 * asked again only when it cost less than a hundredth of the time since: so whoever asks
 * all the time disturbs nobody. No name of anything but accounts, integrations and plugins
 * is in a label, and of those no more than METRICS_INTEGRATIONS_MOST.
 *
 * Thread: the daemon's.
 */
#ifndef HOST_APP_METRICS_H
#define HOST_APP_METRICS_H

#include "app/daemon.h"

enum {
    METRICS_INTEGRATIONS_MOST = 500, /* the others are only counted */
    METRICS_PLUGINS_MOST = 200,
    METRICS_FRESH_MS = 1000, /* so long figures of the store serve in any case */
    METRICS_SHARE = 100      /* of the time that may be spent on asking it */
};

struct metrics;

struct metrics *metrics_make(struct error *error);
void metrics_free(struct metrics *metrics);

/* In the text format of Prometheus. What the store does not tell is left out. */
bool metrics_write(void *daemon, struct text *out, struct error *error);

#endif
