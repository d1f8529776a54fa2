#include "queue/queue_step.h"

#include <stdio.h>

enum { PROMOTE_REST_MOST_MS = 1000 * LADDER_AFTER_MOST_S + LADDER_EXTRA_MOST_MS };

void step_wait(struct job *job, int64_t ready_at_ms)
{
    job->state = JOB_WAITING;
    job->ready_at_ms = ready_at_ms;
}

/* Not by the age of the job: streams take turns, however many jobs they have. */
static int64_t ready_of(const struct queue *queue, const struct job *job)
{
    int64_t now_ms = queue->now_ms;
    int64_t most_ms = job->starts > 0 ? now_ms + PROMOTE_REST_MOST_MS : JOB_NEVER - 1;
    int64_t at_ms = job->not_before_ms > now_ms ? job->not_before_ms : now_ms;
    return at_ms < most_ms ? at_ms : most_ms;
}

/* People see that it does not build on what was to be there. */
static bool note_failed(const struct queue *queue, const struct job *failed,
                        const struct job *next, struct error *error)
{
    char words[32];
    (void)snprintf(words, sizeof words, "job %lld", (long long)failed->id);
    return step_note(queue, next, HAPPENED_FOLLOWED, str_from(words), error);
}

/* Nobody of the stream is active: its first job is, unless it holds the stream. */
static bool promote(const struct queue *queue, const struct job *of, struct error *error)
{
    const struct book *book = queue->book;
    int64_t id = 0;
    struct job first;
    if (!book->first_of_stream(book->self, of->integration, of->stream, &id, error)) {
        return false;
    }
    if (id == 0) {
        return true;
    }
    if (!step_load(queue, id, &first, error)) {
        return false;
    }
    if (first.state != JOB_BEHIND) {
        return true;
    }
    step_wait(&first, ready_of(queue, &first));
    bool follows = job_is_shown(of) && of->id < first.id;
    return step_update(queue, &first, error) &&
           (!follows || note_failed(queue, of, &first, error));
}

bool step_back(const struct queue *queue, struct job *job, struct error *error)
{
    if (job->ready_at_ms != JOB_NEVER && job->ready_at_ms > job->not_before_ms) {
        job->not_before_ms = job->ready_at_ms;
    }
    job->state = JOB_BEHIND;
    job->ready_at_ms = JOB_NOT_READY;
    return step_update(queue, job, error);
}

bool step_wait_again(const struct queue *queue, struct job *job, int64_t ready_at_ms,
                     struct error *error)
{
    const struct book *book = queue->book;
    int64_t first = 0;
    if (!book->first_of_stream(book->self, job->integration, job->stream, &first, error)) {
        return false;
    }
    step_wait(job, ready_at_ms);
    return first == job->id ? step_update(queue, job, error)
                            : step_back(queue, job, error) && promote(queue, job, error);
}

bool step_end(const struct queue *queue, struct job *job, enum job_state state, bool holds,
              struct error *error)
{
    const struct book *book = queue->book;
    bool was_active = job->state == JOB_WAITING || job->state == JOB_RUNNING;
    bool was_holding = job_is_shown(job) && job->ended_at_ms == 0;
    int64_t active = 0;
    job->state = state;
    job->ready_at_ms = JOB_NOT_READY;
    job->ended_at_ms = holds ? 0 : queue->now_ms;
    if (!step_update(queue, job, error)) {
        return false;
    }
    /* Beside one that holds only older ones can be active, which people retried. */
    if (was_holding && !book->active_before(book->self, job->integration, job->stream,
                                            job->id, &active, error)) {
        return false;
    }
    return ((was_active || was_holding) && active == 0 ? promote(queue, job, error)
                                                       : true) &&
           (!queue->ended || !(job->flags & JOB_FOLLOWS) ||
            queue->ended(queue, job, error));
}

bool step_note(const struct queue *queue, const struct job *job, enum happening what,
               struct str words, struct error *error)
{
    const struct history history = {.job = job->id,
                                    .at_ms = queue->now_ms,
                                    .what = what,
                                    .times = 1,
                                    .words = str_before(words, JOB_WORDS_BYTES)};
    return queue->book->add_history(queue->book->self, &history, error);
}

bool step_replace(const struct queue *queue, struct job *job, int64_t by,
                  struct error *error)
{
    char words[48];
    (void)snprintf(words, sizeof words, "by job %lld", (long long)by);
    return step_note(queue, job, HAPPENED_REPLACED, str_from(words), error) &&
           step_end(queue, job, JOB_DISCARDED, false, error);
}
