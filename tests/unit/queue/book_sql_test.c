#include "queue/book_sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/text.h"
#include "queue/listing.h"
#include "queue_rig.h"
#include "store/db_driver.h"
#include "store/migrations.h"

static const struct job_answer ok = {.status = IMH_OK};
static const struct job_answer refused = {.status = IMH_REJECTED};

/* A page of each list, not the first. */
static void look(struct rig *rig)
{
    struct error error = {.text = ""};
    const struct overview_filter filter = {.before = 1, .after_ms = 1, .after = 1};
    OWN(book_rows) rows = book_rows_make(1, 0, 0, &error);
    assert_non_null(rows);
    assert_true(listing_due(rig->db, &filter, &rig->arena, rows, &error));
    assert_true(overview_page(rig->db, &filter, &rig->arena, rows, &error));
}

/* Every statement of the book is prepared by then. */
static void live(struct rig *rig)
{
    struct queue queue = rig_queue(rig);
    struct str name;
    int64_t instead = 0;
    uint32_t gone = 0;
    bool more = false;
    struct job keyed = {.integration = rig->shop, .kind = JOB_ACTION, .once_key = STR("o")};
    (void)rig_add(rig, &keyed, "{}");
    (void)rig_take(rig, rig->shop, 4);
    rig_restart(rig);
    rig->policy.holds = true;
    int64_t id = rig_record(rig, "k", "1").job;
    (void)rig_record(rig, "k", "2");
    (void)rig_record(rig, "k", "3");
    rig_serve(rig, id, refused);
    rig->batch_most = 10;
    queue = rig_queue(rig);
    RIG_STEP(rig, queue_retry(&queue, id, STR_OF("uid 0"), &instead, &error));
    rig_serve(rig, id, (struct job_answer){.status = IMH_OK, .result = STR("{}")});
    id = rig_action(rig, "s");
    rig_serve(rig, id, refused);
    RIG_STEP(rig, queue_discard(&queue, id, STR_OF("uid 0"), &error));
    (void)rig_add(rig, &keyed, "{}");
    id = rig_action(rig, "s");
    rig_serve(rig, id, (struct job_answer){.status = IMH_DENIED});
    (void)rig_action(rig, "t");
    rig_assert_idle(rig, rig->shop);
    RIG_STEP(rig, queue_release(&queue, rig->shop, &more, &error));
    RIG_STEP(rig, queue_clamp(&queue, rig->shop, 0, &more, &error));
    RIG_STEP(rig, book_sql_name(rig->db, 7, &rig->arena, &name, &error));
    look(rig);
    RIG_STEP(rig, book_sql_forget(rig->db, JOB_ACTION, 0, 10, &gone, &error));
}

/* What a statement asks for, and the words of its plan when an index is asked for that. */
static const struct {
    const char *asked, *found;
} searches[] = {
    {"from job where integration = ", "(integration=?"},
    {" stream = ", "stream=?"},
    {" merge_key = ", "merge_key=?"},
    {" once_key = ", "once_key=?"},
    {" ready_at_ms >= ", "ready_at_ms>?"},
    {"(ready_at_ms, id) > ", "(integration=? AND ready_at_ms>?"},
    {" state = 0 and id > ", "job_behind (integration=? AND id>?"},
    {"select id from job where kind = ", "(kind=? AND state=? AND ended_at_ms<?"},
    {"from history where job = ", "(job=?"},
    {" where id = ", "INTEGER PRIMARY KEY (rowid=?)"},
    {"from job_text where job = ", "INTEGER PRIMARY KEY (rowid=?)"},
    {"update job_text ", "INTEGER PRIMARY KEY (rowid=?)"},
    {"from hold where integration = ", "(integration=?"},
};

/* Every step of the plan, one a line. */
static void read_plan(sqlite3 *handle, const char *sql, struct text *plan)
{
    char explain[2048];
    sqlite3_stmt *statement = NULL;
    (void)snprintf(explain, sizeof explain, "explain query plan %s", sql);
    assert_int_equal(sqlite3_prepare_v2(handle, explain, -1, &statement, NULL), SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        text_print(plan, "%s\n", (const char *)sqlite3_column_text(statement, 3));
    }
    (void)sqlite3_finalize(statement);
}

/* It finds its rows by a key or an index, in the order it wants them. */
static void check_plan(sqlite3 *handle, const char *sql)
{
    struct text plan;
    text_init(&plan, 4096);
    read_plan(handle, sql, &plan);
    const char *words = text_cstr(&plan);
    bool good = !strstr(words, "SCAN ") && !strstr(words, "TEMP B-TREE");
    for (size_t i = 0; i < COUNT(searches); i++) {
        good =
            good && (!strstr(sql, searches[i].asked) || strstr(words, searches[i].found));
    }
    if (!good) {
        fail_msg("%s: %s", sql, words);
    }
    text_done(&plan);
}

static void no_statement_looks_at_more_than_it_needs(void **state)
{
    struct rig rig;
    sqlite3 *handle = NULL;
    unsigned count = 0;
    rig_open(&rig, *state);
    live(&rig);
    assert_int_equal(sqlite3_open(":memory:", &handle), SQLITE_OK);
    for (unsigned i = 0; i < migrations_all.count; i++) {
        assert_int_equal(
            sqlite3_exec(handle, migrations_all.items[i].sql, NULL, NULL, NULL), SQLITE_OK);
    }
    for (size_t i = 0; i < DB_QUERY_SLOTS; i++) {
        for (const struct query *query = rig.db->queries[i]; query; query = query->next) {
            bool ours = strstr(query->sql, "job") || strstr(query->sql, "hold") ||
                        strstr(query->sql, "history");
            if (ours) {
                check_plan(handle, query->sql);
                count++;
            }
        }
    }
    assert_in_range(count, 25, 100);
    (void)sqlite3_close(handle);
    rig_close(&rig);
}

static void a_job_that_changed_meanwhile_is_not_written_over(void **state)
{
    struct rig rig;
    struct error failure = {.text = ""};
    rig_open(&rig, *state);
    struct job job = rig_job(&rig, rig_action(&rig, "s"));
    struct job copy = job;
    job.state = JOB_RUNNING;
    job.ready_at_ms = JOB_IS_RUNNING;
    RIG_STEP(&rig, rig.book.update(rig.db, &job, &error));
    copy.starts = 9;
    assert_true(db_begin(rig.db, &failure));
    assert_false(rig.book.update(rig.db, &copy, &failure));
    assert_int_equal(failure.status, IMH_BROKEN);
    db_rollback(rig.db);
    assert_int_equal(rig_job(&rig, job.id).starts, 0);
    job.state = JOB_DONE; /* what was written may be changed again */
    job.ready_at_ms = JOB_NOT_READY;
    RIG_STEP(&rig, rig.book.update(rig.db, &job, &error));
    rig_close(&rig);
}

static void a_job_is_read_as_it_was_written(void **state)
{
    struct rig rig;
    struct error failure = {.text = ""};
    rig_open(&rig, *state);
    struct job job = {.integration = rig.mail,
                      .kind = JOB_OWN,
                      .state = JOB_WAITING,
                      .flags = JOB_REPEATABLE | JOB_REMOVES,
                      .starts = 4,
                      .attempts = 3,
                      .kills = 1,
                      .version = 9,
                      .batch_most = 25,
                      .created_at_ms = 11,
                      .not_before_ms = 12,
                      .ready_at_ms = 13,
                      .ended_at_ms = 0,
                      .part = STR("p"),
                      .stream = STR("s'); --"),
                      .once_key = STR("o"),
                      .merge_key = STR("m")};
    const struct job_text text = {.args = STR("{\"a\":1}"), .origin = STR("[]")};
    struct job_text kept;
    RIG_STEP(&rig, rig.book.insert(rig.db, &job, &text, &error));
    struct job read = rig_job(&rig, job.id);
    assert_memory_equal(&read, &job, offsetof(struct job, part));
    assert_true(str_eq(read.part, job.part) && str_eq(read.stream, job.stream));
    assert_true(str_eq(read.once_key, job.once_key));
    assert_true(str_eq(read.merge_key, job.merge_key));
    assert_true(rig.book.load_text(rig.db, job.id, &rig.arena, &kept, &failure));
    assert_true(str_eq(kept.args, text.args) && str_eq(kept.origin, text.origin));
    assert_int_equal(kept.result.len, 0);
    rig_close(&rig);
}

static void history_does_not_grow_without_end(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    struct history history = {.job = id, .at_ms = 1, .what = HAPPENED_ATTEMPT, .times = 1};
    for (uint32_t i = 1; i <= 3 * JOB_HISTORY_MOST; i++) {
        history.attempt = i;
        RIG_STEP(&rig, rig.book.add_history(rig.db, &history, &error));
    }
    assert_int_equal(state_number(rig.db, "select count(*) from history"),
                     JOB_HISTORY_MOST);
    assert_int_equal(state_number(rig.db, "select max(attempt) from history"),
                     3 * JOB_HISTORY_MOST);
    history.attempt = 0; /* what does not count is one entry as long as it repeats */
    for (uint32_t i = 0; i < 10; i++) {
        history.at_ms = 100 + i;
        RIG_STEP(&rig, rig.book.add_history(rig.db, &history, &error));
    }
    assert_int_equal(state_number(rig.db, "select times from history where attempt = 0"),
                     10);
    assert_int_equal(state_number(rig.db, "select at_ms from history where attempt = 0"),
                     109);
    rig_close(&rig);
}

static void old_jobs_are_forgotten_and_no_number_comes_twice(void **state)
{
    struct rig rig;
    uint32_t gone = 0;
    rig_open(&rig, *state);
    int64_t first = rig_action(&rig, "s");
    int64_t failed = rig_action(&rig, "s");
    int64_t last = rig_action(&rig, "s");
    rig_serve(&rig, first, (struct job_answer){.status = IMH_OK, .words = STR("fine")});
    rig_serve(&rig, failed, refused);
    rig_serve(&rig, last, ok);
    RIG_STEP(&rig, book_sql_forget(rig.db, JOB_ACTION, rig.now_ms, 10, &gone, &error));
    assert_int_equal(gone, 0);
    RIG_STEP(&rig, book_sql_forget(rig.db, JOB_MAIL, INT64_MAX, 10, &gone, &error));
    assert_int_equal(gone, 0);
    RIG_STEP(&rig, book_sql_forget(rig.db, JOB_ACTION, rig.now_ms + 1, 10, &gone, &error));
    assert_int_equal(gone, 1); /* not what people look at, nor the newest */
    rig_assert_state(&rig, failed, JOB_FAILED);
    rig_assert_state(&rig, last, JOB_DONE);
    assert_int_equal(state_number(rig.db, "select count(*) from job_text"), 2);
    assert_true(rig_action(&rig, "s") > last);
    rig_close(&rig);
}

static void the_queue_keeps_its_name(void **state)
{
    struct rig rig;
    struct str name;
    rig_open(&rig, *state);
    RIG_STEP(&rig, book_sql_name(rig.db, 0xABC, &rig.arena, &name, &error));
    assert_string_equal(name.ptr, "0000000000000abc");
    RIG_STEP(&rig, book_sql_name(rig.db, 1, &rig.arena, &name, &error));
    assert_string_equal(name.ptr, "0000000000000abc");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(no_statement_looks_at_more_than_it_needs),
        state_test(a_job_that_changed_meanwhile_is_not_written_over),
        state_test(a_job_is_read_as_it_was_written),
        state_test(history_does_not_grow_without_end),
        state_test(old_jobs_are_forgotten_and_no_number_comes_twice),
        state_test(the_queue_keeps_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
