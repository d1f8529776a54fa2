#include "store/check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "state.h"
#include "store/migrations.h"

struct findings {
    struct check_report report; /* first */
    char first[256];
};

static void note(struct check_report *report, struct str what)
{
    struct findings *findings = (struct findings *)(void *)report;
    if (report->count == 1) {
        (void)snprintf(findings->first, sizeof findings->first, "%.*s", STR_ARGS(what));
    }
}

static bool check(const struct state *at, struct findings *findings, struct error *error)
{
    const struct store_settings settings = {
        .folder = at->folder, .place = "sqlite:imh.db", .clock = &clock_real};
    *findings = (struct findings){.report = {.found = note}};
    *error = (struct error){.text = ""};
    return check_store(&settings, &findings->report, error);
}

static void run(struct state *at, const char *sql)
{
    struct error error = {.text = ""};
    struct db *db = state_open(at);
    (void)db_run(db, sql, &error);
    assert_string_equal(error.text, "");
    db_close(db);
}

static void make_store(struct state *at)
{
    struct error error;
    struct db *db = state_open(at);
    assert_true(migrations_run(db, &migrations_all, &clock_real, &error));
    db_close(db);
}

static void where_nothing_is_nothing_is_made(void **state)
{
    struct state *at = *state;
    struct error error;
    struct findings findings;
    assert_false(check(at, &findings, &error));
    assert_int_equal(error.status, IMH_MISSING);
    assert_int_equal(access(at->folder, F_OK), -1);
    state_make_folder(at);
    assert_false(check(at, &findings, &error));
    assert_int_equal(error.status, IMH_MISSING);
    assert_false(state_has(at, "imh.db"));
}

static void a_good_store_is_whole(void **state)
{
    struct error error;
    struct findings findings;
    make_store(*state);
    assert_true(check(*state, &findings, &error));
    assert_int_equal(findings.report.count, 0);
    assert_int_equal(findings.report.schema, migrations_all.count);
    assert_int_equal(findings.report.newest, migrations_all.count);
}

static void what_is_wrong_is_told(void **state)
{
    struct error error;
    struct findings findings;
    make_store(*state);
    run(*state, "insert into audit values (7, 0, '', '', '', '')");
    assert_true(check(*state, &findings, &error));
    assert_int_equal(findings.report.count, 1);
    assert_string_equal(findings.first,
                        "an audit entry says when, who and what: not so: entry 7");
    run(*state, "create table parent (id integer primary key);"
                "create table child (parent bigint references parent (id));"
                "pragma foreign_keys = off;"
                "insert into child values (7)");
    assert_true(check(*state, &findings, &error));
    assert_int_equal(findings.report.count, 2);
    assert_string_equal(findings.first, "foreign key: child");
}

static void an_older_store_waits_for_its_migrations(void **state)
{
    struct error error;
    struct findings findings;
    db_close(state_open(*state));
    assert_true(check(*state, &findings, &error));
    assert_int_equal(findings.report.count, 0);
    assert_int_equal(findings.report.schema, 0);
}

static void a_newer_store_is_refused(void **state)
{
    struct error error;
    struct findings findings;
    make_store(*state);
    run(*state, "insert into migration values (9999, 'future', 1)");
    assert_false(check(*state, &findings, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_non_null(strstr(error.text, "written by a newer imh (schema 9999"));
}

static void a_store_in_use_is_left_alone(void **state)
{
    struct state *at = *state;
    struct error error;
    struct findings findings;
    const struct store_settings settings = {
        .folder = at->folder, .place = "sqlite:imh.db", .clock = &clock_real};
    struct store *store = store_open(&settings, &error);
    assert_non_null(store);
    assert_false(check(at, &findings, &error));
    assert_int_equal(error.status, IMH_WAIT);
    assert_non_null(strstr(error.text, "is in use by process"));
    store_close(store);
    assert_true(check(at, &findings, &error));
}

static void one_that_is_gone_is_an_error(void **state)
{
    struct state *at = *state;
    struct error error;
    struct findings findings;
    make_store(at);
    assert_int_equal(unlink(state_path(at, "imh.db")), 0);
    assert_false(check(at, &findings, &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(where_nothing_is_nothing_is_made),
        state_test(a_good_store_is_whole),
        state_test(what_is_wrong_is_told),
        state_test(an_older_store_waits_for_its_migrations),
        state_test(a_newer_store_is_refused),
        state_test(a_store_in_use_is_left_alone),
        state_test(one_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
