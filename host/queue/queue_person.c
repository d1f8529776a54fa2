#include "queue/queue.h"

#include "queue/queue_step.h"

static bool refuse(const struct job *job, const char *what, struct error *error)
{
    return error_set(error, IMH_REJECTED, "job %lld %s", (long long)job->id, what);
}

/* ---- retry ---- */

/* Back into its stream, at the place that its age gives it. */
static bool reopen(const struct queue *queue, struct job *job, struct error *error)
{
    const struct book *book = queue->book;
    int64_t first = 0;
    struct job head = {.id = 0};
    if (!book->first_of_stream(book->self, job->integration, job->stream, &first, error) ||
        (first != 0 && !step_load(queue, first, &head, error))) {
        return false;
    }
    bool is_first = first == 0 || job->id <= first;
    bool free = first == 0 || head.state == JOB_WAITING || job_is_shown(&head);
    job->attempts = job->kills = job->batch_most = 0;
    job->ended_at_ms = 0;
    job->state = JOB_BEHIND;
    job->ready_at_ms = JOB_NOT_READY;
    if (is_first && free) {
        step_wait(job, queue->now_ms);
    }
    if (is_first && head.state == JOB_WAITING && first != 0 && first != job->id &&
        !step_back(queue, &head, error)) {
        return false;
    }
    return step_update(queue, job, error);
}

/* One that waits need not rest any more. */
static bool hurry(const struct queue *queue, struct job *job, struct error *error)
{
    if (job->state != JOB_WAITING || job->ready_at_ms <= queue->now_ms) {
        return true;
    }
    step_wait(job, queue->now_ms);
    return step_update(queue, job, error);
}

static bool retry_one(const struct queue *queue, struct job *job, struct str who,
                      struct error *error)
{
    if (job->state == JOB_RUNNING) {
        return refuse(job, "is running", error);
    }
    if (!job_is_open(job) && !job_is_shown(job)) {
        return refuse(job, "has ended", error);
    }
    return step_note(queue, job, HAPPENED_RETRIED, who, error) &&
           (job_is_shown(job) ? reopen(queue, job, error) : hurry(queue, job, error));
}

/* The newest job of its key; 0 when that is the job itself. */
static bool find_newer(const struct queue *queue, const struct job *job, struct job *newer,
                       struct error *error)
{
    const struct book *book = queue->book;
    int64_t id = 0;
    newer->id = 0;
    if (!job_is_shown(job) || job->merge_key.len == 0) {
        return true;
    }
    if (!book->newest_of_key(book->self, job->integration, job->merge_key, &id, error)) {
        return false;
    }
    if (id == 0 || id == job->id) {
        return true;
    }
    return step_load(queue, id, newer, error);
}

/* A removal leaves nothing for those before it to write, also when a later write of the
 * record makes it needless itself. */
static bool replace(const struct queue *queue, struct job *job, int64_t by,
                    struct error *error)
{
    return step_replace(queue, job, by, error) &&
           (!(job->flags & JOB_REMOVES) || step_settle_older(queue, job, error));
}

bool queue_retry(const struct queue *queue, int64_t id, struct str who, int64_t *instead,
                 struct error *error)
{
    struct job job;
    struct job newer;
    bool none = true;
    if (!step_load(queue, id, &job, error) || !find_newer(queue, &job, &newer, error) ||
        (newer.id != 0 && !step_leave_to_later(queue, &job, &none, error))) {
        return false;
    }
    newer.id = none ? newer.id : 0;
    *instead = newer.id;
    if (newer.id == 0) {
        return retry_one(queue, &job, who, error);
    }
    return step_note(queue, &job, HAPPENED_RETRIED, who, error) &&
           replace(queue, &job, newer.id, error) &&
           (!job_is_shown(&newer) || retry_one(queue, &newer, who, error));
}

/* ---- edit ---- */

bool queue_edit(const struct queue *queue, int64_t id, struct str args, struct str who,
                struct error *error)
{
    const struct book *book = queue->book;
    const struct job_text text = {.args = args};
    struct job job;
    if (!step_load(queue, id, &job, error) || !job_check(&job, &text, error)) {
        return false;
    }
    if (!job_is_shown(&job)) {
        return refuse(&job, "has not failed", error);
    }
    if (!str_starts(str_trim(args), STR_OF("{"))) {
        return error_set(error, IMH_REJECTED, "the arguments of a job are a JSON object");
    }
    job.version++;
    return book->put_args(book->self, id, args, error) &&
           step_note(queue, &job, HAPPENED_EDITED, who, error) &&
           reopen(queue, &job, error);
}

/* ---- discard ---- */

bool queue_discard(const struct queue *queue, int64_t id, struct str who,
                   struct error *error)
{
    struct job job;
    if (!step_load(queue, id, &job, error)) {
        return false;
    }
    if (job.state == JOB_RUNNING) {
        return refuse(&job, "is running", error);
    }
    if (!job_is_open(&job) && !job_is_shown(&job)) {
        return refuse(&job, "has ended", error);
    }
    return step_note(queue, &job, HAPPENED_DISCARDED, who, error) &&
           step_end(queue, &job, JOB_DISCARDED, false, error);
}

bool queue_drop(const struct queue *queue, int64_t id, struct str why, bool *running,
                struct error *error)
{
    struct job job;
    if (!step_load(queue, id, &job, error)) {
        return false;
    }
    *running = job.state == JOB_RUNNING;
    return (!job_is_open(&job) && !job_is_shown(&job)) || *running ||
           (step_note(queue, &job, HAPPENED_DISCARDED, why, error) &&
            step_end(queue, &job, JOB_DISCARDED, false, error));
}
