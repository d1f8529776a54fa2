#include "store/db.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "state.h"

static const char make_table[] =
    "create table thing (id integer primary key, name text, data bytea, number bigint);"
    "create unique index thing_by_name on thing (name)";
static const char insert[] = "insert into thing (name, data, number) values ($1, $2, $3)";
static const char by_name[] = "select id, name, data, number from thing where name = $1";
static const char count[] = "select count(*) from thing";

static struct db *open_things(void **state)
{
    struct error error;
    struct db *db = state_open(*state);
    assert_true(db_run(db, make_table, &error));
    return db;
}

static bool add(struct db *db, struct str name, struct str data, int64_t number,
                struct error *error)
{
    struct query *query = db_query(db, insert, error);
    assert_non_null(query);
    query_put_text(query, name);
    query_put_bytes(query, data);
    query_put_int(query, number);
    return query_run(query, error);
}

static void values_come_back_as_they_were(void **state)
{
    static const struct {
        struct str name, data;
        int64_t number;
    } rows[] = {
        {STR(""), STR(""), 0},
        {STR("a\0b"), STR("\0\0\1\xFF"), INT64_MAX},
        {STR("caf\xC3\xA9 \xF0\x9F\x98\x80"), STR("'; drop table thing; --"), INT64_MIN},
        {STR("17"), STR("17"), -1},
    };
    struct error error;
    struct db *db = open_things(state);
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_true(add(db, rows[i].name, rows[i].data, rows[i].number, &error));
        assert_int_equal(db_changes(db), 1);
        assert_int_equal(db_last_key(db), i + 1);
    }
    for (size_t i = 0; i < COUNT(rows); i++) {
        OWN(query) query = db_query(db, by_name, &error);
        query_put_text(query, rows[i].name);
        assert_int_equal(query_next(query, &error), QUERY_ROW);
        assert_int_equal(query_int(query, 0), i + 1);
        assert_true(str_eq(query_text(query, 1), rows[i].name));
        assert_true(str_eq(query_bytes(query, 2), rows[i].data));
        assert_false(query_is_null(query, 2));
        assert_int_equal(query_int(query, 3), rows[i].number);
        assert_int_equal(query_next(query, &error), QUERY_DONE);
        assert_int_equal(query_next(query, &error), QUERY_DONE);
    }
    db_close(db);
}

static void null_is_not_the_empty_text(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    struct query *query = db_query(db, insert, &error);
    query_put_null(query);
    query_put_bytes(query, (struct str){NULL, 0});
    query_put_null(query);
    assert_true(query_run(query, &error));
    assert_true(add(db, (struct str){NULL, 0}, STR_OF("x"), 1, &error));
    query = db_query(db, "select name, data, number from thing order by id", &error);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    assert_true(query_is_null(query, 0));
    assert_int_equal(query_text(query, 0).len, 0);
    assert_false(query_is_null(query, 1));
    assert_true(query_is_null(query, 2));
    assert_int_equal(query_int(query, 2), 0);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    assert_false(query_is_null(query, 0));
    query_end(query);
    db_close(db);
}

/* The same text may be in use higher up in the calls; afterwards it is used again. */
static void a_query_may_be_used_inside_itself(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    assert_true(add(db, STR_OF("a"), STR_OF("b"), 1, &error));
    assert_true(add(db, STR_OF("b"), STR_OF("c"), 2, &error));
    struct query *outer = db_query(db, by_name, &error);
    query_put_text(outer, STR_OF("a"));
    assert_int_equal(query_next(outer, &error), QUERY_ROW);
    struct query *inner = db_query(db, by_name, &error);
    assert_ptr_not_equal(inner, outer);
    query_put_text(inner, query_bytes(outer, 2));
    assert_int_equal(query_next(inner, &error), QUERY_ROW);
    assert_int_equal(query_int(inner, 3), 2);
    assert_int_equal(query_int(outer, 3), 1);
    query_end(inner);
    query_end(inner);
    query_end(outer);
    struct query *again = db_query(db, by_name, &error);
    assert_true(again == inner || again == outer);
    query_end(again);
    query_end(NULL);
    db_close(db);
}

static void what_was_put_before_is_forgotten(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    assert_true(add(db, STR_OF("a"), STR_OF("b"), 1, &error));
    struct query *query = db_query(db, by_name, &error);
    query_put_text(query, STR_OF("a"));
    query_end(query);
    query = db_query(db, by_name, &error);
    query_put_null(query);
    assert_int_equal(query_next(query, &error), QUERY_DONE);
    query_end(query);
    db_close(db);
}

static void each_parameter_is_put_once_and_before_the_first_step(void **state)
{
    struct error error = {.text = ""};
    struct db *db = open_things(state);
    struct query *query = db_query(db, by_name, &error);
    assert_int_equal(query_next(query, &error), QUERY_FAILED);
    assert_int_equal(error.status, IMH_BROKEN);
    assert_non_null(strstr(error.text, "a parameter is missing: select id"));
    query_end(query);
    for (int early = 0; early < 2; early++) {
        query = db_query(db, by_name, &error);
        query_put_int(query, 1);
        if (!early) {
            assert_int_equal(query_next(query, &error), QUERY_DONE);
        }
        query_put_int(query, 2);
        query_put_text(query, STR_OF("x")); /* the first failure stays */
        query_put_bytes(query, STR_OF("x"));
        query_put_null(query);
        assert_int_equal(query_next(query, &error), QUERY_FAILED);
        assert_non_null(strstr(error.text, "a parameter too many"));
        query_end(query);
    }
    db_close(db);
}

static void nothing_comes_of_what_is_no_query(struct error *error)
{
    const struct error why = *error;
    query_put_int(NULL, 1);
    query_put_text(NULL, STR_OF("a"));
    query_put_bytes(NULL, STR_OF("b"));
    query_put_null(NULL);
    assert_int_equal(query_next(NULL, error), QUERY_FAILED);
    assert_false(query_run(NULL, error));
    assert_string_equal(error->text, why.text);
    assert_int_equal(error->status, why.status);
}

static void statements_that_are_not_one_are_our_mistake(void **state)
{
    static const char *const wrong[] = {
        "",
        "-- nothing",
        "selekt 1",
        "select * from nothing",
        "select 1; select 2",
        "select $2, $1",
        "select ?, ?",
        "select ?1",
        "select :name",
        "select $1, $3",
        "select \"no such column\"", /* is no text either */
    };
    struct error error;
    struct db *db = open_things(state);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        error = (struct error){.text = ""};
        assert_null(db_query(db, wrong[i], &error));
        assert_int_equal(error.status, IMH_BROKEN);
        assert_true(strlen(error.text) > 0);
        nothing_comes_of_what_is_no_query(&error);
    }
    assert_false(db_run(db, "selekt 1", &error));
    assert_int_equal(error.status, IMH_BROKEN);
    assert_int_equal(db_state(db), DB_GOOD);
    db_close(db);
}

static void a_parameter_may_be_used_twice(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    struct query *query = db_query(db, "select $1 + $2, $1", &error);
    query_put_int(query, 40);
    query_put_int(query, 2);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    assert_int_equal(query_int(query, 0), 42);
    assert_int_equal(query_int(query, 1), 40);
    query_end(query);
    db_close(db);
}

static void rows_that_nobody_reads_are_an_error(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    assert_false(query_run(db_query(db, count, &error), &error));
    assert_int_equal(error.status, IMH_BROKEN);
    assert_true(db_end_queries(db));
    db_close(db);
}

static void forgotten_queries_are_ended(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    assert_true(db_end_queries(db));
    assert_int_equal(query_next(db_query(db, count, &error), &error), QUERY_ROW);
    assert_non_null(db_query(db, by_name, &error));
    assert_false(db_end_queries(db));
    assert_true(db_end_queries(db));
    assert_true(db_settle(db, 0, &error));
    db_close(db);
}

static void a_constraint_says_no_and_nothing_else_happens(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    assert_true(db_begin(db, &error));
    assert_true(add(db, STR_OF("a"), STR_OF("b"), 1, &error));
    assert_false(add(db, STR_OF("a"), STR_OF("c"), 2, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_non_null(strstr(error.text, "thing.name"));
    assert_null(strstr(error.text, "'c'"));
    assert_true(db_in_transaction(db));
    assert_true(add(db, STR_OF("b"), STR_OF("c"), 2, &error));
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, count), 2);
    assert_int_equal(db_state(db), DB_GOOD);
    db_close(db);
}

static void a_transaction_is_all_or_nothing(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    assert_false(db_in_transaction(db));
    assert_true(db_begin(db, &error));
    assert_true(db_in_transaction(db));
    assert_true(add(db, STR_OF("a"), STR_OF("b"), 1, &error));
    db_rollback(db);
    assert_false(db_in_transaction(db));
    db_rollback(db);
    assert_int_equal(state_number(db, count), 0);
    assert_false(db_commit(db, &error));
    assert_int_equal(error.status, IMH_BROKEN);
    assert_true(db_begin(db, &error));
    assert_false(db_begin(db, &error));
    assert_true(add(db, STR_OF("a"), STR_OF("b"), 1, &error));
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, count), 1);
    db_close(db);
}

static void a_savepoint_is_undone_or_kept(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    assert_true(db_begin(db, &error));
    assert_true(db_savepoint(db, &error));
    assert_true(add(db, STR_OF("kept"), STR_OF(""), 1, &error));
    assert_true(db_release(db, &error));
    assert_true(db_savepoint(db, &error));
    assert_true(add(db, STR_OF("undone"), STR_OF(""), 2, &error));
    assert_true(db_undo(db, &error));
    assert_false(db_release(db, &error));
    assert_false(db_undo(db, &error));
    assert_true(db_commit(db, &error));
    assert_int_equal(state_number(db, count), 1);
    assert_int_equal(state_number(db, "select count(*) from thing where name = 'kept'"), 1);
    db_close(db);
}

static void too_large_a_value_is_refused_before_it_is_copied(void **state)
{
    struct error error;
    struct db *db = open_things(state);
    struct query *query = db_query(db, by_name, &error);
    query_put_text(query, (struct str){"x", (size_t)3 << 30});
    assert_int_equal(query_next(query, &error), QUERY_FAILED);
    assert_int_equal(error.status, IMH_REJECTED);
    assert_non_null(strstr(error.text, "too large"));
    query_end(query);
    db_close(db);
}

static void many_statements_are_kept_apart(void **state)
{
    enum { MANY = 1000 };
    static char texts[MANY][32];
    struct db *db = open_things(state);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            (void)snprintf(texts[i], sizeof texts[i], "select %d", i);
            assert_int_equal(state_number(db, texts[i]), i);
        }
    }
    db_close(db);
}

static void places_without_a_driver_are_refused(void **state)
{
    static const char *const wrong[] = {"",        "imh.db",  "sqlite:",     "mysql:x",
                                        "sqlite3", "SQLITE:", "postgres://x"};
    struct error error;
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        assert_false(db_place_is_known(str_from(wrong[i]), &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_non_null(strstr(error.text, "must be sqlite:PATH"));
        assert_null(db_open(str_from(wrong[i]), DB_MAKE, &error));
    }
    assert_true(db_place_is_known(STR_OF("sqlite:x"), &error));
    db_close(NULL);
}

static void tables_are_found_by_name(void **state)
{
    struct error error;
    bool has = true;
    struct db *db = open_things(state);
    assert_true(db_has_table(db, STR_OF("thing_by_name"), &has, &error));
    assert_false(has);
    assert_true(db_has_table(db, STR_OF("thing"), &has, &error));
    assert_true(has);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(values_come_back_as_they_were),
        state_test(null_is_not_the_empty_text),
        state_test(a_query_may_be_used_inside_itself),
        state_test(what_was_put_before_is_forgotten),
        state_test(each_parameter_is_put_once_and_before_the_first_step),
        state_test(statements_that_are_not_one_are_our_mistake),
        state_test(a_parameter_may_be_used_twice),
        state_test(rows_that_nobody_reads_are_an_error),
        state_test(forgotten_queries_are_ended),
        state_test(a_constraint_says_no_and_nothing_else_happens),
        state_test(a_transaction_is_all_or_nothing),
        state_test(a_savepoint_is_undone_or_kept),
        state_test(too_large_a_value_is_refused_before_it_is_copied),
        state_test(many_statements_are_kept_apart),
        cmocka_unit_test(places_without_a_driver_are_refused),
        state_test(tables_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
