/* tally - how full the queue is of jobs of an integration: for figures that are read often.
 *
 * Indexes are counted, and no further than to TALLY_MOST, so that nobody waits for it.
 *
 * Thread: store.
 */
#ifndef HOST_QUEUE_TALLY_H
#define HOST_QUEUE_TALLY_H

#include "store/db.h"

enum { TALLY_MOST = 50000 };

struct tally {
    int64_t waiting; /* in their streams, and not running; held ones are among them */
    int64_t held;    /* until somebody releases them */
    int64_t running;
    int64_t failed;       /* shown to people: failed and unknown */
    int64_t due_since_ms; /* since when the first of those that are due is; 0: none is */
};

bool tally_count(struct db *db, int64_t integration, int64_t now_ms, struct tally *tally,
                 struct error *error);

#endif
