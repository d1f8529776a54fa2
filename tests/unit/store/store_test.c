#include "store/store.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "disk.h"
#include "open_files.h"
#include "store_rig.h"

static bool run_forgetful(struct store_work *work, struct db *db, struct error *error)
{
    (void)work;
    struct query *query = db_query(db, "select id from audit", error);
    return query && query_next(query, error) != QUERY_FAILED;
}

/* ---- ordinary life ---- */

static void what_was_put_is_there_after_a_restart(void **state)
{
    struct error error;
    struct store *store = rig_open(*state);
    assert_true(rig_put_row(store, 7, &error));
    store_close(store);
    store = rig_open(*state);
    rig_assert_rows(store, 1, 7);
    store_close(store);
}

static void a_work_that_fails_says_why_and_leaves_nothing(void **state)
{
    struct error error;
    struct put fails = {.work.run = rig_put, .id = 8, .fails = true};
    struct store *store = rig_open(*state);
    assert_true(rig_put_row(store, 7, &error));
    assert_false(rig_put_row(store, 7, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_false(store_do(store, &fails.work, &error));
    assert_int_equal(error.status, IMH_MISSING);
    assert_string_equal(error.text, "told to fail");
    rig_assert_rows(store, 1, 7);
    store_close(store);
}

static void close_does_what_is_still_inside(void **state)
{
    struct put puts[50] = {{.id = 0}};
    OWN(inbox) answers = inbox_make();
    struct store *store = rig_open(*state);
    for (size_t i = 0; i < COUNT(puts); i++) {
        puts[i].id = (int64_t)i;
    }
    rig_put_all(store, puts, COUNT(puts), answers);
    store_close(store);
    rig_take_all(answers, puts, COUNT(puts));
    store = rig_open(*state);
    rig_assert_rows(store, 50, 49 * 25);
    store_close(store);
}

static void nothing_is_left_open(void **state)
{
    struct error error;
    size_t files = open_files();
    for (int i = 0; i < 3; i++) {
        struct store *store = rig_open(*state);
        assert_true(rig_put_row(store, i, &error));
        store_close(store);
        assert_int_equal(open_files(), files);
    }
    store_close(NULL);
}

static void a_place_may_be_elsewhere(void **state)
{
    struct state *at = *state;
    struct error error;
    char place[128];
    struct store_settings settings = rig_settings(at);
    (void)snprintf(place, sizeof place, "sqlite:%s/other.db", at->outer);
    settings.place = place;
    struct store *store = rig_open_with(&settings);
    store_close(store);
    (void)snprintf(place, sizeof place, "%s/other.db", at->outer);
    assert_int_equal(access(place, F_OK), 0);
    settings.place = "imh.db";
    assert_null(store_open(&settings, &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

static void the_second_one_is_refused(void **state)
{
    struct error error;
    const struct store_settings settings = rig_settings(*state);
    struct store *store = rig_open(*state);
    assert_null(store_open(&settings, &error));
    assert_int_equal(error.status, IMH_WAIT);
    assert_true(rig_put_row(store, 1, &error));
    store_close(store);
    store_close(rig_open(*state));
}

static void a_newer_store_is_refused_and_left_as_it_is(void **state)
{
    struct error error;
    const struct store_settings settings = rig_settings(*state);
    struct sql newer = {.work.run = rig_sql,
                        .text = "insert into migration values (9999, 'future', 1)"};
    struct store *store = rig_open(*state);
    assert_true(store_do(store, &newer.work, &error));
    store_close(store);
    for (int i = 0; i < 2; i++) {
        size_t files = open_files();
        assert_null(store_open(&settings, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_non_null(strstr(error.text, "written by a newer imh (schema 9999"));
        assert_int_equal(open_files(), files);
    }
}

/* ---- one commit for all ---- */

/* What waits while a commit is under way becomes one commit: 1 + 100 works, 2 syncs. */
static void works_that_wait_share_a_commit(void **state)
{
    enum { MANY = 100 };
    struct error error;
    struct put first = {.id = 1000};
    struct put puts[MANY] = {{.id = 0}};
    OWN(inbox) answers = inbox_make();
    struct store *store = rig_open(*state);
    assert_true(rig_put_row(store, 2000, &error));
    for (int i = 0; i < MANY; i++) {
        puts[i].id = i;
    }
    disk_heal();
    disk_hold();
    rig_put_all(store, &first, 1, answers);
    disk_wait_until_held();
    rig_put_all(store, puts, MANY, answers);
    assert_null(inbox_take(answers)); /* nothing is said before it is synced */
    disk_release();
    assert_ptr_equal(inbox_wait(answers, PATIENCE_MS), &first.work.item);
    rig_take_all(answers, puts, MANY);
    assert_int_equal(disk_count(DISK_SYNC, DISK_LOG), 2);
    rig_assert_rows(store, MANY + 2, MANY * (MANY - 1) / 2 + 3000);
    assert_int_equal(disk_count(DISK_SYNC, DISK_LOG), 2); /* reading is none */
    store_close(store);
}

static void one_that_fails_does_not_spoil_the_others(void **state)
{
    enum { MANY = 100 };
    struct error error;
    int64_t rows = 1;
    int64_t sum = 0;
    struct put first = {.id = 0};
    struct put puts[MANY] = {{.id = 0}};
    OWN(inbox) answers = inbox_make();
    struct store *store = rig_open(*state);
    disk_hold();
    rig_put_all(store, &first, 1, answers);
    disk_wait_until_held();
    for (int i = 0; i < MANY; i++) {
        puts[i].id = i % 3 == 0 ? 0 : i; /* every third is there already */
        puts[i].fails = i % 5 == 0;
        bool good = i % 3 != 0 && i % 5 != 0;
        rows += good;
        sum += good ? i : 0;
    }
    rig_put_all(store, puts, MANY, answers);
    disk_release();
    assert_ptr_equal(inbox_wait(answers, PATIENCE_MS), &first.work.item);
    rig_take_all(answers, puts, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(puts[i].work.done, i % 3 != 0 && i % 5 != 0);
        assert_int_equal(puts[i].work.error.status, i % 3 == 0   ? IMH_REJECTED
                                                    : i % 5 == 0 ? IMH_MISSING
                                                                 : IMH_OK);
    }
    rig_assert_rows(store, rows, sum);
    assert_true(rig_put_row(store, 500, &error));
    store_close(store);
}

/* More than fit into one commit are several. */
static void there_is_no_limit_to_what_may_wait(void **state)
{
    enum { MANY = 3000 };
    struct put *puts = calloc(MANY, sizeof *puts);
    struct put first = {.id = -1};
    OWN(inbox) answers = inbox_make();
    struct store *store = rig_open(*state);
    disk_hold();
    rig_put_all(store, &first, 1, answers);
    disk_wait_until_held();
    for (int i = 0; i < MANY; i++) {
        puts[i].id = i;
    }
    rig_put_all(store, puts, MANY, answers);
    disk_heal();
    assert_ptr_equal(inbox_wait(answers, PATIENCE_MS), &first.work.item);
    rig_take_all(answers, puts, MANY);
    assert_int_equal(disk_count(DISK_SYNC, DISK_LOG), (MANY + 1023) / 1024);
    rig_assert_rows(store, MANY + 1, (int64_t)MANY * (MANY - 1) / 2 - 1);
    store_close(store);
    free(puts);
}

struct producer {
    struct store *store;
    int64_t first;
    unsigned failed;
};

static void *produce(void *data)
{
    struct producer *producer = data;
    for (int64_t i = 0; i < 100; i++) {
        struct error error;
        producer->failed += !rig_put_row(producer->store, producer->first + i, &error);
    }
    return NULL;
}

static void many_threads_may_put(void **state)
{
    enum { PRODUCERS = 8 };
    pthread_t threads[PRODUCERS];
    struct producer producers[PRODUCERS];
    struct store *store = rig_open(*state);
    for (int i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){store, i * 100, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
    }
    for (int i = 0; i < PRODUCERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(producers[i].failed, 0);
    }
    rig_assert_rows(store, PRODUCERS * 100, PRODUCERS * 100 * (PRODUCERS * 100 - 1) / 2);
    store_close(store);
}

/* ---- our own mistakes ---- */

static void a_forgotten_query_is_an_error(void **state)
{
    struct error error;
    struct store_work forgetful = {.run = run_forgetful};
    struct store *store = rig_open(*state);
    assert_true(rig_put_row(store, 1, &error));
    assert_false(store_do(store, &forgetful, &error));
    assert_int_equal(error.status, IMH_BROKEN);
    assert_true(rig_put_row(store, 2, &error));
    store_close(store);
}

/* A statement that ends the transaction takes along what was in it, and nothing else. */
static void a_work_that_ends_the_transaction_fails_all_of_it(void **state)
{
    static const char *const texts[] = {
        "insert or rollback into audit values (1, 1, '', '', '', '')", "rollback",
        "selekt 1; rollback"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct error error;
        struct put first = {.id = 1};
        struct put puts[2] = {{.id = 2}, {.id = 3}};
        struct sql end = {.work.run = rig_sql, .text = texts[i]};
        void *other = NULL;
        OWN(inbox) answers = inbox_make();
        assert_int_equal(rig_make(&other), 0);
        struct store *store = rig_open(other);
        disk_hold();
        rig_put_all(store, &first, 1, answers);
        disk_wait_until_held();
        rig_put_all(store, puts, 1, answers);
        end.work.answer_to = answers;
        store_put(store, &end.work);
        rig_put_all(store, puts + 1, 1, answers);
        disk_release();
        for (int answer = 0; answer < 4; answer++) {
            assert_non_null(inbox_wait(answers, PATIENCE_MS));
        }
        assert_true(first.work.done);
        bool whole = i < 2; /* the third failed before it could do harm */
        assert_int_equal(puts[0].work.done, !whole);
        assert_int_equal(puts[1].work.done, !whole);
        assert_false(end.work.done);
        assert_true(strlen(end.work.error.text) > 0);
        assert_true(rig_put_row(store, 9, &error));
        rig_assert_rows(store, whole ? 2 : 4, whole ? 10 : 15);
        store_close(store);
        assert_int_equal(state_remove(&other), 0);
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        disk_test(what_was_put_is_there_after_a_restart),
        disk_test(a_work_that_fails_says_why_and_leaves_nothing),
        disk_test(close_does_what_is_still_inside),
        disk_test(nothing_is_left_open),
        disk_test(a_place_may_be_elsewhere),
        disk_test(the_second_one_is_refused),
        disk_test(a_newer_store_is_refused_and_left_as_it_is),
        disk_test(works_that_wait_share_a_commit),
        disk_test(one_that_fails_does_not_spoil_the_others),
        disk_test(there_is_no_limit_to_what_may_wait),
        disk_test(many_threads_may_put),
        disk_test(a_forgotten_query_is_an_error),
        cmocka_unit_test(a_work_that_ends_the_transaction_fails_all_of_it),
    };
    disk_insert();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
