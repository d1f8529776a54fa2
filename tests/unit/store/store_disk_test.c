#include "store/store.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/path.h"
#include "disk.h"
#include "store_rig.h"

static const struct disk_fault full = {DISK_WRITE, DISK_LOG, 0, 0, SQLITE_FULL, ENOSPC};
static const struct disk_fault broken = {DISK_SYNC, DISK_LOG,           0,
                                         1,         SQLITE_IOERR_FSYNC, EIO};

static void a_full_disk_refuses_and_heals(void **state)
{
    struct error error;
    struct store *store = rig_open(*state);
    assert_true(rig_put_row(store, 1, &error));
    disk_fail(&full);
    for (int i = 0; i < 3; i++) {
        assert_false(rig_put_row(store, 2, &error));
        assert_int_equal(error.status, IMH_RETRY);
        assert_non_null(strstr(error.text, "no room on the disk"));
        rig_assert_rows(store, 1, 1);
    }
    disk_heal();
    assert_true(rig_put_row(store, 2, &error));
    rig_assert_rows(store, 2, 3);
    store_close(store);
    store = rig_open(*state);
    rig_assert_rows(store, 2, 3);
    store_close(store);
}

/* All of the commit fail; one that failed by itself keeps its reason. */
static void a_commit_that_finds_no_room_fails_all_its_works(void **state)
{
    struct error error;
    struct put first = {.id = 1};
    struct put puts[10] = {{.id = 0}};
    OWN(inbox) answers = inbox_make();
    struct store *store = rig_open(*state);
    disk_hold();
    rig_put_all(store, &first, 1, answers);
    disk_wait_until_held();
    for (size_t i = 0; i < COUNT(puts); i++) {
        puts[i].id = 10 + (int64_t)i;
        puts[i].fails = i == 4;
    }
    rig_put_all(store, puts, COUNT(puts), answers);
    disk_fail(&full);
    disk_release();
    assert_ptr_equal(inbox_wait(answers, PATIENCE_MS), &first.work.item);
    rig_take_all(answers, puts, COUNT(puts));
    assert_true(first.work.done);
    for (size_t i = 0; i < COUNT(puts); i++) {
        assert_false(puts[i].work.done);
        assert_int_equal(puts[i].work.error.status, i == 4 ? IMH_MISSING : IMH_RETRY);
    }
    disk_heal();
    assert_true(rig_put_row(store, 2, &error));
    rig_assert_rows(store, 2, 3);
    store_close(store);
}

static void a_failed_sync_ends_the_store(void **state)
{
    struct error error;
    struct put first = {.id = 2};
    struct put puts[10] = {{.id = 0}};
    OWN(inbox) answers = inbox_make();
    struct store *store = rig_open(*state);
    assert_true(rig_put_row(store, 1, &error));
    disk_hold();
    rig_put_all(store, &first, 1, answers);
    disk_wait_until_held();
    for (size_t i = 0; i < COUNT(puts); i++) {
        puts[i].id = 10 + (int64_t)i;
    }
    rig_put_all(store, puts, COUNT(puts), answers);
    disk_fail(&broken);
    disk_release();
    assert_ptr_equal(inbox_wait(answers, PATIENCE_MS), &first.work.item);
    rig_take_all(answers, puts, COUNT(puts));
    /* The sync of the first was under way; that of the others failed: who knows. */
    assert_true(first.work.done);
    for (size_t i = 0; i < COUNT(puts); i++) {
        assert_false(puts[i].work.done);
        assert_int_equal(puts[i].work.error.status, IMH_UNKNOWN);
    }
    disk_heal();
    for (int i = 0; i < 3; i++) {
        assert_false(rig_put_row(store, 100, &error));
        assert_int_equal(error.status, IMH_CANCELED);
        assert_non_null(strstr(error.text, "imh must be started again"));
    }
    store_close(store);
    for (enum disk_file file = DISK_DATABASE; file < DISK_FILES; file++) {
        assert_int_equal(disk_count(DISK_SYNC, file), 0);
        assert_int_equal(disk_count(DISK_WRITE, file), 0);
    }
    store = rig_open(*state);
    struct count count = {.work.run = rig_count};
    assert_true(store_do(store, &count.work, &error));
    assert_true(count.rows == 2 || count.rows == 12);
    store_close(store);
}

/* What was answered stays; what comes after is refused. */
static void a_checkpoint_that_fails_ends_the_store(void **state)
{
    static const struct disk_fault fault = {DISK_SYNC, DISK_DATABASE,      0,
                                            1,         SQLITE_IOERR_FSYNC, EIO};
    struct error error;
    struct sql large = {
        .work.run = rig_sql,
        .text = "insert into audit select value, 1, hex(zeroblob(4000)), 'put', '', '' from"
                " (with recursive n(value) as (select 1 union all select value + 1 from n"
                " where value < 3000) select value from n)"};
    struct store *store = rig_open(*state);
    disk_fail(&fault);
    assert_true(store_do(store, &large.work, &error));
    assert_false(rig_put_row(store, 5000, &error));
    assert_int_equal(error.status, IMH_CANCELED);
    store_close(store);
    disk_heal();
    store = rig_open(*state);
    rig_assert_rows(store, 3000, 3000 * 3001 / 2);
    store_close(store);
}

static void the_log_tells_once(void **state)
{
    struct state *at = *state;
    struct error error;
    struct text lines;
    char path[128];
    struct log log = {.least = IMH_INFO, .clock = &clock_real};
    struct store_settings settings = rig_settings(at);
    (void)snprintf(path, sizeof path, "%s/log", at->outer);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    log.fd = fileno(file);
    settings.log = &log;
    struct store *store = rig_open_with(&settings);
    disk_fail(&full);
    for (int i = 0; i < 3; i++) {
        assert_false(rig_put_row(store, 1, &error));
    }
    disk_heal();
    for (int i = 0; i < 3; i++) {
        assert_true(rig_put_row(store, i, &error));
    }
    disk_fail(&broken);
    for (int i = 10; i < 13; i++) {
        assert_false(rig_put_row(store, i, &error));
    }
    store_close(store);
    assert_int_equal(fclose(file), 0);
    text_init(&lines, 1 << 20);
    assert_true(path_read(path, lines.most, &lines, &error));
    static const char *const events[] = {"\"level\":\"error\",\"event\":\"store full\"",
                                         "\"level\":\"notice\",\"event\":\"store has room",
                                         "\"level\":\"error\",\"event\":\"store suspect"};
    const char *at_line = text_cstr(&lines);
    for (size_t i = 0; i < COUNT(events); i++) {
        assert_non_null(strstr(at_line, events[i]));
        at_line = strchr(at_line, '\n') + 1;
    }
    assert_string_equal(at_line, "");
    text_done(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        disk_test(a_full_disk_refuses_and_heals),
        disk_test(a_commit_that_finds_no_room_fails_all_its_works),
        disk_test(a_failed_sync_ends_the_store),
        disk_test(a_checkpoint_that_fails_ends_the_store),
        disk_test(the_log_tells_once),
    };
    disk_insert();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
