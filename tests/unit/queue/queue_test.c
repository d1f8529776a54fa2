#include "queue/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

static const struct job_answer ok = {.status = IMH_OK};
static const struct job_answer down = {
    .status = IMH_RETRY, .code = 503, .words = STR("503: later")};

static int64_t number(struct rig *rig, const char *sql)
{
    return state_number(rig->db, sql);
}

/* ---- attempts ---- */

static void attempts_are_at_0_1_6_16_and_76_minutes_and_then_it_is_shown(void **state)
{
    static const int64_t minutes[] = {0, 1, 6, 16, 76};
    struct rig rig;
    rig_open(&rig, *state);
    int64_t start_ms = rig.now_ms;
    int64_t id = rig_action(&rig, "s");
    for (size_t i = 0; i < COUNT(minutes); i++) {
        rig.now_ms = start_ms + minutes[i] * RIG_MINUTE_MS - 1;
        if (i > 0) {
            rig_assert_idle(&rig, rig.shop);
            assert_int_equal(rig.take.next_ms, rig.now_ms + 1);
        }
        rig.now_ms++;
        rig_restart(&rig); /* it keeps the count */
        struct queue_effect effect = rig_serve(&rig, id, down);
        assert_true(effect.struck);
    }
    rig_assert_state(&rig, id, JOB_FAILED);
    rig.now_ms += 100 * 24 * 60 * (int64_t)RIG_MINUTE_MS;
    rig_assert_idle(&rig, rig.shop);
    assert_int_equal(number(&rig, "select count(*) from history where code = 503"), 5);
    assert_int_equal(number(&rig, "select max(attempt) from history"), 5);
    rig_close(&rig);
}

static void what_is_refused_is_shown_at_once_and_others_go_on(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    int64_t other = rig_action(&rig, "t");
    struct queue_effect effect =
        rig_serve(&rig, id,
                  (struct job_answer){.status = IMH_REJECTED,
                                      .code = 400,
                                      .words = STR("INVALID_PROPERTY: no such field")});
    assert_int_equal(effect.failed, 1);
    assert_true(effect.served);
    rig_assert_state(&rig, id, JOB_FAILED);
    assert_int_equal(number(&rig, "select count(*) from history where status = 4 and"
                                  " words = 'INVALID_PROPERTY: no such field'"),
                     1);
    rig_serve(&rig, other, ok);
    rig_close(&rig);
}

static void a_job_of_which_nothing_is_known_is_repeated_only_if_it_may_be(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t action = rig_action(&rig, "s");
    int64_t record = rig_record(&rig, "k", "{}").job;
    assert_int_equal(rig_take(&rig, rig.shop, 4)->count, 2);
    rig_restart(&rig);
    rig_assert_state(&rig, action, JOB_UNKNOWN);
    rig_assert_state(&rig, record, JOB_WAITING);
    assert_int_equal(rig_job(&rig, record).attempts, 1);
    rig_serve(&rig, record, ok);
    rig_close(&rig);
}

static void an_answer_that_comes_too_late_counts_for_nothing(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_record(&rig, "k", "{}").job;
    struct queue_call late = rig_take(&rig, rig.shop, 1)->calls[0];
    rig_restart(&rig);
    assert_int_equal(rig_answer(&rig, &late, ok).stale, 1);
    assert_int_equal(rig_take(&rig, rig.shop, 1)->count, 1);
    assert_int_equal(rig_answer(&rig, &late, ok).stale, 1);
    rig_assert_state(&rig, id, JOB_RUNNING);
    rig_close(&rig);
}

/* ---- order ---- */

static void one_that_may_have_killed_its_worker_runs_alone(void **state)
{
    const struct job_answer died = {.status = IMH_RETRY, .killed = true};
    struct rig rig;
    rig_open(&rig, *state);
    int64_t suspects[] = {rig_action(&rig, "s"), rig_action(&rig, "t")};
    const struct queue_take *take = rig_take(&rig, rig.shop, 4);
    assert_int_equal(take->count, 2);
    const struct queue_call calls[] = {take->calls[0], take->calls[1]};
    rig_answer(&rig, &calls[0], died);
    rig_answer(&rig, &calls[1], died);
    rig.now_ms += RIG_MINUTE_MS + LADDER_EXTRA_MOST_MS;
    int64_t other = rig_action(&rig, "u");
    struct queue queue = rig_queue(&rig);
    struct queue_take waits = {
        .integration = rig.shop, .calls_most = 4, .others_run = true};
    RIG_STEP(&rig, queue_take(&queue, &waits, &error));
    assert_int_equal(waits.count, 0);
    assert_int_equal(waits.next_ms, JOB_NEVER);
    take = rig_take(&rig, rig.shop, 4);
    assert_int_equal(take->count, 1);
    assert_int_equal(take->calls[0].jobs[0].id, suspects[0]);
    const struct queue_call alone = take->calls[0];
    waits.suspect_runs = true;
    RIG_STEP(&rig, queue_take(&queue, &waits, &error));
    assert_int_equal(waits.count, 0);
    rig_answer(&rig, &alone, died);
    rig_assert_state(&rig, suspects[0], JOB_FAILED);
    rig_serve(&rig, suspects[1], ok);
    rig_serve(&rig, other, ok);
    rig_close(&rig);
}

static void the_jobs_of_a_stream_run_in_their_order(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t a = rig_action(&rig, "contact 42");
    rig_serve(&rig, a, down);
    int64_t b = rig_action(&rig, "contact 42");
    rig_assert_idle(&rig, rig.shop);
    rig.now_ms += RIG_MINUTE_MS;
    rig_serve(&rig, a, ok);
    rig_serve(&rig, b, ok);
    int64_t c = rig_action(&rig, "contact 42");
    int64_t d = rig_action(&rig, "contact 42");
    rig_serve(&rig, c, (struct job_answer){.status = IMH_REJECTED});
    rig_serve(&rig, d, ok); /* it follows a failed one */
    rig_close(&rig);
}

static void streams_take_turns_however_long_they_are(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t first[3];
    for (int i = 0; i < 3; i++) {
        first[i] = rig_action(&rig, "long");
        rig.now_ms++;
    }
    int64_t other = rig_action(&rig, "short");
    rig.now_ms++;
    rig_serve(&rig, first[0], ok);
    rig.now_ms++;
    rig_serve(&rig, other, ok);
    rig_serve(&rig, first[1], ok);
    rig_serve(&rig, first[2], ok);
    rig_close(&rig);
}

static void twenty_jobs_survive_a_restart_in_their_order(void **state)
{
    enum { MANY = 20 };
    struct rig rig;
    int64_t ids[MANY];
    rig_open(&rig, *state);
    for (int i = 0; i < MANY; i++) {
        ids[i] = rig_action(&rig, i % 2 ? "odd" : "even");
    }
    rig_restart(&rig);
    for (int i = 0; i < MANY; i++) {
        rig_serve(&rig, ids[i], ok);
    }
    rig_assert_idle(&rig, rig.shop);
    rig_close(&rig);
}

static void what_is_not_before_a_moment_waits_for_it(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    const struct job job = {
        .integration = rig.shop, .kind = JOB_STEP, .not_before_ms = rig.now_ms + 7200000};
    int64_t id = rig_add(&rig, &job, "{}").job;
    struct queue queue = rig_queue(&rig);
    bool more = true;
    RIG_STEP(&rig, queue_clamp(&queue, rig.shop, 1000, &more, &error));
    rig.now_ms += 7199999;
    rig_assert_idle(&rig, rig.shop);
    rig.now_ms++;
    rig_serve(&rig, id, ok);
    rig_close(&rig);
}

static void a_calendar_that_jumps_back_keeps_nobody_waiting(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    rig_serve(&rig, id, down);
    rig.now_ms -= 400 * 24 * 60 * (int64_t)RIG_MINUTE_MS;
    rig_assert_idle(&rig, rig.shop);
    struct queue queue = rig_queue(&rig);
    bool more = true;
    RIG_STEP(&rig, queue_clamp(&queue, rig.shop, 60 * RIG_MINUTE_MS, &more, &error));
    rig_serve(&rig, id, ok);
    rig_close(&rig);
}

/* ---- credentials ---- */

static void a_jump_back_of_the_calendar_makes_no_rest_longer(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t back_ms = 60 * (int64_t)RIG_MINUTE_MS;
    int64_t rests = rig_action(&rig, "s");
    rig_serve(&rig, rests, down);
    int64_t behind = rig_action(&rig, "s");
    int64_t new = rig_action(&rig, "t");
    const struct job later = {.integration = rig.shop,
                              .kind = JOB_ACTION,
                              .part = STR("put"),
                              .stream = STR("u"),
                              .not_before_ms = rig.now_ms + RIG_MINUTE_MS};
    int64_t timed = rig_add(&rig, &later, "{}").job;
    rig.now_ms -= back_ms;
    rig_assert_idle(&rig, rig.shop);
    struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, queue_jump_back(&queue, rig.shop, back_ms, &error));
    rig_serve(&rig, new, ok);
    rig_assert_idle(&rig, rig.shop);
    rig.now_ms += RIG_MINUTE_MS + LADDER_EXTRA_MOST_MS;
    rig_serve(&rig, rests, ok);
    rig_serve(&rig, behind, ok);
    assert_int_equal(rig_job(&rig, timed).ready_at_ms, later.not_before_ms);
    rig_close(&rig);
}

static void a_start_in_an_earlier_year_finds_what_was_never_tried(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    rig.now_ms -= 400 * 24 * 60 * (int64_t)RIG_MINUTE_MS;
    rig_assert_idle(&rig, rig.shop);
    struct queue queue = rig_queue(&rig);
    bool more = true;
    RIG_STEP(&rig, queue_clamp(&queue, rig.shop, 60 * RIG_MINUTE_MS, &more, &error));
    rig_serve(&rig, id, ok);
    rig_close(&rig);
}

static void what_is_denied_waits_without_using_attempts(void **state)
{
    enum { MANY = 500 };
    struct rig rig;
    rig_open(&rig, *state);
    int64_t first = rig_action(&rig, "s0");
    struct queue_effect effect = rig_serve(
        &rig, first, (struct job_answer){.status = IMH_DENIED, .words = STR("401")});
    assert_true(effect.held);
    for (int i = 1; i < MANY; i++) {
        char stream[16];
        (void)snprintf(stream, sizeof stream, "s%d", i);
        (void)rig_action(&rig, stream);
    }
    for (int i = 0; i < MANY; i++) {
        rig_assert_idle(&rig, rig.shop);
    }
    assert_int_equal(rig.take.next_ms, JOB_NEVER);
    assert_int_equal(number(&rig, "select count(*) from job where attempts > 0"), 0);
    struct queue queue = rig_queue(&rig);
    bool more = true;
    while (more) {
        RIG_STEP(&rig, queue_release(&queue, rig.shop, &more, &error));
    }
    for (int i = 0; i < MANY; i++) {
        rig_serve(&rig, first + i, ok);
    }
    rig_close(&rig);
}

static void what_was_held_goes_on_oldest_first(void **state)
{
    enum { SOME = 5 };
    struct rig rig;
    rig_open(&rig, *state);
    int64_t first = rig_action(&rig, "s0");
    (void)rig_serve(&rig, first, (struct job_answer){.status = IMH_DENIED});
    struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, queue_hold(&queue, rig.shop, STR_OF(""), STR_OF("401"), &error));
    for (int i = 1; i < SOME; i++) {
        char stream[16];
        (void)snprintf(stream, sizeof stream, "s%d", i);
        rig.now_ms++;
        (void)rig_action(&rig, stream);
    }
    rig_assert_idle(&rig, rig.shop);
    rig.now_ms++;
    queue = rig_queue(&rig);
    bool more = true;
    RIG_STEP(&rig, queue_release(&queue, rig.shop, &more, &error));
    assert_false(more);
    for (int i = 0; i < SOME; i++) {
        rig_serve(&rig, first + i, ok);
    }
    rig_close(&rig);
}

static void only_the_part_that_was_denied_is_held(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t charge = rig_action(&rig, "s");
    int64_t record = rig_record(&rig, "k", "{}").job;
    rig_serve(&rig, charge, (struct job_answer){.status = IMH_DENIED});
    rig_serve(&rig, record, ok);
    struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, queue_hold(&queue, rig.shop, STR_OF(""), STR_OF("checked"), &error));
    (void)rig_record(&rig, "l", "{}");
    rig_assert_idle(&rig, rig.shop);
    assert_true(rig.take.held);
    rig_close(&rig);
}

/* ---- batches ---- */

static void a_batch_that_is_too_large_is_halved(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    rig.batch_most = 100;
    for (int i = 0; i < 5; i++) {
        char key[8];
        (void)snprintf(key, sizeof key, "k%d", i);
        (void)rig_record(&rig, key, "{}");
    }
    (void)rig_action(&rig, "s"); /* goes alone */
    const struct job_answer large = {.status = IMH_TOO_LARGE, .code = 413};
    static const uint32_t sizes[] = {5, 3, 2, 2};
    const struct queue_take *take = rig_take(&rig, rig.shop, 1);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        assert_int_equal(take->count, 1);
        assert_int_equal(take->calls[0].count, sizes[i]);
        rig_answer(&rig, &take->calls[0], sizes[i] > 2 ? large : ok);
        rig.now_ms++;
        take = rig_take(&rig, rig.shop, 1);
        while (take->count > 0 && take->calls[0].jobs[0].kind == JOB_ACTION) {
            rig_answer(&rig, &take->calls[0], ok);
            take = rig_take(&rig, rig.shop, 1);
        }
    }
    assert_int_equal(take->calls[0].count, 1);
    rig_answer(&rig, &take->calls[0], large);
    assert_int_equal(number(&rig, "select count(*) from job where state = 5"), 5);
    assert_int_equal(number(&rig, "select count(*) from job where state = 3"), 1);
    assert_int_equal(number(&rig, "select max(attempts) from job"), 1);
    rig_close(&rig);
}

static void each_record_of_a_batch_has_its_own_result(void **state)
{
    struct rig rig;
    struct queue_effect effect;
    rig_open(&rig, *state);
    rig.batch_most = 100;
    int64_t a = rig_record(&rig, "a", "{}").job;
    int64_t b = rig_record(&rig, "b", "{}").job;
    int64_t c = rig_record(&rig, "c", "{}").job;
    assert_int_equal(rig_take(&rig, rig.shop, 1)->calls[0].count, 3);
    const struct job_answer answers[] = {
        {.job = a, .starts = 1, .status = IMH_OK, .result = STR("{\"id\":7}")},
        {.job = b, .starts = 1, .status = IMH_REJECTED},
        {.job = c, .starts = 1, .status = IMH_RETRY},
    };
    struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, queue_finish(&queue, rig.shop, answers, 3, &effect, &error));
    rig_assert_state(&rig, a, JOB_DONE);
    rig_assert_state(&rig, b, JOB_FAILED);
    rig_assert_state(&rig, c, JOB_WAITING);
    assert_int_equal(number(&rig, "select count(*) from job_text where result <> ''"), 1);
    rig_close(&rig);
}

/* ---- keys ---- */

static void assert_refused(struct rig *rig, const struct job *job, const char *args,
                           const char *why)
{
    struct error error;
    struct queue queue = rig_queue(rig);
    struct queue_added added = {.job = 0};
    const struct job_text text = {.args = str_from(args)};
    assert_true(db_begin(rig->db, &error));
    assert_false(queue_add(&queue, job, &text, &added, &error));
    db_rollback(rig->db);
    assert_int_equal(error.status, IMH_REJECTED);
    assert_non_null(strstr(error.text, "the key is that of job 1, which has "));
    assert_non_null(strstr(error.text, why));
    assert_int_equal(added.job, 0);
}

static void a_second_job_with_a_key_is_the_first(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    struct job job = {.integration = rig.shop, .kind = JOB_ACTION, .once_key = STR("o")};
    struct queue_added first = rig_add(&rig, &job, "1");
    struct queue_added second = rig_add(&rig, &job, " 1");
    assert_int_equal(second.job, first.job);
    assert_true(second.was_there && !first.was_there);
    rig_serve(&rig, first.job, ok);
    assert_true(rig_add(&rig, &job, "1").was_there); /* for as long as it is kept */
    job.integration = rig.mail;
    assert_false(rig_add(&rig, &job, "4").was_there);
    rig_close(&rig);
}

static void a_key_is_of_one_command_only(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    struct job job = {.integration = rig.shop, .kind = JOB_ACTION, .once_key = STR("o")};
    int64_t id = rig_add(&rig, &job, "{\"a\":1,\"b\":2}").job;
    assert_true(rig_add(&rig, &job, "{\"b\":2, \"a\":1}").was_there);
    assert_refused(&rig, &job, "{\"a\":1}", "other arguments");
    job.part = STR_OF("other");
    assert_refused(&rig, &job, "{\"a\":1,\"b\":2}", "another action");
    job.part = STR_OF("");
    rig_serve(&rig, id, (struct job_answer){.status = IMH_REJECTED});
    struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, queue_edit(&queue, id, STR_OF("{\"c\":3}"), STR_OF("me"), &error));
    assert_true(
        rig_add(&rig, &job, "{\"a\":1,\"b\":2}").was_there); /* as it was, perhaps */
    rig_close(&rig);
}

static void waiting_writes_of_a_record_collapse_into_the_newest(void **state)
{
    enum { MANY = 1000 };
    struct rig rig;
    rig_open(&rig, *state);
    int64_t first = rig_record(&rig, "k", "{\"n\":0}").job;
    struct queue_call running = rig_take(&rig, rig.shop, 1)->calls[0];
    int64_t second = rig_record(&rig, "k", "{\"n\":1}").job;
    assert_int_not_equal(second, first); /* what runs is not changed any more */
    for (int i = 2; i < MANY; i++) {
        char args[32];
        (void)snprintf(args, sizeof args, "{\"n\":%d}", i);
        struct queue_added added = rig_record(&rig, "k", args);
        assert_true(added.merged);
        assert_int_equal(added.job, second);
    }
    rig_answer(&rig, &running, ok);
    assert_string_equal(rig_args(&rig, second), "{\"n\":999}");
    assert_int_equal(rig_job(&rig, second).version, MANY - 2);
    assert_int_equal(number(&rig, "select times from history where what = 2"), MANY - 2);
    assert_int_equal(number(&rig, "select count(*) from history"), 1);
    rig_serve(&rig, second, ok);
    rig_assert_idle(&rig, rig.shop);
    rig_close(&rig);
}

static void what_fails_in_the_middle_leaves_nothing(void **state)
{
    struct rig rig;
    struct error error = {.text = ""};
    struct queue_added added = {.job = -1};
    rig_open(&rig, *state);
    const struct job_text text = {.args = STR("{}")};
    const struct job job = {.integration = 99, .kind = JOB_ACTION};
    struct queue queue = rig_queue(&rig);
    assert_true(db_begin(rig.db, &error));
    assert_false(queue_add(&queue, &job, &text, &added, &error));
    assert_int_equal(error.status, IMH_REJECTED); /* no such integration */
    assert_int_equal(added.job, -1);
    db_rollback(rig.db);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(attempts_are_at_0_1_6_16_and_76_minutes_and_then_it_is_shown),
        state_test(what_is_refused_is_shown_at_once_and_others_go_on),
        state_test(a_job_of_which_nothing_is_known_is_repeated_only_if_it_may_be),
        state_test(an_answer_that_comes_too_late_counts_for_nothing),
        state_test(one_that_may_have_killed_its_worker_runs_alone),
        state_test(the_jobs_of_a_stream_run_in_their_order),
        state_test(streams_take_turns_however_long_they_are),
        state_test(twenty_jobs_survive_a_restart_in_their_order),
        state_test(what_is_not_before_a_moment_waits_for_it),
        state_test(a_calendar_that_jumps_back_keeps_nobody_waiting),
        state_test(a_jump_back_of_the_calendar_makes_no_rest_longer),
        state_test(a_start_in_an_earlier_year_finds_what_was_never_tried),
        state_test(what_is_denied_waits_without_using_attempts),
        state_test(what_was_held_goes_on_oldest_first),
        state_test(only_the_part_that_was_denied_is_held),
        state_test(a_batch_that_is_too_large_is_halved),
        state_test(each_record_of_a_batch_has_its_own_result),
        state_test(a_second_job_with_a_key_is_the_first),
        state_test(a_key_is_of_one_command_only),
        state_test(waiting_writes_of_a_record_collapse_into_the_newest),
        state_test(what_fails_in_the_middle_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
