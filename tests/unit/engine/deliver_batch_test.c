#include "engine/deliver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "deliver_rig.h"
#include "engine/crew.h"
#include "queue/book_sql.h"
#include "store_rig.h"

/* Calls with several records, and remotes that are down: what one call means for others. */

enum { CARDS = 4 };

static const struct bench_end well = {.status = IMH_OK};
static const struct bench_end failed = {.status = IMH_RETRY};
static const struct bench_end too_large = {.status = IMH_TOO_LARGE};

static imh_entity entities[] = {
    {.name = "card", .flags = IMH_UPSERTS | IMH_REWRITES, .batch_max = CARDS}};
static const struct descriptor album = {
    .name = "album", .entities = entities, .entity_count = COUNT(entities)};

/* Nobody calls it. */
static struct supervisor nobody;

static void serve(struct bench *bench, const struct integration *crm)
{
    struct error error = {.text = ""};
    assert_true(deliver_serve(bench->deliver, &nobody, crm, &album, &error));
    deliver_settle(bench->deliver);
}

/* One integration with one call at a time. */
#define WITH_ALBUM(state)                                      \
    struct bench bench;                                        \
    int64_t cards[CARDS];                                      \
    struct integration crm = bench_integration("acme", "crm"); \
    crm.parallel = 1;                                          \
    bench_open(&bench, *(state));                              \
    serve(&bench, &crm);                                       \
    write_cards(&bench, cards)

struct written {
    struct store_work work; /* first */
    struct job jobs[CARDS];
    struct queue_added added[CARDS];
    int64_t now_ms;
};

static uint32_t no_dice(void *self)
{
    (void)self;
    return 0;
}

static bool add(struct store_work *work, struct db *db, struct error *error)
{
    static const struct job_text text = {.args = STR("{\"city\":\"Delft\"}"),
                                         .origin = STR("")};
    struct written *written = (struct written *)(void *)work;
    struct arena arena;
    const struct book book = book_sql(db);
    const struct queue queue = {
        .book = &book, .now_ms = written->now_ms, .arena = &arena, .dice = no_dice};
    bool good = true;
    arena_init(&arena, 4096, 0);
    for (unsigned i = 0; good && i < CARDS; i++) {
        good = queue_add(&queue, &written->jobs[i], &text, &written->added[i], error);
    }
    arena_done(&arena);
    return good;
}

/* Of cards "a" to "d", which are started in one call. */
static void write_cards(struct bench *bench, int64_t *cards)
{
    static const struct str keys[] = {STR("card/a"), STR("card/b"), STR("card/c"),
                                      STR("card/d")};
    struct error error = {.text = ""};
    const struct clock *clock = bench->deliver->settings.clock;
    struct written written = {.work.run = add, .now_ms = clock_now_ms(clock)};
    const struct served *served =
        deliver_find(bench->deliver, STR_OF("acme"), STR_OF("crm"));
    assert_non_null(served);
    for (unsigned i = 0; i < CARDS; i++) {
        written.jobs[i] = (struct job){.integration = served->id,
                                       .kind = JOB_RECORD,
                                       .flags = JOB_REPEATABLE | JOB_FOLLOWS,
                                       .part = STR("card"),
                                       .stream = keys[i],
                                       .once_key = STR(""),
                                       .merge_key = keys[i]};
    }
    assert_true(store_do(bench->store, &written.work, &error));
    for (unsigned i = 0; i < CARDS; i++) {
        cards[i] = written.added[i].job;
    }
    deliver_wake(bench->deliver);
    bench_turn(bench);
}

/* The only call is one of so many records, from this one on. */
static void expect_call(const struct bench *bench, int64_t first, uint32_t count)
{
    assert_runs(bench, first);
    assert_int_equal(bench->runs[0]->call->count, count);
}

/* What the plugin said of each of its records. */
static void tell_ends(struct bench *bench, struct record_end *ends)
{
    bench->runs[0]->ends = ends;
}

/* ---- records ---- */

static void each_record_of_a_call_has_its_own_end(void **state)
{
    WITH_ALBUM(state);
    struct record_end ends[CARDS] = {
        {.told = true, .status = IMH_OK, .words = STR(""), .result = STR("{}")},
        {.told = true, .status = IMH_REJECTED, .words = STR("no"), .result = STR("")},
        {.told = true, .status = IMH_RETRY, .words = STR("busy"), .result = STR("")}};
    expect_call(&bench, cards[0], CARDS);
    tell_ends(&bench, ends);
    bench_end(&bench, cards[0], well);
    bench_job(&bench, cards[0], JOB_DONE, 1);
    bench_job(&bench, cards[1], JOB_FAILED, 1);
    bench_job(&bench, cards[2], JOB_WAITING, 1);
    bench_job(&bench, cards[3], JOB_WAITING, 1); /* nobody knows what became of it */
    bench_wait(&bench, 75000);
    assert_int_equal(bench.run_count, 1);
    assert_int_equal(bench.runs[0]->call->count, 2); /* the rest together, in any order */
    bench_close(&bench);
}

static void a_call_that_fails_is_the_end_of_what_was_not_told(void **state)
{
    WITH_ALBUM(state);
    struct record_end ends[CARDS] = {
        {.told = true, .status = IMH_OK, .words = STR(""), .result = STR("{}")}};
    tell_ends(&bench, ends);
    bench_end(&bench, cards[0], (struct bench_end){.status = IMH_REJECTED});
    bench_job(&bench, cards[0], JOB_DONE, 1);
    for (unsigned i = 1; i < CARDS; i++) {
        bench_job(&bench, cards[i], JOB_FAILED, 1);
    }
    bench_close(&bench);
}

/* It uses no attempt, until one is too large alone. */
static void what_is_too_large_together_is_halved(void **state)
{
    WITH_ALBUM(state);
    struct record_end none[CARDS] = {{.told = false}};
    struct record_end told[] = {
        {.told = true, .status = IMH_OK, .words = STR(""), .result = STR("{}")}};
    expect_call(&bench, cards[0], CARDS);
    tell_ends(&bench, none);
    bench_end(&bench, cards[0], too_large);
    expect_call(&bench, cards[0], 2);
    bench_job(&bench, cards[0], JOB_RUNNING, 1);
    bench_job(&bench, cards[2], JOB_WAITING, 0);
    tell_ends(&bench, none);
    bench_end(&bench, cards[0], too_large);
    expect_call(&bench, cards[0], 1);
    tell_ends(&bench, none);
    bench_end(&bench, cards[0], too_large);
    bench_job(&bench, cards[0], JOB_FAILED, 1);
    expect_call(&bench, cards[1], 1);
    tell_ends(&bench, told);
    bench_end(&bench, cards[1], well);
    bench_job(&bench, cards[1], JOB_DONE, 1);
    expect_call(&bench, cards[2], 2);
    bench_close(&bench);
}

/* ---- remotes that are down ---- */

/* How long nobody calls; then one call is under way. */
static unsigned wait_for_one(struct bench *bench)
{
    unsigned waited_s = 0;
    assert_int_equal(bench->run_count, 0);
    while (bench->run_count == 0) {
        assert_true(waited_s++ < TURNS_REST_MOST_S);
        bench_wait(bench, 1000);
    }
    assert_int_equal(bench->run_count, 1);
    return waited_s;
}

static void a_remote_that_is_down_is_asked_by_one_call(void **state)
{
    /* Each that fails is followed by another one, until the last of the five. */
    enum { STARTED = 2 * TURNS_TRIP - 1, JOBS = STARTED + 5 };
    struct bench bench;
    int64_t jobs[JOBS];
    struct integration crm = bench_integration("acme", "crm");
    crm.parallel = TURNS_TRIP;
    bench_open(&bench, *state);
    bench_serve(&bench, &crm);
    for (unsigned i = 0; i < JOBS; i++) {
        char record[16];
        (void)snprintf(record, sizeof record, "%u", i);
        jobs[i] = bench_order(&bench, &crm, "show", record);
    }
    bench_turn(&bench);
    for (unsigned i = 0; i < STARTED; i++) {
        bench_end(&bench, jobs[i], failed);
    }
    unsigned first_s = wait_for_one(&bench);
    assert_runs(&bench, jobs[STARTED]);
    bench_end(&bench, jobs[STARTED], failed);
    assert_true(wait_for_one(&bench) > first_s);
    assert_runs(&bench, jobs[STARTED + 1]);
    bench_end(&bench, jobs[STARTED + 1], well);
    assert_runs(&bench, jobs[STARTED + 2], jobs[STARTED + 3], jobs[STARTED + 4]);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(each_record_of_a_call_has_its_own_end),
        state_test(a_call_that_fails_is_the_end_of_what_was_not_told),
        state_test(what_is_too_large_together_is_halved),
        state_test(a_remote_that_is_down_is_asked_by_one_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
