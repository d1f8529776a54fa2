#include "engine/deliver.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "deliver_rig.h"
#include "disk.h"
#include "store_rig.h"

static const struct bench_end well = {.status = IMH_OK};
static const struct bench_end failed = {.status = IMH_RETRY};
static const struct bench_end denied = {.status = IMH_DENIED};
static const struct bench_end unknown = {.status = IMH_UNKNOWN};

/* An integration that is served, on a bench of its own. */
#define WITH_SHOP(state)                                       \
    struct bench bench;                                        \
    struct integration crm = bench_integration("acme", "crm"); \
    bench_open(&bench, *(state));                              \
    bench_serve(&bench, &crm)

/* ---- order ---- */

static void one_of_a_stream_is_under_way(void **state)
{
    WITH_SHOP(state);
    int64_t first = bench_order(&bench, &crm, "send", "a");
    int64_t second = bench_order(&bench, &crm, "mark", "a");
    int64_t other = bench_order(&bench, &crm, "send", "b");
    bench_turn(&bench);
    assert_runs(&bench, first, other);
    bench_end(&bench, other, well);
    assert_runs(&bench, first);
    bench_end(&bench, first, well);
    assert_runs(&bench, second);
    bench_end(&bench, second, well);
    bench_job(&bench, second, JOB_DONE, 1);
    assert_false(deliver_is_busy(bench.deliver));
    bench_close(&bench);
}

static void strict_order_is_one_stream(void **state)
{
    WITH_SHOP(state);
    crm.strict_order = true;
    int64_t first = bench_order(&bench, &crm, "send", "a");
    int64_t second = bench_order(&bench, &crm, "send", "b");
    bench_turn(&bench);
    assert_runs(&bench, first);
    bench_end(&bench, first, well);
    assert_runs(&bench, second);
    bench_close(&bench);
}

static void what_failed_is_not_overtaken_by_its_stream(void **state)
{
    WITH_SHOP(state);
    int64_t first = bench_order(&bench, &crm, "send", "a");
    int64_t second = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    bench_end(&bench, first, failed);
    assert_runs(&bench, 0);
    bench_job(&bench, first, JOB_WAITING, 1);
    bench_wait(&bench, 59999);
    assert_runs(&bench, 0);
    bench_wait(&bench, 1000);
    assert_runs(&bench, first);
    bench_end(&bench, first, well);
    bench_job(&bench, first, JOB_DONE, 2);
    assert_runs(&bench, second);
    bench_close(&bench);
}

/* ---- fairness ---- */

static void streams_take_turns_however_long_they_are(void **state)
{
    WITH_SHOP(state);
    crm.parallel = 1;
    bench_serve(&bench, &crm);
    int64_t jobs[5];
    static const char *const records[] = {"long", "long", "long", "b", "c"};
    static const unsigned order[] = {0, 3, 4, 1, 2};
    for (unsigned i = 0; i < COUNT(jobs); i++) {
        jobs[i] = bench_order(&bench, &crm, "send", records[i]);
    }
    bench_turn(&bench);
    for (unsigned i = 0; i < COUNT(order); i++) {
        assert_runs(&bench, jobs[order[i]]);
        bench_wait(&bench, 1);
        bench_end(&bench, jobs[order[i]], well);
    }
    bench_close(&bench);
}

/* The crowd has all places, and many more jobs; the other gets every second one. */
static void crowd_out(const struct state *at, const char *account)
{
    enum { CROWD = DELIVER_CALLS_MOST + 10 };
    struct bench bench;
    struct integration crowd = bench_integration("acme", "crowd");
    struct integration small = bench_integration(account, "small");
    int64_t jobs[CROWD];
    crowd.parallel = DELIVER_CALLS_MOST + 10;
    bench_open(&bench, at);
    bench_serve(&bench, &crowd);
    bench_serve(&bench, &small);
    for (unsigned i = 0; i < CROWD; i++) {
        char record[16];
        (void)snprintf(record, sizeof record, "%u", i);
        jobs[i] = bench_order(&bench, &crowd, "send", record);
    }
    bench_turn(&bench);
    assert_int_equal(bench.run_count, DELIVER_CALLS_MOST);
    int64_t first = bench_order(&bench, &small, "send", "a");
    int64_t second = bench_order(&bench, &small, "send", "b");
    bench_turn(&bench);
    assert_int_equal(bench.run_count, DELIVER_CALLS_MOST);
    const int64_t expected[] = {first, jobs[DELIVER_CALLS_MOST], second,
                                jobs[DELIVER_CALLS_MOST + 1]};
    for (unsigned i = 0; i < COUNT(expected); i++) {
        bench_end(&bench, jobs[i], well);
        assert_int_equal(bench.run_count, DELIVER_CALLS_MOST);
        const struct run *last = bench.runs[DELIVER_CALLS_MOST - 1];
        assert_int_equal(deliver_job(last)->id, expected[i]);
    }
    bench_close(&bench);
}

static void a_crowd_leaves_its_turn_to_another_integration(void **state)
{
    crowd_out(*state, "acme");
}

static void a_crowd_leaves_its_turn_to_another_account(void **state)
{
    crowd_out(*state, "other");
}

static void no_integration_has_more_calls_than_it_may(void **state)
{
    WITH_SHOP(state);
    crm.parallel = 2;
    bench_serve(&bench, &crm);
    int64_t jobs[3];
    static const char *const records[] = {"a", "b", "c"};
    for (unsigned i = 0; i < COUNT(jobs); i++) {
        jobs[i] = bench_order(&bench, &crm, "send", records[i]);
    }
    bench_turn(&bench);
    assert_runs(&bench, jobs[0], jobs[1]);
    bench_end(&bench, jobs[1], well);
    assert_runs(&bench, jobs[0], jobs[2]);
    bench_close(&bench);
}

/* ---- what answers mean ---- */

static void a_rest_that_the_remote_asks_for_is_obeyed(void **state)
{
    WITH_SHOP(state);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    bench_end(&bench, job, (struct bench_end){.status = IMH_RETRY, .after_s = 600});
    bench_wait(&bench, 599999);
    assert_runs(&bench, 0);
    bench_wait(&bench, 6000);
    assert_runs(&bench, job);
    /* Shorter than the rest of five minutes it had anyway. */
    bench_end(&bench, job, (struct bench_end){.status = IMH_RETRY, .after_s = 10});
    bench_wait(&bench, 299999);
    assert_runs(&bench, 0);
    bench_wait(&bench, 6000);
    assert_runs(&bench, job);
    bench_close(&bench);
}

static void who_asks_for_rest_gets_it_from_all_of_the_integration(void **state)
{
    WITH_SHOP(state);
    struct integration erp = bench_integration("acme", "erp");
    bench_serve(&bench, &erp);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    bench_end(&bench, job, (struct bench_end){.status = IMH_WAIT, .after_s = 30});
    int64_t other = bench_order(&bench, &crm, "send", "b");
    int64_t elsewhere = bench_order(&bench, &erp, "send", "b");
    bench_wait(&bench, 29999);
    assert_runs(&bench, elsewhere);
    bench_wait(&bench, 1);
    assert_runs(&bench, elsewhere, other);
    bench_close(&bench);
}

static void what_is_denied_waits_and_uses_no_attempt(void **state)
{
    WITH_SHOP(state);
    struct error error = {.text = ""};
    int64_t job = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    bench_end(&bench, job, denied);
    bench_job(&bench, job, JOB_WAITING, 0);
    int64_t same = bench_order(&bench, &crm, "send", "b");
    int64_t other = bench_order(&bench, &crm, "mark", "c");
    bench_wait(&bench, 7 * 86400 * (int64_t)1000);
    assert_runs(&bench, other); /* one right may be missing, not all */
    bench_job(&bench, same, JOB_WAITING, 0);
    assert_true(deliver_resume(bench.deliver, STR_OF("acme"), STR_OF("crm"), &error));
    bench_turn(&bench);
    assert_runs(&bench, other, job, same);
    bench_job(&bench, job, JOB_RUNNING, 1);
    bench_close(&bench);
}

static void what_an_old_secret_was_denied_is_tried_with_the_new_one(void **state)
{
    WITH_SHOP(state);
    struct error error = {.text = ""};
    int64_t job = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    assert_true(deliver_resume(bench.deliver, STR_OF("acme"), STR_OF("crm"), &error));
    bench_end(&bench, job, denied);
    assert_runs(&bench, job);
    bench_job(&bench, job, JOB_RUNNING, 1);
    bench_end(&bench, job, denied);
    assert_runs(&bench, 0);
    bench_close(&bench);
}

static void what_is_unknown_is_repeated_only_if_that_does_no_harm(void **state)
{
    WITH_SHOP(state);
    int64_t sent = bench_order(&bench, &crm, "send", "a");
    int64_t next = bench_order(&bench, &crm, "mark", "a");
    int64_t shown = bench_order(&bench, &crm, "show", "b");
    bench_turn(&bench);
    bench_end(&bench, sent, unknown);
    bench_job(&bench, sent, JOB_UNKNOWN, 1);
    bench_end(&bench, shown, unknown);
    bench_job(&bench, shown, JOB_WAITING, 1);
    assert_runs(&bench, next);
    bench_wait(&bench, 61000);
    assert_runs(&bench, next, shown);
    crm.retry.usual.repeats = true;
    bench_serve(&bench, &crm);
    int64_t again = bench_order(&bench, &crm, "send", "c");
    bench_turn(&bench);
    bench_end(&bench, again, unknown);
    bench_job(&bench, again, JOB_WAITING, 1);
    bench_close(&bench);
}

/* Fails as often as it may. */
static void exhaust(struct bench *bench, int64_t job)
{
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        bench_wait(bench, 310000);
        assert_runs(bench, job);
        bench_job(bench, job, JOB_RUNNING, attempt);
        bench_end(bench, job, failed);
    }
    bench_job(bench, job, JOB_FAILED, 3);
}

static void behind_one_that_is_exhausted_its_stream_goes_on(void **state)
{
    WITH_SHOP(state);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    int64_t next = bench_order(&bench, &crm, "send", "a");
    exhaust(&bench, job);
    assert_runs(&bench, next);
    bench_close(&bench);
}

static void with_hold_its_stream_waits_for_a_person(void **state)
{
    WITH_SHOP(state);
    crm.retry.usual.holds = true;
    bench_serve(&bench, &crm);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    int64_t next = bench_order(&bench, &crm, "send", "a");
    exhaust(&bench, job);
    int64_t other = bench_order(&bench, &crm, "send", "b");
    bench_wait(&bench, 7 * 86400 * (int64_t)1000);
    assert_runs(&bench, other);
    bench_job(&bench, next, JOB_BEHIND, 0);
    bench_close(&bench);
}

static void a_job_of_which_its_worker_died_twice_is_parked(void **state)
{
    WITH_SHOP(state);
    static const struct bench_end dies = {.status = IMH_RETRY, .died = true};
    int64_t job = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    bench_end(&bench, job, dies);
    bench_job(&bench, job, JOB_WAITING, 1);
    int64_t other = bench_order(&bench, &crm, "send", "b");
    bench_turn(&bench);
    assert_runs(&bench, other);
    bench_wait(&bench, 61000);
    assert_runs(&bench, other); /* it runs alone, so that no other is blamed */
    bench_end(&bench, other, well);
    assert_runs(&bench, job);
    int64_t third = bench_order(&bench, &crm, "send", "c");
    bench_turn(&bench);
    assert_runs(&bench, job);
    bench_end(&bench, job, dies);
    bench_job(&bench, job, JOB_FAILED, 2);
    assert_runs(&bench, third);
    bench_close(&bench);
}

/* ---- starts, ends, and other configurations ---- */

/* That an attempt is counted before its call, the rig looks at for each. */
static void after_a_kill_what_ran_is_unknown_or_runs_again(void **state)
{
    WITH_SHOP(state);
    int64_t sent = bench_order(&bench, &crm, "send", "a");
    int64_t shown = bench_order(&bench, &crm, "show", "b");
    bench_turn(&bench);
    assert_runs(&bench, sent, shown);
    bench_restart(&bench);
    bench_serve(&bench, &crm);
    bench_turn(&bench);
    assert_runs(&bench, shown);
    bench_job(&bench, sent, JOB_UNKNOWN, 1);
    bench_job(&bench, shown, JOB_RUNNING, 2);
    bench_close(&bench);
}

static void jobs_of_one_that_is_not_configured_wait(void **state)
{
    WITH_SHOP(state);
    int64_t under_way = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    int64_t next = bench_order(&bench, &crm, "send", "a");
    int64_t other = bench_order(&bench, &crm, "send", "b");
    bench_release(&bench);
    bench_turn(&bench);
    assert_runs(&bench, under_way);
    bench_end(&bench, under_way, well); /* it ends as it began */
    bench_job(&bench, under_way, JOB_DONE, 1);
    bench_wait(&bench, 7 * 86400 * (int64_t)1000);
    assert_runs(&bench, 0);
    bench_serve(&bench, &crm);
    bench_turn(&bench);
    assert_runs(&bench, next, other);
    bench_close(&bench);
}

static void one_that_leaves_while_its_jobs_are_taken_uses_no_attempt(void **state)
{
    WITH_SHOP(state);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    deliver_turn(bench.deliver); /* the store has it by now */
    bench_release(&bench);
    bench_turn(&bench);
    assert_runs(&bench, 0);
    bench_job(&bench, job, JOB_WAITING, 0);
    bench_serve(&bench, &crm);
    bench_turn(&bench);
    assert_runs(&bench, job);
    bench_close(&bench);
}

static void after_a_stop_nothing_starts_and_what_runs_may_end(void **state)
{
    WITH_SHOP(state);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    int64_t next = bench_order(&bench, &crm, "send", "a");
    int64_t other = bench_order(&bench, &crm, "send", "b");
    deliver_stop(bench.deliver);
    bench_turn(&bench);
    assert_runs(&bench, job);
    assert_true(deliver_is_busy(bench.deliver));
    bench_end(&bench, job, well);
    assert_runs(&bench, 0);
    assert_false(deliver_is_busy(bench.deliver));
    bench_job(&bench, job, JOB_DONE, 1);
    bench_job(&bench, next, JOB_WAITING, 0);
    bench_job(&bench, other, JOB_WAITING, 0);
    bench_close(&bench);
}

static void when_the_calendar_jumps_back_nobody_waits_longer(void **state)
{
    WITH_SHOP(state);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    bench_end(&bench, job, failed);
    bench_jump_back(7 * 86400 * (int64_t)1000);
    bench_wait(&bench, 59999);
    assert_runs(&bench, 0);
    bench_wait(&bench, 1000);
    assert_runs(&bench, job);
    bench_close(&bench);
}

/* ---- the disk ---- */

static void an_answer_that_found_no_room_is_told_again(void **state)
{
    static const struct disk_fault full = {DISK_WRITE, DISK_LOG, 0, 0, SQLITE_FULL, ENOSPC};
    WITH_SHOP(state);
    int64_t job = bench_order(&bench, &crm, "send", "a");
    int64_t next = bench_order(&bench, &crm, "send", "a");
    bench_turn(&bench);
    disk_fail(&full);
    bench_end(&bench, job, well);
    assert_runs(&bench, 0);
    assert_true(deliver_is_busy(bench.deliver));
    assert_false(deliver_has_failed(bench.deliver));
    disk_heal();
    bench_job(&bench, job, JOB_RUNNING, 1);
    bench_wait(&bench, DELIVER_NAP_MS);
    bench_job(&bench, job, JOB_DONE, 1);
    assert_runs(&bench, next);
    bench_close(&bench);
}

static void without_its_disk_it_starts_nothing(void **state)
{
    static const struct disk_fault broken = {DISK_SYNC, DISK_LOG,           0,
                                             0,         SQLITE_IOERR_FSYNC, EIO};
    WITH_SHOP(state);
    (void)bench_order(&bench, &crm, "send", "a");
    disk_fail(&broken);
    bench_turn(&bench);
    assert_runs(&bench, 0);
    assert_true(deliver_has_failed(bench.deliver));
    disk_heal();
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        disk_test(one_of_a_stream_is_under_way),
        disk_test(strict_order_is_one_stream),
        disk_test(what_failed_is_not_overtaken_by_its_stream),
        disk_test(streams_take_turns_however_long_they_are),
        disk_test(a_crowd_leaves_its_turn_to_another_integration),
        disk_test(a_crowd_leaves_its_turn_to_another_account),
        disk_test(no_integration_has_more_calls_than_it_may),
        disk_test(a_rest_that_the_remote_asks_for_is_obeyed),
        disk_test(who_asks_for_rest_gets_it_from_all_of_the_integration),
        disk_test(what_is_denied_waits_and_uses_no_attempt),
        disk_test(what_an_old_secret_was_denied_is_tried_with_the_new_one),
        disk_test(what_is_unknown_is_repeated_only_if_that_does_no_harm),
        disk_test(behind_one_that_is_exhausted_its_stream_goes_on),
        disk_test(with_hold_its_stream_waits_for_a_person),
        disk_test(a_job_of_which_its_worker_died_twice_is_parked),
        disk_test(after_a_kill_what_ran_is_unknown_or_runs_again),
        disk_test(jobs_of_one_that_is_not_configured_wait),
        disk_test(one_that_leaves_while_its_jobs_are_taken_uses_no_attempt),
        disk_test(after_a_stop_nothing_starts_and_what_runs_may_end),
        disk_test(when_the_calendar_jumps_back_nobody_waits_longer),
        disk_test(an_answer_that_found_no_room_is_told_again),
        disk_test(without_its_disk_it_starts_nothing),
    };
    disk_insert();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
