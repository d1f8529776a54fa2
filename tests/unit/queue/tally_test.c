#include "queue/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

static struct tally count(struct rig *rig)
{
    struct tally tally;
    struct error error = {.text = ""};
    assert_true(tally_read(rig->db, rig->shop, rig->now_ms, &tally, &error));
    return tally;
}

static void nothing_is_nothing(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    struct tally tally = count(&rig);
    assert_int_equal(tally.waiting + tally.held + tally.running + tally.failed, 0);
    assert_int_equal(tally.due_since_ms, 0);
    rig_close(&rig);
}

static void jobs_are_counted_by_what_they_do(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t since_ms = rig.now_ms;
    int64_t failed = rig_action(&rig, "a");
    int64_t denied = rig_action(&rig, "b");
    (void)rig_serve(&rig, failed, (struct job_answer){.status = IMH_REJECTED});
    (void)rig_serve(&rig, denied, (struct job_answer){.status = IMH_DENIED});
    RIG_STEP(&rig, rig.book.end_holds(rig.book.self, rig.shop, &error));
    (void)rig_action(&rig, "c");
    (void)rig_action(&rig, "c");
    (void)rig_take(&rig, rig.shop, 1);
    (void)rig_action(&rig, "d");
    rig.now_ms += 5000;
    struct tally tally = count(&rig);
    assert_int_equal(tally.waiting, 3); /* the held one, behind the one that runs, and d */
    assert_int_equal(tally.held, 1);
    assert_int_equal(tally.running, 1);
    assert_int_equal(tally.failed, 1);
    assert_int_equal(tally.due_since_ms, since_ms);
    rig_close(&rig);
}

static void changes_that_are_undone_count_for_nothing(void **state)
{
    struct rig rig;
    struct error error = {.text = ""};
    struct queue_added added;
    rig_open(&rig, *state);
    struct queue queue = rig_queue(&rig);
    const struct job_text text = {.args = STR("{}")};
    const struct job job = {.integration = rig.shop,
                            .kind = JOB_ACTION,
                            .part = STR("charge"),
                            .stream = STR("a")};
    assert_true(db_begin(rig.db, &error));
    assert_true(db_savepoint(rig.db, &error));
    assert_true(queue_add(&queue, &job, &text, &added, &error));
    assert_true(db_undo(rig.db, &error));
    assert_true(queue_add(&queue, &job, &text, &added, &error));
    assert_int_equal(count(&rig).waiting, 0); /* of the last commit */
    assert_true(db_commit(rig.db, &error));
    assert_int_equal(count(&rig).waiting, 1);
    rig_restart(&rig);
    assert_int_equal(count(&rig).waiting, 1);
    rig_close(&rig);
}

static void jobs_of_others_are_not_counted(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    (void)rig_add(&rig,
                  &(struct job){.integration = rig.mail,
                                .kind = JOB_ACTION,
                                .part = STR("send"),
                                .stream = STR("x")},
                  "{}");
    assert_int_equal(count(&rig).waiting, 0);
    rig_close(&rig);
}

static void what_waits_for_its_time_is_not_late(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    (void)rig_serve(&rig, rig_action(&rig, "a"), (struct job_answer){.status = IMH_RETRY});
    struct tally tally = count(&rig);
    assert_int_equal(tally.waiting, 1);
    assert_int_equal(tally.due_since_ms, 0);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(nothing_is_nothing),
        state_test(jobs_are_counted_by_what_they_do),
        state_test(changes_that_are_undone_count_for_nothing),
        state_test(jobs_of_others_are_not_counted),
        state_test(what_waits_for_its_time_is_not_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
