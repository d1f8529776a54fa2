#include "queue/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "queue_rig.h"

static const struct job_answer ok = {.status = IMH_OK};
static const struct job_answer refused = {.status = IMH_REJECTED, .code = 400};

static int64_t retry(struct rig *rig, int64_t id)
{
    struct queue queue = rig_queue(rig);
    int64_t instead = -1;
    RIG_STEP(rig, queue_retry(&queue, id, STR_OF("uid 0"), &instead, &error));
    return instead;
}

static void discard(struct rig *rig, int64_t id)
{
    struct queue queue = rig_queue(rig);
    RIG_STEP(rig, queue_discard(&queue, id, STR_OF("uid 0"), &error));
}

static void assert_refused(struct rig *rig, int64_t id, const char *text)
{
    struct queue queue = rig_queue(rig);
    struct error error = {.text = ""};
    int64_t instead = 0;
    assert_false(queue_retry(&queue, id, STR_OF("uid 0"), &instead, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text, text);
    assert_false(queue_discard(&queue, id, STR_OF("uid 0"), &error));
    assert_string_equal(error.text, text);
}

static void a_retried_job_has_all_its_attempts_again(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    rig_serve(&rig, id, refused);
    assert_int_equal(retry(&rig, id), 0);
    assert_int_equal(rig_job(&rig, id).attempts, 0);
    rig_serve(&rig, id, ok);
    assert_refused(&rig, id, "job 1 has ended");
    assert_int_equal(state_number(rig.db, "select count(*) from history where what = 4 and"
                                          " words = 'uid 0'"),
                     1);
    rig_close(&rig);
}

static void what_runs_or_is_not_there_cannot_be_decided(void **state)
{
    struct rig rig;
    struct error error = {.text = ""};
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    (void)rig_take(&rig, rig.shop, 1);
    assert_refused(&rig, id, "job 1 is running");
    struct queue queue = rig_queue(&rig);
    assert_false(queue_discard(&queue, 77, STR_OF("uid 0"), &error));
    assert_int_equal(error.status, IMH_MISSING);
    assert_string_equal(error.text, "there is no job 77");
    rig_close(&rig);
}

static void one_that_rests_need_not_rest_any_more(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    rig_serve(&rig, id, (struct job_answer){.status = IMH_RETRY});
    rig_assert_idle(&rig, rig.shop);
    (void)retry(&rig, id);
    rig_serve(&rig, id, ok);
    rig_close(&rig);
}

static void a_held_stream_waits_for_people(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    rig.policy.holds = true;
    int64_t a = rig_action(&rig, "s");
    int64_t b = rig_action(&rig, "s");
    int64_t c = rig_action(&rig, "s");
    rig_serve(&rig, a, refused);
    rig_assert_idle(&rig, rig.shop);
    (void)retry(&rig, a);
    rig_serve(&rig, a, refused);
    rig_assert_idle(&rig, rig.shop);
    discard(&rig, a);
    rig_serve(&rig, b, ok);
    discard(&rig, c);
    rig_assert_idle(&rig, rig.shop);
    rig_close(&rig);
}

static void a_retried_job_goes_before_younger_ones(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t a = rig_action(&rig, "s");
    int64_t b = rig_action(&rig, "s");
    rig_serve(&rig, a, refused);
    (void)retry(&rig, a); /* b waits, and steps back */
    rig_assert_state(&rig, b, JOB_BEHIND);
    rig_serve(&rig, a, refused);
    struct queue_call running = rig_take(&rig, rig.shop, 1)->calls[0];
    assert_int_equal(running.jobs[0].id, b);
    (void)retry(&rig, a); /* b runs, and is not disturbed */
    rig_assert_idle(&rig, rig.shop);
    rig_answer(&rig, &running, (struct job_answer){.status = IMH_RETRY});
    rig_serve(&rig, a, ok); /* but goes second from now on */
    rig_assert_idle(&rig, rig.shop);
    rig.now_ms += RIG_MINUTE_MS; /* with the rest it was given */
    rig_serve(&rig, b, ok);
    rig_close(&rig);
}

/* Two that failed before the stream was told to hold are brought back, and the one that
 * holds it is discarded: still one at a time. */
static void discarding_what_holds_starts_nothing_beside_another(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t y = rig_action(&rig, "s");
    int64_t x = rig_action(&rig, "s");
    int64_t b = rig_action(&rig, "s");
    rig_serve(&rig, y, refused);
    rig_serve(&rig, x, refused);
    rig.policy.holds = true;
    rig_serve(&rig, b, refused);
    (void)retry(&rig, x);
    struct queue_call running = rig_take(&rig, rig.shop, 1)->calls[0];
    assert_int_equal(running.jobs[0].id, x);
    (void)retry(&rig, y);
    discard(&rig, b);
    rig_assert_idle(&rig, rig.shop);
    rig_answer(&rig, &running, ok);
    rig_serve(&rig, y, ok);
    rig_close(&rig);
}

static void an_edited_job_is_another_command(void **state)
{
    struct rig rig;
    struct error failure = {.text = ""};
    rig_open(&rig, *state);
    int64_t id = rig_action(&rig, "s");
    struct queue queue = rig_queue(&rig);
    assert_false(queue_edit(&queue, id, STR_OF("{}"), STR_OF("uid 0"), &failure));
    assert_string_equal(failure.text, "job 1 has not failed");
    rig_serve(&rig, id, refused);
    assert_false(queue_edit(&queue, id, STR_OF("{"), STR_OF("uid 0"), &failure));
    assert_false(queue_edit(&queue, id, STR_OF("[1]"), STR_OF("uid 0"), &failure));
    assert_string_equal(failure.text, "the arguments of a job are a JSON object");
    RIG_STEP(&rig, queue_edit(&queue, id, STR_OF(" {\"n\":[1]}"), STR_OF("uid 0"), &error));
    assert_string_equal(rig_args(&rig, id), " {\"n\":[1]}");
    assert_int_equal(rig_job(&rig, id).version, 1);
    rig_serve(&rig, id, ok);
    rig_close(&rig);
}

static void a_later_write_settles_an_older_one(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t old = rig_record(&rig, "k", "1").job;
    rig_serve(&rig, old, refused);
    int64_t new = rig_record(&rig, "k", "2").job;
    assert_int_not_equal(new, old);
    rig_serve(&rig, new, ok);
    rig_assert_state(&rig, old, JOB_DISCARDED);
    assert_int_equal(state_number(rig.db, "select count(*) from history where what = 6 and"
                                          " words = 'by job 2'"),
                     1);
    rig_close(&rig);
}

static void a_retry_sends_the_newest_value(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t old = rig_record(&rig, "k", "1").job;
    rig_serve(&rig, old, refused);
    int64_t new = rig_record(&rig, "k", "2").job;
    rig_serve(&rig, new, refused);
    assert_int_equal(retry(&rig, old), new);
    rig_assert_state(&rig, old, JOB_DISCARDED);
    rig_serve(&rig, new, ok);
    rig_close(&rig);
}

/* ---- for a reason of the host's own ---- */

static void what_waits_or_is_shown_is_dropped_and_what_runs_is_let_be(void **state)
{
    struct rig rig;
    bool running = false;
    rig_open(&rig, *state);
    int64_t waits = rig_action(&rig, "a");
    int64_t behind = rig_action(&rig, "a");
    struct queue queue = rig_queue(&rig);
    RIG_STEP(&rig, queue_drop(&queue, behind, STR_OF("until"), &running, &error));
    rig_assert_state(&rig, behind, JOB_DISCARDED);
    rig_serve(&rig, waits, refused);
    rig_assert_state(&rig, waits, JOB_FAILED);
    RIG_STEP(&rig, queue_drop(&queue, waits, STR_OF("until"), &running, &error));
    rig_assert_state(&rig, waits, JOB_DISCARDED);
    assert_false(running);
    int64_t runs = rig_action(&rig, "a");
    (void)rig_take(&rig, rig.shop, 1);
    RIG_STEP(&rig, queue_drop(&queue, runs, STR_OF("until"), &running, &error));
    assert_true(running);
    rig_assert_state(&rig, runs, JOB_RUNNING);
    assert_int_equal(state_number(rig.db, "select count(*) from history where what = 5 and"
                                          " words = 'until'"),
                     2);
    rig_close(&rig);
}

static void a_needless_job_is_discarded_with_its_reason(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t job = rig_action(&rig, "a");
    const struct job_answer needless = {
        .inner = true, .needless = true, .words = STR("no")};
    rig_serve(&rig, job, needless);
    rig_assert_state(&rig, job, JOB_DISCARDED);
    assert_int_equal(rig_job(&rig, job).attempts, 0);
    assert_int_equal(state_number(rig.db, "select count(*) from history where what = 5 and"
                                          " words = 'no'"),
                     1);
    rig_close(&rig);
}

static void who_runs_new_jobs_is_told(void **state)
{
    struct rig rig;
    struct queue_made made = {.count = 0};
    struct queue_added added;
    rig_open(&rig, *state);
    struct queue queue = rig_queue(&rig);
    queue.made = &made;
    const struct job job = {
        .integration = rig.shop, .kind = JOB_ACTION, .part = STR("post")};
    const struct job_text text = {.args = STR("{}")};
    for (unsigned i = 0; i <= QUEUE_MADE_MOST; i++) {
        RIG_STEP(&rig, queue_add(&queue, &job, &text, &added, &error));
    }
    assert_int_equal(made.count, QUEUE_MADE_MOST);
    assert_true(made.more);
    assert_int_equal(made.items[0].integration, rig.shop);
    assert_int_equal(made.items[0].ready_ms, rig.now_ms);
    assert_int_equal(made.items[1].ready_ms, JOB_NOT_READY);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(a_retried_job_has_all_its_attempts_again),
        state_test(what_runs_or_is_not_there_cannot_be_decided),
        state_test(one_that_rests_need_not_rest_any_more),
        state_test(a_held_stream_waits_for_people),
        state_test(a_retried_job_goes_before_younger_ones),
        state_test(discarding_what_holds_starts_nothing_beside_another),
        state_test(an_edited_job_is_another_command),
        state_test(a_later_write_settles_an_older_one),
        state_test(a_retry_sends_the_newest_value),
        state_test(what_waits_or_is_shown_is_dropped_and_what_runs_is_let_be),
        state_test(a_needless_job_is_discarded_with_its_reason),
        state_test(who_runs_new_jobs_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
