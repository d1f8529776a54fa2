#include "queue/queue.h"

#include "base/json_digest.h"
#include "queue/queue_step.h"

static bool says_same(const struct queue *queue, struct str one, struct str other)
{
    uint64_t first;
    uint64_t second;
    return str_eq(one, other) ||
           (json_digest(one, queue->arena, &first) &&
            json_digest(other, queue->arena, &second) && first == second);
}

/* A key is one command's. A person may have corrected its arguments since: what they were
 * is not kept, so then any are taken for them. */
static bool is_same(const struct queue *queue, const struct job *job, struct str args,
                    const struct job *twin, struct error *error)
{
    const struct book *book = queue->book;
    struct job_text text;
    bool alike = twin->kind == job->kind && str_eq(twin->part, job->part);
    if (alike && twin->version > 0) {
        return true;
    }
    if (!book->load_text(book->self, twin->id, queue->arena, &text, error)) {
        return false;
    }
    return (alike && says_same(queue, args, text.args)) ||
           error_set(error, IMH_REJECTED,
                     "the key is that of job %lld, which has %s: take another key, or "
                     "repeat that job as it was, see 'imh queue show %lld'",
                     (long long)twin->id, alike ? "other arguments" : "another action",
                     (long long)twin->id);
}

/* A job with the same once_key: it is the one. */
static bool find_twin(const struct queue *queue, const struct job *job, struct str args,
                      struct queue_added *added, struct error *error)
{
    const struct book *book = queue->book;
    struct job twin;
    int64_t id = 0;
    if (job->once_key.len == 0) {
        return true;
    }
    if (!book->with_once_key(book->self, job->integration, job->once_key, &id, error)) {
        return false;
    }
    if (id == 0) {
        return true;
    }
    if (!step_load(queue, id, &twin, error) || !is_same(queue, job, args, &twin, error)) {
        return false;
    }
    *added = (struct queue_added){id, .was_there = true, .ready_ms = twin.ready_at_ms};
    return true;
}

static bool merge(const struct queue *queue, const struct job *job,
                  const struct job_text *text, struct queue_added *added,
                  struct error *error)
{
    const struct book *book = queue->book;
    struct job newest;
    bool taken = false;
    int64_t id = 0;
    if (job->merge_key.len == 0) {
        return true;
    }
    if (!book->newest_of_key(book->self, job->integration, job->merge_key, &id, error)) {
        return false;
    }
    if (id == 0) {
        return true;
    }
    if (!step_load(queue, id, &newest, error)) {
        return false;
    }
    bool waits = newest.state == JOB_WAITING || newest.state == JOB_BEHIND;
    if (!waits || newest.kind != job->kind || !str_eq(newest.part, job->part)) {
        return true;
    }
    if (!step_take_in(queue, &newest, job->flags, text->args, &taken, error)) {
        return false;
    }
    if (taken) {
        *added = (struct queue_added){id, .merged = true, .ready_ms = newest.ready_at_ms};
    }
    return true;
}

/* Its number and moment are known to who is told. */
static void note_made(const struct queue *queue, const struct job *job)
{
    struct queue_made *made = queue->made;
    if (made && made->count < QUEUE_MADE_MOST) {
        made->items[made->count].integration = job->integration;
        made->items[made->count++].ready_ms = job->ready_at_ms;
    } else if (made) {
        made->more = true;
    }
}

static bool insert(const struct queue *queue, const struct job *job,
                   const struct job_text *text, struct queue_added *added,
                   struct error *error)
{
    const struct book *book = queue->book;
    int64_t first = 0;
    struct job made = *job;
    if (!book->first_of_stream(book->self, job->integration, job->stream, &first, error)) {
        return false;
    }
    made.starts = made.attempts = made.kills = made.version = made.batch_most = 0;
    made.created_at_ms = queue->now_ms;
    made.ended_at_ms = 0;
    made.state = JOB_BEHIND;
    made.ready_at_ms = JOB_NOT_READY;
    if (first == 0) {
        step_wait(&made,
                  job->not_before_ms > queue->now_ms ? job->not_before_ms : queue->now_ms);
    }
    if (!book->insert(book->self, &made, text, error)) {
        return false;
    }
    note_made(queue, &made);
    *added = (struct queue_added){made.id, .ready_ms = made.ready_at_ms};
    return true;
}

bool queue_add(const struct queue *queue, const struct job *job,
               const struct job_text *text, struct queue_added *added, struct error *error)
{
    struct queue_added found = {.job = 0};
    if (!job_check(job, text, error) || !find_twin(queue, job, text->args, &found, error) ||
        (found.job == 0 && !merge(queue, job, text, &found, error)) ||
        (found.job == 0 && !insert(queue, job, text, &found, error))) {
        return false;
    }
    *added = found;
    return true;
}

bool queue_add_failed(const struct queue *queue, const struct job *job,
                      const struct job_text *text, const struct job_answer *answer,
                      int64_t *id, struct error *error)
{
    const struct book *book = queue->book;
    struct job made = *job;
    made.state = JOB_FAILED;
    made.starts = made.attempts = 1;
    made.kills = made.version = made.batch_most = 0;
    made.created_at_ms = made.ended_at_ms = queue->now_ms;
    made.ready_at_ms = JOB_NOT_READY;
    if (!job_check(job, text, error) || !book->insert(book->self, &made, text, error)) {
        return false;
    }
    const struct history history = {.job = made.id,
                                    .at_ms = queue->now_ms,
                                    .what = HAPPENED_ATTEMPT,
                                    .attempt = 1,
                                    .status = answer->status,
                                    .code = answer->code,
                                    .times = 1,
                                    .words = str_before(answer->words, JOB_WORDS_BYTES)};
    *id = made.id;
    return book->add_history(book->self, &history, error);
}
