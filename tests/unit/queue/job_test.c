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

static void a_command_is_known_again_by_its_key(void **state)
{
    (void)state;
    char key[JOB_COMMAND_KEY_BYTES];
    char other[JOB_COMMAND_KEY_BYTES];
    char name[JOB_COMMAND_KEY_BYTES + 1];
    struct job job = {.id = INT64_MAX, .version = UINT32_MAX, .attempts = 1};
    job_command_key(&job, STR_OF("00c0ffee"), key);
    assert_string_equal(key, "00c0ffee-9223372036854775807-4294967295");
    job.attempts = job.starts = 2;
    job_command_key(&job, STR_OF("00c0ffee"), other);
    assert_string_equal(key, other);
    job.version = 1;
    job_command_key(&job, STR_OF("00c0ffee"), other);
    assert_string_not_equal(key, other);
    memset(name, 'n', sizeof name);
    job_command_key(&job, (struct str){name, sizeof name}, other);
    assert_non_null(strstr(other, "-9223372036854775807-1")); /* a long name is cut */
}

static void a_command_has_the_key_it_was_given_until_it_is_another(void **state)
{
    (void)state;
    char key[JOB_COMMAND_KEY_BYTES];
    char much[JOB_COMMAND_KEY_BYTES];
    struct job job = {.id = 7, .once_key = STR("order-17")};
    job_command_key(&job, STR_OF("cafe"), key);
    assert_string_equal(key, "order-17");
    job.version = 1;
    job_command_key(&job, STR_OF("cafe"), key);
    assert_string_equal(key, "cafe-7-1");
    memset(much, '~', sizeof much);
    job = (struct job){.id = 7, .once_key = {much, sizeof much - 1}};
    job_command_key(&job, STR_OF("cafe"), key);
    assert_memory_equal(key, much, sizeof much - 1);
    const struct str unfit[] = {
        STR(""), STR("a b"), STR("a\n"), STR("\xC3\xA9"), {much, sizeof much}};
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++) {
        assert_false(job_key_is_fit(unfit[i]));
        job.once_key = unfit[i];
        job_command_key(&job, STR_OF("cafe"), key);
        assert_string_equal(key, "cafe-7-0");
    }
}

static void every_kind_is_kept_for_a_while(void **state)
{
    (void)state;
    for (enum job_kind kind = JOB_ACTION; kind < JOB_KINDS; kind++) {
        assert_in_range(job_kept_days(kind), 1, 90);
    }
    assert_int_equal(job_kept_days(JOB_KINDS), 0);
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

static void a_record_is_known_by_its_key(void **state)
{
    (void)state;
    const struct job record = {
        .kind = JOB_RECORD, .part = STR("contact"), .merge_key = STR("contact/a/b")};
    const struct job other = {
        .kind = JOB_OWN, .part = STR("push"), .merge_key = STR("push/a")};
    const struct job bare = {
        .kind = JOB_RECORD, .part = STR("contact"), .merge_key = STR("")};
    assert_true(str_is(job_record_key(&record), "a/b"));
    assert_true(str_is(job_record_key(&other), ""));
    assert_true(str_is(job_record_key(&bare), ""));
}

static void a_key_that_would_become_another_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct str merge_key;
        const char *problem;
    } cases[] = {
        {STR("contact/n\0b"), "the key of a record has a NUL"},
        {STR("contact/n\xFF"), "the key of a record is not UTF-8"},
        {STR("contact/\xC3"), "the key of a record is not UTF-8"},
    };
    const struct job_text text = {.args = STR("{}")};
    struct job job = {
        .kind = JOB_RECORD, .part = STR("contact"), .merge_key = STR("contact/n\xC3\xA9")};
    struct error error;
    assert_true(job_check(&job, &text, &error));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        job.merge_key = cases[i].merge_key;
        assert_false(job_check(&job, &text, &error));
        assert_int_equal(error.status, IMH_REJECTED);
        assert_string_equal(error.text, cases[i].problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_known_by_its_key),
        cmocka_unit_test(a_key_that_would_become_another_is_refused),
        cmocka_unit_test(words_are_those_of_the_documents),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(a_command_is_known_again_by_its_key),
        cmocka_unit_test(a_command_has_the_key_it_was_given_until_it_is_another),
        cmocka_unit_test(every_kind_is_kept_for_a_while),
        cmocka_unit_test(what_is_no_json_or_no_kind_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
