/* Writes of one record: which become one, and what of each is still to be done. */
#include "queue/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "queue_rig.h"

static const struct job_answer ok = {.status = IMH_OK};
static const struct job_answer busy = {.status = IMH_RETRY, .code = 503};
static const struct job_answer refused = {.status = IMH_REJECTED, .code = 400};

static int64_t retry(struct rig *rig, int64_t id)
{
    struct queue queue = rig_queue(rig);
    int64_t instead = -1;
    RIG_STEP(rig, queue_retry(&queue, id, STR_OF("uid 0"), &instead, &error));
    return instead;
}

static struct queue_added drop(struct rig *rig, const char *key)
{
    const struct job job = {.integration = rig->shop,
                            .kind = JOB_RECORD,
                            .flags = JOB_REPEATABLE | JOB_REMOVES,
                            .part = STR("contact"),
                            .stream = str_from(key),
                            .merge_key = str_from(key)};
    return rig_add(rig, &job, "{}");
}

static struct queue_call take_one(struct rig *rig, int64_t id)
{
    const struct queue_take *take = rig_take(rig, rig->shop, 1);
    assert_int_equal(take->count, 1);
    assert_int_equal(take->calls[0].jobs[0].id, id);
    return take->calls[0];
}

static void a_write_that_waits_takes_the_fields_of_a_newer_one_in(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_record(&rig, "k", "{\"a\":1,\"b\":1}").job;
    assert_true(rig_record(&rig, "k", "{\"b\":2}").merged);
    assert_true(rig_record(&rig, "k", "{\"c\":3}").merged);
    assert_string_equal(rig_args(&rig, id), "{\"a\":1,\"b\":2,\"c\":3}");
    rig_serve(&rig, id, ok);
    rig_assert_idle(&rig, rig.shop);
    rig_close(&rig);
}

static void a_retry_sends_todays_values(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_record(&rig, "k", "{\"a\":1,\"b\":1}").job;
    struct queue_call running = take_one(&rig, id);
    int64_t newer = rig_record(&rig, "k", "{\"b\":2}").job;
    assert_int_not_equal(newer, id);
    assert_true(rig_record(&rig, "k", "{\"c\":2}").merged);
    rig_answer(&rig, &running, busy);
    assert_string_equal(rig_args(&rig, id), "{\"a\":1,\"b\":2,\"c\":2}");
    assert_int_equal(rig_job(&rig, id).attempts, 1);
    rig_assert_state(&rig, newer, JOB_DISCARDED);
    assert_true(rig_record(&rig, "k", "{\"a\":3}").merged); /* into the one that is left */
    rig.now_ms += 2 * RIG_MINUTE_MS;
    rig_serve(&rig, id, ok);
    rig_assert_idle(&rig, rig.shop);
    assert_string_equal(rig_args(&rig, id), "{\"b\":2,\"c\":2,\"a\":3}");
    rig_close(&rig);
}

static void an_hour_of_changes_is_one_write(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_record(&rig, "k", "{\"n\":0}").job;
    for (int i = 1; i <= 4; i++) {
        char args[32];
        struct queue_call running = take_one(&rig, id);
        (void)snprintf(args, sizeof args, "{\"n\":%d}", i);
        (void)rig_record(&rig, "k", args);
        rig_answer(&rig, &running, busy);
        rig.now_ms += 61 * RIG_MINUTE_MS;
    }
    rig_serve(&rig, id, ok);
    assert_string_equal(rig_args(&rig, id), "{\"n\":4}");
    rig_assert_idle(&rig, rig.shop);
    rig_close(&rig);
}

enum { CONTACTS = 100, CHANGES_A_MINUTE = 35, HOUR = 60 };

/* What is due is tried; the records that were written. */
static unsigned try_due(struct rig *rig, const struct job_answer *answer)
{
    unsigned records = 0;
    const struct queue_take *take = rig_take(rig, rig->shop, 16);
    while (take->count > 0) {
        struct queue_call calls[16];
        uint32_t count = take->count;
        memcpy(calls, take->calls, count * sizeof *calls);
        for (uint32_t i = 0; i < count; i++) {
            records += calls[i].count;
            (void)rig_answer(rig, &calls[i], *answer);
        }
        take = rig_take(rig, rig->shop, 16);
    }
    return records;
}

/* Change number `n`, of one contact after the other. */
static void change(struct rig *rig, unsigned n)
{
    char key[16];
    char args[48];
    (void)snprintf(key, sizeof key, "k%u", n * 7 % CONTACTS);
    (void)snprintf(args, sizeof args, "{\"n\":%u,\"f%u\":%u}", n, n % 2, n);
    (void)rig_record(rig, key, args);
}

static void after_an_hour_without_the_remote_each_record_is_written_once(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    unsigned records = 0;
    rig.batch_most = 100;
    for (unsigned minute = 0; minute < HOUR; minute++) {
        for (unsigned i = 0; i < CHANGES_A_MINUTE; i++) {
            change(&rig, minute * CHANGES_A_MINUTE + i);
        }
        (void)try_due(&rig, &busy);
        rig.now_ms += RIG_MINUTE_MS;
    }
    for (unsigned minute = 0; minute < 2 * HOUR; minute++) {
        records += try_due(&rig, &ok);
        rig.now_ms += RIG_MINUTE_MS;
    }
    assert_int_equal(records, CONTACTS);
    assert_int_equal(
        state_number(rig.db, "select count(*) from job where ended_at_ms is null"), 0);
    assert_int_equal(state_number(rig.db, "select count(*) from job where state = 5"),
                     CONTACTS);
    assert_int_equal(state_number(rig.db, "select count(*) from job where state in (3, 4)"),
                     0);
    rig_close(&rig);
}

static void a_removal_takes_a_write_along_but_not_the_other_way_round(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t id = rig_record(&rig, "k", "{\"a\":1}").job;
    assert_true(drop(&rig, "k").merged);
    assert_true(rig_job(&rig, id).flags & JOB_REMOVES);
    int64_t again = rig_record(&rig, "k", "{\"b\":1}").job;
    assert_int_not_equal(again, id);
    struct queue_call running = take_one(&rig, id);
    rig_answer(&rig, &running, busy);
    assert_true(rig_job(&rig, id).flags & JOB_REMOVES);
    rig.now_ms += 2 * RIG_MINUTE_MS;
    rig_serve(&rig, id, (struct job_answer){.status = IMH_MISSING});
    rig_serve(&rig, again, ok);
    assert_string_equal(rig_args(&rig, again), "{\"b\":1}");
    rig_close(&rig);
}

static void a_later_write_leaves_an_older_one_what_it_does_not_write(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t old = rig_record(&rig, "k", "{\"a\":\"bad\",\"b\":1}").job;
    rig_serve(&rig, old, refused);
    rig_serve(&rig, rig_record(&rig, "k", "{\"b\":2,\"c\":2}").job, ok);
    rig_assert_state(&rig, old, JOB_FAILED);
    assert_string_equal(rig_args(&rig, old), "{\"a\":\"bad\"}");
    assert_int_equal(retry(&rig, old), 0);
    rig_serve(&rig, old, refused);
    rig_serve(&rig, rig_record(&rig, "k", "{\"a\":\"good\"}").job, ok);
    rig_assert_state(&rig, old, JOB_DISCARDED);
    rig_close(&rig);
}

static void what_is_older_than_a_removal_is_not_written_any_more(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t old = rig_record(&rig, "k", "{\"a\":1}").job;
    rig_serve(&rig, old, refused);
    int64_t gone = drop(&rig, "k").job;
    rig_serve(&rig, gone, refused);
    rig_serve(&rig, rig_record(&rig, "k", "{\"b\":2}").job, ok);
    rig_assert_state(&rig, gone, JOB_DISCARDED);
    rig_assert_state(&rig, old, JOB_DISCARDED);
    rig_close(&rig);
}

static void what_a_removal_was_to_erase_is_not_written_when_that_is_needless(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t write = rig_record(&rig, "k", "{\"a\":1}").job;
    rig_serve(&rig, write, refused);
    int64_t removal = drop(&rig, "k").job;
    rig_serve(&rig, removal, refused);
    int64_t later = rig_record(&rig, "k", "{\"b\":2}").job;
    assert_int_equal(retry(&rig, removal), later);
    rig_assert_state(&rig, removal, JOB_DISCARDED);
    rig_assert_state(&rig, write, JOB_DISCARDED);
    rig_serve(&rig, later, ok);
    rig_assert_idle(&rig, rig.shop);
    rig_close(&rig);
}

static void an_older_write_that_is_retried_overwrites_nothing_newer(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    int64_t old = rig_record(&rig, "k", "{\"a\":1,\"b\":1}").job;
    rig_serve(&rig, old, refused);
    int64_t new = rig_record(&rig, "k", "{\"a\":2}").job;
    struct queue_call running = take_one(&rig, new);
    assert_int_equal(retry(&rig, old), 0);
    assert_string_equal(rig_args(&rig, old), "{\"b\":1}");
    rig_answer(&rig, &running, ok);
    rig_serve(&rig, old, ok);
    rig_assert_idle(&rig, rig.shop);
    rig_close(&rig);
}

static void what_people_look_at_is_never_older_than_what_goes_before_it(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    struct queue queue = rig_queue(&rig);
    int64_t first = rig_record(&rig, "k", "{\"a\":1}").job;
    rig_serve(&rig, first, refused);
    int64_t second = rig_record(&rig, "k", "{\"a\":2}").job;
    rig_serve(&rig, second, refused);
    RIG_STEP(&rig, queue_edit(&queue, first, STR_OF("{\"a\":3}"), STR_OF("uid 0"), &error));
    struct queue_call running = take_one(&rig, first);
    int64_t third = rig_record(&rig, "k", "{\"a\":4}").job;
    rig_answer(&rig, &running, busy);
    rig_assert_state(&rig, third, JOB_BEHIND);
    assert_int_equal(retry(&rig, second), third);
    rig_close(&rig);
}

static void a_batch_that_kills_its_worker_is_run_one_by_one(void **state)
{
    struct rig rig;
    rig_open(&rig, *state);
    rig.batch_most = 10;
    (void)rig_record(&rig, "k1", "{}");
    (void)rig_record(&rig, "k2", "{}");
    const struct queue_take *take = rig_take(&rig, rig.shop, 4);
    assert_int_equal(take->count, 1);
    assert_int_equal(take->calls[0].count, 2);
    const struct job_answer died = {.status = IMH_RETRY, .killed = true};
    (void)rig_answer(&rig, &take->calls[0], died);
    assert_int_equal(rig_job(&rig, 1).kills, 0);
    rig.now_ms += 2 * RIG_MINUTE_MS;
    take = rig_take(&rig, rig.shop, 4);
    assert_int_equal(take->count, 2);
    struct queue_call calls[] = {take->calls[0], take->calls[1]};
    (void)rig_answer(&rig, &calls[0], died);
    (void)rig_answer(&rig, &calls[1], ok);
    rig.now_ms += 10 * RIG_MINUTE_MS;
    rig_serve(&rig, 1, died);
    rig_assert_state(&rig, 1, JOB_FAILED);
    rig_assert_state(&rig, 2, JOB_DONE);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        state_test(a_write_that_waits_takes_the_fields_of_a_newer_one_in),
        state_test(a_retry_sends_todays_values),
        state_test(an_hour_of_changes_is_one_write),
        state_test(after_an_hour_without_the_remote_each_record_is_written_once),
        state_test(a_removal_takes_a_write_along_but_not_the_other_way_round),
        state_test(a_later_write_leaves_an_older_one_what_it_does_not_write),
        state_test(what_is_older_than_a_removal_is_not_written_any_more),
        state_test(what_a_removal_was_to_erase_is_not_written_when_that_is_needless),
        state_test(an_older_write_that_is_retried_overwrites_nothing_newer),
        state_test(what_people_look_at_is_never_older_than_what_goes_before_it),
        state_test(a_batch_that_kills_its_worker_is_run_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
