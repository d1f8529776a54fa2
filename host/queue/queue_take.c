#include "queue/queue.h"

#include "queue/queue_step.h"

/* One take under way. */
struct taking {
    const struct queue *queue;
    struct queue_take *take;
    struct book_rows *rows;
    bool *used; /* of each row */
};

/* The next job that waits, whether it is due or not; what is held does not count. */
bool queue_next(const struct queue *queue, int64_t integration, int64_t *next_ms,
                struct error *error)
{
    const struct book *book = queue->book;
    OWN(book_rows) rows = book_rows_make(1, 0, JOB_NEVER - 1, error);
    if (!rows || !book->ready(book->self, integration, queue->arena, rows, error)) {
        return false;
    }
    *next_ms = rows->count > 0 ? rows->items[0].ready_at_ms : JOB_NEVER;
    return true;
}

/* A job of a part that is held is put aside once, not met again at each take. */
static bool put_aside(const struct taking *taking, struct job *job, bool *held,
                      struct error *error)
{
    const struct queue *queue = taking->queue;
    const struct book *book = queue->book;
    if (!book->is_held(book->self, job->integration, job->part, held, error)) {
        return false;
    }
    if (!*held) {
        return true;
    }
    job->ready_at_ms = JOB_NEVER;
    return step_update(queue, job, error);
}

/* From the commit on it runs: the attempt counts, whatever happens then. */
static bool start(const struct taking *taking, struct job *job, struct job_text *text,
                  struct error *error)
{
    const struct queue *queue = taking->queue;
    job->state = JOB_RUNNING;
    job->ready_at_ms = JOB_IS_RUNNING;
    job->starts++;
    job->attempts++;
    return step_update(queue, job, error) &&
           queue->book->load_text(queue->book->self, job->id, queue->arena, text, error);
}

static uint32_t batch_of(const struct queue_take *take, const struct job *job)
{
    uint32_t most = 1;
    if (job->kind == JOB_RECORD && take->batch_most) {
        most = take->batch_most(take->self, job);
        most = job->batch_most > 0 && job->batch_most < most ? job->batch_most : most;
        most = most > BOOK_ROWS_MOST ? BOOK_ROWS_MOST : most;
    }
    return most > 0 ? most : 1;
}

static bool go_together(const struct job *job, const struct job *other)
{
    return other->kind == job->kind && other->flags == job->flags &&
           str_eq(other->part, job->part) && job->kills == 0 && other->kills == 0;
}

/* Adds rows from `from` on that go together with the call's first job. */
static bool fill(const struct taking *taking, struct queue_call *call, uint32_t from,
                 struct error *error)
{
    uint32_t most = batch_of(taking->take, &call->jobs[0]);
    size_t bytes = call->texts[0].args.len;
    for (uint32_t i = from; i < taking->rows->count && call->count < most; i++) {
        struct job *job = &taking->rows->items[i];
        uint32_t own_most = batch_of(taking->take, job);
        if (taking->used[i] || !go_together(&call->jobs[0], job) ||
            own_most <= call->count || bytes >= QUEUE_BATCH_BYTES) {
            continue;
        }
        most = own_most < most ? own_most : most;
        if (!start(taking, job, &call->texts[call->count], error)) {
            return false;
        }
        taking->used[i] = true;
        bytes += call->texts[call->count].args.len;
        call->jobs[call->count++] = *job;
    }
    return true;
}

/* The call that the row begins. */
static bool begin(const struct taking *taking, uint32_t row, struct error *error)
{
    struct arena *arena = taking->queue->arena;
    struct job *job = &taking->rows->items[row];
    uint32_t most = batch_of(taking->take, job);
    struct queue_call call = {.count = 1,
                              .jobs = arena_zero(arena, most, sizeof *call.jobs),
                              .texts = arena_zero(arena, most, sizeof *call.texts)};
    if (!call.jobs || !call.texts) {
        return error_set(error, IMH_RETRY, "no memory for a call of %u jobs", most);
    }
    if (!start(taking, job, &call.texts[0], error)) {
        return false;
    }
    call.jobs[0] = *job;
    if (!fill(taking, &call, row + 1, error)) {
        return false;
    }
    taking->take->calls[taking->take->count++] = call;
    return true;
}

/* Those that are due, up to one that is to run alone: `*waits` when it may not yet. */
static bool begin_rows(const struct taking *taking, bool *waits, struct error *error)
{
    struct queue_take *take = taking->take;
    struct book_rows *rows = taking->rows;
    bool goes_on = true;
    for (uint32_t i = 0; goes_on && i < rows->count && take->count < take->calls_most;
         i++) {
        bool alone = rows->items[i].kills > 0 && !taking->used[i];
        *waits = alone && (take->others_run || take->count > 0);
        if (!taking->used[i] && !*waits && !begin(taking, i, error)) {
            return false;
        }
        goes_on = !alone;
    }
    return true;
}

static bool take_rows(const struct taking *taking, bool some_held, bool *waits,
                      struct error *error)
{
    struct book_rows *rows = taking->rows;
    for (uint32_t i = 0; some_held && i < rows->count; i++) {
        if (!put_aside(taking, &rows->items[i], &taking->used[i], error)) {
            return false;
        }
    }
    return begin_rows(taking, waits, error);
}

/* Rows to look at: enough for the calls, and for batches when there may be any. */
static uint32_t rows_wanted(const struct queue_take *take)
{
    return take->batch_most ? BOOK_ROWS_MOST : take->calls_most;
}

bool queue_take(const struct queue *queue, struct queue_take *take, struct error *error)
{
    const struct book *book = queue->book;
    bool used[BOOK_ROWS_MOST] = {false};
    take->count = 0;
    take->next_ms = JOB_NEVER;
    take->calls_most =
        take->calls_most < QUEUE_CALLS_MOST ? take->calls_most : QUEUE_CALLS_MOST;
    bool some_held = false;
    take->held = false;
    if (!book->has_holds(book->self, take->integration, &some_held, error) ||
        (some_held &&
         !book->is_held(book->self, take->integration, STR_OF(""), &take->held, error))) {
        return false;
    }
    if (take->held || take->suspect_runs || take->calls_most == 0) {
        return true;
    }
    bool waits = false;
    OWN(book_rows) rows = book_rows_make(rows_wanted(take), 0, queue->now_ms, error);
    const struct taking taking = {queue, take, rows, used};
    return rows && book->ready(book->self, take->integration, queue->arena, rows, error) &&
           take_rows(&taking, some_held, &waits, error) &&
           (waits || queue_next(queue, take->integration, &take->next_ms, error));
}
