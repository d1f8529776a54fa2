/* figures - what a daemon's supervisors did since it started: counts that only grow.
 *
 * Theirs is lent from the daemon: a new configuration has another supervisor, and the
 * counts go on. NULL where nobody wants to know.
 *
 * Thread: the supervisor's.
 */
#ifndef HOST_ENGINE_FIGURES_H
#define HOST_ENGINE_FIGURES_H

#include "base/histogram.h"
#include "base/message.h"

enum figure {
    FIGURE_WORKER_STARTS,
    FIGURE_WORKER_DEATHS,
    FIGURE_QUARANTINES,
    FIGURE_NET_STARTS,
    FIGURE_COUNT
};

struct figures {
    uint64_t counts[FIGURE_COUNT];
    uint64_t requests[REQUEST_CLASSES];
    struct histogram calls[CALL_KIND_COUNT]; /* from order to end */
};

static inline void figures_count(struct figures *figures, enum figure figure)
{
    if (figures) {
        figures->counts[figure]++;
    }
}

/* A call ended. */
static inline void figures_call(struct figures *figures, enum call_kind kind,
                                int64_t took_ms, const struct spent *spent)
{
    if (figures) {
        histogram_note(&figures->calls[kind], took_ms);
        for (unsigned i = 0; i < REQUEST_CLASSES; i++) {
            figures->requests[i] += spent->answers[i];
        }
    }
}

#endif
