#include "net/gate.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "gate_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { CALL = 11, STRAYS_MOST = 1000, OTHER_WORKER = 4 };

/* A remote with one open call, whose ticket is of letters a. */
static void begin(struct gate_rig *rig)
{
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
}

/* The worker is cut off, the supervisor is told why, and the gate goes on. */
static void is_cut_off(struct gate_rig *rig, const char *why)
{
    struct outcome outcome;
    struct frame frame = gate_frame(rig);
    assert_int_equal(frame.kind, MESSAGE_LOST);
    assert_int_equal(frame.id, GATE_WORKER);
    assert_true(outcome_get(frame.payload, &outcome));
    assert_int_equal(outcome.status, IMH_BROKEN);
    assert_true(str_is(outcome.text, why));
    while (channel_receive(rig->worker, &frame) != CHANNEL_CLOSED) {
        struct pollfd fd = {.fd = channel_fd(rig->worker), .events = POLLIN};
        assert_int_equal(poll(&fd, 1, GATE_PATIENCE_MS), 1);
    }
    struct channel *other = gate_add_worker(rig, OTHER_WORKER);
    struct ticket ticket = gate_ticket_of('o');
    ticket.worker = OTHER_WORKER;
    gate_open(rig, CALL + 1, &ticket);
    struct request request = gate_request('o', "x");
    gate_send(other, 1, &request);
    assert_int_equal(gate_reply(rig, other, 1).outcome.status, IMH_OK);
    channel_free(other);
}

static void who_sends_what_is_no_request_is_cut_off(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    gate_send_frame(rig->worker, MESSAGE_REQUEST, 5, STR_OF("nonsense"));
    is_cut_off(rig, "it sent imh-net what is no request");
}

static void who_speaks_as_the_supervisor_is_cut_off(void **state)
{
    struct gate_rig *rig = *state;
    struct text payload;
    struct ticket ticket = gate_ticket_of('b');
    begin(rig);
    text_init(&payload, 4096);
    ticket_put(&payload, &ticket);
    gate_send_frame(rig->worker, MESSAGE_TICKET, CALL + 5, text_str(&payload));
    text_done(&payload);
    is_cut_off(rig, "it sent imh-net what is no request");
    assert_int_equal(gate_close(rig, CALL + 5).requests, 0); /* there is no such call */
}

static void who_sends_what_is_no_frame_is_cut_off(void **state)
{
    struct gate_rig *rig = *state;
    static const char nonsense[WIRE_HEADER_BYTES] = "\xff\xff\xff\xff nonsense";
    begin(rig);
    assert_int_equal(write(channel_fd(rig->worker), nonsense, sizeof nonsense),
                     sizeof nonsense);
    is_cut_off(rig, "it sent imh-net what is no message");
}

static void who_hangs_up_is_missed(void **state)
{
    struct gate_rig *rig = *state;
    struct frame frame;
    begin(rig);
    channel_free(rig->worker);
    rig->worker = NULL;
    frame = gate_frame(rig);
    assert_int_equal(frame.kind, MESSAGE_LOST);
    assert_int_equal(frame.id, GATE_WORKER);
}

static void send_strays(struct gate_rig *rig, unsigned count)
{
    struct request stray = gate_request('z', "x");
    for (uint64_t i = 1; i <= count; i++) {
        gate_send(rig->worker, i, &stray);
        struct reply reply = gate_reply(rig, rig->worker, i);
        assert_int_equal(reply.outcome.status, IMH_CANCELED);
        arena_clear(&rig->arena);
    }
}

static void requests_of_no_call_are_cut_off_when_they_do_not_end(void **state)
{
    struct gate_rig *rig = *state;
    struct request request = gate_request('a', "x");
    struct request stray = gate_request('z', "x");
    begin(rig);
    send_strays(rig, STRAYS_MOST);
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK); /* counts anew */
    send_strays(rig, STRAYS_MOST);
    gate_send(rig->worker, 1, &stray);
    is_cut_off(rig, "it sent imh-net requests of no call");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, gate_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_sends_what_is_no_request_is_cut_off),
        TEST(who_speaks_as_the_supervisor_is_cut_off),
        TEST(who_sends_what_is_no_frame_is_cut_off),
        TEST(who_hangs_up_is_missed),
        TEST(requests_of_no_call_are_cut_off_when_they_do_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
