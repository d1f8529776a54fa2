#include "store/counts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "state.h"

static const char add_sql[] =
    "insert into number (a, b, c, d, id) values ($1, $2, $3, $4, $5) on conflict (id)"
    " do update set a = number.a + excluded.a, b = number.b + excluded.b,"
    " c = number.c + excluded.c, d = number.d + excluded.d, writes = number.writes + 1";
static const char sum_sql[] =
    "select coalesce(sum(a + 10 * b + 100 * c + 1000 * d), 0) from number";

static struct db *open_numbers(void **state)
{
    struct error error;
    struct db *db = state_open(*state);
    assert_true(db_run(db,
                       "create table number (id integer primary key, a bigint, b bigint,"
                       " c bigint, d bigint, writes bigint not null default 1)",
                       &error));
    return db;
}

static void add(struct db *db, int64_t key, int64_t a, int64_t d)
{
    struct error error = {.text = ""};
    const int64_t by[DB_NUMBERS] = {a, 0, 0, d};
    assert_true(db_count(db, add_sql, key, by, &error));
}

static void a_row_is_written_once_when_the_transaction_ends(void **state)
{
    struct error error;
    struct db *db = open_numbers(state);
    assert_true(db_begin(db, &error));
    for (int i = 0; i < 300; i++) {
        add(db, 7 + i % 3, 1, 0);
    }
    assert_int_equal(state_number(db, sum_sql), 0);
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, "select count(*) from number where a = 100"), 3);
    assert_int_equal(state_number(db, "select sum(writes) from number"), 3);
    assert_true(db_begin(db, &error));
    add(db, 7, -1, 2);
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, "select 10 * a + d from number where id = 7"), 992);
    db_close(db);
}

static void what_comes_to_nothing_is_not_written(void **state)
{
    struct error error;
    struct db *db = open_numbers(state);
    assert_true(db_begin(db, &error));
    add(db, 1, 1, 0);
    add(db, 2, 1, 0);
    add(db, 1, -1, 0);
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, "select count(*) from number"), 1);
    db_close(db);
}

static void a_savepoint_takes_back_what_is_its_own(void **state)
{
    struct error error;
    struct db *db = open_numbers(state);
    assert_true(db_begin(db, &error));
    add(db, 1, 1, 0);
    assert_true(db_savepoint(db, &error));
    add(db, 1, 1, 0);
    assert_true(db_savepoint(db, &error));
    add(db, 1, 0, 7);
    assert_true(db_undo(db, &error));
    add(db, 1, 1, 0);
    assert_true(db_release(db, &error));
    assert_true(db_savepoint(db, &error));
    add(db, 1, 0, 5);
    add(db, 2, 0, 5);
    assert_true(db_undo(db, &error));
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, sum_sql), 3);
    db_close(db);
}

static void a_transaction_that_is_undone_leaves_nothing(void **state)
{
    struct error error;
    struct db *db = open_numbers(state);
    assert_true(db_begin(db, &error));
    add(db, 1, 1, 0);
    assert_true(db_savepoint(db, &error));
    add(db, 1, 1, 0);
    db_rollback(db);
    assert_true(db_begin(db, &error));
    assert_false(db_begin(db, &error));
    add(db, 2, 0, 1);
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, sum_sql), 1000);
    db_close(db);
}

static void what_cannot_be_written_fails_the_commit(void **state)
{
    struct error error;
    const int64_t by[DB_NUMBERS] = {1, 0, 0, 0};
    struct db *db = open_numbers(state);
    assert_true(db_begin(db, &error));
    assert_true(db_count(db, "update nothing set a = $1", 1, by, &error));
    assert_false(db_commit(db, &error));
    assert_non_null(strstr(error.text, "nothing"));
    db_rollback(db);
    assert_true(db_begin(db, &error));
    assert_true(db_commit(db, &error));
    db_close(db);
}

static void our_mistakes_are_told(void **state)
{
    struct error error;
    const int64_t by[DB_NUMBERS] = {1, 0, 0, 0};
    struct db *db = open_numbers(state);
    assert_false(db_count(db, add_sql, 1, by, &error));
    assert_int_equal(error.status, IMH_BROKEN);
    assert_true(db_begin(db, &error));
    for (int i = 0; i < COUNTS_LEVELS_MOST; i++) {
        assert_true(db_savepoint(db, &error));
    }
    assert_false(db_savepoint(db, &error));
    assert_non_null(strstr(error.text, "more than 4 savepoints"));
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(a_row_is_written_once_when_the_transaction_ends),
        state_test(what_comes_to_nothing_is_not_written),
        state_test(a_savepoint_takes_back_what_is_its_own),
        state_test(a_transaction_that_is_undone_leaves_nothing),
        state_test(what_cannot_be_written_fails_the_commit),
        state_test(our_mistakes_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
