#include "followup/followup_note.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "followup/followup_run.h"
#include "state.h"
#include "store/migrations.h"

/* What was noted of a run. */
struct seen {
    unsigned count;
    struct run_note last;
};

static void see(void *self, const struct run_note *note)
{
    struct seen *seen = self;
    seen->count++;
    seen->last = *note;
}

static struct seen seen_of(struct db *db, int64_t run)
{
    struct seen seen = {.count = 0};
    struct error error;
    assert_true(note_each(db, run, see, &seen, &error));
    return seen;
}

static void add(struct db *db, const struct run_note *note)
{
    struct error error = {.text = ""};
    if (!note_add(db, note, &error)) {
        fail_msg("%s", error.text);
    }
}

/* A store with two runs. */
static struct db *open_runs(void **state)
{
    struct error error;
    struct db *db = state_open(*state);
    assert_true(migrations_run(db, &migrations_all, &clock_real, &error));
    assert_true(db_run(db, "insert into integration values (1, 'acme', 'shop')", &error));
    assert_true(db_run(db, "insert into followup_text values (1, 'd', 't')", &error));
    assert_true(db_run(db,
                       "insert into followup_run values (1, 1, 1, 'a', 1, 7, 'r', 4, 1, 1,"
                       " 0, 5, null, '', 5, 6), (2, 1, 1, 'b', 1, 7, 'r', 4, 1, 1, 0, 5,"
                       " null, '', 5, 60)",
                       &error));
    return db;
}

static void the_same_once_more_only_counts(void **state)
{
    struct db *db = open_runs(state);
    struct run_note note = {
        .run = 1, .at_ms = 10, .step = 1, .what = NOTE_RECHECK, .words = STR("{}")};
    add(db, &note);
    note.at_ms = 20;
    add(db, &note);
    struct seen seen = seen_of(db, 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.last.times, 2);
    assert_int_equal(seen.last.at_ms, 20);
    note.yes = true;
    add(db, &note);
    note.yes = false; /* the newest one said something else */
    add(db, &note);
    assert_int_equal(seen_of(db, 1).count, 3);
    assert_int_equal(seen_of(db, 2).count, 0);
    db_close(db);
}

static void a_run_has_so_many_notes_at_most(void **state)
{
    struct db *db = open_runs(state);
    struct run_note note = {.run = 2, .what = NOTE_RESTART, .words = STR("")};
    for (note.other = 1; note.other <= NOTES_MOST + 20; note.other++) {
        add(db, &note);
    }
    assert_int_equal(seen_of(db, 2).count, NOTES_MOST);
    db_close(db);
}

static void notes_are_forgotten_with_their_run(void **state)
{
    struct db *db = open_runs(state);
    const struct run_note first = {.run = 1, .what = NOTE_WAIT, .words = STR("")};
    const struct run_note second = {.run = 2, .what = NOTE_WAIT, .words = STR("")};
    struct error error;
    uint32_t gone = 0;
    add(db, &first);
    add(db, &second);
    assert_true(run_forget(db, 50, 10, &gone, &error));
    assert_int_equal(gone, 1);
    assert_int_equal(seen_of(db, 1).count, 0);
    assert_int_equal(seen_of(db, 2).count, 1);
    db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(the_same_once_more_only_counts),
        state_test(a_run_has_so_many_notes_at_most),
        state_test(notes_are_forgotten_with_their_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
