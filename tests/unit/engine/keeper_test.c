#include "engine/keeper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <poll.h>

#include <cmocka.h>

#include "store_rig.h"

#define DAY_MS (86400 * (int64_t)1000)

/* Moved by the tests. */
static int64_t time_ms;

static int64_t moment(const struct clock *clock)
{
    (void)clock;
    return time_ms;
}

/* How far the calendar is ahead. */
static int64_t jumped_ms;

static int64_t calendar(const struct clock *clock)
{
    return moment(clock) + jumped_ms;
}

static const struct clock set_clock = {.now_ms = calendar, .mono_ms = moment};

/* What the disk of the tests has. */
static bool tell_disk(void *self, struct store_disk *disk)
{
    *disk = *(const struct store_disk *)self;
    return true;
}

struct bench {
    struct store *store;
    struct keeper *keeper;
    struct store_disk disk;
    struct log log;
};

static void run_sql(struct bench *bench, const char *text)
{
    struct error error = {.text = ""};
    struct sql sql = {.work.run = rig_sql, .text = text};
    assert_true(store_do(bench->store, &sql.work, &error));
}

static bool count_jobs(struct store_work *work, struct db *db, struct error *error)
{
    struct count *count = (struct count *)(void *)work;
    OWN(query) query =
        db_query(db, "select count(*), coalesce(sum(id), 0) from job", error);
    if (!query || query_next(query, error) != QUERY_ROW) {
        return false;
    }
    count->rows = query_int(query, 0);
    count->sum = query_int(query, 1);
    return true;
}

static void assert_jobs(struct bench *bench, int64_t rows, int64_t sum)
{
    struct error error = {.text = ""};
    struct count count = {.work.run = count_jobs};
    assert_true(store_do(bench->store, &count.work, &error));
    assert_int_equal(count.rows, rows);
    assert_int_equal(count.sum, sum);
}

/* Jobs `from` to `to`; `state` 5 is done, 3 failed. They ended a day after 1970 began. */
static void put_jobs(struct bench *bench, int from, int to, int kind, int state)
{
    char sql[1000];
    (void)snprintf(
        sql, sizeof sql,
        "with recursive n (i) as (select %d union all select i + 1 from n where i < %d)"
        " insert into job select i, 1, %d, '', '', %d, 0, 1, 1, 0, 0, 0, 86400000, 0, null,"
        " 86400000, null, null from n;"
        "insert into job_text select id, '{}', '', '' from job"
        "  where id between %d and %d;"
        "insert into history (job, at_ms, what, attempt, status, code, times, words)"
        "  select id, 0, 1, 1, 0, 0, 1, 'x' from job where id between %d and %d",
        from, to, kind, state, from, to, from, to);
    run_sql(bench, sql);
}

static void open_bench(struct bench *bench, const struct state *at)
{
    struct error error = {.text = ""};
    time_ms = DAY_MS;
    jumped_ms = 0;
    *bench = (struct bench){.store = rig_open(at),
                            .disk = {.size_bytes = 1000, .free_bytes = 500}};
    log_init(&bench->log, IMH_ERROR);
    const struct keeper_settings settings = {.store = bench->store,
                                             .clock = &set_clock,
                                             .log = &bench->log,
                                             .free_bytes = 100,
                                             .disk = tell_disk,
                                             .self = &bench->disk};
    bench->keeper = keeper_make(&settings, &error);
    assert_non_null(bench->keeper);
    run_sql(bench, "insert into integration values (1, 'acme', 'crm')");
}

static void close_bench(struct bench *bench)
{
    keeper_free(bench->keeper);
    store_close(bench->store);
}

/* Until it rests; how many steps that took. */
static unsigned let_it_forget(struct bench *bench)
{
    unsigned steps = 0;
    bool rests = false;
    while (!rests) {
        struct pollfd fd = {.fd = keeper_fd(bench->keeper), .events = POLLIN};
        keeper_turn(bench->keeper);
        assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
        steps++;
        keeper_turn(bench->keeper);
        time_ms += KEEPER_PAUSE_MS;
        rests = poll(&fd, 1, 0) == 0 && keeper_wait_ms(bench->keeper, 1000) > 0;
    }
    return steps;
}

static void what_was_kept_long_enough_goes_and_nothing_else(void **state)
{
    struct bench bench;
    open_bench(&bench, *state);
    put_jobs(&bench, 1, 10, 1, 5);  /* actions, done: 30 days */
    put_jobs(&bench, 11, 15, 1, 3); /* failed: for ever */
    put_jobs(&bench, 16, 20, 2, 6); /* records, discarded: 7 days */
    put_jobs(&bench, 21, 21, 1, 3);
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 21, 231);
    time_ms = 1 * DAY_MS + 7 * DAY_MS + 1;
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 16, 231 - 90);
    time_ms = 1 * DAY_MS + 30 * DAY_MS + 1;
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 6, 11 + 12 + 13 + 14 + 15 + 21);
    assert_int_equal(keeper_forgotten(bench.keeper), 15);
    time_ms += 1000 * DAY_MS;
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 6, 11 + 12 + 13 + 14 + 15 + 21);
    close_bench(&bench);
}

/* It looks, and does not begin. */
static void let_it_doubt(struct bench *bench)
{
    struct pollfd fd = {.fd = keeper_fd(bench->keeper), .events = POLLIN};
    keeper_turn(bench->keeper);
    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_true(keeper_wait_ms(bench->keeper, 1000) > 0);
}

static void a_calendar_that_jumps_ahead_makes_nothing_go(void **state)
{
    const int64_t years_ms = 3650 * DAY_MS;
    struct bench bench;
    open_bench(&bench, *state);
    put_jobs(&bench, 1, 10, 1, 5);
    (void)let_it_forget(&bench);
    jumped_ms = years_ms;
    for (int64_t i = 0; i < 23; i++) {
        time_ms += DAY_MS / 24;
        let_it_doubt(&bench);
    }
    jumped_ms = 0; /* and back */
    time_ms += KEEPER_REST_MS;
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 10, 55);
    jumped_ms = years_ms;
    time_ms += KEEPER_REST_MS;
    let_it_doubt(&bench);
    assert_jobs(&bench, 10, 55);
    time_ms += DAY_MS + KEEPER_LOOK_MS; /* it stays so */
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 1, 10);
    close_bench(&bench);
}

static void a_start_far_ahead_of_what_is_kept_makes_nothing_go_at_once(void **state)
{
    struct bench bench;
    open_bench(&bench, *state);
    put_jobs(&bench, 1, 10, 1, 5);
    jumped_ms = 3650 * DAY_MS;
    struct pollfd fd = {.fd = keeper_fd(bench.keeper), .events = POLLIN};
    keeper_turn(bench.keeper);
    assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1); /* it looked back */
    keeper_turn(bench.keeper);
    time_ms += KEEPER_PAUSE_MS;
    let_it_doubt(&bench);
    assert_jobs(&bench, 10, 55);
    time_ms += DAY_MS + KEEPER_LOOK_MS;
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 1, 10);
    close_bench(&bench);
}

static bool count_events(struct store_work *work, struct db *db, struct error *error)
{
    struct count *count = (struct count *)(void *)work;
    OWN(query) query = db_query(db, "select count(*) from event", error);
    bool good = query && query_next(query, error) == QUERY_ROW;
    count->rows = good ? query_int(query, 0) : -1;
    return good;
}

static void assert_events(struct bench *bench, int64_t rows)
{
    struct error error = {.text = ""};
    struct count count = {.work.run = count_events};
    assert_true(store_do(bench->store, &count.work, &error));
    assert_int_equal(count.rows, rows);
}

static void events_go_after_a_quarter_and_never_the_newest(void **state)
{
    struct bench bench;
    open_bench(&bench, *state);
    run_sql(&bench, "insert into event (integration, type, key, at_ms, seen_at_ms, subject,"
                    " data, origin) values (1, 't', 'a', 0, 86400000, '{}', '{}', ''),"
                    " (1, 't', 'b', 0, 86400000, '{}', '{}', '')");
    (void)let_it_forget(&bench);
    time_ms = 90 * DAY_MS;
    (void)let_it_forget(&bench);
    assert_events(&bench, 2);
    time_ms = 92 * DAY_MS;
    (void)let_it_forget(&bench);
    assert_events(&bench, 1);
    assert_int_equal(keeper_forgotten(bench.keeper), 0); /* that is of jobs */
    close_bench(&bench);
}

static void many_go_in_small_steps(void **state)
{
    struct bench bench;
    open_bench(&bench, *state);
    put_jobs(&bench, 1, 1000, 2, 5);
    put_jobs(&bench, 1001, 1001, 2, 3);
    (void)let_it_forget(&bench);
    time_ms += 8 * DAY_MS;
    assert_true(let_it_forget(&bench) >= 1000 / KEEPER_STEP_JOBS + 1);
    assert_jobs(&bench, 1, 1001);
    close_bench(&bench);
}

static void when_all_is_forgotten_it_rests(void **state)
{
    struct bench bench;
    open_bench(&bench, *state);
    put_jobs(&bench, 1, 2, 2, 5);
    (void)let_it_forget(&bench);
    run_sql(&bench, "update job set ended_at_ms = -86400000000");
    time_ms += KEEPER_REST_MS / 2;
    keeper_turn(bench.keeper);
    assert_jobs(&bench, 2, 3);
    time_ms += KEEPER_REST_MS;
    (void)let_it_forget(&bench);
    assert_jobs(&bench, 1, 2); /* the newest of all stays */
    close_bench(&bench);
}

static void a_disk_that_fills_is_seen_and_one_with_room_again(void **state)
{
    struct bench bench;
    open_bench(&bench, *state);
    keeper_turn(bench.keeper);
    assert_false(keeper_room(bench.keeper)->is_short);
    bench.disk.free_bytes = 99;
    keeper_turn(bench.keeper);
    assert_false(keeper_room(bench.keeper)->is_short); /* it did not look yet */
    time_ms += KEEPER_LOOK_MS;
    assert_int_equal(keeper_wait_ms(bench.keeper, 10000), 0);
    keeper_turn(bench.keeper);
    assert_true(keeper_room(bench.keeper)->is_short);
    bench.disk.free_bytes = 125;
    time_ms += KEEPER_LOOK_MS;
    keeper_turn(bench.keeper);
    assert_false(keeper_room(bench.keeper)->is_short);
    close_bench(&bench);
}

static void the_real_disk_says_something(void **state)
{
    struct store_disk disk = {0};
    struct store *store = rig_open(*state);
    assert_true(store_disk(store, &disk));
    assert_true(disk.size_bytes > 0);
    assert_true(disk.free_bytes > 0 && disk.free_bytes <= disk.size_bytes);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(what_was_kept_long_enough_goes_and_nothing_else),
        state_test(a_calendar_that_jumps_ahead_makes_nothing_go),
        state_test(a_start_far_ahead_of_what_is_kept_makes_nothing_go_at_once),
        state_test(events_go_after_a_quarter_and_never_the_newest),
        state_test(many_go_in_small_steps),
        state_test(when_all_is_forgotten_it_rests),
        state_test(a_disk_that_fills_is_seen_and_one_with_room_again),
        state_test(the_real_disk_says_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
