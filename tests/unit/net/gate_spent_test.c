#include "net/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gate_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SHORT_MS = 300, SENT_MS = 1000 /* within which it is sent */, CALL = 11 };

/* What imh-net says a call cost, and what may have been done over there. */

/* A remote with one open call, whose ticket is of letters a. */
static void begin(struct gate_rig *rig)
{
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
}

static struct request gate_post(const char *url)
{
    struct request request = gate_request('a', url);
    request.method = STR_OF("POST");
    return request;
}

static void the_end_of_a_call_tells_what_it_cost(void **state)
{
    struct gate_rig *rig = *state;
    static const struct {
        struct str method;
        uint32_t flags;
        uint32_t unsafe;
    } cases[] = {{STR("GET"), 0, 0},
                 {STR("HEAD"), 0, 0},
                 {STR("PUT"), 0, 0},
                 {STR("POST"), 0, 1},
                 {STR("PATCH"), 0, 1},
                 {STR("DELETE"), 0, 0},
                 {STR("POST"), IMH_REPEATABLE, 0}};
    struct remote remote = gate_remote(rig);
    gate_tell(rig, GATE_INSTANCE, &remote);
    for (unsigned i = 0; i < COUNT(cases); i++) {
        struct ticket ticket = gate_ticket_of((char)('a' + i));
        struct request done = gate_request((char)('a' + i), "x");
        struct request hanging = gate_request((char)('a' + i), "hang");
        gate_open(rig, CALL + i, &ticket);
        assert_int_equal(gate_ask(rig, &done).outcome.status, IMH_OK);
        hanging.method = cases[i].method;
        hanging.flags = cases[i].flags;
        gate_send(rig->worker, 1000 + i, &hanging);
        gate_wait_for_requests(rig, 2 * i + 2);
        struct spent spent = gate_close(rig, CALL + i);
        assert_int_equal(spent.requests, 2);
        assert_int_equal(spent.unsafe, cases[i].unsafe);
    }
    assert_int_equal(gate_close(rig, CALL).requests, 0); /* it is over */
    struct spent nothing = gate_close(rig, 4711);
    assert_int_equal(nothing.requests, 0);
    assert_int_equal(nothing.unsafe, 0);
}

/* Its connection breaks before the supervisor can say that the call is over: that must not
 * make what was under way forgotten. */
static void what_a_dead_worker_had_under_way_is_told(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request hanging = gate_post("hang");
    struct request request = gate_request('a', "x");
    gate_send(rig->worker, 1, &hanging);
    gate_wait_for_requests(rig, 1);
    channel_free(rig->worker);
    rig->worker = gate_add_worker(rig, GATE_WORKER + 1);
    struct reply reply = gate_ask(rig, &request); /* of a call that is not its own */
    assert_int_equal(reply.outcome.status, IMH_CANCELED);
    struct spent spent = gate_close(rig, CALL);
    assert_int_equal(spent.unsafe, 1);
    assert_int_equal(spent.done, 0);
}

/* The reply was sent to the worker: whether it was read is not known here. */
static void what_was_done_and_what_may_have_been_is_told(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request done = gate_post("x");
    struct request busy = gate_post("503");
    struct request hanging = gate_post("hang");
    struct request safe = gate_request('a', "hang");
    hanging.timeout_ms = SENT_MS;
    safe.timeout_ms = SHORT_MS;
    assert_int_equal(gate_ask(rig, &done).outcome.status, IMH_OK);
    assert_int_equal(gate_ask(rig, &busy).outcome.status, IMH_RETRY);
    assert_int_equal(gate_ask(rig, &hanging).outcome.status, IMH_UNKNOWN);
    assert_int_equal(gate_ask(rig, &safe).outcome.status, IMH_RETRY);
    struct spent spent = gate_close(rig, CALL);
    assert_int_equal(spent.requests, 4);
    assert_int_equal(spent.unsafe, 1);
    assert_int_equal(spent.done, 1);
}

static void the_status_of_the_last_answer_is_told(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request fine = gate_request('a', "x");
    struct request busy = gate_request('a', "503");
    assert_int_equal(gate_ask(rig, &fine).code, 200);
    assert_int_equal(gate_ask(rig, &busy).code, 503);
    assert_int_equal(gate_close(rig, CALL).code, 503);
}

static void of_a_request_without_an_answer_no_status_is_told(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request busy = gate_request('a', "503");
    struct request hanging = gate_request('a', "hang");
    hanging.timeout_ms = SHORT_MS;
    assert_int_equal(gate_ask(rig, &busy).code, 503);
    assert_int_equal(gate_ask(rig, &hanging).code, 0);
    assert_int_equal(gate_close(rig, CALL).code, 0);
}

/* Whoever waits for it gets none: it is no answer. */
static void of_an_answer_that_came_in_part_the_status_is_told(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request cut = gate_request('a', "cut");
    struct reply reply = gate_ask(rig, &cut);
    assert_int_equal(reply.outcome.status, IMH_RETRY);
    assert_int_equal(reply.code, 0);
    assert_int_equal(reply.body.len, 0);
    struct spent spent = gate_close(rig, CALL);
    assert_int_equal(spent.code, 200);
    assert_int_equal(spent.answers[REQUEST_UNANSWERED], 1);
}

/* So that it is known when this process dies after that; a call that waits is not. */
static void what_may_be_done_is_told_before_it_leaves(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    const struct ticket tickets[] = {gate_ticket_of('a'), gate_ticket_of('b')};
    struct request hanging = gate_request('a', "hang");
    struct request post = gate_post("x");
    post.ticket = tickets[1].secret;
    remote.parallel = 1;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &tickets[0]);
    gate_open(rig, CALL + 1, &tickets[1]);
    gate_send(rig->worker, 1, &hanging);
    gate_send(rig->worker, 2, &post);
    gate_send(rig->worker, 3, &post);
    gate_wait_for_requests(rig, 1);
    assert_true(channel_send(rig->supervisor, MESSAGE_TICKET_END, CALL, NULL, -1));
    assert_int_equal(gate_frame(rig).kind, MESSAGE_SPENT); /* the POST has waited for it */
    struct frame told = gate_frame(rig);
    assert_int_equal(told.kind, MESSAGE_UNSAFE);
    assert_int_equal(told.id, CALL + 1);
    assert_int_equal(gate_reply(rig, rig->worker, 2).outcome.status, IMH_OK);
    assert_int_equal(gate_reply(rig, rig->worker, 3).outcome.status, IMH_OK);
    assert_true(channel_send(rig->supervisor, MESSAGE_TICKET_END, CALL + 1, NULL, -1));
    assert_int_equal(gate_frame(rig).kind, MESSAGE_SPENT); /* told once */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_end_of_a_call_tells_what_it_cost),
        TEST(what_a_dead_worker_had_under_way_is_told),
        TEST(what_may_be_done_is_told_before_it_leaves),
        TEST(what_was_done_and_what_may_have_been_is_told),
        TEST(the_status_of_the_last_answer_is_told),
        TEST(of_a_request_without_an_answer_no_status_is_told),
        TEST(of_an_answer_that_came_in_part_the_status_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
