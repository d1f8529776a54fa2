#include "net/gate_rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate_rig.h"

enum { CALL = 11, SHORT_MS = 300 };

/* A remote that is left alone, as its callers and the supervisor see it. */

static void open_call(struct gate_rig *rig, const struct remote *remote, char letter)
{
    struct ticket ticket = gate_ticket_of(letter);
    gate_tell(rig, GATE_INSTANCE, remote);
    gate_open(rig, CALL + (uint64_t)(letter - 'a'), &ticket);
}

static void fails_often(struct gate_rig *rig, const struct request *request)
{
    for (unsigned i = 0; i < BREAKER_FAILURES; i++) {
        assert_int_equal(gate_ask(rig, request).outcome.status, IMH_RETRY);
    }
}

static bool has(struct str text, const char *part)
{
    return str_find(text, str_from(part), 0) < text.len;
}

static void one_that_fails_again_and_again_is_left_alone(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct request busy = gate_request('a', "503?secret=no");
    struct outcome told;
    open_call(rig, &remote, 'a');
    fails_often(rig, &busy);
    struct reply reply = gate_ask(rig, &busy);
    assert_int_equal(reply.outcome.status, IMH_WAIT);
    assert_in_range(reply.outcome.after_s, 1, BREAKER_REST_S * 5 / 4);
    assert_int_equal(reply.code, 0);
    assert_true(str_starts(reply.outcome.text, STR_OF("'shop' is left alone until 20")));
    assert_true(has(reply.outcome.text,
                    " UTC, after 5 failures in a row, the last: GET 503: "
                    "503 Service Unavailable"));
    assert_false(has(reply.outcome.text, "secret"));
    gate_wait_for_requests(rig, BREAKER_FAILURES); /* and no more */
    struct frame frame = gate_frame(rig);
    assert_int_equal(frame.kind, MESSAGE_REST);
    assert_int_equal(frame.id, GATE_INSTANCE);
    assert_true(outcome_get(frame.payload, &told));
    assert_int_equal(told.status, IMH_WAIT);
    assert_in_range(told.after_s, 1, BREAKER_REST_S * 5 / 4);
    assert_true(str_starts(told.text, STR_OF("5 failures in a row, the last: GET 503: ")));
    assert_int_equal(gate_close(rig, CALL).requests, BREAKER_FAILURES);
}

static void no_answer_within_the_time_is_a_failure(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct request slow = gate_request('a', "hang");
    remote.timeout_ms = SHORT_MS;
    open_call(rig, &remote, 'a');
    fails_often(rig, &slow);
    assert_int_equal(gate_ask(rig, &slow).outcome.status, IMH_WAIT);
}

/* Who gives a remote a moment learns nothing about it. */
static void no_answer_within_a_moment_is_none(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct request hasty = gate_request('a', "hang");
    struct request request = gate_request('a', "x");
    hasty.timeout_ms = 10;
    open_call(rig, &remote, 'a');
    fails_often(rig, &hasty);
    fails_often(rig, &hasty);
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
}

static void new_settings_are_tried_at_once(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct request busy = gate_request('a', "503");
    struct request request = gate_request('a', "x");
    open_call(rig, &remote, 'a');
    fails_often(rig, &busy);
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_WAIT);
    gate_tell(rig, GATE_INSTANCE, &remote);
    /* By another connection than the request's: what must not be overtaken is asked first.
     */
    assert_int_equal(gate_close(rig, 4711).requests, 0);
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
}

static void refuses(void *self, const struct fake_request *request,
                    struct fake_reply *reply)
{
    (void)self;
    bool rests = str_starts(request->target, STR_OF("/rests"));
    fake_say(reply, 429, rests ? "Retry-After: 77\r\n" : "", STR_OF("no"));
}

static void a_rest_it_asks_for_is_for_all_its_calls(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct request rests = gate_request('a', "rests");
    struct request request = gate_request('b', "x");
    rig->answer = refuses;
    open_call(rig, &remote, 'a');
    open_call(rig, &remote, 'b');
    struct reply reply = gate_ask(rig, &rests);
    assert_int_equal(reply.code, 429);
    assert_int_equal(reply.outcome.after_s, 77);
    reply = gate_ask(rig, &request);
    assert_int_equal(reply.code, 0);
    assert_int_equal(reply.outcome.status, IMH_WAIT);
    assert_in_range(reply.outcome.after_s, 70, 77);
    assert_true(has(reply.outcome.text, "after it asked for 77 s of rest: GET rests: 429"));
    gate_wait_for_requests(rig, 1);
    gate_tell(rig, GATE_INSTANCE, &remote); /* it does not rest less for that */
    assert_int_equal(gate_close(rig, CALL).requests, 1);
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_WAIT);
}

static void a_429_that_does_not_say_for_how_long_is_a_failure(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct request request = gate_request('a', "x");
    rig->answer = refuses;
    open_call(rig, &remote, 'a');
    for (unsigned i = 0; i < BREAKER_FAILURES; i++) {
        assert_int_equal(gate_ask(rig, &request).outcome.after_s, 0);
    }
    assert_in_range(gate_ask(rig, &request).outcome.after_s, 1, BREAKER_REST_S * 5 / 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_that_fails_again_and_again_is_left_alone),
        TEST(no_answer_within_the_time_is_a_failure),
        TEST(no_answer_within_a_moment_is_none),
        TEST(new_settings_are_tried_at_once),
        TEST(a_rest_it_asks_for_is_for_all_its_calls),
        TEST(a_429_that_does_not_say_for_how_long_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
