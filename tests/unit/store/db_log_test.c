#include "store/db_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "state.h"

enum { COMMITS = 20, HEADER = 32, FRAME = 24 + DB_LOG_PAGE_BYTES };

static void write_rows(struct db *db, int count)
{
    struct error error;
    for (int i = 0; i < count; i++) {
        assert_true(db_run(db, "insert into thing values (hex(zeroblob(3000)))", &error));
    }
}

/* A log of some commits, each of several frames, as a kill leaves it. */
static int make_log(void **state)
{
    struct error error;
    void *original = NULL;
    if (state_make(&original) != 0 || state_make(state) != 0) {
        return -1;
    }
    struct db *db = state_open(original);
    assert_true(db_run(db, "create table thing (text text)", &error));
    assert_true(db_settle(db, 0, &error));
    write_rows(db, COMMITS);
    state_copy(original, *state);
    db_close(db);
    return state_remove(&original);
}

static bool is_whole(struct state *at, struct error *error)
{
    *error = (struct error){.text = ""};
    return db_log_is_whole(state_path(at, "imh.db-wal"), error);
}

static void assert_whole(struct state *at)
{
    struct error error;
    bool whole = is_whole(at, &error);
    assert_string_equal(error.text, "");
    assert_true(whole);
}

static void flip(struct state *at, int64_t where)
{
    unsigned char byte = 0;
    FILE *file = fopen(state_path(at, "imh.db-wal"), "r+be");
    assert_non_null(file);
    assert_int_equal(fseek(file, where, SEEK_SET), 0);
    assert_int_equal(fread(&byte, 1, 1, file), 1);
    byte ^= 0x10;
    assert_int_equal(fseek(file, where, SEEK_SET), 0);
    assert_int_equal(fwrite(&byte, 1, 1, file), 1);
    assert_int_equal(fclose(file), 0);
}

static int64_t frames_of(struct state *at)
{
    return (state_bytes(at, "imh.db-wal") - HEADER) / FRAME;
}

static void what_sqlite_wrote_is_whole(void **state)
{
    assert_true(frames_of(*state) > 2 * COMMITS);
    assert_whole(*state);
}

static void what_is_not_there_or_empty_is_whole(void **state)
{
    struct state *at = *state;
    const char *log = state_path(at, "imh.db-wal");
    for (int64_t size = HEADER + FRAME - 1; size > 0; size = size / 3) {
        assert_int_equal(truncate(log, size), 0);
        assert_whole(at);
    }
    assert_int_equal(truncate(log, 0), 0);
    assert_whole(at);
    assert_int_equal(unlink(log), 0);
    assert_whole(at);
}

static void a_log_that_just_ends_is_whole(void **state)
{
    struct state *at = *state;
    for (int64_t frames = frames_of(at); frames >= 0; frames -= 3) {
        assert_int_equal(
            truncate(state_path(at, "imh.db-wal"), HEADER + frames * FRAME + 1000), 0);
        assert_whole(at);
    }
}

static void a_broken_header_is_damage(void **state)
{
    struct state *at = *state;
    struct error error;
    for (int64_t where = 0; where < HEADER; where += 3) {
        flip(at, where);
        assert_false(is_whole(at, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_non_null(strstr(error.text, "truncate -s 0 "));
        flip(at, where);
    }
    assert_whole(at);
}

/* The remedy that is told keeps what is before, and the store opens again. */
static void damage_with_commits_behind_it_is_told(void **state)
{
    static const int64_t places[] = {0, 5, 8, 17, 24, 3000, FRAME - 1}; /* in a frame */
    struct state *at = *state;
    struct error error;
    for (size_t i = 0; i < COUNT(places); i++) {
        int64_t frame = 3 + (int64_t)i;
        flip(at, HEADER + frame * FRAME + places[i]);
        assert_false(is_whole(at, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_non_null(strstr(error.text, " commits would be lost"));
        char remedy[64];
        (void)snprintf(remedy, sizeof remedy, "truncate -s %lld ",
                       (long long)HEADER + frame * FRAME);
        assert_non_null(strstr(error.text, remedy));
        state_refused(at, DB_MAKE, IMH_REJECTED, "imh.db-wal: damaged");
        flip(at, HEADER + frame * FRAME + places[i]);
    }
    assert_int_equal(truncate(state_path(at, "imh.db-wal"), HEADER + 9 * FRAME), 0);
    assert_whole(at);
    db_close(state_open(at));
}

/* The first byte of the last frame of the last commit but `back`. */
static int64_t end_of_commit(struct state *at, int back)
{
    unsigned char pages[4]; /* of the database, in the frame that ends a commit */
    int64_t frame = frames_of(at);
    FILE *file = fopen(state_path(at, "imh.db-wal"), "rbe");
    assert_non_null(file);
    for (int ends = 0; ends <= back;) {
        assert_true(frame-- > 0);
        assert_int_equal(fseek(file, HEADER + frame * FRAME + 4, SEEK_SET), 0);
        assert_int_equal(fread(pages, sizeof pages, 1, file), 1);
        ends += memcmp(pages, "\0\0\0", sizeof pages) != 0;
    }
    assert_int_equal(fclose(file), 0);
    return HEADER + frame * FRAME;
}

/* The frame that ended the last commit but one says so though it is broken; behind it
 * there is a whole commit, so it was synced. */
static void damage_to_a_synced_commit_is_told(void **state)
{
    static const int64_t places[] = {0, 16, 24, 3000, FRAME - 1}; /* in a frame */
    struct state *at = *state;
    struct error error;
    for (size_t i = 0; i < COUNT(places); i++) {
        int64_t last = end_of_commit(at, 0) + places[i];
        int64_t before = end_of_commit(at, 1) + places[i];
        flip(at, before);
        assert_false(is_whole(at, &error));
        assert_non_null(strstr(error.text, ": damaged, 2 commits would be lost"));
        flip(at, before);
        flip(at, last); /* may be a power cut */
        assert_whole(at);
        flip(at, last);
    }
}

/* A power cut can leave the last commit with holes, and it was not acknowledged. */
static void holes_in_the_last_commit_are_no_damage(void **state)
{
    static const unsigned char nothing[FRAME] = {0};
    struct state *at = *state;
    int64_t frames = frames_of(at);
    assert_true(frames >= COMMITS * 2);
    for (int64_t back = 1; back <= 2; back++) {
        state_poke(at, "imh.db-wal", HEADER + (frames - back) * FRAME, nothing, FRAME / 2);
        assert_whole(at);
    }
    db_close(state_open(at));
}

/* Frames of before the log began anew are behind the new ones, and do not count. */
static void what_is_left_of_an_older_log_does_not_count(void **state)
{
    struct error error;
    void *original = NULL;
    void *copy = NULL;
    (void)state;
    assert_int_equal(state_make(&original), 0);
    assert_int_equal(state_make(&copy), 0);
    struct db *db = state_open(original);
    assert_true(db_run(db, "create table thing (text text)", &error));
    write_rows(db, COMMITS);
    assert_true(db_settle(db, 1, &error));
    int64_t before = state_bytes(original, "imh.db-wal");
    write_rows(db, 1);
    assert_int_equal(state_bytes(original, "imh.db-wal"), before);
    state_copy(original, copy);
    db_close(db);
    assert_whole(copy);
    flip(copy, HEADER + 1000);
    assert_whole(copy); /* of the last commit */
    flip(copy, before - 1000);
    assert_whole(copy); /* of the older log */
    assert_int_equal(state_remove(&original), 0);
    assert_int_equal(state_remove(&copy), 0);
}

static void what_cannot_be_read_is_an_error(void **state)
{
    struct state *at = *state;
    struct error error;
    assert_false(db_log_is_whole(at->folder, &error));
    assert_int_equal(error.status, IMH_REJECTED);
}

static void sums_depend_on_the_order_of_bytes(void **state)
{
    static const unsigned char bytes[16] = {1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0};
    struct db_log_sum none = {0, 0};
    (void)state;
    struct db_log_sum low = db_log_add(none, bytes, sizeof bytes, false);
    assert_int_equal(low.first, 7);   /* 1; 1 + 3 + 3 */
    assert_int_equal(low.second, 14); /* 2 + 1; 3 + 4 + 7 */
    struct db_log_sum high = db_log_add(none, bytes, sizeof bytes, true);
    assert_int_equal(high.first, 7U << 24);
    struct db_log_sum halves = db_log_add(none, bytes, 8, false);
    halves = db_log_add(halves, bytes + 8, 8, false);
    assert_int_equal(halves.first, low.first);
    assert_int_equal(halves.second, low.second);
}

#define log_test(test) cmocka_unit_test_setup_teardown(test, make_log, state_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        log_test(what_sqlite_wrote_is_whole),
        log_test(what_is_not_there_or_empty_is_whole),
        log_test(a_log_that_just_ends_is_whole),
        log_test(a_broken_header_is_damage),
        log_test(damage_with_commits_behind_it_is_told),
        log_test(damage_to_a_synced_commit_is_told),
        log_test(holes_in_the_last_commit_are_no_damage),
        cmocka_unit_test(what_is_left_of_an_older_log_does_not_count),
        log_test(what_cannot_be_read_is_an_error),
        cmocka_unit_test(sums_depend_on_the_order_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
