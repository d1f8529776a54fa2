/* tally - how full the queue is of jobs of an integration.
 *
 * Jobs are counted as they change, in the same transaction: asking costs one row, however
 * many jobs there are. The numbers are those of the last commit.
 *
 * Thread: store.
 */
#ifndef HOST_QUEUE_TALLY_H
#define HOST_QUEUE_TALLY_H

#include "queue/job.h"
#include "store/db.h"

struct tally {
    int64_t waiting; /* for their time or for others of their stream */
    int64_t held;    /* of these, until somebody releases them */
    int64_t running;
    int64_t failed;       /* shown to people: failed and unknown */
    int64_t due_since_ms; /* since when the first of those that are due is; 0: none is */
};

bool tally_read(struct db *db, int64_t integration, int64_t now_ms, struct tally *tally,
                struct error *error);

/* What `before` was stored as is now stored as `job` is; NULL: it is new. */
bool tally_job(struct db *db, const struct job *before, const struct job *job,
               struct error *error);

#endif
