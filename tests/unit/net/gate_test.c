#include "net/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "gate_rig.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { SHORT_MS = 300, CALL = 11 };

/* A remote with one open call, whose ticket is of letters a. */
static void begin(struct gate_rig *rig)
{
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
}

static void expect_failure(const struct reply *reply, imh_status status, const char *text)
{
    assert_int_equal(reply->outcome.status, status);
    assert_string_equal(reply->outcome.text.ptr, text);
    assert_int_equal(reply->code, 0);
    assert_string_equal(reply->headers.ptr, "{}");
    assert_int_equal(reply->body.len, 0);
}

/* ---- what goes through ---- */

static void a_request_with_a_ticket_is_answered(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request request = gate_request('a', "orders?page=1");
    struct reply reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_OK);
    assert_int_equal(reply.outcome.text.len, 0);
    assert_int_equal(reply.code, 200);
    assert_string_equal(reply.body.ptr, "you asked /orders?page=1");
    assert_string_equal(reply.headers.ptr, "{\"content-length\":\"24\"}");
}

static void the_named_credential_and_the_trace_go_along(void **state)
{
    struct gate_rig *rig = *state;
    struct text all;
    begin(rig);
    struct request request = gate_request('a', "x");
    request.auth = STR_OF("token");
    request.headers = STR_OF("{\"X-Own\":\"1\"}");
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
    request.auth = STR_OF("");
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
    text_init(&all, 100000);
    fake_seen(rig->fake, &all);
    struct str seen = text_str(&all);
    struct str token = STR_OF("\r\nAuthorization: Bearer s3cret-of-shop\r\n");
    size_t at = str_find(seen, token, 0);
    assert_true(at < seen.len);
    assert_int_equal(str_find(seen, token, at + 1), seen.len); /* only where it was named */
    assert_true(str_find(seen, STR_OF("\r\nX-Own: 1\r\n"), 0) < seen.len);
    assert_true(str_find(seen, STR_OF("\r\nX-Request-Id: trace-1\r\n"), 0) < seen.len);
    text_done(&all);
}

/* The ticket decides whose credential it is: a worker that serves two accounts can name
 * neither the other's secret nor the other's server. */
static void each_ticket_has_its_own_remote(void **state)
{
    struct gate_rig *rig = *state;
    static struct str address = STR("http://127.0.0.2/");
    static struct remote_auth auth = {
        .name = STR("token"), .type = IMH_AUTH_BEARER, .secret = STR("s3cret-of-other")};
    struct remote other = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('b');
    struct text all;
    begin(rig);
    other.identifier = STR_OF("other");
    other.addresses = &address;
    other.auths = &auth;
    gate_tell(rig, GATE_INSTANCE + 1, &other);
    ticket.instance = GATE_INSTANCE + 1;
    gate_open(rig, CALL + 1, &ticket);
    struct request request = gate_request('b', fake_url(rig->fake));
    request.auth = STR_OF("token");
    struct reply reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_REJECTED);
    request = gate_request('a', fake_url(rig->fake));
    request.auth = STR_OF("token");
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
    text_init(&all, 100000);
    fake_seen(rig->fake, &all);
    assert_int_equal(str_find(text_str(&all), STR_OF("of-other"), 0), all.len);
    assert_int_equal(fake_requests(rig->fake), 1);
    text_done(&all);
}

static void new_settings_count_from_the_next_request_on(void **state)
{
    struct gate_rig *rig = *state;
    static struct remote_auth auth = {
        .name = STR("token"), .type = IMH_AUTH_BEARER, .secret = STR("another-s3cret")};
    struct remote remote = gate_remote(rig);
    struct text all;
    begin(rig);
    remote.auths = &auth;
    gate_tell(rig, GATE_INSTANCE, &remote);
    struct request request = gate_request('a', "x");
    request.auth = STR_OF("token");
    /* The settings go another way than the request: an answered ticket is behind them. */
    (void)gate_close(rig, CALL + 5);
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
    text_init(&all, 100000);
    fake_seen(rig->fake, &all);
    assert_true(str_find(text_str(&all), STR_OF("Bearer another-s3cret"), 0) < all.len);
    assert_int_equal(str_find(text_str(&all), STR_OF("s3cret-of-shop"), 0), all.len);
    text_done(&all);
}

/* ---- what does not ---- */

static void without_the_right_ticket_nothing_leaves(void **state)
{
    struct gate_rig *rig = *state;
    static const char over[] = "the call this request belongs to is over";
    begin(rig);
    OWN(channel) other = gate_add_worker(rig, GATE_WORKER + 1);
    struct request request = gate_request('a', "x");
    gate_send(other, 1, &request); /* of somebody else's call */
    struct reply reply = gate_reply(rig, other, 1);
    expect_failure(&reply, IMH_CANCELED, over);
    request = gate_request('b', "x"); /* of no call */
    reply = gate_ask(rig, &request);
    expect_failure(&reply, IMH_CANCELED, over);
    struct spent spent = gate_close(rig, CALL);
    assert_int_equal(spent.requests, 0);
    request = gate_request('a', "x"); /* of a call that is over */
    reply = gate_ask(rig, &request);
    expect_failure(&reply, IMH_CANCELED, over);
    assert_int_equal(fake_connections(rig->fake), 0);
}

static void a_ticket_that_differs_in_any_byte_is_another(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    for (size_t i = 0; i < TICKET_BYTES; i++) {
        char letters[TICKET_BYTES];
        struct request request = gate_request('a', "x");
        memset(letters, 'a', sizeof letters);
        letters[i] = 'b';
        request.ticket = (struct str){letters, sizeof letters};
        assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_CANCELED);
    }
    assert_int_equal(fake_connections(rig->fake), 0);
}

static void bad_requests_are_refused_with_the_reason(void **state)
{
    struct gate_rig *rig = *state;
    static const struct {
        struct str method, url, headers, auth;
        imh_status status;
        const char *text;
    } cases[] = {
        {STR("GET"), STR("https://evil.example.net/"), STR(""), STR(""), IMH_REJECTED,
         "https://evil.example.net:443 is not an address of the integration 'shop'"},
        {STR("GET"), STR("a b"), STR(""), STR(""), IMH_REJECTED,
         "the address has a blank or control character in it"},
        {STR("GET"), STR("x"), STR("{\"Host\":\"evil\"}"), STR(""), IMH_REJECTED,
         "the header 'Host' is set by the host"},
        {STR("GET"), STR("x"), STR("nonsense"), STR(""), IMH_BROKEN,
         "request headers must be a JSON object of texts"},
        {STR("GET"), STR("x"), STR(""), STR("password"), IMH_BROKEN,
         "the plugin names a credential 'password' it does not have"},
        {STR(""), STR("x"), STR(""), STR(""), IMH_BROKEN, "a request method that is none"},
        {STR("get"), STR("x"), STR(""), STR(""), IMH_BROKEN,
         "a request method that is none"},
        {STR("GET / HTTP/1.1\r\nX:"), STR("x"), STR(""), STR(""), IMH_BROKEN,
         "a request method that is none"},
        {STR("ABCDEFGHIJKLM"), STR("x"), STR(""), STR(""), IMH_BROKEN,
         "a request method that is none"},
    };
    begin(rig);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct request request = gate_request('a', "");
        request.method = cases[i].method;
        request.url = cases[i].url;
        request.headers = cases[i].headers;
        request.auth = cases[i].auth;
        struct reply reply = gate_ask(rig, &request);
        expect_failure(&reply, cases[i].status, cases[i].text);
    }
    assert_int_equal(fake_connections(rig->fake), 0);
}

static void a_head_that_is_too_large_is_not_sent_in_part(void **state)
{
    struct gate_rig *rig = *state;
    struct text headers;
    begin(rig);
    text_init(&headers, 100000);
    text_add_cstr(&headers, "{\"X-Long\":\"");
    for (int i = 0; i < (64 << 10) - 20; i++) {
        text_add_char(&headers, 'a');
    }
    text_add_cstr(&headers, "\"}");
    struct request request = gate_request('a', "x");
    request.headers = text_str(&headers);
    static const struct str auths[] = {STR(""), STR("token")};
    for (size_t i = 0; i < COUNT(auths); i++) {
        request.auth = auths[i];
        struct reply reply = gate_ask(rig, &request);
        expect_failure(&reply, IMH_REJECTED,
                       "the request's head is larger than 65536 bytes");
    }
    assert_int_equal(fake_connections(rig->fake), 0);
    text_done(&headers);
}

static void private_addresses_need_permission(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    remote.allow_private = false;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
    struct request request = gate_request('a', "x?y=z");
    struct reply reply = gate_ask(rig, &request);
    expect_failure(&reply, IMH_REJECTED,
                   "GET x: 127.0.0.1 is not public: 'allow_private = yes' lets the "
                   "integration go there");
    assert_int_equal(fake_connections(rig->fake), 0);
}

/* ---- what is told ---- */

static void a_failure_says_what_was_asked_without_its_query(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request request = gate_request('a', "503/orders?email=ann@example.com");
    struct reply reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_RETRY);
    assert_string_equal(reply.outcome.text.ptr, "GET 503/orders: 503 Service Unavailable");
    assert_int_equal(reply.code, 503);
    assert_string_equal(reply.body.ptr, "you asked /503/orders?email=ann@example.com");
}

/* A remote, or a proxy before it, that shows what it got shows the secret too. */
static void a_secret_that_is_echoed_does_not_reach_the_worker(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request request = gate_request('a', "echo");
    request.method = STR_OF("POST");
    request.body = STR_OF("bodys3cret-of-shos3cret-of-shop!s3cret-of-shop");
    request.auth = STR_OF("token");
    struct reply reply = gate_ask(rig, &request);
    assert_int_equal(reply.outcome.status, IMH_OK);
    assert_null(strstr(reply.body.ptr, "s3cret-of-shop"));
    assert_null(strstr(reply.headers.ptr, "s3cret-of-shop"));
    assert_non_null(strstr(reply.body.ptr, "Authorization: Bearer [secret]\r\n"));
    assert_non_null(strstr(reply.body.ptr, "bodys3cret-of-sho[secret]![secret]"));
    assert_true(str_ends(reply.body, STR_OF("[secret]")));
    assert_non_null(strstr(reply.headers.ptr, "\"x-echo\":\"Bearer [secret]\""));
}

/* A word that is everywhere is no secret; hiding it would spoil the data and tell it. */
static void a_short_secret_does_not_spoil_the_data(void **state)
{
    struct gate_rig *rig = *state;
    static struct remote_auth auth = {
        .name = STR("token"), .type = IMH_AUTH_BEARER, .secret = STR("asked")};
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    remote.auths = &auth;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
    struct request request = gate_request('a', "x");
    request.auth = STR_OF("token");
    assert_string_equal(gate_ask(rig, &request).body.ptr, "you asked /x");
}

/* ---- time and turns ---- */

static void requests_beyond_the_budget_wait_for_their_turn(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct ticket first = gate_ticket_of('a');
    struct ticket second = gate_ticket_of('b');
    remote.parallel = 1;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &first);
    gate_open(rig, CALL + 1, &second);
    struct request hanging = gate_request('a', "hang");
    struct request waiting = gate_request('b', "x");
    gate_send(rig->worker, 1, &hanging);
    gate_wait_for_requests(rig, 1);
    gate_send(rig->worker, 2, &waiting);
    (void)gate_close(rig, 4711); /* the gate has seen the second by now, or soon */
    assert_int_equal(fake_requests(rig->fake), 1);
    (void)gate_close(rig, CALL); /* ends the first */
    assert_int_equal(gate_reply(rig, rig->worker, 2).outcome.status, IMH_OK);
    assert_int_equal(fake_requests(rig->fake), 2);
}

static void requests_start_no_faster_than_the_rate(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    remote.rate_a_minute = 600; /* one in 100 ms */
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
    int64_t start = clock_mono_ms(&clock_real);
    for (uint64_t i = 1; i <= 4; i++) {
        struct request request = gate_request('a', "x");
        gate_send(rig->worker, i, &request);
    }
    for (uint64_t i = 1; i <= 4; i++) {
        assert_int_equal(gate_reply(rig, rig->worker, i).outcome.status, IMH_OK);
    }
    assert_true(clock_mono_ms(&clock_real) - start >= 300);
}

static void a_call_without_time_gets_no_answer(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    remote.parallel = 1;
    ticket.left_ms = SHORT_MS;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
    struct request hanging = gate_request('a', "hang");
    struct request waiting = gate_request('a', "hang");
    gate_send(rig->worker, 1, &hanging);
    gate_send(rig->worker, 2, &waiting);
    /* Both end by the call's deadline: one without an answer, one without its turn, unless
     * the machine was too busy for the first, or the second got a turn in the last moment.
     */
    for (uint64_t i = 0; i < 2; i++) {
        struct reply reply = gate_reply(rig, rig->worker, GATE_ANY);
        bool late =
            str_find(reply.outcome.text, STR_OF("timed out"), 0) < reply.outcome.text.len;
        bool no_turn = str_is(reply.outcome.text, "no turn to ask 'shop' within the time");
        assert_true(late || no_turn);
        assert_int_equal(reply.outcome.status, IMH_RETRY);
    }
}

static void the_shortest_limit_counts(void **state)
{
    struct gate_rig *rig = *state;
    static const struct {
        uint32_t remote_ms, request_ms;
    } cases[] = {{SHORT_MS, 0}, {SHORT_MS, GATE_PATIENCE_MS}, {GATE_PATIENCE_MS, SHORT_MS}};
    begin(rig);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct remote remote = gate_remote(rig);
        struct request request = gate_request('a', "hang");
        remote.timeout_ms = cases[i].remote_ms;
        request.timeout_ms = cases[i].request_ms;
        gate_tell(rig, GATE_INSTANCE, &remote);
        (void)gate_close(rig, 4711);
        int64_t start = clock_mono_ms(&clock_real);
        struct reply reply = gate_ask(rig, &request);
        assert_int_equal(reply.outcome.status, IMH_RETRY);
        assert_true(clock_mono_ms(&clock_real) - start < GATE_PATIENCE_MS);
    }
}

static void a_worker_may_have_so_many_requests_and_no_more(void **state)
{
    struct gate_rig *rig = *state;
    enum { MOST = 1000 };
    struct remote remote = gate_remote(rig);
    struct ticket ticket = gate_ticket_of('a');
    struct request hanging = gate_request('a', "hang");
    remote.parallel = 1;
    gate_tell(rig, GATE_INSTANCE, &remote);
    gate_open(rig, CALL, &ticket);
    for (uint64_t i = 1; i <= MOST + 1; i++) {
        gate_send(rig->worker, i, &hanging);
    }
    struct reply reply = gate_reply(rig, rig->worker, MOST + 1);
    expect_failure(&reply, IMH_RETRY, "more than 1000 requests at once");
    assert_int_equal(gate_close(rig, CALL).requests, 1);
    gate_open(rig, CALL, &ticket);
    struct request request = gate_request('a', "x");
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK); /* all were dropped */
}

/* The ticket was sent before the request, so it is known when that arrives, however busy
 * the gate is with the worker meanwhile. */
static void a_request_never_overtakes_its_ticket(void **state)
{
    struct gate_rig *rig = *state;
    enum { ROUNDS = 3000 };
    begin(rig);
    for (uint64_t i = 1; i <= ROUNDS; i++) {
        struct ticket ticket = gate_ticket_of('b');
        struct request first = gate_request('a', "https://evil.example.net/");
        struct request second = gate_request('b', "https://evil.example.net/");
        gate_send(rig->worker, i, &first);
        gate_open(rig, CALL + i, &ticket);
        gate_send(rig->worker, ROUNDS + i, &second);
        for (int reply = 0; reply < 2; reply++) {
            assert_int_equal(gate_reply(rig, rig->worker, GATE_ANY).outcome.status,
                             IMH_REJECTED);
        }
        (void)gate_close(rig, CALL + i);
        arena_clear(&rig->arena);
    }
}

/* ---- ends ---- */

static void what_a_worker_leaves_behind_is_dropped(void **state)
{
    struct gate_rig *rig = *state;
    struct remote remote = gate_remote(rig);
    struct ticket theirs = gate_ticket_of('b');
    remote.parallel = 1;
    begin(rig);
    gate_tell(rig, GATE_INSTANCE, &remote);
    struct channel *other = gate_add_worker(rig, GATE_WORKER + 1);
    theirs.worker = GATE_WORKER + 1;
    gate_open(rig, CALL + 1, &theirs);
    struct request hanging = gate_request('b', "hang");
    gate_send(other, 1, &hanging);
    gate_wait_for_requests(rig, 1);
    channel_free(other); /* it died: its turn is free again */
    struct request request = gate_request('a', "x");
    assert_int_equal(gate_ask(rig, &request).outcome.status, IMH_OK);
}

static void the_end_of_the_supervisor_is_the_end(void **state)
{
    struct gate_rig *rig = *state;
    begin(rig);
    struct request hanging = gate_request('a', "hang");
    gate_send(rig->worker, 1, &hanging);
    gate_wait_for_requests(rig, 1);
    channel_free(rig->supervisor);
    rig->supervisor = NULL;
    assert_true(gate_join(rig));
}

static void a_supervisor_that_cannot_be_understood_is_the_end(void **state)
{
    struct gate_rig *rig = *state;
    static const struct {
        uint32_t kind;
        struct str payload;
    } cases[] = {{MESSAGE_REMOTE, STR("nonsense")},
                 {MESSAGE_TICKET, STR("")},
                 {MESSAGE_WORKER, STR("")},
                 {MESSAGE_REPLY, STR("")},
                 {0, STR("")},
                 {UINT32_MAX, STR("")}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        void *own = NULL;
        assert_int_equal(gate_setup(&own), 0);
        struct gate_rig *broken = own;
        gate_send_frame(broken->supervisor, cases[i].kind, 1, cases[i].payload);
        assert_true(gate_join(broken));
        assert_int_equal(gate_teardown(&own), 0);
    }
    struct ticket ticket = gate_ticket_of('a'); /* for an instance it was not told of */
    gate_open(rig, CALL, &ticket);
    assert_true(gate_join(rig));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, gate_setup, gate_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_with_a_ticket_is_answered),
        TEST(the_named_credential_and_the_trace_go_along),
        TEST(each_ticket_has_its_own_remote),
        TEST(new_settings_count_from_the_next_request_on),
        TEST(without_the_right_ticket_nothing_leaves),
        TEST(a_ticket_that_differs_in_any_byte_is_another),
        TEST(bad_requests_are_refused_with_the_reason),
        TEST(a_head_that_is_too_large_is_not_sent_in_part),
        TEST(private_addresses_need_permission),
        TEST(a_failure_says_what_was_asked_without_its_query),
        TEST(a_secret_that_is_echoed_does_not_reach_the_worker),
        TEST(a_short_secret_does_not_spoil_the_data),
        TEST(requests_beyond_the_budget_wait_for_their_turn),
        TEST(requests_start_no_faster_than_the_rate),
        TEST(a_call_without_time_gets_no_answer),
        TEST(the_shortest_limit_counts),
        TEST(a_worker_may_have_so_many_requests_and_no_more),
        TEST(a_request_never_overtakes_its_ticket),
        TEST(what_a_worker_leaves_behind_is_dropped),
        TEST(the_end_of_the_supervisor_is_the_end),
        TEST(a_supervisor_that_cannot_be_understood_is_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
