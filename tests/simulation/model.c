#include "model.h"

#include <stdio.h>
#include <stdlib.h>

void model_init(struct model *model)
{
    *model = (struct model){.count = 0};
}

void model_done(struct model *model)
{
    free(model->undo);
}

/* ---- transactions ---- */

void model_commit(struct model *model)
{
    model->undo_count = 0;
    model->kept_count = model->count;
    model->kept_hold_count = model->hold_count;
    memcpy(model->kept_holds, model->holds, sizeof model->holds);
}

void model_rollback(struct model *model)
{
    while (model->undo_count > 0) {
        const struct model_undo *undo = &model->undo[--model->undo_count];
        model->jobs[undo->index] = undo->before;
    }
    model->count = model->kept_count;
    model->hold_count = model->kept_hold_count;
    memcpy(model->holds, model->kept_holds, sizeof model->holds);
}

static void remember(struct model *model, unsigned index)
{
    if (model->undo_count == model->undo_room) {
        unsigned room = model->undo_room ? 2 * model->undo_room : 64;
        struct model_undo *grown = realloc(model->undo, room * sizeof *grown);
        if (!grown) {
            abort();
        }
        model->undo = grown;
        model->undo_room = room;
    }
    model->undo[model->undo_count++] = (struct model_undo){index, model->jobs[index]};
}

/* ---- jobs ---- */

static void put_text(char to[MODEL_TEXT_BYTES], struct str text)
{
    (void)snprintf(to, MODEL_TEXT_BYTES, "%.*s", STR_ARGS(text));
}

static void put_args_of(struct model_job *kept, struct str args)
{
    (void)snprintf(kept->args, MODEL_ARGS_BYTES, "%.*s", STR_ARGS(args));
}

static struct model_job *at(struct model *model, int64_t id)
{
    return id >= 1 && id <= model->count ? &model->jobs[id - 1] : NULL;
}

static struct job read_job(const struct model_job *kept)
{
    struct job job = kept->job;
    job.part = str_from(kept->part);
    job.stream = str_from(kept->stream);
    job.once_key = str_from(kept->once_key);
    job.merge_key = str_from(kept->merge_key);
    return job;
}

struct job model_job_at(const struct model *model, unsigned index)
{
    return read_job(&model->jobs[index]);
}

static bool insert(void *self, struct job *job, const struct job_text *text,
                   struct error *error)
{
    struct model *model = self;
    if (model->count == MODEL_JOBS_MOST) {
        return error_set(error, IMH_RETRY, "the model is full");
    }
    remember(model, model->count);
    struct model_job *kept = &model->jobs[model->count++];
    job->id = model->count;
    kept->job = *job;
    put_text(kept->part, job->part);
    put_text(kept->stream, job->stream);
    put_text(kept->once_key, job->once_key);
    put_text(kept->merge_key, job->merge_key);
    put_args_of(kept, text->args);
    return true;
}

static bool load(void *self, int64_t id, struct arena *arena, struct job *job,
                 struct error *error)
{
    (void)arena;
    const struct model_job *kept = at(self, id);
    if (!kept) {
        return error_set(error, IMH_MISSING, "there is no job %lld", (long long)id);
    }
    *job = read_job(kept);
    return true;
}

static bool load_text(void *self, int64_t id, struct arena *arena, struct job_text *text,
                      struct error *error)
{
    const struct model_job *kept = at(self, id);
    if (!kept) {
        return error_set(error, IMH_MISSING, "there is no job %lld", (long long)id);
    }
    *text = (struct job_text){.args = arena_copy(arena, str_from(kept->args))};
    return true;
}

static bool update(void *self, struct job *job, struct error *error)
{
    struct model *model = self;
    struct model_job *kept = at(model, job->id);
    if (!kept) {
        return error_set(error, IMH_BROKEN, "update of no job");
    }
    remember(model, (unsigned)(job->id - 1));
    kept->job = *job;
    return true;
}

static bool put_args(void *self, int64_t id, struct str args, struct error *error)
{
    (void)error;
    remember(self, (unsigned)(id - 1));
    put_args_of(at(self, id), args);
    return true;
}

static bool put_result(void *self, int64_t id, struct str result, struct error *error)
{
    (void)result;
    (void)error;
    return at(self, id) != NULL;
}

static bool add_history(void *self, const struct history *history, struct error *error)
{
    (void)error;
    return at(self, history->job) != NULL;
}

/* ---- looking ---- */

static bool is_of(const struct model_job *kept, int64_t integration)
{
    return kept->job.integration == integration;
}

static bool first_of_stream(void *self, int64_t integration, struct str stream, int64_t *id,
                            struct error *error)
{
    struct model *model = self;
    (void)error;
    *id = 0;
    for (unsigned i = 0; i < model->count && *id == 0; i++) {
        const struct model_job *kept = &model->jobs[i];
        if (is_of(kept, integration) && str_is(stream, kept->stream) &&
            kept->job.ended_at_ms == 0) {
            *id = kept->job.id;
        }
    }
    return true;
}

static bool active_before(void *self, int64_t integration, struct str stream,
                          int64_t before, int64_t *id, struct error *error)
{
    struct model *model = self;
    (void)error;
    *id = 0;
    for (unsigned i = 0; i + 1 < before && *id == 0; i++) {
        const struct model_job *kept = &model->jobs[i];
        if (is_of(kept, integration) && str_is(stream, kept->stream) &&
            (kept->job.state == JOB_WAITING || kept->job.state == JOB_RUNNING)) {
            *id = kept->job.id;
        }
    }
    return true;
}

static bool with_once_key(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error)
{
    struct model *model = self;
    (void)error;
    *id = 0;
    for (unsigned i = 0; i < model->count; i++) {
        if (is_of(&model->jobs[i], integration) && str_is(key, model->jobs[i].once_key)) {
            *id = model->jobs[i].job.id;
        }
    }
    return true;
}

static bool next_of_key(void *self, int64_t integration, struct str key, int64_t after,
                        int64_t *id, struct error *error)
{
    struct model *model = self;
    (void)error;
    *id = 0;
    for (unsigned i = (unsigned)after; i < model->count && *id == 0; i++) {
        if (is_of(&model->jobs[i], integration) && str_is(key, model->jobs[i].merge_key)) {
            *id = model->jobs[i].job.id;
        }
    }
    return true;
}

static bool newest_of_key(void *self, int64_t integration, struct str key, int64_t *id,
                          struct error *error)
{
    struct model *model = self;
    (void)error;
    *id = 0;
    for (unsigned i = 0; i < model->count; i++) {
        if (is_of(&model->jobs[i], integration) && str_is(key, model->jobs[i].merge_key) &&
            model->jobs[i].job.state != JOB_DISCARDED) {
            *id = model->jobs[i].job.id;
        }
    }
    return true;
}

static bool shown_of_key(void *self, int64_t integration, struct str key, int64_t before,
                         int64_t *id, struct error *error)
{
    struct model *model = self;
    (void)error;
    *id = 0;
    for (unsigned i = 0; i + 1 < before; i++) {
        if (is_of(&model->jobs[i], integration) && str_is(key, model->jobs[i].merge_key) &&
            job_is_shown(&model->jobs[i].job)) {
            *id = model->jobs[i].job.id;
        }
    }
    return true;
}

static int by_turn(const void *a, const void *b)
{
    const struct job *one = a;
    const struct job *other = b;
    if (one->ready_at_ms != other->ready_at_ms) {
        return one->ready_at_ms < other->ready_at_ms ? -1 : 1;
    }
    return one->id < other->id ? -1 : 1;
}

static bool is_any(const struct job *job)
{
    (void)job;
    return true;
}

static bool has_strayed(const struct job *job)
{
    return job->starts > 0 || job->ready_at_ms > job->not_before_ms;
}

/* Those with `ready_at_ms` in the range that are meant, in order. */
static bool collect(struct model *model, int64_t integration,
                    bool (*is_meant)(const struct job *job), struct book_rows *rows)
{
    static struct job found[MODEL_JOBS_MOST];
    size_t count = 0;
    for (unsigned i = 0; i < model->count; i++) {
        const struct job job = read_job(&model->jobs[i]);
        if (job.integration == integration && job.ready_at_ms >= rows->from_ms &&
            job.ready_at_ms <= rows->to_ms && is_meant(&job)) {
            found[count++] = job;
        }
    }
    qsort(found, count, sizeof *found, by_turn);
    rows->count = count < rows->most ? (uint32_t)count : rows->most;
    memcpy(rows->items, found, rows->count * sizeof *found);
    return true;
}

static bool ready(void *self, int64_t integration, struct arena *arena,
                  struct book_rows *rows, struct error *error)
{
    (void)arena;
    (void)error;
    return collect(self, integration, is_any, rows);
}

static bool strayed(void *self, int64_t integration, struct arena *arena,
                    struct book_rows *rows, struct error *error)
{
    (void)arena;
    (void)error;
    return collect(self, integration, has_strayed, rows);
}

static bool shift(void *self, int64_t integration, int64_t after_ms, int64_t by_ms,
                  struct error *error)
{
    struct model *model = self;
    (void)error;
    for (unsigned i = 0; i < model->count; i++) {
        struct job *job = &model->jobs[i].job;
        if (job->integration == integration && job->ready_at_ms > after_ms &&
            job->ready_at_ms < JOB_NEVER && has_strayed(job)) {
            job->ready_at_ms += by_ms;
        }
    }
    return true;
}

/* ---- holds ---- */

static bool is_held(void *self, int64_t integration, struct str part, bool *held,
                    struct error *error)
{
    const struct model *model = self;
    (void)error;
    *held = false;
    for (unsigned i = 0; i < model->hold_count; i++) {
        *held = *held || (model->holds[i].integration == integration &&
                          str_is(part, model->holds[i].part));
    }
    return true;
}

static bool put_hold(void *self, const struct hold *hold, struct error *error)
{
    struct model *model = self;
    bool held = false;
    (void)is_held(self, hold->integration, hold->part, &held, error);
    if (!held && model->hold_count < MODEL_HOLDS_MOST) {
        struct model_hold *kept = &model->holds[model->hold_count++];
        kept->integration = hold->integration;
        put_text(kept->part, hold->part);
    }
    return true;
}

static bool end_holds(void *self, int64_t integration, struct error *error)
{
    struct model *model = self;
    unsigned left = 0;
    (void)error;
    for (unsigned i = 0; i < model->hold_count; i++) {
        if (model->holds[i].integration != integration) {
            model->holds[left++] = model->holds[i];
        }
    }
    model->hold_count = left;
    return true;
}

static bool has_holds(void *self, int64_t integration, bool *has, struct error *error)
{
    const struct model *model = self;
    (void)error;
    *has = false;
    for (unsigned i = 0; i < model->hold_count; i++) {
        *has = *has || model->holds[i].integration == integration;
    }
    return true;
}

struct book model_book(struct model *model)
{
    return (struct book){
        .self = model,
        .insert = insert,
        .load = load,
        .load_text = load_text,
        .update = update,
        .put_args = put_args,
        .put_result = put_result,
        .add_history = add_history,
        .first_of_stream = first_of_stream,
        .active_before = active_before,
        .with_once_key = with_once_key,
        .next_of_key = next_of_key,
        .newest_of_key = newest_of_key,
        .shown_of_key = shown_of_key,
        .ready = ready,
        .strayed = strayed,
        .shift = shift,
        .put_hold = put_hold,
        .end_holds = end_holds,
        .has_holds = has_holds,
        .is_held = is_held,
    };
}
