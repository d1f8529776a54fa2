#include "deliver_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "engine/crew.h"
#include "queue/book_sql.h"
#include "store_rig.h"

enum { ROUNDS_MOST = 1000 };

/* Moved by the tests. */
static int64_t time_ms;

static int64_t moment(const struct clock *clock)
{
    (void)clock;
    return time_ms;
}

/* How far the calendar is behind what it was. */
static int64_t back_ms;

static int64_t calendar(const struct clock *clock)
{
    return moment(clock) - back_ms;
}

static const struct clock set_clock = {.now_ms = calendar, .mono_ms = moment};

/* Nobody calls it. */
static struct supervisor nobody;

static imh_action actions[] = {
    {.name = "send", .stream = "/record"},
    {.name = "show", .stream = "/record", .flags = IMH_REPEATABLE},
    {.name = "mark", .stream = "/record"}};

static const struct descriptor shop = {
    .name = "shop", .actions = actions, .action_count = COUNT(actions)};

/* ---- the bench ---- */

static void note_run(void *self, struct run *run)
{
    struct bench *bench = self;
    assert_true(bench->run_count < BENCH_RUNS_MOST);
    bench_job(bench, deliver_job(run)->id, JOB_RUNNING, deliver_job(run)->attempts);
    bench->runs[bench->run_count++] = run;
}

static void start(struct bench *bench)
{
    struct error error = {.text = ""};
    const struct deliver_settings settings = {.store = bench->store,
                                              .clock = &set_clock,
                                              .log = &bench->log,
                                              .self = bench,
                                              .follow = note_run};
    bench->deliver = deliver_make(&settings, &error);
    assert_non_null(bench->deliver);
    bench->run_count = 0;
}

void bench_open(struct bench *bench, const struct state *at)
{
    time_ms = 30 * 86400 * (int64_t)1000;
    back_ms = 0;
    *bench = (struct bench){.store = rig_open(at)};
    log_init(&bench->log, IMH_ERROR + 1);
    start(bench);
}

void bench_restart(struct bench *bench)
{
    deliver_free(bench->deliver);
    start(bench);
}

void bench_close(struct bench *bench)
{
    deliver_free(bench->deliver);
    store_close(bench->store);
}

void bench_turn(struct bench *bench)
{
    unsigned rounds = 0;
    do {
        deliver_turn(bench->deliver);
        deliver_settle(bench->deliver);
        assert_true(rounds++ < ROUNDS_MOST);
    } while (deliver_wait_ms(bench->deliver, 1) == 0 &&
             !deliver_has_failed(bench->deliver));
}

void bench_wait(struct bench *bench, int64_t ms)
{
    time_ms += ms;
    bench_turn(bench);
}

void bench_jump_back(int64_t ms)
{
    back_ms += ms;
}

/* ---- who is served ---- */

struct integration bench_integration(const char *account, const char *identifier)
{
    return (struct integration){.account = account,
                                .identifier = identifier,
                                .plugin = "shop",
                                .enabled = true,
                                .retry.usual.ladder = {2, {60, 300}}};
}

void bench_serve(struct bench *bench, const struct integration *integration)
{
    struct error error = {.text = ""};
    assert_true(deliver_serve(bench->deliver, &nobody, integration, &shop, &error));
    deliver_settle(bench->deliver);
}

void bench_release(struct bench *bench)
{
    deliver_release(bench->deliver, &nobody);
}

/* ---- jobs ---- */

/* A job of a follow-up is made in the transaction of what causes it. */
struct ordered {
    struct store_work work; /* first */
    struct job job;
    struct job_text text;
    struct queue_added added;
    struct queue_made made;
};

static uint32_t no_dice(void *self)
{
    (void)self;
    return 0;
}

static bool add(struct store_work *work, struct db *db, struct error *error)
{
    struct ordered *ordered = (struct ordered *)(void *)work;
    struct arena arena;
    const struct book book = book_sql(db);
    const struct queue queue = {
        .book = &book, .now_ms = calendar(NULL), .arena = &arena, .dice = no_dice};
    arena_init(&arena, 4096, 0);
    bool good = queue_add(&queue, &ordered->job, &ordered->text, &ordered->added, error);
    arena_done(&arena);
    return good;
}

int64_t bench_order(struct bench *bench, const struct integration *integration,
                    const char *action, const char *record)
{
    char args[64];
    struct error error = {.text = ""};
    struct ordered ordered = {.work.run = add};
    struct text stream;
    (void)snprintf(args, sizeof args, "{\"record\":\"%s\"}", record);
    text_init(&stream, JOB_STREAM_BYTES);
    const struct command_wanted wanted = {.account = str_from(integration->account),
                                          .identifier = str_from(integration->identifier),
                                          .action = str_from(action),
                                          .args = str_from(args)};
    bool drafted = deliver_draft(bench->deliver, &wanted, &ordered.job, &stream, &error);
    assert_string_equal(error.text, "");
    assert_true(drafted);
    ordered.job.flags |= JOB_FOLLOWS;
    ordered.text.args = wanted.args;
    assert_true(store_do(bench->store, &ordered.work, &error));
    text_done(&stream);
    ordered.made.items[0].integration = ordered.job.integration;
    ordered.made.items[0].ready_ms = ordered.added.ready_ms;
    ordered.made.count = 1;
    deliver_made(bench->deliver, &ordered.made);
    return ordered.added.job;
}

/* A job as it is on the disk. */
struct looked {
    struct store_work work; /* first */
    int64_t job;
    enum job_state state;
    uint32_t attempts;
};

static bool look(struct store_work *work, struct db *db, struct error *error)
{
    struct looked *looked = (struct looked *)(void *)work;
    const struct book book = book_sql(db);
    struct arena arena;
    struct job job;
    arena_init(&arena, 4096, 0);
    bool good = book.load(book.self, looked->job, &arena, &job, error);
    if (good) {
        looked->state = job.state;
        looked->attempts = job.attempts;
    }
    arena_done(&arena);
    return good;
}

void bench_job(struct bench *bench, int64_t job, enum job_state state, uint32_t attempts)
{
    struct error error = {.text = ""};
    struct looked looked = {.work.run = look, .job = job};
    assert_true(store_do(bench->store, &looked.work, &error));
    assert_string_equal(job_state_name(looked.state), job_state_name(state));
    assert_int_equal(looked.state, state);
    assert_int_equal(looked.attempts, attempts);
}

/* ---- calls ---- */

void bench_runs(const struct bench *bench, const int64_t *jobs)
{
    uint32_t count = 0;
    for (; jobs[count] != 0; count++) {
        assert_true(count < bench->run_count);
        assert_int_equal(deliver_job(bench->runs[count])->id, jobs[count]);
    }
    assert_int_equal(bench->run_count, count);
}

static struct run *take_out(struct bench *bench, int64_t job)
{
    uint32_t at = 0;
    while (at < bench->run_count && deliver_job(bench->runs[at])->id != job) {
        at++;
    }
    assert_true(at < bench->run_count);
    struct run *run = bench->runs[at];
    for (bench->run_count--; at < bench->run_count; at++) {
        bench->runs[at] = bench->runs[at + 1];
    }
    return run;
}

void bench_end(struct bench *bench, int64_t job, struct bench_end end)
{
    const struct outcome outcome = {
        .status = end.status, .after_s = end.after_s, .text = STR_OF("so it said")};
    const struct spent spent = {.requests = 1, .died = end.died};
    deliver_end(take_out(bench, job), &outcome, &spent);
    bench_turn(bench);
}
