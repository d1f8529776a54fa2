/* What the end of a store means for its next start. */
#include "store/db.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "disk.h"
#include "state.h"

/* More rows than a page has, with an index; everything is in the file. */
static struct db *open_many(struct state *at)
{
    struct error error;
    struct db *db = state_open(at);
    assert_true(db_run(db,
                       "create table thing (number integer primary key, text text);"
                       "create index by_text on thing (text);"
                       "begin;"
                       "with recursive one (n) as"
                       " (select 1 union all select n + 1 from one where n < 2000)"
                       " insert into thing select n, 'so that there are pages: ' || n"
                       " from one;"
                       "commit",
                       &error));
    assert_true(db_settle(db, 0, &error));
    return db;
}

/* After a good end opening takes as long for a million rows as for one. */
static void all_is_read_only_after_a_bad_end(void **state)
{
    enum { ALWAYS_MOST = 10 };
    struct state *at = *state;
    void *killed = NULL;
    assert_int_equal(state_make(&killed), 0);
    struct db *db = open_many(at);
    state_copy(at, killed);
    db_close(db);
    int64_t pages = state_bytes(at, "imh.db") / 4096;
    assert_true(pages > 3 * ALWAYS_MOST);
    disk_heal();
    db_close(state_open(at));
    assert_in_range(disk_count(DISK_READ, DISK_DATABASE), 1, ALWAYS_MOST);
    for (int i = 0; i < 2; i++) { /* the second time it had a good end */
        disk_heal();
        db_close(state_open(killed));
        unsigned reads = disk_count(DISK_READ, DISK_DATABASE);
        assert_true(i == 0 ? reads >= pages : reads <= ALWAYS_MOST);
    }
    assert_int_equal(state_remove(&killed), 0);
}

/* What is on the disk is not known then. */
static void all_is_read_after_a_failed_sync(void **state)
{
    static const struct disk_fault fault = {DISK_SYNC, DISK_LOG,           0,
                                            1,         SQLITE_IOERR_FSYNC, EIO};
    struct state *at = *state;
    struct error error;
    struct db *db = open_many(at);
    int64_t pages = state_bytes(at, "imh.db") / 4096;
    disk_fail(&fault);
    assert_false(db_run(db, "delete from thing where number = 7", &error));
    assert_int_equal(db_state(db), DB_SUSPECT);
    db_close(db);
    disk_heal();
    db_close(state_open(at));
    assert_true(disk_count(DISK_READ, DISK_DATABASE) >= pages);
}

static void damage_in_the_file_is_found_after_a_bad_end(void **state)
{
    struct state *at = *state;
    static const unsigned char junk[4096] = {0xFF, 0x17, 0xFF, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct db *db = open_many(at);
    int64_t pages = state_bytes(at, "imh.db") / 4096;
    assert_true(pages > 20);
    for (int64_t page = 1; page < pages; page += 7) {
        void *other = NULL;
        assert_int_equal(state_make(&other), 0);
        state_copy(at, other);
        state_poke(other, "imh.db", page * 4096, junk, sizeof junk);
        state_refused(other, DB_MAKE, IMH_REJECTED, "imh.db: ");
        assert_int_equal(state_remove(&other), 0);
    }
    db_close(db);
    assert_int_equal(truncate(state_path(at, "imh.db"), 4096 * (pages - 3)), 0);
    state_refused(at, DB_MAKE, IMH_REJECTED, "imh.db: damaged");
}

static int heal_and_make(void **state)
{
    disk_heal();
    return state_make(state);
}

#define disk_test(test) cmocka_unit_test_setup_teardown(test, heal_and_make, state_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        disk_test(all_is_read_only_after_a_bad_end),
        disk_test(all_is_read_after_a_failed_sync),
        disk_test(damage_in_the_file_is_found_after_a_bad_end),
    };
    disk_insert();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
