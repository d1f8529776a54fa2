#include "queue/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void words_are_those_of_the_documents(void **state)
{
    (void)state;
    assert_string_equal(job_kind_name(JOB_ACTION), "action");
    assert_string_equal(job_kind_name(JOB_OWN), "job");
    assert_string_equal(job_state_name(JOB_BEHIND), "waiting");
    assert_string_equal(job_state_name(JOB_WAITING), "waiting");
    assert_string_equal(job_state_name(JOB_UNKNOWN), "unknown");
    assert_string_equal(happening_name(HAPPENED_MERGED), "superseded");
    assert_string_equal(job_kind_name((enum job_kind)0), "?");
    assert_string_equal(job_state_name((enum job_state)99), "?");
    assert_string_equal(happening_name((enum happening)0), "?");
}

static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    struct error error;
    char *much = calloc(1, JOB_ARGS_BYTES + 3);
    assert_non_null(much);
    memset(much, ' ', JOB_ARGS_BYTES + 2);
    much[0] = '{';
    much[1] = '}';
    const struct job good = {.kind = JOB_ACTION, .part = STR("charge")};
    struct job_text text = {.args = STR("{}")};
    assert_true(job_check(&good, &text, &error));
    struct job job = good;
    job.part = (struct str){much, JOB_PART_BYTES + 1};
    assert_false(job_check(&job, &text, &error));
    job = good;
    job.stream = (struct str){much, JOB_STREAM_BYTES + 1};
    assert_false(job_check(&job, &text, &error));
    job = good;
    job.once_key = (struct str){much, JOB_KEY_BYTES + 1};
    assert_false(job_check(&job, &text, &error));
    text.args = (struct str){much, JOB_ARGS_BYTES};
    assert_true(job_check(&good, &text, &error));
    text.args = (struct str){much, JOB_ARGS_BYTES + 1};
    assert_false(job_check(&good, &text, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    assert_string_equal(error.text,
                        "the job's argument has 1048577 bytes; at most 1048576 are kept");
    free(much);
}

static void what_is_no_json_or_no_kind_is_refused(void **state)
{
    (void)state;
    struct error error;
    struct job job = {.kind = JOB_MAIL};
    struct job_text text = {.args = STR("{\"a\":}")};
    assert_false(job_check(&job, &text, &error));
    assert_int_equal(error.status, IMH_REJECTED);
    text.args = STR_OF("{}");
    job.kind = JOB_KINDS;
    assert_false(job_check(&job, &text, &error));
    assert_int_equal(error.status, IMH_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_documents),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(what_is_no_json_or_no_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
