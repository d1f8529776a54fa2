/* How much one worker, call or remote may take of what all of them share. */
#include "net/gate_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate_rig.h"

enum { CALL = 41, LARGE_BYTES = GATE_LARGE_BYTES };

static void expect_reply(const struct reply *reply, imh_status status, const char *text)
{
    assert_int_equal(reply->outcome.status, status);
    assert_true(str_is(reply->outcome.text, text));
}

static void begin(struct gate_rig *rig, uint32_t rate_a_minute)
{
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    remote.rate_a_minute = rate_a_minute;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
}

/* ---- memory ---- */

/* One worker's flood of requests is refused from a third on; another one still gets in. */
static void requests_that_wait_share_their_room(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    struct ticket theirs = gate_ticket_of('b');
    struct request request = gate_request('a', "hang");
    char *body = calloc(1, LARGE_BYTES);
    assert_non_null(body);
    remote.parallel = 1;
    theirs.worker = GATE_WORKER + 1;
    gate_tell(rig, GATE_INSTANCE, &remote);
    remote.account = STR_OF("other"); /* else they would have one budget */
    gate_tell(rig, GATE_INSTANCE + 1, &remote);
    gate_open(rig, CALL, &ticket);
    theirs.instance = GATE_INSTANCE + 1;
    gate_open(rig, CALL + 1, &theirs);
    request.method = STR_OF("POST");
    request.body = (struct str){body, LARGE_BYTES};
    unsigned fit = GATE_REQUEST_BYTES / 3 / (2 * LARGE_BYTES);
    for (unsigned i = 1; i <= fit + 1; i++) {
        gate_send(rig->worker, i, &request);
    }
    struct reply reply = gate_reply(rig, rig->worker, fit + 1);
    expect_reply(&reply, IMH_WAIT, "imh-net has no room for more requests now");
    assert_int_equal(reply.outcome.after_s, 1);
    struct channel *other = gate_add_worker(rig, GATE_WORKER + 1);
    struct request small = gate_request('b', "x");
    gate_send(other, 1, &small);
    assert_int_equal(gate_reply(rig, other, 1).outcome.status, IMH_OK);
    (void)gate_close(rig, CALL); /* the flood is over: its room is free again */
    gate_open(rig, CALL, &ticket);
    request.url = STR_OF("x");
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
    channel_free(other);
    free(body);
}

/* What a worker does not read stays with the remote, but for so much. */
static void answers_come_as_fast_as_they_are_read(void **state)
{
    struct gate_rig *rig = *state;
    enum { MANY = 10, FIT = WORKER_ANSWER_BYTES / LARGE_BYTES + 1, TURNS = 3000 };
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    struct request request = gate_request('a', "large");
    remote.parallel = 1;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
    for (uint64_t i = 1; i <= MANY; i++) {
        gate_send(rig->worker, i, &request);
    }
    gate_wait_for_requests(rig, FIT);
    for (int i = 0; i < TURNS; i++) {
        (void)gate_close(rig, 4711);
        assert_int_equal(fake_requests(rig->fake), FIT);
    }
    for (uint64_t i = 1; i <= MANY; i++) {
        struct reply reply = gate_reply(rig, rig->worker, i);
        assert_int_equal(reply.outcome.status, IMH_OK);
        assert_int_equal(reply.body.len, LARGE_BYTES);
        arena_clear(&rig->arena);
    }
}

/* ---- turns ---- */

static void a_call_that_has_not_begun_is_put_off(void **state)
{
    struct gate_rig *rig = *state;
    struct ticket another = gate_ticket_of('b');
    begin(rig, 2);
    gate_open(rig, CALL + 1, &another);
    struct request first = gate_request('a', "x");
    struct request second = gate_request('b', "x");
    assert_int_equal(gate_ask(rig, &first).outcome.status, IMH_OK);
    gate_send(rig->worker, 2, &second);
    gate_send(rig->worker, 3, &second);
    for (uint64_t i = 2; i <= 3; i++) {
        struct reply reply = gate_reply(rig, rig->worker, i);
        expect_reply(&reply, IMH_WAIT, "'shop' is asked 2 times a minute at most");
        assert_in_range(reply.outcome.after_s, 25, 30);
    }
    assert_int_equal(gate_close(rig, CALL + 1).requests, 0);
}

static void a_call_that_has_begun_keeps_its_place(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig, 55); /* a pause of more than a second */
    struct request request = gate_request('a', "x");
    for (uint64_t i = 1; i <= 3; i++) {
        gate_send(rig->worker, i, &request);
    }
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(gate_reply(rig, rig->worker, i).outcome.status, IMH_OK);
    }
    assert_int_equal(fake_requests(rig->fake), 3);
}

static void a_turn_that_comes_too_late_is_told_at_once(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig, 1);
    struct request request = gate_request('a', "x");
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
    struct reply reply = gate_ask(rig, &request); /* the call ends before its turn */
    expect_reply(&reply, IMH_WAIT, "'shop' is asked 1 times a minute at most");
    assert_in_range(reply.outcome.after_s, 40, 60);
}

static void a_pause_that_is_short_is_waited_for(void **state)
{
    struct gate_rig *rig = *state;
    struct ticket another = gate_ticket_of('b');
    begin(rig, 300);
    gate_open(rig, CALL + 1, &another);
    struct request first = gate_request('a', "x");
    struct request second = gate_request('b', "x");
    gate_send(rig->worker, 1, &first);
    gate_send(rig->worker, 2, &second);
    assert_int_equal(gate_reply(rig, rig->worker, 1).outcome.status, IMH_OK);
    assert_int_equal(gate_reply(rig, rig->worker, 2).outcome.status, IMH_OK);
}

/* ---- floods ---- */

static void a_call_may_make_so_many_requests_and_no_more(void **state)
{
    struct gate_rig *rig = *state;
    enum { AT_ONCE = 500 };
    begin(rig, 0);
    struct request request = gate_request('a', "https://elsewhere.example.net/");
    for (unsigned asked = 0; asked < TICKET_REQUESTS_MOST; asked += AT_ONCE) {
        for (unsigned i = 1; i <= AT_ONCE; i++) {
            gate_send(rig->worker, i, &request);
        }
        for (unsigned i = 1; i <= AT_ONCE; i++) {
            assert_int_equal(gate_reply(rig, rig->worker, i).outcome.status, IMH_REJECTED);
        }
        arena_clear(&rig->arena);
    }
    struct reply reply = gate_ask(rig, &request);
    expect_reply(&reply, IMH_BROKEN, "a call with more than 100000 requests");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(requests_that_wait_share_their_room),
        TEST(answers_come_as_fast_as_they_are_read),
        TEST(a_call_that_has_not_begun_is_put_off),
        TEST(a_call_that_has_begun_keeps_its_place),
        TEST(a_turn_that_comes_too_late_is_told_at_once),
        TEST(a_pause_that_is_short_is_waited_for),
        TEST(a_call_may_make_so_many_requests_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
