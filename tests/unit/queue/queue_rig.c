#include "queue_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/migrations.h"

static uint32_t no_dice(void *self)
{
    (void)self;
    return 0;
}

static struct policy policy_of(void *self, const struct job *job)
{
    (void)job;
    return ((const struct rig *)self)->policy;
}

static uint32_t batch_of(void *self, const struct job *job)
{
    (void)job;
    return ((const struct rig *)self)->batch_most;
}

struct queue rig_queue(struct rig *rig)
{
    return (struct queue){.book = &rig->book,
                          .now_ms = rig->now_ms,
                          .arena = &rig->arena,
                          .dice = no_dice,
                          .self = rig,
                          .policy = policy_of};
}

static void open_database(struct rig *rig)
{
    struct error error = {.text = ""};
    rig->db = state_open(rig->state);
    assert_true(migrations_run(rig->db, &migrations_all, &clock_real, &error));
    rig->book = book_sql(rig->db);
}

void rig_open(struct rig *rig, struct state *state)
{
    *rig = (struct rig){.state = state,
                        .now_ms = 1700000000000,
                        .policy = {.ladder = {4, {60, 300, 600, 3600}}}};
    arena_init(&rig->arena, 1 << 16, 0);
    open_database(rig);
    RIG_STEP(rig, book_sql_integration(rig->db, STR_OF("acme"), STR_OF("shop"), &rig->shop,
                                       &error));
    RIG_STEP(rig, book_sql_integration(rig->db, STR_OF("acme"), STR_OF("mail"), &rig->mail,
                                       &error));
}

void rig_close(struct rig *rig)
{
    db_close(rig->db);
    arena_done(&rig->arena);
}

void rig_restart(struct rig *rig)
{
    struct queue queue = rig_queue(rig);
    bool more = true;
    db_close(rig->db);
    open_database(rig);
    RIG_STEP(rig, queue_recover(&queue, rig->shop, &more, &error));
    assert_false(more);
}

struct queue_added rig_add(struct rig *rig, const struct job *job, const char *args)
{
    const struct job_text text = {.args = str_from(args)};
    struct queue queue = rig_queue(rig);
    struct queue_added added = {.job = 0};
    RIG_STEP(rig, queue_add(&queue, job, &text, &added, &error));
    return added;
}

int64_t rig_action(struct rig *rig, const char *stream)
{
    const struct job job = {.integration = rig->shop,
                            .kind = JOB_ACTION,
                            .part = STR("charge"),
                            .stream = str_from(stream)};
    return rig_add(rig, &job, "{}").job;
}

struct queue_added rig_record(struct rig *rig, const char *key, const char *args)
{
    const struct job job = {.integration = rig->shop,
                            .kind = JOB_RECORD,
                            .flags = JOB_REPEATABLE,
                            .part = STR("contact"),
                            .stream = str_from(key),
                            .merge_key = str_from(key)};
    return rig_add(rig, &job, args);
}

const struct queue_take *rig_take(struct rig *rig, int64_t integration, uint32_t calls)
{
    struct queue queue = rig_queue(rig);
    rig->take = (struct queue_take){.integration = integration,
                                    .calls_most = calls,
                                    .batch_most = rig->batch_most ? batch_of : NULL,
                                    .self = rig};
    RIG_STEP(rig, queue_take(&queue, &rig->take, &error));
    return &rig->take;
}

struct queue_effect rig_answer(struct rig *rig, const struct queue_call *call,
                               struct job_answer answer)
{
    struct job_answer answers[BOOK_ROWS_MOST];
    struct queue_effect effect;
    struct queue queue = rig_queue(rig);
    for (uint32_t i = 0; i < call->count; i++) {
        answers[i] = answer;
        answers[i].job = call->jobs[i].id;
        answers[i].starts = call->jobs[i].starts;
        answers[i].batch = call->count;
    }
    RIG_STEP(rig, queue_finish(&queue, call->jobs->integration, answers, call->count,
                               &effect, &error));
    return effect;
}

struct queue_effect rig_serve(struct rig *rig, int64_t id, struct job_answer answer)
{
    const struct queue_take *take = rig_take(rig, rig->shop, 1);
    assert_int_equal(take->count, 1);
    assert_int_equal(take->calls[0].jobs[0].id, id);
    return rig_answer(rig, &take->calls[0], answer);
}

void rig_assert_idle(struct rig *rig, int64_t integration)
{
    assert_int_equal(rig_take(rig, integration, 4)->count, 0);
}

struct job rig_job(struct rig *rig, int64_t id)
{
    struct error error = {.text = ""};
    struct job job;
    assert_true(rig->book.load(rig->book.self, id, &rig->arena, &job, &error));
    return job;
}

void rig_assert_state(struct rig *rig, int64_t id, enum job_state state)
{
    assert_string_equal(job_state_name(rig_job(rig, id).state), job_state_name(state));
    assert_int_equal(rig_job(rig, id).state, state);
}

const char *rig_args(struct rig *rig, int64_t id)
{
    struct error error = {.text = ""};
    struct job_text text;
    assert_true(rig->book.load_text(rig->book.self, id, &rig->arena, &text, &error));
    return text.args.ptr;
}
