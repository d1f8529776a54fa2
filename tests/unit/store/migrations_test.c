#include "store/migrations.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "state.h"

static int64_t moment(const struct clock *clock)
{
    (void)clock;
    return 1234567890123;
}

static const struct clock fixed = {.now_ms = moment, .mono_ms = moment};

static const struct migration steps[] = {
    {"first", "create table a (x bigint); insert into a values (1)"},
    {"second", "create table b (y bigint); update a set x = x + 1"},
    {"third", "insert into b select x from a"},
};

static const struct migration broken[] = {
    {"first", "create table a (x bigint); insert into a values (1)"},
    {"breaks", "update a set x = 99; create table a (x bigint)"},
};

static void run(struct db *db, const struct migration *items, unsigned count)
{
    struct error error = {.text = ""};
    const struct migrations migrations = {items, count};
    bool done = migrations_run(db, &migrations, &fixed, &error);
    assert_string_equal(error.text, "");
    assert_true(done);
}

static int64_t number_of(struct db *db)
{
    struct error error;
    int64_t number = -1;
    assert_true(migrations_number(db, &number, &error));
    return number;
}

static void a_new_database_has_number_0(void **state)
{
    struct db *db = state_open(*state);
    assert_int_equal(number_of(db), 0);
    run(db, steps, 0);
    assert_int_equal(number_of(db), 0);
    db_close(db);
}

static void each_step_is_done_once_and_in_order(void **state)
{
    struct db *db = state_open(*state);
    run(db, steps, 3);
    run(db, steps, 3);
    assert_int_equal(number_of(db), 3);
    assert_int_equal(state_number(db, "select sum(x) from a"), 2);
    assert_int_equal(state_number(db, "select sum(y) from b"), 2);
    assert_int_equal(state_number(db, "select count(*) from migration where name = 'second'"
                                      " and number = 2 and done_at_ms = 1234567890123"),
                     1);
    db_close(db);
}

static void an_older_database_gets_what_is_missing(void **state)
{
    for (unsigned first = 0; first <= 3; first++) {
        void *other = NULL;
        assert_int_equal(state_make(&other), 0);
        struct db *db = state_open(other);
        run(db, steps, first);
        db_close(db);
        db = state_open(other);
        assert_int_equal(number_of(db), first);
        run(db, steps, 3);
        assert_int_equal(number_of(db), 3);
        assert_int_equal(state_number(db, "select sum(y) from b"), 2);
        db_close(db);
        assert_int_equal(state_remove(&other), 0);
    }
    (void)state;
}

static void a_step_that_fails_leaves_nothing(void **state)
{
    struct error error;
    const struct migrations two = {broken, 2};
    struct db *db = state_open(*state);
    for (int i = 0; i < 2; i++) {
        assert_false(migrations_run(db, &two, &fixed, &error));
        assert_non_null(strstr(error.text, "migration 2 (breaks): "));
        assert_int_equal(error.status, IMH_BROKEN);
        assert_false(db_in_transaction(db));
        assert_int_equal(number_of(db), 1);
        assert_int_equal(state_number(db, "select x from a"), 1);
    }
    run(db, steps, 3);
    assert_int_equal(state_number(db, "select sum(y) from b"), 2);
    db_close(db);
}

static void a_newer_database_is_refused(void **state)
{
    struct error error;
    const struct migrations older = {steps, 2};
    struct db *db = state_open(*state);
    run(db, steps, 3);
    assert_false(migrations_run(db, &older, &fixed, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_non_null(strstr(error.text, "imh.db: written by a newer imh (schema 3, this one "
                                       "knows 2): install that again"));
    assert_int_equal(number_of(db), 3);
    db_close(db);
}

static void a_step_survives_a_kill_whole_or_not_at_all(void **state)
{
    struct error error;
    void *other = NULL;
    const struct migrations none = {steps, 0};
    struct db *db = state_open(*state);
    run(db, steps, 1);
    assert_true(db_begin(db, &error));
    assert_true(db_run(db, steps[1].sql, &error));
    assert_int_equal(state_make(&other), 0);
    state_copy(*state, other);
    db_rollback(db);
    db_close(db);
    db = state_open(other);
    assert_int_equal(number_of(db), 1);
    assert_false(migrations_run(db, &none, &fixed, &error));
    run(db, steps, 3);
    assert_int_equal(state_number(db, "select sum(y) from b"), 2);
    db_close(db);
    assert_int_equal(state_remove(&other), 0);
}

/* Made by an imh that did not count its jobs. */
static void jobs_that_are_there_already_are_counted(void **state)
{
    enum { BEFORE = 11 };
    struct error error;
    struct db *db = state_open(*state);
    run(db, migrations_all.items, BEFORE);
    assert_true(db_run(db,
                       "insert into integration values (1, 'a', 'b'), (2, 'a', 'c');"
                       "with recursive number (i) as (select 0 union all select i + 1"
                       " from number where i < 6)"
                       "insert into job select i + 1, 2, 1, '', i, i, 0, 1, 1, 0, 0, 0, 1,"
                       " 0, case when i = 1 then 9223372036854775807 end,"
                       " case when i > 2 then 1 end, null, null from number",
                       &error));
    run(db, migrations_all.items, migrations_all.count);
    assert_int_equal(state_number(db, "select count(*) from job_count"), 1);
    assert_int_equal(state_number(db, "select integration * 10000 + waiting * 1000"
                                      " + held * 100 + running * 10 + failed"
                                      " from job_count"),
                     22112);
    db_close(db);
}

static void ours_make_all_tables(void **state)
{
    static const char *const tables[] = {"migration", "secret", "audit"};
    struct error error;
    struct db *db = state_open(*state);
    run(db, migrations_all.items, migrations_all.count);
    for (size_t i = 0; i < COUNT(tables); i++) {
        bool has = false;
        assert_true(db_has_table(db, str_from(tables[i]), &has, &error));
        assert_true(has);
    }
    assert_int_equal(number_of(db), migrations_all.count);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(a_new_database_has_number_0),
        state_test(each_step_is_done_once_and_in_order),
        cmocka_unit_test(an_older_database_gets_what_is_missing),
        state_test(a_step_that_fails_leaves_nothing),
        state_test(a_newer_database_is_refused),
        state_test(a_step_survives_a_kill_whole_or_not_at_all),
        state_test(jobs_that_are_there_already_are_counted),
        state_test(ours_make_all_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
