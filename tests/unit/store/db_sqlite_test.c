#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "disk.h"
#include "open_files.h"
#include "state.h"

static const char count[] = "select count(*) from thing";

static int heal_and_make(void **state)
{
    disk_heal();
    return state_make(state);
}

#define disk_test(test) cmocka_unit_test_setup_teardown(test, heal_and_make, state_remove)

static bool add(struct db *db, int64_t number, struct error *error)
{
    static const char sql[] = "insert into thing values ($1, 'of some length, so that there"
                              " are pages: ' || $1)";
    struct query *query = db_query(db, sql, error);
    if (!query) {
        return false;
    }
    query_put_int(query, number);
    return query_run(query, error);
}

static struct db *open_things(struct state *at)
{
    struct error error;
    struct db *db = state_open(at);
    assert_true(db_run(db, "create table thing (number bigint, text text)", &error));
    return db;
}

static void closed_it_is_one_file(void **state)
{
    struct state *at = *state;
    struct stat status;
    struct error error;
    size_t files = open_files();
    for (int round = 0; round < 2; round++) {
        struct db *db = round == 0 ? open_things(at) : state_open(at);
        assert_true(state_has(at, "imh.db-wal"));
        assert_false(state_has(at, "imh.db-shm"));
        assert_int_equal(stat(state_path(at, "imh.db-wal"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_true(add(db, round, &error));
        db_close(db);
        assert_int_equal(stat(state_path(at, "imh.db"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0600);
        assert_false(state_has(at, "imh.db-wal"));
        assert_true(state_has(at, "imh.db-made"));
    }
    struct db *db = state_open(at);
    assert_int_equal(state_number(db, count), 2);
    db_close(db);
    assert_int_equal(open_files(), files);
}

static void it_is_set_to_be_safe(void **state)
{
    static const struct {
        const char *sql;
        const char *value;
    } settings[] = {
        {"pragma journal_mode", "wal"},
        {"pragma locking_mode", "exclusive"},
        {"pragma synchronous", "2"},
        {"pragma foreign_keys", "1"},
        {"pragma trusted_schema", "0"},
        {"pragma secure_delete", "1"},
        {"pragma wal_autocheckpoint", "0"},
        {"pragma mmap_size", "0"},
        {"pragma temp_store", "2"},
        {"pragma cell_size_check", "1"},
        {"pragma journal_size_limit", "67108864"},
    };
    struct error error;
    struct db *db = state_open(*state);
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct query *query = db_query(db, settings[i].sql, &error);
        /* Without memory-mapped files in the build there is no answer at all. */
        if (query_next(query, &error) == QUERY_ROW) {
            char value[32];
            (void)snprintf(value, sizeof value, "%lld", (long long)query_int(query, 0));
            struct str text = query_text(query, 0);
            if (!str_is(text, settings[i].value)) {
                assert_string_equal(value, settings[i].value);
            }
        }
        query_end(query);
    }
    assert_false(db_run(db, "create table a (b text check (b <> \"c\"))", &error));
    assert_false(db_run(db, "insert into sqlite_schema values (1, 2, 3, 4, 5)", &error));
    db_close(db);
}

/* A commit is one sync of the log, and reading is none. */
static void a_commit_is_one_sync(void **state)
{
    struct error error;
    struct db *db = open_things(*state);
    assert_true(add(db, 0, &error));
    disk_heal();
    for (int i = 1; i <= 5; i++) {
        assert_true(db_begin(db, &error));
        assert_true(add(db, i, &error));
        assert_true(add(db, i, &error));
        assert_int_equal(disk_count(DISK_SYNC, DISK_LOG), i - 1);
        assert_true(db_commit(db, &error));
        assert_int_equal(disk_count(DISK_SYNC, DISK_LOG), i);
    }
    assert_true(db_begin(db, &error));
    assert_int_equal(state_number(db, count), 11);
    assert_true(db_commit(db, &error));
    assert_int_equal(disk_count(DISK_SYNC, DISK_LOG), 5);
    assert_int_equal(disk_count(DISK_SYNC, DISK_DATABASE), 0);
    db_close(db);
}

static void what_a_kill_leaves_is_whole(void **state)
{
    struct error error;
    void *other = NULL;
    struct db *db = open_things(*state);
    for (int i = 0; i < 10; i++) {
        assert_true(add(db, i, &error));
    }
    assert_int_equal(state_make(&other), 0);
    state_copy(*state, other);
    db_close(db);
    assert_true(state_bytes(other, "imh.db-wal") > 0);
    db = state_open(other);
    assert_int_equal(state_bytes(other, "imh.db-wal"), 0);
    assert_int_equal(state_number(db, count), 10);
    db_close(db);
    assert_int_equal(state_remove(&other), 0);
}

/* The rows of the last commits are in the log, and only there. */
static void a_log_that_was_taken_away_is_missed(void **state)
{
    struct error error;
    void *other = NULL;
    struct db *db = open_things(*state);
    assert_true(add(db, 1, &error));
    assert_int_equal(state_make(&other), 0);
    state_copy(*state, other);
    db_close(db);
    assert_int_equal(unlink(state_path(other, "imh.db-wal")), 0);
    for (int round = 0; round < 2; round++) {
        state_refused(other, DB_MAKE, IMH_REJECTED, "its log ");
        assert_false(state_has(other, "imh.db-wal"));
    }
    state_write(other, "imh.db-wal", "", 0);
    db = state_open(other);
    db_close(db);
    assert_int_equal(state_remove(&other), 0);
}

/* A log cut anywhere gives the rows of the commits that are whole in it, in their order. */
static void a_log_cut_short_gives_whole_commits(void **state)
{
    enum { STEPS = 40 };
    struct error error;
    struct db *db = open_things(*state);
    assert_true(db_settle(db, 0, &error));
    for (int i = 0; i < 20; i++) {
        assert_true(add(db, i, &error));
    }
    int64_t bytes = state_bytes(*state, "imh.db-wal");
    int64_t before = -1;
    for (int64_t step = 0; step <= STEPS; step++) {
        void *other = NULL;
        assert_int_equal(state_make(&other), 0);
        state_copy(*state, other);
        assert_int_equal(truncate(state_path(other, "imh.db-wal"), bytes * step / STEPS),
                         0);
        struct db *cut = state_open(other);
        int64_t rows = state_number(cut, count);
        assert_true(rows >= before && rows <= 20);
        assert_int_equal(state_number(cut, "select coalesce(max(number), -1) from thing"),
                         rows - 1);
        before = rows;
        db_close(cut);
        assert_int_equal(state_remove(&other), 0);
    }
    assert_int_equal(before, 20);
    db_close(db);
}

static void one_at_a_time_has_it(void **state)
{
    struct state *at = *state;
    struct db *db = state_open(at);
    state_refused(at, DB_MAKE, IMH_WAIT, "imh.db: in use by another program");
    db_close(db);
    db_close(state_open(at));
}

static void others_files_are_not_touched(void **state)
{
    struct state *at = *state;
    sqlite3 *other;
    state_make_folder(at);
    assert_int_equal(sqlite3_open(state_path(at, "imh.db"), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "create table thing (a)", NULL, NULL, NULL), 0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(chmod(state_path(at, "imh.db"), 0600), 0);
    int64_t bytes = state_bytes(at, "imh.db");
    state_refused(at, DB_MAKE, IMH_REJECTED, "a database of another program");
    assert_int_equal(state_bytes(at, "imh.db"), bytes);
    assert_false(state_has(at, "imh.db-wal"));
    assert_false(state_has(at, "imh.db-made"));
}

/* As long as its journal is there, the header says nothing yet. */
static void what_a_journal_brings_back_is_judged_too(void **state)
{
    struct state *at = *state;
    sqlite3 *other;
    state_make_folder(at);
    assert_int_equal(sqlite3_open(state_path(at, "imh.db"), &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other,
                                  "create table thing (a); pragma journal_mode = persist;"
                                  "insert into thing values (1)",
                                  NULL, NULL, NULL),
                     0);
    assert_int_equal(sqlite3_close(other), SQLITE_OK);
    assert_int_equal(chmod(state_path(at, "imh.db"), 0600), 0);
    assert_true(state_bytes(at, "imh.db-journal") > 0);
    state_refused(at, DB_MAKE, IMH_REJECTED, "imh.db: ");
}

static void names_that_mean_something_to_sqlite_are_files(void **state)
{
    static const char *const places[] = {"sqlite::memory:", "sqlite:file:x?mode=memory"};
    struct state *at = *state;
    struct error error;
    char before[4096];
    state_make_folder(at);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(at->folder), 0);
    for (size_t i = 0; i < COUNT(places); i++) {
        struct db *db = db_open(str_from(places[i]), DB_MAKE, &error);
        assert_non_null(db);
        db_close(db);
        assert_true(state_has(at, places[i] + strlen("sqlite:")));
    }
    assert_int_equal(chdir(before), 0);
}

/* ---- what the disk does ---- */

static void a_full_disk_refuses_and_heals(void **state)
{
    static const struct disk_fault faults[] = {
        {DISK_WRITE, DISK_LOG, 0, 0, SQLITE_FULL, ENOSPC},
        {DISK_WRITE, DISK_LOG, 0, 0, SQLITE_IOERR_WRITE, EDQUOT},
        {DISK_WRITE, DISK_LOG, 0, 0, SQLITE_IOERR_WRITE, EFBIG},
        {DISK_WRITE, DISK_LOG, 0, 0, SQLITE_IOERR_WRITE, ENOSPC},
    };
    struct error error;
    struct db *db = open_things(*state);
    for (size_t i = 0; i < COUNT(faults); i++) {
        disk_fail(&faults[i]);
        for (int again = 0; again < 2; again++) {
            assert_true(db_begin(db, &error));
            assert_true(add(db, 1, &error));
            assert_false(db_commit(db, &error));
            assert_int_equal(error.status, IMH_RETRY);
            assert_non_null(strstr(error.text, "no room on the disk"));
            assert_int_equal(db_state(db), DB_FULL);
            db_rollback(db);
            assert_false(db_in_transaction(db));
            assert_int_equal(state_number(db, count), i);
            assert_int_equal(db_state(db), DB_FULL);
        }
        disk_heal();
        assert_true(add(db, 1, &error));
        assert_int_equal(db_state(db), DB_GOOD);
        assert_int_equal(state_number(db, count), i + 1);
    }
    db_close(db);
}

static void a_disk_that_fills_amid_a_commit_takes_none_of_it(void **state)
{
    enum { ROWS = 20000 }; /* more than one write of the log */
    static const struct disk_fault fault = {DISK_WRITE, DISK_LOG,    1,
                                            0,          SQLITE_FULL, ENOSPC};
    struct error error;
    struct db *db = open_things(*state);
    assert_true(add(db, 1, &error));
    for (int again = 0; again < 2; again++) {
        disk_heal();
        if (again == 0) {
            disk_fail(&fault);
        }
        assert_true(db_begin(db, &error));
        for (int i = 0; i < ROWS; i++) {
            assert_true(add(db, i, &error));
        }
        assert_int_equal(db_commit(db, &error), again);
        if (again == 0) {
            assert_int_equal(disk_count(DISK_WRITE, DISK_LOG), 2);
            db_rollback(db);
        }
        assert_int_equal(state_number(db, count), again == 0 ? 1 : ROWS + 1);
    }
    db_close(db);
    db = state_open(*state);
    assert_int_equal(state_number(db, count), ROWS + 1);
    db_close(db);
}

static void a_disk_that_fails_is_suspect_for_good(void **state)
{
    static const struct disk_fault faults[] = {
        {DISK_SYNC, DISK_LOG, 0, 1, SQLITE_IOERR_FSYNC, EIO},
        {DISK_WRITE, DISK_LOG, 0, 1, SQLITE_IOERR_WRITE, EIO},
        {DISK_SYNC, DISK_LOG, 0, 1, SQLITE_IOERR_FSYNC, ENOSPC},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        struct error error;
        void *other = NULL;
        assert_int_equal(heal_and_make(&other), 0);
        struct db *db = open_things(other);
        assert_true(add(db, 1, &error));
        disk_fail(&faults[i]);
        assert_true(db_begin(db, &error));
        assert_true(add(db, 2, &error));
        assert_false(db_commit(db, &error));
        assert_non_null(strstr(error.text, "the disk failed"));
        assert_int_equal(db_state(db), DB_SUSPECT);
        db_rollback(db);
        disk_heal();
        db_close(db);
        assert_int_equal(disk_count(DISK_SYNC, DISK_LOG), 0);
        assert_int_equal(disk_count(DISK_SYNC, DISK_DATABASE), 0);
        assert_true(state_bytes(other, "imh.db-wal") > 0);
        disk_heal();
        db = state_open(other);
        assert_in_range(state_number(db, count), 1, 2);
        assert_int_equal(state_number(db, "select number from thing limit 1"), 1);
        db_close(db);
        assert_int_equal(state_remove(&other), 0);
    }
}

/* SQLite's own checkpoint would forget that the sync failed, and sync again. */
static void a_checkpoint_that_fails_is_not_forgotten(void **state)
{
    static const struct disk_fault faults[] = {
        {DISK_SYNC, DISK_DATABASE, 0, 1, SQLITE_IOERR_FSYNC, EIO},
        {DISK_SYNC, DISK_LOG, 0, 1, SQLITE_IOERR_FSYNC, EIO},
        {DISK_WRITE, DISK_DATABASE, 0, 1, SQLITE_IOERR_WRITE, EIO},
    };
    struct error error;
    (void)state;
    for (size_t i = 0; i < COUNT(faults); i++) {
        void *other = NULL;
        assert_int_equal(heal_and_make(&other), 0);
        struct db *db = open_things(other);
        assert_true(add(db, 1, &error));
        disk_fail(&faults[i]);
        assert_false(db_settle(db, 0, &error));
        assert_int_equal(db_state(db), DB_SUSPECT);
        int64_t log_bytes = state_bytes(other, "imh.db-wal");
        assert_true(log_bytes > 0);
        db_close(db);
        assert_int_equal(state_bytes(other, "imh.db-wal"), log_bytes);
        disk_heal();
        db = state_open(other);
        assert_int_equal(state_number(db, count), 1);
        db_close(db);
        assert_int_equal(state_remove(&other), 0);
    }
}

static void a_full_disk_at_a_checkpoint_loses_nothing(void **state)
{
    static const struct disk_fault fault = {DISK_WRITE, DISK_DATABASE, 0,
                                            0,          SQLITE_FULL,   ENOSPC};
    struct error error;
    struct db *db = open_things(*state);
    assert_true(add(db, 1, &error));
    disk_fail(&fault);
    assert_false(db_settle(db, 0, &error));
    assert_int_equal(error.status, IMH_RETRY);
    assert_int_equal(db_state(db), DB_FULL);
    assert_true(add(db, 2, &error));
    db_close(db);
    assert_true(state_bytes(*state, "imh.db-wal") > 0);
    state_refused(*state, DB_MAKE, IMH_RETRY, "no room on the disk");
    disk_heal();
    db = state_open(*state);
    assert_int_equal(state_number(db, count), 2);
    db_close(db);
}

static void the_log_is_moved_when_it_is_large(void **state)
{
    struct error error;
    struct db *db = open_things(*state);
    disk_heal();
    assert_true(db_settle(db, 4000, &error));
    assert_int_equal(disk_count(DISK_WRITE, DISK_DATABASE), 0);
    int64_t pages = 0;
    for (int64_t i = 0; disk_count(DISK_SYNC, DISK_DATABASE) == 0; i++) {
        assert_true(db_begin(db, &error));
        for (int64_t row = 0; row < 2000; row++) {
            assert_true(add(db, i * 1000 + row, &error));
        }
        assert_true(db_commit(db, &error));
        pages = state_bytes(*state, "imh.db-wal") / 4096;
        assert_true(db_settle(db, 4000, &error));
        assert_true(i < 1000);
    }
    assert_in_range(pages, 4000, 6000);
    /* From its start again. */
    for (int64_t i = 0; i < 100; i++) {
        assert_true(add(db, i, &error));
    }
    assert_in_range(state_bytes(*state, "imh.db-wal") / 4096, pages, pages + 10);
    assert_true(db_settle(db, 0, &error));
    assert_int_equal(state_bytes(*state, "imh.db-wal"), 0);
    db_close(db);
}

static void assert_log_mode(struct db *db)
{
    struct error error;
    struct query *query = db_query(db, "pragma journal_mode", &error);
    assert_int_equal(query_next(query, &error), QUERY_ROW);
    assert_true(str_is(query_text(query, 0), "wal"));
    query_end(query);
}

/* Makes a store on a disk with this fault, then again on a good one; was it refused? */
static bool is_refused(const struct disk_fault *fault)
{
    void *state = NULL;
    struct error error = {.text = ""};
    assert_int_equal(heal_and_make(&state), 0);
    struct state *at = state;
    state_make_folder(at);
    disk_fail(fault);
    struct db *db = db_open(str_from(at->place), DB_MAKE, &error);
    bool refused = db == NULL;
    assert_true(refused ? error.text[0] != '\0' : state_has(at, "imh.db-made"));
    if (db) {
        assert_log_mode(db);
    }
    db_close(db);
    disk_heal();
    db = state_open(at);
    assert_log_mode(db);
    db_close(db);
    assert_int_equal(state_remove(&state), 0);
    return refused;
}

/* "pragma journal_mode = wal" answers "wal" before it has written that into the file. */
static void making_it_fails_when_a_write_of_it_does(void **state)
{
    static const struct {
        enum disk_call call;
        enum disk_file file;
        unsigned most;
    } steps[] = {
        {DISK_WRITE, DISK_JOURNAL, 7},  {DISK_SYNC, DISK_JOURNAL, 5},
        {DISK_WRITE, DISK_LOG, 2},      {DISK_SYNC, DISK_LOG, 3},
        {DISK_WRITE, DISK_DATABASE, 3}, {DISK_SYNC, DISK_DATABASE, 3},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(steps); i++) {
        for (unsigned after = 0; after < steps[i].most; after++) {
            const struct disk_fault fault = {
                steps[i].call,
                steps[i].file,
                after,
                1,
                steps[i].call == DISK_SYNC ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE,
                EIO};
            if (!is_refused(&fault)) {
                fail_msg("step %zu, call %u did not matter", i, after);
            }
        }
    }
}

static void a_damaged_page_met_on_the_way_is_suspect(void **state)
{
    static const struct disk_fault fault = {DISK_READ, DISK_DATABASE,     0,
                                            0,         SQLITE_IOERR_READ, EIO};
    struct error error;
    struct db *db = open_things(*state);
    assert_true(db_begin(db, &error));
    for (int i = 0; i < 60000; i++) { /* more than the cache holds */
        assert_true(add(db, i, &error));
    }
    assert_true(db_commit(db, &error));
    assert_true(db_settle(db, 0, &error));
    disk_fail(&fault);
    struct query *query = db_query(db, "select sum(length(text)) from thing", &error);
    assert_non_null(query);
    assert_int_equal(query_next(query, &error), QUERY_FAILED);
    query_end(query);
    assert_int_equal(db_state(db), DB_SUSPECT);
    db_close(db);
}

struct damage {
    unsigned count;
    char first[256];
};

static void note_damage(void *context, struct str what)
{
    struct damage *damage = context;
    if (damage->count++ == 0) {
        (void)snprintf(damage->first, sizeof damage->first, "%.*s", STR_ARGS(what));
    }
}

static void verify_finds_what_is_wrong(void **state)
{
    struct error error;
    struct damage damage = {.count = 0};
    struct db *db = state_open(*state);
    assert_true(db_verify(db, note_damage, &damage, &error));
    assert_int_equal(damage.count, 0);
    assert_true(db_run(db,
                       "create table parent (id integer primary key);"
                       "create table child (parent bigint references parent (id));"
                       "pragma foreign_keys = off;"
                       "insert into child values (7);"
                       "create table mark (text text check (text <> 'bad'));"
                       "pragma ignore_check_constraints = on;"
                       "insert into mark values ('bad');"
                       "pragma ignore_check_constraints = off",
                       &error));
    assert_true(db_verify(db, note_damage, &damage, &error));
    assert_int_equal(damage.count, 2);
    assert_string_equal(damage.first, "integrity: CHECK constraint failed in mark");
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        disk_test(closed_it_is_one_file),
        disk_test(it_is_set_to_be_safe),
        disk_test(a_commit_is_one_sync),
        disk_test(what_a_kill_leaves_is_whole),
        disk_test(a_log_that_was_taken_away_is_missed),
        disk_test(a_log_cut_short_gives_whole_commits),
        disk_test(one_at_a_time_has_it),
        disk_test(others_files_are_not_touched),
        disk_test(what_a_journal_brings_back_is_judged_too),
        disk_test(names_that_mean_something_to_sqlite_are_files),
        disk_test(a_full_disk_refuses_and_heals),
        disk_test(a_disk_that_fills_amid_a_commit_takes_none_of_it),
        cmocka_unit_test(a_disk_that_fails_is_suspect_for_good),
        cmocka_unit_test(a_checkpoint_that_fails_is_not_forgotten),
        disk_test(a_full_disk_at_a_checkpoint_loses_nothing),
        disk_test(the_log_is_moved_when_it_is_large),
        cmocka_unit_test(making_it_fails_when_a_write_of_it_does),
        disk_test(a_damaged_page_met_on_the_way_is_suspect),
        disk_test(verify_finds_what_is_wrong),
    };
    disk_insert();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
