/* queue_step - what the steps of the queue have in common.
 *
 * Of a stream, at most one job waits for its time or runs: it is active. A failed job that
 * holds its stream is in it, and not active.
 */
#ifndef HOST_QUEUE_QUEUE_STEP_H
#define HOST_QUEUE_QUEUE_STEP_H

#include "queue/queue.h"

static inline bool step_load(const struct queue *queue, int64_t id, struct job *job,
                             struct error *error)
{
    return queue->book->load(queue->book->self, id, queue->arena, job, error);
}

static inline bool step_update(const struct queue *queue, const struct job *job,
                               struct error *error)
{
    return queue->book->update(queue->book->self, job, error);
}

/* The job waits, first of its stream, until `ready_at_ms`. */
void step_wait(struct job *job, int64_t ready_at_ms);

/* The active job `job` is not through: it waits until `ready_at_ms`, unless people brought
 * an older one back into its stream in the meantime, which goes first. */
bool step_wait_again(const struct queue *queue, struct job *job, int64_t ready_at_ms,
                     struct error *error);

/* A waiting job steps behind others of its stream; the rest it was given is kept. */
bool step_back(const struct queue *queue, struct job *job, struct error *error);

/* The job, which was active or held its stream, ends here: in this state. When it `holds`,
 * its stream stays behind it; else that goes on. */
bool step_end(const struct queue *queue, struct job *job, enum job_state state, bool holds,
              struct error *error);

/* Into its history. */
bool step_note(const struct queue *queue, const struct job *job, enum happening what,
               struct str words, struct error *error);

/* A job that is shown, and that `by` makes needless. */
bool step_replace(const struct queue *queue, struct job *job, int64_t by,
                  struct error *error);

#endif
