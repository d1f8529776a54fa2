#include "queue/queue.h"

#include "queue/queue_step.h"

/* A first success says nothing that its row does not say. */
static bool note_attempt(const struct queue *queue, const struct job *job,
                         const struct job_answer *answer, bool counts, struct error *error)
{
    const struct history history = {.job = job->id,
                                    .at_ms = queue->now_ms,
                                    .what = HAPPENED_ATTEMPT,
                                    .attempt = counts ? job->attempts : 0,
                                    .status = answer->status,
                                    .code = answer->code,
                                    .times = 1,
                                    .words = str_before(answer->words, JOB_WORDS_BYTES)};
    bool plain = answer->status == IMH_OK && job->starts == 1 && answer->words.len == 0;
    return plain || queue->book->add_history(queue->book->self, &history, error);
}

static bool end_done(const struct queue *queue, struct job *job,
                     const struct job_answer *answer, struct error *error)
{
    const struct book *book = queue->book;
    if (answer->result.len > JOB_RESULT_BYTES) {
        return error_set(error, IMH_BROKEN, "the result of job %lld has %zu bytes",
                         (long long)job->id, answer->result.len);
    }
    return (answer->result.len == 0 ||
            book->put_result(book->self, job->id, answer->result, error)) &&
           step_end(queue, job, JOB_DONE, false, error) &&
           step_settle_older(queue, job, error);
}

static bool put_hold(const struct queue *queue, int64_t integration, struct str part,
                     struct str reason, struct error *error)
{
    const struct hold hold = {integration, part, queue->now_ms,
                              str_before(reason, JOB_WORDS_BYTES)};
    return queue->book->put_hold(queue->book->self, &hold, error);
}

/* It waits for another attempt. */
static bool wait_again(const struct queue *queue, struct job *job,
                       const struct job_answer *answer, const struct verdict *verdict,
                       struct error *error)
{
    if (verdict->holds &&
        !put_hold(queue, job->integration, job->part, answer->words, error)) {
        return false;
    }
    if (verdict->fate == FATE_HALVE) {
        job->batch_most = (answer->batch + 1) / 2;
    }
    if (answer->killed) {
        job->batch_most = 1;
    }
    return step_take_newer_in(queue, job, error) &&
           step_wait_again(queue, job,
                           verdict->holds ? JOB_NEVER : queue->now_ms + verdict->rest_ms,
                           error);
}

/* A job that ran, and what became of it. */
static bool settle(const struct queue *queue, struct job *job,
                   const struct job_answer *answer, const struct verdict *verdict,
                   struct error *error)
{
    bool holds = queue->policy(queue->self, job).holds;
    job->kills += verdict_blames(answer);
    if (verdict->fate != FATE_NEEDLESS &&
        !note_attempt(queue, job, answer, verdict->counts, error)) {
        return false;
    }
    job->attempts -= !verdict->counts;
    switch (verdict->fate) {
    case FATE_DONE:
        return end_done(queue, job, answer, error);
    case FATE_NEEDLESS:
        return step_note(queue, job, HAPPENED_DISCARDED, answer->words, error) &&
               step_end(queue, job, JOB_DISCARDED, false, error);
    case FATE_AGAIN:
    case FATE_HALVE:
        return wait_again(queue, job, answer, verdict, error);
    case FATE_FAILED:
        return step_end(queue, job, JOB_FAILED, holds, error);
    case FATE_UNKNOWN:
        return step_end(queue, job, JOB_UNKNOWN, holds, error);
    }
    return error_set(error, IMH_BROKEN, "no fate for job %lld", (long long)job->id);
}

static void add_up(struct queue_effect *effect, const struct job_answer *answer,
                   const struct verdict *verdict)
{
    effect->done += verdict->fate == FATE_DONE;
    effect->again += verdict->fate == FATE_AGAIN || verdict->fate == FATE_HALVE;
    effect->failed += verdict->fate == FATE_FAILED;
    effect->unknown += verdict->fate == FATE_UNKNOWN;
    effect->struck = effect->struck || verdict->strikes;
    if (answer->inner) {
        return;
    }
    effect->served = effect->served || answer->status == IMH_OK ||
                     answer->status == IMH_MISSING || answer->status == IMH_REJECTED ||
                     answer->status == IMH_TOO_LARGE;
    effect->held = effect->held || verdict->holds;
    effect->alarmed = effect->alarmed || verdict->alarms;
    if (verdict->others_rest_s > effect->rest_s) {
        effect->rest_s = verdict->others_rest_s;
    }
}

/* Who was answered by now: late is an answer to a start before the last one. */
static bool finish_one(const struct queue *queue, int64_t integration,
                       const struct job_answer *answer, struct queue_effect *effect,
                       struct error *error)
{
    struct job job;
    if (!step_load(queue, answer->job, &job, error)) {
        return false;
    }
    if (job.integration != integration) {
        return error_set(error, IMH_BROKEN, "job %lld is of another integration",
                         (long long)job.id);
    }
    if (job.state != JOB_RUNNING || job.starts != answer->starts) {
        effect->stale++;
        return true;
    }
    const struct policy policy = queue->policy(queue->self, &job);
    const struct verdict verdict =
        verdict_of(answer, &job, &policy, queue->dice(queue->self));
    add_up(effect, answer, &verdict);
    return settle(queue, &job, answer, &verdict, error);
}

bool queue_finish(const struct queue *queue, int64_t integration,
                  const struct job_answer *answers, uint32_t count,
                  struct queue_effect *effect, struct error *error)
{
    struct queue_effect sum = {.next_ms = JOB_NEVER};
    for (uint32_t i = 0; i < count; i++) {
        if (!finish_one(queue, integration, &answers[i], &sum, error)) {
            return false;
        }
    }
    if (!queue_next(queue, integration, &sum.next_ms, error)) {
        return false;
    }
    *effect = sum;
    return true;
}

/* ---- after a start ---- */

/* As an answer that was lost, but without a rest: the remote has done nothing wrong. */
static bool recover_one(const struct queue *queue, struct job *job, struct error *error)
{
    const struct job_answer lost = {.job = job->id,
                                    .starts = job->starts,
                                    .status = IMH_UNKNOWN,
                                    .words = STR("imh ended while it ran")};
    const struct policy policy = queue->policy(queue->self, job);
    struct verdict verdict = verdict_of(&lost, job, &policy, 0);
    verdict.rest_ms = 0;
    return settle(queue, job, &lost, &verdict, error);
}

bool queue_recover(const struct queue *queue, int64_t integration, bool *more,
                   struct error *error)
{
    const struct book *book = queue->book;
    OWN(book_rows) rows =
        book_rows_make(BOOK_ROWS_MOST, JOB_IS_RUNNING, JOB_IS_RUNNING, error);
    if (!rows || !book->ready(book->self, integration, queue->arena, rows, error)) {
        return false;
    }
    for (uint32_t i = 0; i < rows->count; i++) {
        if (!recover_one(queue, &rows->items[i], error)) {
            return false;
        }
    }
    *more = rows->count == rows->most;
    return true;
}

/* ---- put aside, and brought back ---- */

/* Due since they were made: others that wait as long are due since then as well. */
static bool bring_back(const struct queue *queue, struct book_rows *rows, bool *more,
                       struct error *error)
{
    for (uint32_t i = 0; i < rows->count; i++) {
        int64_t made_ms = rows->items[i].created_at_ms;
        step_wait(&rows->items[i], made_ms < queue->now_ms ? made_ms : queue->now_ms);
        if (!step_update(queue, &rows->items[i], error)) {
            return false;
        }
    }
    *more = rows->count == rows->most;
    return true;
}

bool queue_clamp(const struct queue *queue, int64_t integration, int64_t most_ms,
                 bool *more, struct error *error)
{
    const struct book *book = queue->book;
    OWN(book_rows) rows =
        book_rows_make(BOOK_ROWS_MOST, queue->now_ms + most_ms + 1, JOB_NEVER - 1, error);
    return rows && book->strayed(book->self, integration, queue->arena, rows, error) &&
           bring_back(queue, rows, more, error);
}

bool queue_jump_back(const struct queue *queue, int64_t integration, int64_t back_ms,
                     struct error *error)
{
    return queue->book->shift(queue->book->self, integration, queue->now_ms, -back_ms,
                              error);
}

bool queue_hold(const struct queue *queue, int64_t integration, struct str part,
                struct str reason, struct error *error)
{
    return put_hold(queue, integration, part, reason, error);
}

bool queue_release(const struct queue *queue, int64_t integration, bool *more,
                   struct error *error)
{
    const struct book *book = queue->book;
    OWN(book_rows) rows = book_rows_make(BOOK_ROWS_MOST, JOB_NEVER, JOB_NEVER, error);
    return rows && book->end_holds(book->self, integration, error) &&
           book->ready(book->self, integration, queue->arena, rows, error) &&
           bring_back(queue, rows, more, error);
}
