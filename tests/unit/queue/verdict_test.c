#include "queue/verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct policy usual = {.ladder = {4, {60, 300, 600, 3600}}};

/* What a job started for the first time, or so often, becomes after an answer. */
static const struct {
    imh_status status;
    uint32_t code, after_s, batch;
    uint32_t flags, attempts, kills;
    bool unsent, killed, inner, needless;
    struct verdict wanted;
} cases[] = {
    {IMH_OK, 204, .wanted = {FATE_DONE, .counts = true}},
    {IMH_RETRY, 503,
     .wanted = {FATE_AGAIN, .counts = true, .strikes = true, .rest_ms = 60000}},
    {IMH_RETRY, 503, .attempts = 4,
     .wanted = {FATE_AGAIN, .counts = true, .strikes = true, .rest_ms = 3600000}},
    {IMH_RETRY, 503, .attempts = 5,
     .wanted = {FATE_FAILED, .counts = true, .strikes = true, .rest_ms = 3600000}},
    {IMH_RETRY, 503, .after_s = 120,
     .wanted = {FATE_AGAIN, .counts = true, .strikes = true, .rest_ms = 120000}},
    {IMH_WAIT, 429, .after_s = 120,
     .wanted = {FATE_AGAIN, .counts = true, .rest_ms = 120000, .others_rest_s = 120}},
    {IMH_WAIT, 429,
     .wanted = {FATE_AGAIN, .counts = true, .rest_ms = 60000, .others_rest_s = 1}},
    {IMH_WAIT, 0, .after_s = 5, .unsent = true, .attempts = 9,
     .wanted = {FATE_AGAIN, .rest_ms = 5000, .others_rest_s = 5}},
    {IMH_MISSING, 404, .wanted = {FATE_FAILED, .counts = true}},
    {IMH_MISSING, 404, .flags = JOB_REMOVES, .wanted = {FATE_DONE, .counts = true}},
    {IMH_REJECTED, 400, .wanted = {FATE_FAILED, .counts = true}},
    {IMH_TOO_LARGE, 413, .batch = 8, .wanted = {FATE_HALVE, .counts = false}},
    {IMH_TOO_LARGE, 413, .batch = 1, .wanted = {FATE_FAILED, .counts = true}},
    {IMH_TOO_LARGE, 0, .wanted = {FATE_FAILED, .counts = true}},
    {IMH_REJECTED, 400, .batch = 8, .wanted = {FATE_FAILED, .counts = true}},
    {IMH_DENIED, 401, .attempts = 9, .wanted = {FATE_AGAIN, .holds = true}},
    {IMH_CANCELED, 0, .attempts = 9, .wanted = {FATE_AGAIN, .counts = false}},
    {IMH_BROKEN, 0, .wanted = {FATE_FAILED, .counts = true, .alarms = true}},
    {IMH_UNKNOWN, 0, .wanted = {FATE_UNKNOWN, .counts = true, .strikes = true}},
    {IMH_UNKNOWN, 0, .flags = JOB_REPEATABLE,
     .wanted = {FATE_AGAIN, .counts = true, .strikes = true, .rest_ms = 60000}},
    {IMH_RETRY, 0, .killed = true,
     .wanted = {FATE_AGAIN, .counts = true, .strikes = true, .rest_ms = 60000}},
    {IMH_RETRY, 0, .killed = true, .kills = 1,
     .wanted = {FATE_FAILED, .counts = true, .strikes = true}},
    {IMH_RETRY, 0, .killed = true, .kills = 1, .batch = 8,
     .wanted = {FATE_AGAIN, .counts = true, .strikes = true, .rest_ms = 60000}},
    {IMH_RETRY, 0, .inner = true, /* no remote is to blame */
     .wanted = {FATE_AGAIN, .counts = true, .rest_ms = 60000}},
    {IMH_WAIT, 0, .inner = true, .after_s = 120,
     .wanted = {FATE_AGAIN, .counts = true, .rest_ms = 120000}},
    {IMH_DENIED, 0, .inner = true, .wanted = {.fate = FATE_AGAIN}},
    {IMH_OK, 0, .inner = true, .needless = true, .wanted = {.fate = FATE_NEEDLESS}},
    {99, 0, .wanted = {FATE_FAILED, .counts = true, .alarms = true}},
    {-1, 0, .wanted = {FATE_FAILED, .counts = true, .alarms = true}},
};

static void every_answer_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct job job = {.flags = cases[i].flags,
                                .attempts = cases[i].attempts ? cases[i].attempts : 1,
                                .kills = cases[i].kills};
        const struct job_answer answer = {.status = cases[i].status,
                                          .code = cases[i].code,
                                          .after_s = cases[i].after_s,
                                          .batch = cases[i].batch,
                                          .unsent = cases[i].unsent,
                                          .killed = cases[i].killed,
                                          .inner = cases[i].inner,
                                          .needless = cases[i].needless};
        const struct verdict *wanted = &cases[i].wanted;
        struct verdict verdict = verdict_of(&answer, &job, &usual, 0);
        print_message("case %zu\n", i);
        assert_int_equal(verdict.fate, wanted->fate);
        assert_int_equal(verdict.counts, wanted->counts);
        assert_int_equal(verdict.strikes, wanted->strikes);
        assert_int_equal(verdict.holds, wanted->holds);
        assert_int_equal(verdict.alarms, wanted->alarms);
        assert_int_equal(verdict.rest_ms, wanted->rest_ms);
        assert_int_equal(verdict.others_rest_s, wanted->others_rest_s);
    }
}

static enum fate fate_when_lost(uint32_t flags, bool repeats)
{
    const struct job job = {.flags = flags, .attempts = 1};
    const struct job_answer answer = {.status = IMH_UNKNOWN};
    struct policy policy = usual;
    policy.repeats = repeats;
    return verdict_of(&answer, &job, &policy, 0).fate;
}

static void a_lost_answer_is_risked_when_people_say_so(void **state)
{
    (void)state;
    assert_int_equal(fate_when_lost(0, false), FATE_UNKNOWN);
    assert_int_equal(fate_when_lost(JOB_REPEATABLE, false), FATE_AGAIN);
    assert_int_equal(fate_when_lost(0, true), FATE_AGAIN);
}

static void an_action_may_have_a_policy_of_its_own(void **state)
{
    struct action_policy own = {STR("post"), {.ladder = {1, {5}}, .holds = true}};
    const struct policies policies = {usual, &own, 1};
    const struct job post = {.kind = JOB_ACTION, .part = STR("post")};
    const struct job other = {.kind = JOB_ACTION, .part = STR("postpone")};
    const struct job record = {.kind = JOB_RECORD, .part = STR("post")};
    (void)state;
    assert_true(verdict_policy(&policies, &post).holds);
    assert_int_equal(verdict_policy(&policies, &post).ladder.rest_s[0], 5);
    assert_false(verdict_policy(&policies, &other).holds);
    assert_false(verdict_policy(&policies, &record).holds);
}

static void what_is_read_again_holds_nothing(void **state)
{
    const struct policies policies = {.usual = {.ladder = usual.ladder, .holds = true}};
    const struct job read = {.kind = JOB_READ, .part = STR("orders")};
    const struct job record = {.kind = JOB_RECORD, .part = STR("orders")};
    (void)state;
    assert_false(verdict_policy(&policies, &read).holds);
    assert_true(verdict_policy(&policies, &record).holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_has_its_verdict),
        cmocka_unit_test(a_lost_answer_is_risked_when_people_say_so),
        cmocka_unit_test(an_action_may_have_a_policy_of_its_own),
        cmocka_unit_test(what_is_read_again_holds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
