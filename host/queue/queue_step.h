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

static inline bool step_update(const struct queue *queue, struct job *job,
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

/* A job that `by` makes needless. */
bool step_replace(const struct queue *queue, struct job *job, int64_t by,
                  struct error *error);

/* ---- writes of one record: queue_record.c ---- */

/* `job`, which waits or is about to, becomes what it is with a newer write of its key done:
 * its place in the stream, attempts and rest stay. `*taken` false: that cannot be one job,
 * and nothing was done. */
bool step_take_in(const struct queue *queue, struct job *job, uint32_t flags,
                  struct str args, bool *taken, struct error *error);

/* `job` is tried again later: with today's values, so that those behind it are in it. */
bool step_take_newer_in(const struct queue *queue, struct job *job, struct error *error);

/* `job` is done: what older ones of its key that people look at have in common with it is
 * no longer to be done. */
bool step_settle_older(const struct queue *queue, const struct job *job,
                       struct error *error);

/* Takes out of a shown `job` what a later one of its key does. `*none`: that is all. */
bool step_leave_to_later(const struct queue *queue, struct job *job, bool *none,
                         struct error *error);

#endif
